"""The catalogue of ready sources: what it must hold, what its loader refuses, what is made of it."""

import pytest

from collectors import SOURCES
from core import catalog, clock, credentials, ledger, ledger_sources
from core.catalog_sources import ACCOUNT, Definition, definitions, load
from core.faults import BadInput
from core.labels import ADDRESSED, FAMILIES
from core.ledger import AccountEntry, Entries
from core.models import Source
from core.query import sources
from core.settings import settings

NOW = clock.now()
BASES = {"newsnow": "https://news.cn/", "rsshub": " https://hub.cn "}
GOOD = """
title = "试"
[shared]
collector = "rsshub"
service = "rsshub"
platform = "feed"
paid = false
licence = "网站公开的信息"
cost = "免费"
yields = "标题和链接等"
needs = "服务地址"
[one]
name = "甲{id}"
route = "/a/{id}"
ask = { id = "编号" }
"""


def by_key(key: str) -> Definition:
    return next(one for one in definitions() if one.key == key)


def test_it_covers_a_district():
    found = definitions()
    assert len(found) >= 60 and len({one.platform for one in found}) >= 32
    ready = [one for one in found if not one.trouble]
    assert len(ready) >= 40 and len({one.platform for one in ready}) >= 30
    families = {platform.code: platform.family for platform in catalog.platforms()}
    assert {families[one.platform] for one in found} == set(FAMILIES)
    assert {one.paid for one in found} == {True, False}


def test_keys_titles_and_addresses_are_each_its_own():
    found = definitions()
    assert len({one.key for one in found}) == len({one.title for one in found}) == len(found)
    places = [(one.bound, one.collector, one.platform, one.path, one.route, one.url, str(one.options))
              for one in found if not one.by_file and one.url != "{site}"]
    assert len(set(places)) == len(places)


@pytest.mark.parametrize("one", [one for one in definitions() if one.collector in SOURCES], ids=lambda one: one.key)
def test_an_entry_fits_its_collector(one):
    collector = SOURCES[one.collector]
    known = {option.name: option for option in collector.options}
    given = one.config({name: "1" for name in [*one.questions, ACCOUNT]})
    assert {name for name, option in known.items() if option.required} <= set(given) <= set(known)
    for name, value in given.items():
        assert not known[name].choices or value in known[name].choices
    assert one.platform == (collector.platform or one.platform) or one.collector == "gsdata"
    assert collector.account != "none" or not one.bound
    assert collector.base or one.service or one.url or one.collector not in ADDRESSED
    assert not one.own_credential or any(secret.required for secret in collector.secrets)


@pytest.mark.parametrize(("change", "said"), [
    (("title = \"试\"", "title = 试"), "t.toml 不是正确的 TOML"),
    (("platform = \"feed\"", "platform = \"nowhere\""), r"t.toml 的 \[one\]：没有平台“nowhere”"),
    (("collector = \"rsshub\"", "collector = \"spider\""), "没有采集方式“spider”"),
    (("route = \"/a/{id}\"", "route = \"a/{id}\""), "必须以 / 开头"),
    (("route = \"/a/{id}\"", "path = \"/a/{id}\""), "newsnow 写 path，RSSHub 写 route"),
    (("ask = { id = \"编号\" }", ""), "参数没有说明（ask）：id"),
    (("ask = { id = \"编号\" }", "ask = { id = \"编号\", x = \"无\" }"), "没有用到的参数：x"),
    (("needs = \"服务地址\"", "need = \"服务地址\""), "needs 缺少必填项"),
    (("service = \"rsshub\"", ""), "newsnow 写 path，RSSHub 写 route"),
    (("[one]", "[two]\nname = \"甲…\"\nroute = \"/b\"\n[one]"), "重复"),
    (("[one]", "[One]"), r"t.toml 的 \[One\]：key"),
    (("paid = false", "paid = false\nstray = 1"), "stray"),
])
def test_what_can_not_be_right_is_named_with_file_and_entry(tmp_path, change, said):
    (tmp_path / "t.toml").write_text(GOOD, "utf-8")
    assert [one.title for one in load(tmp_path)] == ["甲…"]
    assert change[0] in GOOD
    (tmp_path / "t.toml").write_text(GOOD.replace(*change), "utf-8")
    with pytest.raises(ValueError, match=said):
        load(tmp_path)


def test_an_empty_folder_is_no_catalogue(tmp_path):
    with pytest.raises(ValueError, match="是空的"):
        load(tmp_path)


def test_parameters_default_to_the_district(monkeypatch):
    monkeypatch.setenv("PULSE_DISTRICT", "云澜区")
    settings.cache_clear()
    one = by_key("baidu_search")
    assert (one.questions, one.defaults) == ({"keyword": "关键词"}, {"keyword": "云澜区"})
    assert one.title == "百度搜索“云澜区”"
    assert by_key("tieba_forum").title == "百度贴吧 云澜区吧"
    (made,) = ledger_sources.planned(one, bases=BASES, values={"keyword": "云澜 区/1"})
    assert made.config == {"route": "/baidu/search/%E4%BA%91%E6%BE%9C%20%E5%8C%BA%2F1"}
    assert (made.name, made.url, made.enabled) == ("百度搜索“云澜 区/1”", "https://hub.cn", True)
    settings.cache_clear()


def test_what_is_missing_is_asked_for_in_words():
    with pytest.raises(BadInput, match="RSSHub 服务的地址"):
        ledger_sources.planned(by_key("guancha"), bases={}, values={})
    with pytest.raises(BadInput, match="请填写：小组编号"):
        ledger_sources.planned(by_key("douban_group"), bases=BASES, values={})
    with pytest.raises(BadInput, match="请选择台账中的账号"):
        ledger_sources.planned(by_key("bilibili_articles"), bases=BASES, values={})
    with pytest.raises(BadInput, match="地址"):
        ledger_sources.planned(by_key("anyfeed"), bases={}, values={"site": "file:///etc/passwd", "column": "甲"})


def test_what_may_stay_empty_is_left_out():
    values = {"site": "https://bbs.cn/list", "column": "云澜论坛", "list": ""}
    (made,) = ledger_sources.planned(by_key("anysite"), bases={}, values=values)
    assert (made.config, made.url, made.name) == ({}, "https://bbs.cn/list", "云澜论坛")
    (made,) = ledger_sources.planned(by_key("anysite"), bases={}, values=values | {"list": "ul.news > li"})
    assert made.config == {"list": "ul.news > li"}


def test_one_source_for_each_account(session):
    ledger.apply(session, Entries(accounts=[
        AccountEntry(platform="wechat", external_id="gh_1", name="甲发布"),
        AccountEntry(platform="wechat", external_id="gh_2", name="乙发布"),
    ]), who="测试", now=NOW)
    for name in ("甲", "乙"):
        credentials.add(session, name=name, kind="wechat", fields={"appid": name}, secret=frozenset(), who="", now=NOW)
    one = by_key("wechat")
    made = ledger_sources.planned(
        one, bases={}, values={}, accounts=[("gh_1", "甲发布"), ("gh_2", "乙发布")],
        credentials={"gh_1": "甲", "gh_2": "乙"},
    )
    assert "新启用 2 个采集源" in ledger_sources.turn_on(session, made, who="测试", now=NOW)
    found = sources.listing(session, NOW)
    assert list(found["account"]) == ["乙发布", "甲发布"] and set(found["state"]) == {"waiting"}
    assert len(sources.catalog(session).set_index("key").loc["wechat", "source_ids"]) == 2


def test_turning_on_twice_changes_nothing_and_an_off_one_is_switched_on(session):
    made = [e for key in ("guancha", "yicai_brief", "newsnow_weibo")
            for e in ledger_sources.planned(by_key(key), bases=BASES, values={})]
    assert ledger_sources.turn_on(session, made, who="甲", now=NOW).startswith("新启用 3 个采集源，后台")
    assert ledger_sources.bases(session) == {"newsnow": "https://news.cn", "rsshub": "https://hub.cn"}
    first = session.get(Source, 1)
    ledger_sources.switch(session, 1, False, who="甲", now=NOW)
    state = sources.catalog(session).set_index("key")["state"]
    assert (state["guancha"], state["yicai_brief"], state["yicai_latest"]) == ("off", "on", "")
    first.name = "改过的名字"
    words = ledger_sources.turn_on(session, made, who="甲", now=NOW)
    assert words == "重新启用 1 个，2 个原来就已启用，后台采集进程将在下一轮采集。"
    assert (first.name, first.enabled) == ("改过的名字", True)


def test_one_address_may_hold_several_sources(session):
    made = [
        *ledger_sources.planned(by_key("liuyan"), bases={}, values={"district": "甲区", "fid": "1"}),
        *ledger_sources.planned(by_key("liuyan"), bases={}, values={"district": "乙区", "fid": "2"}),
        *ledger_sources.planned(by_key("jiemian"), bases=BASES, values={"id": "4"}),
        *ledger_sources.planned(by_key("jiemian"), bases=BASES, values={"id": "65"}),
    ]
    assert "新启用 4 个采集源" in ledger_sources.turn_on(session, made, who="甲", now=NOW)
    assert len(sources.catalog(session).set_index("key").loc["liuyan", "source_ids"]) == 2


def test_what_was_added_before_stays_and_is_recognised(session):
    """Databases of earlier releases hold RSSHub routes as plain feeds, added out of the catalogue of then."""
    session.add_all([
        Source(key="a", name="观察者网", collector="feed", platform="guancha", url="https://hub.cn/guancha"),
        Source(key="b", name="搜索", collector="feed", platform="baidu", url="https://hub.cn/baidu/search/%E4%B8%8A"),
        Source(key="c", name="微博热搜", collector="hotlist", platform="weibo_hot", enabled=False,
               url="https://news.cn/api/s?id=weibo"),
    ])
    session.flush()
    state = sources.catalog(session).set_index("key")["state"]
    assert (state["guancha"], state["baidu_search"], state["newsnow_weibo"]) == ("on", "on", "off")
    assert state["guancha_headline"] == state["newsnow_baidu"] == state["anyfeed"] == ""
    assert ledger_sources.bases(session) == {"newsnow": "https://news.cn", "rsshub": "https://hub.cn"}
    made = ledger_sources.planned(by_key("guancha"), bases=BASES, values={})
    assert ledger_sources.turn_on(session, made, who="甲", now=NOW) == "1 个原来就已启用。"
    assert session.get(Source, 1).collector == "feed"


def test_definitions_of_one_interface_are_told_apart(session):
    ledger.apply(session, Entries(accounts=[
        AccountEntry(platform="weibo", external_id="1", name="甲"),
        AccountEntry(platform="wechat", external_id="2", name="乙"),
    ]), who="测试", now=NOW)
    credentials.add(session, name="清", kind="gsdata", fields={"a": "b"}, secret=frozenset(), who="", now=NOW)
    credentials.add(session, name="号", kind="wechat", fields={"a": "b"}, secret=frozenset(), who="", now=NOW)

    def on() -> set[str]:
        found = sources.catalog(session)
        return set(found["key"][found["state"] == "on"])

    def turn(key: str, **more) -> None:
        values = {name: "7" for name in by_key(key).questions}
        made = ledger_sources.planned(by_key(key), bases={}, values=values, **more)
        ledger_sources.turn_on(session, made, who="", now=NOW)

    turn("gsdata_weibo", accounts=[("1", "甲")], credentials="清")
    assert on() == {"gsdata_weibo"}
    turn("gsdata_boards", credentials="清")
    assert on() == {"gsdata_weibo", "gsdata_boards"}
    turn("wechat_comments", accounts=[("2", "乙")], credentials="号")
    assert on() == {"gsdata_weibo", "gsdata_boards", "wechat_comments", "wechat"}, "who has comments has the statistics"


def test_the_room_reads_the_catalogue_with_words(session):
    found = sources.catalog(session)
    assert list(found["key"]) == [one.key for one in definitions()]
    weibo = found.set_index("key").loc["weibo_commercial"]
    assert (weibo["platform_name"], weibo["family_name"], weibo["cost"]) == ("政务微博", "微博", "付费")

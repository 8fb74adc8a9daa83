"""Finding accounts in the ledger and at services, lists of names, taking in and taking back."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from collectors import SOURCES
from collectors.client import make_http
from core import clock, credentials, find, ledger
from core.catalog_sources import definitions
from core.collect import trial
from core.faults import BadInput
from core.find import Hit, Pick, Way
from core.ledger import AccountEntry, BoardEntry, Entries, UnitEntry
from core.models import Account, AccountName, Audit, Board, BoardMember, Coverage, Run, Source, Unit
from core.settings import settings
from tests.imports.make import xls_file, xlsx_file
from tests.lab.plugin import lab  # noqa: F401
from tests.lab.services.gsdata import Gsdata
from tests.lab.services.weibo import Weibo

NOW = clock.now()


@pytest.fixture
def filled(session):
    ledger.apply(session, Entries(
        units=[UnitEntry(name="区卫健委", kind="bureau", aliases=["区卫生健康委员会"]),
               UnitEntry(name="江宁路街道", kind="street")],
        accounts=[
            AccountEntry(platform="wechat", external_id="gh_1", name="健康云澜", unit="区卫健委", tags=["健康"]),
            AccountEntry(platform="wechat", external_id="gh_2", name="江宁路街道", unit="江宁路街道"),
            AccountEntry(platform="weibo", external_id="1642909335", name="云澜发布"),
            AccountEntry(platform="wechat", external_id="gh_3", name="云澜发布"),
        ],
        boards=[BoardEntry(name="微信榜", platform="wechat", picked=True)],
    ), who="测试", now=NOW)
    ledger.add_account(session, AccountEntry(platform="wechat", external_id="gh_1", name="云澜健康"), who="", now=NOW)
    ledger.add_account(session, AccountEntry(platform="wechat", external_id="gh_1", name="健康云澜"), who="", now=NOW)
    session.commit()
    return session


def by_key(key):
    return next(one for one in definitions() if one.key == key)


def count(session, table) -> int:
    return session.execute(select(func.count()).select_from(table)).scalar()


def state(session) -> dict:
    """Everything that a deed of taking in can touch."""
    return {
        "accounts": session.execute(select(Account.external_id, Account.unit_id, Account.tags)).all(),
        "members": session.execute(select(BoardMember.board_id, BoardMember.account_id)).all(),
        "others": [count(session, table) for table in (Unit, Board, Source)],
    }


# --- Searching ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "first"), [
    ("健康", "健康云澜"), ("云澜健康", "健康云澜"), ("区卫生", "健康云澜"), ("gh_2", "江宁路街道"),
    ("江宁", "江宁路街道"), ("健康云阑", "健康云澜"),
])
def test_the_ledger_is_searched_by_every_name(filled, text, first):
    hit = find.in_ledger(filled, text)[0]
    assert (hit.name, hit.source) == (first, "账号台账") and hit.account_id


def test_a_search_that_means_nothing_finds_nothing(filled):
    assert find.in_ledger(filled, "  ") == [] == find.in_ledger(filled, "完全不同的字词")


def test_services_that_can_search_need_a_credential(filled):
    assert find.searchers(filled, SOURCES) == []
    for kind in ("weibo_commercial", "gsdata", "wechat"):
        credentials.add(filled, name=f"{kind}的", kind=kind, fields={"a": "b"}, secret=frozenset(), who="", now=NOW)
    assert {one.kind for one in find.searchers(filled, SOURCES)} == {"gsdata", "weibo_commercial"}
    filled.add(Source(key="c", name="命令行", collector="weibo_cli", platform="weibo"))
    filled.flush()
    signed_in = [one for one in find.searchers(filled, SOURCES) if one.kind == "weibo_cli"]
    assert [(one.credential_id, one.credential) for one in signed_in] == [(None, "本机登录")]


def test_found_at_gsdata_and_weibo_side_by_side_with_the_ledgers_marked(filled, lab, monkeypatch):  # noqa: F811
    monkeypatch.setenv("PULSE_ALLOW_PRIVATE_HOSTS", "localhost")
    settings.cache_clear()
    gsdata, weibo = lab.mount(Gsdata()), lab.mount(Weibo())
    weibo.post("2002", 6_000_000_001, NOW - timedelta(hours=1), "云澜区里召开推进会，居民点赞")
    weibo.users["2002"].name, weibo.users["2002"].followers = "云澜区居民", 12
    made = {
        "gsdata": {"app_key": "appkey", "app_secret": "appsecret"}, "weibo_commercial": {"access_token": "lab-token"},
    }
    ids = {kind: credentials.add(filled, name=kind, kind=kind, fields=fields, secret=frozenset(fields), who="", now=NOW)
           for kind, fields in made.items()}
    filled.commit()
    monkeypatch.setattr("collectors.gsdata.BASE", gsdata.base)
    monkeypatch.setattr("collectors.weibo.COMMERCIAL_BASE", weibo.base)
    found = trial.search("gsdata", ids["gsdata"].id, "云澜", SOURCES, make_http)
    hit = find.marked(filled, "gsdata", "清博数据", found)[0]
    assert (hit.platform, hit.external_id, hit.name, hit.source) == ("wechat", "yunlan", "云澜发布", "清博数据")
    assert hit.account_id == ledger.find_account(filled, "wechat", "gh_3").id, "known by its name, under another id"
    assert hit.by_name
    (namesake,) = [one for one in find.marked(filled, "gsdata", "清博数据", found) if one.platform == "weibo"]
    assert (namesake.name, namesake.account_id) == ("云澜发布", None), "another number is another account"
    found = trial.search("weibo_commercial", ids["weibo_commercial"].id, "区里召开", SOURCES, make_http)
    own, other = find.marked(filled, "weibo_commercial", "微博商业接口", found)
    assert (own.external_id, own.followers) == ("1642909335", 345_678) and own.account_id and not own.by_name
    assert (other.name, other.followers, other.account_id) == ("云澜区居民", 12, None)
    named = trial.search("weibo_commercial", ids["weibo_commercial"].id, "居民", SOURCES, make_http)
    assert [one.name for one in named] == ["云澜区居民"]
    gsdata.script("search", "expired")
    with pytest.raises(BadInput, match="清博数据：清博拒绝了请求：授权已过期"):
        trial.search("gsdata", ids["gsdata"].id, "云澜", SOURCES, make_http)


def test_what_several_services_found_is_told_once():
    mine = Hit(find.LEDGER, "wechat", "gh_1", "云澜发布", unit="区新办", account_id=7)
    one = Hit("清博数据", "wechat", "yunlan", "云澜发布", kind="gsdata")
    two = Hit("新榜", "wechat", "yunlan", "云澜发布", intro="区新办", followers=9, kind="newrank")
    other = Hit("清博数据", "weibo", "yunlan", "云澜发布", kind="gsdata")
    told = find.together([mine, one, two, other])
    assert [(hit.source, hit.platform, hit.intro, hit.followers) for hit in told] == [
        (find.LEDGER, "wechat", "", None), ("清博数据、新榜", "wechat", "区新办", 9), ("清博数据", "weibo", "", None),
    ]
    assert told[1].pick.known_as == ("gsdata", "yunlan")
    there = [replace(hit, account_id=7, by_name=True) for hit in (one, two)]
    assert find.together(there) == there, "each service keeps the number that the account has there"


# --- Lists of names -------------------------------------------------------------------------------------------------


def test_a_pasted_list(filled):
    names = find.read_names(filled, " 健康云澜 \n\n• 江宁路街道\n、云澜发布\n健康云澜\n")
    assert [(n.line, n.name) for n in names] == [(1, "健康云澜"), (3, "江宁路街道"), (4, "云澜发布")]


@pytest.mark.parametrize("text", [
    "名称\t平台\t单位\n健康云澜\t微信公众号\t区卫健委\n云澜发布\t微博\t",
    "单位,账号名称,所属平台\n区卫健委,健康云澜,公众号\n,云澜发布,政务微博",
    "单位，账号名称，所属平台\n区卫健委，健康云澜，公众号\n，云澜发布，weibo",
])
def test_a_pasted_table(filled, text):
    first, second = find.read_names(filled, text)
    assert (first.name, first.platform, first.unit) == ("健康云澜", "wechat", "区卫健委")
    assert (second.name, second.platform, second.line) == ("云澜发布", "weibo", 3)


def test_numbers_and_titles_are_no_names(filled):
    said = "1. 健康云澜\n2、江宁路街道\n（3）云澜发布\n12345热线"
    assert [n.name for n in find.read_names(filled, said)] == ["健康云澜", "江宁路街道", "云澜发布", "12345热线"]
    assert [n.name for n in find.read_names(filled, "1\t健康云澜\n2\t云澜发布")] == ["健康云澜", "云澜发布"]
    rows = [["区政务新媒体名录"], [], ["序号", "单位", "账号名称", "UID"], [1, "区卫健委", "健康云澜", 2000123456]]
    for body in (xlsx_file(名录=rows), xls_file(名录=rows)):
        (name,) = find.read_names(filled, "", body, "名录.xlsx")
        assert (name.name, name.unit, name.external_id, name.line) == ("健康云澜", "区卫健委", "2000123456", 4)


def test_an_uploaded_table(filled):
    body = xlsx_file(名单=[["名称", "平台", "平台账号ID"], ["健康云澜", "微信", "gh_1"], [None, None, None]])
    (name,) = find.read_names(filled, "", body, "名单.xlsx")
    assert (name.line, name.external_id) == (2, "gh_1")


@pytest.mark.parametrize(("text", "said"), [
    ("", "没有名称"), ("名称\t平台", "没有名称"), ("名称\t平台\n甲\t朋友圈", "第 2 行：没有平台“朋友圈”"),
    ("\n".join(f"账号{n}" for n in range(501)), "最多 500 行"),
])
def test_a_list_that_can_not_be_used(filled, text, said):
    with pytest.raises(BadInput, match=said):
        find.read_names(filled, text)


def test_matching_a_list(filled):
    names = find.read_names(filled, "健康云澜官方微信\n区卫生健康委\n江宁路\n云澜发布\n某某派出所")
    rows = find.match(filled, names)
    assert [row.state for row in rows] == ["已匹配", "待确认", "待确认", "待确认", "新增"]
    assert {row.found[0].known.name for row in rows[:2]} == {"健康云澜"}, "its unit may have another account"
    (alone,) = find.match(filled, names[1:2])
    assert (alone.state, alone.taken.known.name) == ("已匹配", "健康云澜")
    twice = find.match(filled, find.read_names(filled, "江宁路街道\n江宁路街道（官方）\n江宁路街道办事处"))
    assert [row.taken.known.name for row in twice] == ["江宁路街道"] * 3, "one account, written in three ways"
    homonym = find.match(filled, names[3:4], platform="wechat")[0]
    assert homonym.taken.known.platform == "wechat"
    (by_id,) = find.match(filled, find.read_names(filled, "名称\t平台\tID\n另一个名字\t微信\tgh_2"))
    assert by_id.taken.known.name == "江宁路街道"


# --- Taking in ------------------------------------------------------------------------------------------------------


def test_what_collects_a_platform(filled):
    keys = {one.key: for_each for one, for_each in find.ways(SOURCES, "wechat")}
    assert keys["wechat"] and keys["gsdata"]
    weibo = {one.key: for_each for one, for_each in find.ways(SOURCES, "weibo")}
    assert weibo["weibo"] and weibo["weibo_commercial"] is False
    assert find.ways(SOURCES, "xinmin") == find.ways(SOURCES, "liuyan") == [], "they yield what people say, no accounts"
    assert not {"baidu_search", "weibo_keyword", "newsnow_douyin", "file_douyin"} & {
        one.key for platform in ("baidu", "weibo", "douyin") for one, _ in find.ways(SOURCES, platform)}


def picked(session):
    return [
        Pick("wechat", "gh_1", "健康云澜", account_id=ledger.find_account(session, "wechat", "gh_1").id),
        Pick("wechat", "yunlan_edu", "云澜教育", unit="区教育局"),
    ]


def taken_in(session, **more):
    credentials.add(session, name="清博", kind="gsdata", fields={"a": "b"}, secret=frozenset(), who="", now=NOW)
    board = session.execute(select(Board.id)).scalar()
    return find.add(
        session, picked(session), tags=["重点"], boards=[board], new_board="新榜单",
        by={"wechat": Way(by_key("gsdata"), True, "清博")}, who="测试", now=NOW, **more,
    )


def test_picked_accounts_come_with_units_boards_and_sources(filled):
    done = taken_in(filled)
    old, new = (ledger.find_account(filled, "wechat", id_) for id_ in ("gh_1", "yunlan_edu"))
    assert (old.tags, new.tags, old.name) == (["健康", "重点"], ["重点"], "健康云澜")
    assert filled.get(Unit, new.unit_id).name == "区教育局" and filled.get(Unit, old.unit_id).name == "区卫健委"
    assert filled.execute(select(func.count()).select_from(BoardMember)).scalar() == 4
    board = filled.execute(select(Board).where(Board.name == "新榜单")).scalar_one()
    assert (board.picked, board.platform) == (True, "wechat")
    found = filled.execute(select(Source)).scalars().all()
    assert {(s.account_id, s.collector, s.enabled) for s in found} == {
        (old.id, "gsdata", True), (new.id, "gsdata", True)}
    assert "新增账号 1 条" in done.words and "新启用 2 个采集源" in done.words
    assert (done.accounts, len(done.sources), len(done.members)) == ([new.id], 2, 4)


def test_an_account_that_the_service_knows_by_another_id_is_asked_for_by_that(filled):
    credentials.add(filled, name="清博", kind="gsdata", fields={"a": "b"}, secret=frozenset(), who="", now=NOW)
    row = ledger.find_account(filled, "wechat", "gh_3")
    by = {"wechat": Way(by_key("gsdata"), True, "清博", True)}
    hit = find.Hit("清博数据", "wechat", "yunlan", "云澜发布", account_id=row.id, kind="gsdata")
    find.add(filled, [hit.pick], by=by, who="测试", now=NOW)
    (source,) = filled.execute(select(Source)).scalars()
    assert (source.account_id, source.config) == (row.id, {"wx_name": "yunlan"})
    assert row.external_id == "gh_3", "the ledger keeps its own"


def test_taking_back_leaves_everything_as_it_was(filled):
    before = state(filled)
    done = taken_in(filled)
    filled.commit()
    assert find.undo(filled, done, who="测试", now=NOW) == (
        "已撤销：去掉账号 1 个、采集源 2 个；去掉榜单成员 4 条；1 个账号恢复了原来的单位和标签。"
    )
    filled.commit()
    assert state(filled) == before
    assert filled.execute(select(Audit.action).order_by(Audit.id.desc())).scalars().first() == "撤销查找添加"


def test_an_account_that_was_renamed_since_is_taken_back_with_its_former_name(filled):
    before, names = state(filled), count(filled, AccountName)
    done = taken_in(filled)
    entry = AccountEntry(platform="wechat", external_id="yunlan_edu", name="云澜区教育")
    ledger.apply(filled, Entries(accounts=[entry]), who="测试", now=NOW)
    assert count(filled, AccountName) == names + 1
    find.undo(filled, done, who="测试", now=NOW)
    assert state(filled) == before and count(filled, AccountName) == names


def test_what_holds_collected_facts_is_not_taken_back(filled):
    done = taken_in(filled)
    (new,) = done.accounts
    of_new = filled.execute(select(Source).where(Source.account_id == new)).scalar()
    run = Run(job="collect", source_id=of_new.id, started_at=NOW)
    filled.add(run)
    filled.flush()
    filled.add(Coverage(account_id=new, day=clock.day_of(NOW), state="zero", run_id=run.id, source_id=of_new.id))
    filled.commit()
    words = find.undo(filled, done, who="测试", now=NOW)
    assert "1 个账号已有采集到的数据，保留在台账中" in words and "1 个采集源已经采集过，改为停用" in words
    filled.commit()
    assert filled.get(Account, new) is not None and not filled.get(Source, of_new.id).enabled
    assert count(filled, Source) == 1 and count(filled, BoardMember) == 0


@pytest.mark.parametrize(("change", "said"), [
    ({"new_board": "微信榜"}, "已有榜单叫“微信榜”"),
    ({"by": {"wechat": Way(by_key("gsdata"), True, "没有的")}}, "没有凭据“没有的”"),
    ({"by": {"wechat": Way(by_key("gsdata"), True, "", True)}}, "请为这些账号选择凭据：健康云澜、云澜教育"),
    ({"picks": []}, "请先选择账号"),
    ({"picks": [Pick("wechat", "gh_2", "江宁路")]}, "“gh_2”已属于台账中的账号“江宁路街道”"),
    ({"picks": [Pick("wechat", "", "无号")]}, "账号“无号”没有保存"),
    ({"picks": [Pick("wechat", "a", "甲"), Pick("weibo", "2", "乙")], "new_board": "混"}, "只能收同一平台"),
    ({"by": {"wechat": Way(by_key("wechat_sogou"), True)}}, "RSSHub 服务的地址"),
])
def test_a_refusal_leaves_nothing_half_saved(filled, change, said):
    before = state(filled)
    values = {"picks": picked(filled), "new_board": "新榜单", **change}
    with pytest.raises(BadInput, match=said):
        find.add(filled, values.pop("picks"), who="测试", now=NOW, **values)
    filled.rollback()
    assert state(filled) == before

"""The room 规则: watches, sensitive words, names and places of the district."""

import pytest
from sqlalchemy import func, select

from core import clock, district, scoring, sift, watches, words
from core.models import Audit, OwnPlace, RiskWord, Source, Unit, Unsifted, Watch, WatchMark
from core.opinion.watch import Profile
from tests.test_sift import tell

HOSTILE = "<script>alert(1)</script> **停水** [链](javascript:x)"


@pytest.fixture
def told(session):
    """Three mentions of today, sifted."""
    now = clock.now()
    source = Source(key="s", name="微博搜索", collector="page", platform="weibo")
    session.add_all([source, Unit(name="区房管局", kind="bureau")])
    session.commit()
    tell(session, source, {"a": ("某小区停水三天", ""), "b": ("停水演练", ""), "c": (HOSTILE, "某厂爆炸")}, now)
    sift.run(session, now=now)
    return session


def button(app, label: str):
    return next(one for one in app.button if one.label == label)


def field(app, kind: str, label: str):
    return next(one for one in getattr(app, kind) if one.label == label)


def texts(app) -> str:
    return "\n".join(one.value for kind in ("info", "success", "error", "caption", "markdown") for one in
                     getattr(app, kind))


def frame(app, column: str):
    return next(one.value for one in app.dataframe if column in one.value)


def test_an_empty_room_says_what_to_do(open_room):
    for part, said in (("关注方案", "还没有关注方案"), ("本区名称", "还没有填写本区名称"),
                       ("本区地点", "还没有本区地点")):
        assert said in texts(open_room("rules", rules_part=part))
    app = open_room("rules", rules_part="敏感词")
    assert f"在用 {len(words.packaged()):,} 个词" in texts(app) and len(frame(app, "unless")) == len(words.packaged())


def test_a_query_is_said_tried_and_kept(told, open_room):
    app = open_room("rules")
    field(app, "text_input", "方案名称").set_value("停水")
    field(app, "text_area", "关注词").set_value("停水 -(").run()
    assert "少了" in app.error[0].value and not any(one.label == "保存方案" for one in app.button)
    field(app, "text_area", "关注词").set_value("停水 -演练").run()
    assert "收这样的内容：提到“停水”，且不提到“演练”" in texts(app)
    button(app, "试跑近 30 天").click().run()
    assert "看了 3 条，符合 **2** 条" in texts(app)
    button(app, "保存方案").click().run()
    assert not app.exception and "已保存方案“停水”" in texts(app)
    assert told.execute(select(Watch.query)).scalar() == "停水 -演练"
    field(app, "text_input", "方案名称").set_value("停水")
    field(app, "text_area", "关注词").set_value("停电").run()
    button(app, "保存方案").click().run()
    assert "已有方案“停水”" in app.error[0].value and field(app, "text_area", "关注词").value == "停电"


def test_a_watch_is_opened_by_its_link_marked_changed_and_deleted(told, open_room):
    made = watches.save(told, "停水", "停水", who="王敏", now=clock.now())
    told.commit()
    sift.run(told, now=clock.now())
    app = open_room("rules", watch=str(made.id))
    shown = frame(app, "right")
    assert len(shown) == 3 and HOSTILE in shown["title"].tolist() and button(app, "保存判断（0 条）").disabled
    hits = watches.hits(told, made.id)
    for mention, right in zip(hits["mention_id"][:2], (True, False), strict=True):
        watches.mark(told, made.id, int(mention), right, who="王敏", now=clock.now())
    told.commit()
    button(app, "刷新").click().run()
    assert sorted(frame(app, "right")["right"].dropna()) == ["对", "错"]
    assert frame(app, "precision")["precision"].tolist() == [0.5]
    app.segmented_control[1].set_value("修改").run()
    field(app, "text_area", "关注词").set_value("停水 -演练").run()
    button(app, "保存方案").click().run()
    told.expire_all()
    assert told.get(Watch, made.id).query == "停水 -演练"
    button(app, "确认删除").click().run()
    assert "已删除方案“停水”" in texts(app) and "还没有关注方案" in texts(app)
    assert told.execute(select(func.count()).select_from(WatchMark)).scalar() == 0
    told.expunge_all()
    save = watches.save(told, "另一个", "停电", who="王敏", now=clock.now())
    told.commit()
    assert "链接里的方案在这里找不到" in texts(open_room("rules", watch=str(save.id + 9)))


def test_a_watch_that_cannot_be_read_is_shown_with_its_fault_and_repaired(told, open_room):
    made = Watch(name="旧写法", query="停水 近 (", at=clock.now())
    told.add_all([made, Watch(name="另一个", query="停电", at=clock.now())])
    told.commit()
    app = open_room("rules", watch=str(made.id))
    assert not app.exception and "关注词现在读不出来" in app.warning[0].value
    assert [said.startswith("关注词有误") for said in frame(app, "said")["said"]] == [
        name == "旧写法" for name in frame(app, "said")["name"]]
    app.segmented_control[1].set_value("修改").run()
    field(app, "text_area", "关注词").set_value("停水").run()
    button(app, "保存方案").click().run()
    told.expire_all()
    assert not app.exception and told.get(Watch, made.id).query == "停水" and not app.warning


def test_words_are_found_changed_and_brought_back(told, open_room):
    app = open_room("rules", rules_part="敏感词")
    field(app, "text_input", "词中包含").set_value("没有这样的词").run()
    assert "没有符合条件的词" in texts(app)
    field(app, "text_input", "词中包含").set_value("爆炸").run()
    assert frame(app, "unless")["word"].str.contains("爆炸").all()
    field(app, "text_input", "敏感词").set_value("晴好")
    field(app, "selectbox", "类别").set_value("环境").run()
    button(app, "保存").click().run()
    assert "已新增敏感词“晴好”" in texts(app) and told.get(RiskWord, "晴好").kind == "环境"
    field(app, "text_input", "敏感词").set_value("晴")
    field(app, "selectbox", "类别").set_value("环境").run()
    button(app, "保存").click().run()
    assert "太短" in app.error[0].value and field(app, "text_input", "敏感词").value == "晴"


def test_the_word_that_was_picked_is_the_one_that_is_shown(told, open_room, monkeypatch):
    for word in ("plumless", "buckeroo"):  # of one CRC-32
        words.save(told, word, "环境", 1, who="王敏", now=clock.now())
    told.commit()
    for place, word in enumerate(("buckeroo", "plumless")):
        monkeypatch.setattr("core.ui.rules_words.pick", lambda frame, columns, ids, place=place, **_: ids[place])
        assert f"**{word}**" in texts(open_room("rules", rules_part="敏感词"))


def test_a_version_is_made_run_in_the_shadow_and_put_into_force(told, open_room):
    app = open_room("rules", rules_part="敏感词")
    field(app, "number_input", "基础分：严重").set_value(80.0)
    field(app, "text_input", "版本名称").set_value("本区一").run()
    button(app, "建立版本").click().run()
    assert "已新建评分版本“本区一”" in texts(app)
    field(app, "selectbox", "选一个版本").set_value("本区一").run()
    button(app, "试运行").click().run()
    assert "后台正在按试运行版本计分" in texts(app)
    told.expire_all()
    sift.run(told, now=clock.now())
    app = open_room("rules", rules_part="敏感词")
    assert {one.label: one.value for one in app.metric} == {
        "两个版本都计过分": "3", "等级不变": "2", "升级": "1", "降级": "0"}
    assert frame(app, "shadow")["title"].tolist() == [HOSTILE]
    field(app, "selectbox", "选一个版本").set_value("本区一").run()
    button(app, "确认启用").click().run()
    told.expire_all()
    assert scoring.in_force(told)[0].key == "本区一" and not app.exception


def test_names_of_the_sample_that_are_saved_as_they_are_become_the_offices(told, open_room):
    sample = Profile("澜桥区", sure=("澜桥",))
    district.keep(told, sample, who="示例", now=clock.now(), demo=True)
    told.commit()
    app = open_room("rules", rules_part="本区名称")
    button(app, "保存").click().run()
    assert not app.exception and "移除演示数据时保留" in texts(app)
    told.expire_all()
    assert not district.forget_sample(told) and district.profile(told) == sample
    button(app, "保存").click().run()
    assert "本区名称没有变化。" in texts(app)


def test_names_of_the_district_are_filled_in_from_the_list_and_kept(told, open_room):
    app = open_room("rules", rules_part="本区名称")
    field(app, "text_input", "区名（全称）").set_value("浦东新区")
    field(app, "text_input", "行政区划代码").set_value("999999")
    field(app, "text_area", "别称（用顿号隔开）").set_value("浦东、浦东").run()
    button(app, "按代码填入街镇").click().run()
    assert "名录中没有这个代码" in app.error[0].value
    field(app, "text_input", "行政区划代码").set_value("310115").run()
    button(app, "按代码填入街镇").click().run()
    assert "川沙新镇" in field(app, "text_area", "街镇（用顿号隔开）").value
    button(app, "保存").click().run()
    assert not app.exception and "已保存本区名称" in texts(app)
    kept = district.profile(told)
    assert (kept.name, kept.sure, kept.code) == ("浦东新区", ("浦东",), "310115") and "新场镇" in kept.doubtful
    field(app, "text_area", "旁证（用顿号隔开）").set_value("沪").run()
    button(app, "保存").click().run()
    assert "旁证“沪”应为" in app.error[0].value and district.profile(told) == kept


def test_places_come_in_after_a_look_and_go_out(told, open_room):
    district.keep(told, Profile("浦东新区", code="310115"), who="王敏", now=clock.now())
    told.commit()
    app = open_room("rules", rules_part="本区地点")
    head = "名称,种类,街镇,别名,责任单位\n"
    app.file_uploader[0].set_value(("地点.csv", (head + "幸福家园,小区,东山镇,,\n").encode(), "text/csv")).run()
    assert "本区没有“东山镇”" in app.error[0].value
    app.file_uploader[0].set_value(
        ("地点.csv", (head + "幸福家园,小区,川沙新镇,福园,区房管局\n").encode("gb18030"), "text/csv")).run()
    assert frame(app, "do")["name"].tolist() == ["幸福家园"] and "将新增 1 处" in texts(app)
    assert told.execute(select(func.count()).select_from(OwnPlace)).scalar() == 0
    button(app, "确认导入").click().run()
    assert "本区地点：新增 1 处" in texts(app) and frame(app, "street")["unit"].tolist() == ["区房管局"]
    assert "修改本区地点" in told.execute(select(Audit.action)).scalars().all()


def test_words_come_in_after_a_look(told, open_room):
    app = open_room("rules", rules_part="敏感词")
    head = "敏感词,类别,等级,其中不算,说明\n"
    app.file_uploader[0].set_value(("词.csv", (head + "晴好,天气,一般,,\n").encode(), "text/csv")).run()
    assert "没有“天气”这一类" in app.error[0].value
    app.file_uploader[0].set_value(("词.csv", (head + "晴好,环境,一般,,\n").encode(), "text/csv")).run()
    assert frame(app, "do")["word"].tolist() == ["晴好"]
    button(app, "确认导入").click().run()
    assert "敏感词：新增 1 个" in texts(app) and told.get(RiskWord, "晴好") is not None
    assert told.execute(select(func.count()).select_from(Unsifted)).scalar() == 3

"""舆情监测: what is searched for stands in the address, what is found is shown as it is, what people do is kept."""

import pytest
from sqlalchemy import select

from core import alerts, clock, search, sift
from core.models import Incident, IncidentMention, MentionDeed, MentionMark, Source, Watch
from tests.test_sift import tell

NOW = clock.now().replace(microsecond=0)
HOSTILE = "东街停水[点我](https://evil.example) <script>alert(1)</script> :red[假]"


@pytest.fixture
def spoken(session):
    """Five things said, sifted and indexed."""
    source = Source(key="s", name="微博搜索", collector="page", platform="weibo")
    session.add(source)
    session.commit()
    tell(session, source, {
        "a": ("东街停水三天没人管", "居民投诉无门，求关注！"), "b": ("西站货车爆炸致4人死亡", "现场浓烟滚滚"),
        "c": ("天气晴好", ""), "d": (HOSTILE, ""), "e": ("转：东街停水三天没人管", "居民投诉无门，求关注！！"),
    }, NOW)
    sift.run(session, now=NOW, then=alerts.look)
    search.keep(session, now=NOW)
    session.commit()
    return session


def heads(app) -> list[str]:
    return [button.label for button in app.button if (button.key or "").startswith("m_open_")]


def press(app, label):
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception


def test_nothing_was_collected_is_said_with_the_way_out(database, open_room):
    app = open_room("mentions")
    assert "还没有舆情信息" in app.info[0].value


def test_a_word_of_two_characters_is_found_and_set_off_and_stands_in_the_address(spoken, open_room):
    app = open_room("mentions", words="停水", period="近7天")
    found = heads(app)
    assert len(found) == 3 and all(":orange-background[停水]" in head for head in found)
    assert app.query_params["words"] == "停水"
    app.text_input[0].set_value("爆炸").run()
    assert app.query_params["words"] == "爆炸" and len(heads(app)) == 1
    app = open_room("mentions", words="没有这个词", period="近7天")
    assert "没有符合条件的信息" in app.info[0].value


def test_markup_in_what_is_said_stays_text(spoken, open_room):
    app = open_room("mentions", words="停水", period="近7天")
    [head] = [head for head in heads(app) if "alert" in head]
    assert "\\<script\\>" in head and "\\:red\\[" in head and "](https" not in head


def test_a_search_that_cannot_be_read_is_refused_in_words(spoken, open_room):
    app = open_room("mentions", words="(停水", period="近7天")
    assert any("括号" in error.value for error in app.error)


def test_ticked_ones_are_marked_and_a_wrong_one_leaves_the_list(spoken, open_room):
    app = open_room("mentions", words="停水", folded="0", period="近7天")
    before = len(heads(app))
    app.checkbox[1].check().run()
    press(app, "误报")
    assert "误报" in app.success[0].value and len(heads(app)) == before - 1
    [deed] = spoken.execute(select(MentionDeed)).scalars()
    assert deed.kind == "wrong" and deed.who
    app.checkbox[0].check().run()
    press(app, "重点")
    spoken.expire_all()
    marks = spoken.execute(select(MentionMark.starred, MentionMark.wrong)).all()
    assert sorted(marks) == [(False, True), *[(True, False)] * (before - 1)]


def test_one_mention_behind_its_link_with_reasons_comment_and_relations(spoken, open_room):
    app = open_room("mentions", mention="1", words="停水", period="近7天")
    said = " ".join(one.value for kind in (app.markdown, app.caption, app.subheader) for one in kind)
    assert "东街停水三天没人管" in said and "研判依据" in said and "风险" in said
    assert any(button.label.startswith("转：东街停水") for button in app.button), "its copy is related"
    app.text_area[0].set_value("请核实").run()
    press(app, "添加批注")
    assert spoken.execute(select(MentionDeed.text)).scalar() == "请核实"
    press(app, "撤回")
    spoken.expire_all()
    assert spoken.execute(select(MentionMark.comments)).scalar() == 0
    press(app, "返回列表")
    assert "mention" not in app.query_params
    app = open_room("mentions", mention="999")
    assert "找不到" in app.info[0].value


def test_an_incident_is_made_of_ticked_ones(spoken, open_room):
    app = open_room("mentions", words="爆炸", period="近7天")
    app.checkbox[0].check().run()
    press(app, "确定")
    assert not app.error, app.error[0].value
    assert spoken.execute(select(Incident.title)).scalar() == "西站货车爆炸致4人死亡"
    assert spoken.execute(select(IncidentMention.mention_id)).scalars().all() == [2]


def test_a_search_is_kept_as_a_watch(spoken, open_room):
    app = open_room("mentions", words="停水 -演练", period="近7天")
    next(one for one in app.text_input if one.key == "m_watch_name").set_value("停水").run()
    press(app, "保存")
    watch = spoken.execute(select(Watch)).scalar_one()
    assert watch.name == "停水" and "停水" in watch.query and "演练" in watch.query

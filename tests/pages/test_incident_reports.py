"""报告 of an incident on the screen: which is due, in whose words, issued after a second look; found again later."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from core import clock, db, incidents
from core.models import Edition, IncidentStep, Unit
from core.report import editions, incident
from tests.spoken import feel, say, source, topic

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def light(monkeypatch):
    """Issued as Excel alone, which is quick."""
    for suffix in set(editions.FORMATS) - {"xlsx"}:
        monkeypatch.delitem(editions.FORMATS, suffix)


@pytest.fixture
def now():
    return clock.now()


@pytest.fixture
def water(session, now):
    """An incident of two hours ago with a topic of three mentions."""
    session.add(Unit(name="水务局", kind="bureau"))
    about = topic(session, "东街停水", now - 2 * HOUR)
    titles = ["东街停水", "停水了", "还没来水"]
    said = say(session, source(session, "weibo", name="微博"), about, titles, now - 2 * HOUR)
    feel(session, said[0], "负面", 0.9)
    made = incidents.open_(session, "东街停水", "red", topic_ids=[about.id], who="张三", now=now, town="青山街道")
    session.commit()
    return made


def words(app):
    kinds = (app.markdown, app.caption, app.info, app.warning, app.success, app.error, app.subheader)
    return " ".join(element.value for kind in kinds for element in kind).replace("\\", "")


def at(elements, start):
    return next(element for element in elements if element.key and element.key.startswith(start))


def issue(app):
    next(one for one in app.button if one.key and one.key.endswith("_issue")).click().run()
    assert not app.exception, [one.value for one in app.exception]


def opened(open_room, water):
    app = open_room("incidents", incident=str(water.id))
    app.session_state["incident_tab"] = "报告"
    app.run()
    assert not app.exception, [one.value for one in app.exception]
    return app


def fresh(table):
    with db.session() as session:
        return session.execute(select(table).order_by(table.id)).scalars().all()


def test_the_first_report_is_due_and_shown_as_it_would_be(water, open_room):
    text = words(opened(open_room, water))
    assert "应尽快编发快报，最迟不晚于最先到期的回应时限（5小时内权威发布" in text
    assert "还没有签发过报告" in text and "关于“东街停水”的舆情快报" in text
    assert "监测到相关信息3条" in text and "二、各方观点" in text


def test_it_is_issued_and_noted_and_found_in_the_reports_room(water, open_room):
    app = opened(open_room, water)
    issue(app)
    made = fresh(Edition)
    assert [(one.kind, one.period, one.issued_by, one.version) for one in made] == [("incident", "快报", "网页操作", 1)]
    assert [step.text for step in fresh(IncidentStep) if step.kind == "report"] == ["签发快报"]
    text = words(app)
    assert "已签发《关于“东街停水”的舆情快报》第1版，已记入处置过程。" in text and "有新情况时编发续报（一）" in text
    assert at(app.segmented_control, "incident_report_stage_").value == "续报1"
    room = open_room("reports", edition=str(made[0].id))
    shown = words(room)
    said = "".join(text for part in room.get("bidi_component") for block in json.loads(part.proto.json)["blocks"]
                   for text, _ in block.get("pieces", ()))
    assert "关于“东街停水”的舆情快报" in shown and "监测到相关信息3条" in said and "还没有账号数据" not in shown
    assert room.get("download_button")[0].label.startswith("下载 Excel：本区_网络舆情_快报_事件专报")


def test_what_a_person_writes_is_issued_and_a_made_up_figure_is_pointed_out(water, open_room):
    app = opened(open_room, water)
    box = next(one for one in app.text_area if one.label == "摘要")
    box.set_value("东街停水，伤9人。").run()
    assert "摘要中的 9 在报告数据里找不到出处" in words(app)
    next(one for one in app.text_area if one.label == "摘要").set_value("东街停水，已抢修。").run()
    assert "找不到出处" not in words(app) and "东街停水，已抢修。" in words(app)
    issue(app)
    with db.session() as session:
        content = editions.content_of(session, fresh(Edition)[0].id)
    assert "东街停水，已抢修。" in content.to_json() and "本报告的摘要经人工改定" in content.to_json()


def test_where_somebody_else_has_issued_one_meanwhile_nothing_is_issued(water, open_room, now):
    app = opened(open_room, water)
    incident.publish(water.id, "快报", now=now, by="李四")
    next(one for one in app.button if one.key and one.key.endswith("_issue")).click().run()
    assert not app.exception
    assert [one.issued_by for one in fresh(Edition)] == ["李四"]


def test_one_that_is_withdrawn_has_no_more_reports(water, open_room, session, now):
    incidents.withdraw(session, water.id, "误报", who="张三", now=now)
    session.commit()
    app = opened(open_room, water)
    assert "事件已撤销，不能编发报告" in words(app)
    assert not [one for one in app.button if one.key and one.key.endswith("_issue")]


def test_an_issued_one_that_is_picked_gives_its_files(water, open_room, now):
    made = incident.publish(water.id, "快报", now=now, by="李四")
    app = open_room("incidents", incident=str(water.id))
    app.session_state["incident_tab"] = "报告"
    app.session_state[f"incident_reports_{water.id}_picked"] = (made.id, 0)
    app.run()
    labels = [one.label for one in app.get("download_button")]
    assert any(label.startswith("下载 Excel：本区_网络舆情_快报") for label in labels)

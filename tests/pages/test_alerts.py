"""预警: what waits is seen and acknowledged, also by a link; rules are written, tried out and kept."""

import pytest
from sqlalchemy import select

from core import alerts, channels, clock, people, sift, warned
from core.models import Alert, AlertRule, Delivery, Incident, MentionMark, Source
from core.query import alerts as query
from tests.test_sift import tell

NOW = clock.now().replace(microsecond=0)
FIRE = "江北一化工厂爆炸致3人死亡，现场浓烟滚滚"


@pytest.fixture
def warnings(session):
    """A rule with a person to be told, and one alert that it raised."""
    source = Source(key="s", name="微博搜索", collector="page", platform="weibo")
    session.add(source)
    way = channels.add(session, name="阿里云短信", kind="aliyun", who="", now=NOW, fields={
        "access_key_id": "id", "access_key_secret": "secret", "sign_name": "澜桥发布", "template_code": "SMS_1"})
    person = people.add(session, name="值班员", phone="13812345678", who="", now=NOW)
    session.commit()
    alerts.save(session, name="高风险", subject="mention", terms={"risk": 70}, level="red", who="", now=NOW,
                plan={"steps": [{"people": [person.id]}], "channels": [way.id]})
    session.commit()
    tell(session, source, {"a": (FIRE, ""), "b": ("天气晴好", "")}, NOW)
    sift.run(session, now=NOW, then=alerts.look)
    return session


def press(app, label):
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception


def words(app) -> str:
    kinds = (app.caption, app.markdown, app.info, app.success)
    return " ".join(element.value for kind in kinds for element in kind).replace("\\", "")


def alert(session) -> Alert:
    session.expire_all()
    return session.execute(select(Alert)).scalar_one()


def test_nothing_has_fired_is_said_with_the_way_on(database, open_room):
    app = open_room("alerts")
    assert "还没有" in words(app) or "没有预警" in words(app)


def test_an_alert_is_seen_acknowledged_and_put_away_as_wrong(warnings, open_room):
    app = open_room("alerts", alert="1", period="近7天")
    said = words(app)
    assert FIRE in said and "原因：风险" in said
    press(app, "确认收到")
    assert alert(warnings).state == "seen"
    app.radio[0].set_value("误报").run()
    press(app, "确定")
    assert (alert(warnings).state, alert(warnings).outcome) == ("closed", "wrong")
    assert warnings.execute(select(MentionMark.wrong)).scalar() is True
    press(app, "重新打开")
    assert alert(warnings).state == "seen"
    assert warnings.execute(select(MentionMark.wrong)).scalar() is False


def test_the_link_in_a_message_says_who_acknowledged(warnings, open_room):
    key = warned.key_of(warnings.execute(select(Delivery.key)).scalar())
    app = open_room("alerts", alert="1", key=key, period="近7天")
    press(app, "值班员确认收到")
    assert (alert(warnings).seen_by, alert(warnings).seen_how) == ("值班员", "link")


def test_an_incident_is_made_of_an_alert(warnings, open_room):
    app = open_room("alerts", alert="1", period="近7天")
    press(app, "立为事件")
    made = warnings.execute(select(Incident)).scalar_one()
    assert made.level == "red" and alert(warnings).incident_id == made.id and alert(warnings).outcome == "incident"


def test_a_rule_is_tried_out_and_kept(warnings, open_room):
    app = open_room("alerts", alerts_part="规则", period="近7天")
    form = next(one for one in app.text_input if one.key.startswith("rule_name_new"))
    form.set_value("中风险").run()
    slider = next(one for one in app.slider if one.key.startswith("rule_risk_new"))
    slider.set_value(60).run()
    press(app, "试跑近 30 天")
    assert "会报 **1** 次" in words(app)
    press(app, "保存规则")
    rule = warnings.execute(select(AlertRule).where(AlertRule.name == "中风险")).scalar_one()
    assert rule.terms == {"risk": 60} and rule.enabled and rule.level == "yellow"


def test_a_rule_keeps_those_who_are_out_of_use_and_all_behind_them(warnings, open_room):
    second = people.add(warnings, name="科长", phone="13912345678", who="", now=NOW)
    rule = warnings.execute(select(AlertRule)).scalar_one()
    rule.plan = rule.plan | {"steps": [{"people": [1], "after": 0}, {"people": [second.id], "after": 15}]}
    warnings.add(rule)
    people.activate(warnings, 1, False, who="", now=NOW)
    warnings.commit()
    plan = rule.plan
    app = open_room("alerts", alerts_part="规则", rule="1", period="近7天")
    first = next(one for one in app.multiselect if one.key.startswith("rule_people0_edit1"))
    assert "值班员（已停用）" in first.options
    press(app, "保存规则")
    warnings.refresh(rule)
    assert rule.plan == plan
    first = next(one for one in app.multiselect if one.key.startswith("rule_people0_edit1"))
    first.set_value([]).run()
    press(app, "保存规则")
    warnings.refresh(rule)
    assert rule.plan["steps"] == [{"people": [second.id], "after": 0}], "the one behind moves up"


def test_an_old_failure_is_found_and_sent_anew_from_both_places(warnings, open_room):
    old = warnings.execute(select(Delivery)).scalar_one()
    old.state, old.note = "unknown", "请与对方核实"
    warnings.add_all([old, *(Delivery(key=f"edition:{n}:person:1", person_id=1, state="accepted", made_at=NOW)
                             for n in range(query.SENT + 1))])
    warnings.commit()
    shown = query.deliveries(warnings)
    assert len(shown) == query.SENT and old.id not in set(shown["delivery_id"]) and query.undone(warnings) == 1
    app = open_room("alerts", alerts_part="发送记录", period="近7天")
    app.toggle(key="sent_failed").set_value(True).run()
    assert str(app.dataframe[0].value.iloc[0].to_dict()).count("请与对方核实") == 1
    app = open_room("alerts", alert="1", period="近7天")
    app.session_state["alert_deliveries_1_picked"] = (old.id, 0)
    app.session_state["alert_part_1"] = "通知（1）"
    app.run()
    press(app, "重新发送")
    warnings.refresh(old)
    assert (old.state, old.resent) == ("waiting", 1) and query.undone(warnings) == 0


def test_people_channels_and_what_was_sent_have_their_places(warnings, open_room):
    for part, said in (("收件人", "值班员"), ("渠道", "阿里云短信"), ("发送记录", "值班员")):
        app = open_room("alerts", alerts_part=part, period="近7天")
        shown = words(app) + " ".join(str(table.value) for table in app.dataframe)
        assert said in shown and "13812345678" not in shown

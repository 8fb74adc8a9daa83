"""What comes in fires rules in the transaction that keeps its senses: once for one thing, told once to everyone."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from core import alerts, clock, marks, sift, unsifted, warned, watches
from core.credentials import seal
from core.faults import BadInput
from core.models import Alert, AlertMention, AlertRule, Channel, Delivery, Mention, MentionMark, Person, Source
from core.opinion.alarm import Plan
from tests.test_sift import tell

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
"""12:00 in Shanghai."""
FIRE = "江北一化工厂爆炸致3人死亡，现场浓烟滚滚，附近居民称听到两声巨响"


@pytest.fixture
def office(session):
    """A source, two persons, a channel to persons and a group's bot."""
    source = Source(key="s", name="微博搜索", collector="page", platform="weibo")
    people = [Person(name=name, sealed=seal({}), at=NOW) for name in ("值班员", "科长")]
    ways = [Channel(name=name, kind=kind, sealed=seal({}), at=NOW)
            for name, kind in (("短信", "aliyun_sms"), ("群", "wecom"))]
    session.add_all([source, *people, *ways])
    session.commit()
    return source


def rule(session, level="orange", now=NOW - timedelta(hours=1), name="高风险", terms=None, **plan) -> AlertRule:
    first, second = session.execute(select(Person.id).order_by(Person.id)).scalars()
    way, group = session.execute(select(Channel.id).order_by(Channel.id)).scalars()
    told = {"steps": [{"people": [first]}, {"people": [second], "after": 10}], "channels": [way], "groups": [group]}
    made = alerts.save(session, name=name, subject="mention", terms=terms or {"risk": 70}, level=level,
                       plan=told | plan, who="王敏", now=now)
    session.commit()
    return made


def arrive(session, source, at=NOW, **texts):
    tell(session, source, {key: (text, "") for key, text in texts.items()}, at)
    sift.run(session, now=at, then=alerts.look)


def raised(session) -> list[Alert]:
    session.expire_all()
    return list(session.execute(select(Alert).order_by(Alert.id)).scalars())


def due(session) -> list[tuple[str, str, datetime]]:
    session.expire_all()
    return [(one.key, one.state, one.next_at) for one in
            session.execute(select(Delivery).order_by(Delivery.id)).scalars()]


def test_what_is_grave_fires_and_everyone_of_the_first_step_is_told(session, office):
    rule(session)
    arrive(session, office, a=FIRE, b="今日天气晴好，适合出行")
    [alert] = raised(session)
    assert (alert.level, alert.state, alert.mentions, alert.mention_id) == ("orange", "open", 1, 1)
    assert alert.title == FIRE and alert.why.startswith("风险") and alert.next_at == NOW + timedelta(minutes=10)
    assert due(session) == [("alert:1:0:person:1", "waiting", NOW), ("alert:1:0:channel:2", "waiting", NOW)]
    content = session.execute(select(Delivery.content)).scalars().first()
    assert content["count"] == 1 and content["where"] == "舆情系统预警第1号" and content["link"] == ""
    assert "【橙色预警】" in content["text"] and "微博搜索" in content["text"] and "（≥70）" in content["text"]


def test_the_same_event_in_other_words_joins_and_is_not_told_again(session, office):
    rule(session)
    arrive(session, office, a=FIRE)
    arrive(session, office, NOW + timedelta(minutes=5), b="转：" + FIRE + "！",
           c="东街一居民楼爆炸致5人死亡，消防已到场救援")
    first, second = raised(session)
    assert (first.mentions, second.mentions) == (2, 1) and "东街" in second.title
    assert session.execute(select(func.count()).select_from(AlertMention)).scalar() == 3
    assert len(due(session)) == 4
    later = NOW + timedelta(hours=7)
    arrive(session, office, later, d="【转载】" + FIRE)
    assert len(raised(session)) == 3, "past the cool-down it is news again"


def test_what_is_read_again_fires_nothing_twice(session, office):
    rule(session)
    arrive(session, office, a=FIRE)
    unsifted.again(session, NOW)
    session.commit()
    assert sift.run(session, now=NOW, then=alerts.look) == 1
    assert len(raised(session)) == 1 and len(due(session)) == 2


def test_what_came_before_the_rule_or_is_old_does_not_fire_it(session, office):
    arrive(session, office, NOW - timedelta(hours=2), a=FIRE)
    rule(session)
    unsifted.again(session, NOW)
    session.commit()
    sift.run(session, now=NOW, then=alerts.look)
    assert raised(session) == []
    mention = session.execute(select(Mention)).scalar_one()
    mention.first_seen_at, mention.published_at = NOW, NOW - timedelta(days=4)
    mention.day = clock.day_of(mention.published_at)
    session.add(mention)
    unsifted.note(session, Mention.id == mention.id)
    session.commit()
    sift.run(session, now=NOW, then=alerts.look)
    assert raised(session) == [], "an old article that a source brings late"


def test_by_place_each_and_beyond_the_hours_limit(session, office):
    rule(session, grouping="each", most=2)
    arrive(session, office, a=FIRE, b="东街一居民楼爆炸致5人死亡", c="西站货车爆炸致4人死亡", d="南门仓库爆炸致6人死亡")
    found = raised(session)
    assert [one.group.split(":")[0] for one in found] == ["mention", "mention", "rest"]
    assert found[2].mentions == 2 and found[2].title == "“高风险”预警过多，其余合并"
    assert len(due(session)) == 6


def test_words_and_watches_are_asked_in_the_grammar_of_watches(session, office):
    watch = watches.save(session, "停水", "停水", who="王敏", now=NOW)
    session.commit()
    rule(session, name="词", terms={"words": "停水 -计划"}, level="blue")
    rule(session, name="方案", terms={"watches": [watch.id]}, level="blue")
    arrive(session, office, a="东街停水三天", b="东街计划停水公告", c="停电了")
    by_rule = {(one.rule_id, one.mention_id): one.why for one in raised(session)}
    assert by_rule == {(1, 1): "提到“停水”", (2, 1): "符合方案：停水", (2, 2): "符合方案：停水"}


def test_nobody_is_told_of_the_sample_district(session, office):
    office.demo = True
    session.add(office)
    rule(session)
    arrive(session, office, a=FIRE)
    [alert] = raised(session)
    assert alert.demo and alert.next_at is None and due(session) == []


def test_a_rule_that_is_off_or_cannot_be_is_quiet_or_refused(session, office):
    made = rule(session)
    alerts.switch(session, made.id, False, who="王敏", now=NOW)
    session.commit()
    arrive(session, office, a=FIRE)
    assert raised(session) == []
    alerts.remove(session, made.id, who="王敏", now=NOW)
    session.commit()
    with pytest.raises(BadInput, match="已被删除"):
        alerts.save(session, name="x", subject="mention", terms={"risk": 1}, level="red",
                    plan={"steps": [{"people": [99]}], "channels": [1]}, who="", now=NOW)
    rule(session, name="再来")
    with pytest.raises(BadInput, match="换一个名称"):
        rule(session, name="再来")
    arrive(session, office, b=FIRE + "。")
    with pytest.raises(BadInput, match="可以停用"):
        alerts.remove(session, session.execute(select(AlertRule.id)).scalar(), who="", now=NOW)


# --- An alert's life ------------------------------------------------------------------------------------------------


def test_nobody_acknowledged_the_next_one_is_told_once_and_then_nobody(session, office):
    rule(session)
    arrive(session, office, a=FIRE)
    assert warned.escalate(session, NOW + timedelta(minutes=9)) == 0
    late = NOW + timedelta(minutes=10)
    assert warned.escalate(session, late) == 1 and warned.escalate(session, late) == 0
    session.commit()
    assert due(session)[-1] == ("alert:1:1:person:2", "waiting", late)
    last = session.execute(select(Delivery.content).order_by(Delivery.id.desc())).scalars().first()
    assert "（逐级上报）" in last["text"]
    assert warned.escalate(session, NOW + timedelta(days=1)) == 0


def test_acknowledged_by_one_is_no_business_of_the_next(session, office):
    rule(session)
    at = NOW + timedelta(hours=1)
    arrive(session, office, at, a=FIRE)
    warned.escalate(session, at + timedelta(minutes=10))
    assert warned.acknowledge(session, 1, who="值班员", how="link", now=at + timedelta(minutes=11))
    assert not warned.acknowledge(session, 1, who="科长", how="room", now=at + timedelta(minutes=12))
    session.commit()
    [alert] = raised(session)
    assert (alert.state, alert.seen_by, alert.seen_how, alert.next_at) == ("seen", "值班员", "link", None)
    assert [state for _, state, _ in due(session)] == ["waiting", "waiting", "dropped"]
    warned.close(session, 1, "handled", who="王敏", now=at)
    assert raised(session)[0].state == "closed"
    warned.reopen(session, 1, who="王敏", now=at)
    session.commit()
    assert raised(session)[0].state == "seen" and raised(session)[0].outcome == ""
    with pytest.raises(BadInput, match="不存在"):
        warned.acknowledge(session, 99, who="", how="room", now=at)


def test_the_next_one_is_told_when_the_one_before_has_had_time_to_hear(session, office):
    rule(session, quiet=[11 * 60, 13 * 60])
    rule(session, name="红", level="red", quiet=[11 * 60, 13 * 60])
    end = clock.instant(clock.day_of(NOW), 13)
    arrive(session, office, a=FIRE)
    assert [one.next_at for one in raised(session)] == [end + timedelta(minutes=10), NOW + timedelta(minutes=10)]
    assert warned.escalate(session, end) == 1, "the red one"
    assert warned.escalate(session, end + timedelta(minutes=10)) == 1


def test_what_was_closed_as_wrong_gives_its_marks_back(session, office, monkeypatch):
    monkeypatch.setattr(marks, "MOST", 1)
    rule(session)
    arrive(session, office, a=FIRE, b="转：" + FIRE + "！", c="【转载】" + FIRE)
    wrong = select(MentionMark.mention_id).where(MentionMark.wrong).order_by(MentionMark.mention_id)
    marks.flag(session, [3], "wrong", True, who="王敏", now=NOW)
    warned.close(session, 1, "wrong", who="王敏", now=NOW)
    assert session.execute(wrong).scalars().all() == [1, 2, 3]
    for on in (False, True):
        marks.flag(session, [1], "wrong", on, who="李强", now=NOW)
    warned.reopen(session, 1, who="王敏", now=NOW)
    session.commit()
    assert session.execute(wrong).scalars().all() == [1, 3], "what people said themselves stands"


def test_quiet_hours_hold_all_but_what_is_red(session, office):
    rule(session, quiet=[11 * 60, 13 * 60])
    rule(session, name="红", level="red", quiet=[11 * 60, 13 * 60])
    arrive(session, office, a=FIRE)
    end = clock.instant(clock.day_of(NOW), 13)
    assert {(key.split(":")[1], at) for key, _, at in due(session)} == {("1", end), ("2", NOW)}


@pytest.mark.parametrize(("quiet", "hour", "until"), [
    ((22 * 60, 7 * 60), 23, (1, 7)), ((22 * 60, 7 * 60), 6, (0, 7)), ((22 * 60, 7 * 60), 7, None),
    ((22 * 60, 7 * 60), 21, None), ((12 * 60, 14 * 60), 12, (0, 14)), ((0, 0), 3, None),
])
def test_the_end_of_quiet_hours(quiet, hour, until):
    day = clock.day_of(NOW)
    now = clock.instant(day, hour)
    wanted = now if until is None else clock.instant(day + timedelta(days=until[0]), until[1])
    assert warned.awake(Plan(quiet=quiet), now) == wanted


def test_a_digest_tells_at_its_times_what_came_between_and_says_nothing_of_nothing(session, office):
    rule(session, digest=[8 * 60, 17 * 60], grouping="each")
    arrive(session, office, a=FIRE, b="东街一居民楼爆炸致5人死亡")
    assert due(session) == [] and warned.digests(session, NOW) == 0
    evening = clock.instant(clock.day_of(NOW), 17, 1)
    assert warned.digests(session, evening) == 2 and warned.digests(session, evening) == 0
    session.commit()
    content = session.execute(select(Delivery.content)).scalars().first()
    assert content["count"] == 2 and "2 项" in content["title"] and "东街" in content["text"]
    assert warned.digests(session, evening + timedelta(hours=16)) == 0


def test_no_digest_leaves_out_what_came_before_a_pause_or_late(session, office):
    rule(session, digest=[8 * 60, 17 * 60], grouping="each", now=NOW - timedelta(hours=8))
    day = clock.day_of(NOW)
    arrive(session, office, clock.instant(day, 7, 40), a=FIRE)
    arrive(session, office, b="东街一居民楼爆炸致5人死亡")
    evening = clock.instant(day, 17, 30)
    assert warned.digests(session, evening) == 2, "nothing ran at 8"
    arrive(session, office, clock.instant(day, 16, 59), c="西站货车爆炸致4人死亡")
    assert warned.digests(session, evening) == 2 and warned.digests(session, evening) == 0
    session.commit()
    told = session.execute(select(Delivery.content).where(Delivery.person_id.is_not(None)).order_by(Delivery.id))
    assert [one["count"] for one in told.scalars()] == [2, 1]
    arrive(session, office, evening, d="南门仓库爆炸致6人死亡")
    later = clock.instant(day + timedelta(days=2), 6)
    assert warned.digests(session, later) == 0, "too late for that time"
    assert warned.digests(session, later + timedelta(hours=2)) == 2, "and told at the next"


def test_a_rule_that_tells_at_once_from_now_on_tells_what_it_held_back(session, office):
    made = rule(session, digest=[17 * 60], grouping="each")
    arrive(session, office, a=FIRE)
    alerts.save(session, name=made.name, subject="mention", terms=made.terms, level="orange",
                plan=made.plan | {"digest": []}, id_=made.id, who="王敏", now=NOW)
    arrive(session, office, b="东街一居民楼爆炸致5人死亡")
    assert len(due(session)) == 2 and warned.digests(session, NOW) == 2 and warned.digests(session, NOW) == 0
    alerts.save(session, name=made.name, subject="mention", terms=made.terms, level="orange",
                plan=made.plan | {"digest": [17 * 60]}, id_=made.id, who="王敏", now=NOW)
    assert warned.digests(session, NOW + timedelta(hours=6)) == 0, "all of it was told"


def test_the_links_key_is_known_again_and_not_in_the_database(session, office, monkeypatch):
    rule(session)
    arrive(session, office, a=FIRE)
    [delivery, _] = session.execute(select(Delivery).order_by(Delivery.id)).scalars()
    key = warned.key_of(delivery.key)
    assert warned.told_by(session, key).id == delivery.id and key not in delivery.token
    assert warned.told_by(session, "x" * 24) is None and warned.told_by(session, "") is None
    assert warned.link(1, key) == ""


@pytest.mark.parametrize(("title", "text", "words", "said"), [
    ("东街停水", "", [["停水", 2, 4, "原文"]], "东街停水"),
    ("通报", "今天天气好。东街停水三天，居民投诉！后续关注。", [["停水", 11, 13, "原文"]], "东街停水三天，居民投诉！"),
    ("东街停水", "很长的正文", [], "东街停水"),
    ("", "", [], ""),
    ("长", "一" * 100 + "爆炸" + "二" * 100, [["爆炸", 102, 104, "原文"]], "…" + "一" * 20 + "爆炸" + "二" * 36 + "…"),
])
def test_the_sentence_that_an_alert_is_told_by(title, text, words, said):
    assert alerts.gist(title, text, words) == said

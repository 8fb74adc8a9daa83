"""Topics that swell and incidents that run out of time are warned of; rules are tried out on the past as they are."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from core import alert_rounds, alert_trial, alerts, clock, incidents, sift
from core.credentials import seal
from core.models import Alert, Mention, Person, Sense, Source, Topic, TopicDay
from tests.test_sift import tell

NOW = datetime(2026, 3, 9, 4, tzinfo=UTC)


@pytest.fixture
def swelling(session):
    """A topic of two a day for a week and of twelve today, one that is quiet, one that began today."""
    source = Source(key="s", name="微博搜索", collector="page", platform="weibo")
    session.add_all([source, Person(name="值班员", sealed=seal({}), at=NOW)])
    session.flush()
    week = NOW - timedelta(days=7)
    topics = [Topic(title=title, first_at=first, last_at=NOW, mentions=9, active=True)
              for title, first in (("东街停水", week), ("老话题", week), ("新话题", NOW - timedelta(hours=3)))]
    session.add_all(topics)
    session.flush()
    swell, quiet, new = (topic.id for topic in topics)
    ages = [
        *((swell, 24 * day + hour) for day in range(1, 7) for hour in (2, 8)), *((swell, n / 2) for n in range(12)),
        *((quiet, 24 * day) for day in range(7)), *((new, n / 10) for n in range(15))]
    for n, (topic, hours) in enumerate(ages):
        at = NOW - timedelta(hours=hours)
        mention = Mention(source_id=source.id, external_id=str(n), platform="weibo", title=f"信息{n}", published_at=at,
                          day=clock.day_of(at), first_seen_at=at, last_seen_at=at, topic_id=topic, understood_at=at)
        session.add(mention)
        session.flush()
        session.add(Sense(mention_id=mention.id, at=at, risk=30 + n % 5, sentiment="负面" if n % 2 else "中性",
                          confidence=0.9, town="澜桥街道"))
    days: dict = {}
    for topic, hours in ages:
        key = (topic, clock.day_of(NOW - timedelta(hours=hours)))
        days[key] = days.get(key, 0) + 1
    session.add_all(TopicDay(topic_id=topic, day=day, platform="weibo", mentions=number, folded=number)
                    for (topic, day), number in days.items())
    session.commit()
    return topics


def save(session, subject, terms, **plan):
    made = alerts.save(session, name=f"{subject}{len(terms)}", subject=subject, terms=terms, level="orange", plan=plan,
                       who="王敏", now=NOW - timedelta(days=1))
    session.commit()
    return made


def raised(session):
    session.expire_all()
    return list(session.execute(select(Alert).order_by(Alert.id)).scalars())


def test_a_topic_that_swells_is_warned_of_once(session, swelling):
    save(session, "topic", {"least": 10, "growth": 3})
    assert alert_rounds.run(session, NOW) == 1 and alert_rounds.run(session, NOW + timedelta(minutes=1)) == 0
    session.commit()
    [alert] = raised(session)
    assert (alert.title, alert.topic_id, alert.mentions, alert.town) == ("东街停水", swelling[0].id, 12, "澜桥街道")
    assert alert.why == "近 24 小时 12 条（≥10）；为前 7 日日均的 6.0 倍（≥3）"
    assert session.get(Sense, alert.mention_id).risk == 34, "the gravest of its newest mentions"


def test_one_that_began_today_has_no_rhythm_but_a_size(session, swelling):
    save(session, "topic", {"least": 15})
    alert_rounds.run(session, NOW)
    session.commit()
    assert [one.title for one in raised(session)] == ["新话题"]


def test_a_share_of_negative_ones_is_asked_of_those_that_are_certain(session, swelling):
    save(session, "topic", {"least": 10, "negative": 50, "words": "停水"})
    alert_rounds.run(session, NOW)
    session.commit()
    [alert] = raised(session)
    assert "负面占 50%（≥50%，12 条可判断）" in alert.why and "停水" in alert.why


def test_an_incident_that_runs_out_of_time_is_warned_of(session, swelling):
    save(session, "incident", {"left": 60})
    mention = session.execute(select(Mention.id).order_by(Mention.published_at.desc())).scalars().first()
    made = incidents.open_(session, "东街停水", "red", [mention], who="王敏", now=NOW)
    session.commit()
    first = made.first_at
    assert alert_rounds.run(session, first + timedelta(hours=3)) == 0
    assert alert_rounds.run(session, first + timedelta(hours=4, minutes=30)) == 1
    session.commit()
    [alert] = raised(session)
    assert alert.incident_id == made.id and "还剩 30 分钟" in alert.why
    trial = alert_trial.trial(session, "incident", {"left": 60}, {}, now=first + timedelta(hours=4, minutes=30))
    assert list(trial.frame["title"]) == ["东街停水"]


def test_a_trial_of_a_topic_rule_judges_each_day_of_the_past(session, swelling):
    trial = alert_trial.trial(session, "topic", {"least": 10, "growth": 3}, {}, now=NOW)
    assert list(trial.frame["title"]) == ["东街停水"] and trial.frame["why"][0].startswith("当日 ")
    assert alert_trial.trial(session, "topic", {"least": 5}, {}, now=NOW).met == 2
    assert raised(session) == []


def test_a_trial_of_a_mention_rule_groups_as_alerts_do_and_raises_none(session):
    source = Source(key="s", name="微博搜索", collector="page", platform="weibo")
    session.add(source)
    session.commit()
    fire = "江北一化工厂爆炸致3人死亡，现场浓烟滚滚，附近居民称听到两声巨响"
    tell(session, source, {"a": (fire, ""), "b": ("转：" + fire, ""), "c": ("天气晴好", "")}, NOW - timedelta(days=2))
    tell(session, source, {"d": ("东街一居民楼爆炸致5人死亡", "")}, NOW - timedelta(days=1))
    sift.run(session, now=NOW)
    plan = {"grouping": "event", "cool": 360}
    trial = alert_trial.trial(session, "mention", {"risk": 70}, plan, now=NOW)
    assert (trial.looked, trial.met, len(trial.frame), trial.together) == (3, 3, 2, 0)
    assert list(trial.frame["mentions"]) == [1, 2], "the newest first"
    assert trial.daily(clock.day_of(NOW))["value"].sum() == 2 and raised(session) == []
    each = alert_trial.trial(session, "mention", {"risk": 70}, {"grouping": "each", "most": 1}, now=NOW)
    assert (len(each.frame), each.together) == (2, 1)
    words = alert_trial.trial(session, "mention", {"words": "居民楼"}, plan, now=NOW)
    assert (words.looked, words.met) == (4, 1)

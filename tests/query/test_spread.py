"""How one text spread, and the most reprinted texts of a period, against what was stored."""

from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest
from sqlalchemy import event

from core import clock, db
from core.models import Mention, Platform, Source
from core.query.scope import Filter
from core.query.spread import most_reprinted, spread

NOON = datetime(2025, 10, 20, 4, 10, tzinfo=UTC)
"""12:10 in Shanghai."""
OCTOBER = Filter(date(2025, 10, 1), date(2025, 10, 31))
# name, group (the name of its first copy as folded), kind, platform, minutes after noon, dated
SAID = [
    ("通知", "通知", "", "weibo", 30, True), ("原文", "通知", "reprint", "wechat", 0, True),
    ("晚报", "通知", "reprint", "weibo", 65, True), ("门户", "通知", "reprint", "toutiao", 200, False),
    ("汇编", "通知", "excerpt", "wechat", 90, True), ("跨日", "通知", "reprint", "weibo", 13 * 60, True),
    ("金价", "金价", "", "toutiao", 10, True), ("金价转", "金价", "reprint", "toutiao", 20, True),
    ("独家", "独家", "", "weibo", 5, True),
]


@pytest.fixture
def said(session):
    """Mention ids by name; one more waits to be understood."""
    ids: dict[str, int] = {}
    sources = {}
    for code in ("weibo", "wechat", "toutiao"):
        sources[code] = Source(key=code, name=f"{code}源", collector="feed", platform=code)
    session.add_all(sources.values())
    session.flush()
    for name, group, kind, code, minutes, dated in [*SAID, ("未读", "", "", "weibo", 1, True)]:
        at = NOON + timedelta(minutes=minutes)
        mention = Mention(
            source_id=sources[code].id, external_id=name, platform=code, title=name, url=f"https://x/{name}",
            published_at=at, dated=dated, day=clock.day_of(at), first_seen_at=at, last_seen_at=at, fold_kind=kind,
        )
        session.add(mention)
        session.flush()
        ids[name] = mention.id
        mention.fold_id = ids[group] if group else None
    session.commit()
    return ids


def named(session, code):
    return session.get(Platform, code).name.removeprefix("政务")


@pytest.mark.parametrize("member", ["通知", "原文", "汇编", "跨日"])
def test_spread_is_the_same_for_every_member_and_begins_with_what_was_published_first(session, said, member):
    found = spread(session, said[member])
    first = found.first
    assert (first.mention_id, first.title, first.source, first.platform) == (
        said["原文"], "原文", "wechat源", named(session, "wechat"))
    assert (first.published_at, first.dated, first.url) == (NOON, True, "https://x/原文")
    assert not first.certain, "the portal gives no time: it may have been earlier"
    assert (found.reprints, found.excerpts, found.undated) == (4, 1, 1)
    assert found.copies["title"].tolist() == ["原文", "通知", "晚报", "汇编", "门户", "跨日"]
    assert found.copies["kind"].tolist() == ["first", "reprint", "reprint", "excerpt", "reprint", "reprint"]
    assert found.copies["dated"].tolist() == [True, True, True, True, False, True]


def test_spread_by_platform_counts_reprints_and_excerpts_apart(session, said):
    rows = spread(session, said["通知"]).platforms.to_dict("records")
    assert rows == [
        {"platform": named(session, "weibo"), "reprints": 3, "excerpts": 0},
        {"platform": named(session, "toutiao"), "reprints": 1, "excerpts": 0},
        {"platform": named(session, "wechat"), "reprints": 0, "excerpts": 1},
    ]


def test_spread_by_hour_of_the_shanghai_clock_has_every_hour_and_adds_up(session, said):
    hours = spread(session, said["通知"]).hours
    assert clock.local(hours["hour"].iloc[0].to_pydatetime()).hour == 12
    assert len(hours) == 14 and hours["hour"].diff().dropna().eq(pd.Timedelta(hours=1)).all()
    assert hours["reprints"].tolist() == [1, 1, 0, 1, *[0] * 9, 1]
    assert hours["undated"].tolist() == [0, 0, 0, 1, *[0] * 10]
    assert hours["total"].tolist() == [1, 2, 2, 3, *[3] * 9, 4]
    assert clock.local(hours["hour"].iloc[-1].to_pydatetime()).date() == date(2025, 10, 21)


def test_a_text_nobody_reprinted_has_one_copy_and_an_unread_one_no_answer(session, said):
    alone = spread(session, said["独家"])
    assert (alone.reprints, alone.excerpts, alone.first.title, alone.first.certain) == (0, 0, "独家", True)
    assert alone.hours["total"].tolist() == [0] and alone.copies["kind"].tolist() == ["first"]
    assert spread(session, said["未读"]) is None
    assert spread(session, 10**9) is None


def test_an_undated_copy_seen_before_all_others_is_the_first(session, said):
    earliest = session.get(Mention, said["门户"])
    earliest.published_at = NOON - timedelta(hours=2)
    session.commit()
    first = spread(session, said["晚报"]).first
    assert (first.title, first.dated, first.certain) == ("门户", False, True)


def test_most_reprinted_texts_of_a_period_and_of_a_platform(session, said):
    frame = most_reprinted(session, OCTOBER)
    assert frame[["mention_id", "title", "reprints", "platforms", "all_reprints", "excerpts"]].values.tolist() == [
        [said["通知"], "通知", 4, 3, 4, 1], [said["金价"], "金价", 1, 1, 1, 0]]
    assert frame["published_at"].iloc[0] == NOON + timedelta(minutes=30) and frame["dated"].tolist() == [True, True]
    later = most_reprinted(session, OCTOBER.over(date(2025, 10, 21), date(2025, 10, 21)))
    assert later[["title", "reprints", "all_reprints"]].values.tolist() == [["通知", 1, 4]]
    news = most_reprinted(session, Filter(OCTOBER.start, OCTOBER.end, platforms=("toutiao",)))
    assert news[["title", "reprints"]].values.tolist() == [["金价", 1], ["通知", 1]]
    assert most_reprinted(session, OCTOBER, limit=1)["title"].tolist() == ["通知"]
    assert most_reprinted(session, OCTOBER.over(date(2025, 9, 1), date(2025, 9, 2))).empty


def test_most_reprinted_texts_are_counted_from_the_index_of_reprints_alone(session, said):
    asked: list[tuple[str, tuple]] = []
    event.listen(db.engine(), "before_cursor_execute", lambda c, cursor, sql, values, *_: asked.append((sql, values)))
    most_reprinted(session, Filter(OCTOBER.start, OCTOBER.end, platforms=("toutiao", "weibo")))
    sql, values = next(one for one in asked if "GROUP BY mention.fold_id" in one[0] and "count(" in one[0])
    plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values).all()
    assert any("COVERING INDEX ix_mention_reprint" in row[-1] for row in plan), plan

"""What the list of hot topics says of each beside its counts: clicks, sentiment, units, places, turning points.

Single mentions are read for the topics that are shown alone, added up by the database. 点击量 is what the sources give
of reads: reads, of videos plays, of the lines of hot lists the heat that the list prints. It is the sum of what is
known, with the share of items of which it is known (覆盖率); it is missing where nothing is.
"""

from collections import Counter
from datetime import date, timedelta

import pandas as pd
from sqlalchemy import BigInteger, ColumnElement, and_, case, cast, func, or_, select
from sqlmodel import Session

from core import clock, labels
from core.clock import instant
from core.corrections import SENTIMENT, corrected
from core.counts import Count, of_sum
from core.db import chunks, summed
from core.models import Correction, Mention, Sense, Unit
from core.opinion.sentiment import LABELS
from core.opinion.turns import WORDS, turns
from core.query import opinion
from core.query.scope import Filter

COLUMNS = (*opinion.HOT_COLUMNS, "clicks", "clicks_value", "covered", "negative", "mood", "units", "towns", "turns",
           "hourly", "peak_hour", "mark")
ORDERS = {**opinion.ORDERS, "clicks": "点击量", "negative": "负面占比", "moved": "名次上升", "peak": "最高日条数"}
"""What the list can be ordered by. By the last four, those with the most items (AMONG) are."""
AMONG = 200
NEGATIVE = "负面"
NAMED, TURNED = 3, 3
"""Units, places and turning points that are named."""


def ranking(
    session: Session, where: Filter, limit: int = 100, search: str = "", order: str = "mentions",
    of_hidden: bool = False,
) -> pd.DataFrame:
    """`opinion.hot` with COLUMNS: clicks (text, `≥1.2万`), clicks_value (a lower bound where it says so, or None),
    covered (share of items whose clicks are known), negative (share of the items with a sentiment, or None), mood (all
    three in words), units and towns (the most concerned, in words), turns (turning points in words), hourly (of a
    single day: items of each hour; else None), peak_hour (of a single day, in words), mark (置顶, 已隐藏 or empty)."""
    counted = order in opinion.ORDERS
    frame = opinion.hot(session, where, limit if counted else max(limit, AMONG), search, order if counted else
                        "mentions", of_hidden)
    ids = [int(id_) for id_ in frame["topic_id"]]
    known_clicks, felt_by = _clicks(session, where, ids), moods(session, shown_in(where), ids)
    units, towns = _units(session, where, ids), _towns(session, where, ids)
    hours = _hours(session, where, ids) if where.start == where.end else {}
    rows = []
    for row in frame.itertuples():
        count, covered = known_clicks.get(row.topic_id, (Count(None), 0.0))
        mood = felt_by.get(row.topic_id, Counter())
        felt = sum(mood.values())
        rows.append({
            "clicks": labels.count(count), "clicks_value": count.value, "covered": covered,
            "negative": mood[NEGATIVE] / felt if felt else None, "mood": _mood(mood),
            "units": units.get(row.topic_id, ""), "towns": towns.get(row.topic_id, ""),
            "turns": turned(where, row.daily), "hourly": hours.get(row.topic_id),
            "peak_hour": _peak_hour(hours.get(row.topic_id)),
            "mark": "已隐藏" if of_hidden else "置顶" if row.pinned else "",
        })
    more = pd.DataFrame(rows, columns=list(COLUMNS[len(opinion.HOT_COLUMNS):]), index=frame.index)
    frame = pd.concat([frame, more], axis=1)
    frame["clicks_value"] = frame["clicks_value"].astype("Int64")
    if not counted:
        frame = _ordered(frame, order)
    return frame.head(limit).reset_index(drop=True)


def _ordered(frame: pd.DataFrame, order: str) -> pd.DataFrame:
    """By what is not counted by day; those of which it is not known last, pinned ones first."""
    by = {"clicks": frame["clicks_value"], "negative": frame["negative"], "peak": frame["peak"],
          "moved": frame["rank_before"].astype("Float64") - frame["rank"]}[order]
    keys = pd.DataFrame({"pinned": ~frame["pinned"].astype(bool), "by": -by.astype("Float64"), "rank": frame["rank"]})
    return frame.loc[keys.sort_values(["pinned", "by", "rank"], na_position="last", kind="stable").index]


def turned(where: Filter, daily: list[int | None]) -> str:
    """The last turning points of a period in words: `10-21 升温；10-22 峰值`."""
    found = turns(list(zip(clock.days(where.start, where.end), daily, strict=True)))
    return "；".join(f"{one.day:%m-%d} {WORDS[one.kind]}" for one in found[-TURNED:])


def shown_in(where: Filter) -> ColumnElement[bool]:
    """Mentions of the filter's period and platforms, by the index of a topic's mentions."""
    inside = and_(Mention.published_at >= instant(where.start),
                  Mention.published_at < instant(where.end + timedelta(1)))
    return and_(inside, Mention.platform.in_(where.platforms)) if where.platforms else inside


def clicks_of() -> tuple[ColumnElement[int], ColumnElement[int]]:
    """Clicks of a mention and their slack (core.counts): reads, else plays, else the heat of a hot list."""
    def stored(name: str, place: int) -> ColumnElement[int]:
        return cast(Mention.figures[(name, place)].as_string(), BigInteger)

    reads, plays = stored("reads", 0), stored("plays", 0)
    slack = case((reads.is_not(None), stored("reads", 1)), (plays.is_not(None), stored("plays", 1)),
                 else_=Mention.heat_slack)
    return func.coalesce(reads, plays, Mention.heat), slack


def clicks(session: Session, topic_id: int, first: date, last: date) -> tuple[Count, float]:
    """A topic's clicks over a period, and the share of its items of which they are known."""
    return _clicks(session, Filter(first, last), [topic_id]).get(topic_id, (Count(None), 0.0))


def _clicks(session: Session, where: Filter, ids: list[int]) -> dict[int, tuple[Count, float]]:
    """Clicks and the share of items of which they are known."""
    value, slack = clicks_of()
    out = {}
    for part in chunks(ids):
        each = (select(Mention.topic_id, value.label("value"), slack.label("slack"))
                .where(Mention.topic_id.in_(part), shown_in(where)).subquery())
        known = each.c.value.is_not(None)
        for row in session.execute(select(
            each.c.topic_id, func.count().label("items"), func.count(each.c.value).label("known"),
            summed(each.c.value).label("value"),
            func.sum(case((and_(known, each.c.slack < 0), 1), else_=0)).label("capped"),
            summed(case((and_(known, each.c.slack > 0), each.c.slack), else_=0)).label("tolerance"),
        ).group_by(each.c.topic_id)):
            out[row.topic_id] = (of_sum(row.value, int(row.capped), row.tolerance), row.known / row.items)
    return out


def moods(session: Session, inside: ColumnElement[bool], ids: list[int]) -> dict[int, Counter[str]]:
    """Items of topics within a set by sentiment; a person's word on a text counts for its copies, too."""
    out: dict[int, Counter[str]] = {}
    for part in chunks(ids):
        for topic, label, many in session.execute(
            select(Mention.topic_id, Sense.sentiment, func.count()).join(Sense, Sense.mention_id == Mention.id)
            .where(Mention.topic_id.in_(part), inside, Sense.sentiment != "")
            .group_by(Mention.topic_id, Sense.sentiment)
        ):
            out.setdefault(topic, Counter())[label] += many
        told = select(Correction.mention_id).where(Correction.what == SENTIMENT)
        texts = select(Mention.fold_id).where(Mention.id.in_(told), Mention.topic_id.in_(part))
        rows = session.execute(
            select(Mention.id, Mention.topic_id, func.coalesce(Sense.sentiment, "").label("label"))
            .outerjoin(Sense, Sense.mention_id == Mention.id)
            .where(Mention.topic_id.in_(part), inside, or_(Mention.id.in_(told), Mention.fold_id.in_(texts)))
        ).all()
        words = corrected(session, [row.id for row in rows], SENTIMENT)
        for row in rows:
            if row.id in words:
                mood = out.setdefault(row.topic_id, Counter())
                mood[words[row.id].label] += 1
                if row.label:
                    mood[row.label] -= 1
    return out


def _mood(mood: Counter[str]) -> str:
    """`正面 20%、中性 50%、负面 30%`."""
    known = sum(mood.values())
    return "、".join(f"{label} {mood[label] / known:.0%}" for label in reversed(LABELS)) if known else ""


def _units(session: Session, where: Filter, ids: list[int]) -> dict[int, str]:
    return _most(session, where, ids, Unit.name, Sense.unit_id == Unit.id)


def _towns(session: Session, where: Filter, ids: list[int]) -> dict[int, str]:
    return _most(session, where, ids, Sense.town, None)


def _most(
    session: Session, where: Filter, ids: list[int], name: ColumnElement[str], joined: ColumnElement[bool] | None,
) -> dict[int, str]:
    """What most items of topics are about, in words: `区水务局 12、东街街道 3`."""
    found: dict[int, list[str]] = {}
    for part in chunks(ids):
        query = select(Mention.topic_id, name, func.count()).join(Sense, Sense.mention_id == Mention.id)
        query = query if joined is None else query.join(Unit, joined)
        for topic, word, many in session.execute(
            query.where(Mention.topic_id.in_(part), shown_in(where), name != "")
            .group_by(Mention.topic_id, name).order_by(func.count().desc(), name)
        ):
            found.setdefault(topic, []).append(f"{word} {many}")
    return {topic: "、".join(words[:NAMED]) for topic, words in found.items()}


def _hours(session: Session, where: Filter, ids: list[int]) -> dict[int, list[int]]:
    """Items of each hour of a single day, by topic."""
    out: dict[int, list[int]] = {}
    for part in chunks(ids):
        for topic, at in session.execute(select(Mention.topic_id, Mention.published_at).where(
                Mention.topic_id.in_(part), shown_in(where))):
            out.setdefault(topic, [0] * 24)[clock.local(at).hour] += 1
    return out


def _peak_hour(hourly: list[int] | None) -> str:
    """`10 时，5 条`; empty where hours are not told."""
    if hourly is None:
        return ""
    top = max(hourly)
    return f"{hourly.index(top)} 时，{top} 条"


def spans(kind: str, asked: str, fallback: date, today: date) -> tuple[tuple[date, date], date, date | None]:
    """The calendar day, week (from Monday) or month that a day of an address lies in, else the one of `fallback`; with
    a day of the one before and of the one after (None: that has not begun)."""
    try:
        day = min(date.fromisoformat(asked), today)
    except ValueError:
        day = min(fallback, today)
    first, last = clock.span_of(kind, day)
    after = last + timedelta(1)
    return (first, last), first - timedelta(1), after if after <= today else None



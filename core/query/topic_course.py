"""How a topic went (时间线): the items that matter and the days on which something changed, each with its reason."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, or_, select
from sqlmodel import Session

from core.clock import day_of, days, instant
from core.corrections import SENTIMENT, corrected
from core.models import Account, Correction, Mention, MentionDay, Platform, Sense, Source, TopicDay, Unit
from core.opinion.turns import WORDS, turns
from core.query import topic_lives
from core.query.opinion import spoken_on

PLATFORMS = 6
"""Platforms with the most items whose first item stands in the timeline."""
READ, SHIFTED = 5, 0.2
"""Items with a sentiment that two stretches of time need, and by how much the share of negative ones has to change."""
NEGATIVE = "负面"
_HAND = ("并入", "分出", "移出", "撤销并入", "撤销分出", "撤销移出")


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the timeline: when (`whole_day`: the day alone is known), what it is, in words, why it stands there;
    of an item its mention, source and address."""

    at: datetime
    whole_day: bool
    kind: str
    words: str
    why: str
    mention_id: int | None = None
    source: str = ""
    url: str = ""


def course(session: Session, topic_id: int) -> list[Node]:
    """The nodes of a topic in order of time; on one day what has a moment before what has none."""
    found = [*_items(session, topic_id), *_turns(session, topic_id), *_moods(session, topic_id),
             *_changes(session, topic_id)]
    return sorted(found, key=lambda one: (day_of(one.at), one.whole_day, one.at))


def _items(session: Session, topic_id: int) -> list[Node]:
    """The first item of all, of each of the largest platforms, and of the district's own."""
    names = spoken_on(Mention.platform)
    rows = select(
        Mention.id, Mention.title, Mention.text, Mention.url, Mention.published_at, Mention.dated,
        names.label("platform"), Source.name.label("source"),
    ).join(Source, Source.id == Mention.source_id).outerjoin(Platform, Platform.code == Mention.platform).where(
        Mention.topic_id == topic_id).order_by(Mention.published_at, Mention.id)
    first = session.execute(rows.limit(1)).first()
    if first is None:
        return []
    out = [_node(first, "首发", "最早的一条")]
    seen = {first.id}
    largest = session.execute(
        select(TopicDay.platform, func.sum(TopicDay.mentions)).where(TopicDay.topic_id == topic_id)
        .group_by(TopicDay.platform).order_by(func.sum(TopicDay.mentions).desc(), TopicDay.platform).limit(PLATFORMS)
    ).all()
    for code, many in largest:
        row = session.execute(rows.where(Mention.platform == code).limit(1)).first()
        if row is not None and row.id not in seen:
            seen.add(row.id)
            out.append(_node(row, f"{row.platform}首条", f"{row.platform}共 {int(many)} 条，这是最早的一条"))
    own = select(Unit.name).union(select(Account.name))
    row = session.execute(rows.where(or_(Source.account_id.is_not(None), Source.name.in_(own))).limit(1)).first()
    if row is not None:
        out.append(_node(row, "官方首次发声", f"“{row.source}”是本区台账中的账号或单位，这是其中最早的一条"))
    return out


def _node(row, kind: str, why: str) -> Node:
    late = "" if row.dated else "（来源没有给出发布时间，按首次采集）"
    return Node(row.published_at, False, kind, row.title or row.text[:60], why + late, row.id, row.source, row.url)


def _turns(session: Session, topic_id: int) -> list[Node]:
    """Peak, rises, falls and returns by day; a day without any mention from anywhere is not known."""
    counted = {day: int(many) for day, many in session.execute(
        select(TopicDay.day, func.sum(TopicDay.mentions)).where(TopicDay.topic_id == topic_id).group_by(TopicDay.day))}
    if not counted:
        return []
    first, last = min(counted), max(counted)
    heard = set(session.execute(
        select(MentionDay.day).where(MentionDay.day.between(first, last)).distinct()).scalars())
    series = [(day, counted.get(day, 0) if day in heard or day in counted else None) for day in days(first, last)]
    return [Node(instant(one.day), True, WORDS[one.kind], one.words, _WHY[one.kind]) for one in turns(series)]


_WHY = {
    "rise": "信息量达到前几日均值的两倍以上", "peak": "各日中信息最多", "fall": "信息量降到前几日均值的一半以下",
    "again": "沉寂多日后又有新信息",
}


def _moods(session: Session, topic_id: int) -> list[Node]:
    """The days on which the share of negative items changed."""
    by_day: dict[date, Counter[str]] = {}
    for day, label, many in session.execute(
        select(Mention.day, Sense.sentiment, func.count()).join(Sense, Sense.mention_id == Mention.id)
        .where(Mention.topic_id == topic_id, Sense.sentiment != "").group_by(Mention.day, Sense.sentiment)
    ):
        by_day.setdefault(day, Counter())[label] += many
    told = select(Correction.mention_id).where(Correction.what == SENTIMENT)
    texts = select(Mention.fold_id).where(Mention.id.in_(told), Mention.topic_id == topic_id)
    rows = session.execute(
        select(Mention.id, Mention.day, func.coalesce(Sense.sentiment, "").label("label"))
        .outerjoin(Sense, Sense.mention_id == Mention.id)
        .where(Mention.topic_id == topic_id, or_(Mention.id.in_(told), Mention.fold_id.in_(texts)))).all()
    words = corrected(session, [row.id for row in rows], SENTIMENT)
    for row in rows:
        if row.id in words:
            mood = by_day.setdefault(row.day, Counter())
            mood[words[row.id].label] += 1
            if row.label:
                mood[row.label] -= 1
    return shifts(by_day)


def shifts(by_day: dict[date, Counter[str]]) -> list[Node]:
    """Days from which the share of negative items is another than in the stretch before, of READ items at least."""
    out: list[Node] = []
    before: Counter[str] = Counter()
    for day in sorted(by_day):
        mood = by_day[day]
        held, here = sum(before.values()), sum(mood.values())
        if held >= READ and here >= READ:
            was, now = before[NEGATIVE] / held, mood[NEGATIVE] / here
            if abs(now - was) >= SHIFTED:
                kind = "负面上升" if now > was else "负面下降"
                out.append(Node(instant(day), True, kind, f"负面占比由 {was:.0%} 变为 {now:.0%}",
                                f"此前 {held} 条与当日 {here} 条相比，相差 {SHIFTED * 100:.0f} 个百分点以上"))
                before = Counter()
        before = before + mood
    return out


def _changes(session: Session, topic_id: int) -> list[Node]:
    """What people merged into it and split off it."""
    return [
        Node(row.at.to_pydatetime(), False, f"人工{row.kind}", row.words, row.why or f"操作人：{row.who}")
        for row in topic_lives.history(session, topic_id).itertuples() if row.who and row.kind in _HAND
    ]



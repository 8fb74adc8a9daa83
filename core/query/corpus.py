"""Figures of a set of mentions, whatever makes the set: how much, when, where, by whom, and the items that matter.

A set is a condition on `Mention`: the links of an incident, the items of topics within some days (`about`).
`mentions` counts every item (条), `texts` every distinct text (篇). Times are those of publishing; where the source
gives none, that of the first sighting.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import pandas as pd
from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select
from sqlmodel import Session

from core import labels
from core.clock import days
from core.corrections import SENTIMENT, corrected
from core.models import Correction, Mention, MentionDay, Platform, Sense, Source, Unit
from core.opinion.risk import LEVELS
from core.opinion.sentiment import LABELS, margin_of
from core.query import totals
from core.query.opinion import largest, spoken_on

Set = ColumnElement[bool]
MEDIA, NETIZENS, LISTS = "媒体", "网民", "热榜"
NEGATIVE = "负面"
SIDES = (MEDIA, NETIZENS, LISTS)
"""Whose words a mention is: lines of hot lists are nobody's opinion."""
ITEMS = ("mention_id", "title", "side", "platform", "source", "published_at", "dated", "url", "copies", "risk")


def about(topics: Sequence[int], first: date | None = None, last: date | None = None) -> Set:
    """The items of those topics, of those Shanghai days where they are given."""
    inside = Mention.topic_id.in_(topics)
    return inside if first is None or last is None else and_(inside, Mention.day.between(first, last))


def _families(kind: str) -> list[str]:
    """Families of platforms on which that is said (labels.SAID)."""
    return [family for family, said in labels.SAID_ON.items() if said == kind]


def side_of() -> ColumnElement[str]:
    """Of SIDES; Platform and Source joined."""
    family = func.coalesce(Platform.family, "other")
    return case((family.in_(_families("list")), LISTS),
                (or_(family.in_(_families("news")), Source.account_id.is_not(None)), MEDIA), else_=NETIZENS)


def _text() -> ColumnElement[int]:
    return func.coalesce(Mention.fold_id, Mention.id)


def _joined(query):
    return query.join(Source, Source.id == Mention.source_id).outerjoin(Platform, Platform.code == Mention.platform)


@dataclass(frozen=True, slots=True)
class Size:
    """How large a set is, and between which moments (None: it is empty)."""

    mentions: int
    texts: int
    platforms: int
    first_at: datetime | None
    last_at: datetime | None


def size(session: Session, inside: Set) -> Size:
    """How much there is."""
    row = session.execute(
        select(func.count(Mention.id), func.count(_text().distinct()), func.count(Mention.platform.distinct()),
               func.min(Mention.published_at), func.max(Mention.published_at)).where(inside)).one()
    return Size(*row)


def platforms(session: Session, inside: Set) -> pd.DataFrame:
    """Where it was said, in the order in which it came there: platform (name), mentions, texts, first_at, last_at,
    source and title of the first one."""
    place = func.row_number().over(partition_by=Mention.platform, order_by=(Mention.published_at, Mention.id))
    first = _joined(select(Mention.platform.label("code"), spoken_on(Mention.platform).label("platform"),
                           Mention.published_at.label("first_at"), Source.name.label("source"), Mention.title,
                           place.label("place")).select_from(Mention)).where(inside).subquery()
    counted = select(Mention.platform.label("code"), func.count().label("mentions"),
                     func.count(_text().distinct()).label("texts"), func.max(Mention.published_at).label("last_at")
                     ).where(inside).group_by(Mention.platform).subquery()
    return _times(totals.read(session, (
        select(first.c.platform, counted.c.mentions, counted.c.texts, first.c.first_at, counted.c.last_at,
               first.c.source, first.c.title)
        .join(counted, counted.c.code == first.c.code).where(first.c.place == 1)
        .order_by(first.c.first_at, first.c.code)
    )), "first_at", "last_at")


def daily(session: Session, inside: Set) -> pd.DataFrame:
    """Items by Shanghai day and platform: day, series (platform name; small ones together), value."""
    return largest(totals.read(session, (
        select(Mention.day, spoken_on(Mention.platform).label("series"), func.count().label("value"))
        .select_from(Mention).outerjoin(Platform, Platform.code == Mention.platform).where(inside)
        .group_by(Mention.day, Mention.platform, Platform.name, Platform.sort)
        .order_by(Platform.sort, Mention.platform, Mention.day)
    )))


def counts(session: Session, inside: Set, last: date | None = None) -> dict[date, int | None]:
    """Items of every Shanghai day from the first to the last one (or that day): 0 where nothing was said though others
    were heard of, None where nothing was collected from anywhere."""
    found = dict(session.execute(select(Mention.day, func.count()).where(inside).group_by(Mention.day)).all())
    if not found:
        return {}
    first, last = min(found), max(last or max(found), max(found))
    heard = set(session.execute(
        select(MentionDay.day).where(MentionDay.day.between(first, last)).distinct()).scalars())
    return {day: found.get(day, 0 if day in heard else None) for day in days(first, last)}


def times(session: Session, inside: Set) -> list[datetime]:
    """When each item was published, in order."""
    return list(session.execute(select(Mention.published_at).where(inside).order_by(Mention.published_at)).scalars())


def moments(session: Session, inside: Set) -> list[tuple[datetime, str]]:
    """When and on which platform (name) each item was published, in order."""
    return [tuple(row) for row in session.execute(
        select(Mention.published_at, spoken_on(Mention.platform)).select_from(Mention)
        .outerjoin(Platform, Platform.code == Mention.platform).where(inside)
        .order_by(Mention.published_at, Mention.id))]


@dataclass(frozen=True, slots=True)
class Voice:
    """How one side speaks: items, how many of them have a sentiment, and how many of each. `margin`: of the share of
    负面 (95 %, ± as a share)."""

    side: str
    mentions: int
    felt: int
    numbers: Mapping[str, int]
    margin: float

    @property
    def negative(self) -> float | None:
        """Share of 负面; None where no text has a sentiment."""
        return self.numbers["负面"] / self.felt if self.felt else None


def voices(session: Session, inside: Set) -> dict[str, Voice]:
    """The sides that say anything, in the order of SIDES; lines of hot lists are counted and not judged."""
    each = (_joined(select(side_of().label("side"), func.coalesce(Sense.sentiment, "").label("label"), _doubt())
                    .select_from(Mention)).outerjoin(Sense, Sense.mention_id == Mention.id).where(inside).subquery())
    tallies = {side: _Tally() for side in SIDES}
    for side, name, number, doubt in session.execute(
        select(each.c.side, each.c.label, func.count(), func.sum(each.c.doubt)).group_by(each.c.side, each.c.label)
    ):
        tallies[side].add(name, number, doubt)
    for side, name, own, doubt in _told(session, inside):
        tallies[side].put_right(name, own, doubt)
    return {side: tally.voice(side) for side, tally in tallies.items() if tally.mentions}


class _Tally:
    """Items of one side by sentiment. What people said is not in doubt."""

    def __init__(self) -> None:
        self.mentions = self.found = 0
        self.numbers: Counter[str] = Counter()
        self.doubt = 0.0

    def add(self, label: str, number: int, doubt: float) -> None:
        self.mentions += number
        if label:
            self.numbers[label] += number
            self.found += number
            self.doubt += doubt

    def put_right(self, label: str, own: str, doubt: float) -> None:
        self.numbers[label] += 1
        if own:
            self.numbers[own] -= 1
            self.found -= 1
            self.doubt -= doubt

    def voice(self, side: str) -> Voice:
        numbers = {label: self.numbers[label] if side != LISTS else 0 for label in LABELS}
        felt = sum(numbers.values())
        margin = margin_of(self.found, max(self.doubt, 0.0)) * self.found / felt if felt and self.found else 0.0
        return Voice(side, self.mentions, felt, numbers, margin)


def _told(session: Session, inside: Set) -> list[tuple[str, str, str, float]]:
    """Items of which people said how they speak: side, their word, the scorer's (empty: none) and its doubt."""
    told = select(Correction.mention_id).where(Correction.what == SENTIMENT)
    if not session.execute(select(exists(told))).scalar():
        return []
    texts = select(Mention.fold_id).where(Mention.id.in_(told))
    rows = session.execute(
        _joined(select(Mention.id, side_of(), func.coalesce(Sense.sentiment, ""), _doubt()).select_from(Mention))
        .outerjoin(Sense, Sense.mention_id == Mention.id)
        .where(inside, or_(Mention.id.in_(told), Mention.fold_id.in_(texts)))).all()
    words = corrected(session, [row[0] for row in rows], SENTIMENT)
    return [(side, words[id_].label, own, doubt) for id_, side, own, doubt in rows if id_ in words]


def _doubt() -> ColumnElement[float]:
    """p(1-p) over the chance that an item is 负面; Sense joined."""
    sure = func.coalesce(Sense.confidence, 0.0)
    odds = case((Sense.sentiment == NEGATIVE, sure), else_=(1 - sure) / 2)
    return (odds * (1 - odds)).label("doubt")


def towns(session: Session, inside: Set) -> pd.DataFrame:
    """Where it happened, by street or town: town (empty: not known), mentions; most first, the unknown last."""
    return _named(session, inside, func.coalesce(Sense.town, ""), "town")


def units(session: Session, inside: Set) -> pd.DataFrame:
    """The units responsible for where it happened: unit (empty: not known), mentions; most first, the unknown last."""
    return _named(session, inside, func.coalesce(Unit.name, ""), "unit")


def _named(session: Session, inside: Set, name: ColumnElement[str], column: str) -> pd.DataFrame:
    rows = session.execute(
        select(name, func.count()).select_from(Mention).outerjoin(Sense, Sense.mention_id == Mention.id)
        .outerjoin(Unit, Unit.id == Sense.unit_id).where(inside).group_by(name)).all()
    return pd.DataFrame(sorted(rows, key=lambda row: (not row[0], -row[1], row[0])), columns=[column, "mentions"])


@dataclass(frozen=True, slots=True)
class Risks:
    """How risky a set is: items by level (高, 中, 低, 无; of `core.opinion.risk.LEVELS`), those that were not read yet,
    and items that bear a risk by class, most first."""

    levels: Mapping[str, int]
    unread: int
    kinds: tuple[tuple[str, int], ...]


def risks(session: Session, inside: Set) -> Risks:
    """The risks that its items bear."""
    rows = session.execute(select(Sense.risk, Sense.risk_kind, func.count()).select_from(Mention)
                           .outerjoin(Sense, Sense.mention_id == Mention.id).where(inside)
                           .group_by(Sense.risk, Sense.risk_kind)).all()
    levels, kinds = Counter({word: 0 for _, word in LEVELS} | {"无": 0}), Counter[str]()
    for points, kind, number in rows:
        if points is not None:
            level = next((word for least, word in LEVELS if points >= least), "无")
            levels[level] += number
            if kind and level != "无":
                kinds[kind] += number
    return Risks(dict(levels), sum(row[2] for row in rows if row[0] is None),
                 tuple(sorted(kinds.items(), key=lambda one: (-one[1], one[0]))))


def items(session: Session, inside: Set, limit: int = 50, *, riskiest: bool = False) -> pd.DataFrame:
    """The distinct texts, each by its first copy in the set, those with most copies first, then the earliest; or the
    riskiest first, without those that bear no risk. Columns: ITEMS; `copies`:
    how many of the set are that text, itself among them, `risk` missing where it was not read yet."""
    place = func.row_number().over(partition_by=_text(), order_by=(Mention.published_at, Mention.id))
    ranked = select(Mention.id, place.label("place"), func.count().over(partition_by=_text()).label("copies")).where(
        inside).subquery()
    chosen = select(ranked.c.id, ranked.c.copies).where(ranked.c.place == 1).subquery()
    return _items(session, chosen, limit, riskiest)


def _items(session: Session, chosen, limit: int, riskiest: bool = False) -> pd.DataFrame:
    order = (Sense.risk.desc(),) if riskiest else ()
    least = (Sense.risk >= LEVELS[-1][0],) if riskiest else ()
    rows = session.execute(
        _joined(select(Mention.id.label("mention_id"), Mention.title, side_of().label("side"),
                       spoken_on(Mention.platform).label("platform"), Source.name.label("source"),
                       Mention.published_at, Mention.dated, Mention.url, chosen.c.copies, Sense.risk)
                .join(chosen, chosen.c.id == Mention.id))
        .outerjoin(Sense, Sense.mention_id == Mention.id).where(*least)
        .order_by(*order, chosen.c.copies.desc(), Mention.published_at, Mention.id).limit(limit)).all()
    frame = _times(pd.DataFrame(rows, columns=list(ITEMS)), "published_at")
    return frame.assign(risk=frame["risk"].astype("Int64"))


def course(session: Session, inside: Set, limit: int = 12) -> pd.DataFrame:
    """The items that mark how it went, in order of time: ITEMS and why (in words). The first one, the first on each
    platform, of media, of an own account of the ledger; what was reprinted most, over all and on the day with the most;
    the highest place in a hot list; the last one. Beyond the limit, first appearances on small platforms are left out.
    """
    base = _joined(select(Mention.id, Mention.published_at, Mention.day, _text(), spoken_on(Mention.platform),
                          side_of(), Source.account_id, Mention.best_rank).select_from(Mention)).where(inside)
    rows = session.execute(base.order_by(Mention.published_at, Mention.id)).all()
    why: dict[int, list[str]] = {}

    def mark(id_: int | None, word: str) -> None:
        if id_ is not None:
            why.setdefault(id_, []).append(word)

    if not rows:
        return pd.DataFrame(columns=[*ITEMS, "why"])
    copies, first_of = Counter(row[3] for row in rows), {}
    for row in rows:
        first_of.setdefault(row[3], row[0])
    mark(rows[0][0], "最早信息")
    mark(next((row[0] for row in rows if row[5] == MEDIA), None), "媒体首次报道")
    mark(next((row[0] for row in rows if row[6] is not None), None), "本区账号首次发布")
    most = min(copies, key=lambda text: (-copies[text], text))
    if copies[most] > 1:
        mark(first_of[most], "转载最多")
    ranked = [row for row in rows if row[7] is not None]
    if ranked:
        mark(min(ranked, key=lambda row: (row[7], row[1], row[0]))[0], "热榜最高位次")
    by_day = Counter(row[2] for row in rows)
    peak = min(by_day, key=lambda day: (-by_day[day], day))
    if len(by_day) > 1:
        own = Counter(row[3] for row in rows if row[2] == peak)
        text = min(own, key=lambda one: (-own[one], one))
        mark(next(row[0] for row in rows if row[2] == peak and row[3] == text), "最高日主要信息")
    sizes, seen = Counter(row[4] for row in rows), set()
    arrivals = []
    for row in rows:
        if row[4] not in seen:
            seen.add(row[4])
            arrivals.append(row)
    for row in sorted(arrivals[1:], key=lambda row: -sizes[row[4]]):
        if len(why) < limit - 1 or row[0] in why:
            mark(row[0], f"传至{row[4]}")
    if len(rows) > 1:
        mark(rows[-1][0], "最近信息")
    numbers = {id_: copies[next(row[3] for row in rows if row[0] == id_)] for id_ in why}
    chosen = select(Mention.id, func.count().label("copies")).where(Mention.id.in_(list(why))).group_by(
        Mention.id).subquery()
    frame = _items(session, chosen, limit + 5)
    frame = frame.assign(copies=[numbers[id_] for id_ in frame["mention_id"]],
                         why=["、".join(why[id_]) for id_ in frame["mention_id"]])
    return frame.sort_values(["published_at", "mention_id"], kind="stable", ignore_index=True)


def _times(frame: pd.DataFrame, *names: str) -> pd.DataFrame:
    return frame.assign(**{name: pd.to_datetime(frame[name], utc=True) for name in names})

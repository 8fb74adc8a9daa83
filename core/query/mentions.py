"""舆情监测: mentions by what they say and what is known of them, one of them with all of it, and what they add up to.

A search counts what it finds up to mention_scope.FEW; of what is found more often the newest so many are counted and
sorted, and the answer says so. Places of words are given as spans in the texts as they were written, for the screen to
mark.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session

from core import clock, district, sift
from core import search as index
from core.corrections import Corrected
from core.counts import Count
from core.db import chunks
from core.faults import BadInput
from core.incidents import heads
from core.models import (
    Capture,
    Incident,
    IncidentMention,
    Mention,
    MentionDay,
    MentionDeed,
    MentionMark,
    Platform,
    Sense,
    Source,
    Topic,
    Unit,
    Watch,
    WatchHit,
)
from core.opinion import search_query
from core.opinion.normal import normal
from core.opinion.watch import Word
from core.query.mention_scope import BANDS, FEELINGS, MARKS, UNJUDGED, Asked, MentionFilter, band
from core.query.opinion import spoken_on
from core.query.posts import Evidence
from core.query.spread import Spread, spread
from core.query.topic_views import felt
from core.records import whole

SORTS = {"time": "最新发布", "risk": "风险从高到低", "reach": "传播从广到窄"}
_SORTED_BY = {"time": (), "risk": ("risk",), "reach": ("reach",)}
PAGE = 50
FARTHEST = 200
"""Mentions of one page at most."""
STRIDES = 5
"""How many times mention_scope.STRIDE mentions are looked at for what is sorted or counted."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One mention in a list. `excerpt` is a piece of the text in one line (empty where there is none beyond the title);
    spans are places of the words that were looked for: from, to. `platform` is a name, `family` of labels.FAMILIES;
    `published_at` aware UTC, `dated` False: when it was seen first. `risk` None: not sifted yet; `band` of BANDS.
    `sentiment` of mention_scope.FEELINGS, `confidence` of the scorer's label (None: no label, or a person's word).
    `reprints`: copies of its text beyond the first (None: not folded yet), `first_source` where it stood first, `copy`:
    this one is a reprint. `marks` of mention_scope.MARKS; `given`: unit and person that it was given to."""

    id: int
    title: str
    title_spans: tuple[tuple[int, int], ...]
    excerpt: str
    excerpt_spans: tuple[tuple[int, int], ...]
    url: str
    platform: str
    family: str
    source: str
    author: str
    published_at: datetime
    dated: bool
    risk: int | None
    band: str
    risk_kind: str
    sentiment: str
    confidence: float | None
    place: str
    town: str
    unit_id: int | None
    unit: str
    reprints: int | None
    first_source: str
    copy: bool
    topic_id: int | None
    topic: str
    marks: tuple[str, ...]
    given: str
    comments: int
    watches: tuple[str, ...]
    figures: dict[str, int]


@dataclass(frozen=True, slots=True)
class Found:
    """A page of what was found. `counted`: how many there are (with `folded`: texts); `more`: there are at least so
    many, and only the newest of them, by risk also the gravest, are sorted and paged; `waiting`: mentions that are not
    in the index yet."""

    rows: tuple[Shown, ...]
    counted: int
    more: bool
    page: int
    pages: int
    waiting: int


def search(session: Session, where: MentionFilter, sort: str = "time", page: int = 1, size: int = PAGE) -> Found:
    """A page of the mentions that are meant, sorted by one of SORTS; of equals the newer one first. A page beyond the
    last is the last one. Raises BadInput for a filter or a search that cannot be read."""
    if sort not in SORTS:
        raise BadInput(f"排序方式没有“{sort}”这一项，请重新选择")
    size, page = min(max(size, 1), FARTHEST), max(page, 1)
    asked = Asked(session, where)
    if sort == "time" and not where.folded and (newest := asked.newest(page, size)) is not None:
        ids, counted, more = newest
        pages = max(-(-counted // size), 1)
        if not ids and counted:
            page = pages
            ids = asked.newest(page, size)[0]
        return Found(shown(session, ids, where.words), counted, more, min(page, pages), pages, index.waiting(session))
    more = _SORTED_BY[sort] + (("home",) if where.folded else ())
    hits = asked.hits(*more, enough=page * size + 1, strides=1 if sort == "time" else STRIDES)
    rows = hits.rows
    if sort == "risk":
        if hits.more:
            rows = sorted({row.key: row for row in (*rows, *asked.gravest(*more))}.values(), key=lambda row: -row.key)
        rows = sorted(rows, key=lambda row: -(-1 if row.risk is None else row.risk))
    elif sort == "reach":
        rows = sorted(rows, key=lambda row: -row.reach)
    ids = [row.mention_id for row in rows]
    if where.folded:
        ids = list({row.home: row.mention_id for row in reversed(rows)}.values())[::-1]
    pages = max(-(-len(ids) // size), 1)
    page = min(page, pages)
    return Found(shown(session, ids[(page - 1) * size : page * size], where.words), len(ids), hits.more, page, pages,
                 index.waiting(session))


# --- Rows -----------------------------------------------------------------------------------------------------------


def shown(session: Session, ids: Sequence[int], words: str = "") -> tuple[Shown, ...]:
    """Mentions as a list shows them, in this order, with the places of the words that were looked for; those that are
    gone are left out."""
    tree = search_query.read(words)
    if tree is not None:
        tree = search_query.local(tree, district.profile(session))
    marked = tuple(search_query.looked_for(tree)) if tree is not None else ()
    rows: dict[int, Any] = {}
    for part in chunks(ids):
        rows |= {row.id: row for row in session.execute(_row().where(Mention.id.in_(part)))}
    feelings = {row.mention_id: row for row in felt(session, list(rows)).itertuples()}
    spreads = _spreads(session, [row.fold_id for row in rows.values()])
    watches = _watches(session, list(rows))
    return tuple(_shown(rows[id_], marked, feelings[id_], spreads, watches) for id_ in ids if id_ in rows)


def _row():
    given = Unit.__table__.alias("given")
    return (
        select(Mention.id, Mention.title, Mention.text, Mention.url, Mention.author, Mention.published_at,
               Mention.dated, Mention.figures, Mention.heat, Mention.fold_id, Mention.fold_kind, Mention.topic_id,
               spoken_on(Mention.platform).label("platform"), Platform.family, Source.name.label("source"),
               Sense.risk, Sense.risk_kind, Sense.place, Sense.town, Sense.unit_id, Unit.name.label("unit"),
               Topic.title.label("topic"), MentionMark.starred, MentionMark.read, MentionMark.wrong,
               MentionMark.comments, MentionMark.unit_id.label("given_id"), MentionMark.assignee,
               given.c.name.label("given"))
        .join(Source, Source.id == Mention.source_id).outerjoin(Platform, Platform.code == Mention.platform)
        .outerjoin(Sense, Sense.mention_id == Mention.id).outerjoin(Unit, Unit.id == Sense.unit_id)
        .outerjoin(Topic, Topic.id == Mention.topic_id)
        .outerjoin(MentionMark, MentionMark.mention_id == Mention.id)
        .outerjoin(given, given.c.id == MentionMark.unit_id)
    )


def _shown(row: Any, words: Sequence[Word], feeling: Any, spreads: Mapping[int, tuple[int, str]],
           watches: Mapping[int, tuple[str, ...]]) -> Shown:
    begins = len(row.title) if row.title and row.text.startswith(row.title) else 0
    places = search_query.spans(normal(row.text), words, "text") if words else ()
    piece = search_query.excerpt(row.text, places, begins)
    copies, first = spreads.get(row.fold_id, (None, ""))
    return Shown(
        row.id, row.title, search_query.spans(normal(row.title), words, "title") if words else (), piece.text,
        piece.spans, row.url, row.platform, row.family or "other", row.source, row.author, row.published_at, row.dated,
        row.risk, band(row.risk), row.risk_kind or "", feeling.sentiment or UNJUDGED,
        None if feeling.by or not feeling.found else feeling.confidence, row.place or "", row.town or "", row.unit_id,
        row.unit or "", copies, first, row.fold_kind == "reprint", row.topic_id, row.topic or "", _marks(row),
        "　".join(filter(None, (row.given, row.assignee))), row.comments or 0, watches.get(row.id, ()),
        sift.figures_of(row),
    )


def _marks(row: Any) -> tuple[str, ...]:
    held = {"starred": row.starred, "read": row.read, "wrong": row.wrong, "comment": row.comments,
            "assign": row.given_id or row.assignee}
    return tuple(name for name in MARKS if held.get(name))


def _spreads(session: Session, groups: Sequence[int | None]) -> dict[int, tuple[int, str]]:
    """By fold group: copies beyond the first, and the name of the source in which the text stood first."""
    copies = sift.reprints(session, groups)
    first: dict[int, str] = {}
    for part in chunks(sorted(copies)):
        nth = func.row_number().over(partition_by=Mention.fold_id, order_by=(Mention.published_at, Mention.id))
        ordered = (select(Mention.fold_id, Mention.source_id, nth.label("nth"))
                   .where(Mention.fold_id.in_(part), Mention.fold_kind != "excerpt").subquery())
        first |= dict(session.execute(select(ordered.c.fold_id, Source.name)
                                      .join(Source, Source.id == ordered.c.source_id).where(ordered.c.nth == 1)).all())
    return {group: (number, first.get(group, "")) for group, number in copies.items()}


def _watches(session: Session, ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    out: dict[int, list[str]] = {}
    for part in chunks(ids):
        for id_, name in session.execute(
            select(WatchHit.mention_id, Watch.name).join(Watch, Watch.id == WatchHit.watch_id)
            .where(WatchHit.mention_id.in_(part)).order_by(Watch.sort, Watch.name)
        ):
            out.setdefault(id_, []).append(name)
    return {id_: tuple(names) for id_, names in out.items()}


# --- Facets ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of what was found: what the filter calls it (a code, a label, an id), its name, how many there are."""

    key: str | int
    name: str
    number: int


@dataclass(frozen=True, slots=True)
class Facets:
    """What the mentions that are meant add up to: platforms and units most first, sentiments and bands in their own
    order with every label, days in order (None: nothing was collected on it, from anywhere). With `more` there are
    older ones that are not counted, and `days` begins with the first day that is counted whole."""

    counted: int
    more: bool
    platforms: tuple[Slice, ...]
    sentiments: tuple[Slice, ...]
    bands: tuple[Slice, ...]
    units: tuple[Slice, ...]
    days: tuple[tuple[date, int | None], ...]


_COUNTED = ("platform", "feeling", "risk", "unit_id")


def facets(session: Session, where: MentionFilter) -> Facets:
    """Counts by platform, sentiment, band of risk, unit responsible and day, of the newest mention_scope.FEW mentions
    that are meant (each copy of a text by itself). Raises BadInput for a filter or a search that cannot be read."""
    hits = Asked(session, where).hits(*_COUNTED, strides=STRIDES)
    platforms = dict(session.execute(select(Platform.code, spoken_on(Platform.code))).all())
    units = dict(session.execute(select(Unit.id, Unit.name)).all())
    names = ("mention_id", "key", *_COUNTED)
    by = dict(zip(names, map(Counter, zip(*hits.rows, strict=True)), strict=True)) if hits.rows else {
        name: Counter() for name in names}
    by_day, by_band = Counter(), Counter()
    for key in by["key"]:  # each is there once
        by_day[index.day_of(key)] += 1
    for score, number in by["risk"].items():
        by_band[band(score)] += number
    begin = min(by_day) + timedelta(days=1) if hits.more and by_day else where.start
    heard = set(session.execute(select(MentionDay.day).where(MentionDay.day.between(begin, where.end)).distinct())
                .scalars()) | set(by_day)
    return Facets(
        len(hits.rows), hits.more, _slices(by["platform"], platforms),
        tuple(Slice(label, label, by["feeling"][label]) for label in FEELINGS),
        tuple(Slice(label, label, by_band[label]) for label in BANDS), _slices(by["unit_id"], units),
        tuple((day, by_day[day] if day in heard else None) for day in clock.days(begin, where.end)),
    )


def _slices(counted: Counter, names: Mapping[Any, str]) -> tuple[Slice, ...]:
    return tuple(Slice(key, names.get(key, str(key)), number) for key, number in sorted(
        counted.items(), key=lambda item: (-item[1], str(item[0]))) if key is not None)


# --- One ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hit:
    """A watch that a mention meets, why, and where its words stand: (field, from, to) in title and text."""

    watch_id: int
    name: str
    why: str
    spans: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class Deed:
    """What a person did with a mention: `kind` of labels.DEEDS, `on` False: taken back."""

    id: int
    at: datetime
    who: str
    kind: str
    on: bool
    text: str
    unit: str
    incident_id: int | None


@dataclass(frozen=True, slots=True)
class Belongs:
    """An incident that a mention belongs to; `key`: as evidence."""

    id: int
    title: str
    level: str
    stage: str
    key: bool


@dataclass(frozen=True, slots=True)
class Detail:
    """Everything that is known of a mention. `whole`: title and text as one (core.records.whole), in which the places
    of `words` (word, from, to, how it is written) and `feelings` (from, to, sign and strength) are.

    `sensed_at` None: it was not sifted yet. `why`, `place_why`, `unit_why`: reasons in Chinese; `guard`: why there is
    no sentiment, or that only the beginning was read; `found`: the sentiment that the scorer gave, `by` the person's
    word that counts instead. `figures`: counters as last seen, by name. `captured` None: it is not known where it came
    from. `demo`: it is the sample district's."""

    shown: Shown
    text: str
    whole: str
    first_seen_at: datetime
    last_seen_at: datetime
    sightings: int
    best_rank: int | None
    heat: Count
    figures: dict[str, Count]
    details: dict[str, str]
    sensed_at: datetime | None
    why: str
    version: str
    words: tuple[tuple[str, int, int, str], ...]
    place_why: str
    unit_why: str
    guard: str
    found: str
    by: Corrected | None
    feelings: tuple[tuple[int, int, float], ...]
    hits: tuple[Hit, ...]
    spread: Spread | None
    deeds: tuple[Deed, ...]
    incidents: tuple[Belongs, ...]
    captured: Evidence | None
    demo: bool


def one(session: Session, mention_id: int, words: str = "") -> Detail | None:
    """Everything that is known of a mention, with the places of `words` in it; None where it is gone."""
    row = session.get(Mention, mention_id)
    if row is None:
        return None
    sifted = session.get(Sense, mention_id)
    sense = sifted or Sense(mention_id=mention_id, at=row.first_seen_at)
    feeling = felt(session, [mention_id]).iloc[0]
    return Detail(
        shown=shown(session, [mention_id], words)[0], text=row.text, whole=whole(row.title, row.text),
        first_seen_at=row.first_seen_at, last_seen_at=row.last_seen_at, sightings=row.sightings,
        best_rank=row.best_rank, heat=Count(row.heat, row.heat_slack),
        figures={name: Count(*value) for name, value in row.figures.items()}, details=dict(row.details),
        sensed_at=sense.at if sifted else None, why=sense.why, version=sense.version,
        words=tuple(map(tuple, sense.words)), place_why=sense.place_why, unit_why=sense.unit_why, guard=sense.guard,
        found=feeling.found, by=feeling.by, feelings=tuple(map(tuple, sense.sentiment_words)),
        hits=_hits(session, mention_id), spread=spread(session, mention_id), deeds=_deeds(session, mention_id),
        incidents=_incidents(session, mention_id), captured=_captured(session, row),
        demo=bool(session.execute(select(Source.demo).where(Source.id == row.source_id)).scalar()),
    )


def _hits(session: Session, mention_id: int) -> tuple[Hit, ...]:
    return tuple(Hit(id_, name, why, tuple(map(tuple, spans))) for id_, name, why, spans in session.execute(
        select(Watch.id, Watch.name, WatchHit.why, WatchHit.spans).join(Watch, Watch.id == WatchHit.watch_id)
        .where(WatchHit.mention_id == mention_id).order_by(Watch.sort, Watch.name)))


def _deeds(session: Session, mention_id: int) -> tuple[Deed, ...]:
    """The newest first."""
    return tuple(Deed(*row) for row in session.execute(
        select(MentionDeed.id, MentionDeed.at, MentionDeed.who, MentionDeed.kind, MentionDeed.on, MentionDeed.text,
               func.coalesce(Unit.name, ""), MentionDeed.incident_id)
        .outerjoin(Unit, Unit.id == MentionDeed.unit_id).where(MentionDeed.mention_id == mention_id)
        .order_by(MentionDeed.at.desc(), MentionDeed.id.desc())))


def _incidents(session: Session, mention_id: int) -> tuple[Belongs, ...]:
    """Those that it was not taken out of; a merged one is the one that stands for it."""
    links = session.execute(select(IncidentMention.incident_id, IncidentMention.key).where(
        IncidentMention.mention_id == mention_id, IncidentMention.removed_at.is_(None))).all()
    above = heads(session) if links else {}
    keys: dict[int, bool] = {}
    for id_, key in links:
        top = above.get(id_, id_)
        keys[top] = keys.get(top, False) or key
    rows = session.execute(select(Incident).where(Incident.id.in_(list(keys)), Incident.withdrawn == "")
                           .order_by(Incident.opened_at.desc())).scalars()
    return tuple(Belongs(row.id, row.title, row.level, row.stage, keys[row.id]) for row in rows)


def _captured(session: Session, mention: Mention) -> Evidence | None:
    row = session.get(Capture, mention.capture_id) if mention.capture_id is not None else None
    if row is None:
        return None
    source = session.execute(select(Source.name).where(Source.id == row.source_id)).scalar()
    return Evidence(row.id, mention.locator, row.request, row.fetched_at, row.status, row.media_type, row.sha256,
                    row.size, source or "", "mention", mention.first_seen_at, mention.external_id)

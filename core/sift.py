"""What came in is matched with the watches and scored, mention by mention, within seconds of its arrival.

`ingest` notes every new mention, and every one whose text came later, in `unsifted`; a batch of them is read, worked
through without a write, and what was found is stored with the notes taken off in one short transaction, so that it can
be killed at any moment and nothing is done twice. One mention costs the same whatever is stored.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache, partial
from itertools import cycle
from typing import Any

from sqlalchemy import Row, delete, func, select
from sqlmodel import Session

from core import authors, district, own_places, scoring, unsifted, words
from core.db import bump, chunks, upsert
from core.faults import BadInput
from core.models import (
    Mention,
    Platform,
    Sense,
    Source,
    Unit,
    Unsifted,
    Watch,
    WatchHit,
)
from core.opinion import risk
from core.opinion.gazetteer import LEVELS, Own
from core.opinion.lexicon import Lexicon, Word
from core.opinion.normal import guard, joined, normal
from core.opinion.places import Gazetteer, Place, stem
from core.opinion.responsible import Office, Offices
from core.opinion.risk import Risk, Version
from core.opinion.scenes import Event, event_place
from core.opinion.sentiment import Scorer, Sentiment
from core.opinion.sentiment_fit import scorer
from core.opinion.text import pseudonym
from core.opinion.watch import Item, Match, Node, Profile, Watches, parse
from core.records import whole
from core.settings import settings

BATCH = 200
"""Mentions of one transaction: some tenths of a second of work."""
UNREAD = ("非中文", "过短")
"""Guards of texts that get no sentiment."""
_BETWEEN = "\n"


@dataclass(frozen=True, slots=True)
class Found:
    """What one mention was found to say: the watches that it meets, its risk, the score by the version in the shadow,
    where it happened (or why that is not said), the unit responsible with the reason, its sentiment, or why it is not
    read for that (`guard`). Places of words are those of `whole`."""

    matches: list[Match]
    risk: Risk
    shadow: Risk | None
    event: Event | None
    no_event: str
    unit: int | None
    unit_why: str
    guard: str
    sentiment: Sentiment | None


@dataclass(frozen=True, slots=True)
class Sieve:
    """What mentions are read with: watches, words, the version in force and the one in the shadow, places (None where
    the office gave neither a code of the district nor streets nor places of its own), units, sentiment."""

    watches: Watches
    lexicon: Lexicon
    version: Version
    shadow: Version | None
    places: Gazetteer | None
    offices: Offices
    scorer: Scorer

    def sift(self, items: Sequence[Item], weights: Sequence[float] = ()) -> list[Found]:
        """What each item says. `weights`: of their sources, 1 where none is given."""
        texts = [_Text(item) for item in items]
        readable = [one for one in texts if one.guard not in UNREAD]
        feelings = dict(zip(map(id, readable), self.scorer.many(
            [one.whole for one in readable], [one.form for one in readable]), strict=True))
        return [
            self._one(one, feelings.get(id(one)), weight)
            for one, weight in zip(texts, weights or [1.0] * len(items), strict=True)
        ]

    def _one(self, text: "_Text", feeling: Sentiment | None, weight: float) -> Found:
        item, form = text.item, text.form
        seen = self.watches.see(item, text.title, text.text)
        named = self.places.find(form) if self.places else []
        event = event_place(text.whole, named) if named else None
        here = self._here(event) if event else None
        if here is None and self.watches.local(seen):
            here = True
        offices = self.offices.named(form)
        unit, unit_why = self.offices.find(offices, event, here)
        units = {unit, *offices} - {None}
        if event or units:
            item = replace(
                item, units=tuple(self.offices.by_id[id_].name for id_ in sorted(units)),
                places=(*event.place.path, event.place.town, event.place.name) if event else ())
        hits = self.lexicon.find(form)
        score, shadow = (
            version and risk.weigh(text.whole, form, hits, source=weight, here=here, reach=item.figures,
                                   version=version)
            for version in (self.version, self.shadow))
        why = "" if event or not self.places else "没有写明地点" if not named else "只提到地名，没有写明是发生地"
        return Found(self.watches.match(item, seen), score, shadow, event, why, unit, unit_why, text.guard, feeling)

    def _here(self, event: Event) -> bool | None:
        """Whether an event's place lies in the district; None where neither the office's list nor its code says."""
        if self.places and self.places.owns(event.place):
            return True
        home = self.places.home.code if self.places and self.places.home else ""
        code = event.place.code
        if not home or not code:
            return None
        return True if code.startswith(home) else None if home.startswith(code) else False


class _Text:
    """An item's texts with their normal forms, each made once."""

    def __init__(self, item: Item) -> None:
        self.item, self.whole = item, whole(item.title, item.text)
        self.title, self.text = normal(item.title), normal(item.text)
        begins = self.whole == item.text
        self.form = self.text if begins else joined(self.title, self.text, len(item.title) + len(_BETWEEN))
        self.guard = guard(self.whole, self.form)


Then = Callable[[Session, Sequence[int], datetime], object]
"""What is done with mentions that were sifted, in the transaction that keeps what they were found to say."""


def run(session: Session, *, now: datetime, limit: int = 5_000, then: Then | None = None) -> int:
    """Work through up to `limit` mentions that are waiting, the newest and the longest waiting by turns, so that
    neither waits for a backlog of the other; commits batch by batch and tells readers. One that changed meanwhile, or
    whose rules did, goes on waiting. Returns how many were read."""
    done, mark = 0, ""
    turns = cycle((Unsifted.mention_id.desc(), Unsifted.mention_id))
    made: Sieve | None = None
    while done < limit:
        rows = session.execute(
            select(Mention.id, Mention.title, Mention.text, Mention.author, Mention.platform, Mention.figures,
                   Mention.heat, Mention.fold_id, Platform.name.label("platform_name"), Source.name.label("source"),
                   Mention.source_id, Unsifted.asked)
            .join(Unsifted, Unsifted.mention_id == Mention.id).join(Source, Source.id == Mention.source_id)
            .outerjoin(Platform, Platform.code == Mention.platform)
            .order_by(next(turns)).limit(min(BATCH, limit - done))
        ).all()
        if not rows:
            break
        # After the notes, batch by batch: what changes from here on notes them again.
        rules = unsifted.rules(session)
        if made is None or rules != mark:
            made, weights, mark = sieve(session), scoring.source_weights(session), rules
        spread = reprints(session, [row.fold_id for row in rows])
        found = made.sift([item_of(row, spread) for row in rows], [weights.get(row.source_id, 1.0) for row in rows])
        _write(session, dict(zip((row.id for row in rows), found, strict=True)), now)
        _done(session, {row.id: row.asked for row in rows})
        if then:
            then(session, [row.id for row in rows], now)
        bump(session, now)
        session.commit()
        done += len(rows)
    return done


def sieve(session: Session) -> Sieve:
    """What mentions are read with now; made anew only where something of it changed."""
    ours, own = district.profile(session), own_places.held(session)
    queries = tuple(map(tuple, session.execute(
        select(Watch.id, Watch.query).where(Watch.enabled.is_(True)).order_by(Watch.id))))
    key = authors.key() if any("作者" in query for _, query in queries) else b""
    known = (*_streets(ours), *own)
    return Sieve(
        _watches(queries, ours, key), _lexicon(words.used(session)), *scoring.in_force(session),
        _places(ours.code, known) if ours.code or known else None, _offices(_units(session), ours, own),
        scorer(settings().data_dir),
    )


def watches_of(session: Session, queries: Mapping[int, str | Node]) -> Watches:
    """Watches for these queries as this district reads them. Raises BadInput for one that cannot be read."""
    return Watches(queries, district.profile(session), authors.hidden)


# --- Parts ----------------------------------------------------------------------------------------------------------


@lru_cache(2)
def _lexicon(made_of: tuple[Word, ...]) -> Lexicon:
    return Lexicon(made_of)


@lru_cache(2)
def _watches(queries: tuple[tuple[int, str], ...], ours: Profile, key: bytes) -> Watches:
    trees = {id_: tree for id_, query in queries if (tree := readable(query)[0])}
    return Watches(trees, ours, partial(pseudonym, key=key) if key else None)


def readable(query: str) -> tuple[Node | None, str]:
    """A stored query as a tree, or None and what is wrong with it (Chinese), as when it was written for other rules of
    writing: it stands still and is shown so (core.watches.listed), and the others go on."""
    try:
        return parse(query), ""
    except BadInput as fault:
        return None, str(fault)


@lru_cache(1)
def _places(code: str, own: tuple[Own, ...]) -> Gazetteer:
    return Gazetteer.load(code or None, own)


def _streets(ours: Profile) -> tuple[Own, ...]:
    """The district's streets and towns as places; with a code the packaged list has them."""
    return () if ours.code else tuple(
        Own(name, LEVELS[4], name, tuple(filter(None, (stem(name),)))) for name in ours.streets)


def _units(session: Session) -> tuple[Office, ...]:
    return tuple(Office(id_, name, kind == "street", tuple(aliases or ())) for id_, name, kind, aliases in
                 session.execute(select(Unit.id, Unit.name, Unit.kind, Unit.aliases).order_by(Unit.id)))


@lru_cache(2)
def _offices(units: tuple[Office, ...], ours: Profile, own: tuple[Own, ...]) -> Offices:
    return Offices(units, (ours.name, *ours.sure), own)


def item_of(row: Row, spread: Mapping[int, int]) -> Item:
    """A mention's row as watches see it; `spread`: reprints by fold group (`reprints`)."""
    figures = figures_of(row) | ({"reprints": spread[row.fold_id]} if row.fold_id in spread else {})
    return Item(row.title, row.text, row.author, row.platform, row.platform_name or "", row.source, figures=figures)


def reprints(session: Session, folds: Sequence[int | None]) -> dict[int, int]:
    """How many reprints are known of the texts of these fold groups; a mention not yet folded has none to be known."""
    out: dict[int, int] = {}
    for part in chunks(sorted({fold for fold in folds if fold is not None})):
        counted = select(Mention.fold_id, func.count()).where(
            Mention.fold_id.in_(part), Mention.fold_kind == "reprint").group_by(Mention.fold_id)
        out |= dict.fromkeys(part, 0) | dict(session.execute(counted).all())
    return out


def figures_of(row: Row) -> dict[str, int]:
    """The figures of a mention's row (figures, heat) that are known, by the names of core.opinion.watch.REACH."""
    figures = {name: value[0] for name, value in (row.figures or {}).items() if value and value[0] is not None}
    if "plays" in figures:
        figures.setdefault("reads", figures["plays"])
    parts = [figures[name] for name in ("likes", "reposts", "comments") if name in figures]
    more = {"interaction": sum(parts)} if parts else {}
    return figures | more | ({"heat": row.heat} if row.heat is not None else {})


def _write(session: Session, found: Mapping[int, Found], now: datetime) -> None:
    ids = list(found)
    rows = [_sense(id_, one, now) for id_, one in found.items()]
    upsert(session, Sense, rows, ["mention_id"], [name for name in rows[0] if name != "mention_id"])
    # Once the writing has begun: none that was switched off or deleted meanwhile, and none will be before the end.
    used = set(session.execute(select(Watch.id).where(Watch.enabled.is_(True)).with_for_update(read=True)).scalars())
    hits = [
        {"watch_id": match.watch, "mention_id": id_, "why": match.why, "spans": [list(span) for span in match.spans]}
        for id_, one in found.items() for match in one.matches if match.watch in used
    ]
    for part in chunks(ids):
        session.execute(delete(WatchHit).where(WatchHit.mention_id.in_(part)))
    upsert(session, WatchHit, hits, ["watch_id", "mention_id"], ["why", "spans"])


def _done(session: Session, notes: Mapping[int, int]) -> None:
    """Take off the notes (mention → `asked` as it was read) of those that nobody noted again since. In the transaction
    that writes: others who note wait for its end, or this for theirs."""
    for part in chunks(sorted(notes)):
        noted = session.execute(select(Unsifted.mention_id, Unsifted.asked).where(
            Unsifted.mention_id.in_(part)).order_by(Unsifted.mention_id).with_for_update())
        session.execute(delete(Unsifted).where(
            Unsifted.mention_id.in_([id_ for id_, asked in noted if asked == notes[id_]])))


def _sense(id_: int, one: Found, now: datetime) -> dict[str, Any]:
    event, feeling = one.event, one.sentiment
    return {
        "mention_id": id_, "at": now, "risk": one.risk.score, "risk_kind": one.risk.kind,
        "version": one.risk.version, "why": one.risk.why,
        "shadow": one.shadow.score if one.shadow else None, "shadow_version": one.shadow.version if one.shadow else "",
        "words": [[hit.word.word, hit.start, hit.end, hit.way] for hit in one.risk.found],
        "place": _shown(event.place) if event else "",
        "place_code": event.place.code if event else "", "town": event.place.town if event else "",
        "place_why": event.reason if event else one.no_event, "unit_id": one.unit, "unit_why": one.unit_why,
        "guard": one.guard, "sentiment": feeling.label if feeling else "",
        "confidence": round(feeling.confidence, 4) if feeling else 0,
        "sentiment_words": [[cue.start, cue.end, round(cue.value, 3)] for cue in feeling.words] if feeling else [],
    }


def _shown(place: Place) -> str:
    """A place from the county down; without a code nothing stands above it."""
    return "".join(place.path[2:] if place.code else place.path) or place.name

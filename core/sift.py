"""What came in is matched with the watches and scored, mention by mention, within seconds of its arrival.

`ingest` notes every new mention, and every one whose text came later, in `unsifted`; a batch of them is read, worked
through without a write, and what was found is stored with the notes taken off in one short transaction, so that it can
be killed at any moment and nothing is done twice. One mention costs the same whatever is stored.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, delete, exists, insert, select
from sqlmodel import Session

from core.db import bump, chunks, upsert
from core.models import Mention, Remembered, RiskVersion, RiskWord, Sense, Source, Unsifted, Watch, WatchHit
from core.opinion import lexicon, risk
from core.opinion.lexicon import Lexicon, Word
from core.opinion.places import Gazetteer
from core.opinion.risk import Risk, Version
from core.opinion.scenes import Event, event_place
from core.opinion.sentiment import Scorer, Sentiment
from core.opinion.sentiment_fit import scorer
from core.opinion.watch import Item, Match, Profile, Watches
from core.settings import CATALOG, settings

BATCH = 200
"""Mentions of one transaction: some tenths of a second of work."""
PROFILE = "district_profile"
"""Key in `remembered` of what the district is called."""
_BETWEEN = "\n"


@dataclass(frozen=True, slots=True)
class Found:
    """What one mention was found to say: the watches that it meets, its risk, the score by the version in the shadow,
    where it happened (or why that is not said), its sentiment. Places of words are those of `whole`."""

    matches: list[Match]
    risk: Risk
    shadow: int | None
    event: Event | None
    no_event: str
    sentiment: Sentiment


@dataclass(frozen=True, slots=True)
class Sieve:
    """What mentions are read with: watches, words, the version in force and the one in the shadow, places (None where
    the office gave no code of the district), sentiment."""

    watches: Watches
    lexicon: Lexicon
    version: Version
    shadow: Version | None
    places: Gazetteer | None
    scorer: Scorer

    def sift(self, items: Sequence[Item], weights: Sequence[float] = ()) -> list[Found]:
        """What each item says. `weights`: of their sources, 1 where none is given."""
        texts = [whole(item.title, item.text) for item in items]
        feelings = self.scorer.many(texts)
        return [
            self._one(item, text, feeling, weight)
            for item, text, feeling, weight in zip(items, texts, feelings, weights or [1.0] * len(items), strict=True)
        ]

    def _one(self, item: Item, text: str, feeling: Sentiment, weight: float) -> Found:
        named = self.places.find(text) if self.places else []
        event = event_place(text, named) if named else None
        here = self._here(event) if event else None
        if here is None and self.watches.local(item):
            here = True
        if event:
            item = replace(item, places=(*event.place.path, event.place.town, event.place.name))
        score, shadow = (
            version and risk.score(text, self.lexicon, source=weight, here=here, version=version)
            for version in (self.version, self.shadow))
        why = "" if event or not self.places else "没有写明地点" if not named else "只提到地名，没有写明是发生地"
        return Found(self.watches.match(item), score, shadow and shadow.score, event, why, feeling)

    def _here(self, event: Event) -> bool | None:
        """Whether an event's place lies in the district; None where its code does not say."""
        home, code = self.watches.profile.code.rstrip("0"), event.place.code
        if not home or not code:
            return None
        return True if code.startswith(home) else None if home.startswith(code) else False


def run(session: Session, *, now: datetime, limit: int = 5_000) -> int:
    """Work through up to `limit` mentions that are waiting, newest first; commits batch by batch and tells readers.
    Returns how many were done."""
    done = 0
    made: Sieve | None = None
    while done < limit:
        rows = session.execute(
            select(Mention.id, Mention.title, Mention.text, Mention.author, Mention.platform, Mention.figures,
                   Mention.heat, Source.name.label("source"), Source.config)
            .join(Unsifted, Unsifted.mention_id == Mention.id).join(Source, Source.id == Mention.source_id)
            .order_by(Unsifted.mention_id.desc()).limit(min(BATCH, limit - done))
        ).all()
        if not rows:
            break
        made = made or sieve(session)
        found = made.sift([_item(row) for row in rows], [_weight(row.config) for row in rows])
        _write(session, dict(zip((row.id for row in rows), found, strict=True)), now)
        bump(session, now)
        session.commit()
        done += len(rows)
    return done


def again(session: Session, since: datetime) -> int:
    """Ask for the mentions published since then to be sifted again, after a watch or a word changed; returns how many
    wait newly. The caller commits."""
    waiting = exists().where(Unsifted.mention_id == Mention.id)
    return session.execute(insert(Unsifted).from_select(
        ["mention_id"], select(Mention.id).where(Mention.published_at >= since, ~waiting))).rowcount


def sieve(session: Session) -> Sieve:
    """What mentions are read with now; made anew only where something of it changed."""
    queries = session.execute(select(Watch.id, Watch.query).where(Watch.enabled.is_(True)).order_by(Watch.id)).all()
    versions = {row.state: row for row in session.execute(
        select(RiskVersion).where(RiskVersion.state.in_(("active", "shadow")))).scalars()}
    ours = profile(session)
    return Sieve(
        _watches(tuple(map(tuple, queries)), ours), _lexicon(words(session)),
        version_of(versions["active"]) if "active" in versions else risk.V1,
        version_of(versions["shadow"]) if "shadow" in versions else None,
        _places(ours.code) if ours.code else None, scorer(settings().data_dir),
    )


def profile(session: Session) -> Profile:
    """What the district is called; a profile without names until the office gave some."""
    held = session.execute(select(Remembered.value).where(Remembered.key == PROFILE)).scalar() or {}
    known = {field.name for field in fields(Profile)}
    return Profile(**{"name": "", **{
        name: tuple(value) if isinstance(value, list) else value for name, value in held.items() if name in known}})


def keep_profile(session: Session, made: Profile, now: datetime) -> None:
    """Store what the district is called. The caller commits, and asks for mentions to be sifted again."""
    upsert(session, Remembered, [{"key": PROFILE, "value": asdict(made), "updated_at": now}], ["key"],
           ["value", "updated_at"])


def words(session: Session) -> tuple[Word, ...]:
    """The sensitive words in use: the packaged ones, changed, taken out and added to by the office's own."""
    out = {word.word: word for word in _packaged()}
    for row in session.execute(select(RiskWord).order_by(RiskWord.word)).scalars():
        if row.enabled:
            out[row.word] = Word(row.word, row.kind, row.level, tuple(row.unless), row.note)
        else:
            out.pop(row.word, None)
    return tuple(out.values())


def version_of(row: RiskVersion) -> Version:
    """Stored weights as a version; what they don't name is as in the first one."""
    pairs = {"more", "other"}
    steps = {"dead", "hurt"}
    held = {}
    for name, value in row.weights.items():
        if name == "base":
            held[name] = {int(level): points for level, points in value.items()}
        else:
            held[name] = tuple(value) if name in pairs else tuple(map(tuple, value)) if name in steps else value
    return Version(row.key, **held)


# --- Parts ----------------------------------------------------------------------------------------------------------


@lru_cache(1)
def _packaged() -> tuple[Word, ...]:
    return lexicon.read((CATALOG / "risk.csv").read_text("utf-8"))


@lru_cache(2)
def _lexicon(made_of: tuple[Word, ...]) -> Lexicon:
    return Lexicon(made_of)


@lru_cache(2)
def _watches(queries: tuple[tuple[int, str], ...], ours: Profile) -> Watches:
    return Watches(dict(queries), ours)


@lru_cache(1)
def _places(code: str) -> Gazetteer:
    return Gazetteer.load(code)


def _item(row: Row) -> Item:
    return Item(row.title, row.text, row.author, row.platform, row.source, figures=figures_of(row))


def figures_of(row: Row) -> dict[str, int]:
    """The figures of a mention's row (figures, heat) that are known, by the names of core.opinion.watch.REACH."""
    figures = {name: value[0] for name, value in (row.figures or {}).items() if value and value[0] is not None}
    parts = [figures[name] for name in ("likes", "reposts", "comments") if name in figures]
    more = {"interaction": sum(parts)} if parts else {}
    return figures | more | ({"heat": row.heat} if row.heat is not None else {})


def _weight(config: Mapping) -> float:
    """Weight of a source, as its options say (`weight`, 1 without)."""
    said = (config or {}).get("weight", 1)
    return float(said) if isinstance(said, int | float) and 0 < said <= 3 else 1.0


def whole(title: str, text: str) -> str:
    """Title and text as one; a text that begins with its title is the whole."""
    return text if text.startswith(title) else title + _BETWEEN + text


def _write(session: Session, found: Mapping[int, Found], now: datetime) -> None:
    ids = list(found)
    rows = [_sense(id_, one, now) for id_, one in found.items()]
    upsert(session, Sense, rows, ["mention_id"], [name for name in rows[0] if name != "mention_id"])
    hits = [
        {"watch_id": match.watch, "mention_id": id_, "why": match.why, "spans": [list(span) for span in match.spans]}
        for id_, one in found.items() for match in one.matches
    ]
    for part in chunks(ids):
        session.execute(delete(WatchHit).where(WatchHit.mention_id.in_(part)))
        session.execute(delete(Unsifted).where(Unsifted.mention_id.in_(part)))
    upsert(session, WatchHit, hits, ["watch_id", "mention_id"], ["why", "spans"])


def _sense(id_: int, one: Found, now: datetime) -> dict[str, Any]:
    event, feeling = one.event, one.sentiment
    return {
        "mention_id": id_, "at": now, "risk": one.risk.score, "risk_kind": one.risk.kind,
        "version": one.risk.version, "why": one.risk.why, "shadow": one.shadow,
        "words": [[hit.word.word, hit.start, hit.end, hit.way] for hit in one.risk.found],
        "place": "".join(event.place.path[2:]) or event.place.name if event else "",
        "place_code": event.place.code if event else "", "town": event.place.town if event else "",
        "place_why": event.reason if event else one.no_event, "sentiment": feeling.label,
        "confidence": round(feeling.confidence, 4),
        "sentiment_words": [[cue.start, cue.end, round(cue.value, 3)] for cue in feeling.words],
    }

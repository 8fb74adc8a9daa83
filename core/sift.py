"""What came in is matched with the watches and scored, mention by mention, within seconds of its arrival.

`ingest` notes every new mention, and every one whose text came later, in `unsifted`; a batch of them is read, worked
through without a write, and what was found is stored with the notes taken off in one short transaction, so that it can
be killed at any moment and nothing is done twice. One mention costs the same whatever is stored.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Row, delete, exists, insert, select
from sqlmodel import Session

from core.db import bump, chunks, upsert
from core.models import Mention, Remembered, RiskVersion, RiskWord, Sense, Source, Unsifted, Watch, WatchHit
from core.opinion import lexicon, risk
from core.opinion.lexicon import Lexicon, Word
from core.opinion.risk import Risk, Version
from core.opinion.watch import Item, Match, Profile, Watches
from core.settings import CATALOG

BATCH = 200
"""Mentions of one transaction: some tenths of a second of work."""
PROFILE = "district_profile"
"""Key in `remembered` of what the district is called."""
_BETWEEN = "\n"


@dataclass(frozen=True, slots=True)
class Sieve:
    """What mentions are read with: watches, words, the version in force and the one in the shadow."""

    watches: Watches
    lexicon: Lexicon
    version: Version
    shadow: Version | None

    def sift(self, item: Item, source: float = 1) -> tuple[list[Match], Risk, int | None]:
        """The watches that an item meets, its risk, and the score by the version in the shadow."""
        matches = self.watches.match(item)
        text = _whole(item.title, item.text)[0]
        here = True if self.watches.local(item) else None
        found = risk.score(text, self.lexicon, source=source, here=here, version=self.version)
        other = self.shadow and risk.score(text, self.lexicon, source=source, here=here, version=self.shadow).score
        return matches, found, other


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
        found = {row.id: made.sift(_item(row), _weight(row.config)) for row in rows}
        _write(session, made, found, now)
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
    return Sieve(
        _watches(tuple(map(tuple, queries)), profile(session)), _lexicon(words(session)),
        version_of(versions["active"]) if "active" in versions else risk.V1,
        version_of(versions["shadow"]) if "shadow" in versions else None,
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


def _item(row: Row) -> Item:
    figures = {name: value[0] for name, value in (row.figures or {}).items() if value and value[0] is not None}
    parts = [figures[name] for name in ("likes", "reposts", "comments") if name in figures]
    more = {"interaction": sum(parts)} if parts else {}
    heat = {"heat": row.heat} if row.heat is not None else {}
    return Item(row.title, row.text, row.author, row.platform, row.source, figures=figures | more | heat)


def _weight(config: Mapping) -> float:
    """Weight of a source, as its options say (`weight`, 1 without)."""
    said = (config or {}).get("weight", 1)
    return float(said) if isinstance(said, int | float) and 0 < said <= 3 else 1.0


def _whole(title: str, text: str) -> tuple[str, int]:
    """Title and text as one, and where the text begins; a text that begins with its title is the whole."""
    if text.startswith(title):
        return text, 0
    return title + _BETWEEN + text, len(title) + len(_BETWEEN)


def _write(
    session: Session, made: Sieve, found: Mapping[int, tuple[list[Match], Risk, int | None]], now: datetime
) -> None:
    ids = list(found)
    upsert(session, Sense, [
        {"mention_id": id_, "at": now, "risk": score.score, "risk_kind": score.kind, "version": score.version,
         "why": score.why, "words": [[hit.word.word, hit.start, hit.end, hit.way] for hit in score.found],
         "shadow": shadow}
        for id_, (_, score, shadow) in found.items()
    ], ["mention_id"], ["at", "risk", "risk_kind", "version", "why", "words", "shadow"])
    hits = [
        {"watch_id": match.watch, "mention_id": id_, "why": match.why, "spans": [list(span) for span in match.spans]}
        for id_, (matches, _, _) in found.items() for match in matches
    ]
    for part in chunks(ids):
        session.execute(delete(WatchHit).where(WatchHit.mention_id.in_(part)))
        session.execute(delete(Unsifted).where(Unsifted.mention_id.in_(part)))
    upsert(session, WatchHit, hits, ["watch_id", "mention_id"], ["why", "spans"])


"""敏感词库 as the office keeps it: the packaged list, with words of its own, changed ones and ones out of use."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import pandas as pd
from sqlalchemy import select
from sqlmodel import Session

from core import audit, db, unsifted
from core.faults import BadInput
from core.models import RiskWord
from core.opinion import lexicon
from core.opinion.lexicon import COLUMNS, LEVELS, SHOWN, Word
from core.opinion.wordlist import decoded, written
from core.settings import CATALOG

MOST = 20_000
"""Words of the office's own."""
PACKAGED, CHANGED, OWN, OFF = "系统自带", "本单位修改", "本单位新增", "已停用"
"""Where a word in the list comes from, and whether it is in use."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file would change: words new, other than before, and how many are as they were."""

    added: tuple[Word, ...]
    changed: tuple[Word, ...]
    same: int

    @property
    def words(self) -> str:
        """In Chinese."""
        parts = {"新增": len(self.added), "修改": len(self.changed), "不变": self.same}
        return "，".join(f"{word} {many} 个" for word, many in parts.items() if many) or "没有变化"


@lru_cache(1)
def packaged() -> dict[str, Word]:
    """The list that comes with the system, by word."""
    return {word.word: word for word in lexicon.read((CATALOG / "risk.csv").read_text("utf-8"))}


def used(session: Session) -> tuple[Word, ...]:
    """The words in use: the packaged ones, changed, taken out and added to by the office's own."""
    out = dict(packaged())
    for row in _rows(session):
        if row.enabled:
            out[row.word] = _word(row)
        else:
            out.pop(row.word, None)
    return tuple(out.values())


def listed(session: Session) -> pd.DataFrame:
    """Every word, in use or not: word, kind, level (in words), unless (text), note, origin (PACKAGED, CHANGED, OWN,
    OFF), at (UTC; missing for packaged ones), who. The office's own first."""
    own = {row.word: row for row in _rows(session)}
    frame = []
    for word in dict.fromkeys((*own, *packaged())):
        row = own.get(word)
        one = _word(row) if row else packaged()[word]
        origin = PACKAGED if row is None else OFF if not row.enabled else CHANGED if word in packaged() else OWN
        frame.append((one.word, one.kind, LEVELS[one.level], "、".join(one.unless), one.note, origin,
                      row.at if row else None, row.who if row else ""))
    made = pd.DataFrame(frame, columns=["word", "kind", "level", "unless", "note", "origin", "at", "who"])
    return made.assign(at=pd.to_datetime(made["at"], utc=True))


def save(
    session: Session, word: str, kind: str, level: int, unless: Iterable[str] = (), note: str = "", *, who: str,
    now: datetime,
) -> str:
    """Add a word, or change the one that is there; what came in of late is sifted again. Returns what was done in
    Chinese. Raises BadInput, naming the field and the remedy. The caller commits."""
    made = lexicon.made(word, kind, level, unless, note)
    known = {one.word: one for one in used(session)}
    if known.get(made.word) == made:
        return f"“{made.word}”没有变化"
    done = "修改" if made.word in known else "新增"
    _keep(session, [made], who, now)
    audit.note(session, who, f"{done}敏感词", made.word, f"{made.kind}，{LEVELS[made.level]}")
    return f"已{done}敏感词“{made.word}”"


def disable(session: Session, word: str, *, who: str, now: datetime) -> str:
    """Take a word out of use. Raises BadInput for one that is not in use. The caller commits."""
    made = next((one for one in used(session) if one.word == word), None)
    if made is None:
        raise BadInput(f"“{word}”不在使用中，可能已被停用，请刷新页面")
    _keep(session, [made], who, now, enabled=False)
    audit.note(session, who, "停用敏感词", word)
    return f"已停用敏感词“{word}”，可随时恢复"


def restore(session: Session, word: str, *, who: str, now: datetime) -> str:
    """Bring a word back: a packaged one as it comes with the system, one of the office's own into use again. Raises
    BadInput for one that nobody changed. The caller commits."""
    row = session.get(RiskWord, word)
    if row is None or (row.enabled and word not in packaged()):
        raise BadInput(f"“{word}”没有改动过，不用恢复")
    if word in packaged():
        session.delete(row)
    else:
        row.enabled, row.at, row.who = True, now, who
        session.add(row)
    _changed(session, now)
    audit.note(session, who, "恢复敏感词", word)
    return f"已恢复敏感词“{word}”"


def read(data: bytes, name: str) -> tuple[Word, ...]:
    """The words of a file (CSV with the heads of `lexicon.SHOWN`). Raises BadInput, naming file, line, field and
    remedy."""
    made = lexicon.read(decoded(data, name), name)
    if not made:
        raise BadInput(f"{name}：只有表头，没有敏感词")
    if len(made) > MOST:
        raise BadInput(f"{name}：共 {len(made)} 个词，超过 {MOST} 个，请只保留需要的")
    return made


def plan(session: Session, words: Sequence[Word]) -> Plan:
    """What taking these in would change; words that the file lacks stay as they are."""
    known = {one.word: one for one in used(session)}
    return Plan(
        tuple(one for one in words if one.word not in known),
        tuple(one for one in words if one.word in known and known[one.word] != one),
        sum(known.get(one.word) == one for one in words),
    )


def take(session: Session, made: Plan, *, who: str, now: datetime) -> str:
    """Carry a plan out; what came in of late is sifted again. Returns what was done in Chinese. The caller commits."""
    if made.added or made.changed:
        _keep(session, [*made.added, *made.changed], who, now)
        audit.note(session, who, "导入敏感词", made.words)
    return f"敏感词：{made.words}"


def export(session: Session) -> str:
    """The words in use as CSV, as `read` takes them in again."""
    return written([SHOWN[head] for head in COLUMNS], [
        (one.word, one.kind, LEVELS[one.level], "|".join(one.unless), one.note) for one in used(session)])


# --- Parts ----------------------------------------------------------------------------------------------------------


def _rows(session: Session) -> Sequence[RiskWord]:
    return session.execute(select(RiskWord).order_by(RiskWord.word)).scalars().all()


def _word(row: RiskWord) -> Word:
    return Word(row.word, row.kind, row.level, tuple(row.unless), row.note)


def _keep(session: Session, words: Iterable[Word], who: str, now: datetime, enabled: bool = True) -> None:
    """Store lines; one that is again as it comes with the system needs none."""
    rows = []
    for one in words:
        if enabled and packaged().get(one.word) == one:
            if row := session.get(RiskWord, one.word):
                session.delete(row)
            continue
        rows.append({"word": one.word, "kind": one.kind, "level": one.level, "unless": list(one.unless),
                     "note": one.note, "enabled": enabled, "at": now, "who": who})
    session.flush()
    db.upsert(session, RiskWord, rows, ["word"], ["kind", "level", "unless", "note", "enabled", "at", "who"])
    session.expire_all()
    _changed(session, now)


def _changed(session: Session, now: datetime) -> None:
    session.flush()
    unsifted.again(session, now)
    db.bump(session, now)

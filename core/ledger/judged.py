"""What a person decided of a word that was found in a post: an error, or none. Kept with who decided and when.

A decision is known by the account, the post's own id at its platform and the word, so that it outlives roll-ups and a
word's other places in the same post share it.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from sqlalchemy import delete, select
from sqlmodel import Session

from core import audit, db
from core.faults import BadInput
from core.models import Account, Post, Remembered

Decision = Literal["error", "fine"]
DECISIONS: dict[Decision, str] = {"error": "属实", "fine": "不算差错"}
_PREFIX = "judged-word:"


def decisions(session: Session) -> dict[tuple[int, str, str], Decision]:
    """(account id, the post's external id, word) → what was decided."""
    kept = session.execute(select(Remembered.value).where(Remembered.key.startswith(_PREFIX, autoescape=True)))
    return {(said["account"], said["post"], said["word"]): said["decision"] for said in kept.scalars()}


def judge(
    session: Session, found: Iterable[tuple[int, str]], decision: Decision | None, *, who: str, now: datetime
) -> int:
    """Decide on words found, given as (post id, word); None takes decisions back. How many there were; the caller
    commits. Raises BadInput for a post that is no longer there."""
    number = 0
    for post_id, word in sorted(set(found)):
        row = session.execute(
            select(Post.external_id, Post.account_id, Post.title, Account.name)
            .join(Account, Account.id == Post.account_id).where(Post.id == post_id)
        ).one_or_none()
        if row is None:
            raise BadInput("所选的帖文已不存在，请刷新页面后重试")
        key = _key(row.account_id, row.external_id, word)
        if decision is None:
            number += session.execute(delete(Remembered).where(Remembered.key == key)).rowcount
        else:
            value = {"account": row.account_id, "post": row.external_id, "word": word, "decision": decision,
                     "who": who}
            session.merge(Remembered(key=key, value=value, updated_at=now))
            number += 1
        action = f"用词判断：{DECISIONS[decision]}" if decision else "撤回用词判断"
        audit.note(session, who, action, row.name, f"“{word}”，《{row.title[:60]}》")
    session.flush()
    db.bump(session, now)
    return number


def _key(account_id: int, post: str, word: str) -> str:
    whole = f"{account_id}\0{post}\0{word}".encode("utf-8", "surrogatepass")
    return _PREFIX + hashlib.sha256(whole).hexdigest()[:32]

"""Who did what: one line per deed, in the same transaction as the deed."""

from sqlmodel import Session

from core import clock
from core.models import Audit


def note(session: Session, who: str, action: str, what: str = "", detail: str = "") -> None:
    """Record a deed; the caller commits."""
    session.add(Audit(at=clock.now(), who=who or "系统", action=action, what=what, detail=detail))

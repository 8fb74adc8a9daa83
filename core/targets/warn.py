"""At-risk targets as a notice: one for all of them, raised, kept up to date and closed by itself."""

from datetime import datetime

from sqlmodel import Session

from core import clock, notices
from core.targets import kept
from core.targets.year import assessed

BAD = ("risk", "missed")


def look(session: Session, now: datetime) -> bool:
    """Look at this year's targets, and at last year's while something can still come of them; whether a notice was
    raised or closed. The caller commits."""
    this, held = clock.day_of(now).year, {}
    years = [year for year in (this - 1, this) if year in kept.years(session)]
    for number in years:
        found = assessed(session, number, now)
        if found.closed or (number != this and found.over):
            continue
        held |= {f"{number}年{one.name}": one.standing.why for one in found.targets if one.standing.state in BAD}
    return notices.together(session, kept.NOTICE, held, f"{len(held)} 项绩效目标有风险或未达标", now,
                            demo=kept.sample(session))

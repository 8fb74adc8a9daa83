"""A draft of an incident's summary and sentence of risk, for a person to edit. Figures come from what is linked,
sentences are verbatim from it; what is not known is left out.

Reads texts as the understanding does: not imported by rooms, which ask for a draft only when a person wants one.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, func, select
from sqlmodel import Session

from core.incidents.entered import SUMMARY
from core.incidents.phrases import lead_sentence, risk_sentence
from core.incidents.rows import family, head
from core.models import Mention, Platform, Source
from core.opinion import summary
from core.opinion.features import Background, load_background
from core.opinion.text import letters
from core.query.incident_mentions import standing
from core.query.incidents import linked
from core.records import one_line
from core.settings import CATALOG
from core.viewing import LISTS, MEDIA, MOST, READ, SUMMED

ARTICLES, PEOPLE, LINES = "articles", "people", "lines"
SIDES = {ARTICLES: "", PEOPLE: "网民反映", LINES: "热榜条目有"}
"""Whose words make the summary, the first that there are: articles tell what happened; what the others' begin with."""


@dataclass(frozen=True, slots=True)
class Cited:
    """A sentence of the draft, as it stands in a mention."""

    text: str
    mention_id: int
    source: str
    url: str


@dataclass(frozen=True, slots=True)
class Draft:
    """Summary and risk, together within 200 characters where they can be; the sentences that were cited."""

    summary: str
    risk: str
    cited: tuple[Cited, ...]


def draft(session: Session, incident_id: int, now: datetime, background: Background | None = None) -> Draft | None:
    """The draft as of now; None where nothing is linked."""
    how = standing(session, incident_id, now)
    if not how.mentions:
        return None
    risk, lead = risk_sentence(how), lead_sentence(how, now)
    side, texts = _texts(session, family(session, head(session, incident_id)))
    known = background or load_background(CATALOG / "text_background.npz")
    for room in (SUMMARY - len(lead) - len(risk), SUMMARY - len(lead)):
        chosen = _within([row.text or row.title for row in texts], side, known, room)
        if chosen:
            break
    cited = tuple(Cited(one_line(one.text), row.id, row.source, row.url) for one in chosen
                  for row in [texts[one.source]])
    return Draft(lead + _told(chosen, side), risk, cited)


def _told(chosen: list[summary.Sentence], side: str) -> str:
    """What articles report as it stands there; what others say as quotations."""
    if side == ARTICLES or not chosen:
        return one_line(summary.said(chosen))
    return f"{SIDES[side]}{''.join(f'“{one_line(one.text)}”' for one in chosen)}。"


def _within(texts: list[str], side: str, background: Background, room: int) -> list[summary.Sentence]:
    """Sentences that fit as they will be told."""
    longest = room
    while longest > 0:
        chosen = summary.summary(texts, background, longest)
        over = len(_told(chosen, side)) - room
        if over <= 0:
            return chosen
        longest -= over
    return []


def _texts(session: Session, every: list[int]) -> tuple[str, list[Row]]:
    """Of SIDES the first one that says anything, and the first copies of its texts that were reprinted most, in order
    of time."""
    found = session.execute(
        select(Mention.id, Mention.title, func.substr(Mention.text, 1, READ).label("text"), Mention.fold_id,
               Mention.url, Source.name.label("source"), func.coalesce(Platform.family, "other").label("family"))
        .join(Source, Source.id == Mention.source_id).outerjoin(Platform, Platform.code == Mention.platform)
        .where(Mention.id.in_(linked(every))).order_by(Mention.published_at.desc(), Mention.id.desc()).limit(MOST)
    ).all()[::-1]
    copies = Counter(row.fold_id or row.id for row in found)
    first: dict[int, Row] = {}
    for row in found:
        first.setdefault(row.fold_id or row.id, row)
    sides: dict[str, list[Row]] = {side: [] for side in SIDES}
    for row in first.values():
        article = row.family in MEDIA and len(letters(row.text)) > len(letters(row.title))
        sides[ARTICLES if article else LINES if row.family in LISTS else PEOPLE].append(row)
    side = next(side for side, rows in sides.items() if rows)
    most = sorted(sides[side], key=lambda row: (-copies[row.fold_id or row.id], row.id))[:SUMMED]
    return side, sorted(most, key=lambda row: row.id)

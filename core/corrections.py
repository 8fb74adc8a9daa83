"""People's word on what was found about a text: its sentiment, and the stance of a comment.

Nothing is overwritten: a row for each word, the newest counts, and one with an empty label takes the word back. A word
on a text is one on its reprints, too, which say the same; not on its excerpts. What readers show comes from `corrected`
first; `marks` is what the scorer of sentiment is refitted to.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import and_, exists, or_, select, update
from sqlmodel import Session

from core import audit
from core.db import bump, chunks
from core.faults import BadInput
from core.labels import STANCES
from core.models import Correction, Mention, Sense, Source, TopicView
from core.opinion.sentiment import LABELS
from core.records import whole

if TYPE_CHECKING:
    from core.opinion.sentiment_fit import Mark

SENTIMENT, STANCE = "sentiment", "stance"
CHOICES = {SENTIMENT: tuple(reversed(LABELS)), STANCE: STANCES}
"""What a word can be, in the order in which it is offered."""
NAMES = {SENTIMENT: "情感", STANCE: "立场"}


@dataclass(frozen=True, slots=True)
class Corrected:
    """A person's word that counts: the label, what stood there before, when and by whom."""

    label: str
    was: str
    at: datetime
    who: str


def correct(
    session: Session, mention: int, what: str, label: str, *, was: str = "", who: str, now: datetime
) -> Correction:
    """Keep a person's word on a mention; an empty label takes back the one that counts. `was`: what was found by itself
    (a sentiment is looked up where it is not given). A stance changes its topic's viewpoints, which are reckoned anew.
    Raises BadInput for a label that there is not, a mention that is gone, a word that is there already or is not there
    to be taken back. The caller commits."""
    if what not in CHOICES or (label and label not in CHOICES[what]):
        raise BadInput(f"没有“{label}”这一项，请从列表中选择")
    said = session.get(Mention, mention)
    if said is None:
        raise BadInput("这条信息已不存在，可能已被清除，请刷新页面")
    before = corrected(session, [mention], what).get(mention)
    if not label and before is None:
        raise BadInput("这条信息没有更正，无需撤回，请刷新页面")
    if before is not None:
        was = before.label
    elif not was and what == SENTIMENT:
        was = session.execute(select(Sense.sentiment).where(Sense.mention_id == mention)).scalar() or ""
    if label and before is not None and label == before.label:
        raise BadInput(f"这条信息的{NAMES[what]}已是“{label}”，无需更正")
    made = Correction(mention_id=mention, what=what, label=label, was=was, at=now, who=who)
    session.add(made)
    if what == STANCE and said.topic_id is not None:
        session.execute(update(TopicView).where(TopicView.topic_id == said.topic_id).values(mentions=0))
    deed = f"更正{NAMES[what]}" if label else f"撤回{NAMES[what]}更正"
    audit.note(session, who, deed, said.title[:60], f"{was or '未判断'} → {label or '自动判断'}（信息 {mention}）")
    bump(session, now)
    return made


def corrected(session: Session, mentions: Sequence[int], what: str) -> dict[int, Corrected]:
    """The words that count, by mention; those without one are left out."""
    if not session.execute(select(exists().where(Correction.what == what))).scalar():
        return {}
    home: dict[int, int] = {}
    for part in chunks(sorted(set(mentions))):
        home |= {row.id: _home(row) for row in session.execute(
            select(Mention.id, Mention.fold_id, Mention.fold_kind).where(Mention.id.in_(part)))}
    words: dict[int, Corrected] = {}
    for part in chunks(sorted(set(home.values()))):
        rows = session.execute(
            select(Correction.label, Correction.was, Correction.at, Correction.who, Mention.id, Mention.fold_id,
                   Mention.fold_kind)
            .join(Mention, Mention.id == Correction.mention_id)
            .where(Correction.what == what, or_(
                Mention.id.in_(part), and_(Mention.fold_id.in_(part), Mention.fold_kind != "excerpt")))
            .order_by(Correction.id)
        )
        words |= {_home(row): Corrected(row.label, row.was, row.at, row.who) for row in rows}
    return {id_: words[first] for id_, first in home.items() if first in words and words[first].label}


def _home(row) -> int:
    """The mention that stands for all copies of a text."""
    return row.id if row.fold_id is None or row.fold_kind == "excerpt" else row.fold_id


def marks(session: Session) -> "list[Mark]":
    """Every text whose sentiment a person has corrected, with the label that counts, in the order in which they were
    first corrected; those of the sample district are no examples and are left out."""
    ids = session.execute(
        select(Correction.mention_id).join(Mention, Mention.id == Correction.mention_id)
        .join(Source, Source.id == Mention.source_id)
        .where(Correction.what == SENTIMENT, Source.demo.is_(False)).order_by(Correction.id)
    ).scalars()
    ids = list(dict.fromkeys(ids))
    counted = corrected(session, ids, SENTIMENT)
    texts: dict[int, str] = {}
    for part in chunks(ids):
        texts |= {id_: whole(title, text).strip() for id_, title, text in session.execute(
            select(Mention.id, Mention.title, Mention.text).where(Mention.id.in_(part)))}
    from core.opinion.sentiment_fit import Mark  # with scikit-learn, which rooms don't need

    unique = {texts[id_]: counted[id_].label for id_ in ids if id_ in counted}
    return [Mark(text, label) for text, label in unique.items()]

"""Digests as their room and their report see them: the list, one with its items, what could be taken into one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pandas as pd
from sqlalchemy import Select, case, func, select
from sqlmodel import Session

from core import clock, labels
from core.incidents import family
from core.incidents.phrases import moment
from core.models import (
    Delivery,
    Digest,
    DigestItem,
    Edition,
    IncidentTopic,
    Mention,
    MentionMark,
    Person,
    Sense,
    Source,
)
from core.opinion.text import display_title
from core.query import incidents, mentions, opinion, topic_views
from core.query.scope import Filter
from core.records import one_line

EXCERPT = 180
"""Characters of a mention's text that are taken over."""
GRAVE = 60
"""Risk from which a mention is proposed."""
TOP = 8
"""Proposals of a kind."""
_ENDS = "。！？!?；;"


@dataclass(frozen=True, slots=True)
class Draft:
    """What would be taken over of a mention, a topic or an incident; `id` is its own, `mentions` how many it stands for
    (None: not counted), `at` aware UTC, `level` of labels.LEVELS or empty."""

    id: int
    section: str
    title: str
    text: str
    source: str
    url: str
    at: datetime
    level: str
    mentions: int | None


@dataclass(frozen=True, slots=True)
class Item:
    """One item as it stands. `edited`: its words are not those that it was taken over with."""

    id: int
    section: str
    kind: str
    of: int | None
    title: str
    text: str
    source: str
    url: str
    at: datetime | None
    level: str
    mentions: int | None
    edited: bool
    edited_at: datetime | None
    edited_by: str
    added_by: str


@dataclass(frozen=True, slots=True)
class Issued:
    """An edition of a digest; `stale`: the digest was changed after it."""

    id: int
    version: int
    at: datetime
    by: str
    stale: bool


@dataclass(frozen=True, slots=True)
class Whole:
    """A digest with its items in order, section by section, those that were taken out, and its editions, the newest
    first. `number` is None until it is issued."""

    id: int
    day: date
    title: str
    lead: str
    sent_to: str
    number: int | None
    made_by: str
    updated_at: datetime
    withdrawn: str
    demo: bool
    items: tuple[Item, ...]
    removed: tuple[Item, ...]
    editions: tuple[Issued, ...]

    @property
    def words(self) -> str:
        """`2026年第12期`; without a number what is to come."""
        return f"{self.day.year}年第{self.number}期" if self.number else "期号待定"


@dataclass(frozen=True, slots=True)
class Proposal:
    """Something that could be taken in, and why; `held`: it is in the digest already."""

    kind: str
    id: int
    title: str
    why: str
    at: datetime
    held: bool


def ordered(digest_id: int) -> Select[tuple[DigestItem]]:
    """SELECT of the items that stand in a digest: the usual sections in their order, then others as they came."""
    usual = {name: number for number, name in enumerate(labels.DIGEST_SECTIONS)}
    place = case(usual, value=DigestItem.section, else_=len(usual))
    return select(DigestItem).where(DigestItem.digest_id == digest_id, DigestItem.removed_at.is_(None)).order_by(
        place, case((place == len(usual), DigestItem.section), else_=""), DigestItem.sort)


def listed(session: Session, limit: int = 300) -> pd.DataFrame:
    """Digests, the newest day first: id, day, number, title, items, state (草稿, 已签发, 签发后有修改, 已作废),
    version, issued_at (aware UTC), made_by, updated_at."""
    counted = select(DigestItem.digest_id, func.count().label("number")).where(
        DigestItem.removed_at.is_(None)).group_by(DigestItem.digest_id).subquery()
    rows = session.execute(
        select(Digest, func.coalesce(counted.c.number, 0)).outerjoin(counted, counted.c.digest_id == Digest.id)
        .order_by(Digest.day.desc(), Digest.id.desc()).limit(limit)).all()
    newest: dict[str, Edition] = {}
    for row in session.execute(select(Edition.scope, Edition.version, Edition.issued_at).where(
            Edition.kind == "digest").order_by(Edition.version)):
        newest[row.scope] = row
    out = []
    for one, items in rows:
        issued = newest.get(scope_of(one.id))
        out.append({
            "id": one.id, "day": one.day, "number": one.number, "title": one.title, "items": items,
            "state": _state(one, issued), "version": issued.version if issued else None,
            "issued_at": issued.issued_at if issued else None, "made_by": one.made_by, "updated_at": one.updated_at})
    frame = pd.DataFrame(out, columns=["id", "day", "number", "title", "items", "state", "version", "issued_at",
                                       "made_by", "updated_at"])
    return frame.assign(**{name: pd.to_datetime(frame[name], utc=True) for name in ("issued_at", "updated_at")})


def _state(one: Digest, issued: Edition | None) -> str:
    if one.withdrawn:
        return "已作废"
    if issued is None:
        return "草稿"
    return "签发后有修改" if one.updated_at > issued.issued_at else "已签发"


def scope_of(digest_id: int) -> str:
    """How an edition's subject names a digest."""
    return f"digest:{digest_id}"


def whole(session: Session, digest_id: int) -> Whole | None:
    """The digest with everything in it; None where there is none."""
    one = session.get(Digest, digest_id)
    if one is None:
        return None
    items = [_item(row) for row in session.execute(ordered(digest_id)).scalars()]
    removed = [_item(row) for row in session.execute(
        select(DigestItem).where(DigestItem.digest_id == digest_id, DigestItem.removed_at.is_not(None))
        .order_by(DigestItem.removed_at.desc(), DigestItem.id)).scalars()]
    issued = [Issued(row.id, row.version, row.issued_at, row.issued_by, one.updated_at > row.issued_at)
              for row in session.execute(
                  select(Edition.id, Edition.version, Edition.issued_at, Edition.issued_by)
                  .where(Edition.kind == "digest", Edition.scope == scope_of(digest_id))
                  .order_by(Edition.version.desc()))]
    return Whole(one.id, one.day, one.title, one.lead, one.sent_to, one.number, one.made_by, one.updated_at,
                 one.withdrawn, one.demo, tuple(items), tuple(removed), tuple(issued))


def _item(row: DigestItem) -> Item:
    edited = row.kind != "own" and (row.title, row.text) != (row.was_title, row.was_text)
    of = {"mention": row.mention_id, "topic": row.topic_id, "incident": row.incident_id}.get(row.kind)
    return Item(row.id, row.section, row.kind, of, row.title, row.text, row.source, row.url, row.at, row.level,
                row.mentions, edited, row.edited_at, row.edited_by, row.added_by)


def open_ones(session: Session) -> tuple[tuple[int, str], ...]:
    """Digests that can be added to, the newest first: id and title with its state."""
    frame = listed(session, 30)
    frame = frame[frame["state"] != "已作废"]
    return tuple((int(row.id), f"{row.title}（{row.state}，{row.items} 条）") for row in frame.itertuples())


def sent_key(edition_id: int) -> str:
    """What the keys of an edition's deliveries begin with."""
    return f"edition:{edition_id}:"


def sent(session: Session, edition_ids: Sequence[int]) -> pd.DataFrame:
    """Whom editions were sent to: edition_id, who, state (labels.DELIVERIES), at (aware UTC), note."""
    rows = []
    for id_ in edition_ids:
        for row in session.execute(
            select(Delivery, Person.name).outerjoin(Person, Person.id == Delivery.person_id)
            .where(Delivery.key.startswith(sent_key(id_), autoescape=True)).order_by(Delivery.id)):
            one, name = row
            rows.append({"edition_id": id_, "who": name or "群机器人", "state": labels.DELIVERIES[one.state],
                         "at": one.done_at or one.made_at, "note": one.note})
    frame = pd.DataFrame(rows, columns=["edition_id", "who", "state", "at", "note"])
    return frame.assign(at=pd.to_datetime(frame["at"], utc=True))


# --- What could be taken in -----------------------------------------------------------------------------------------


def drafts(session: Session, kind: str, ids: Sequence[int], now: datetime) -> list[Draft]:
    """What would be taken over of these, in their order; those that are gone are left out."""
    return {"mention": _mentions, "topic": _topics, "incident": _incidents}[kind](session, ids, now)


def _mentions(session: Session, ids: Sequence[int], now: datetime) -> list[Draft]:
    rows = {row.id: row for row in mentions.shown(session, ids)}
    texts = {id_: text for id_, text in session.execute(
        select(Mention.id, func.substr(Mention.text, 1, 4 * EXCERPT)).where(Mention.id.in_(ids)))}
    out = []
    for row in (rows[id_] for id_ in ids if id_ in rows):
        said = one_line(texts.get(row.id, ""))
        title = display_title(row.title or said, 40)
        where = row.source if row.platform in row.source else f"{row.platform} {row.source}"
        grave = row.risk is not None and row.risk >= GRAVE
        out.append(Draft(
            row.id, "敏感舆情" if grave else "民生诉求" if row.family == "livelihood" else "要闻关注", title,
            lead_of(said) if said and said != title else "",
            f"{where}，{moment(row.published_at, now)}" + (f"，转载 {row.reprints} 篇" if row.reprints else ""),
            row.url, row.published_at, "", 1 + (row.reprints or 0)))
    return out


def _topics(session: Session, ids: Sequence[int], now: datetime) -> list[Draft]:
    out = []
    for id_ in ids:
        one = opinion.topic(session, id_)
        if one is None:
            continue
        days = opinion.topic_days(session, one.id)
        names = list(days.groupby("series")["value"].sum().sort_values(ascending=False).index[:3])
        many = max(one.platforms, len(names))
        where = f"，见于{names[0]}" if many == 1 else (
            f"，涉及{'、'.join(names)}{'等' if many > len(names) else ''} {many} 个平台")
        texts = f"（去重 {labels.thousands(one.folded)} 篇）" if one.folded < one.mentions else ""
        first = f"最早于{moment(one.first_at, now)}见于{one.first_source}" if one.first_source else ""
        seen = topic_views.seen(session, one.id)
        said = "".join(line.text for line in seen.summary) if seen else ""
        figures = f"截至{moment(now, now)}，相关信息 {labels.thousands(one.mentions)} 条{texts}{where}。"
        out.append(Draft(one.id, "网络热点", display_title(one.title, 40), figures + (lead_of(said) if said else ""),
                         first, "", one.first_at, "", one.mentions))
    return out


def _incidents(session: Session, ids: Sequence[int], now: datetime) -> list[Draft]:
    out = []
    for id_ in ids:
        file = incidents.file(session, id_)
        if file is None:
            continue
        head = file.head
        stage = f"目前处于{labels.STAGES[head.stage]}环节" + (f"，牵头单位{head.unit}。" if head.unit else "。")
        text = "".join(one if one.endswith(tuple(_ENDS)) else f"{one}。" for one in (head.summary, head.risk) if one)
        out.append(Draft(head.id, "处置反馈" if head.state == "closed" else "敏感舆情", head.title, text + stage,
                         f"事件处置第{head.id}号，首次采集于{moment(head.first_at, now)}", "", head.first_at,
                         head.level, file.mentions))
    return out


def proposals(session: Session, digest_id: int, now: datetime) -> list[Proposal]:
    """What a digest of its day could hold, the gravest first: incidents that are open, mentions of high risk and those
    marked as 重点, topics with most items; of the day and the one before it. What is in one of these incidents is not
    offered by itself, and of a topic one mention."""
    one = session.get(Digest, digest_id)
    if one is None:
        return []
    held = {(row.kind, row.mention_id or row.topic_id or row.incident_id) for row in session.execute(
        select(DigestItem).where(DigestItem.digest_id == digest_id, DigestItem.removed_at.is_(None))).scalars()}
    start, end = clock.instant(one.day - timedelta(days=1)), clock.instant(one.day + timedelta(days=1))
    out = []
    files = incidents.listed(session, now).head(TOP)
    every = [id_ for top in files["incident_id"] for id_ in family(session, int(top))]
    followed = set(session.execute(
        select(IncidentTopic.topic_id).where(IncidentTopic.incident_id.in_(every))).scalars())
    for row in files.itertuples():
        why = f"{labels.LEVELS[row.level]}事件，{labels.STAGES[row.stage]}，信息 {row.mentions} 条"
        out.append(Proposal("incident", row.incident_id, row.title, why, row.first_at.to_pydatetime(), False))
    starred = func.coalesce(MentionMark.starred, False)
    grave = session.execute(
        select(Mention.id, Mention.title, Mention.text, Mention.published_at, Mention.topic_id, Sense.risk, Source.name,
               starred.label("starred"))
        .join(Sense, Sense.mention_id == Mention.id).join(Source, Source.id == Mention.source_id)
        .outerjoin(MentionMark, MentionMark.mention_id == Mention.id)
        .where(Mention.published_at >= start, Mention.published_at < end, Mention.fold_id == Mention.id,
               func.coalesce(MentionMark.wrong, False).is_(False),
               (Sense.risk >= GRAVE) | starred.is_(True), Mention.id.not_in(incidents.linked(every)))
        .order_by(starred.desc(), Sense.risk.desc(), Mention.published_at.desc()).limit(TOP * TOP)).all()
    told = set(followed)
    for row in grave:
        if row.topic_id in told or len(out) - len(files) == TOP:
            continue
        told |= {row.topic_id} - {None}
        why = f"{'已标为重点，' if row.starred else ''}风险 {row.risk}，{row.name}"
        out.append(Proposal("mention", row.id, display_title(row.title or row.text, 60), why, row.published_at, False))
    hot = opinion.hot(session, Filter(one.day - timedelta(days=1), one.day), TOP)
    for row in hot[~hot["topic_id"].isin(followed)].itertuples():
        why = f"信息 {row.mentions} 条，涉及 {row.platforms} 个平台，居第 {row.rank} 位"
        out.append(Proposal("topic", row.topic_id, row.title, why, row.first_at.to_pydatetime(), False))
    return [Proposal(one.kind, one.id, one.title, one.why, one.at, (one.kind, one.id) in held) for one in out]


def lead_of(text: str, longest: int = EXCERPT) -> str:
    """The beginning of a text in whole sentences, or cut with an ellipsis where the first one is too long."""
    text = one_line(text)
    if len(text) <= longest:
        return text
    cut = max(text.rfind(mark, 0, longest) for mark in _ENDS) + 1
    return text[:cut] if cut >= longest // 4 else text[: longest - 1].rstrip("，、：:,") + "…"


def last_sent_to(session: Session) -> str:
    """Whom the digest before went to, in words."""
    return session.execute(select(Digest.sent_to).where(Digest.sent_to != "", Digest.demo.is_(False))
                           .order_by(Digest.id.desc()).limit(1)).scalar() or ""

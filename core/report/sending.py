"""Sending an issued report: to people by the first of the channels that takes it, to groups by their own; mail has its
PDF and Word with it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session

from core import audit, db, labels
from core.faults import BadInput
from core.models import Channel, Delivery, Edition, EditionFile, Person
from core.query.digests import sent_key
from core.report import editions
from core.report.content import Content, Paragraph
from core.senders import Attachment, Message
from core.settings import settings

GIST = 60
"""Characters of the sentence by which a report is told of in a short message."""


def send(
    session: Session, edition_id: int, people: Sequence[int], channels: Sequence[int], groups: Sequence[int] = (), *,
    message: Message | None = None, who: str, now: datetime,
) -> int:
    """Send an issued report. Who was sent this edition already is not sent it again. `message`: what is said of it,
    otherwise its title and first sentence. Returns how many are new. The caller commits. Raises BadInput."""
    edition = session.get(Edition, edition_id)
    if edition is None:
        raise BadInput("这份报告还没有签发，请先签发再发送")
    if not people and not groups:
        raise BadInput("请选择发给谁")
    if people and not channels:
        raise BadInput("请选择发送渠道")
    there = set(session.execute(select(Person.id).where(Person.id.in_(people), Person.active.is_(True))).scalars())
    ways = set(session.execute(select(Channel.id).where(
        Channel.id.in_([*channels, *groups]), Channel.enabled.is_(True))).scalars())
    if set(people) - there or {*channels, *groups} - ways:
        raise BadInput("选中的人员或渠道已停用或删除，请刷新页面后重选")
    content = (message or about(session, edition, now)).to_dict()
    wanted = [(f"person:{id_}", id_, list(channels)) for id_ in people] + [
        (f"channel:{id_}", None, [id_]) for id_ in groups]
    rows = [{"key": f"{sent_key(edition_id)}{name}", "alert_id": None, "person_id": person, "channels": ways_,
             "content": content, "state": "waiting", "made_at": now, "next_at": now, "done_at": None, "token": "",
             "note": "", "demo": edition.demo} for name, person, ways_ in wanted]
    held = set(session.execute(select(Delivery.key).where(Delivery.key.in_([row["key"] for row in rows]))).scalars())
    new = [row for row in rows if row["key"] not in held]
    if new:
        db.upsert(session, Delivery, new, ["key"])
        audit.note(session, who, f"发送{labels.REPORT_KINDS.get(edition.kind, '报告')}", edition.title,
                   f"{len(new)} 个收件人")
        db.bump(session, now)
    return len(new)


def about(session: Session, edition: Edition, now: datetime) -> Message:
    """What is said of an edition: its title and its first sentence."""
    content = editions.content_of(session, edition.id)
    title = f"【{labels.DEMO}】{edition.title}" if edition.demo else edition.title
    said = _first(content)
    return Message(
        level="blue", title=title, gist=f"{title}已签发"[:GIST], place="", count=0, where="报告中心",
        text=f"{title}\n{said}" if said else title, link=address(edition.id), at=now,
        attachments=attachments(session, edition.id))


def address(edition_id: int) -> str:
    """Where an edition is read; empty where the office has set no address of the app."""
    base = settings().url_of_app.rstrip("/")
    return f"{base}/reports?edition={edition_id}" if base else ""


def attachments(session: Session, edition_id: int) -> tuple[Attachment, ...]:
    """The PDF and Word of an edition, as mail takes them along."""
    files = session.execute(select(EditionFile).where(
        EditionFile.edition_id == edition_id, EditionFile.format.in_(("pdf", "docx"))).order_by(
        EditionFile.format)).scalars()
    return tuple(Attachment(file.name, file.sha256) for file in files)


def _first(content: Content) -> str:
    return next((block.text for section in content.sections for block in section.blocks
                 if isinstance(block, Paragraph)), "")

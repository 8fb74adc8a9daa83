"""The digest (舆情摘报) as a brief: its lead, its items section by section with their sources, a list of them all; how
it is issued, and sent as it was issued.

What people wrote is what stands there; figures in it are those of the moment at which an item was taken over.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from sqlmodel import Session

from core import clock, db, digests, labels
from core.faults import BadInput
from core.models import Edition
from core.query.digests import Item, Whole, scope_of, whole
from core.report import editions, sending
from core.report.content import Column, Content, Heading, Note, Origin, Paragraph, Section, Subject, Table
from core.senders import Message
from core.settings import settings

LEAD = "导语"
_COLUMNS = ("序号", "栏目", "标题", "等级", "来源", "时间", "信息条数", "链接")
_KINDS = {"序号": "rank", "信息条数": "int"}


def build(session: Session, digest_id: int, *, now: datetime) -> Content:
    """The digest as it stands. Raises BadInput where there is none."""
    found = whole(session, digest_id)
    if found is None:
        raise BadInput("这期摘报不存在，可能已被清除，请刷新页面")
    return compose(found, settings().district, settings().office, stamp=db.stamp(session), now=now)


def compose(found: Whole, district: str, office: str, *, stamp: int, now: datetime) -> Content:
    """The brief that a digest makes. Pure."""
    day = f"{found.day.year}年{found.day.month}月{found.day.day}日"
    lead = [Section(LEAD, tuple(Paragraph(line) for line in found.lead.splitlines() if line.strip()), "lead")
            ] if found.lead.strip() else []
    body = [Section(name, tuple(block for item in items for block in _blocks(item)))
            for name, items in ((name, list(items)) for name, items in groupby(found.items, lambda one: one.section))]
    return Content(
        subject=Subject("digest", "", str(found.day), scope_of(found.id)), title=found.title, subtitle="",
        office=office, district=district, platform="", kind=labels.REPORT_KINDS["digest"], period=day,
        scope=found.words, basis="", as_of=now, stamp=stamp, is_demo=found.demo,
        sections=(*lead, *body, *([_annex(found)] if found.items else [])), layout="brief", series="舆情摘报",
        masthead=f"{district}舆情摘报", number=found.words, sent_to=found.sent_to)


def issue(session: Session, digest_id: int, *, by: str, now: datetime) -> Edition:
    """Number the digest and issue it as it stands: the next edition, or the newest where that says the same. The caller
    commits. Raises BadInput where there is nothing to issue."""
    digests.numbered(session, digest_id, now)
    session.flush()
    edition = editions.issue(session, build(session, digest_id, now=now), by=by, now=now)
    db.bump(session, now)
    return edition


def send(
    session: Session, edition_id: int, people: Sequence[int], channels: Sequence[int], groups: Sequence[int] = (), *,
    who: str, now: datetime,
) -> int:
    """Send an issued digest (core.report.sending), told of by its items. Returns how many are new. The caller commits.
    Raises BadInput."""
    edition = session.get(Edition, edition_id)
    if edition is None or edition.kind != "digest":
        raise BadInput("这期摘报还没有签发，请先签发再发送")
    return sending.send(session, edition_id, people, channels, groups, message=_message(session, edition, now), who=who,
                        now=now)


def _message(session: Session, edition: Edition, now: datetime) -> Message:
    """What is said of an edition, as it was issued."""
    content = editions.content_of(session, edition.id)
    rows = content.sections[-1].blocks[0].rows
    titles = [row[_COLUMNS.index("标题")] for row in rows]
    levels = {row[_COLUMNS.index("等级")] for row in rows}
    level = next((code for code, word in labels.LEVELS.items() if word in levels), "blue")
    title = f"【{labels.DEMO}】{edition.title}" if edition.demo else edition.title
    return Message(
        level=level, title=f"【舆情摘报】{title}", gist=f"{title}共{len(rows)}条，首条：{titles[0][:24]}", place="",
        count=len(rows), where="舆情系统舆情摘报",
        text="\n".join([title, *(f"{number}. {one}" for number, one in enumerate(titles, 1))]),
        link=sending.address(edition.id), at=now, attachments=sending.attachments(session, edition.id))


def _blocks(item: Item) -> list[Heading | Paragraph | Origin | Note]:
    blocks: list[Heading | Paragraph | Origin | Note] = [Heading(item.title)]
    blocks += [Paragraph(line) for line in item.text.splitlines() if line.strip()]
    if item.source:
        blocks.append(Origin(f"来源：{item.source}", item.url))
    return blocks


def _annex(found: Whole) -> Section:
    rows = []
    for number, item in enumerate(found.items, 1):
        at = f"{clock.local(item.at):%Y-%m-%d %H:%M}" if item.at else None
        rows.append((number, item.section, item.title, labels.LEVELS.get(item.level), item.source or None, at,
                     item.mentions, item.url or None))
    return Section("条目来源一览", (Table(
        "条目来源一览", tuple(Column(name, _KINDS.get(name, "text")) for name in _COLUMNS), tuple(rows),
        note="信息条数为编入摘报时的数，— 表示没有统计；时间为发布时间，话题和事件为最早出现的时间。"),), "annex")

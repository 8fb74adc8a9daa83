"""The digest (舆情摘报) as a brief: its lead, its items section by section with their sources, a list of them all.

What people wrote is what stands there; figures in it are those of the moment at which an item was taken over.
"""

from datetime import datetime
from itertools import groupby

from sqlmodel import Session

from core import clock, db, labels
from core.faults import BadInput
from core.query.digests import Item, Whole, scope_of, whole
from core.report.content import Column, Content, Heading, Note, Origin, Paragraph, Section, Subject, Table
from core.settings import settings

LEAD = "导语"


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
    return Section("条目来源一览", (Table("条目来源一览", (
        Column("序号", "rank"), Column("栏目"), Column("标题"), Column("等级"), Column("来源"), Column("时间"),
        Column("信息条数", "int"), Column("链接")), tuple(rows),
        note="信息条数为编入摘报时的数，— 表示没有统计；时间为发布时间，话题和事件为最早出现的时间。"),), "annex")

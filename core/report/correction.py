"""更正单: which figures of an issued report were changed by a later edition, from what to what, and why."""

from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import Session

from core import clock, labels
from core.faults import BadInput
from core.models import Edition
from core.report import compare, editions
from core.report.content import Column, Content, Paragraph, Section, Subject, Table, clean_text

KIND = "correction"
REASON = 300
"""Characters of a reason at most."""
_HEADS = {"where": "位置", "name": "项目", "old": "原数", "new": "更正为", "change": "变化"}


def build(session: Session, edition_id: int, reason: str, *, now: datetime) -> Content:
    """The correction of an edition by the newest one of its subject. Raises BadInput where there is no newer one, where
    no figure differs, and without a reason."""
    reason = check(reason)
    old, new = session.get(Edition, edition_id), editions.newest_of(session, edition_id)
    if new.id == edition_id:
        raise BadInput("这份报告还没有新的版次，没有可更正的内容。请先在“编制”中签发新版")
    before, after = editions.content_of(session, edition_id), editions.content_of(session, new.id)
    found = compare.figures_changed(compare.changes(before, after))
    if found.empty:
        raise BadInput(f"第{old.version}版与第{new.version}版的数字相同，不需要更正单")
    return compose(old, new, before, found, reason, _number(session, now), now)


def check(reason: str) -> str:
    """A reason as it is printed. Raises BadInput for none and for one that is too long."""
    reason = clean_text(reason)
    if not reason or len(reason) > REASON:
        raise BadInput(f"请写明更正原因，1 到 {REASON} 个字")
    return reason


def _number(session: Session, now: datetime) -> int:
    """The next number of its year."""
    begin = clock.instant(clock.day_of(now).replace(month=1, day=1))
    return 1 + session.execute(select(func.count()).select_from(Edition).where(
        Edition.kind == KIND, Edition.issued_at >= begin)).scalar_one()


def compose(old: Edition, new: Edition, before: Content, found, reason: str, number: int, now: datetime) -> Content:
    """The correction that those differences make."""
    issued = clock.local(old.issued_at)
    lead = Paragraph(f"{_day(issued)}签发的《{before.title}》第{old.version}版有{len(found)}处数字需要更正，"
                     f"以{_day(clock.local(new.issued_at))}签发的第{new.version}版为准。")
    table = Table("更正内容", tuple(Column(word) for word in _HEADS.values()),
                  tuple(tuple(row[name] for name in _HEADS) for row in found.to_dict("records")),
                  note="变化为更正后的数减原数。")
    return Content(
        subject=Subject(KIND, before.subject.platform, before.subject.period, f"edition:{old.id}"),
        title=f"关于《{before.title}》的更正", subtitle="", office=before.office, district=before.district,
        platform=before.platform, kind=labels.REPORT_KINDS[KIND], period=before.period, scope=before.scope,
        basis=before.basis, as_of=now, stamp=new.stamp, is_demo=before.is_demo, layout="brief", series=before.series,
        masthead=labels.REPORT_KINDS[KIND], number=f"{clock.day_of(now).year}年第{number}号",
        sections=(Section("说明", (lead, Paragraph(f"更正原因：{reason}")), "lead"),
                  Section("更正内容", (table,))),
    )


def _day(at: datetime) -> str:
    return f"{at.year}年{at.month}月{at.day}日"

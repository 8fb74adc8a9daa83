"""The district's own list of deductions and bonuses: its versions, and what people enter under its items.

A version is never changed; of those that began by a day the last is in force. Entries are withdrawn, not deleted.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import select
from sqlmodel import Session

from core import audit, clock, db
from core.faults import BadInput
from core.metrics import deductions
from core.metrics.deductions import Mark, Sheet, said
from core.models import Account, LocalList, LocalMark, Post
from core.records import one_line

TIMES_MOST, REASON_MOST = 999, 500


# --- The list -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the list: who made it when."""

    id: int
    at: datetime
    who: str
    sheet: Sheet


def versions(session: Session) -> list[Version]:
    """Every version, the one that goes before the others first."""
    rows = session.execute(select(LocalList).order_by(LocalList.valid_from.desc(), LocalList.id.desc())).scalars()
    return [Version(row.id, row.at, row.who, _sheet(row)) for row in rows]


def in_force(session: Session, day: date) -> Sheet | None:
    """The list as it counts on a Shanghai day; None where none has begun."""
    query = select(LocalList).where(LocalList.valid_from <= day)
    row = session.execute(query.order_by(LocalList.valid_from.desc(), LocalList.id.desc()).limit(1)).scalar()
    return None if row is None else _sheet(row)


def _sheet(row: LocalList) -> Sheet:
    return Sheet(row.valid_from, row.base, row.pass_line, row.bonus_line, deductions.read(row.items))


def keep(session: Session, sheet: Sheet, *, who: str, now: datetime) -> str:
    """Make a new version of the list; what came of it in words. The caller commits. Raises BadInput (Chinese)."""
    made = deductions.checked(sheet)
    before = in_force(session, made.valid_from)
    if before is not None and replace(before, valid_from=made.valid_from) == made:
        return f"没有变化：{made.valid_from} 起已是这份扣分项。"
    session.add(LocalList(valid_from=made.valid_from, base=made.base, pass_line=made.pass_line,
                          bonus_line=made.bonus_line, items=made.said(), at=now, who=who))
    audit.note(session, who, "修改本地扣分项", f"{made.valid_from} 起", _change(before, made))
    session.flush()
    db.bump(session, now)
    return f"已保存本地扣分项 {len(made.items)} 条，{made.valid_from} 起执行。"


def _change(before: Sheet | None, after: Sheet) -> str:
    """What a version changes, item by item."""
    old = {item.key: item for item in before.items} if before else {}
    new = {item.key: item for item in after.items}
    told = [f"新增“{item.name}”（每次 {said(item.points)} 分，最高 {said(item.most)} 分）"
            for key, item in new.items() if key not in old]
    told += [f"修改“{item.name}”（每次 {said(item.points)} 分，最高 {said(item.most)} 分）"
             for key, item in new.items() if key in old and old[key] != item]
    told += [f"删除“{item.name}”" for key, item in old.items() if key not in new]
    lines = [(word, getattr(after, name)) for name, word in (
        ("base", "基础分"), ("pass_line", "合格线"), ("bonus_line", "加分线")
    ) if before is None or getattr(before, name) != getattr(after, name)]
    return "；".join([*told, *(f"{word} {said(value)}" for word, value in lines)])


# --- Entries --------------------------------------------------------------------------------------------------------


def enter(
    session: Session, account_id: int, item: str, day: date, *, times: int, reason: str, post: str = "",
    evidence: str = "", who: str, now: datetime,
) -> str:
    """Enter a deduction or bonus for an account: `post` is the id that the post has at its platform. In words what was
    entered; the caller commits. Raises BadInput (Chinese)."""
    account = session.get(Account, account_id)
    if account is None:
        raise BadInput("所选的账号已不存在，请刷新页面后重试")
    if day > clock.day_of(now):
        raise BadInput(f"日期 {day} 在今天之后，请改成今天或以前")
    sheet = in_force(session, day)
    meant = {one.key: one for one in sheet.items}.get(item) if sheet else None
    if meant is None:
        raise BadInput(f"{day} 执行的本地扣分项中没有这一条，请核对日期或扣分项的起始日期")
    if not 1 <= times <= TIMES_MOST:
        raise BadInput(f"次数应为 1 至 {TIMES_MOST} 的整数")
    reason, evidence = one_line(reason), one_line(evidence)
    if not reason:
        raise BadInput("没有填写原因，请写明事实")
    for word, text in (("原因", reason), ("依据", evidence)):
        if len(text) > REASON_MOST:
            raise BadInput(f"{word}超过 {REASON_MOST} 个字，请缩短")
    known = select(Post.id).where(Post.account_id == account_id, Post.external_id == post)
    if post and session.execute(known).first() is None:
        raise BadInput("所选的帖文已不存在，请重新选择")
    session.add(LocalMark(account_id=account_id, item=item, day=day, times=times, reason=reason, post=post,
                          evidence=evidence, at=now, who=who))
    words = f"{'加分' if meant.bonus else '扣分'}“{meant.name}”{times} 次"
    audit.note(session, who, "登记本地扣分", account.name, f"{day} {words}：{reason}")
    session.flush()
    db.bump(session, now)
    return f"已登记：{account.name} {day} {words}。"


def withdraw(session: Session, mark_id: int, why: str, *, who: str, now: datetime) -> str:
    """Withdraw an entry; it stays on record, marked. Raises BadInput without a reason, or where it isn't in force."""
    mark = session.get(LocalMark, mark_id)
    if mark is None or mark.withdrawn_at is not None:
        raise BadInput("这条登记已撤回或不存在，请刷新页面")
    why = one_line(why)
    if not why or len(why) > REASON_MOST:
        raise BadInput(f"请填写撤回的原因，不超过 {REASON_MOST} 个字")
    mark.withdrawn_at, mark.withdrawn_by, mark.withdrawn_why = now, who, why
    session.add(mark)
    account = session.get(Account, mark.account_id)
    audit.note(session, who, "撤回本地扣分", account.name, f"{mark.day} {mark.reason}；撤回原因：{why}")
    session.flush()
    db.bump(session, now)
    return f"已撤回：{account.name} {mark.day} 的一条登记。"


def marks(session: Session, account_ids, first: date, last: date) -> dict[int, list[Mark]]:
    """Account id → its entries in force between two days, in their order. `account_ids`: a SELECT of ids."""
    query = (
        select(LocalMark, Post.title, Post.url)
        .outerjoin(Post, (Post.account_id == LocalMark.account_id) & (Post.external_id == LocalMark.post)
                   & (LocalMark.post != ""))
        .where(LocalMark.account_id.in_(account_ids), LocalMark.day.between(first, last),
               LocalMark.withdrawn_at.is_(None)).order_by(LocalMark.day, LocalMark.id)
    )
    found: dict[int, list[Mark]] = {}
    for row, title, url in session.execute(query):
        found.setdefault(row.account_id, []).append(
            Mark(row.item, row.day, row.times, row.reason, shown(row, title, url)))
    return found


def shown(mark: LocalMark, title: str | None, url: str | None) -> str:
    """What shows it, in words: the post's title and address, and what was written."""
    post = f"《{title}》{url or ''}" if title else url or (f"帖文 {mark.post}" if mark.post else "")
    return "；".join(filter(None, (post, mark.evidence)))

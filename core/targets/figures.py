"""The measure of accuracy: what the months' verifications found (core.recheck), each by its newest one that is done."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import func, select
from sqlmodel import Session

from core import clock, labels
from core.metrics import targets
from core.metrics.accuracy import rate
from core.models import AccountMonth, MonthSign, Verification
from core.targets.measured import Evidence, Measured, Wanted, after, frame, heads

_HEADS = heads("month:月份", "state:核验", "accuracy:准确率", "figures:核对数字:int", "wrong:不符:int",
               "trusted:无法核验:int", "waiting:待汇总账号日:int", "finished_at:核验时间:time", "signed:签认")


def accuracy(session: Session, want: Wanted, now: datetime) -> Measured:
    """Of all figures of the year's months that were verified, the share that is what its captures say."""
    done = _done(session, want.first, want.last)
    signs = {sign.verification_id: sign.who or "已签认" for sign in session.execute(
        select(MonthSign).where(MonthSign.month.between(want.first, want.last)).order_by(MonthSign.id)).scalars()}
    known = set(session.execute(select(AccountMonth.month).where(
        AccountMonth.month.between(want.first, want.last)).distinct()).scalars())
    rows, unverified, ended = [], [], 0
    for month in want.months(now):
        one = done.get(month.first)
        if one is None and month.first not in known:
            continue
        over = after(month.last, now)
        ended += over
        if one is None:
            unverified += [month.number] if over else []
            rows.append({"id": str(month), "month": month.label, "state": "未核验" if over else "本月未结束",
                         "accuracy": labels.MISSING})
            continue
        rows.append({"id": str(month), "month": month.label, "state": labels.VERIFICATIONS["done"],
                     "accuracy": rate(one.figures, one.wrong), "figures": one.figures, "wrong": one.wrong,
                     "trusted": one.trusted, "waiting": one.waiting, "finished_at": one.finished_at,
                     "signed": signs.get(one.id, "")})
    shown = Evidence("各月核验", frame(rows, _HEADS).astype({"figures": "Int64", "wrong": "Int64", "trusted": "Int64",
                                                       "waiting": "Int64"}), _HEADS, "quality", "verify",
                     "每月以最近一次完成的核验为准；无法核验的数字（原始数据丢失或不能重新解析）不算对也不算错。")
    words = ("本年各月从采集时留存的原始数据重新推算每个数字，与库中逐一比对；准确率 = 相符的数字 ÷ 核对的数字，"
             "不四舍五入进到 100%。核验按月进行，不分样例与实际数据。")
    figures, wrong = sum(one.figures for one in done.values()), sum(one.wrong for one in done.values())
    over = after(want.last, now)
    lacking = f"{runs(unverified)}尚未核验" if unverified else ""
    if not figures:
        return Measured(None, words, nothing=lacking or "本年还没有核验过的月份，请在“数据质量”中核验", over=over,
                        evidence=(shown,))
    worst = min((one for one in done.values() if one.figures),
                key=lambda one: ((one.figures - one.wrong) / one.figures, one.month))
    notes = [f"最低的一个月是 {worst.month.month} 月，{rate(worst.figures, worst.wrong)}"]
    notes += [f"{lacking}，未计入"] if lacking else []
    if trusted := sum(one.trusted for one in done.values()):
        notes.append(f"另有 {trusted:,} 个数字的原始数据不能重新解析，单列为无法核验")
    to_come = figures / len(done) * max(12 - len(done), 0) if not over else 0
    return Measured(
        (figures - wrong) / figures, words, of=figures - wrong, whole=figures, notes=tuple(notes), over=over,
        outlook=targets.shared(figures - wrong, figures, to_come),
        doubt=f"{lacking}，还不能说全年准确" if lacking and not wrong else "",
        course=tuple((min(clock.Month.of(one.month).last, want.until(now)), (one.figures - one.wrong) / one.figures)
                     for _, one in sorted(done.items()) if one.figures),
        evidence=(shown,))


def runs(months: Sequence[int]) -> str:
    """Months in words, those side by side as one: `1至3月、5月`."""
    said: list[list[int]] = []
    for month in months:
        if said and said[-1][-1] == month - 1:
            said[-1].append(month)
        else:
            said.append([month])
    return "、".join(f"{one[0]}月" if len(one) == 1 else f"{one[0]}至{one[-1]}月" for one in said)


def _done(session: Session, first: date, last: date) -> dict[date, Verification]:
    """The newest finished verification of each month."""
    newest = select(func.max(Verification.id)).where(
        Verification.state == "done", Verification.month.between(first, last)).group_by(Verification.month)
    return {one.month: one for one in session.execute(select(
        Verification.id, Verification.month, Verification.figures, Verification.wrong, Verification.trusted,
        Verification.waiting, Verification.finished_at).where(Verification.id.in_(newest)))}

"""The measure of what people enter by hand: the newest entry that stands."""

from datetime import datetime

from sqlmodel import Session

from core.metrics import targets
from core.targets import kept
from core.targets.measured import Evidence, Measured, Wanted, after, frame, heads

_HEADS = heads("day:截至:date", "value:数值", "note:依据", "ground:证据", "who:填报人",
               "at:填报时间:time", "state:状态")


def entered(session: Session, want: Wanted, now: datetime) -> Measured:
    """What was entered last, by the day it holds from."""
    found = kept.entries(session, want.id)
    standing = [one for one in found if one.withdrawn_at is None]
    gone = {one.id: f"{one.withdrawn_by or '系统'}已撤回" for one in found if one.withdrawn_at is not None}
    rows = [{"id": one.edition_id, "day": one.day, "value": kept.amount(one.value, want.unit), "note": one.note,
             "ground": one.file_name or ("已签发的报告" if one.edition_id else ""), "who": one.who or "系统",
             "at": one.at, "state": gone.get(one.id, "")} for one in found]
    shown = Evidence("填报记录", frame(rows, _HEADS), _HEADS, "reports", "edition")
    words = "系统没有这项记录，由人填报本年累计数和依据；以日期最近的一条为准，撤回的不计。"
    over = after(want.last, now)
    if not standing:
        return Measured(None, words, nothing="还没有填报过", over=over, evidence=(shown,))
    course = tuple((one.day, one.value) for one in reversed(standing))
    return Measured(
        standing[0].value, words, over=over, course=course, evidence=(shown,),
        outlook=targets.refused("人工填报的指标不作预测"),
        expected=want.goal * targets.elapsed(want.first, want.last, want.until(now)))

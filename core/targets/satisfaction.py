"""The measure of satisfaction: the pooled rate of surveys, paper forms and calls after 12345 orders."""

from datetime import datetime

from sqlmodel import Session

from core.metrics import targets
from core.query.satisfaction import pooled
from core.targets.measured import Evidence, Measured, Wanted, after, frame, heads

_HEADS = heads("month:月份", "share:满意率", "interval:95% 区间", "satisfied:满意:int", "n:有效评价:int")


def satisfaction(session: Session, want: Wanted, now: datetime) -> Measured:
    """The share of the satisfied over the year."""
    words = "本年各类满意度数据合并计算：满意 ÷ 有效评价；区间为 95% 置信区间（威尔逊法）。"
    over = after(want.last, now)
    whole = pooled(session, want.first, want.until(now))
    rows, course, right, asked = [], [], 0, 0
    for month in want.months(now):
        one = pooled(session, month.first, min(month.last, want.until(now)))
        if one is None:
            continue
        right, asked = right + one.satisfied, asked + one.n
        course.append((min(month.last, want.until(now)), right / asked))
        rows.append({"id": str(month), "month": month.label, "share": targets.per_cent(one.share),
                     "interval": f"{targets.per_cent(one.low)}–{targets.per_cent(one.high)}",
                     "satisfied": one.satisfied, "n": one.n})
    shown = Evidence("各月满意度", frame(rows, _HEADS), _HEADS)
    if whole is None:
        return Measured(None, words, nothing="没有满意度数据，可在“满意度”中发放问卷或导入结果", over=over,
                        evidence=(shown,))
    gone = targets.elapsed(want.first, want.last, want.until(now))
    to_come = 0 if over else whole.n / gone - whole.n
    doubt = ""
    if not over and whole.share >= want.goal > whole.low:
        doubt = (f"目前 {targets.per_cent(whole.share)}，但样本只有 {whole.n:,} 份，95% 区间下限 "
                 f"{targets.per_cent(whole.low)} 低于目标，还不能肯定")
    return Measured(whole.share, words, of=whole.satisfied, whole=whole.n, low=whole.low, high=whole.high, over=over,
                    outlook=targets.shared(whole.satisfied, whole.n, to_come), doubt=doubt, course=tuple(course),
                    notes=(f"95% 区间 {targets.per_cent(whole.low)} 至 {targets.per_cent(whole.high)}，"
                           f"有效评价 {whole.n:,} 份",), evidence=(shown,))

"""A forecast as a report shows it: a line with its band and what came of those before it, or why there is none."""

from datetime import date

from core.query.topic_views import Ahead
from core.report.content import Block, Chart, Column, Heading, Note, Paragraph, Series, Table

HEADING = "后续走势预测"
SHOWN = 21
"""Days of the past that the chart has."""


def none(why: str) -> list[Block]:
    """There is no forecast."""
    return [Heading(HEADING), Note(f"不作预测：{why}。")]


def blocks(ahead: Ahead, own: str) -> list[Block]:
    """The forecast, where its record allows one to be drawn. `own`: 本话题, 全部信息."""
    told = ahead.shown
    past = f"以往数据回测：{told.past}。" if told.past else ""
    if told.refusal:
        return [Heading(HEADING), Note(f"不作预测：{told.refusal}。{past}{record(ahead, own)}")]
    rows = [(day, round(value, 1), round(low, 1), round(high, 1)) for day, value, low, high in zip(
        told.days, told.values, told.low, told.high, strict=True)]
    table = Table("未来走势预测", (Column("序号", "int"), Column("日期", "date"), Column("预测（条）", "mean"),
                             Column("80%区间下限", "mean"), Column("80%区间上限", "mean")),
                  tuple((n, *row) for n, row in enumerate(rows, 1)),
                  note=f"按截至{told.day}的数据，方法：{told.method}。{record(ahead, own)}{past}")
    return [Heading(HEADING), Paragraph(words(ahead)), _chart(ahead), table]


def words(ahead: Ahead) -> str:
    """The next day and the highest one in a sentence; of one that is refused, why."""
    told = ahead.shown
    if told.refusal:
        return f"后续走势不作预测：{told.refusal}。"
    rows = [(day, round(value, 1), round(low, 1), round(high, 1)) for day, value, low, high in zip(
        told.days, told.values, told.low, told.high, strict=True)]
    day, value, low, high = rows[0]
    if max(told.high) < 1:
        return f"预计未来{len(rows)}天基本没有新信息。"
    if max(row[1] for row in rows) < 1:
        return f"预计未来{len(rows)}天新信息很少，其中{day_words(day)}为{low:g}至{high:g}条（80%区间）。"
    top = max(rows, key=lambda row: row[1])
    return (f"预计未来{len(rows)}天中，{day_words(day)}约{value:g}条（80%区间{low:g}至{high:g}条），"
            f"最高为{day_words(top[0])}的约{top[1]:g}条，{day_words(rows[-1][0])}约{rows[-1][1]:g}条。")


def record(ahead: Ahead, own: str) -> str:
    """What came of the forecasts before."""
    mine, kind = ahead.shown.own, ahead.shown.kind
    if mine:
        return f"到期核对：{mine.words}。"
    return f"{own}尚无到期的预测；同类到期核对：{kind.words}。" if kind else "尚无到期的预测可核对。"


def day_words(day: date) -> str:
    """`3月2日`."""
    return f"{day.month}月{day.day}日"


def _chart(ahead: Ahead) -> Chart:
    past = ahead.past.tail(SHOWN)
    days = (*past["day"], *ahead.line["day"])
    before = (None,) * len(past)
    values = tuple(None if value != value else value for value in past["value"])
    rest = (None,) * len(ahead.line)
    return Chart("line", "每日信息量与预测", "日期", days, (
        Series("实际", (*values, *rest)), Series("预测", (*before, *ahead.line["value"])),
        Series("区间下限", (*before, *ahead.line["low"])), Series("区间上限", (*before, *ahead.line["high"]))), "条")

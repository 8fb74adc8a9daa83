"""Charts as pure functions: a plain frame in, an Altair chart out. Rooms and reports draw with the same ones.

On screen no colour, font or background is set here: Streamlit's theme gives them, light or dark; only the states of a
calendar have colours of their own, since they mean something. `for_print`
adds what paper needs. Missing values are drawn as gaps; a caller never turns them into zeros.
Frames are plain pandas; the columns each function reads are named in its docstring. Values are exact numbers or
NaN; an optional column `mark` holds `≥` or `≈` and is shown in the tooltip in front of the value.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from math import isnan
from typing import Any

import altair as alt
import pandas as pd

from core import labels

AXIS_NUMBER = (
    "abs(datum.value) >= 1e8 ? format(datum.value / 1e8, '.3~f') + '亿' : "
    "abs(datum.value) >= 1e4 ? format(datum.value / 1e4, '.3~f') + '万' : format(datum.value, ',.3~f')"
)
"""Vega expression for an axis label in 万 and 亿."""

AXIS_DAY = (
    "(date(datum.value) == 1 && month(datum.value) == 0) ? timeFormat(datum.value, '%Y年') : "
    "date(datum.value) == 1 ? (month(datum.value) + 1) + '月' : "
    "(month(datum.value) + 1) + '/' + date(datum.value)"
)
"""Vega expression for a day on an axis: 2020年, 2月, 2/15."""
AXIS_HOUR = (
    "hours(datum.value) == 0 ? (month(datum.value) + 1) + '/' + date(datum.value) : hours(datum.value) + '时'"
)
"""Vega expression for an hour on an axis: 2/15 at its midnight, 8时."""
PRINT_COLOURS = ("#1f4e79", "#c0504d", "#e0a030", "#4f8f6f", "#7a5c99", "#5b9bd5", "#8c6d46", "#7f7f7f")
"""Series colours on paper: apart in hue and, printed in grey, in lightness."""

STATE_COLOURS = {
    "collected": "#2F6DB0", "zero": "#A9C8E8", "pending": "#E9C46A", "failed": "#C8553D", "expired": "#7B4B94",
    "unknown": "#8A95A3", "due": "rgba(233,196,106,0.35)", "unmonitored": "rgba(128,140,155,0.22)",
    "ok": "#2F6DB0", "unchanged": "#A9C8E8", "partial": "#E9C46A", "running": "rgba(233,196,106,0.35)",
    "none": "rgba(128,140,155,0.22)",
}
"""State of a day (labels.COVERAGE, labels.RUN_DAYS) → colour, on a light and on a dark ground. They differ in lightness
too, and what needs attention carries a sign, so that nobody has to tell red from green."""
STATE_SIGNS = {"failed": "×", "expired": "!", "unknown": "?", "pending": "…", "partial": "△"}

_AMOUNT = alt.Axis(labelExpr=AXIS_NUMBER, tickCount=5, titleAngle=0, titleAlign="left", titleAnchor="end",
                   titleX=0, titleY=-8, titleBaseline="bottom")
"""Axis of amounts: its title stands upright above it, as Chinese reads."""

_INK, _PALE, _GRID = "#262626", "#595959", "#e3e3e3"


def daily_lines(frame: pd.DataFrame, *, unit: str, value_name: str = "数量", title: str = "", height: int = 280,
                holidays: Mapping[date, str] | None = None, order: Sequence[str] = (),
                zero: bool = True) -> alt.LayerChart:
    """Lines by day, one for each series, broken where a day has no value.

    `frame`: day (date) · value (number or NaN) · series (text, optional) · mark (text, optional).
    `unit`: e.g. 次 · `value_name`: e.g. 阅读数 · `holidays`: days shaded behind the lines, with their names in the
    tooltip · `order`: series in the order of the legend · `zero`: whether the axis starts there (a stock such as
    followers hardly moves beside its own size).
    """
    data = _daily(frame, value_name, unit)
    names = list(order) or list(dict.fromkeys(data["series"]))
    x = _day_axis(data["day"])
    y = alt.Y("value:Q", title=f"{value_name}（{unit}）", axis=_AMOUNT, scale=alt.Scale(zero=zero, nice=True))
    colour = _series_colour(names, symbolType="stroke", symbolOpacity=1)
    base = alt.Chart(data).encode(x=x, y=y, color=colour)
    tooltip = [alt.Tooltip("date_text:N", title="日期"), alt.Tooltip("series:N", title="系列"),
               alt.Tooltip("text:N", title=value_name)]
    if len(names) < 2:
        del tooltip[1]
    lines = base.mark_line(invalid="break-paths-show-path-domains", strokeWidth=2, interpolate="linear")
    alone = base.mark_point(filled=True, size=28).transform_filter("datum.alone")
    touch = base.mark_point(size=160, opacity=0, filled=True).encode(tooltip=tooltip)
    layers = [lines, alone, touch]
    if holidays:
        layers.insert(0, _holiday_bands(holidays, data["day"]))
    return _titled(alt.layer(*layers), title, height)


_FEW = 6
"""Bars by name up to which they are drawn slim: three of them would fill the page."""


def stacked_bars(frame: pd.DataFrame, *, unit: str, value_name: str = "数量", title: str = "", height: int = 280,
                 order: Sequence[str] = (), across: bool = False) -> alt.Chart:
    """Bars by day or by name, the series on top of each other.

    `frame`: day (date) or label (text, in the order given) · series (text) · value (number or NaN). `across`: bars by
    name lie, the first one on top, and their number makes the height.
    """
    if "day" in frame:
        data = _daily(frame, value_name, unit)
        x = _day_axis(data["day"]).scale(padding=14)
        where = alt.Tooltip("date_text:N", title="日期")
    else:
        data = _texts(frame.assign(series=frame.get("series", value_name)), unit)
        short = {"labelAngle": 0} if data["label"].str.len().max() <= 3 else {}
        x = alt.X("label:N", title=None, sort=list(dict.fromkeys(data["label"])),
                  axis=alt.Axis(labelLimit=120, **short))
        where = alt.Tooltip("label:N", title="名称")
    names = list(order) or list(dict.fromkeys(data["series"]))
    data = data.assign(place=data["series"].map({name: n for n, name in enumerate(names)}))
    few = not across and "label" in data and data["label"].nunique() <= _FEW
    width = _bar_width(data["day"]) if "day" in data else {"width": {"band": 0.4}} if few else {}
    amount = {"stack": "zero", "title": f"{value_name}（{unit}）"}
    if across:
        y = alt.Y("label:N", title=None, sort=list(dict.fromkeys(data["label"])),
                  axis=alt.Axis(labelLimit=150, ticks=False, domain=False, labelOverlap=False))
        x = alt.X("value:Q", axis=alt.Axis(labelExpr=AXIS_NUMBER, tickCount=5), **amount)
        height = 26 * data["label"].nunique() + 150  # on screen the height holds title, legend and axis, too
    else:
        y = alt.Y("value:Q", axis=_AMOUNT, **amount)
    chart = alt.Chart(data).mark_bar(**width).encode(
        x=x,
        y=y,
        color=_series_colour(names, **({"columns": 2} if across else {})),
        order=alt.Order("place:Q"),
        tooltip=[where, alt.Tooltip("series:N", title="系列"), alt.Tooltip("text:N", title=value_name)],
    )
    return _titled(chart, title, height)


def hourly_bars(frame: pd.DataFrame, *, unit: str, value_name: str = "数量", title: str = "",
                height: int = 280) -> alt.Chart:
    """Bars by hour of the Shanghai clock, the series on top of each other.

    `frame`: at (beginning of an hour, aware) · series (text) · value (number). Hours without a row have no bar.
    """
    data = _texts(frame.reset_index(drop=True), unit)
    at = pd.to_datetime(data["at"], utc=True).dt.tz_convert("Asia/Shanghai").dt.tz_localize(None)
    names = list(dict.fromkeys(data["series"]))
    data = data.assign(at=at, place=data["series"].map({name: n for n, name in enumerate(names)}),
                       hour_text=[f"{labels_day(one.date())} {one.hour}时" for one in at])
    hours = int((at.max() - at.min()) / timedelta(hours=1)) + 1 if len(at) else 1
    x = alt.X("at:T", title=None, scale=alt.Scale(padding=14), axis=alt.Axis(
        labelExpr=AXIS_HOUR, labelOverlap=True, labelSeparation=6, grid=False, values=_hours(at, hours)))
    amount = alt.Axis(**_AMOUNT.to_dict(), tickMinStep=1)
    chart = alt.Chart(data).mark_bar(size=max(1.0, min(26.0, 440 / hours))).encode(
        x=x, y=alt.Y("value:Q", axis=amount, stack="zero", title=f"{value_name}（{unit}）"),
        color=_series_colour(names), order=alt.Order("place:Q"),
        tooltip=[alt.Tooltip("hour_text:N", title="时间"), alt.Tooltip("series:N", title="系列"),
                 alt.Tooltip("text:N", title=value_name)],
    )
    return _titled(chart, title, height)


def _hours(at: pd.Series, many: int) -> list[alt.DateTime]:
    """Hours for the ticks of an axis, a dozen at most, at even distances from midnight."""
    step = next((step for step in (1, 2, 3, 4, 6, 12) if many <= 12 * step), 24)
    every = pd.date_range(at.min().floor("D"), at.max(), freq=f"{step}h") if len(at) else []
    return [alt.DateTime(year=one.year, month=one.month, date=one.day, hours=one.hour) for one in every
            if one >= at.min()]


def outlook(past: pd.DataFrame, ahead: pd.DataFrame, *, unit: str, value_name: str = "数量", title: str = "",
            height: int = 280) -> alt.LayerChart:
    """What was, as bars by day, and what is expected, as a line in its band.

    `past`: day (date) · value (number or NaN). `ahead`: day · value · low · high, all known; perhaps no row.
    """
    was = _daily(past.assign(series="实际"), value_name, unit)
    will = _daily(ahead[["day", "value"]].assign(series="预测"), value_name, unit)
    if len(ahead):
        will = will.assign(low=list(ahead["low"]), high=list(ahead["high"]))
        will["text"] = [labels.wan(value) + unit for value in ahead["value"]]
        will["range"] = [f"{labels.wan(low)} 至 {labels.wan(high)}{unit}"
                         for low, high in zip(ahead["low"], ahead["high"], strict=True)]
    every = pd.concat([was["day"], will["day"]])
    x = _day_axis(every).scale(padding=14)
    amount = {"title": f"{value_name}（{unit}）", "axis": _AMOUNT}
    y = alt.Y("value:Q", **amount)
    colour = _series_colour(["实际", "预测"], symbolType="square", symbolOpacity=1)
    day = alt.Tooltip("date_text:N", title="日期")
    layers = [alt.Chart(was).mark_bar(**_bar_width(every)).encode(
        x=x, y=y, color=colour, tooltip=[day, alt.Tooltip("text:N", title=value_name)])]
    if len(ahead):
        base = alt.Chart(will).encode(x=x, color=colour)
        tooltip = [day, alt.Tooltip("text:N", title="预测"), alt.Tooltip("range:N", title="80% 区间")]
        layers += [
            base.mark_area(opacity=0.22, line=False).encode(y=alt.Y("low:Q", **amount), y2="high:Q"),
            base.mark_line(strokeWidth=2, strokeDash=[5, 3]).encode(y=y),
            base.mark_point(filled=True, size=36).encode(y=y, tooltip=tooltip),
        ]
    return _titled(alt.layer(*layers), title, height)


def rates(frame: pd.DataFrame, *, target: float, value_name: str = "满意率", title: str = "", height: int = 280,
          ) -> alt.LayerChart:
    """Rates by month in the band of their intervals, with the line that they are to reach.

    `frame`: month (its first day) · share, low, high (0 to 1 or NaN) · n (sample size). Months without a rate are gaps.
    """
    names = [f"{one.year}年{one.month}月" for one in frame["month"]]
    data = frame.assign(label=names, text=[f"{one:.1%}" for one in frame["share"]], range=[
        f"{low:.1%} 至 {high:.1%}" for low, high in zip(frame["low"], frame["high"], strict=True)])
    known = data["share"].notna()
    data["run"] = (~known).cumsum()
    floor = min([target - 0.1, *data.loc[known, "low"]])
    scale = alt.Scale(domain=[max(0.0, int(floor * 20) / 20), 1.0], nice=False)
    amount = {**_AMOUNT.to_dict(), "labelExpr": "format(datum.value, '.0%')"}
    x = alt.X("label:N", title=None, sort=names, axis=alt.Axis(labelOverlap=True, labelAngle=0, grid=False))
    y = alt.Y("share:Q", title=value_name, axis=alt.Axis(**amount), scale=scale)
    base = alt.Chart(data[known]).encode(x=x, detail="run:N")
    tooltip = [alt.Tooltip("label:N", title="月份"), alt.Tooltip("text:N", title=value_name),
               alt.Tooltip("range:N", title="95% 区间"), alt.Tooltip("n:Q", title="样本量", format=",")]
    line = alt.Chart(pd.DataFrame({"target": [target], "words": [f"目标 {target:.0%}"]}))
    return _titled(alt.layer(
        base.mark_area(opacity=0.2, line=False).encode(y=alt.Y("low:Q", scale=scale), y2="high:Q"),
        base.mark_rule(opacity=0.45).encode(y=alt.Y("low:Q", scale=scale), y2="high:Q"),
        base.mark_line(strokeWidth=2).encode(y=y),
        base.mark_point(filled=True, size=50, opacity=1).encode(y=y, tooltip=tooltip),
        line.mark_rule(strokeDash=[6, 4], color="#c0504d").encode(y=alt.Y("target:Q", scale=scale)),
        line.mark_text(align="left", baseline="bottom", dx=4, dy=-3, color="#c0504d").encode(
            y=alt.Y("target:Q", scale=scale), x=alt.value(0), text="words:N"),
    ), title, height)


def course(frame: pd.DataFrame, *, first: date, last: date, goal: float | None, unit: str, value_name: str = "数量",
           ahead: tuple[float, float, float] | None = None, steps: bool = False, ceiling: float | None = None,
           end_name: str = "预计年末", height: int = 260) -> alt.LayerChart:
    """How something went over a year towards its goal, if it has one, and where it is likely to end.

    `frame`: day (date) · value, all known. `ahead`: expected value of the last day (`end_name`) with the ends of its
    band · `steps`: what is there stays until more is · `ceiling`: what nothing can be above.
    """
    data = _texts(frame.assign(day=pd.to_datetime(frame["day"])), unit)
    data["date_text"] = [f"{day.year}年{labels_day(day)}" for day in data["day"]]
    span = [alt.DateTime(year=one.year, month=one.month, date=one.day) for one in (first, last)]
    x = alt.X("day:T", title=None, scale=alt.Scale(domain=span),
              axis=alt.Axis(labelExpr=AXIS_DAY, labelOverlap=True, grid=False, tickCount="month"))
    amount = {"title": f"{value_name}（{unit}）", "axis": _AMOUNT}
    all_ = [*([] if goal is None else [goal]), *data["value"], *(ahead or ())]
    room = max((max(all_) - min(all_)) * 0.08, abs(max(all_)) * 0.01)
    top = min(max(all_) + room, ceiling if ceiling is not None else float("inf"))
    y = alt.Y("value:Q", scale=alt.Scale(domain=[0 if steps else min(all_) - room, top], nice=False), **amount)
    tooltip = [alt.Tooltip("date_text:N", title="日期"), alt.Tooltip("text:N", title=value_name)]
    base, layers = alt.Chart(data).encode(x=x, y=y), []
    if goal is not None:
        aim = pd.DataFrame({"value": [goal], "said": [f"目标 {_digits(goal, '')}{unit}"], "day": [pd.Timestamp(first)]})
        layers = [
            alt.Chart(aim).mark_rule(strokeDash=[6, 4], opacity=0.7).encode(y=y),
            alt.Chart(aim).mark_text(align="left", dx=4, dy=9, opacity=0.8).encode(x=x, y=y, text="said:N"),
        ]
    layers += [
        base.mark_line(strokeWidth=2, interpolate="step-after" if steps else "linear"),
        base.mark_point(filled=True, size=30).encode(tooltip=tooltip),
    ]
    if ahead is not None and len(data):
        value, low, high = ahead
        now, end = data["day"].iloc[-1], pd.Timestamp(last)
        here = float(data["value"].iloc[-1])
        will = _texts(pd.DataFrame({"day": [now, end], "value": [here, value], "low": [here, low],
                                    "high": [here, high]}), unit)
        will["range"] = f"{_digits(low, '')} 至 {_digits(high, '')}{unit}"
        foreseen = alt.Chart(will).encode(x=x)
        layers += [
            foreseen.mark_area(opacity=0.22, line=False).encode(y=alt.Y("low:Q", **amount), y2="high:Q"),
            foreseen.mark_line(strokeWidth=2, strokeDash=[5, 3]).encode(y=y),
            alt.Chart(will.iloc[1:]).mark_point(filled=True, size=40).encode(
                x=x, y=y, tooltip=[alt.Tooltip("text:N", title=end_name), alt.Tooltip("range:N", title="80% 区间")]),
        ]
    return _titled(alt.layer(*layers), "", height)


def ranking_bars(frame: pd.DataFrame, *, unit: str, value_name: str = "数量", title: str = "",
                 name_title: str = "名称", row_height: int = 24) -> alt.LayerChart:
    """Horizontal bars, the largest on top, with the value written at the end of each.

    `frame`: name (text) · value (number or NaN) · mark (text, optional). Rows without a value are left out.
    """
    data = _texts(frame.dropna(subset=["value"]), unit)
    data = data.sort_values("value", ascending=False, kind="stable")
    limit = 1.12 * float(data["value"].max()) if len(data) else 1.0
    y = alt.Y("name:N", title=None, sort=list(data["name"]), axis=alt.Axis(labelLimit=210, ticks=False, domain=False))
    x = alt.X("value:Q", title=f"{value_name}（{unit}）" if unit else value_name,
              scale=alt.Scale(domain=[0, max(limit, 1e-9)], nice=False),
              axis=alt.Axis(labelExpr=AXIS_NUMBER, tickCount=5))
    tooltip = [alt.Tooltip("name:N", title=name_title), alt.Tooltip("text:N", title=value_name)]
    bars = alt.Chart(data).mark_bar().encode(x=x, y=y, tooltip=tooltip)
    ends = alt.Chart(data).mark_text(align="left", dx=4).encode(x=x, y=y, text="short:N", tooltip=tooltip)
    return _titled(alt.layer(bars, ends), title, max(row_height * len(data), 60))


def contributions(frame: pd.DataFrame, *, unit: str, title: str = "", row_height: int = 32) -> alt.LayerChart:
    """Horizontal bars to the right (what raised something) and to the left (what lowered it), in the order given, each
    with its signed value at its end.

    `frame`: name (text) · value (number).
    """
    data = frame.assign(
        value=pd.to_numeric(frame["value"]).astype("float64"),
        text=[f"{value:+.2f}" for value in frame["value"]],
        side=["上升" if value >= 0 else "下降" for value in frame["value"]],
    )
    reach = 1.25 * float(data["value"].abs().max()) if len(data) else 1.0
    y = alt.Y("name:N", title=None, sort=list(data["name"]),
              axis=alt.Axis(labelLimit=180, labelOverlap=False, ticks=False, domain=False))
    x = alt.X("value:Q", title=unit, scale=alt.Scale(domain=[-max(reach, 1e-9), max(reach, 1e-9)], nice=False),
              axis=alt.Axis(tickCount=5))
    colour = alt.Color("side:N", title=None, legend=None, scale=alt.Scale(
        domain=["上升", "下降"], range=[STATE_COLOURS["collected"], STATE_COLOURS["failed"]]))
    tooltip = [alt.Tooltip("name:N", title="数据"), alt.Tooltip("text:N", title=f"贡献（{unit}）")]
    base = alt.Chart(data).encode(x=x, y=y, tooltip=tooltip)
    layers = [base.mark_bar().encode(color=colour)]
    for align, offset, where in (("left", 4, "datum.value >= 0"), ("right", -4, "datum.value < 0")):
        layers.append(base.mark_text(align=align, dx=offset).encode(text="text:N").transform_filter(where))
    return _titled(alt.layer(*layers), title, 60 + row_height * len(data))


def heat(frame: pd.DataFrame, *, unit: str, value_name: str = "数量", title: str = "", row_title: str = "",
         column_title: str = "", row_height: int = 22) -> alt.Chart:
    """A table of coloured cells, for instance weekday by hour. Missing cells stay empty.

    `frame`: row (text or date) · column (text or number) · value (number or NaN), both in the order given.
    """
    data = _texts(frame, unit)
    data["row"] = [labels_day(one) if isinstance(one, date) else str(one) for one in data["row"]]
    data["column"] = [str(one) for one in data["column"]]
    rows, columns = list(dict.fromkeys(data["row"])), list(dict.fromkeys(data["column"]))
    data = data.dropna(subset=["value"])
    chart = alt.Chart(data).mark_rect().encode(
        x=alt.X("column:N", sort=columns, scale=alt.Scale(domain=columns), title=column_title or None,
                axis=alt.Axis(labelAngle=0, labelOverlap=True)),
        y=alt.Y("row:N", sort=rows, scale=alt.Scale(domain=rows), title=row_title or None),
        color=alt.Color("value:Q", title=f"{value_name}（{unit}）",
                        legend=alt.Legend(labelExpr=AXIS_NUMBER, type="symbol", symbolType="square", orient="top",
                                          tickCount=5)),
        tooltip=[alt.Tooltip("row:N", title=row_title or "行"), alt.Tooltip("column:N", title=column_title or "列"),
                 alt.Tooltip("text:N", title=value_name)],
    )
    return _titled(chart, title, max(row_height * len(rows), 60))


CELL = "cell"
"""Name of the selection that a click into a calendar makes: {id, date}."""


def calendar(frame: pd.DataFrame, *, states: Mapping[str, str], row_height: int = 20,
             row_labels: bool = True) -> alt.LayerChart:
    """A cell for every row and day, coloured by its state and signed where something is lacking. A click selects one.

    `frame`: id (number) · row (text; rows in the order given) · day (date) · state (key of `states`) · text (text: what
    else the tooltip says). `states`: key → Chinese word. Days without a cell stay empty. Its legend stands beside it,
    in words that wrap on a phone (core.ui.coverage).
    """
    data = frame.assign(
        date=[day.isoformat() for day in frame["day"]], date_text=[labels_day(day) for day in frame["day"]],
        word=[states[state] for state in frame["state"]],
        sign=[STATE_SIGNS.get(state, "") for state in frame["state"]],
    ).drop(columns="day")
    shown = [state for state in states if (frame["state"] == state).any()]
    first, last = min(frame["day"]), max(frame["day"])
    every = [(first + timedelta(n)).isoformat() for n in range((last - first).days + 1)]
    rows = list(dict.fromkeys(frame["row"]))
    x = alt.X("date:O", title=None, sort=every, scale=alt.Scale(domain=every, paddingInner=0.12, paddingOuter=0),
              axis=alt.Axis(labelExpr=_ORDINAL_DAY if len(every) <= _EVERY_DAY else _ORDINAL_FIFTH, labelAngle=0,
                            labelOverlap="greedy", labelSeparation=6, labelFlush=False, ticks=False, domain=False))
    names = alt.Axis(labelLimit=170, labelOverlap=False, labelFlush=False, ticks=False, domain=False, labelPadding=6)
    y = alt.Y("row:N", title=None, sort=rows, scale=alt.Scale(domain=rows, paddingInner=0.15, paddingOuter=0),
              axis=names if row_labels else None)
    chosen = alt.selection_point(name=CELL, fields=["id", "date"], on="click", empty=False)
    tooltip = [alt.Tooltip("row:N", title="账号")] if row_labels else []
    tooltip += [alt.Tooltip("date_text:N", title="日期"), alt.Tooltip("word:N", title="状态"),
                alt.Tooltip("text:N", title="说明")]
    cells = alt.Chart(data).mark_rect(cornerRadius=2, cursor="pointer").encode(
        x=x, y=y, tooltip=tooltip,
        color=alt.Color("word:N", title=None, sort=[states[state] for state in shown],
                        scale=alt.Scale(domain=[states[state] for state in shown],
                                        range=[STATE_COLOURS[state] for state in shown]), legend=None),
        stroke=alt.condition(chosen, alt.value("#E08A2C"), alt.value("transparent")), strokeWidth=alt.value(2),
    ).add_params(chosen)
    signs = alt.Chart(data[data["sign"] != ""]).mark_text(fontSize=10, fontWeight="bold", color="#FFFFFF").encode(
        x=x, y=y, text="sign:N", tooltip=tooltip,
    )
    return _titled(alt.layer(cells, signs), "", row_height * len(rows) + _DAYS_AXIS)


PLAN_COLOURS = {
    "late": "#B3261E", "held": "#D97706", "review": "#7B4B94", "failed": "#C8553D", "risk": "#E9C46A", "due": "#2F6DB0",
    "ahead": "rgba(128,140,155,0.22)", "done": "#3F8F6B", "overdone": "#8FBFA8", "skipped": "rgba(128,140,155,0.45)",
}
"""State of a report of a plan (labels.REPORT_STATES) → colour."""
_ON_PALE = ("risk", "ahead", "overdone", "skipped")


def plan(frame: pd.DataFrame, *, states: Mapping[str, str], row_height: int = 34) -> alt.LayerChart:
    """A year's plan: months across, rows down, in each cell how many of how many are done, coloured by what wants
    attention most.

    `frame`: row (text; rows in the order given) · month (1 to 12) · state (key of `states`) · done · all (numbers).
    """
    data = frame.assign(
        column=[f"{month}月" for month in frame["month"]], word=[states[state] for state in frame["state"]],
        text=[f"{done}/{every}" for done, every in zip(frame["done"], frame["all"], strict=True)])
    months, rows = [f"{month}月" for month in range(1, 13)], list(dict.fromkeys(frame["row"]))
    shown = [state for state in states if (frame["state"] == state).any()]
    base = alt.Chart(data).encode(
        x=alt.X("column:N", title=None, sort=months, scale=alt.Scale(domain=months, paddingInner=0.06),
                axis=alt.Axis(orient="top", labelAngle=0, ticks=False, domain=False)),
        y=alt.Y("row:N", title=None, sort=rows, scale=alt.Scale(domain=rows, paddingInner=0.12),
                axis=alt.Axis(labelLimit=170, ticks=False, domain=False, labelPadding=6)),
        tooltip=[alt.Tooltip("row:N", title="计划"), alt.Tooltip("column:N", title="月份"),
                 alt.Tooltip("text:N", title="已完成"), alt.Tooltip("word:N", title="状态")])
    cells = base.mark_rect(cornerRadius=3).encode(color=alt.Color(
        "word:N", title=None, sort=[states[state] for state in shown], legend=alt.Legend(orient="bottom"),
        scale=alt.Scale(domain=[states[state] for state in shown], range=[PLAN_COLOURS[state] for state in shown])))
    pale = data["state"].isin(_ON_PALE)
    size = alt.ExprRef("width < 420 ? 0 : 12")  # a phone has room for the colours only
    light = base.mark_text(fontSize=size, color="#FFFFFF").encode(text="text:N").transform_filter(
        alt.FieldOneOfPredicate("state", sorted(set(data.loc[~pale, "state"]))))
    dark = base.mark_text(fontSize=size).encode(text="text:N").transform_filter(
        alt.FieldOneOfPredicate("state", sorted(set(data.loc[pale, "state"]))))
    return _titled(alt.layer(cells, light, dark), "", row_height * len(rows) + 80)


_DAYS_AXIS = 44
"""Pixels below a calendar's cells: on screen a height is of all that is drawn."""
_ORDINAL_DAY = (
    "toNumber(slice(datum.value, 8, 10)) == 1 ? toNumber(slice(datum.value, 5, 7)) + '月' : "
    "'' + toNumber(slice(datum.value, 8, 10))"
)
"""Vega expression for a day written 2026-03-01 on an axis of names: 3月, 2, 3 …"""
_EVERY_DAY = 16
"""So many days each bear their number; of more, every fifth does: which of them would have room differs by screen."""
_ORDINAL_FIFTH = (
    f"toNumber(slice(datum.value, 8, 10)) % 5 == 0 && slice(datum.value, 8, 10) != '30' "
    f"|| slice(datum.value, 8, 10) == '01' ? ({_ORDINAL_DAY}) : ''"
)
"""3月, 5, 10 … 25; the 30th would stand in the way of the next month's name."""


def sparkline(days: Sequence[date], values: Sequence[float | int | None], first: date, last: date,
              ) -> list[float | None]:
    """One value for each day from first to last, None where the day has none: what a LineChartColumn takes."""
    known = dict(zip(days, values, strict=True))
    found = [known.get(first + timedelta(n)) for n in range((last - first).days + 1)]
    return [None if value is None or isnan(value) else float(value) for value in found]


def labels_day(day: date) -> str:
    """`2月3日 周一`."""
    return f"{day.month}月{day.day}日 {labels.WEEKDAYS[day.weekday()]}"


def for_print(chart: Any, *, width: int = 640) -> Any:
    """The chart as it goes on paper: white ground, dark ink, Noto Sans SC, a fixed width in pixels, print colours."""
    sized = chart.properties(width=width, background="white")
    return (
        sized.configure(font="Noto Sans SC", padding=4)
        .configure_view(stroke=None)
        .configure_axis(labelColor=_INK, titleColor=_PALE, gridColor=_GRID, domainColor="#8c8c8c", tickColor="#8c8c8c",
                        labelFontSize=11, titleFontSize=11, titleFontWeight="normal", labelFontWeight="normal")
        .configure_axisX(grid=False)
        .configure_legend(labelColor=_INK, titleColor=_PALE, labelFontSize=11, titleFontSize=11, orient="top",
                          titleFontWeight="normal", symbolStrokeWidth=3)
        .configure_title(color=_INK, fontSize=13, fontWeight="normal", anchor="start")
        .configure_text(color=_INK, fontSize=11)
        .configure_range(category=list(PRINT_COLOURS), heatmap=["#eef3f8", "#9dbbd8", "#1f4e79"],
                         ramp=["#eef3f8", "#9dbbd8", "#1f4e79"])
        .configure_mark(color=PRINT_COLOURS[0])
    )


def _daily(frame: pd.DataFrame, value_name: str, unit: str) -> pd.DataFrame:
    """A row for every day of every series between the first and the last day, so that a gap is a gap."""
    data = frame.copy()
    if "series" not in data:
        data["series"] = value_name
    data["day"] = pd.to_datetime(data["day"])
    if data.empty:
        return _texts(data.assign(date_text="", alone=False), unit)
    every = pd.date_range(data["day"].min(), data["day"].max(), freq="D")
    names = list(dict.fromkeys(data["series"]))
    grid = pd.MultiIndex.from_product([names, every], names=["series", "day"])
    data = data.set_index(["series", "day"]).reindex(grid).reset_index()
    data = _texts(data, unit)
    data["date_text"] = [f"{day.year}年{labels_day(day)}" for day in data["day"]]
    known = data["value"].notna()
    grouped = known.groupby(data["series"])
    data["alone"] = known & ~grouped.shift(1, fill_value=False) & ~grouped.shift(-1, fill_value=False)
    return data


def _texts(frame: pd.DataFrame, unit: str) -> pd.DataFrame:
    """Adds `text` (all digits, for tooltips) and `short` (万, 亿) to a frame with `value` and perhaps `mark`."""
    data = frame.copy()
    data["value"] = pd.to_numeric(data["value"], errors="raise").astype("float64")
    marks = data["mark"].fillna("") if "mark" in data else [""] * len(data)
    data["text"] = [_digits(value, mark) + ("" if isnan(value) else unit)
                    for value, mark in zip(data["value"], marks, strict=True)]
    data["short"] = [mark + labels.wan(value) for value, mark in zip(data["value"], marks, strict=True)]
    return data.drop(columns="mark", errors="ignore")


def _digits(value: float, mark: str) -> str:
    if isnan(value):
        return labels.MISSING
    return mark + (f"{int(value):,}" if value == int(value) else f"{value:,.2f}")


def _day_axis(days: pd.Series, field: str = "day") -> alt.X:
    span = (days.max() - days.min()).days + 1 if len(days) else 1
    ticks = {"tickCount": {"interval": "day", "step": 1}} if span <= 10 else {"tickCount": min(span, 12)}
    return alt.X(f"{field}:T", title=None,
                 axis=alt.Axis(labelExpr=AXIS_DAY, labelOverlap=True, labelSeparation=6, grid=False, **ticks))


def _bar_width(days: pd.Series) -> dict[str, Any]:
    span = (days.max() - days.min()).days + 1 if len(days) else 1
    return {"size": max(1.0, min(26.0, 440 / span))}


def _series_colour(names: list[str], **legend: Any) -> Any:
    if len(names) < 2:
        return alt.Undefined
    wide = _SYMBOL + _LETTER * max(_cells(name) for name in names)
    # As many beside each other as there is room for. On screen the room is the container's: the width of the plot
    # itself is settled only after the legend.
    columns = alt.ExprRef(f"max(1, floor(((containerSize()[0] || width + {_AXIS}) - {_AXIS}) / {wide}))")
    tight = {"orient": "top", "offset": 26, "padding": 0, "rowPadding": 2, "columns": columns}
    return alt.Color("series:N", title=None, sort=names, scale=alt.Scale(domain=names),
                     legend=alt.Legend(**tight | legend))


_SYMBOL, _LETTER, _AXIS = 34, 6, 60
"""Pixels that a legend's entry takes besides its name, half a Chinese character, what stands beside a plot."""


def _cells(name: str) -> int:
    """Width of a name in half characters, as far as a legend shows it (160 pixels)."""
    return min(sum(1 if char.isascii() else 2 for char in name), 26)


def _holiday_bands(holidays: Mapping[date, str], days: pd.Series) -> alt.Chart:
    inside = [(pd.Timestamp(day), name) for day, name in sorted(holidays.items())
              if len(days) and days.min() <= pd.Timestamp(day) <= days.max()]
    half = pd.Timedelta(hours=12)
    bands = pd.DataFrame(
        {"from": [day - half for day, _ in inside], "to": [day + half for day, _ in inside],
         "name": [name for _, name in inside], "date_text": [labels_day(day) for day, _ in inside]},
    ).astype({"from": "datetime64[us]", "to": "datetime64[us]"})
    return alt.Chart(bands).mark_rect(opacity=0.13).encode(
        x=_day_axis(days, "from"), x2="to:T",
        tooltip=[alt.Tooltip("date_text:N", title="日期"), alt.Tooltip("name:N", title="节假日")],
    )


def _titled(chart: Any, title: str, height: int) -> Any:
    properties: dict[str, Any] = {"height": height}
    if title:
        properties["title"] = alt.TitleParams(title, offset=8)  # a phone has no room for the theme's
    return chart.properties(**properties)

"""The charts of a report as Excel's own: lines, bars and stacked columns that point at a sheet of numbers."""

import math
from datetime import date
from typing import Any

from xlsxwriter import Workbook

from core.report.content import Chart

BODY_FACE, HEAD_FACE = "宋体", "黑体"
"""Named, not embedded: the office's machines have them."""
RULE = "#CDD3DB"
SERIES = ("#1F4E79", "#C0504D", "#E0A030", "#4F8F6F", "#7A5C99", "#5B9BD5", "#8C6D46", "#7F7F7F")
AXIS_FORMAT = r'[>=100000000]0\.00,,"亿";[>=10000]0\.0,"万";#,##0'
"""1.23亿, 12.3万. A comma divides by a thousand; the point is literal, so what is left of it counts 亿 or 万."""


def native(book: Workbook, chart: Chart, name: str, top: int) -> Any:
    """The chart as Excel's own. `name`, `top`: the sheet of its numbers, and the row of their heads."""
    kind = {"line": {"type": "line"}, "stacked": {"type": "column", "subtype": "stacked"},
            "bar": {"type": "bar"}}[chart.kind]
    drawn = book.add_chart(kind)
    last = top + len(chart.labels)
    for c in range(1, len(chart.series) + 1):
        colour = SERIES[(c - 1) % len(SERIES)]
        look: dict[str, Any] = {"fill": {"color": colour}, "gap": 60 if chart.kind == "stacked" else 45}
        if chart.kind == "line":  # markers, or a day between two gaps would not be seen
            dot = {"type": "circle", "size": 4, "fill": {"color": colour}, "border": {"color": colour}}
            look = {"line": {"color": colour, "width": 2}, "marker": dot}
        if chart.kind == "bar":
            look["data_labels"] = {"value": True, "num_format": AXIS_FORMAT, "font": {"size": 9}}
        drawn.add_series({"name": [name, top, c], "categories": [name, top + 1, 0, last, 0],
                           "values": [name, top + 1, c, last, c], **look})
    drawn.show_blanks_as("gap")
    face = {"name": BODY_FACE, "size": 9, "bold": False}
    drawn.set_title({"name": f"{chart.title}（{chart.unit}）", "overlay": False,
                      "name_font": {"name": HEAD_FACE, "size": 12, "bold": False}})
    grid = {"visible": True, "line": {"color": "#E3E3E3", "width": 0.75}}
    amounts = {"num_format": AXIS_FORMAT, "num_font": face, "major_gridlines": grid, "min": 0}
    names: dict[str, Any] = {"num_font": face, "major_gridlines": {"visible": False}}
    if chart.labels and isinstance(chart.labels[0], date):
        names |= {"date_axis": True, "num_format": "m/d", "major_unit": max(1, len(chart.labels) // 12),
                  "major_unit_type": "days"}
    if chart.kind == "bar":
        drawn.set_x_axis({"visible": False, "major_gridlines": {"visible": False}, "min": 0})
        drawn.set_y_axis(names | {"reverse": True})
    else:
        drawn.set_x_axis(names)
        drawn.set_y_axis(amounts)
    drawn.set_legend({"none": True} if len(chart.series) == 1 else {"position": "top", "font": face})
    drawn.set_chartarea({"border": {"color": RULE}})
    return drawn


def height(chart: Chart) -> int:
    """In pixels."""
    return max(300, 90 + 24 * len(chart.labels)) if chart.kind == "bar" else 300


def rows(chart: Chart) -> int:
    """How many rows of a sheet a chart takes, with the room below it."""
    return 2 if chart.empty or chart.kind == "heat" else math.ceil(height(chart) / 20) + 2

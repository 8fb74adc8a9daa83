"""The charts of a report: a content's `Chart` block as an Altair chart, and as SVG or PNG for paper."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, register_namespace, tostring

import pandas as pd
import vl_convert
from defusedxml.ElementTree import fromstring

from core import charts
from core.report.content import Chart

SVG = "http://www.w3.org/2000/svg"
WIDTH = 640
"""Width of a chart's data area on paper, in pixels of the chart engine."""

HEIGHTS = {"line": 230, "stacked": 230}
"""Height of the data area by kind, in pixels; rankings and heat maps grow with their rows."""


def altair_chart(block: Chart, *, titled: bool = True) -> Any:
    """The block as an Altair chart that follows the theme of the screen."""
    names = {"unit": block.unit, "value_name": block.series[0].name if len(block.series) == 1 else "数量",
             "title": block.title if titled else ""}
    by_day = _by_day(block)
    key = "day" if by_day else "label"
    rows = [
        {key: label if by_day else str(label), "series": series.name, "value": value}
        for series in block.series
        for label, value in zip(block.labels, series.values, strict=True)
    ]
    frame = pd.DataFrame(rows, columns=[key, "series", "value"])
    order = [series.name for series in block.series]
    height = {"height": HEIGHTS[block.kind]} if block.kind in HEIGHTS else {}
    match block.kind:
        case "line":
            return charts.daily_lines(frame, holidays=dict(block.marks), order=order, **names, **height)
        case "stacked":
            return charts.stacked_bars(frame, order=order, **names, **height)
        case "bar":
            return charts.ranking_bars(frame.rename(columns={key: "name"}), **names)
        case "heat":
            names["value_name"] = "数量"
            cells = frame.rename(columns={key: "column", "series": "row"})
            return charts.heat(cells, column_title=block.x, **names)
    raise ValueError(f"no chart of kind {block.kind!r}")


def svg(block: Chart, font: Path, *, spell: Callable[[str], str] = str) -> tuple[bytes, float]:
    """The block as an SVG that fpdf2 can draw, and its height as a share of its width.

    `font`: the file of Noto Sans SC, with which text is measured · `spell` rewrites every text (see `Paper.spell`).
    """
    return mend(_drawn(_spelt(block, spell), font.parent))


def png(block: Chart, font: Path, *, scale: float = 2.0, spell: Callable[[str], str] = str) -> bytes:
    """The block as a picture, for readers of formats without vectors."""
    return vl_convert.svg_to_png(_drawn(_spelt(block, spell), font.parent), scale=scale)


@lru_cache(maxsize=64)
def _drawn(block: Chart, fonts: Path) -> str:
    """What the chart engine draws: the formats of one report are made one after the other from the same charts."""
    _register(fonts)
    chart = charts.for_print(altair_chart(block, titled=False), width=_width(block))
    return vl_convert.vegalite_to_svg(chart.to_json(validate=False))


def _spelt(block: Chart, spell: Callable[[str], str]) -> Chart:
    """The block with its texts rewritten; the same one where nothing is."""
    return replace(
        block, title=spell(block.title), x=spell(block.x), unit=spell(block.unit),
        labels=block.labels if _by_day(block) else tuple(spell(str(label)) for label in block.labels),
        series=tuple(replace(series, name=spell(series.name)) for series in block.series))


def _by_day(block: Chart) -> bool:
    return all(isinstance(one, date) for one in block.labels)


def _width(block: Chart) -> int:
    """Room is taken off for the names beside the bars, so that all charts come out equally large on the page."""
    return WIDTH - 130 if block.kind in ("bar", "heat") else WIDTH


@cache
def _register(folder: Path) -> None:
    vl_convert.register_font_directory(str(folder))


def mend(text: str) -> tuple[bytes, float]:
    """Vega's SVG without what fpdf2 2.8.9 stumbles over, and its height as a share of its width.

    1. `<line>` without x1, y1, x2 or y2 (0 by definition) raises KeyError.
    2. `<path d="">` raises "Path does not start with move item".
    3. What is hidden (`display="none"`, `opacity="0"`) would be drawn: overlapping axis labels.
    4. Without `stroke` a filled shape gets a black outline (none by definition).
    5. `font-size="11px"` and spoken descriptions (`aria-*`): the unit is dropped, the descriptions too.
    """
    root = fromstring(text)
    _mend_children(root)
    register_namespace("", SVG)
    return tostring(root, encoding="utf-8"), float(root.attrib["height"]) / float(root.attrib["width"])


def _mend_children(parent: Element) -> None:
    for child in list(parent):
        kind = child.tag.removeprefix(f"{{{SVG}}}")
        if child.get("display") == "none" or child.get("opacity") == "0" or (kind == "path" and not child.get("d")):
            parent.remove(child)
            continue
        for name in [name for name in child.attrib if name.startswith("aria-") or name == "role"]:
            del child.attrib[name]
        if kind == "line":
            for name in ("x1", "y1", "x2", "y2"):
                child.attrib.setdefault(name, "0")
        if kind in ("path", "rect", "line", "text"):
            child.attrib.setdefault("stroke", "none")
        if size := child.get("font-size"):
            child.set("font-size", re.sub(r"px$", "", size))
        _mend_children(child)

"""Tables on paper: column widths from what stands in them, heads on every page, rows that stay whole."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.report.content import Column, Table, cell_text
from core.report.paper import LEFT, SOFT, Paper
from core.report.typeset import units

PAD_X, PAD_Y, CAPTION = 4.0, 3.6, 24.0
SIZES = (9.5, 9.0, 8.5, 8.0, 7.5)
"""Type sizes tried, the largest first, until the columns fit."""

_LEFT = {"text"}
_CENTRE = {"rank", "move", "date"}
_WIDEST_TEXT = 20.0
"""Characters in a row beyond which a text column asks for no more room."""
ROOMY = 0.72
"""A table stands upright while every text column gets at least this share of what it would like."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a table is set: type size and column widths in points; `landscape` when it fits only that way."""

    size: float
    widths: tuple[float, ...]
    landscape: bool = False
    insets: tuple[float, ...] = ()
    """Space to the right of each column's numbers: they stand below each other in the middle of the column."""

    @property
    def leading(self) -> float:
        return self.size * 1.42


@dataclass(frozen=True, slots=True)
class Laid:
    """A table as it will be set: its lines cell by cell, and the heights of its head and rows."""

    plan: Plan
    head: list[list[str]]
    head_height: float
    rows: list[list[list[str]]]
    heights: list[float]

    @property
    def opening(self) -> float:
        """What stays together at its beginning: caption, head and three rows, or all where it is short."""
        return CAPTION + self.head_height + sum(self.heights[:3]) + (0 if len(self.rows) > 3 else 8)


def laid(paper: Paper, table: Table) -> Laid:
    """The table laid out, once for each paper."""
    key = id(table)
    if key not in paper.kept:
        cells = _cells(table)
        plan = plan_for(paper, table.columns, cells)
        plan = replace(plan, insets=_insets(paper, cells, plan))
        head = _heads(paper, table.columns, plan)
        rows = [_lines(paper, table.columns, row, plan) for row in cells]
        paper.kept[key] = Laid(
            plan, head, max(len(lines) for lines in head) * plan.leading + 2 * PAD_Y, rows,
            [max((len(lines) for lines in row), default=1) * plan.leading + 2 * PAD_Y for row in rows])
    return paper.kept[key]


def draw(paper: Paper, table: Table, caption: str) -> None:
    """Set the table at the current place, with its caption above and its note below."""
    one = laid(paper, table)
    plan, rows, heights = one.plan, one.rows, one.heights
    paper.turn(plan.landscape)
    paper.need(min(one.opening, paper.floor - paper.dress.top))
    if caption:
        paper.put(LEFT + paper.measure / 2, paper.y + 15, caption, role="heading", size=10.5, align="C")
        paper.y += CAPTION
    _draw_head(paper, table.columns, one.head, one.head_height, plan)
    for n, (row, height) in enumerate(zip(rows, heights, strict=True)):
        last_two = n == len(rows) - 2
        if paper.y + height + (heights[-1] if last_two else 0) > paper.floor:
            _close(paper, plan)
            paper.add_page(orientation=paper.cur_orientation)
            _draw_more(paper, caption)
            _draw_head(paper, table.columns, one.head, one.head_height, plan)
        if n % 2:
            paper.bar(LEFT, paper.y, sum(plan.widths), height, paper.dress.zebra)
        _draw_row(paper, table.columns, row, height, plan)
    if not rows:
        paper.put(LEFT + sum(plan.widths) / 2, paper.y + 16, "本期无数据", role="body", size=plan.size, colour=SOFT,
                  align="C")
        paper.y += 24
    _close(paper, plan)
    if table.note:
        paper.y += 3
        paper.paragraph("注：" + table.note, role="body", size=9, leading=14, indent=0, colour=SOFT)
    paper.y += 10


def lies_across(paper: Paper, table: Table) -> bool:
    """Whether the table is so wide that its pages are turned."""
    return laid(paper, table).plan.landscape


def _cells(table: Table) -> list[list[str]]:
    return [[cell_text(column.kind, cell) for column, cell in zip(table.columns, row, strict=True)]
            for row in table.rows]


def plan_for(paper: Paper, columns: Sequence[Column], cells: Sequence[Sequence[str]]) -> Plan:
    """Type size and widths: upright while names stay on few lines, else across, else squeezed."""
    edges = paper.w - paper.measure
    upright, across = min(paper.w, paper.h) - edges, max(paper.w, paper.h) - edges
    unit = [_needs(paper, columns, cells, n) for n in range(len(columns))]
    needs = {size: [(low * size + 2 * PAD_X, high * size + 2 * PAD_X) for low, high in unit] for size in SIZES}
    tries = ((upright, False, ROOMY, 8.0), (across, True, ROOMY, 8.0), (across, True, 0.0, SIZES[-1]))
    for room, landscape, comfort, smallest in tries:
        for size in SIZES:
            widths = _widths(columns, needs[size], room, comfort) if size >= smallest else None
            if widths:
                return Plan(size, widths, landscape)
    least = [need[0] for need in needs[SIZES[-1]]]
    return Plan(SIZES[-1], tuple(width * across / sum(least) for width in least), True)


def _needs(paper: Paper, columns: Sequence[Column], cells: Sequence[Sequence[str]], n: int) -> tuple[float, float]:
    """The least and the wished width of a column at a type size of 1 point, without padding."""
    column = columns[n]
    texts = [paper.spell(row[n]) for row in cells]
    heading = paper.spell(column.name)
    widest = max((paper.width_of(text, "body", 1) for text in texts), default=0.0)
    head = paper.width_of(heading, "heading", 1)
    if column.kind in _LEFT:
        pieces = [piece.strip() for text in {*texts, heading} for piece in units(text)]
        least = max((paper.width_of(piece, "body", 1) for piece in pieces if len(piece) <= 12), default=1.0)
        least = max(least, min(widest, 5.0))
    else:
        least = widest
    half = paper.width_of(heading[: (len(heading) + 1) // 2], "heading", 1)
    least = max(least, half if len(heading) > 3 else head, 1.6)
    return least, max(least, min(widest, _WIDEST_TEXT), head)


def _widths(columns: Sequence[Column], needs: Sequence[tuple[float, float]], room: float, comfort: float,
            ) -> tuple[float, ...] | None:
    """Widths that fill the room; None when it is too small for the least, or for the wished times `comfort`."""
    least, wished = sum(need[0] for need in needs), sum(need[1] for need in needs)
    if least > room or any(
        column.kind in _LEFT and low + (high - low) * (room - least) / max(wished - least, 1e-9) < comfort * high
        for column, (low, high) in zip(columns, needs, strict=True)
    ):
        return None
    if wished <= room:
        spare = room - wished
        texts = [column.kind in _LEFT for column in columns]
        share = [need[1] * (2 if text else 1) for need, text in zip(needs, texts, strict=True)]
        return tuple(need[1] + spare * part / sum(share) for need, part in zip(needs, share, strict=True))
    ratio = (room - least) / (wished - least)
    return tuple(low + (high - low) * ratio for low, high in needs)


def _insets(paper: Paper, cells: Sequence[Sequence[str]], plan: Plan) -> tuple[float, ...]:
    columns = zip(*cells, strict=True) if cells else [()] * len(plan.widths)
    widest = [max((paper.width_of(paper.spell(text), "body", plan.size) for text in texts), default=0.0)
              for texts in columns]
    return tuple(max((width - wide) / 2, PAD_X) for width, wide in zip(plan.widths, widest, strict=True))


def _heads(paper: Paper, columns: Sequence[Column], plan: Plan) -> list[list[str]]:
    return [paper.lines_of(column.name, width - 2 * PAD_X + 0.1, role="heading", size=plan.size)
            for column, width in zip(columns, plan.widths, strict=True)]


def _lines(paper: Paper, columns: Sequence[Column], row: Sequence[str], plan: Plan) -> list[list[str]]:
    return [paper.lines_of(text, width - 2 * PAD_X + 0.1, role="body", size=plan.size)
            for text, width in zip(row, plan.widths, strict=True)]


def _draw_more(paper: Paper, caption: str) -> None:
    """续表3 above the head of a table that goes on."""
    if paper.content.look > 1 and caption:
        number = caption.partition("　")[0]
        paper.put(LEFT + paper.measure, paper.y + 10, f"续{number}", role="heading", size=9, colour=SOFT, align="R")
        paper.y += 16


def _draw_head(paper: Paper, columns: Sequence[Column], head: list[list[str]], height: float, plan: Plan) -> None:
    width = sum(plan.widths)
    paper.bar(LEFT, paper.y, width, height, paper.dress.head)
    paper.rule(paper.y, width=width, weight=1.0, colour=paper.dress.accent)
    _draw_cells(paper, columns, head, height, plan, role="heading", centred=True)
    paper.y += height
    paper.rule(paper.y, width=width, weight=0.5, colour=paper.dress.accent)


def _draw_row(paper: Paper, columns: Sequence[Column], row: list[list[str]], height: float, plan: Plan) -> None:
    _draw_cells(paper, columns, row, height, plan, role="body", centred=False)
    paper.y += height
    paper.rule(paper.y, width=sum(plan.widths), weight=0.35, colour=paper.dress.rule)


def _draw_cells(paper: Paper, columns: Sequence[Column], cells: list[list[str]], height: float, plan: Plan, *,
                role: str, centred: bool) -> None:
    x = LEFT
    for column, lines, width, inset in zip(columns, cells, plan.widths, plan.insets, strict=True):
        align = "L" if column.kind in _LEFT else "C" if column.kind in _CENTRE or centred else "R"
        at = {"L": x + PAD_X, "C": x + width / 2, "R": x + width - inset}[align]
        y = paper.y + (height - len(lines) * plan.leading) / 2
        for n, line in enumerate(lines):
            base = y + n * plan.leading + plan.leading / 2 + plan.size * 0.36
            paper.put(at, base, line, role=role, size=plan.size, align=align)
        x += width


def _close(paper: Paper, plan: Plan) -> None:
    paper.rule(paper.y, width=sum(plan.widths), weight=1.0, colour=paper.dress.accent)

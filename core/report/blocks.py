"""The blocks of a report on paper: titles and headings with what follows them, text, figures, charts."""

import logging
from collections.abc import Sequence
from io import BytesIO

from fpdf.errors import FPDFException

from core.report import grid, plots
from core.report.content import (
    Block,
    Chart,
    Figures,
    Heading,
    Note,
    Origin,
    Paragraph,
    Section,
    Table,
    numeral,
)
from core.report.paper import FAINT, LEFT, NAVY, SOFT, Paper

LOG = logging.getLogger(__name__)
SMALLEST_CHART = 0.78
"""A chart may shrink to this share of its size to stay on the page."""
CARD, GAP = 66.0, 10.0
"""Height of a headline figure's card, and the room below it."""


def draw(paper: Paper, title: str, section: Section, said: Sequence[str]) -> None:
    """A section at the current place. `title`: its numbered heading, empty where it has none · `said`: the captions of
    its blocks."""
    first = section.blocks[0] if section.blocks else None
    paper.turn(isinstance(first, Table) and grid.lies_across(paper, first))
    if section.role == "annex" and paper.y > paper.dress.top + 1 and not paper.official:
        paper.add_page(orientation=paper.cur_orientation)
    if title:
        _title(paper, title, section.blocks, said)
    count = 0
    for n, (block, caption) in enumerate(zip(section.blocks, said, strict=True)):
        if not isinstance(block, Table | Note | Origin):
            paper.turn(False)
        if paper.official and not isinstance(block, Table | Chart | Figures):
            paper.to_grid()
        match block:
            case Heading():
                count += 1
                _heading(paper, f"（{numeral(count)}）{block.text}", section.blocks[n + 1:], said[n + 1:])
            case Paragraph():
                paper.paragraph(block.text)
            case Note():
                paper.paragraph(block.text, size=9.5, leading=15, indent=0, colour=SOFT)
                paper.y += 4
            case Origin():
                _origin(paper, block)
            case Figures():
                _figures(paper, block)
            case Table():
                paper.space(6 if n else 0)
                grid.draw(paper, block, caption)
            case Chart():
                _chart(paper, block, caption)


def opening(paper: Paper, blocks: Sequence[Block], said: Sequence[str]) -> float:
    """How much of what follows has to stand on the page of the heading before it."""
    if not blocks:
        return 0
    match blocks[0]:
        case Heading(text=text):
            return _heading_height(paper, text) + opening(paper, blocks[1:], said[1:])
        case Paragraph(text=text):
            lines = len(paper.text_lines(text))
            return (lines if lines < 4 else 2) * paper.dress.leading
        case Figures():
            return CARD + GAP + 4
        case Table() as table:
            return 6 + grid.laid(paper, table).opening
        case Chart() as chart:
            return 6 + (_drawn(paper, chart)[2] * SMALLEST_CHART if not chart.empty else 44) + 40
    return 30


def room_for(paper: Paper, title: str, section: Section, said: Sequence[str]) -> float:
    """How much of the page a section of a document needs to begin on it."""
    return (_heading_height(paper, title) if title else 0) + opening(paper, section.blocks, said)


def _title(paper: Paper, title: str, blocks: Sequence[Block], said: Sequence[str]) -> None:
    if paper.official:
        return _official_heading(paper, title, "heading", 0, opening(paper, blocks, said))
    lines = paper.lines_of(title, paper.measure, role="heading", size=16)
    paper.space(20)
    paper.need(130)
    if paper.content.look > 1:
        paper.need(_at_most(paper, 26 * len(lines) + 14 + opening(paper, blocks, said)))
    paper.start_section(title, 0)
    for line in lines:
        paper.put(LEFT, paper.y + 20, line, role="heading", size=16, colour=NAVY)
        paper.y += 26
    paper.rule(paper.y + 4, weight=0.8, colour=NAVY)
    paper.y += 14


def _heading(paper: Paper, text: str, blocks: Sequence[Block], said: Sequence[str]) -> None:
    if paper.official:
        return _official_heading(paper, text, "subheading", 1, opening(paper, blocks, said))
    size = _heading_size(paper)
    paper.space(8)
    paper.need(110 if paper.content.look < 2 else
               _at_most(paper, _heading_height(paper, text) + opening(paper, blocks, said)))
    paper.start_section(text, 1)
    for line in paper.lines_of(text, paper.measure, role="subheading", size=size):
        paper.put(LEFT, paper.y + 18, line, role="subheading", size=size)
        paper.y += 1.78 * size
    paper.y += 3


def _heading_size(paper: Paper) -> float:
    return 15.0 if paper.brief else 13.5


def _heading_height(paper: Paper, text: str) -> float:
    if paper.official:
        return len(paper.text_lines(text, "subheading")) * paper.dress.leading
    size = _heading_size(paper)
    return 1.78 * size * len(paper.lines_of(text, paper.measure, role="subheading", size=size)) + 11


def _official_heading(paper: Paper, text: str, role: str, level: int, after: float) -> None:
    """一、 in 黑体 and （一） in 楷体, of the size of the text and moved in as it is; never the last line of a page."""
    dress = paper.dress
    paper.to_grid()
    lines = paper.text_lines(text, role)
    paper.need(_at_most(paper, len(lines) * dress.leading + after))
    paper.start_section(text, level)
    for line in lines:
        paper.heavy(LEFT + line.indent, paper.y + dress.leading / 2 + dress.size * 0.37, line.text, role=role,
                    size=dress.size, spacing=line.spacing + dress.tight)
        paper.y += dress.leading


def _at_most(paper: Paper, height: float) -> float:
    """Never more than a page holds."""
    return min(height, paper.h - paper.dress.bottom - paper.dress.top - 1)


def _origin(paper: Paper, block: Origin) -> None:
    """Whose it is, in small print; the whole of it leads to its address."""
    size, leading = 10.0, 16.0
    for line in paper.lines_of(block.text, paper.measure - 2 * size, size=size):
        paper.need(leading)
        paper.put(LEFT + 2 * size, paper.y + 11, line, size=size, colour=NAVY if block.url else SOFT)
        if block.url:
            paper.link(LEFT + 2 * size, paper.y, paper.width_of(paper.spell(line), "body", size), leading, block.url)
        paper.y += leading
    paper.y += 4


def _figures(paper: Paper, block: Figures) -> None:
    """Headline numbers in cards, up to four in a row."""
    if not block.items:
        return
    per_row = len(block.items) if len(block.items) <= 5 else 3 if len(block.items) in (6, 9) else 4
    gap, height, accent = GAP, CARD, paper.dress.accent
    width = (paper.measure - gap * (per_row - 1)) / per_row
    paper.y += 4
    for start in range(0, len(block.items), per_row):
        paper.need(height + gap)
        for n, figure in enumerate(block.items[start : start + per_row]):
            x = LEFT + n * (width + gap)
            paper.bar(x, paper.y, width, height, paper.dress.panel)
            paper.bar(x, paper.y, 2.4, height, accent)
            paper.put(x + 12, paper.y + 17, figure.label, role="heading", size=9.5, colour=SOFT)
            size = 20.0 if per_row < 5 else 17.0
            while paper.width_of(paper.spell(figure.value), "heading", size) > width - 32 and size > 11:
                size -= 0.5
            paper.put(x + 12, paper.y + 41, figure.value, role="heading", size=size, colour=accent)
            after = x + 15 + paper.width_of(paper.spell(figure.value), "heading", size)
            paper.put(after, paper.y + 41, figure.unit, role="heading", size=9, colour=SOFT)
            if figure.change:
                paper.put(x + 12, paper.y + 57, figure.change, role="heading", size=8.5, colour=SOFT)
        paper.y += height + gap
    paper.y += 2


def _chart(paper: Paper, block: Chart, caption: str) -> None:
    """The chart as vectors, its caption and note below it, all on one page."""
    if block.empty:
        paper.need(44)
        paper.bar(LEFT, paper.y + 4, paper.measure, 34, paper.dress.panel)
        paper.put(LEFT + paper.measure / 2, paper.y + 25, f"{caption}：本期没有可以画出的数据", role="body", size=10,
                  colour=SOFT, align="C")
        paper.y += 48
        return
    image, ratio, height = _drawn(paper, block)
    note = paper.lines_of(block.note, paper.measure, size=9) if block.note else []
    paper.space(6)
    below = 26 + 14 * len(note)
    left = paper.floor - paper.y - below
    if SMALLEST_CHART * height <= left < height:
        height = left
    paper.need(height + below)
    _place(paper, block, image, height / ratio, height, caption)
    paper.y += height + 4
    paper.put(LEFT + paper.measure / 2, paper.y + 13, caption, role="heading", size=10.5, align="C")
    paper.y += 22
    for line in note:
        paper.put(LEFT + paper.measure / 2, paper.y + 10, line, size=9, colour=FAINT, align="C")
        paper.y += 14
    paper.y += 6


def _drawn(paper: Paper, block: Chart) -> tuple[bytes, float, float]:
    """The chart as SVG, its height as a share of its width, and its height on this paper upright."""
    key = ("chart", id(block))
    if key not in paper.kept:
        paper.kept[key] = plots.svg(block, paper.faces.chart.path, spell=paper.spell)
    image, ratio = paper.kept[key]
    return image, ratio, min(paper.measure * ratio, paper.h - paper.dress.bottom - paper.dress.top - 60)


def _place(paper: Paper, block: Chart, image: bytes, width: float, height: float, caption: str) -> None:
    """The picture as vectors; where fpdf2 can't draw them, as pixels at twice the size, which the log says."""
    left = LEFT + (paper.measure - width) / 2
    place = {"x": left, "y": paper.y, "w": width, "h": height, "alt_text": paper.spell(caption)}
    try:
        paper.image(BytesIO(image), **place)
    except (KeyError, ValueError, NotImplementedError, FPDFException) as error:
        LOG.warning("chart %r is drawn as pixels: %r", block.title, error)
        paper.image(BytesIO(plots.png(block, paper.faces.chart.path, spell=paper.spell)), **place)

"""A content as PDF: cover, contents with links, numbered chapters, figures, charts, tables, page x of y.

Set with fpdf2, text shaping off (it gains nothing for Chinese and is slow). The bytes depend on the content and the
faces only: the creation date is the content's own.
"""

import logging
from io import BytesIO

from fpdf.errors import FPDFException

from core import labels
from core.clock import local
from core.report import grid, plots
from core.report.content import (
    Chart,
    Content,
    Figures,
    Heading,
    Note,
    Origin,
    Paragraph,
    Section,
    Table,
    headings,
    numeral,
)
from core.report.fonts import Faces
from core.report.fonts import faces as package_faces
from core.report.paper import FAINT, INK, LEFT, NAVY, PANEL, RED, RIGHT, SOFT, TOP, Paper

LOG = logging.getLogger(__name__)
SMALLEST_CHART = 0.78
"""A chart may shrink to this share of its size to stay on the page."""



def render(content: Content, faces: Faces | None = None) -> bytes:
    """The report as a PDF file. `faces`: from `fonts.check`; without them the ones that arrived with pip."""
    paper = Paper(content, faces or package_faces())
    if paper.brief:
        return _brief(paper)
    _cover(paper)
    titles = headings(content.sections)
    levels = [level for title, section in zip(titles, content.sections, strict=True)
              for level in (*((0,) if title else ()), *(1 for block in section.blocks if isinstance(block, Heading)))]
    paper.add_page()
    paper.insert_toc_placeholder(
        lambda pdf, outline: pdf.contents_page(outline), pages=paper.contents_pages(levels),
    )
    numbers = _Numbers()
    for title, section in zip(titles, content.sections, strict=True):
        _section(paper, title, section, numbers)
    return bytes(paper.output())


def _brief(paper: Paper) -> bytes:
    """Masthead, sections, whom it goes to and who made it, annexes."""
    content = paper.content
    paper.add_page()
    _masthead(paper)
    numbers = _Numbers()
    named = list(zip(headings(content.sections), content.sections, strict=True))
    for title, section in named:
        if section.role != "annex":
            _section(paper, title, section, numbers)
    _foot(paper)
    for title, section in named:
        if section.role == "annex":
            _section(paper, title, section, numbers)
    return bytes(paper.output())


def _foot(paper: Paper) -> None:
    """版记: whom it goes to, who made it, when."""
    content = paper.content
    paper.turn(False)
    lines = [(name, text) for name, text in (("报送", content.sent_to), ("编制", content.office)) if text]
    rows = [(name, paper.lines_of(text, paper.measure - 150, size=11.5)) for name, text in lines]
    height = 20.0 * sum(len(one) for _, one in rows) + 10
    paper.space(24)
    paper.need(height)
    paper.rule(paper.y, weight=0.8, colour=INK)
    paper.y += 6
    for number, (name, texts) in enumerate(rows):
        paper.put(LEFT + 6, paper.y + 13, f"{name}：", role="heading", size=11.5)
        if number == len(rows) - 1:
            paper.put(paper.w - RIGHT - 6, paper.y + 13, _date(content), size=11.5, align="R")
        for text in texts:
            paper.put(LEFT + 42, paper.y + 13, text, size=11.5)
            paper.y += 20
    paper.rule(paper.y + 2, weight=0.8, colour=INK)
    paper.y += 10


def _date(content: Content) -> str:
    at = local(content.as_of)
    return f"{at.year}年{at.month}月{at.day}日"


def _masthead(paper: Paper) -> None:
    """The red head of a brief: its name, number, office and day; then its title."""
    content = paper.content
    centre, y = paper.w / 2, TOP
    if content.is_demo:
        paper.put(paper.w - RIGHT, y - 14, f"【{labels.DEMO}】", role="heading", size=12, colour=RED, align="R")
    name = content.masthead or content.kind
    size, spacing = 40.0, 10.0
    while size > 24 and paper.width_of(paper.spell(name), "title", size) + spacing * len(name) > paper.measure:
        size, spacing = size - 1, spacing - 0.4
    wide = paper.width_of(paper.spell(name), "title", size) + spacing * (len(name) - 1)
    paper.put(centre - wide / 2, y + size, name, role="title", size=size, colour=RED, spacing=spacing)
    y += size + 30
    if content.number:
        paper.put(centre, y, content.number, size=14, align="C")
        y += 28
    paper.put(LEFT + 4, y, content.office, size=13)
    paper.put(paper.w - RIGHT - 4, y, _date(content), size=13, align="R")
    paper.rule(y + 10, weight=1.8, colour=RED)
    y += 56
    for line in _balanced(paper, content.title, paper.measure - 30, "title", 21):
        paper.put(centre, y, line, role="title", size=21, align="C")
        y += 31
    if content.subtitle:
        paper.put(centre, y - 2, content.subtitle, role="subheading", size=13.5, colour=SOFT, align="C")
        y += 20
    paper.y = y - 4


class _Numbers:
    """Running numbers of tables and charts."""

    def __init__(self) -> None:
        self.tables = self.charts = 0

    def table(self, title: str) -> str:
        self.tables += 1
        return f"表{self.tables}　{title}"

    def chart(self, title: str) -> str:
        self.charts += 1
        return f"图{self.charts}　{title}"


def _cover(paper: Paper) -> None:
    content = paper.content
    at, day = local(content.as_of), _date(content)
    paper.add_page()
    centre = paper.w / 2
    if content.is_demo:
        box, y = 92.0, 52.0
        paper.set_draw_color(*RED)
        paper.set_line_width(1.0)
        paper.rect(paper.w - RIGHT - box, y, box, 26, style="D")
        paper.put(paper.w - RIGHT - box / 2, y + 18, labels.DEMO, role="heading", size=14, colour=RED, align="C")
    paper.put(centre, 190, content.district + content.series, role="title", size=20, colour=RED, align="C", spacing=0)
    paper.rule(212, weight=1.6, colour=RED)
    paper.rule(215.5, weight=0.5, colour=RED)
    y = 318.0
    size = 30.0
    while size > 23 and paper.width_of(paper.spell(content.title), "title", size) > paper.measure:
        size -= 0.5
    for line in _balanced(paper, content.title, paper.measure, "title", size):
        paper.put(centre, y, line, role="title", size=size, colour=INK, align="C")
        y += 1.55 * size
    if content.subtitle:
        paper.put(centre, y + 2, content.subtitle, role="subheading", size=16, colour=SOFT, align="C")
        y += 30
    rows = [(name, value) for name, value in (
        ("统计时段", content.period), ("统计范围", content.scope), ("数据口径", content.basis),
        ("数据截至", f"{day} {at:%H:%M}"), ("版　　次", content.edition_label)) if value]
    y = max(y + 70, 500.0)
    for name, value in rows:
        paper.put(centre - 92, y, name, role="heading", size=12, colour=SOFT)
        for n, line in enumerate(paper.lines_of(value, 190, size=12)):
            paper.put(centre - 12, y + n * 18, line, role="body", size=12)
            y += 18 * (n > 0)
        y += 26
    paper.put(centre, paper.h - 118, content.office, role="title", size=16, align="C")
    paper.put(centre, paper.h - 92, day, role="body", size=13, align="C")


def _balanced(paper: Paper, text: str, width: float, role: str, size: float) -> list[str]:
    """Title lines of about equal length: no last line of one or two characters."""
    lines = paper.lines_of(text, width, role=role, size=size)
    if len(lines) < 2:
        return lines
    narrow = width
    while narrow > width / 2:
        narrow -= size / 2
        tried = paper.lines_of(text, narrow, role=role, size=size)
        if len(tried) > len(lines):
            break
        lines = tried
    return lines


def _section(paper: Paper, title: str, section: Section, numbers: _Numbers) -> None:
    first = section.blocks[0] if section.blocks else None
    paper.turn(isinstance(first, Table) and grid.lies_across(paper, first))
    if section.role == "annex" and paper.y > TOP + 1:
        paper.add_page(orientation=paper.cur_orientation)
    if title:
        _title(paper, title)
    count = 0
    for n, block in enumerate(section.blocks):
        if not isinstance(block, Table | Note | Origin):
            paper.turn(False)
        match block:
            case Heading():
                count += 1
                _heading(paper, f"（{numeral(count)}）{block.text}")
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
                caption = block.title if section.role == "annex" and len(section.blocks) == 1 else ""
                paper.space(6 if n else 0)
                grid.draw(paper, block, "" if caption == section.title else numbers.table(block.title))
            case Chart():
                _chart(paper, block, numbers.chart(block.title))


def _title(paper: Paper, title: str) -> None:
    paper.space(20)
    paper.need(130)
    paper.start_section(title, 0)
    for line in paper.lines_of(title, paper.measure, role="heading", size=16):
        paper.put(LEFT, paper.y + 20, line, role="heading", size=16, colour=NAVY)
        paper.y += 26
    paper.rule(paper.y + 4, weight=0.8, colour=NAVY)
    paper.y += 14


def _heading(paper: Paper, text: str) -> None:
    size = 15.0 if paper.brief else 13.5
    paper.space(8)
    paper.need(110)
    paper.start_section(text, 1)
    for line in paper.lines_of(text, paper.measure, role="subheading", size=size):
        paper.put(LEFT, paper.y + 18, line, role="subheading", size=size)
        paper.y += 1.78 * size
    paper.y += 3


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
    gap, height = 10.0, 66.0
    width = (paper.measure - gap * (per_row - 1)) / per_row
    paper.y += 4
    for start in range(0, len(block.items), per_row):
        paper.need(height + gap)
        for n, figure in enumerate(block.items[start : start + per_row]):
            x = LEFT + n * (width + gap)
            paper.bar(x, paper.y, width, height, PANEL)
            paper.bar(x, paper.y, 2.4, height, NAVY)
            paper.put(x + 12, paper.y + 17, figure.label, role="heading", size=9.5, colour=SOFT)
            size = 20.0 if per_row < 5 else 17.0
            while paper.width_of(paper.spell(figure.value), "heading", size) > width - 32 and size > 11:
                size -= 0.5
            paper.put(x + 12, paper.y + 41, figure.value, role="heading", size=size, colour=NAVY)
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
        paper.bar(LEFT, paper.y + 4, paper.measure, 34, PANEL)
        paper.put(LEFT + paper.measure / 2, paper.y + 25, f"{caption}：本期没有可以画出的数据", role="body", size=10,
                  colour=SOFT, align="C")
        paper.y += 48
        return
    image, ratio = plots.svg(block, paper.faces.chart.path, spell=paper.spell)
    note = paper.lines_of(block.note, paper.measure, size=9) if block.note else []
    height = min(paper.measure * ratio, paper.floor - TOP - 60)
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


def _place(paper: Paper, block: Chart, image: bytes, width: float, height: float, caption: str) -> None:
    """The picture as vectors; where fpdf2 can't draw them, as pixels at twice the size, which the log says."""
    left = LEFT + (paper.measure - width) / 2
    place = {"x": left, "y": paper.y, "w": width, "h": height, "alt_text": paper.spell(caption)}
    try:
        paper.image(BytesIO(image), **place)
    except (KeyError, ValueError, NotImplementedError, FPDFException) as error:
        LOG.warning("chart %r is drawn as pixels: %r", block.title, error)
        paper.image(BytesIO(plots.png(block, paper.faces.chart.path, spell=paper.spell)), **place)

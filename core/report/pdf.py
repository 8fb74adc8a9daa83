"""A content as PDF: cover, contents with links, numbered chapters, figures, charts, tables, page x of y.

Set with fpdf2, text shaping off (it gains nothing for Chinese and is slow). The bytes depend on the content and the
faces only: the creation date is the content's own.
"""

from core import labels
from core.clock import local
from core.report import blocks, document, figures
from core.report.content import Content, Heading, Section, all_captions, headings
from core.report.fonts import Faces
from core.report.fonts import faces as package_faces
from core.report.paper import INK, LEFT, RED, RIGHT, SOFT, TOP, Paper
from core.report.typeset import title_lines

SETTINGS = 4
"""How often a document is set at most until nothing of it stands alone on a page."""
Named = list[tuple[str, Section, list[str]]]
"""Sections with their numbered headings and the captions of their blocks."""


def render(content: Content, faces: Faces | None = None) -> bytes:
    """The report as a PDF file. `faces`: from `fonts.check`; without them the ones that arrived with pip."""
    found = faces or package_faces()
    sections = figures.printed(content)
    named = list(zip(headings(sections), sections, all_captions(sections), strict=True))
    paper = Paper(content, found)
    for _ in range(SETTINGS):
        _LAYOUTS[content.layout](paper, named)
        if paper.begun > 1 and paper.short:  # a first page without text is worse than a last one without
            paper = paper.again(short={page: end for page, end in paper.short.items() if page > 1})
            _LAYOUTS[content.layout](paper, named)
            break
        if not paper.lonely:
            break
        paper = paper.again()
    else:
        _LAYOUTS[content.layout](paper, named)
    return paper.write()


def _report(paper: Paper, named: Named) -> None:
    _cover(paper)
    levels = [level for title, section, _ in named
              for level in (*((0,) if title else ()), *(1 for block in section.blocks if isinstance(block, Heading)))]
    paper.add_page()
    paper.insert_toc_placeholder(
        lambda pdf, outline: pdf.contents_page(outline), pages=paper.contents_pages(levels),
    )
    for title, section, said in named:
        blocks.draw(paper, title, section, said)


def _brief(paper: Paper, named: Named) -> None:
    """Masthead, sections, whom it goes to and who made it, annexes."""
    paper.add_page()
    _masthead(paper)
    for title, section, said in named:
        if section.role != "annex":
            blocks.draw(paper, title, section, said)
    _foot(paper)
    for title, section, said in named:
        if section.role == "annex":
            blocks.draw(paper, title, section, said)


def _foot(paper: Paper) -> None:
    """版记: whom it goes to, who made it, when."""
    content = paper.content
    paper.turn(False)
    lines = [(name, text) for name, text in (("报送", content.sent_to), ("编制", content.office)) if text]
    rows = [(name, paper.lines_of(text, paper.measure - 150, size=11.5)) for name, text in lines]
    height = 20.0 * sum(len(one) for _, one in rows) + 10
    if content.look > 1:
        paper.company(height + 24)
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
    for line in _title(paper, size):
        paper.put(centre, y, line, role="title", size=size, colour=INK, align="C")
        y += 1.55 * size
    if content.subtitle:
        paper.put(centre, y + 2, content.subtitle, role="subheading", size=16, colour=SOFT, align="C")
        y += 30
    edition = "版　　次" if content.look < 3 else "版次"  # letters set apart are copied out of the file as lines apart
    rows = [(name, value) for name, value in (
        ("统计时段", content.period), ("统计范围", content.scope), ("数据口径", content.basis),
        ("数据截至", f"{day} {at:%H:%M}"), (edition, content.seal or content.edition_label)) if value]
    y = max(y + 70, 500.0)
    for name, value in rows:
        paper.put(centre - 92, y, name, role="heading", size=12, colour=SOFT)
        for n, line in enumerate(paper.lines_of(value, 190, size=12)):
            paper.put(centre - 12, y + n * 18, line, role="body", size=12)
            y += 18 * (n > 0)
        y += 26
    paper.put(centre, paper.h - 118, content.office, role="title", size=16, align="C")
    paper.put(centre, paper.h - 92, day, role="body", size=13, align="C")


def _title(paper: Paper, size: float) -> list[str]:
    """The title of a cover; the name of what it is about stays in one piece."""
    content = paper.content
    if content.look < 3:
        return _balanced(paper, content.title, paper.measure, "title", size)
    return title_lines(paper.spell(content.title), paper.measure, lambda part: paper.width_of(part, "title", size),
                       (content.scope, content.platform))


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


_LAYOUTS = {"report": _report, "brief": _brief, "official": document.draw}

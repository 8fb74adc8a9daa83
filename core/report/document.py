"""An official document on paper, after GB/T 9704-2012: red head, title, addressee, text on the grid of 22 lines of 28
characters, attachments, signature and date, and the imprint (版记) at the foot of the last page."""

from core import labels
from core.report import blocks, grid
from core.report.content import Official, Section, Table, written_date
from core.report.paper import LEFT, MM, RED, RIGHT, Paper
from core.report.typeset import title_lines

MARK_RED = (214, 0, 15)
TITLE, SMALL = 22.0, 14.0
"""2号 and 4号 in points."""
THICK, THIN = 0.35 * MM, 0.25 * MM
"""Lines of the imprint: first and last, and those between."""
_LARGEST, _SMALLEST = 58.0, 26.0
"""Sizes of the mark in points."""


def draw(paper: Paper, named: list[tuple[str, Section, list[str]]]) -> None:
    """The whole document. `named`: sections, their numbered headings and the captions of their blocks."""
    content = paper.content
    annexes = [one for one in named if one[1].role == "annex"]
    paper.add_page()
    _head(paper, content.official)
    _title(paper, content.title)
    if content.subtitle:
        _centred(paper, content.subtitle, "subheading", paper.dress.size)
    _addressee(paper, content.official.to)
    for n, (title, section, said) in enumerate(one for one in named if one[1].role != "annex"):
        if n == 0:
            paper.need(blocks.room_for(paper, title, section, said))
            paper.begun = paper.page
        blocks.draw(paper, title, section, said)
    _close(paper, content.official, [section.title for _, section, _ in annexes])
    for number, (_, section, said) in enumerate(annexes, 1):
        _annex(paper, section, said, number if len(annexes) > 1 else 0)
    _imprint(paper, content.official)


def _base(paper: Paper) -> float:
    """Baseline of the line at the current place."""
    return paper.y + paper.dress.leading / 2 + paper.dress.size * 0.37


def _head(paper: Paper, official: Official) -> None:
    """份号, 密级 and 紧急程度 one below the other, the mark, number (and signer), and the red line."""
    dress, top = paper.dress, paper.y
    if paper.content.is_demo:
        paper.put(paper.w - RIGHT, _base(paper), f"【{labels.DEMO}】", role="heading", colour=RED, align="R")
    for text in (official.copy_number, official.secrecy, official.urgency):
        if text:
            paper.put(LEFT, _base(paper), text, role="heading", size=dress.size)
            paper.y += dress.leading
    mark = paper.spell(official.mark)
    size = min(_LARGEST, 0.98 * paper.measure / max(paper.width_of(mark, "title", 1), 1))
    size, spacing = max(size, _SMALLEST), 0.0
    if len(mark) > 1 and (room := paper.measure * 0.86 - paper.width_of(mark, "title", size)) > 0:
        spacing = min(room / (len(mark) - 1), size * 0.42)
    for line in paper.lines_of(mark, paper.measure, role="title", size=size):
        paper.y = max(paper.y, top + 35 * MM)
        paper.heavy(paper.w / 2, paper.y + size * 0.88, line, role="title", size=size, colour=MARK_RED, align="C",
                    spacing=spacing)
        paper.y += size * 1.2
    paper.y += 2 * dress.leading
    base = paper.y
    if official.number and official.signer:
        paper.put(LEFT + dress.size, base, official.number, size=dress.size)
        paper.put(paper.w - RIGHT - dress.size, base, f"签发人：{official.signer}", size=dress.size, align="R")
    elif official.number:
        paper.put(paper.w / 2, base, official.number, size=dress.size, align="C")
    if official.issuer:
        base += dress.leading * bool(official.number)
        day = written_date(paper.content.dated)
        room = paper.measure - 3 * dress.size - paper.width_of(day, "body", dress.size)
        size = min(dress.size, room / max(paper.width_of(paper.spell(official.issuer), "body", 1), 1))
        paper.put(LEFT + dress.size, base, official.issuer, size=size)
        paper.put(paper.w - RIGHT - dress.size, base, day, size=dress.size, align="R")
    paper.rule(base + 4 * MM + 3, weight=1.6, colour=MARK_RED)
    paper.y = base + 4 * MM + 3
    paper.to_grid()


def _title(paper: Paper, text: str) -> None:
    """2号小标宋, two lines below the red one; its lines are of unequal length and break between words."""
    paper.y += 2 * paper.dress.leading
    _centred(paper, text, "title", TITLE)


def _centred(paper: Paper, text: str, role: str, size: float) -> None:
    for line in title_lines(paper.spell(text), paper.measure - size, lambda part: paper.width_of(part, role, size)):
        paper.heavy(paper.w / 2, paper.y + paper.dress.leading / 2 + size * 0.37, line, role=role, size=size, align="C")
        paper.y += paper.dress.leading * (1.1 if size > paper.dress.size else 1)
    paper.to_grid()


def _addressee(paper: Paper, to: str) -> None:
    paper.y += paper.dress.leading
    if to:
        paper.paragraph(to if to.endswith("：") else f"{to}：", indent=0, justify=False)


def _close(paper: Paper, official: Official, attachments: list[str]) -> None:
    """附件说明, signature and date: kept together, and with the end of the text."""
    dress = paper.dress
    paper.turn(False)
    paper.to_grid()
    titles = [line for n, name in enumerate(attachments, 1) for line in _attachment(paper, name, n, len(attachments))]
    date = written_date(paper.content.dated)
    signed = paper.spell(official.signed)
    height = dress.leading * ((1 + len(titles)) * bool(titles) + (3 if signed else 2))
    paper.company(min(height, dress.leading * 12))
    if titles:
        paper.y += dress.leading
    for x, line in titles:
        paper.need(dress.leading)
        paper.put(LEFT + x, _base(paper), line, size=dress.size, spacing=dress.tight)
        paper.y += dress.leading
    paper.y += dress.leading
    pitch = dress.size + dress.tight
    right = paper.w - RIGHT - 4 * pitch
    if signed:
        middle = right - paper.width_of(date, "body", dress.size) / 2
        half = paper.width_of(signed, "body", dress.size) / 2
        paper.put(min(middle, paper.w - RIGHT - half), _base(paper), signed, size=dress.size, align="C")
        paper.y += dress.leading
    paper.put(right, _base(paper), date, size=dress.size, align="R")
    paper.y += dress.leading


def _attachment(paper: Paper, name: str, number: int, many: int) -> list[tuple[float, str]]:
    """The lines of one attachment in the list, and how far each is moved in."""
    pitch = paper.dress.size + paper.dress.tight
    lead = "附件：" if number == 1 else ""
    count = f"{number}." if many > 1 else ""
    inset = 5 * pitch + (0.9 * pitch if count else 0)
    lines = paper.lines_of(name, paper.measure - inset - pitch, size=paper.dress.size)
    first = (2 * pitch, f"{lead}{count}{lines[0]}") if lead else (5 * pitch, f"{count}{lines[0]}")
    return [first, *((inset, line) for line in lines[1:])]


def _annex(paper: Paper, section: Section, said: list[str], number: int) -> None:
    """附件1 at the head of a page of its own, its title two lines below."""
    first = section.blocks[0] if section.blocks else None
    across = isinstance(first, Table) and grid.lies_across(paper, first)
    if paper.y > paper.dress.top + 1:
        paper.add_page(orientation="landscape" if across else "portrait")
    name = f"附件{number}" if number else "附件"
    paper.start_section(f"{name}　{section.title}", 0)
    paper.put(LEFT, _base(paper), name, role="heading", size=paper.dress.size)
    paper.y += 2 * paper.dress.leading
    _centred(paper, section.title, "title", TITLE)
    paper.y += paper.dress.leading / 2
    blocks.draw(paper, "", section, said)


def _imprint(paper: Paper, official: Official) -> None:
    """版记: its lines are as wide as the text area, the last one is its lower edge. It stays on the page of the last
    annex, also where that lies across."""
    pitch, height, inset = SMALL * 1.65, 6.0, SMALL
    label = paper.width_of("抄送：", "body", SMALL)
    copies = official.copies.rstrip("。") + "。" if official.copies else ""
    lines = paper.lines_of(copies, paper.measure - 2 * inset - label, size=SMALL) if copies else []
    printed = official.printed_by
    rows = len(lines) + bool(printed)
    if not rows:
        return
    paper.company(rows * pitch + height + paper.dress.leading / 2)
    y = paper.h - paper.dress.bottom - rows * pitch - height / 2
    paper.rule(y, weight=THICK, colour=paper.dress.ink)
    for n, line in enumerate(lines):
        if n == 0:
            paper.put(LEFT + inset, y + pitch * 0.68, "抄送：", size=SMALL)
        paper.put(LEFT + inset + label, y + pitch * 0.68, line, size=SMALL)
        y += pitch
    if printed:
        if lines:
            paper.rule(y, weight=THIN, colour=paper.dress.ink)
        day = written_date(official.printed_on or paper.content.dated)
        paper.put(LEFT + inset, y + pitch * 0.68, printed, size=SMALL)
        paper.put(paper.w - RIGHT - inset, y + pitch * 0.68, f"{day}印发", size=SMALL, align="R")
        y += pitch
    paper.rule(y, weight=THICK, colour=paper.dress.ink)
    paper.y = y

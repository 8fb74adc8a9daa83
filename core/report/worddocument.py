"""An official document in Word, after GB/T 9704-2012: the same parts as on paper (report.document), as styles that an
office can go on writing in, on the page and grid that it is used to."""

from typing import TYPE_CHECKING, Any

from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.enum.text import WD_LINE_SPACING
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

from core import labels
from core.clock import local
from core.report.content import Official, Table, all_captions, headings, written_date
from core.report.excel import display_width
from core.report.typeset import title_lines
from core.report.wordparts import (
    add_run,
    add_watermark,
    closer,
    element,
    field,
    rule,
    set_style,
    table_cell,
    table_grid,
    table_row,
)

if TYPE_CHECKING:
    from core.report.word import _Writer as Writer

BODY, HEAD, TITLE, SUB = "仿宋_GB2312", "黑体", "方正小标宋简体", "楷体_GB2312"
SIZE, LEADING = 16, 28.95
"""3号, and the pitch at which 22 lines fill 225 mm."""
PITCH = 442.2 / 28
"""Points from character to character: 28 of them fill 156 mm."""
RED = "D6000F"
MEASURE, ACROSS = 15.6, 24.3
_HEIGHT = 35 / 25.4 * 72
"""From the head of the text area to the mark."""


def page(section: Any) -> None:
    """A4 with the margins of the standard, on a grid of 22 lines. The 28 characters of a line come from the styles,
    which are set a little closer: a grid of characters is read differently by other programs than Word."""
    section.top_margin, section.bottom_margin = Cm(3.7), Cm(3.5)
    section.left_margin, section.right_margin = Cm(2.8), Cm(2.6)
    section.header_distance, section.footer_distance = Cm(1.6), Cm(2.3)
    own = section._sectPr
    for grid in own.findall(qn("w:docGrid")):
        own.remove(grid)
    own.append(element("w:docGrid", type="lines", linePitch=str(round(LEADING * 20))))


def styles(writer: "Writer") -> None:
    """Title, levels, text and the parts around it, each with the size and face of the standard."""
    writer.text_styles(SIZE, LEADING)
    make = writer._style
    make("Title", TITLE, 22, align=ALIGN.CENTER, leading=LEADING * 1.1)
    make("Subtitle", SUB, SIZE, align=ALIGN.CENTER, leading=LEADING)
    make("Heading 1", HEAD, SIZE, leading=LEADING)
    make("Heading 2", SUB, SIZE, leading=LEADING)
    for name in ("Heading 1", "Heading 2"):
        style = writer.document.styles[name]
        style.paragraph_format.keep_with_next = True
        style.element.get_or_add_pPr().append(element("w:ind", firstLineChars="200", firstLine=str(SIZE * 40)))
    make("Document Mark", TITLE, 58, align=ALIGN.CENTER, colour=RED, leading=60, new=True)
    make("Document Number", BODY, SIZE, align=ALIGN.CENTER, leading=LEADING, new=True)
    make("Document Addressee", BODY, SIZE, leading=LEADING, before=LEADING, new=True)
    make("Document Attachments", BODY, SIZE, leading=LEADING, new=True)
    make("Document Signature", BODY, SIZE, leading=LEADING, new=True)
    make("Document Annex", HEAD, SIZE, leading=LEADING, new=True)
    make("Document Imprint", BODY, 14, leading=23, new=True)
    make("Report Line", BODY, SIZE, leading=LEADING, new=True)
    writer.small_styles()
    for name in ("Body Text", "Heading 1", "Heading 2", "Document Number", "Document Addressee", "Document Signature",
                 "Document Attachments", "Document Annex"):
        layout = writer.document.styles[name].paragraph_format
        layout.line_spacing_rule, layout.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(LEADING)
        layout.widow_control = True
        closer(writer.document.styles[name], PITCH - SIZE - 0.04)


def feet(writer: "Writer", section: Any) -> None:
    """— 1 — at the outer edge, edition and day of the data at the inner one; the watermark behind all pages."""
    content = writer.content
    writer.document.settings.odd_and_even_pages_header_footer = True
    small = f"{content.seal}　数据截至 {local(content.as_of):%Y-%m-%d %H:%M}".strip()
    for foot, outer in ((section.footer, "right"), (section.even_page_footer, "left")):
        line = foot.paragraphs[0]
        set_style(line, writer.document, "Report Note")
        line.paragraph_format.tab_stops.add_tab_stop(Cm(MEASURE), alignment=2)
        if outer == "right":
            add_run(line, f"{small}\t")
        _number(line)
        if outer == "left":
            add_run(line, f"\t{small}")
    for head in (section.header, section.even_page_header):
        line = head.paragraphs[0]
        set_style(line, writer.document, "Report Note")
        if content.is_demo:
            line.alignment = ALIGN.RIGHT
            add_run(line, f"【{labels.DEMO}】", HEAD, colour="C02020")
        if content.watermark:
            add_watermark(line, content.watermark)


def _number(line: Any) -> None:
    for text in ("　— ", "", " —　"):
        if text:
            add_run(line, text, "宋体")
        else:
            field(line, "PAGE", "1")
    for run in line.runs:
        if "—" in run.text or not run.text:
            run.font.size = Pt(14)


def write(writer: "Writer") -> None:
    """The whole document."""
    content = writer.content
    official = content.official
    named = list(zip(headings(writer.sections), writer.sections, all_captions(writer.sections), strict=True))
    annexes = [one for one in named if one[1].role == "annex"]
    _head(writer, official)
    _title(writer, content.title, before=2 * LEADING)
    if content.subtitle:
        writer._add(content.subtitle, "Subtitle")
    if official.to:
        writer._add(official.to if official.to.endswith("：") else f"{official.to}：", "Document Addressee")
    else:
        writer._add("", "Document Attachments")
    marks = iter(mark for _, _, mark in writer.entries)
    for title, section, said in named:
        if section.role != "annex":
            writer.section(title, section, said, marks)
    _close(writer, official, [section.title for _, section, _ in annexes], last=not annexes)
    for number, (_, section, said) in enumerate(annexes, 1):
        _annex(writer, section, said, number if len(annexes) > 1 else 0)
    if annexes:
        writer.document.paragraphs[-1]._p.addprevious(_imprint(writer, official))


def _head(writer: "Writer", official: Official) -> None:
    content = writer.content
    above = [text for text in (official.copy_number, official.secrecy, official.urgency) if text]
    for text in above:
        writer._add(text, "Document Annex")
    size = min(58.0, 425 / max(display_width(official.mark) / 2, 1))
    line = writer._add(official.mark, "Document Mark", before=max(_HEIGHT - LEADING * len(above), 0))
    line.paragraph_format.line_spacing = Pt(size * 1.1)
    for run in line.runs:
        run.font.size = Pt(round(size * 2) / 2)
    last = None
    if official.number and official.signer:
        last = writer._add(f"　{official.number}\t签发人：{official.signer}　", "Document Number", before=2 * LEADING)
        last.alignment = ALIGN.LEFT
        last.paragraph_format.tab_stops.add_tab_stop(Cm(MEASURE), alignment=2)
    elif official.number:
        last = writer._add(official.number, "Document Number", before=2 * LEADING - 12)
    if official.issuer:
        day = written_date(content.dated)
        last = writer._add("", "Document Number", before=0 if official.number else 2 * LEADING)
        issuer = last.add_run(f"　{official.issuer}")
        room = (MEASURE / 2.54 * 72 - (display_width(day) / 2 + 3) * SIZE) * 2 / display_width(official.issuer)
        issuer.font.size = Pt(min(SIZE, int(room * 2) / 2))
        last.add_run(f"\t{day}　")
        last.alignment = ALIGN.LEFT
        last.paragraph_format.tab_stops.add_tab_stop(Cm(MEASURE), alignment=2)
    rule(last or writer._add("", "Document Number"), RED, 13, space=8)


def _title(writer: "Writer", text: str, before: float = 0) -> None:
    lines = title_lines(text, MEASURE / 2.54 * 72 - 22, lambda part: display_width(part) * 11)
    line = writer._add("", "Title", before=before)
    for number, one in enumerate(lines):
        run = line.add_run(one)
        if number < len(lines) - 1:
            run.add_break()


def _close(writer: "Writer", official: Official, attachments: list[str], *, last: bool) -> None:
    """附件说明, signature and date; before the last of them the imprint, where this is the last page."""
    writer._upright()
    body = [line for line in writer.document.paragraphs if line.style.name == "Body Text"]
    if body:
        body[-1].paragraph_format.keep_with_next = True
    for number, name in enumerate(attachments, 1):
        count = f"{number}." if len(attachments) > 1 else ""
        line = writer._add(f"{'附件：' if number == 1 else ''}{count}{name}", "Document Attachments",
                           before=LEADING if number == 1 else 0)
        inset = 5 + (0.9 if count else 0)
        line.paragraph_format.left_indent = Pt(inset * PITCH)
        line.paragraph_format.first_line_indent = Pt((2 - inset if number == 1 else 5 - inset) * PITCH)
        line.paragraph_format.keep_with_next = True
    date = written_date(writer.content.dated)
    if official.signed:
        line = writer._add(official.signed, "Document Signature", before=LEADING)
        wide, day = display_width(official.signed) * PITCH / 2, display_width(date) * PITCH / 2
        line.alignment = ALIGN.RIGHT
        line.paragraph_format.right_indent = Pt(max(4 * PITCH + (day - wide) / 2, 0))
        line.paragraph_format.keep_with_next = True
    line = writer._add(date, "Document Signature", before=0 if official.signed else LEADING)
    if last:
        line._p.addprevious(_imprint(writer, official))
    line.alignment = ALIGN.RIGHT
    line.paragraph_format.right_indent = Pt(4 * PITCH)


def _annex(writer: "Writer", section: Any, said: list[str], number: int) -> None:
    first = section.blocks[0] if section.blocks else None
    turned = writer._turn(isinstance(first, Table) and writer.lies_across(first))
    line = writer._add(f"附件{number}" if number else "附件", "Document Annex", after=LEADING)
    line.paragraph_format.page_break_before = not turned
    _title(writer, section.title)
    writer.section("", section, said, iter(()))


def _imprint(writer: "Writer", official: Official) -> Any:
    """A table at the foot of the text area of the page that it comes to stand on, with lines around its rows."""
    day = written_date(official.printed_on or writer.content.dated)
    measure = ACROSS if writer.across else MEASURE
    copies = f"抄送：{official.copies.rstrip('。')}。" if official.copies else ""
    said = [text for text in (copies, f"{official.printed_by}\t{day}印发" if official.printed_by else "") if text]
    table = table_grid(writer.document, [measure], border="000000")
    borders = table.tblPr.find(qn("w:tblBorders"))
    for side, eighths in (("top", 8), ("left", 0), ("bottom", 8), ("right", 0), ("insideH", 6)):
        edge = borders.find(qn(f"w:{side}"))
        edge.set(qn("w:sz"), str(eighths))
        edge.set(qn("w:val"), "single" if eighths else "nil")
    table.tblPr.insert(0, element("w:tblpPr", vertAnchor="margin", horzAnchor="margin", tblpXSpec="center",
                                  tblpYSpec="bottom"))
    for text in said:
        cell = table_cell(table_row(table))
        line = writer._add(text, "Document Imprint")
        line.paragraph_format.tab_stops.add_tab_stop(Cm(measure) - Pt(14 + 7), alignment=2)
        line.paragraph_format.left_indent = Pt(56 if text == copies else 14)
        line.paragraph_format.first_line_indent = Pt(-42 if text == copies else 0)
        cell.append(line._p)
    return table

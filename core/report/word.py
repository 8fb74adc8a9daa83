"""A content as Word document that an office can go on writing in: real styles, heading levels, native tables, captions.

Faces are named, not embedded: the office's machines have them. Nothing that came from outside becomes a field; a link
is one only where it is a web address. The bytes depend on the content only.
"""

import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC
from io import BytesIO
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.enum.text import WD_LINE_SPACING
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.text.paragraph import Paragraph as Line

from core import labels
from core.clock import local
from core.report import figures, fonts, plots, worddocument
from core.report.content import (
    Chart,
    Column,
    Content,
    Figures,
    Heading,
    Note,
    Origin,
    Paragraph,
    Section,
    Table,
    all_captions,
    cell_text,
    headings,
    numeral,
)
from core.report.excel import column_width
from core.report.wordparts import (
    add_run,
    add_vectors,
    add_watermark,
    cell_line,
    element,
    field,
    field_mark,
    instruction,
    no_grid,
    rule,
    set_style,
    table_cell,
    table_grid,
    table_row,
    text_run,
)

BODY, HEAD, TITLE, SUB = "仿宋_GB2312", "黑体", "方正小标宋简体", "楷体_GB2312"
LATIN = "Times New Roman"
NAVY, SOFT, RED, RULE, SHADE, PANEL = "1F4E79", "606060", "C02020", "CDD3DB", "E4EBF3", "F3F6FA"
MARGINS = {"top": Cm(3.0), "bottom": Cm(2.7), "left": Cm(2.8), "right": Cm(2.6)}
MEASURE, ACROSS = 15.6, 24.3
"""Width of the text area in centimetres, upright and across."""
SHARP = 3.0
"""Scale of chart pictures for programs that can't show vectors: about 300 dpi."""
CHARACTER = 0.19
"""Centimetres that a Latin character of a table takes."""
_MOMENT = (2020, 1, 1, 0, 0, 0)
"""Stands as the date of every part in the package, so that the same content gives the same bytes."""
_CENTRED = {"rank", "move", "date"}


def render(content: Content) -> bytes:
    """The report as a .docx file."""
    return _same_bytes(_Writer(content).write())


def _same_bytes(document: Any) -> bytes:
    """The package with nothing in it that depends on when it was made."""
    written, memory = BytesIO(), BytesIO()
    document.save(written)
    with zipfile.ZipFile(written) as parts, zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as out:
        for name in parts.namelist():
            part = zipfile.ZipInfo(name, _MOMENT)
            part.compress_type = zipfile.ZIP_DEFLATED
            out.writestr(part, parts.read(name))
    return memory.getvalue()


class _Writer:
    """The document while it is being written."""

    def __init__(self, content: Content):
        self.content, self.brief = content, content.layout == "brief"
        self.official, self.new = content.layout == "official", content.look > 1
        self.shade, self.panel = ("EEEEEE", "F5F5F5") if self.official else (SHADE, PANEL)
        self.sections = figures.printed(content)
        self.document = Document()
        self.known: dict[str, str | None] = {}
        self.marks = self.charts = 0
        self.across = False
        self.entries: list[tuple[int, str, str]] = list(_entries(self.sections))

    def write(self) -> Any:
        self._properties()
        self._styles()
        self._page(self.document.sections[0])
        self._header_and_footer()
        if self.official:
            worddocument.write(self)
            return self.document
        if self.brief:
            self._masthead()
        else:
            self._cover()
            self._contents()
        marks = iter(mark for _, _, mark in self.entries)
        footed = False
        for title, section, said in zip(headings(self.sections), self.sections, all_captions(self.sections),
                                        strict=True):
            if self.brief and section.role == "annex" and not footed:
                self._foot()
                footed = True
            self.section(title, section, said, marks)
        if self.brief and not footed:
            self._foot()
        return self.document

    # --- The whole

    def _properties(self) -> None:
        content, own = self.content, self.document.core_properties
        at = content.as_of.astimezone(UTC).replace(tzinfo=None, microsecond=0)
        own.title, own.author, own.last_modified_by = content.title[:250], content.office[:250], content.office[:250]
        own.subject, own.category, own.language = content.about[:250], content.kind[:250], "zh-CN"
        own.comments, own.created, own.modified, own.revision = "", at, at, 1

    def _styles(self) -> None:
        if self.official:
            worddocument.styles(self)
            return
        size, leading = (15, 28) if self.brief else (12, 22)
        self.text_styles(size, leading)
        self._style("Title", TITLE, 22, align=ALIGN.CENTER, leading=34)
        self._style("Subtitle", SUB, 15, align=ALIGN.CENTER, colour=SOFT, leading=24)
        first = self._style("Heading 1", HEAD, 16, colour=NAVY, leading=28, before=16, after=6)
        second = self._style("Heading 2", SUB, 16 if self.brief else 14, leading=26, before=8, after=2)
        for style in (first, second):
            style.paragraph_format.keep_with_next = True
        self.small_styles()
        self._style("TOC 1", BODY, 12, leading=24, new=True)
        below = self._style("TOC 2", BODY, 11, leading=21, new=True)
        below.paragraph_format.left_indent = Pt(22)

    def text_styles(self, size: float, leading: float) -> None:
        """Running text: justified, moved in by two characters."""
        normal = self._style("Normal", BODY, size, leading=leading)
        normal.paragraph_format.space_after = Pt(0)
        language = normal.element.get_or_add_rPr()
        language.append(element("w:lang", val="en-US", eastAsia="zh-CN"))
        text = self._style("Body Text", BODY, size, leading=leading, new=False)
        text.paragraph_format.space_after = Pt(0)
        text.element.get_or_add_pPr().append(element("w:ind", firstLineChars="200", firstLine=str(round(size * 40))))
        text.paragraph_format.alignment = ALIGN.JUSTIFY

    def small_styles(self) -> None:
        """Captions, notes and what stands in tables."""
        self._style("Caption", HEAD, 10.5, align=ALIGN.CENTER, leading=18, before=6, after=4)
        self._style("Report Note", BODY, 9.5, colour=SOFT, leading=15, after=4, new=True)
        self._style("Report Origin", BODY, 10.5, colour=SOFT, leading=17, after=4, new=True)
        if not self.official:
            self._style("Report Masthead", TITLE, 40, align=ALIGN.CENTER, colour=RED, leading=56, new=True)
            self._style("Report Line", BODY, 13, leading=24, new=True)
        self._style("Report Cell", BODY, 9.5, leading=14, new=True)
        self._style("Report Head", HEAD, 9.5, leading=14, align=ALIGN.CENTER, new=True)
        self._style("Report Figure", HEAD, 16, colour="" if self.official else NAVY, leading=24, new=True)
        if self.official:
            for name in ("Caption", "Report Note", "Report Origin", "Report Cell", "Report Head", "Report Figure"):
                no_grid(self.document.styles[name])

    def _style(
        self, name: str, face: str, size: float, *, align: Any = None, colour: str = "", leading: float,
        before: float = 0, after: float = 0, new: bool = False,
    ) -> Any:
        styles = self.document.styles
        style = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH) if new else styles[name]
        if new:
            style.base_style = styles["Normal"]
        font = style.font
        font.size, font.bold, font.italic = Pt(size), False, False
        font.color.rgb = RGBColor.from_string(colour or ("000000" if self.official else "262626"))
        faces = style.element.get_or_add_rPr().get_or_add_rFonts()
        faces.attrib.clear()
        for script, one in (("ascii", LATIN), ("hAnsi", LATIN), ("eastAsia", face), ("cs", LATIN)):
            faces.set(qn(f"w:{script}"), one)
        layout = style.paragraph_format
        layout.line_spacing_rule, layout.line_spacing = WD_LINE_SPACING.AT_LEAST, Pt(leading)
        layout.space_before, layout.space_after = Pt(before), Pt(after)
        if align is not None:
            layout.alignment = align
        for border in style.element.pPr.findall(qn("w:pBdr")):  # Word's own Title is underlined
            style.element.pPr.remove(border)
        return style

    def _page(self, section: Any) -> None:
        section.page_width, section.page_height = Cm(21.0), Cm(29.7)
        if self.official:
            worddocument.page(section)
            return
        for side, margin in MARGINS.items():
            setattr(section, f"{side}_margin", margin)
        section.header_distance, section.footer_distance = Cm(1.6), Cm(1.5)

    def _header_and_footer(self) -> None:
        content, section = self.content, self.document.sections[0]
        if self.official:
            worddocument.feet(self, section)
            return
        section.different_first_page_header_footer = True
        above = section.header.paragraphs[0]
        set_style(above, self.document, "Report Note")
        add_run(above, content.title, HEAD)
        if content.is_demo:
            add_run(above, f"　【{labels.DEMO}】", HEAD, colour=RED)
        feet = [section.footer, section.first_page_footer] if self.brief else [section.footer]
        for foot in feet:
            line = foot.paragraphs[0]
            set_style(line, self.document, "Report Note")
            line.alignment = ALIGN.CENTER
            line.add_run("第 ")
            field(line, "PAGE", "1")
            line.add_run(" 页　共 ")
            field(line, "NUMPAGES", "1")
            line.add_run(f" 页　　数据截至 {local(content.as_of):%Y-%m-%d %H:%M}" + (
                f"　　{content.seal}" if content.seal else ""))
        if content.watermark:
            for head in (section.header, section.first_page_header):
                add_watermark(head.paragraphs[0], content.watermark)

    # --- First pages

    def _cover(self) -> None:
        content, at = self.content, local(self.content.as_of)
        if content.is_demo:
            self._demo()
        self._add(content.district + content.series, "Title", colour=RED, before=120 if self.new else 150)
        rule(self._add("", "Report Line"), RED, 18)
        self._add(content.title, "Title", before=40)
        if content.subtitle:
            self._add(content.subtitle, "Subtitle")
        rows = (("统计时段", content.period), ("统计范围", content.scope), ("数据口径", content.basis),
                ("数据截至", f"{at.year}年{at.month}月{at.day}日 {at:%H:%M}"),
                ("版　　次", content.seal or content.edition_label))
        for number, (name, value) in enumerate(one for one in rows if one[1]):
            line = self._add("", "Report Line", before=90 if number == 0 else 0)
            line.paragraph_format.left_indent = Cm(3.4)
            add_run(line, f"{name}　　", HEAD, colour=SOFT)
            add_run(line, value)
        self._add(content.office, "Subtitle", before=70 if self.new else 100)
        self._add(f"{at.year}年{at.month}月{at.day}日", "Subtitle")

    def _contents(self) -> None:
        """A field that Word brings up to date; what stands in it until then are links to the headings."""
        head = self._add("目　录", "Title")
        head.paragraph_format.page_break_before = True
        line = self.document.add_paragraph(style="TOC 1")
        field_mark(line, "begin")
        line._p.append(instruction(' TOC \\o "1-2" \\h \\z \\u '))
        field_mark(line, "separate")
        for number, (level, text, mark) in enumerate(self.entries):
            if number:
                line = self.document.add_paragraph(style=f"TOC {level}")
            link = element("w:hyperlink", anchor=mark, history="1")
            link.append(text_run(text))
            line._p.append(link)
            if self.new:
                line.paragraph_format.tab_stops.add_tab_stop(Cm(MEASURE), alignment=2, leader=1)
                line.add_run("\t")
                field(line, f"PAGEREF {mark} \\h", "", fresh=False)
        field_mark(line, "end")
        self._break()

    def _masthead(self) -> None:
        content, at = self.content, local(self.content.as_of)
        if content.is_demo:
            self._demo()
        name = content.masthead or content.kind
        line = self._add(name, "Report Masthead")
        for run in line.runs:
            run.font.size = Pt(min(42, 420 / max(len(name), 1)))
        if content.number:
            self._add(content.number, "Report Line").alignment = ALIGN.CENTER
        line = self._add(f"{content.office}\t{at.year}年{at.month}月{at.day}日", "Report Line")
        line.paragraph_format.tab_stops.add_tab_stop(Cm(MEASURE), alignment=2)
        rule(line, RED, 18)
        self._add(content.title, "Title", before=26, after=4)
        if content.subtitle:
            self._add(content.subtitle, "Subtitle")

    def _foot(self) -> None:
        content, at = self.content, local(self.content.as_of)
        self._upright()
        said = [(name, text) for name, text in (("报送", content.sent_to), ("编制", content.office)) if text]
        for number, (name, text) in enumerate(said):
            last = number == len(said) - 1
            line = self._add("", "Report Line", before=24 if number == 0 else 0)
            add_run(line, f"{name}：", HEAD)
            add_run(line, text + (f"\t{at.year}年{at.month}月{at.day}日" if last else ""))
            line.paragraph_format.tab_stops.add_tab_stop(Cm(MEASURE), alignment=2)
            line.paragraph_format.keep_with_next = not last
            rule(line, "262626", 6, *(["top"] if number == 0 else []), *(["bottom"] if last else []))

    def _demo(self) -> None:
        self._add(f"【{labels.DEMO}】", "Report Line", colour=RED).alignment = ALIGN.RIGHT

    # --- Sections

    def section(self, title: str, section: Section, said: Sequence[str], marks: Iterator[str]) -> None:
        """A section at the end of what is there. `said`: captions of its blocks · `marks`: bookmarks of headings."""
        first = section.blocks[0] if section.blocks else None
        turned = self._turn(isinstance(first, Table) and _lies_across(first))
        if title:
            line = self._add(title, "Heading 1")
            if section.role == "annex" and not turned:
                line.paragraph_format.page_break_before = True
            self._bookmark(line, next(marks))
        count = 0
        for block, caption in zip(section.blocks, said, strict=True):
            if not isinstance(block, Table | Note | Origin):
                self._upright()
            match block:
                case Heading():
                    count += 1
                    self._bookmark(self._add(f"（{numeral(count)}）{block.text}", "Heading 2"), next(marks))
                case Paragraph():
                    self._add(block.text, "Body Text")
                case Note():
                    self._add(block.text, "Report Note")
                case Origin():
                    self._origin(block)
                case Figures():
                    self._figures(block)
                case Table():
                    self._table(block, caption)
                case Chart():
                    self._chart(block, caption)

    def _origin(self, block: Origin) -> None:
        line = self._add("" if block.url else block.text, "Report Origin")
        line.paragraph_format.left_indent = Pt(22)
        if block.url:
            link = OxmlElement("w:hyperlink")
            link.set(qn("r:id"), line.part.relate_to(block.url, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
            link.append(text_run(block.text, NAVY))
            line._p.append(link)

    def _figures(self, block: Figures) -> None:
        """Headline numbers in cards, up to four in a row."""
        per_row = len(block.items) if len(block.items) <= 4 else 3 if len(block.items) in (5, 6, 9) else 4
        for start in range(0, len(block.items), per_row):
            items = block.items[start : start + per_row]
            grid = table_grid(self.document, [MEASURE / per_row] * len(items), border="FFFFFF")
            row = table_row(grid)
            for one in items:
                cell = table_cell(row, self.panel)
                cell.append(cell_line("Report Cell", one.label, colour=SOFT))
                value = cell_line("Report Figure", one.value)
                value.append(text_run(one.unit, SOFT, half_points=18))
                cell.append(value)
                cell.append(cell_line("Report Cell", one.change, colour=SOFT))
        self._add("", "Report Note")

    def _caption(self, said: str) -> Line:
        """A caption; its number is a field, so that the office can add tables and have a list of them."""
        if not self.new:
            return self._add(said, "Caption")
        number, _, title = said.partition("　")
        line = self._add(number[0], "Caption")
        field(line, f"SEQ {number[0]} \\* ARABIC", number[1:])
        line.add_run(f"　{title}")
        return line

    def _table(self, table: Table, caption: str) -> None:
        wide = _widths(table)
        self._turn(_lies_across(table))
        if caption:
            self._caption(caption).paragraph_format.keep_with_next = True
        measure = ACROSS if self.across else MEASURE
        grid = table_grid(self.document, [measure * one / sum(wide) for one in wide], border=RULE)
        head = table_row(grid, head=True)
        for column in table.columns:
            table_cell(head, self.shade).append(cell_line("Report Head", column.name))
        for cells in table.rows:
            row = table_row(grid)
            for column, cell in zip(table.columns, cells, strict=True):
                table_cell(row).append(cell_line("Report Cell", cell_text(column.kind, cell), align=_align(column)))
        if not table.rows:
            cell = table_cell(table_row(grid), span=len(table.columns))
            cell.append(cell_line("Report Cell", "本期无数据", colour=SOFT, align="center"))
        self._add(f"注：{table.note}" if table.note else "", "Report Note")

    def _chart(self, block: Chart, caption: str) -> None:
        self.charts += 1
        if block.empty:
            self._add(f"{caption}：本期没有可以画出的数据", "Report Note").alignment = ALIGN.CENTER
            return
        line = self._add("", "Report Line")
        line.alignment = ALIGN.CENTER
        line.paragraph_format.keep_with_next = True
        face = fonts.faces().chart.path
        picture = BytesIO(plots.png(block, face, scale=SHARP if self.new else 2.0))
        drawn = line.add_run().add_picture(picture, width=Cm(MEASURE))
        drawn._inline.docPr.set("descr", _described(block, caption) if self.new else caption)
        drawn._inline.docPr.set("name", f"图{self.charts}")
        if self.new:
            add_vectors(line, drawn, plots.svg(block, face)[0], self.charts)
            self._caption(caption)
        else:
            self._add(caption, "Caption")
        if block.note:
            self._add(block.note, "Report Note").alignment = ALIGN.CENTER

    # --- Small parts

    def _add(self, text: str, style: str, *, colour: str = "", before: float | None = None, after: float | None = None,
             ) -> Line:
        line = self.document.add_paragraph()
        if style not in self.known:  # python-docx searches all styles each time
            self.known[style] = self.document.part.get_style_id(style, WD_STYLE_TYPE.PARAGRAPH)
        line._p.style = self.known[style]
        if text:
            run = line.add_run(text)
            if colour:
                run.font.color.rgb = RGBColor.from_string(colour)
        if before is not None:
            line.paragraph_format.space_before = Pt(before)
        if after is not None:
            line.paragraph_format.space_after = Pt(after)
        return line

    def _bookmark(self, line: Line, name: str) -> None:
        self.marks += 1
        start = element("w:bookmarkStart", id=str(self.marks), name=name)
        line._p.insert(1 if line._p.pPr is not None else 0, start)
        line._p.append(element("w:bookmarkEnd", id=str(self.marks)))

    def _break(self) -> None:
        self.document.add_page_break()

    def _upright(self) -> None:
        self._turn(False)

    @staticmethod
    def lies_across(table: Table) -> bool:
        """Whether the pages of a table are turned."""
        return _lies_across(table)

    def _turn(self, across: bool) -> bool:
        """Go on in pages that lie that way; whether that begins a new page."""
        if across == self.across:
            return False
        self.across = across
        section = self.document.add_section(WD_SECTION.NEW_PAGE)
        section.different_first_page_header_footer = False
        section.orientation = WD_ORIENT.LANDSCAPE if across else WD_ORIENT.PORTRAIT
        section.page_width, section.page_height = (Cm(29.7), Cm(21.0)) if across else (Cm(21.0), Cm(29.7))
        return True


def _described(block: Chart, caption: str) -> str:
    """What somebody who can't see the chart is told: caption, kind, series and the span of the labels."""
    kinds = {"line": "折线图", "bar": "条形图", "stacked": "堆积柱形图", "heat": "热力图"}
    names = "、".join(series.name for series in block.series[:8])
    ends = f"，{block.x}从{block.labels[0]}到{block.labels[-1]}" if block.labels else ""
    return f"{caption}（{kinds[block.kind]}，单位：{block.unit}；{names}{ends}）"


def _entries(sections: Sequence[Section]) -> Iterator[tuple[int, str, str]]:
    """Level, text and bookmark of every heading."""
    number = 0
    for title, section in zip(headings(sections), sections, strict=True):
        if title:
            number += 1
            yield 1, title, f"_Toc{number:06d}"
        count = 0
        for block in section.blocks:
            if isinstance(block, Heading):
                count, number = count + 1, number + 1
                yield 2, f"（{numeral(count)}）{block.text}", f"_Toc{number:06d}"


def _widths(table: Table) -> list[float]:
    """What each column would like, in Latin characters."""
    return [column_width(column, [row[n] for row in table.rows]) for n, column in enumerate(table.columns)]


def _lies_across(table: Table) -> bool:
    """Whether the table is so wide that its pages are turned."""
    return sum(_widths(table)) * CHARACTER > 1.35 * MEASURE or len(table.columns) > 9


def _align(column: Column) -> str:
    return "left" if column.kind == "text" else "center" if column.kind in _CENTRED else "right"

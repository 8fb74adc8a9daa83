"""A content as Excel workbook: cover with links, a sheet for each section, native charts, method, chart data.

Figures stay numbers: a lower bound or an estimate keeps its value and shows its ≥ or ≈ through the number format, so
that sums and filters work. Nothing that came from outside becomes a formula or a link. The bytes depend on the
content only.

Sheets: 封面 · 文字综述 (headline figures and sentences of all sections) · one sheet for each section (its first table
at the head, its charts beside it; further tables on sheets of their own, so that each has frozen heads and a
filter) · 方法与数据说明 · one sheet for each chart's numbers. Totals, shares, averages and changes that follow from the
table's own cells are formulas (report.formulas).
"""

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from core import labels
from core.clock import local
from core.counts import Count
from core.report import native_charts
from core.report.content import (
    Chart,
    Column,
    Content,
    Figures,
    Heading,
    Mean,
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
from core.report.figures import is_total
from core.report.formulas import formulas
from core.report.native_charts import BODY_FACE, HEAD_FACE, RULE

NAVY, HEAD, SOFT, RED, TITLE_FACE = "#1F4E79", "#E4EBF3", "#606060", "#C02020", "方正小标宋简体"

NUMBER_FORMATS = {
    "int": "#,##0", "count": "#,##0", "mean": "#,##0.0", "score": "#,##0.00", "percent": "0.0%",
    "growth": "+0.0%;-0.0%;持平", "date": "yyyy-mm-dd", "rank": "0", "move": '"↑"0;"↓"0;"→"',
}
_CENTRED = {"rank", "move", "date"}
_FIRST_ROW = 4
_CHART_COLUMNS = 13
"""Columns of usual width that a chart and the gap before it take."""
_LARGEST_CELL = 32_767
CHARTS, TEXTS, METHOD, COVER = "图表数据", "文字综述", "方法与数据说明", "封面"


def render(content: Content) -> bytes:
    """The report as an .xlsx file."""
    memory = BytesIO()
    book = xlsxwriter.Workbook(memory, {
        "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
        "nan_inf_to_errors": False, "remove_timezone": True,
    })
    book.set_properties({
        "title": content.title, "author": content.office, "company": content.office, "category": content.kind,
        "subject": content.about,
        "created": local(content.as_of).replace(tzinfo=None),
    })
    book.set_size(2400, 1500)
    _Workbook(book, content).write()
    book.close()
    return memory.getvalue()


@dataclass(frozen=True, slots=True)
class _Page:
    """A sheet and what the contents list says of it."""

    sheet: Worksheet
    name: str
    title: str


class _Workbook:
    """The workbook while it is being written."""

    def __init__(self, book: xlsxwriter.Workbook, content: Content):
        self.book, self.content = book, content
        self.formats: dict[tuple[tuple[str, Any], ...], Format] = {}
        self.names: set[str] = set()
        self.pages: list[_Page] = []
        self.new = content.look > 1
        self.chart_at: dict[int, tuple[str, int]] = {}

    def format(self, **properties: Any) -> Format:
        """A cell format, made once for each set of properties."""
        whole = {"font_name": BODY_FACE, "font_size": 11, "valign": "vcenter", **properties}
        key = tuple(sorted(whole.items()))
        if key not in self.formats:
            self.formats[key] = self.book.add_format(whole)
        return self.formats[key]

    def write(self) -> None:
        content = self.content
        cover = self._add(COVER, COVER)
        texts = self._add(TEXTS, "各部分主要数字与文字")
        titles = headings(content.sections)
        sheets = [(self._section_sheets(title, section), section)
                  for title, section in zip(titles, content.sections, strict=True) if title]
        charts = [block for section in content.sections for block in section.blocks if isinstance(block, Chart)]
        if self.new:
            named = [one for section in all_captions(content.sections) for one in section if one.startswith("图")]
            for chart, caption in zip(charts, named, strict=True):
                self._chart_data(self._add(caption, f"{caption} — 数据"), [chart])
        elif charts:
            self._chart_data(self._add(CHARTS, "图表所用数据"), charts)
        self._texts(texts.sheet, titles)
        for pages, section in sheets:
            self._section(pages, section)
        self._cover(cover.sheet)
        cover.sheet.activate()

    # --- Sheets

    def _add(self, name: str, title: str, *, landscape: bool = False) -> _Page:
        unique, n = sheet_name(name), 2
        while unique.lower() in self.names:
            tail = f"({n})"
            unique, n = sheet_name(name)[: 31 - len(tail)] + tail, n + 1
        self.names.add(unique.lower())
        sheet = self.book.add_worksheet(unique)
        sheet.hide_gridlines(2)
        sheet.set_paper(9)
        sheet.set_margins(left=0.6, right=0.6, top=0.85, bottom=0.75)
        sheet.fit_to_pages(1, 0)
        if landscape:
            sheet.set_landscape()
        mark = f"&C&\"{HEAD_FACE}\"&KC02020{labels.DEMO}" if self.content.is_demo else ""
        sheet.set_header(f"&L&\"{BODY_FACE}\"&9 {_header_text(self.content.title)}{mark}"
                         f"&R&\"{BODY_FACE}\"&9 {_header_text(title[:30])}")
        sheet.set_footer(f"&L&\"{BODY_FACE}\"&9 {_header_text(self.content.office)}&C&9第 &P 页　共 &N 页")
        page = _Page(sheet, unique, title)
        self.pages.append(page)
        return page

    def _section_sheets(self, title: str, section: Section) -> list[_Page]:
        """The sheets of a section: one, and one more for every further table."""
        tables = [block for block in section.blocks if isinstance(block, Table)]
        if section.role == "method":
            return [self._add(METHOD, title), *(self._add(table.title, f"{title} — {table.title}") for table in tables)]
        name = title
        pages = [self._add(name, title, landscape=_wide(section, tables))]
        for n, table in enumerate(tables[1:], start=2):
            pages.append(self._add(f"{name}·{n}", f"{title} — {table.title}", landscape=len(table.columns) > 7))
        return pages

    def _head(self, page: _Page, columns: int) -> None:
        """Title, way back and, for sample data, the mark: the first two rows of every sheet."""
        sheet = page.sheet
        sheet.set_row(0, 30)
        sheet.write_string(0, 0, page.title, self.format(font_name=HEAD_FACE, font_size=15, font_color=NAVY))
        sheet.write_url(1, 0, f"internal:'{COVER}'!A1", self.format(font_size=9, font_color=NAVY, underline=1),
                        "返回目录")
        if self.content.is_demo:
            sheet.write_string(1, min(max(columns - 1, 1), 3), f"【{labels.DEMO}】",
                               self.format(font_name=HEAD_FACE, font_color=RED))

    def _section(self, pages: list[_Page], section: Section) -> None:
        tables = [block for block in section.blocks if isinstance(block, Table)]
        charts = [block for block in section.blocks if isinstance(block, Chart)]
        texts = _texts_of(section)
        first = pages[0]
        prose = section.role == "method" or not tables
        for page, table in zip(pages[1:] if section.role == "method" else pages, tables, strict=False):
            self._head(page, len(table.columns))
            self._table(page.sheet, table)
            beside = charts if page is first and not prose else []
            self._printed(page.sheet, max(_FIRST_ROW + len(table.rows), _FIRST_ROW + 1), len(table.columns), beside)
        if prose:
            self._head(first, 1)
            row = self._prose(first.sheet, 3, texts)
            self._place_charts(first.sheet, charts, row + 1, 0)
            self._printed(first.sheet, row + 1 + sum(native_charts.rows(chart) for chart in charts), 8 if charts else 3)
        else:
            self._place_charts(first.sheet, charts, _FIRST_ROW - 1, len(tables[0].columns) + 1)

    def _printed(self, sheet: Worksheet, rows: int, columns: int, beside: Sequence[Chart] = ()) -> None:
        """What is printed of a sheet: so many rows and columns, and the charts beside them."""
        if self.new:
            deep = _FIRST_ROW + sum(native_charts.rows(chart) for chart in beside)
            sheet.print_area(0, 0, max(rows, deep) - 1, columns - 1 + (_CHART_COLUMNS if beside else 0))

    def _table(self, sheet: Worksheet, table: Table) -> None:
        caption = table.title + (f"　　注：{table.note}" if table.note else "")
        sheet.write_string(2, 0, caption, self.format(font_size=10, font_color=SOFT))
        head = self.format(font_name=HEAD_FACE, align="center", text_wrap=True, bg_color=HEAD, border=1,
                           border_color=RULE, bottom=2, bottom_color=NAVY)
        top = _FIRST_ROW - 1
        sheet.set_row(top, 30)
        widths = [column_width(column, [row[c] for row in table.rows]) for c, column in enumerate(table.columns)]
        for c, column in enumerate(table.columns):
            sheet.write_string(top, c, column.name, head)
            sheet.set_column(c, c, widths[c])
        given = formulas(table, _FIRST_ROW) if self.new else {}
        for r, row in enumerate(table.rows, start=_FIRST_ROW):
            sheet.set_row(r, _row_height(table.columns, row, widths))
            bold = {"bold": True, "top": 1} if self.new and is_total(table.columns, row) else {}
            for c, (column, cell) in enumerate(zip(table.columns, row, strict=True)):
                self._cell(sheet, r, c, column, cell, given.get((r - _FIRST_ROW, c), ""), **bold)
        last = max(top + len(table.rows), top)
        if not table.rows:
            sheet.write_string(_FIRST_ROW, 0, "本期无数据", self.format(font_color=SOFT))
        else:
            sheet.autofilter(top, 0, last, len(table.columns) - 1)
        sheet.freeze_panes(_FIRST_ROW, _fixed_columns(table.columns))
        sheet.repeat_rows(0, top)

    def _cell(self, sheet: Worksheet, r: int, c: int, column: Column, cell: Any, formula: str = "",
              **more: Any) -> None:
        kind = column.kind
        align = "center" if kind in _CENTRED else "left" if kind == "text" else "right"
        look: dict[str, Any] = {"align": align, "border": 1, "border_color": RULE, **more}
        if kind == "text":
            sheet.write_string(r, c, (cell or labels.MISSING)[:_LARGEST_CELL],
                               self.format(text_wrap=True, indent=1, **look))
            return
        value, mark = _number_and_mark(cell)
        if value is None:
            sheet.write_string(r, c, labels.MISSING, self.format(font_color=SOFT, **look))
            return
        shown = self.format(num_format=f'"{mark}"{NUMBER_FORMATS[kind]}' if mark else NUMBER_FORMATS[kind], **look)
        if isinstance(value, date):
            sheet.write_datetime(r, c, value, shown)
        elif abs(value) >= 10**15:  # Excel keeps 15 digits; more would be changed without a word
            sheet.write_string(r, c, cell_text(kind, cell), self.format(**look))
        elif formula:
            sheet.write_formula(r, c, formula, shown, value)
        else:
            sheet.write_number(r, c, value, shown)

    def _prose(self, sheet: Worksheet, row: int, blocks: Sequence[Any], *, first: int = 0) -> int:
        """Sentences and headline figures below each other; returns the row after them."""
        sheet.set_column(first, first, 18)
        sheet.set_column(first + 1, first + 1, 22)
        sheet.set_column(first + 2, first + 2, 50)
        count = 0
        for block in blocks:
            match block:
                case Figures():
                    for figure in block.items:
                        sheet.set_row(row, 20)
                        sheet.write_string(row, first, figure.label, self.format(font_color=SOFT))
                        sheet.write_string(row, first + 1, f"{figure.value}{figure.unit}",
                                           self.format(font_name=HEAD_FACE, font_color=NAVY))
                        sheet.write_string(row, first + 2, figure.change, self.format(font_color=SOFT))
                        row += 1
                    continue
                case Heading():
                    count += 1
                    text, look = f"（{numeral(count)}）{block.text}", {"font_name": HEAD_FACE}
                case Note():
                    text, look = block.text, {"font_size": 10, "font_color": SOFT}
                case Origin():
                    text = f"　　{block.text}" + (f"　{block.url}" if block.url else "")
                    look = {"font_size": 10, "font_color": SOFT}
                case _:
                    text, look = f"　　{block.text}", {}
            text = text[:_LARGEST_CELL]
            sheet.merge_range(row, first, row, first + 2, "", self.format(text_wrap=True, **look))
            sheet.write_string(row, first, text, self.format(text_wrap=True, **look))
            sheet.set_row(row, 8 + 17 * max(1, math.ceil(display_width(text) / 84)))
            row += 1
        return row

    def _texts(self, sheet: Worksheet, titles: list[str]) -> None:
        page = self.pages[1]
        self._head(page, 3)
        row = 3
        for title, section in zip(titles, self.content.sections, strict=True):
            blocks = _texts_of(section)
            if not blocks or section.role == "method":
                continue
            if title:
                sheet.set_row(row, 26)
                sheet.write_string(row, 0, title, self.format(font_name=HEAD_FACE, font_size=13, font_color=NAVY))
                row += 1
            row = self._prose(sheet, row, blocks) + 1
        sheet.freeze_panes(2, 0)
        if self.new:
            sheet.repeat_rows(0, 1)
            self._printed(sheet, row, 3)

    def _cover(self, sheet: Worksheet) -> None:
        content = self.content
        sheet.set_column(0, 0, 6)
        sheet.set_column(1, 1, 30)
        sheet.set_column(2, 2, 52)
        centre = {"align": "center"}
        rows = [
            (44, content.masthead or content.district + content.series,
             self.format(font_name=TITLE_FACE, font_size=18, font_color=RED, bottom=5, bottom_color=RED, **centre)),
            (64, content.title, self.format(font_name=TITLE_FACE, font_size=22, text_wrap=True, **centre)),
            (24, content.subtitle, self.format(font_size=13, font_color=SOFT, **centre)),
        ]
        if content.is_demo:
            rows.insert(0, (26, f"【{labels.DEMO}】", self.format(font_name=HEAD_FACE, font_size=14, font_color=RED,
                                                              align="right")))
        row = 0
        for height, text, look in rows:
            sheet.set_row(row, height)
            sheet.merge_range(row, 0, row, 2, "", look)
            sheet.write_string(row, 0, text, look)
            row += 1
        row += 1
        at = local(content.as_of)
        facts = (("期号", content.number), ("报送", content.sent_to),
                 ("统计时段", content.period), ("统计范围", content.scope), ("数据口径", content.basis),
                 ("数据截至", f"{at.year}年{at.month}月{at.day}日 {at:%H:%M}"),
                 ("版次", content.seal or content.edition_label), ("编制单位", content.office),
                 ("符号说明", "≥ 至少（平台只显示下限）；≈ 约数；— 数据缺失，不等于零"))
        for name, value in facts:
            if not value:
                continue
            sheet.set_row(row, 22)
            sheet.write_string(row, 1, name, self.format(font_color=SOFT, align="right", indent=1))
            sheet.write_string(row, 2, value, self.format())
            row += 1
        row += 1
        sheet.set_row(row, 28)
        sheet.write_string(row, 1, "目　录", self.format(font_name=HEAD_FACE, font_size=14, font_color=NAVY))
        row += 1
        for name, c in (("序号", 0), ("工作表", 1), ("内容", 2)):
            sheet.write_string(row, c, name, self.format(font_name=HEAD_FACE, align="center" if c == 0 else "left",
                                                         bg_color=HEAD, bottom=2, bottom_color=NAVY))
        for n, page in enumerate(self.pages[1:], start=1):
            row += 1
            sheet.set_row(row, 21)
            line = {"bottom": 1, "bottom_color": RULE}
            sheet.write_number(row, 0, n, self.format(align="center", **line))
            sheet.write_url(row, 1, "internal:'" + page.name.replace("'", "''") + "'!A1",
                            self.format(font_color=NAVY, underline=1, **line), page.name)
            sheet.write_string(row, 2, page.title, self.format(**line))
        sheet.print_area(0, 0, row, 2)

    # --- Charts

    def _chart_data(self, page: _Page, charts: Sequence[Chart]) -> None:
        """The numbers behind charts, below each other; remembers where each begins."""
        sheet = page.sheet
        self._head(page, 3)
        sheet.set_column(0, 0, 24)
        sheet.set_column(1, 30, 12)
        head = self.format(font_name=HEAD_FACE, align="center", bg_color=HEAD, border=1, border_color=RULE)
        edge = {"border": 1, "border_color": RULE}
        row = 3
        for chart in charts:
            sheet.write_string(row, 0, f"{chart.title}（{chart.unit}）", self.format(font_name=HEAD_FACE))
            row += 1
            self.chart_at[id(chart)] = page.name, row
            sheet.write_string(row, 0, chart.x, head)
            for c, series in enumerate(chart.series, start=1):
                sheet.write_string(row, c, series.name, head)
            for n, label in enumerate(chart.labels):
                row += 1
                if isinstance(label, date):
                    sheet.write_datetime(row, 0, label,
                                         self.format(num_format="yyyy-mm-dd", align="center", **edge))
                else:
                    sheet.write_string(row, 0, label, self.format(**edge))
                for c, series in enumerate(chart.series, start=1):
                    if series.values[n] is None:  # an empty cell is a gap in the chart; a dash would be drawn as 0
                        sheet.write_blank(row, c, None, self.format(**edge))
                    else:
                        sheet.write_number(row, c, series.values[n], self.format(num_format="#,##0.##", **edge))
            if chart.kind == "heat" and not chart.empty:
                first = self.chart_at[id(chart)][1] + 1
                sheet.conditional_format(first, 1, row, len(chart.series), {
                    "type": "2_color_scale", "min_color": "#EEF3F8", "max_color": "#5B8DB8"})
            row += 2
        if self.new:
            sheet.freeze_panes(5, 1)
            sheet.repeat_rows(0, 4)
            self._printed(sheet, row - 1, 1 + len(charts[0].series))

    def _place_charts(self, sheet: Worksheet, charts: list[Chart], row: int, column: int) -> None:
        for chart in charts:
            if chart.empty:
                sheet.write_string(row, column, f"{chart.title}：本期没有可以画出的数据", self.format(font_color=SOFT))
                row += 2
            elif chart.kind == "heat":
                name, at = self.chart_at[id(chart)]
                quoted = name.replace("'", "''")
                sheet.write_url(row, column, f"internal:'{quoted}'!A{at}",
                                self.format(font_color=NAVY, underline=1), f"{chart.title}：见工作表“{name}”")
                row += 2
            else:
                name, at = self.chart_at[id(chart)]
                native = native_charts.native(self.book, chart, name, at)
                native.set_size({"width": 760, "height": native_charts.height(chart)})
                sheet.insert_chart(row, column, native, {"object_position": 3, "description": chart.title})
                row += native_charts.rows(chart)


def _texts_of(section: Section) -> list[Any]:
    """Sentences and headline figures, with the headings under which some stand."""
    kept: list[Any] = []
    for block, after in zip(section.blocks, (*section.blocks[1:], None), strict=True):
        prose = isinstance(block, Paragraph | Note | Origin | Figures)
        if prose or (isinstance(block, Heading) and isinstance(after, Paragraph | Note | Origin | Figures)):
            kept.append(block)
    return kept


def _wide(section: Section, tables: Sequence[Table]) -> bool:
    """Whether the section's first sheet is printed across: many columns, or charts beside a table."""
    charts = any(isinstance(block, Chart) for block in section.blocks)
    return any(len(table.columns) > 7 or charts for table in tables[:1])


def sheet_name(text: str) -> str:
    """A name that Excel takes: none of []:*?/\\, no apostrophe at either end, 31 characters at most."""
    clean = re.sub(r"[\[\]:*?/\\]", " ", text.replace("　", " ")).strip("' ")
    return clean[:31].strip("' ") or "表"


def display_width(text: str) -> int:
    """Columns that a text takes: two for a Chinese character, one for a Latin one."""
    return sum(2 if unicodedata.east_asian_width(char) in "WFA" else 1 for char in text)


def column_width(column: Column, cells: Sequence[Any]) -> float:
    """A width in Excel's characters: what stands in the column, between 8 and 48; the heading may take two lines."""
    widest = max((display_width(cell_text(column.kind, cell)) for cell in cells), default=0)
    heading = display_width(column.name)
    return float(min(max(widest + 3, math.ceil(heading / 2) + 4, min(heading + 4, 12), 8), 48))


def _row_height(columns: Sequence[Column], row: Sequence[Any], widths: Sequence[float]) -> float:
    """Points for the longest wrapped text of a row; Excel's own default would cut it in other programs."""
    lines = [math.ceil(display_width(cell) / (width - 2))
             for column, cell, width in zip(columns, row, widths, strict=True) if column.kind == "text" and cell]
    return min(6 + 15.0 * max(lines, default=1), 400)


def _fixed_columns(columns: Sequence[Column]) -> int:
    """How many columns stay when scrolling sideways: up to and including the name or the day."""
    for n, column in enumerate(columns[:4]):
        if column.kind in ("text", "date"):
            return n + 1
    return 0


def _number_and_mark(cell: Any) -> tuple[Any, str]:
    match cell:
        case Count():
            return cell.value, cell.mark
        case Mean():
            return cell.value, cell.mark
    return cell, ""


def _header_text(text: str) -> str:
    """Text for a printed header: & starts a control code there."""
    return text.replace("&", "&&")

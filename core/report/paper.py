"""A4 paper for reports: faces, measuring, single lines of text, headers and footers. Lengths are points."""

import unicodedata
from collections.abc import Sequence
from functools import cached_property

from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.outline import OutlineSection

from core import labels
from core.clock import local
from core.report.content import Content
from core.report.fonts import Faces
from core.report.typeset import set_lines, wrap

MM = 72 / 25.4
LEFT, RIGHT, TOP, BOTTOM = 28 * MM, 26 * MM, 30 * MM, 27 * MM
"""Margins after GB/T 9704 (订口 28, right 26); head and foot are narrower, since this is no document with a 版头."""

INK, SOFT, FAINT = (38, 38, 38), (96, 96, 96), (150, 150, 150)
RULE, PANEL, ZEBRA, HEAD = (205, 211, 219), (243, 246, 250), (249, 250, 252), (228, 235, 243)
NAVY, RED = (31, 78, 121), (192, 32, 32)
Colour = tuple[int, int, int]

CONTENTS_TITLE, CONTENTS_ROW = 52.0, (27.0, 22.0)
"""Heights on the page of contents: its title, and an entry of each level."""

UNKNOWN = "〓"
"""Stands for a character that no face has, as Chinese print has always done."""


class Paper(FPDF):
    """The document while it is being set. Roles of type: title, body, heading, subheading, chart (see fonts)."""

    def __init__(self, content: Content, faces: Faces):
        super().__init__(orientation="portrait", unit="pt", format="A4")
        self.content, self.faces = content, faces
        self.roles = {role: getattr(faces, role) for role in ("title", "body", "heading", "subheading", "chart")}
        for face in faces.all():
            self.add_font(face.name, "", face.path, collection_font_number=face.index)
        self.set_margins(LEFT, TOP, RIGHT)
        self.set_auto_page_break(False)
        self.c_margin = 0
        self.set_creation_date(content.as_of)
        self.set_title(content.title)
        self.set_author(content.office)
        self.set_subject(content.about)
        self.set_keywords("政务新媒体,数据统计," + content.kind)
        self.set_creator(content.office)
        self.set_producer("fpdf2")
        self.set_lang("zh-CN")
        self.set_display_mode("fullwidth")
        self._widths: dict[tuple[str, str], tuple[str, float]] = {}

    @property
    def brief(self) -> bool:
        """A few pages below a masthead, without cover and contents."""
        return self.content.layout == "brief"

    # --- Measuring and single lines

    @cached_property
    def covered(self) -> frozenset[int]:
        """Code points that at least one face has."""
        known: set[int] = set()
        for face in self.faces.all():
            known.update(self.fonts[face.name.lower()].cmap)
        return frozenset(known)

    def spell(self, text: str) -> str:
        """The text as it can be printed: emoji and variation selectors are left out, unknown characters become 〓."""
        if all(ord(char) in self.covered for char in text):
            return text
        kept = []
        for char in text:
            if ord(char) in self.covered:
                kept.append(char)
            elif unicodedata.category(char) not in ("So", "Sk", "Mn", "Me"):
                kept.append(UNKNOWN)
        return " ".join("".join(kept).split())

    def _char(self, role: str, char: str) -> tuple[str, float]:
        """The face that sets a character, and its width at 1 pt."""
        key = (role, char)
        if key not in self._widths:
            face = self.roles[role]
            for one in (face, self.faces.chart, *self.faces.all()):
                if ord(char) in self.fonts[one.name.lower()].cmap:
                    face = one
                    break
            font = self.fonts[face.name.lower()]
            self._widths[key] = (face.name, font.cw[ord(char)] / 1000)
        return self._widths[key]

    def width_of(self, text: str, role: str, size: float) -> float:
        """Width of a text in points."""
        return size * sum(self._char(role, char)[1] for char in text)

    def put(self, x: float, baseline: float, text: str, *, role: str = "body", size: float = 12,
            colour: Colour = INK, align: str = "L", spacing: float = 0.0) -> None:
        """One line of text. `x` is its left edge, centre (align C) or right edge (align R)."""
        text = self.spell(text)
        if align != "L":
            x -= self.width_of(text, role, size) / (2 if align == "C" else 1)
        self.set_text_color(*colour)
        self.set_char_spacing(spacing)
        start = 0
        while start < len(text):
            name = self._char(role, text[start])[0]
            end = start + 1
            while end < len(text) and self._char(role, text[end])[0] == name:
                end += 1
            run = text[start:end]
            self.set_font(name, "", size)
            self.text(x, baseline, run)
            x += self.width_of(run, role, size) + spacing * len(run)
            start = end
        self.set_char_spacing(0)

    def lines_of(self, text: str, width: float, *, role: str = "body", size: float = 12) -> list[str]:
        """The text broken for a cell of that width."""
        return wrap(self.spell(text), width, lambda part: self.width_of(part, role, size))

    # --- Room on the page

    @property
    def floor(self) -> float:
        """Where the text area ends."""
        return self.h - BOTTOM

    @property
    def measure(self) -> float:
        """Width of the text area."""
        return self.w - LEFT - RIGHT

    def need(self, height: float) -> None:
        """Go to a new page unless that much height is left on this one."""
        if self.y + height > self.floor + 0.01 and self.y > TOP + 0.01:
            self.add_page(orientation=self.cur_orientation)

    def turn(self, across: bool) -> None:
        """Go to a new page if this one does not lie that way."""
        if across != (self.w > self.h):
            self.add_page(orientation="landscape" if across else "portrait")

    def space(self, height: float) -> None:
        """Vertical space, none at the head of a page."""
        if self.y > TOP + 0.01:
            self.y += height

    def paragraph(self, text: str, *, role: str = "body", size: float = 0, leading: float = 0,
                  indent: float = 2.0, colour: Colour = INK, justify: bool = True) -> None:
        """Running text with a first-line indent in characters; no single line is left alone on a page. A brief is set
        larger than a report."""
        size, leading = size or (14.5 if self.brief else 12), leading or (26.5 if self.brief else 22)
        lines = set_lines(self.spell(text), self.measure, lambda part: self.width_of(part, role, size),
                          first_indent=indent * size, justify=justify)
        for n, line in enumerate(lines):
            left = len(lines) - n
            together = 2 if (n == 0 and left > 1) or left == 2 else 1
            if left == 3 and n == 0:
                together = 3
            self.need(together * leading)
            self.put(LEFT + line.indent, self.y + leading / 2 + size * 0.37, line.text, role=role, size=size,
                     colour=colour, spacing=line.spacing)
            self.y += leading

    def bar(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        """A filled rectangle."""
        self.set_fill_color(*colour)
        self.rect(x, y, width, height, style="F")

    def rule(self, y: float, *, x: float = LEFT, width: float = 0.0, weight: float = 0.5,
             colour: Colour = RULE) -> None:
        """A horizontal line; as wide as the text area unless told."""
        self.set_draw_color(*colour)
        self.set_line_width(weight)
        self.line(x, y, x + (width or self.measure), y)

    # --- Every page

    def header(self) -> None:
        if self.content.is_demo:
            with self.local_context(), self.rotation(35, self.w / 2, self.h / 2):
                self.put(self.w / 2, self.h / 2 + 30, labels.DEMO, role="heading", size=96, colour=(246, 240, 240),
                         align="C", spacing=0)
        if self.page == 1:
            return
        y = TOP - 9 * MM
        self.put(LEFT, y, self.content.title, role="heading", size=9, colour=SOFT)
        right = self.w - RIGHT
        if self.content.is_demo:
            self.put(right, y, f"【{labels.DEMO}】", role="heading", size=9, colour=RED, align="R")
        else:
            self.put(right, y, self.content.scope, role="heading", size=9, colour=SOFT, align="R")
        self.rule(y + 5)
        self.set_y(TOP)

    def footer(self) -> None:
        if self.page == 1 and not self.brief:
            return
        y = self.h - BOTTOM + 11 * MM
        self.put(LEFT, y, self.content.office, role="heading", size=8.5, colour=FAINT)
        self.put(self.w - RIGHT, y, f"数据截至 {local(self.content.as_of):%Y-%m-%d %H:%M}", role="heading", size=8.5,
                 colour=FAINT, align="R")
        self._page_number(y)

    def _page_number(self, baseline: float) -> None:
        """第 x 页 / 共 y 页. The alias for the total is replaced when all is set; digits are of one width."""
        size, role = 9, "chart"
        shown = f"第 {self.page} 页　共 88 页"
        x = (self.w - self.width_of(shown, role, size)) / 2
        self.set_font(self.roles[role].name, "", size)
        self.set_text_color(*SOFT)
        self.set_xy(x, baseline - 9)
        self.cell(text=f"第 {self.page} 页　共 {{nb}} 页", h=12, new_x=XPos.RIGHT, new_y=YPos.TOP)

    def contents_pages(self, levels: Sequence[int]) -> int:
        """How many pages the contents will take: fpdf2 must know before the first chapter is set."""
        pages, y = 1, TOP + CONTENTS_TITLE
        for level in levels:
            if y + CONTENTS_ROW[level] > self.floor:
                pages, y = pages + 1, TOP
            y += CONTENTS_ROW[level]
        return pages

    def contents_page(self, outline: Sequence[OutlineSection]) -> None:
        """The table of contents, with dots, page numbers and links."""
        self.set_y(TOP)
        self.put(self.w / 2, self.y + 24, "目　录", role="heading", size=18, align="C")
        self.y += CONTENTS_TITLE
        for entry in outline:
            deep = entry.level > 0
            role, size = ("body", 11.5) if deep else ("heading", 12.5)
            height = CONTENTS_ROW[entry.level]
            if self.y + height > self.floor:
                self.add_page()
            x, base = LEFT + (2 * size if deep else 0), self.y + height * 0.66
            number = str(entry.page_number)
            name = self.lines_of(entry.name, self.measure - 90, role=role, size=size)[0]
            end = self.w - RIGHT
            self.put(x, base, name, role=role, size=size)
            self.put(end, base, number, role="chart", size=11, colour=SOFT, align="R")
            first = x + self.width_of(self.spell(name), role, size) + 8
            last = end - self.width_of(number, "chart", 11) - 8
            step = 6.0
            at = last - step * int(max(last - first, 0) // step)
            while at < last - 0.1:
                self.put(at, base, ".", role="chart", size=9, colour=FAINT)
                at += step
            link = self.add_link(page=entry.page_number)
            self.link(LEFT, self.y, self.measure, height, link)
            self.y += height

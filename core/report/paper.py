"""A4 paper for reports: faces, measuring, single lines of text, headers and footers. Lengths are points."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil

from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.outline import OutlineSection
from fpdf.prefs import ViewerPreferences

from core import labels
from core.clock import local
from core.report.content import Content
from core.report.fonts import SONG_FAMILY, Faces
from core.report.opened import Cutting, add_face
from core.report.typeset import Line, set_lines, wrap

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


@dataclass(frozen=True, slots=True)
class Dress:
    """How a layout looks: where its text area begins and how far from the foot it ends, size and line pitch of running
    text, what is added between its characters, and the colours of tables and figures."""

    top: float
    bottom: float
    size: float
    leading: float
    tight: float = 0.0
    ink: Colour = INK
    accent: Colour = NAVY
    head: Colour = HEAD
    zebra: Colour = ZEBRA
    panel: Colour = PANEL
    rule: Colour = RULE


_AREA, _LINES, _CHARACTERS = (156 * MM, 225 * MM), 22, 28
"""版心 of GB/T 9704, and how many lines and characters fill it."""
BLACK = (0, 0, 0)
DRESSES = {
    "report": Dress(TOP, BOTTOM, 12, 22),
    "brief": Dress(TOP, BOTTOM, 14.5, 26.5),
    "official": Dress(37 * MM, 35 * MM, 16, _AREA[1] / _LINES, tight=_AREA[0] / _CHARACTERS - 16, ink=BLACK,
                      accent=BLACK, head=(238, 238, 238), zebra=(255, 255, 255), panel=(245, 245, 245),
                      rule=(120, 120, 120)),
}


class Paper(FPDF):
    """The document while it is being set. Roles of type: title, body, heading, subheading, chart (see fonts).

    `short`: pages whose text area ends earlier, so that something of them goes over to the next one, and where.
    """

    def __init__(self, content: Content, faces: Faces, short: Mapping[int, float] | None = None):
        super().__init__(orientation="portrait", unit="pt", format="A4")
        self.content, self.faces = content, faces
        self.dress = DRESSES[content.layout]
        self.short, self.lonely = dict(short or {}), dict[int, float]()
        self.begun = 1
        """The page on which the text begins."""
        self.kept: dict[object, object] = {}
        self.roles = {role: getattr(faces, role) for role in ("title", "body", "heading", "subheading", "chart")}
        for face in faces.all():
            add_face(self, face, bounds=content.look < 2)
        self.set_margins(LEFT, self.dress.top, RIGHT)
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
        if content.look > 1:
            self.viewer_preferences = ViewerPreferences(display_doc_title=True)
        self._widths: dict[tuple[str, str], tuple[str, float]] = {}

    def again(self, short: Mapping[int, float] | None = None) -> "Paper":
        """Empty paper for the same content on which the pages noted as lonely are shorter, or those that are given."""
        other = Paper(self.content, self.faces, {**self.short, **self.lonely} if short is None else short)
        other.kept = self.kept
        return other

    def write(self) -> bytes:
        """The finished document as a file; nothing can be added to it afterwards."""
        return bytes(self.output(output_producer_class=Cutting) if self.content.look > 2 else self.output())

    @property
    def brief(self) -> bool:
        """A few pages below a masthead, without cover and contents."""
        return self.content.layout == "brief"

    @property
    def official(self) -> bool:
        """A document after GB/T 9704."""
        return self.content.layout == "official"

    @cached_property
    def seal(self) -> str:
        """Edition and hash, as the content has them."""
        return self.content.seal

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
            colour: Colour | None = None, align: str = "L", spacing: float = 0.0) -> None:
        """One line of text. `x` is its left edge, centre (align C) or right edge (align R)."""
        text = self.spell(text)
        if align != "L":
            x -= (self.width_of(text, role, size) + spacing * (len(text) - 1)) / (2 if align == "C" else 1)
        self.set_text_color(*(colour or self.dress.ink))
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

    def heavy(self, x: float, baseline: float, text: str, *, role: str, size: float, colour: Colour | None = None,
              align: str = "L", spacing: float = 0.0) -> None:
        """As `put`; where the office's own face is not there, its place is taken by Song drawn a little bolder, since
        小标宋 is darker than running text and 楷体 has to differ from it."""
        if self.roles[role].name != SONG_FAMILY or role == "body":
            return self.put(x, baseline, text, role=role, size=size, colour=colour, align=align, spacing=spacing)
        with self.local_context(text_mode="FILL_STROKE", line_width=size / 42, draw_color=colour or self.dress.ink):
            self.put(x, baseline, text, role=role, size=size, colour=colour, align=align, spacing=spacing)

    def lines_of(self, text: str, width: float, *, role: str = "body", size: float = 12) -> list[str]:
        """The text broken for a cell of that width."""
        return wrap(self.spell(text), width, lambda part: self.width_of(part, role, size))

    # --- Room on the page

    @property
    def floor(self) -> float:
        """Where the text area ends."""
        return min(self.h - self.dress.bottom, self.short.get(self.page, self.h))

    @property
    def measure(self) -> float:
        """Width of the text area."""
        return self.w - LEFT - RIGHT

    def need(self, height: float) -> None:
        """Go to a new page unless that much height is left on this one."""
        if self.y + height > self.floor + 0.01 and self.y > self.dress.top + 0.01:
            self.add_page(orientation=self.cur_orientation)

    def company(self, height: float) -> None:
        """As `need`, for what must not stand alone: where it goes to a new page, the page it leaves is noted, so that
        the next setting takes the end of its text over with it."""
        if self.y + height <= self.floor + 0.01:
            return
        if self.dress.top + 1 < self.y < self.short.get(self.page, self.h):
            self.lonely[self.page] = self.y - 1
        self.need(height)

    def turn(self, across: bool) -> None:
        """Go to a new page if this one does not lie that way."""
        if across != (self.w > self.h):
            self.add_page(orientation="landscape" if across else "portrait")

    def space(self, height: float) -> None:
        """Vertical space, none at the head of a page."""
        if self.y > self.dress.top + 0.01:
            self.y += height

    def to_grid(self) -> None:
        """Down to the next line of the grid that a document is set on."""
        lines = (self.y - self.dress.top) / self.dress.leading
        self.y = self.dress.top + self.dress.leading * ceil(lines - 0.02)

    def paragraph(self, text: str, *, role: str = "body", size: float = 0, leading: float = 0,
                  indent: float = 2.0, colour: Colour | None = None, justify: bool = True) -> None:
        """Running text with a first-line indent in characters; no single line is left alone on a page. Size and pitch
        are those of the layout unless told."""
        size = size or self.dress.size
        leading = leading or (self.dress.leading if size == self.dress.size else size * 1.55)
        lines = self.text_lines(text, role, size, indent, justify)
        tight = self.dress.tight if size == self.dress.size else 0.0
        for n, line in enumerate(lines):
            left = len(lines) - n
            together = 2 if (n == 0 and left > 1) or left == 2 else 1
            if left == 3 and n == 0:
                together = 3
            self.need(together * leading)
            self.put(LEFT + line.indent, self.y + leading / 2 + size * 0.37, line.text, role=role, size=size,
                     colour=colour, spacing=line.spacing + tight)
            self.y += leading

    def text_lines(self, text: str, role: str = "body", size: float = 0, indent: float = 2.0, justify: bool = True,
                   ) -> list[Line]:
        """The lines of running text, as wide as the text area."""
        size = size or self.dress.size
        tight = self.dress.tight if size == self.dress.size else 0.0
        return set_lines(self.spell(text), self.measure + 0.01 * bool(tight),
                         lambda part: self.width_of(part, role, size) + tight * len(part),
                         first_indent=indent * (size + tight), justify=justify)

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
        self._ground()
        if self.page == 1 or self.official:
            self.set_y(self.dress.top)
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

    def _ground(self) -> None:
        """What stands faint and diagonal behind the text: that the data are samples, and the watermark."""
        content = self.content
        words = [(labels.DEMO, (246, 240, 240))] * content.is_demo + [(content.watermark, (236, 236, 236))] * bool(
            content.watermark)
        for number, (text, colour) in enumerate(words):
            size = min(96.0, 620 / max(self.width_of(self.spell(text), "heading", 1), 1))
            down = 30 + (number - (len(words) - 1) / 2) * 210
            with self.local_context(), self.rotation(35, self.w / 2, self.h / 2):
                self.put(self.w / 2, self.h / 2 + down, text, role="heading", size=size, colour=colour, align="C")

    def footer(self) -> None:
        content = self.content
        as_of = f"数据截至 {local(content.as_of):%Y-%m-%d %H:%M}"
        if self.official:
            self._outer_number(f"{self.seal}　{as_of}")
            return
        if self.page == 1 and not self.brief:
            return
        y = self.h - BOTTOM + 11 * MM
        self.put(LEFT, y, content.office, role="heading", size=8.5, colour=FAINT)
        self.put(self.w - RIGHT, y, as_of, role="heading", size=8.5, colour=FAINT, align="R")
        if self.seal:
            self.put(self.w - RIGHT, y + 12, self.seal, role="heading", size=7.5, colour=FAINT, align="R")
        self._page_number(y)

    def _outer_number(self, small: str) -> None:
        """— 1 —, 7 mm below the text area, one character in from the outer edge; small print at the inner one."""
        y, size, odd = self.h - self.dress.bottom + 7 * MM + 5, 14.0, self.page % 2
        edge = self.w - RIGHT - size if odd else LEFT + size
        self.put(edge, y, f"— {self.page} —", size=size, align="R" if odd else "L")
        self.put(LEFT if odd else self.w - RIGHT, y, small, role="heading", size=7.5, colour=FAINT,
                 align="L" if odd else "R")

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

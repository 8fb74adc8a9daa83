"""A survey's code to print: as a picture, and as a sheet of A4 to hang up."""

import io
from datetime import datetime

import segno

from core.report.content import Content, Subject
from core.report.fonts import Faces
from core.report.fonts import faces as package_faces
from core.report.paper import INK, MM, NAVY, SOFT, Colour, Paper
from core.settings import settings

QUIET = 4
"""Modules of white around the code that the standard asks for (ISO/IEC 18004)."""
PROMISES = "无需登录　·　不收集个人信息　·　约一分钟"


def code(address: str) -> segno.QRCode:
    """The code of an address: level M restores 15 %, enough for a sheet in a hall."""
    return segno.make(address, error="m", micro=False, boost_error=True)


def png(address: str, *, scale: int = 12) -> bytes:
    """The code as a PNG picture."""
    out = io.BytesIO()
    code(address).save(out, kind="png", scale=scale, border=QUIET)
    return out.getvalue()


class _Sheet(Paper):
    """Paper without head and foot."""

    def header(self) -> None:
        self._ground()

    def footer(self) -> None:
        """Nothing stands there."""


def pdf(title: str, address: str, about: str = "", *, now: datetime, demo: bool = False, faces: Faces | None = None,
        ) -> bytes:
    """A sheet of A4: office, title, what is rated (`about`, a unit or a place), code, address, what is promised."""
    knobs = settings()
    content = Content(
        subject=Subject("survey", "", "", "all"), title=title, subtitle="", office=knobs.office,
        district=knobs.district, platform="", kind="问卷海报", period="", scope=about, basis="", as_of=now, stamp=0,
        is_demo=demo)
    paper = _Sheet(content, faces or package_faces(knobs.font_dir))
    paper.add_page()
    centre = paper.w / 2
    paper.bar(0, 0, paper.w, 16 * MM, NAVY)
    paper.put(centre, 10.4 * MM, knobs.office, role="heading", size=17, colour=(255, 255, 255), align="C", spacing=2)
    y = _centred(paper, title, 46 * MM, role="title", size=40)
    paper.put(centre, y + 4, "请您来评价", role="subheading", size=20, colour=SOFT, align="C", spacing=4)
    y += 22
    if about:
        y = _centred(paper, about, y + 26, role="heading", size=24, colour=NAVY) + 2
    side = min(118 * MM, paper.h - 74 * MM - y)
    _draw(paper, address, centre - side / 2, y + 6, side)
    y += side + 34
    paper.put(centre, y, "微信或手机相机扫一扫", role="heading", size=20, colour=INK, align="C", spacing=1)
    paper.put(centre, y + 34, PROMISES, role="body", size=17, colour=NAVY, align="C")
    y = paper.h - 22 * MM
    paper.rule(y - 20, x=28 * MM, width=paper.w - 56 * MM)
    paper.put(centre, y - 4, "也可在浏览器中输入网址：", role="body", size=11, colour=SOFT, align="C")
    size = 13.0
    while size > 7 and paper.width_of(address, "chart", size) > paper.w - 40 * MM:
        size -= 0.5
    paper.put(centre, y + 14, address, role="chart", size=size, colour=INK, align="C")
    return paper.write()


def _centred(paper: Paper, text: str, y: float, *, role: str, size: float, colour: Colour = INK) -> float:
    """Lines in the middle, smaller where they are many; returns where the next thing may begin."""
    width = paper.w - 44 * MM
    while size > 16 and len(paper.lines_of(text, width, role=role, size=size)) > 2:
        size -= 2
    for line in paper.lines_of(text, width, role=role, size=size):
        paper.heavy(paper.w / 2, y, line, role=role, size=size, colour=colour, align="C")
        y += size * 1.4
    return y


def _draw(paper: Paper, address: str, x: float, y: float, side: float) -> None:
    """The code as rectangles, sharp at any size; neighbours of a row are one."""
    rows = [bytes(row) for row in code(address).matrix]
    step = side / (len(rows) + 2 * QUIET)
    paper.bar(x, y, side, side, (255, 255, 255))
    for down, row in enumerate(rows):
        at = 0
        while at < len(row):
            end = at
            while end < len(row) and row[end]:
                end += 1
            if end > at:
                # A hair more than a module: between two that touch, some readers draw a white line.
                paper.bar(x + (QUIET + at) * step, y + (QUIET + down) * step, (end - at) * step, step * 1.01, (0, 0, 0))
            at = end + 1

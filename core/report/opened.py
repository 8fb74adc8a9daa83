"""Fonts as fpdf2 wants them, read once in a process.

Every document embeds a subset of its faces. Reading which characters a face of 30,000 glyphs has, and how wide they
are, takes longer than setting a page, and is the same for every document; the subset is not. What is cached here
changes no byte of what is written.
"""

from copy import copy
from functools import lru_cache
from pathlib import Path
from typing import Any

from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.fonts import SubsetMap, TTFFont

from core.report.fonts import Face

_EMBEDDED = {"CFF ", "head", "maxp", "GlyphOrder"}
"""Tables that the outlines need; what others hold has been read already."""


class _Lean(TTFont):
    """A font of which only the CFF table is embedded, so that writing the others, and the bounds of all glyphs that
    stand in them, would be for nothing: fpdf2 saves the whole font and then compiles that table once more."""

    def save(self, file: Any, reorderTables: bool | None = True) -> None:
        if "CFF " not in self:
            super().save(file, reorderTables)


def add_face(paper: FPDF, face: Face, *, bounds: bool) -> None:
    """What `paper.add_font` does. `bounds`: whether the font's box is reckoned from the glyphs that are embedded, as it
    was in older documents, or is that of the whole face."""
    known = face.path.stat()
    read = _read(face.path, face.index, known.st_mtime_ns, known.st_size)
    font = TTFFont.__new__(TTFFont)
    for name in TTFFont.__slots__:
        if hasattr(read, name):
            setattr(font, name, getattr(read, name))
    font.i, font.fontkey = len(paper.fonts) + 1, face.name.lower()
    font.desc, font.missing_glyphs, font.biggest_size_pt = copy(read.desc), [], 0
    lean = _Lean if read.is_cid_keyed else TTFont
    font.ttfont = lean(face.path, recalcTimestamp=False, fontNumber=face.index, lazy=True, recalcBBoxes=bounds)
    if lean is _Lean:
        for table in set(font.ttfont.keys()) - _EMBEDDED:
            del font.ttfont[table]
    font.subset = SubsetMap(font)
    paper.fonts[font.fontkey] = font
    if font.is_cff and font.is_cid_keyed:
        paper._set_min_pdf_version("1.6")


@lru_cache(maxsize=16)
def _read(path: Path, index: int, changed: int, size: int) -> TTFFont:
    """The face as fpdf2 reads it; another file of the same name is read again."""
    paper = FPDF()
    paper.add_font("face", "", path, collection_font_number=index)
    font = paper.fonts["face"]
    font.close()
    return font

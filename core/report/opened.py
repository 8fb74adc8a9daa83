"""Fonts as fpdf2 wants them, read once in a process.

Every document embeds a subset of its faces. Reading which characters a face of 30,000 glyphs has, and how wide they
are, takes longer than setting a page, and is the same for every document; the subset is not. What is cached here
changes no byte of what is written. `Cutting` makes the subset with HarfBuzz, a hundred times as fast as fontTools does.
"""

from copy import copy
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import uharfbuzz
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables.C_F_F_ import table_C_F_F_ as Outlines
from fpdf import FPDF
from fpdf.fonts import SubsetMap, TTFFont
from fpdf.output import OutputProducer
from uharfbuzz import SubsetFlags

from core.report.fonts import Face

_EMBEDDED = {"CFF ", "head", "maxp", "GlyphOrder"}
"""Tables that the outlines need; what others hold has been read already."""
_CUT = SubsetFlags.DESUBROUTINIZE | SubsetFlags.NOTDEF_OUTLINE | SubsetFlags.NO_LAYOUT_CLOSURE
"""Outlines in one piece each, which a PDF packs better than shared parts; no glyph that only shaping could want."""


class _Lean(TTFont):
    """A font of which only the CFF table is embedded, so that writing the others, and the bounds of all glyphs that
    stand in them, would be for nothing: fpdf2 saves the whole font and then compiles that table once more."""

    def save(self, file: Any, reorderTables: bool | None = True) -> None:
        if "CFF " not in self:
            super().save(file, reorderTables)

    def whole(self) -> uharfbuzz.Face:
        """The face as HarfBuzz reads it."""
        known = self.face.path.stat()
        return _opened(self.face.path, self.face.index, known.st_mtime_ns, known.st_size)


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
        font.ttfont.face = face
        for table in set(font.ttfont.keys()) - _EMBEDDED:
            del font.ttfont[table]
    font.subset = SubsetMap(font)
    paper.fonts[font.fontkey] = font
    if font.is_cff and font.is_cid_keyed:
        paper._set_min_pdf_version("1.6")


class _Ready(Outlines):
    """Outlines that have been cut already: nothing is left to be done by fontTools, and the bytes stay as they are."""

    def compile(self, font: Any) -> bytes:
        return self.ready

    def closure_glyphs(self, subsetter: Any) -> None:
        """None has parts in other glyphs that were not cut with it."""

    def prune_pre_subset(self, font: Any, options: Any) -> bool:
        return True

    subset_glyphs = prune_post_subset = lambda self, *options: True


class Cutting(OutputProducer):
    """Writes a document with its faces brought down to the glyphs it uses: those of CID-keyed outlines, as the faces
    that come with the packages are; fpdf2 does the others itself."""

    def _add_fonts(self, *resources: Any) -> Any:
        for font in self.fpdf.fonts.values():
            if isinstance(font.ttfont, _Lean):
                font.ttfont = _cut(font)
        return super()._add_fonts(*resources)


def _cut(font: TTFFont) -> _Lean:
    wanted = uharfbuzz.SubsetInput()
    wanted.flags = _CUT
    wanted.glyph_set.update(font.ttfont.getGlyphID(name) for name in font.subset.get_all_glyph_names())
    data = uharfbuzz.subset(font.ttfont.whole(), wanted).blob.data
    small = _Lean(BytesIO(data), recalcTimestamp=False, recalcBBoxes=False, lazy=True)
    for table in set(small.keys()) - _EMBEDDED:
        del small[table]
    ready = _Ready("CFF ")
    ready.ready = small.reader["CFF "]
    ready.decompile(ready.ready, small)
    small["CFF "] = ready
    font.ttfont.close()
    return small


@lru_cache(maxsize=16)
def _read(path: Path, index: int, changed: int, size: int) -> TTFFont:
    """The face as fpdf2 reads it; another file of the same name is read again."""
    paper = FPDF()
    paper.add_font("face", "", path, collection_font_number=index)
    font = paper.fonts["face"]
    font.close()
    return font


@lru_cache(maxsize=16)
def _opened(path: Path, index: int, changed: int, size: int) -> uharfbuzz.Face:
    """The file as HarfBuzz reads it, mapped into memory."""
    return uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(path)), index)

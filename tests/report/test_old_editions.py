"""What was issued before the renderers learned something new is made again as it was: pages, sheets and text of a
content of the first look, without pictures, since those depend on the chart engine. A change here breaks files of old
editions: make it depend on `Content.look` instead."""

import hashlib
import zipfile
from dataclasses import replace
from io import BytesIO

import pytest
from pypdf import PdfReader

from core.report import excel, pdf, word
from core.report.content import Chart
from tests.report.sample import content

MADE = {
    ("excel", "report"): "050753757b340267",
    ("excel", "brief"): "b2ea331e62864133",
    ("pdf", "report"): "92faa69c105d2d0c",
    ("pdf", "brief"): "ac79dc54f7995b90",
    ("word", "report"): "6edfc47b889b48ca",
    ("word", "brief"): "5e1c43c4fd2a1a21",
}


def old(layout):
    one = content()
    sections = tuple(replace(section, blocks=tuple(block for block in section.blocks if not isinstance(block, Chart)))
                     for section in one.sections)
    head = {"masthead": "海淀区舆情摘报", "number": "2026年第12期", "sent_to": "区委办公室"}
    return replace(one, sections=sections, look=1, layout=layout, edition=2, **(head if layout == "brief" else {}))


def parts(data):
    """What a file is made of, unpacked."""
    if data.startswith(b"%PDF"):
        return [page.get_contents().get_data() for page in PdfReader(BytesIO(data)).pages]
    with zipfile.ZipFile(BytesIO(data)) as files:
        return [name.encode() + files.read(name) for name in files.namelist()]


@pytest.mark.parametrize("layout", ["report", "brief"])
@pytest.mark.parametrize("renderer", [excel, pdf, word])
def test_an_old_edition_is_made_again_as_it_was(renderer, layout):
    made = hashlib.sha256(b"".join(parts(renderer.render(old(layout))))).hexdigest()[:16]
    assert made == MADE[renderer.__name__.rpartition(".")[2], layout]

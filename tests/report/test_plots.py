import pytest
from defusedxml.ElementTree import fromstring

from core.report import plots
from core.report.content import Chart, Series
from core.report.fonts import faces
from tests.report.sample import DAYS, content

FONT = faces().chart.path
CHARTS = [block for section in content().sections for block in section.blocks
          if isinstance(block, Chart) and not block.empty]


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.kind)
def test_svg_is_what_fpdf_can_draw(chart):
    image, ratio = plots.svg(chart, FONT)
    root = fromstring(image)
    assert 0.2 < ratio < 1.2
    for element in root.iter():
        kind = element.tag.removeprefix(f"{{{plots.SVG}}}")
        assert element.get("opacity") != "0"
        if kind == "line":
            assert {"x1", "y1", "x2", "y2"} <= set(element.attrib)
        if kind == "path":
            assert element.get("d")
    assert any("次" in (text.text or "") or "条" in (text.text or "") for text in root.iter(f"{{{plots.SVG}}}text"))


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.kind)
def test_svg_is_the_same_at_every_time(chart):
    assert plots.svg(chart, FONT) == plots.svg(chart, FONT)


def test_a_gap_breaks_the_line():
    whole = Chart("line", "t", "日期", tuple(DAYS[:5]), (Series("s", (1, 2, 3, 4, 5)),), "次")
    broken = Chart("line", "t", "日期", tuple(DAYS[:5]), (Series("s", (1, 2, None, 4, 5)),), "次")

    def strokes(chart):
        root = fromstring(plots.svg(chart, FONT)[0])
        lines = [path.get("d") for path in root.iter(f"{{{plots.SVG}}}path") if path.get("stroke-width") == "2"
                 and path.get("fill") in (None, "none")]
        return sum(line.count("M") for line in lines)

    assert strokes(whole) == 1
    assert strokes(broken) == 2


def test_picture_has_ink():
    """An unknown font family makes all text vanish without an error: the letters are looked for."""
    from io import BytesIO

    from PIL import Image

    chart = CHARTS[0]
    with Image.open(BytesIO(plots.png(chart, FONT, scale=1))) as picture:
        axis = picture.convert("L").crop((0, picture.height - 18, picture.width, picture.height))
    dark = sum(axis.histogram()[:128])
    assert dark > 100

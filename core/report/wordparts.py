"""Pieces of a Word document that python-docx has no names for: runs, cells, rules, fields, bookmarks, pictures."""

from collections.abc import Sequence
from typing import Any

from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsmap, qn
from docx.shared import RGBColor
from docx.text.paragraph import Paragraph as Line


def element(tag: str, **attributes: str) -> Any:
    made = OxmlElement(tag)
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), value)
    return made


def text_run(text: str, colour: str = "", half_points: int = 0) -> Any:
    run = element("w:r")
    if colour or half_points:
        own = element("w:rPr")
        if colour:
            own.append(element("w:color", val=colour))
        if half_points:
            own.append(element("w:sz", val=str(half_points)))
        run.append(own)
    body = element("w:t")
    body.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    body.text = text
    run.append(body)
    return run


def cell_line(style: str, text: str, *, colour: str = "", align: str = "") -> Any:
    """A paragraph of a table cell."""
    line = element("w:p")
    own = element("w:pPr")
    own.append(element("w:pStyle", val=style.replace(" ", "")))
    if align:
        own.append(element("w:jc", val=align))
    line.append(own)
    if text:
        line.append(text_run(text, colour))
    return line


def table_grid(document: Any, widths: Sequence[float], *, border: str) -> Any:
    """A table without rows: a column for each width in centimetres."""
    table = OxmlElement("w:tbl")
    own = element("w:tblPr")
    own.append(element("w:tblW", w=str(round(567 * sum(widths))), type="dxa"))
    own.append(element("w:jc", val="center"))
    edges = element("w:tblBorders")
    for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
        edges.append(element(f"w:{side}", val="single", sz="4", space="0", color=border))
    own.append(edges)
    own.append(element("w:tblLayout", type="fixed"))
    margins = element("w:tblCellMar")
    for side in ("left", "right"):
        margins.append(element(f"w:{side}", w="70", type="dxa"))
    own.append(margins)
    table.append(own)
    columns = element("w:tblGrid")
    for width in widths:
        columns.append(element("w:gridCol", w=str(round(567 * width))))
    table.append(columns)
    body = document.element.body
    body.insert(len(body) - 1, table)  # the properties of the last section stay last
    return table


def table_row(grid: Any, *, head: bool = False) -> Any:
    """A row that stays whole; one of heads stands again on every page."""
    row = element("w:tr")
    own = element("w:trPr")
    own.append(element("w:cantSplit"))
    if head:
        own.append(element("w:tblHeader"))
    row.append(own)
    grid.append(row)
    return row


def table_cell(row: Any, shade: str = "", span: int = 1) -> Any:
    grid = row.getparent()
    widths = [one.get(qn("w:w")) for one in grid.find(qn("w:tblGrid"))]
    number = len(row.findall(qn("w:tc")))
    cell = element("w:tc")
    own = element("w:tcPr")
    own.append(element("w:tcW", w=str(sum(int(one) for one in widths[number : number + span])), type="dxa"))
    if span > 1:
        own.append(element("w:gridSpan", val=str(span)))
    if shade:
        own.append(element("w:shd", val="clear", color="auto", fill=shade))
    own.append(element("w:vAlign", val="center"))
    cell.append(own)
    row.append(cell)
    return cell


def add_run(line: Line, text: str, face: str = "", colour: str = "") -> None:
    run = line.add_run(text)
    if face:
        run._r.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), face)
    if colour:
        run.font.color.rgb = RGBColor.from_string(colour)


def set_style(line: Line, document: Any, name: str) -> None:
    line.style = document.styles[name]


def rule(line: Line, colour: str, eighths: int, *sides: str, space: int = 4) -> None:
    """Lines along a paragraph, below it unless told; `eighths` of a point thick, `space` points away from the text."""
    borders = element("w:pBdr")
    for side in sides or ("bottom",):
        borders.append(element(f"w:{side}", val="single", sz=str(eighths), space=str(space), color=colour))
    line._p.get_or_add_pPr().insert_element_before(
        borders, "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:spacing", "w:ind", "w:jc", "w:rPr")


def instruction(text: str) -> Any:
    run = element("w:r")
    code = element("w:instrText")
    code.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    code.text = text
    run.append(code)
    return run


def field_mark(line: Line, kind: str, fresh: bool = True) -> None:
    """Where a field begins, where what it shows begins, or where it ends. What isn't fresh is reckoned on opening."""
    run = element("w:r")
    run.append(element("w:fldChar", fldCharType=kind, **({} if fresh else {"dirty": "true"})))
    line._p.append(run)


def field(line: Line, code: str, shown: str, *, fresh: bool = True) -> None:
    """A field that Word fills in, with what stands there until then."""
    field_mark(line, "begin", fresh)
    line._p.append(instruction(f" {code} "))
    field_mark(line, "separate")
    line._p.append(text_run(shown))
    field_mark(line, "end")


def no_grid(style: Any) -> None:
    """Lines of this style stand as close as they are set, not on the grid of the page."""
    own = style.element.get_or_add_pPr()
    own.insert_element_before(element("w:snapToGrid", val="0"), "w:spacing", "w:ind", "w:contextualSpacing",
                              "w:mirrorIndents", "w:suppressOverlap", "w:jc", "w:textDirection", "w:textAlignment",
                              "w:outlineLvl", "w:rPr", "w:sectPr")


def closer(style: Any, points: float) -> None:
    """So much is added between the characters of a style; less than nothing draws them together."""
    own = style.element.get_or_add_rPr()
    own.insert_element_before(element("w:spacing", val=str(round(points * 20))), "w:w", "w:kern", "w:position", "w:sz",
                              "w:szCs", "w:highlight", "w:u", "w:effect", "w:bdr", "w:shd", "w:fitText", "w:vertAlign",
                              "w:rtl", "w:cs", "w:em", "w:lang")


_SHAPE = """<w:r xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"
 xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"><w:rPr><w:noProof/></w:rPr>
<w:pict><v:shapetype id="_x0000_t136" coordsize="21600,21600" o:spt="136" adj="10800"
 path="m@7,l@8,m@5,21600l@6,21600e">
<v:formulas><v:f eqn="sum #0 0 10800"/><v:f eqn="prod #0 2 1"/><v:f eqn="sum 21600 0 @1"/><v:f eqn="sum 0 0 @2"/>
<v:f eqn="sum 21600 0 @3"/><v:f eqn="if @0 @3 0"/><v:f eqn="if @0 21600 @1"/><v:f eqn="if @0 0 @2"/>
<v:f eqn="if @0 @4 21600"/><v:f eqn="mid @5 @6"/><v:f eqn="mid @8 @5"/><v:f eqn="mid @7 @8"/><v:f eqn="mid @6 @7"/>
<v:f eqn="sum @6 0 @5"/></v:formulas><v:path textpathok="t" o:connecttype="custom"
 o:connectlocs="@9,0;@10,10800;@11,21600;@12,10800" o:connectangles="270,180,90,0"/><v:textpath on="t" fitshape="t"/>
</v:shapetype><v:shape id="PowerPlusWaterMarkObject" o:spid="_x0000_s2049" type="#_x0000_t136" stroked="f"
 fillcolor="#d9d9d9" o:allowincell="f"><v:fill opacity=".5"/><v:textpath/></v:shape></w:pict></w:r>"""


def add_watermark(line: Line, text: str) -> None:
    """A word that stands faint and diagonal behind the text of every page whose header the paragraph is in; the shape
    that Word itself makes for a watermark."""
    run = parse_xml(_SHAPE)
    shape = run.find(".//{urn:schemas-microsoft-com:vml}shape")
    width = min(440, 96 * len(text))
    shape.set("style", f"position:absolute;margin-left:0;margin-top:0;width:{width}pt;height:{width / len(text):.0f}pt;"
                       "rotation:315;z-index:-251658752;mso-position-horizontal:center;"
                       "mso-position-horizontal-relative:margin;mso-position-vertical:center;"
                       "mso-position-vertical-relative:margin")
    path = shape.find("{urn:schemas-microsoft-com:vml}textpath")
    path.set("style", "font-family:'黑体';font-size:1pt")
    path.set("string", text)
    line._p.append(run)


_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
_VECTORS = "http://schemas.microsoft.com/office/drawing/2016/SVG/main"


def add_vectors(line: Line, drawn: Any, svg: bytes, number: int) -> None:
    """The same picture as vectors, which Word since 2016 shows in place of the pixels."""
    part = Part(PackURI(f"/word/media/chart{number}.svg"), "image/svg+xml", svg, line.part.package)
    link = line.part.relate_to(part, RELATIONSHIP_TYPE.IMAGE)
    blip = drawn._inline.find(f".//{{{_DRAWING}}}blip")
    blip.append(parse_xml(
        f'<a:extLst xmlns:a="{_DRAWING}"><a:ext uri="{{96DAC541-7B7A-43D3-8B79-37D633B846F1}}">'
        f'<asvg:svgBlip xmlns:asvg="{_VECTORS}" xmlns:r="{nsmap["r"]}" r:embed="{link}"/></a:ext></a:extLst>'))

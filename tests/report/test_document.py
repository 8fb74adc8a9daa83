"""Official documents (GB/T 9704) on paper and in Word: their parts, where they stand, and what is not left alone."""

import re
from dataclasses import replace
from datetime import date
from io import BytesIO

import pytest
from docx import Document
from docx.shared import Pt
from pypdf import PdfReader

from core.report import pdf, word
from core.report.content import Heading, Official, Paragraph, Section
from core.report.typeset import title_lines
from tests.report.pages import text_of
from tests.report.sample import content

MM = 72 / 25.4
OFFICIAL = Official(
    mark="海淀区舆情专报", number="第12期", issuer="海淀区新媒体中心", to="区委、区政府", signed="海淀区新媒体中心",
    signed_on=date(2020, 3, 2), copies="区委宣传部，区应急管理局。", printed_by="海淀区新媒体中心办公室",
    secrecy="内部", urgency="特急", copy_number="000012")
TEXT = "网民反映的问题集中在排水管网老化、施工围挡占道和信息发布不及时三个方面，相关部门已于当日处置。"


def document(*sections, **changes):
    return replace(content(accounts=2), layout="official", official=OFFICIAL, subtitle="",
                   title="关于上庄镇道路积水有关情况的报告", sections=sections, **changes)


def of_lines(many):
    """A document of that many paragraphs of one line."""
    return document(Section("情况", tuple(Paragraph("一句话。") for _ in range(many))))


def opened(one):
    return PdfReader(BytesIO(pdf.render(one)))


def places(page):
    """Text and the place of its left end from the left and upper edges, in points."""
    found = []

    def visit(text, matrix, place, font, size):
        if text.strip():
            found.append((text.strip(), place[4], float(page.mediabox.height) - place[5]))

    text_of(page)
    page.extract_text(visitor_text=visit)
    return found


def whole(page):
    return re.sub(r"\s", "", text_of(page))


def test_the_parts_stand_where_the_standard_wants_them():
    one = document(Section("基本情况", (Paragraph(TEXT), Heading("传播态势"), Paragraph(TEXT))))
    at = {text: (x, y) for one in opened(one).pages for text, x, y in places(one)}
    assert at["000012"][0] == pytest.approx(28 * MM, abs=0.1) and 37 * MM < at["000012"][1] < 37 * MM + 29
    assert at["海淀区舆情专报"][1] > (37 + 35) * MM
    assert at["区委、区政府："][0] == pytest.approx(28 * MM, abs=0.1)
    assert at["一、基本情况"][0] == pytest.approx(28 * MM + 2 * 156 * MM / 28, abs=0.1)
    assert at["（一）传播态势"][0] == at["一、基本情况"][0]
    lines = [(at[text][1] - 37 * MM) / (225 * MM / 22) % 1 for text in ("一、基本情况", "（一）传播态势")]
    assert lines[0] == pytest.approx(lines[1], abs=0.01)
    said = "".join(whole(page) for page in opened(one).pages)
    assert "抄送：区委宣传部，区应急管理局。" in said and "2020年3月2日印发" in said and "—1—" in said


def test_a_line_holds_28_characters_and_a_page_22_lines():
    one = document(Section("", (Paragraph("字" * 600),), "lead"))
    second = [text for text, _, _ in places(opened(one).pages[1]) if set(text) == {"字"}]
    assert {len(text) for text in second[:-1]} == {28}
    many = opened(of_lines(60))
    assert sum(text == "一句话。" for text, _, _ in places(many.pages[1])) == 22


def test_page_numbers_stand_at_the_outer_edge():
    reader = opened(of_lines(60))
    for number, page in enumerate(reader.pages, 1):
        x, y = next((x, y) for text, x, y in places(page) if text.startswith("—"))
        assert (x > 297) == bool(number % 2)
        assert 297 * MM - 35 * MM + 7 * MM < y < 297 * MM - 20 * MM


def test_signature_and_imprint_never_stand_alone():
    for many in range(4, 28):
        made = opened(of_lines(many))
        last = made.pages[-1]
        said = whole(last)
        assert "一、情况" in whole(made.pages[0])
        assert "印发" in said and "2020年3月2日" in said and "一句话。" in said, many
        rule = max(y for text, _, y in places(last) if "印发" in text)
        assert (297 - 35) * MM - 20 < rule < (297 - 35) * MM


def test_annexes_are_listed_and_begin_pages_of_their_own():
    annex = content(accounts=30).sections[-1]
    one = document(Section("情况", (Paragraph(TEXT),)), annex, Section("信息摘录", (Paragraph(TEXT),), "annex"))
    pages = [whole(page) for page in opened(one).pages]
    assert any("附件：1.账号明细2.信息摘录" in page for page in pages[:2])
    assert any(page.startswith("附件1账号明细") and "名次" in page for page in pages)
    assert pages[-1].startswith("附件2信息摘录") and "印发" in pages[-1]
    assert not any("印发" in page for page in pages[:-1])


def test_the_same_document_gives_the_same_bytes():
    one = of_lines(24)
    assert pdf.render(one) == pdf.render(one) and word.render(one) == word.render(one)


def test_word_has_the_page_and_the_styles_of_the_standard():
    one = document(Section("基本情况", (Paragraph(TEXT), Heading("传播态势"), Paragraph(TEXT))),
                   Section("信息摘录", (Paragraph(TEXT),), "annex"), watermark="内部资料", edition=1)
    made = Document(BytesIO(word.render(one)))
    page = made.sections[0]
    assert [round(one.cm, 1) for one in (page.top_margin, page.left_margin, page.right_margin)] == [3.7, 2.8, 2.6]
    faces = {"Body Text": ("仿宋_GB2312", 16), "Heading 1": ("黑体", 16), "Heading 2": ("楷体_GB2312", 16),
             "Title": ("方正小标宋简体", 22)}
    for name, (face, size) in faces.items():
        style = made.styles[name]
        assert face in style.element.xml and style.font.size == Pt(size)
    assert made.styles["Body Text"].paragraph_format.line_spacing == Pt(28.95)
    said = [line.text for line in made.paragraphs]
    assert said[:4] == ["000012", "内部", "特急", "海淀区舆情专报"]
    assert "区委、区政府：" in said and "附件：信息摘录" in said and "2020年3月2日" in said
    assert [cell.text for row in made.tables[-1].rows for cell in row.cells] == [
        "抄送：区委宣传部，区应急管理局。", "海淀区新媒体中心办公室\t2020年3月2日印发"]
    assert "tblpYSpec=\"bottom\"" in made.tables[-1]._tbl.xml
    assert made.settings.odd_and_even_pages_header_footer
    assert one.sha256[:12] in page.footer.paragraphs[0].text


def test_a_long_title_is_broken_between_words_and_not_into_lines_of_one_length():
    for title in ("关于2020年2月上庄镇道路积水网络舆情情况及下一步工作建议的报告",
                  "关于进一步加强全区政务新媒体规范管理和信息发布审核工作的实施意见"):
        lines = title_lines(title, 440, lambda part: 22 * sum(1 if ord(char) > 255 else 0.5 for char in part))
        assert "".join(lines) == title and len(lines) == 2
        assert len(lines[0]) > len(lines[1]) > 8 and not lines[1].startswith("的")
    assert title_lines("短标题", 440, lambda part: 22 * len(part)) == ["短标题"]

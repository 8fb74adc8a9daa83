"""The Word document: what it says, its styles and levels, and that the same content is the same file."""

import re
import zipfile
from dataclasses import replace
from io import BytesIO

from docx import Document

from core.report import word
from core.report.content import Column, Origin, Paragraph, Section, Table
from tests.report.sample import content


def small(*blocks, **changes):
    return replace(content(accounts=2), sections=(Section("要闻关注", blocks),), **changes)


def opened(data: bytes):
    return Document(BytesIO(data))


def texts(document) -> list[str]:
    return [line.text for line in document.paragraphs]


def test_headings_tables_and_captions_are_what_word_calls_so():
    document = opened(word.render(content(accounts=3)))
    levels = {line.style.name for line in document.paragraphs}
    assert {"Heading 1", "Heading 2", "Body Text", "Caption", "Title"} <= levels
    heads = [line.text for line in document.paragraphs if line.style.name == "Heading 1"]
    assert heads[0] == "一、总体情况" and heads[-2].startswith("附表1") and heads[-1] == "附表2　数字索引"
    board = next(table for table in document.tables if table.rows[0].cells[0].text == "名次")
    assert [row.cells[0].text for row in board.rows[1:]] == ["1", "2", "3"]
    assert [bool(row._tr.xpath("w:trPr/w:tblHeader")) for row in board.rows] == [True, False, False, False]
    assert "≥100,001" in {cell.text for table in document.tables for row in table.rows for cell in row.cells}


def test_the_same_content_is_the_same_file():
    one = small(Paragraph("一句话。"), Origin("来源：新闻网", "https://example.org/1"))
    assert word.render(one) == word.render(one)
    assert word.render(one) != word.render(replace(one, title="另一份报告"))


def test_only_a_web_address_becomes_a_link():
    document = opened(word.render(small(Origin("来源：甲", "https://example.org/1?a=1&b=2"),
                                        Origin("来源：乙", "javascript:alert(1)"))))
    links = [one.target_ref for one in document.part.rels.values() if one.is_external]
    assert links == ["https://example.org/1?a=1&b=2"]
    assert "来源：乙" in texts(document)


def test_markup_and_fields_of_outside_are_text():
    hostile = '<w:instrText>DDEAUTO c:\\calc</w:instrText> {INCLUDETEXT "x"} =1+1'
    data = word.render(small(Paragraph(hostile), Table("表", (Column("文"),), ((hostile,),))))
    assert hostile in texts(opened(data))
    body = zipfile.ZipFile(BytesIO(data)).read("word/document.xml").decode()
    assert [code for code in re.findall(r"<w:instrText[^>]*>(.*?)</w:instrText>", body)] == [
        ' TOC \\o "1-2" \\h \\z \\u ', " PAGEREF _Toc000001 \\h ", " SEQ 表 \\* ARABIC "]


def test_charts_are_vectors_with_pixels_for_older_programs_and_say_what_they_show():
    data = word.render(replace(content(accounts=1), sections=(Section("图", content().sections[1].blocks[1:2]),)))
    with zipfile.ZipFile(BytesIO(data)) as parts:
        body = parts.read("word/document.xml").decode()
        links = parts.read("word/_rels/document.xml.rels").decode()
        assert "image/svg+xml" in parts.read("[Content_Types].xml").decode()
        assert parts.read("word/media/chart1.svg").startswith(b"<svg")
    number = re.search(r'svgBlip [^>]*r:embed="(rId\d+)"', body)[1]
    assert re.search(rf'Id="{number}"[^>]*chart1.svg|chart1.svg[^>]*Id="{number}"', links)
    assert "图1　每日阅读数（折线图，单位：次；阅读数，日期从2020-02-01到2020-02-29）" in body


def test_a_watermark_is_in_every_header():
    data = word.render(small(Paragraph("一句话。"), watermark="内部资料"))
    with zipfile.ZipFile(BytesIO(data)) as parts:
        heads = [parts.read(name).decode() for name in parts.namelist() if name.startswith("word/header")]
    assert len(heads) == 2 and all('string="内部资料"' in head for head in heads)


def test_a_brief_has_a_masthead_and_neither_cover_nor_contents():
    one = small(Paragraph("一句话。"), layout="brief", masthead="海淀区舆情摘报",
                number="2026年第12期", sent_to="区委办公室", title="11月21日舆情摘报")
    one = replace(one, sections=(Section("导语", (Paragraph("今日平稳。"),), "lead"), *one.sections))
    document = opened(word.render(one))
    said = texts(document)
    assert "导语" not in said and "今日平稳。" in said and "一、要闻关注" in said
    assert said[0] == "海淀区舆情摘报" and said[1] == "2026年第12期"
    assert "目　录" not in said
    assert any(line.startswith("报送：区委办公室") for line in said)
    assert document.core_properties.title == "11月21日舆情摘报"


def test_a_wide_table_lies_across_with_its_heading():
    wide = Table("宽表", tuple(Column(f"很长的栏目名称{n}") for n in range(12)), (tuple("文" * 12 for _ in range(12)),))
    one = replace(content(accounts=2), sections=(Section("正文", (Paragraph("一句话。"),)),
                                                 Section("宽表", (wide,), "annex")))
    document = opened(word.render(one))
    assert [section.orientation for section in document.sections] == [0, 1]

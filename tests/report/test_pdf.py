import re
import subprocess
import sys
from dataclasses import replace
from io import BytesIO

import pytest
from pypdf import PdfReader

from core.report import pdf, plots
from core.report.content import Heading, Origin, Paragraph, Section
from tests.report.pages import text_of
from tests.report.sample import content


@pytest.fixture(scope="module")
def printed() -> bytes:
    return pdf.render(content())


@pytest.fixture(scope="module")
def reader(printed) -> PdfReader:
    return PdfReader(BytesIO(printed))


@pytest.fixture(scope="module")
def pages(reader) -> list[str]:
    return [text_of(page) for page in reader.pages]


def test_cover_says_what_it_is(pages, reader):
    for words in ("2020年2月海淀区政务微博运营情况月报", "海淀区新媒体中心", "2020年2月1日至2月29日", "最新值",
                  "预览稿"):
        assert words in pages[0]
    assert reader.metadata.title == "2020年2月海淀区政务微博运营情况月报"
    assert reader.metadata.author == "海淀区新媒体中心"
    assert reader.root_object["/Lang"] == "zh-CN"


def test_contents_lead_to_the_chapters(reader, pages):
    links = [one.get_object() for one in reader.pages[1]["/Annots"]]
    targets = [reader.get_page_number(link["/Dest"][0].get_object()) for link in links]
    names = ["一、总体情况", "（一）与上月相比", "二、每日发布情况", "三、榜单", "四、热门内容",
             "五、统计口径与数据说明", "附表1　账号明细", "附表2　数字索引"]
    assert len(targets) == len(names)
    for name, target in zip(names, targets, strict=True):
        assert name in pages[1]
        assert name in pages[target]
    flat = [one for group in reader.outline for one in (group if isinstance(group, list) else [group])]
    assert [one.title for one in flat] == names
    assert [reader.get_destination_page_number(one) for one in flat] == targets


def test_every_page_but_the_cover_is_numbered(pages):
    for n, text in enumerate(pages[1:], start=2):
        assert f"第 {n} 页" in text and f"共 {len(pages)} 页" in text
    assert "共" not in pages[0]


def test_a_long_table_repeats_its_head_and_keeps_all_its_rows(pages):
    annex = [text for text in pages if "传播指数" in text and "总阅读数" in text]
    assert len(annex) >= 3
    text = "".join(annex)
    assert [f"发布{n:02d}" in text for n in range(1, 61)] == [True] * 60


def test_exactness_and_gaps_are_printed(pages):
    text = "".join(pages)
    assert "≥113,757" in text and "≈129,595" in text and "≥100,001" in text
    assert "本期没有可以画出的数据" in text and "本期无数据" in text


def test_foreign_text_is_harmless_and_unknown_characters_are_shown_as_such(pages):
    text = "".join(pages)
    assert "<script>alert(1)</script>" in text
    assert "〓野家" in text
    assert "😷" not in text and "\x07" not in text


def test_sample_data_is_marked_on_every_page():
    marked = PdfReader(BytesIO(pdf.render(content(is_demo=True, accounts=30))))
    assert all("演示数据" in text_of(page) for page in marked.pages)
    plain = PdfReader(BytesIO(pdf.render(content(accounts=3))))
    assert not any("演示数据" in text_of(page) for page in plain.pages)


def test_fonts_are_embedded_as_subsets(reader):
    names = {str(font.get_object()["/BaseFont"]) for page in reader.pages
             for font in page["/Resources"]["/Font"].values()}
    assert {name.split("+")[1] for name in names} == {"NotoSerifSC", "NotoSansSC"}


def test_charts_are_vectors(reader):
    assert not [image for page in reader.pages for image in page.images]


def test_the_same_content_gives_the_same_bytes_in_another_process(printed, tmp_path):
    target = tmp_path / "again.pdf"
    script = ("import sys; from pathlib import Path; from tests.report.sample import content; "
              "from core.report import pdf; Path(sys.argv[1]).write_bytes(pdf.render(content()))")
    subprocess.run([sys.executable, "-c", script, str(target)], check=True, env={"PYTHONHASHSEED": "7", "PATH": ""})
    assert target.read_bytes() == printed


def test_an_issued_report_bears_its_edition_and_hash_on_every_page(pages):
    one = replace(content(accounts=1), edition=2)
    issued = PdfReader(BytesIO(pdf.render(one)))
    assert all(f"第2版校验码{one.sha256[:12]}" in re.sub(r"\s", "", text_of(page)) for page in issued.pages
               if page is not issued.pages[1])
    assert "校验码" not in "".join(pages)


def test_the_index_of_figures_is_the_last_annex(pages):
    assert re.sub(r"\s", "", pages[-1]).count("总体情况主要数字") == 4
    assert "≥5,432.1万次" in pages[-1]
    without = PdfReader(BytesIO(pdf.render(replace(content(accounts=1), indexed=False))))
    assert not any("数字索引" in text_of(page) for page in without.pages)


def test_the_title_is_displayed_and_a_watermark_stands_on_every_page():
    made = PdfReader(BytesIO(pdf.render(replace(content(accounts=1), watermark="征求意见稿"))))
    assert made.root_object["/ViewerPreferences"]["/DisplayDocTitle"] is True or \
        made.root_object["/ViewerPreferences"]["/DisplayDocTitle"].value is True
    assert all("征求意见稿" in text_of(page) for page in made.pages)


def test_a_table_that_goes_on_says_so(pages):
    assert sum("续表4" in text for text in pages) >= 2


def test_a_heading_is_never_left_without_what_follows():
    lines = tuple(Paragraph("一句话。") for _ in range(27))
    one = content(accounts=1)
    chart = one.sections[1].blocks[1]
    for many in (20, 24, 27):
        made = PdfReader(BytesIO(pdf.render(replace(one, indexed=False, sections=(
            Section("前文", lines[:many]), Section("图", (Heading("小节"), chart)))))))
        for page in made.pages[2:]:
            said = text_of(page)
            assert ("二、图" in said) == ("每日阅读数" in said) == ("（一）小节" in said)


def test_the_imprint_of_a_brief_does_not_stand_alone():
    for many in range(18, 27):
        brief = replace(content(), layout="brief", masthead="舆情摘报", sent_to="区委办公室",
                        sections=(Section("导语", tuple(Paragraph("一句话。") for _ in range(many)), "lead"),))
        last = text_of(PdfReader(BytesIO(pdf.render(brief))).pages[-1])
        assert "报送：" in last and "一句话。" in last


def test_a_chart_that_cannot_be_drawn_as_vectors_becomes_a_picture(monkeypatch, caplog):
    broken = b'<svg xmlns="http://www.w3.org/2000/svg" width="10" height="5"><line x2="3"/></svg>'
    monkeypatch.setattr(plots, "svg", lambda block, font, **_: (broken, 0.5))
    made = PdfReader(BytesIO(pdf.render(content(accounts=1))))
    assert sum(len(page.images) for page in made.pages) == 4
    assert "drawn as pixels" in caplog.text


def test_many_chapters_make_a_second_page_of_contents():
    one = content(accounts=1)
    many = replace(one, sections=tuple(replace(one.sections[4], title=f"第{n}部分", role="body", blocks=())
                                       for n in range(1, 46)))
    made = PdfReader(BytesIO(pdf.render(many)))
    assert "第1部分" in text_of(made.pages[1])
    assert "第45部分" in text_of(made.pages[2])


def test_a_brief_begins_with_its_masthead_and_leads_to_its_origins():
    brief = replace(
        content(is_demo=True), layout="brief", masthead="海淀区舆情摘报", number="2026年第12期", sent_to="区委办公室",
        title="11月21日舆情摘报", sections=(Section("导语", (Paragraph("今日平稳。"),), "lead"), Section("要闻关注", (
            Heading("一事"), Paragraph("一句话。"), Origin("来源：新闻网", "https://example.org/1"),
            Origin("来源：乙", "file:///etc/passwd"))),))
    reader = PdfReader(BytesIO(pdf.render(brief)))
    assert len(reader.pages) == 1
    said = text_of(reader.pages[0])
    for words in ("海淀区舆情摘报", "2026年第12期", "11月21日舆情摘报", "（一）一事", "报送：", "区委办公室",
                  "演示数据", "第 1 页", "今日平稳。", "一、要闻关注"):
        assert words in said
    assert "导语" not in said
    links = [one.get_object()["/A"]["/URI"] for one in reader.pages[0]["/Annots"] if "/A" in one.get_object()]
    assert links == ["https://example.org/1"]

"""How a report is dressed: a report's own layout, or an official document's with what follows from the report."""

from dataclasses import replace

import pytest

from core.faults import BadInput
from core.report.content import Figures, Official, Subject
from core.report.dress import Dress
from core.report.figures import printed
from tests.report.sample import content


def test_as_it_comes_nothing_is_changed():
    assert Dress().on(content()) == content()
    assert Dress().to_dict() == {} and Dress.of({}) == Dress()


def test_an_official_document_takes_from_the_report_what_is_left_open():
    worn = Dress(office="区委网信办", watermark="内部资料",
                 official=Official("", "云网信〔年〕〔期〕号", to="区委办公室"))
    made = worn.on(replace(content(), subject=Subject("opinion", "", "2026-02", "all")))
    own = made.official
    assert (made.layout, made.watermark, made.office) == ("official", "内部资料", "区委网信办")
    assert (own.mark, own.number, own.to, own.signed, own.issuer) == (
        "区委网信办文件", "云网信〔2026〕2号", "区委办公室", "区委网信办", "")
    assert own.printed_by == "区委网信办" and own.printed_on == made.dated


def test_a_paper_that_appears_in_numbers_says_who_made_it_at_its_head():
    made = Dress(official=Official("")).on(replace(
        content(), layout="brief", masthead="海淀区舆情周报", number="2026年第12期"))
    assert (made.official.mark, made.official.number, made.official.issuer) == (
        "海淀区舆情周报", "2026年第12期", made.office)


def test_headline_figures_are_in_the_text_of_an_official_document_only():
    made = Dress(official=Official("海淀区")).on(content())
    assert any(isinstance(block, Figures) for section in made.sections for block in section.blocks)
    assert not any(isinstance(block, Figures) for section in printed(made) for block in section.blocks)
    assert all(section.blocks for section in printed(made))


def test_what_is_stored_comes_back():
    worn = Dress("标题", "网信办", "征求意见稿",
                 Official("红头", "〔年〕1号", copies="各街镇", secrecy="内部", urgency="特急"))
    assert Dress.of(worn.to_dict()) == worn
    assert Dress.of(Dress(official=Official("")).to_dict()).official == Official("")


def test_a_watermark_that_is_too_long_is_refused():
    with pytest.raises(BadInput, match="水印不能超过 12 个字，现有 13 个"):
        Dress(watermark="字" * 13)

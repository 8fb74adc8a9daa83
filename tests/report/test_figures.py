"""Numbers of a report by keys that stay, and the index of its headline figures and totals."""

from dataclasses import replace

from core.counts import AT_LEAST, Count
from core.report import figures
from core.report.content import Column, Figure, Figures, Section, Table
from tests.report.sample import content

HEADS = (Column("风险"), Column("信息量（条）", "int"), Column("占比", "percent"))


def of(*sections):
    return {one.key: one for one in figures.figures(replace(content(), sections=sections))}


def test_every_number_has_its_own_key():
    found = figures.figures(content())
    assert len({one.key for one in found}) == len(found)
    by_key = {one.key: one for one in found}
    assert by_key["总体情况//阅读数"].text == "≥5,432.1万次"
    one = by_key["每日发布情况/每日发布与互动情况/2020-02-04/阅读数"]
    assert (one.chapter, one.place, one.text, one.main) == ("二、每日发布情况", "表1　每日发布与互动情况", "≥113,757",
                                                            False)
    assert "每日发布情况/每日发布与互动情况/2020-02-10/阅读数" not in by_key
    assert by_key["榜单/发布时段分布/周一/5"].place == "图4　发布时段分布"


def test_keys_stay_when_other_parts_come_and_places_change():
    table = Table("分布", HEADS, (("高", 1, 0.25), ("低", 3, 0.75)))
    before = of(Section("风险", (table,)))
    after = of(Section("概况", (Figures((Figure("信息量", "12", "条"),)),)),
               Section("风险", (replace(table, rows=(("低", 5, 0.5), ("高", 1, 0.1))),)))
    assert set(before) <= set(after)
    assert after["风险/分布/低/信息量（条）"].text == "5" and after["风险/分布/低/信息量（条）"].chapter == "二、风险"


def test_the_same_name_twice_is_told_apart():
    table = Table("分布", HEADS, (("高", 1, None), ("高", 3, None)))
    assert list(of(Section("风险", (table,)))) == ["风险/分布/高/信息量（条）", "风险/分布/高/信息量（条）#2"]


def test_the_index_holds_headline_figures_and_totals_only():
    measures = Table("主要指标", (Column("指标"), Column("本月", "count"), Column("上月", "count"), Column("环比")),
                     (("阅读数", Count(120, AT_LEAST), Count(100), "增长20.0%（约）"), ("评论数", None, Count(3), "")))
    risks = Table("分布", HEADS, (("高", 1, 0.25), ("合计", 4, None)))
    one = replace(content(), sections=(
        Section("导语", (Figures((Figure("信息量", "12", "条"), Figure("等级", "蓝色"))),), "lead"),
        Section("风险", (measures, risks)), Section("明细", (Table("明细", HEADS, (("高", 1, None),)),), "annex")))
    rows = figures.index(one).blocks[0].rows
    assert rows == ((1, None, "主要数字", "信息量", "12条"), (2, "一、风险", "表1 主要指标", "阅读数·本月", "≥120"),
                    (3, "一、风险", "表2 分布", "合计·信息量（条）", "4"))


def test_nothing_to_list_is_no_index():
    one = replace(content(), sections=content().sections[5:])
    assert figures.index(one) is None and figures.printed(one) == one.sections
    assert figures.printed(replace(content(), look=1)) == content().sections
    assert figures.printed(replace(content(), layout="brief")) == content().sections
    assert len(figures.printed(replace(content(), layout="brief", indexed=True))) == len(content().sections) + 1

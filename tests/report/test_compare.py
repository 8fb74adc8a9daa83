"""Versions of a report held against each other, and the correction that comes of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core.counts import Count
from core.faults import BadInput
from core.report import compare, correction, editions
from core.report.content import Column, Figure, Figures, Paragraph, Section, Table
from tests.report.sample import content

NOW = datetime(2020, 3, 1, 2, tzinfo=UTC)


def report(reads: int = 1200, units=("教育局", "卫健委"), said: str = "共发布信息30条。阅读数上升。"):
    rows = tuple((unit, 10 + n, Count(reads + n)) for n, unit in enumerate(units))
    return replace(content(accounts=2), sections=(Section("总体情况", (
        Figures((Figure("阅读数", f"{reads:,}", "次"),)), Paragraph(said),
        Table("单位发布情况", (Column("单位"), Column("发布数", "int"), Column("阅读数", "count")), rows))),))


def told(before, after) -> list[tuple[str, ...]]:
    return [tuple(row) for row in compare.changes(before, after).itertuples(index=False)]


def test_figures_that_changed_are_named_by_their_row_and_column():
    assert told(report(), report(reads=1300)) == [
        ("总体情况", "阅读数", "1,200次", "1,300次", ""),
        ("总体情况·单位发布情况", "教育局 阅读数", "1,200", "1,300", "+100"),
        ("总体情况·单位发布情况", "卫健委 阅读数", "1,201", "1,301", "+100"),
    ]
    assert told(report(), report()) == []


def test_a_row_is_known_again_when_the_words_behind_its_figures_change():
    def summary(reads: int, course: str):
        table = Table("主要指标", (Column("指标"), Column("本月", "count"), Column("环比")), (
            ("阅读数", Count(reads), course),))
        return replace(content(accounts=2), sections=(Section("总体情况", (table,)),))

    assert told(summary(1200, "下降3.5%"), summary(1300, "下降3.1%")) == [
        ("总体情况·主要指标", "阅读数 本月", "1,200", "1,300", "+100"),
        ("总体情况·主要指标", "阅读数 环比", "下降3.5%", "下降3.1%", ""),
    ]


def test_rows_and_sentences_that_only_one_of_them_has():
    found = told(report(), report(units=("教育局", "民政局"), said="共发布信息31条。阅读数上升。"))
    assert ("总体情况", "文字", "共发布信息30条。", "共发布信息31条。", "") in found
    assert ("总体情况·单位发布情况", "民政局 发布数", compare.GONE, "11", "") in found
    assert ("总体情况·单位发布情况", "卫健委 发布数", "11", compare.GONE, "") in found


def test_an_issued_report_is_corrected_by_its_newer_version(session):
    first = editions.issue(session, report(), by="张三", now=NOW)
    with pytest.raises(BadInput, match="还没有新的版次"):
        correction.build(session, first.id, "补采", now=NOW)
    editions.issue(session, report(reads=1300), by="张三", now=NOW + timedelta(days=2))
    session.commit()
    with pytest.raises(BadInput, match="更正原因"):
        correction.build(session, first.id, " ", now=NOW)
    made = correction.build(session, first.id, "某账号后台数据补齐", now=NOW + timedelta(days=3))
    assert made.number == "2020年第1号" and made.layout == "brief"
    lead, cause = (block.text for block in made.sections[0].blocks)
    assert "第1版有3处数字需要更正" in lead and "2020年3月3日签发的第2版为准" in lead and "补齐" in cause
    assert [row[2:] for row in made.sections[1].blocks[0].rows] == [
        ("1,200次", "1,300次", ""), ("1,200", "1,300", "+100"), ("1,201", "1,301", "+100")]
    issued = editions.issue(session, made, by="张三", now=NOW + timedelta(days=3))
    assert editions.body(session, issued.id, "pdf")[1].startswith(b"%PDF")
    assert correction._number(session, NOW + timedelta(days=3)) == 2


def test_readers_of_an_edition_are_kept(session):
    one = editions.issue(session, report(), now=NOW)
    for what in ("opened", "pdf"):
        editions.seen(session, one.id, what, who="李四", now=NOW)
    session.commit()
    assert list(editions.readers(session, one.id)["what"]) == ["pdf", "opened"]

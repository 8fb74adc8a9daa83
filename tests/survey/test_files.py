"""Files with results of paper surveys and 12345 calls: looked at, taken whole or not, replaced by later ones."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select

from core import evidence
from core.__main__ import main
from core.clock import Month
from core.faults import BadInput
from core.models import Capture, Demand, Mention, SatisfactionFile, SatisfactionSlice, Source, SurveyAnswer, Unit
from core.query import satisfaction
from core.survey import files
from tests.imports.make import csv_file, xlsx_file

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
YEAR = (date(2026, 1, 1), date(2026, 12, 31))
HEADS = ["承办单位", "统计月份", "满意（件）", "基本满意", "不满意件数", "未评价", "回访数"]


@pytest.fixture
def units(session):
    session.add_all([Unit(name="云澜区卫生健康委员会", kind="bureau", aliases=["区卫健委"]),
                     Unit(name="云澜区教育局", kind="bureau"), Unit(name="听泉街道", kind="street")])
    session.commit()
    return session


def look(session, body, source="hotline", given=None, name="回访.xlsx"):
    return files.look(session, body, name, source=source, given=given, now=NOW)


def take(session, body, **kinds):
    words = files.take(session, look(session, body, **kinds), who="甲", now=NOW)
    session.commit()
    return words


def rate(session, span=YEAR):
    found = satisfaction.pooled(session, *span)
    return found and (found.satisfied, found.n)


def test_numbers_by_unit_and_month(units):
    book = xlsx_file(一月=[["云澜区 12345 回访满意度"], HEADS, ["区卫健委", "2026年1月", 80, 10, 10, 20, 120],
                         ["教育局", datetime(2026, 1, 1), 45, "", 5, None, 50], ["合计", None, 125, 10, 15, 20, 170]],
                     说明=[["本表由热线办提供"]])
    seen = look(units, book)
    assert not seen.flaws and seen.shape == "counts" and len(seen.parts) == 2
    assert any("“教育局”按台账中的“云澜区教育局”导入" in note for note in seen.notes)
    assert any("1 行合计" in note for note in seen.notes) and any("说明" in note for note in seen.notes)
    assert "有效评价 150 份" in take(units, book)
    assert rate(units) == (135, 150)
    assert rate(units, (date(2026, 2, 1), date(2026, 2, 28))) is None
    capture = units.execute(select(Capture)).scalar_one()
    assert evidence.body(capture) == book and capture.request == "回访.xlsx"
    assert "没有重复保存" in take(units, book)
    assert units.execute(select(func.count()).select_from(SatisfactionFile)).scalar() == 1
    seen = satisfaction.overview(units, *YEAR)
    assert seen.units["name"].tolist() == ["云澜区卫生健康委员会", "云澜区教育局"]
    one = seen.units.set_index("name").loc["云澜区卫生健康委员会"]
    assert (one["n"], one["satisfied"], one["unrated"], one["share"], one["strict"]) == (100, 90, 20, 0.9, 0.8)
    assert one.isna()["best"] and len(seen.months) == 12 and seen.months["share"].notna().sum() == 1
    grid = satisfaction.grid(units, *YEAR)
    assert grid[["name", "n", "satisfied"]].values.tolist() == [
        ["云澜区卫生健康委员会", 100, 90], ["云澜区教育局", 50, 45]] and set(grid["month"]) == {date(2026, 1, 1)}
    (origin,) = satisfaction.origins(units, *YEAR, 1).itertuples()
    assert (origin.locator, origin.capture_id, origin.n) == ("一月!3", capture.id, 100)


def test_a_later_file_takes_the_place_of_an_earlier_one_which_stays(units):
    first = csv_file([HEADS[:6], ["区卫健委", "2026-01", 80, 10, 10, 0], ["教育局", "2026-01", 40, 5, 5, 0]])
    later = csv_file([HEADS[:6], ["区卫健委", "2026-01", 95, 5, 0, 0]])
    take(units, first)
    assert [part.before for part in look(units, later).parts] == [100]
    assert "替代了原有的 1 组" in take(units, later)
    assert rate(units) == (145, 150)
    kept = units.execute(select(SatisfactionSlice.replaced_by, SatisfactionSlice.counts).order_by(
        SatisfactionSlice.id)).all()
    assert [row[0] for row in kept] == [2, None, None] and kept[0][1]["good"] == 80
    take(units, first)  # brought again, since something else stands in its place by now
    assert rate(units) == (135, 150)


def test_single_answers_are_kept_masked_and_replaced_together(units):
    heads = ["填写时间", "被评价单位", "您的姓名", "联系电话", "总体满意度", "信息及时", "意见建议"]
    rows = [["2026-02-03 09:30", "区卫健委", "张三", "13812345678", "非常满意", "满意", "=1+1 电话13812345678"],
            ["2026-02-04", "区卫健委", "李四", "13900000000", "不满意", "", "排队太久"],
            ["2026-02-05", "", "", "", "一般", "一般", ""]]
    take(units, csv_file([heads, *rows]), source="paper", name="纸质.csv")
    assert rate(units) == (1, 3)
    body = evidence.body(units.execute(select(Capture)).scalar_one()).decode("utf-8-sig")
    assert "非常" not in body and "很满意" in body and "'=1+1" in body
    texts = units.execute(select(SurveyAnswer.text).order_by(SurveyAnswer.id)).scalars().all()
    for held in (body, *texts):
        assert not any(secret in held for secret in ("张三", "13812345678", "13900000000"))
    aspects = satisfaction.overview(units, *YEAR).aspects
    assert aspects[["name", "n", "satisfied"]].values.tolist() == [["信息及时", 2, 1]]
    found = satisfaction.written(units, *YEAR, words="排队")
    assert found[["unit", "level", "source"]].values.tolist() == [["云澜区卫生健康委员会", "不满意", "纸质问卷"]]
    take(units, csv_file([heads, rows[0]]), source="paper", name="纸质2.csv")
    assert rate(units) == (1, 2)
    assert len(satisfaction.written(units, *YEAR)) == 2
    assert units.execute(select(func.count()).select_from(SurveyAnswer)).scalar() == 4


@pytest.mark.parametrize(("rows", "place", "reason"), [
    ([HEADS, ["区水务局", "2026-01", 1, 1, 1, 0, 3]], ("2", "单位"), "台账中没有“区水务局”"),
    ([HEADS, ["区卫健委", "2026-01", "90%", 1, 1, 0, 3]], ("2", "满意（件）"), "不是份数"),
    ([HEADS, ["区卫健委", "2026-01", 1, 1, 1, 0, 9]], ("2", "回访数"), "合计 9 与各项之和 3 不符"),
    ([HEADS, ["区卫健委", "", 1, 1, 1, 0, 3]], ("2", "统计月份"), "没有月份"),
    ([HEADS, ["区卫健委", "2026-12", 1, 1, 1, 0, 3]], ("2", "统计月份"), "在今天之后"),
    ([HEADS, ["", "2026-01", 1, 1, 1, 0, 3]], ("2", "承办单位"), "没有单位"),
    ([HEADS, ["区卫健委", "2026-01", "", "", "", 4, ""]], ("2", "满意（件）"), "没有任何份数"),
    ([HEADS, ["区卫健委", "2026-01", 1, 1, 1, 0, 3], ["云澜区卫生健康委员会", "2026-01", 1, 1, 1, 0, 3]],
     ("3", "单位"), "是同一单位"),
    ([HEADS, ["区卫健委", "2026-01", 1, 1, 1, 0, 3], ["全区", "2026-01", 1, 1, 1, 0, 3]], ("3", "单位"), "重复计算"),
    ([["单位", "满意度", "日期"], ["区卫健委", "5", "2026-01-01"]], ("2", "满意度"), "不认识“5”"),
])
def test_one_fault_keeps_the_whole_file_out(units, rows, place, reason):
    good = [["听泉街道", "2026-02", 5, 1, 1, 0, 7]] if len(rows[0]) == 7 else [["听泉街道", "满意", "2026-01-02"]]
    seen = look(units, xlsx_file(表=rows + good), source="paper")
    assert [(str(flaw.row), flaw.column) for flaw in seen.flaws] == [place] and reason in seen.flaws[0].reason
    assert seen.flaws[0].remedy and seen.rows
    with pytest.raises(BadInput, match="什么都没有保存"):
        files.take(units, seen, who="甲", now=NOW)
    assert units.execute(select(Capture)).all() == []


def test_files_that_hold_nothing_of_it_are_refused_in_words(units):
    for rows, words in (([["姓名", "电话"], ["甲", "1"]], "没有找到满意度数据的表头"), ([HEADS], "只有表头")):
        with pytest.raises(BadInput, match=words):
            look(units, xlsx_file(表=rows))
    both = xlsx_file(汇总=[HEADS, ["区卫健委", "2026-01", 1, 1, 1, 0, 3]],
                     逐份=[["单位", "满意度"], ["区卫健委", "满意"]])
    with pytest.raises(BadInput, match="重复计算"):
        look(units, both)
    given = csv_file([["单位", "满意", "不满意"], ["全区", 9, 1]])
    assert look(units, given).flaws[0].reason == "没有月份"
    take(units, given, given=Month(2026, 2))
    assert rate(units, (date(2026, 2, 1), date(2026, 2, 28))) == (9, 10)
    with pytest.raises(BadInput, match="没有数据行"):
        look(units, files.template())


def test_the_command_line_imports_or_says_why_not(units, tmp_path, capsys):
    good, bad = tmp_path / "回访.csv", tmp_path / "错.csv"
    good.write_bytes(csv_file([["单位", "满意", "不满意"], ["区卫健委", 9, 1]]))
    bad.write_bytes(csv_file([["单位", "满意", "不满意"], ["没有的单位", 9, 1]]))
    assert main(["import", "satisfaction", str(good), "--source", "hotline", "--month", "2026-02"]) == 0
    assert "有效评价 10 份" in capsys.readouterr().out and rate(units) == (9, 10)
    assert main(["import", "satisfaction", str(bad), "--source", "paper", "--month", "2026-02"]) == 1
    said = capsys.readouterr()
    assert "第 2 行" in said.out and "台账中没有“没有的单位”" in said.out and "什么都没有保存" in said.err


def test_orders_speak_for_themselves_where_no_file_does(units):
    source = Source(key="o", name="工单", collector="file", platform="hotline12345")
    units.add(source)
    units.flush()
    for n, (day, said) in enumerate((("2026-01-05", "满意"), ("2026-01-06", "不满意"), ("2026-02-06", "基本满意"),
                                     ("2026-02-07", ""))):
        at = datetime.fromisoformat(f"{day}T02:00:00+00:00")
        mention = Mention(source_id=source.id, platform="hotline12345", external_id=str(n), title="题", published_at=at,
                          day=at.date(), first_seen_at=at, last_seen_at=at)
        units.add(mention)
        units.flush()
        units.add(Demand(mention_id=mention.id, source_id=source.id, number=str(n), channel="hotline12345", title="题",
                         asked_at=at, day=at.date(), seen_at=at, satisfied=said, unit_id=1))
    units.commit()
    assert rate(units) == (2, 3)
    take(units, csv_file([HEADS[:6], ["教育局", "2026-01", 8, 1, 1, 0]]))
    assert rate(units) == (10, 11)
    assert satisfaction.span(units) == (date(2026, 1, 1), date(2026, 2, 6))

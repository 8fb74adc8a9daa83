import json
import re
from datetime import date, timedelta

import pandas as pd
import pytest
import vl_convert

from core import charts, labels

DAYS = [date(2020, 2, 1) + timedelta(n) for n in range(6)]


def rows_of(chart) -> list[dict]:
    """All data rows of a chart's specification."""
    return [row for rows in chart.to_dict()["datasets"].values() for row in rows]


def daily(*values, series="阅读数"):
    return pd.DataFrame({"day": DAYS[: len(values)], "series": series, "value": values})


def test_a_day_that_is_not_there_becomes_a_gap_and_never_zero():
    frame = daily(1, 2, 3, 4, 5).drop(index=[1, 3])
    rows = [row for row in rows_of(charts.daily_lines(frame, unit="次")) if "value" in row]
    values = [row["value"] for row in sorted(rows, key=lambda row: row["day"])]
    assert values == [1.0, None, 3.0, None, 5.0]
    assert all(row["alone"] for row in rows if row["value"] is not None)
    assert {row["text"] for row in rows if row["value"] is None} == {"—"}


def test_marks_stand_in_the_tooltip():
    frame = daily(100_001, 12_000).assign(mark=["≥", "≈"])
    texts = [row["text"] for row in rows_of(charts.daily_lines(frame, unit="次")) if "text" in row]
    assert texts == ["≥100,001次", "≈12,000次"]


@pytest.mark.parametrize("chart", [
    charts.daily_lines(daily(1, 2, 3), unit="次", holidays={DAYS[1]: "春节"}),
    charts.stacked_bars(pd.concat([daily(1, 2), daily(3, 4, series="点赞数")]), unit="次"),
    charts.ranking_bars(pd.DataFrame({"name": ["甲", "乙"], "value": [1, 2]}), unit="次"),
    charts.heat(pd.DataFrame({"row": ["周一"], "column": [1], "value": [2]}), unit="条"),
], ids=["lines", "stacked", "ranking", "heat"])
def test_on_screen_the_theme_gives_the_colours(chart):
    text = json.dumps(chart.to_dict())
    assert "#" not in text.replace('"$schema"', "")
    assert '"font"' not in text
    printed = json.dumps(charts.for_print(chart).to_dict())
    assert "Noto Sans SC" in printed and charts.PRINT_COLOURS[0] in printed


def test_only_holidays_inside_the_period_are_shaded():
    chart = charts.daily_lines(daily(1, 2, 3), unit="次", holidays={DAYS[1]: "春节", date(2021, 2, 1): "明年"})
    assert [row["name"] for row in rows_of(chart) if "name" in row] == ["春节"]


def test_ranking_is_sorted_and_leaves_out_what_is_missing():
    frame = pd.DataFrame({"name": ["甲", "乙", "丙"], "value": [10, None, 30_000], "mark": ["", "", "≥"]})
    chart = charts.ranking_bars(frame, unit="次").to_dict()
    assert chart["layer"][0]["encoding"]["y"]["sort"] == ["丙", "甲"]
    assert [row["short"] for rows in chart["datasets"].values() for row in rows] == ["≥3万", "10"]


def test_series_keep_the_order_they_are_given():
    frame = pd.concat([daily(1, 2, series="乙"), daily(1, 2, series="甲")])
    chart = charts.stacked_bars(frame, unit="次", order=["甲", "乙"]).to_dict()
    assert chart["encoding"]["color"]["scale"]["domain"] == ["甲", "乙"]


def test_sparkline_has_a_place_for_every_day():
    found = charts.sparkline([DAYS[1], DAYS[3]], [5, float("nan")], DAYS[0], DAYS[4])
    assert found == [None, 5.0, None, None, None]


@pytest.mark.parametrize("draw", [
    lambda frame: charts.daily_lines(frame, unit="次"), lambda frame: charts.stacked_bars(frame, unit="次"),
])
def test_an_empty_frame_is_a_chart_without_data(draw):
    frame = pd.DataFrame({"day": pd.Series(dtype="datetime64[us]"), "series": pd.Series(dtype=str),
                          "value": pd.Series(dtype=float)})
    assert draw(frame).to_dict()["height"] == 280


def calendar(**more) -> dict:
    rows = [("甲", DAYS[0], "collected"), ("甲", DAYS[2], "failed"), ("乙", DAYS[0], "zero")]
    frame = pd.DataFrame([
        {"id": n, "row": row, "day": day, "state": state, "text": "政务微博"}
        for n, (row, day, state) in enumerate(rows)
    ])
    return charts.calendar(frame, states=labels.COVERAGE, **more).to_dict()


def test_a_calendar_has_a_cell_for_each_day_and_its_sign_where_something_lacks():
    made = calendar()
    cells, signs = made["layer"]
    assert cells["encoding"]["y"]["scale"]["domain"] == ["甲", "乙"]
    assert cells["encoding"]["x"]["scale"]["domain"] == [day.isoformat() for day in DAYS[:3]]
    assert cells["encoding"]["color"]["scale"]["domain"] == ["已采集", "确认无发布", "采集失败"]
    assert made["params"][0]["name"] == charts.CELL and made["params"][0]["select"]["fields"] == ["id", "date"]
    drawn = made["datasets"][signs["data"]["name"]]
    assert [(row["row"], row["sign"], row["word"]) for row in drawn] == [("甲", "×", "采集失败")]


def test_every_state_has_a_colour_and_the_ones_that_differ_in_meaning_differ_in_lightness():
    """Told apart without red and green: by lightness (of luma, 0 to 255), or by a sign."""
    assert set(charts.STATE_COLOURS) == {*labels.COVERAGE, *labels.RUN_DAYS}
    luma = {
        state: sum(w * int(colour[n : n + 2], 16) for w, n in ((0.299, 1), (0.587, 3), (0.114, 5)))
        for state, colour in charts.STATE_COLOURS.items() if colour.startswith("#")
    }
    assert abs(luma["collected"] - luma["zero"]) > 60
    alike = [(a, b) for a in luma for b in luma if a < b and abs(luma[a] - luma[b]) < 25]
    for a, b in alike:
        same = charts.STATE_COLOURS[a] == charts.STATE_COLOURS[b]
        assert same or {a, b} & set(charts.STATE_SIGNS), (a, b)


@pytest.mark.parametrize("ahead", [3, 0])
def test_a_forecast_stands_behind_what_was_with_its_band(ahead):
    was = pd.DataFrame({"day": DAYS[:3], "value": [4.0, float("nan"), 6.0]})
    lines = [{"day": day, "value": 5.5, "low": 2.0, "high": 9.25} for day in DAYS[3 : 3 + ahead]]
    will = pd.DataFrame(lines, columns=["day", "value", "low", "high"])
    drawn = charts.outlook(was, will, unit="条", value_name="信息量")
    rows = rows_of(drawn)
    assert [row["value"] for row in rows if row.get("series") == "实际"] == [4.0, None, 6.0]
    told = [row for row in rows if row.get("series") == "预测"]
    assert len(told) == ahead and all(row["range"] == "2 至 9.3条" and row["text"] == "5.5条" for row in told)
    assert len(drawn.to_dict()["layer"]) == (4 if ahead else 1)
    assert "#" not in json.dumps(drawn.to_dict()).replace('"$schema"', "")


def test_bars_by_hour_stand_on_the_shanghai_clock():
    at = pd.to_datetime(["2026-03-01T15:00Z", "2026-03-01T16:00Z", "2026-03-01T16:00Z"], utc=True)
    frame = pd.DataFrame({"at": at, "series": ["微博", "微博", "知乎"], "value": [2, 1, 4]})
    rows = rows_of(charts.hourly_bars(frame, unit="条"))
    assert [(row["hour_text"], row["series"], row["text"]) for row in rows] == [
        ("3月1日 周日 23时", "微博", "2条"), ("3月2日 周一 0时", "微博", "1条"), ("3月2日 周一 0时", "知乎", "4条")]
    assert [row["at"][:13] for row in rows] == ["2026-03-01T23", "2026-03-02T00", "2026-03-02T00"]
    drawn = vl_convert.vegalite_to_svg(charts.for_print(charts.hourly_bars(frame, unit="条")).to_dict())
    assert re.findall(r">(\d+时|\d+/\d+)<", drawn) == ["23时", "3/2"]
    assert rows_of(charts.hourly_bars(frame.head(0), unit="条")) == []


@pytest.mark.parametrize(("hours", "ticks"), [(8, 8), (24, 12), (72, 12)])
def test_an_axis_of_hours_has_a_dozen_ticks_at_most(hours, ticks):
    at = pd.date_range("2026-03-01T16:00Z", periods=hours, freq="h")
    chart = charts.hourly_bars(pd.DataFrame({"at": at, "series": "微博", "value": 1}), unit="条").to_dict()
    found = [tick["hours"] for tick in chart["encoding"]["x"]["axis"]["values"]]
    assert len(found) == ticks and found[0] == 0

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from core.counts import AT_LEAST, Count
from core.report.content import (
    Chart,
    Column,
    Content,
    Mean,
    Official,
    Origin,
    Paragraph,
    Section,
    Series,
    Table,
    cell_text,
    clean_text,
    headings,
    numeral,
)
from tests.report.sample import content


def test_json_gives_back_the_same_content_and_the_same_bytes():
    once = content()
    again = Content.from_json(once.to_json())
    assert again == once
    assert again.to_json() == once.to_json()
    assert again.sha256 == once.sha256


def test_json_keeps_exactness():
    table = Table("t", (Column("a", "count"), Column("b", "mean"), Column("c", "date")),
                  ((Count(100_001, AT_LEAST), Mean(1.5, "≈"), date(2020, 2, 29)), (Count(None), None, None)))
    kept = Content.from_json(replace(content(), sections=(replace(content().sections[0], blocks=(table,)),)).to_json())
    assert kept.sections[0].blocks[0].rows == table.rows


def test_fingerprint_ignores_when_it_was_built_and_sees_every_figure():
    one = content()
    later = replace(one, stamp=43, as_of=datetime(2020, 3, 2, tzinfo=UTC), edition=3)
    assert later.fingerprint == one.fingerprint
    assert later.sha256 != one.sha256
    other = replace(one, sections=(*one.sections[:-1], replace(one.sections[-1], title="账号明细表")))
    assert other.fingerprint != one.fingerprint


def test_text_loses_control_characters_only():
    assert clean_text("一\x00二\x1b[31m三\u202e四\ud800五\n六　七 😷") == "一二[31m三四五 六 七 😷"
    assert Paragraph("a\x07b").text == "ab"


@pytest.mark.parametrize(("kind", "value", "text"), [
    ("count", Count(100_001, AT_LEAST), "≥100,001"), ("count", Count(12_000, 500), "≈12,000"), ("count", None, "—"),
    ("count", Count(None), "—"), ("count", Count(0), "0"), ("mean", Mean(1234.56, "≥"), "≥1,234.6"),
    ("mean", None, "—"), ("percent", 0.1234, "12.3%"), ("growth", 0.1234, "+12.3%"), ("growth", 0.0, "持平"),
    ("growth", None, "—"), ("move", 3, "↑3"), ("move", -2, "↓2"), ("move", 0, "→"), ("move", None, "—"),
    ("score", Mean(1234.5, "≥"), "≥1,234.50"), ("date", date(2020, 2, 3), "2020-02-03"), ("text", "", "—"),
    ("rank", 1, "1"),
])
def test_cells_as_printed(kind, value, text):
    assert cell_text(kind, value) == text


def test_tables_take_what_frames_give():
    table = Table("t", (Column("n", "int"), Column("x", "score"), Column("m", "mean"), Column("d", "date")),
                  ((np.int64(3), np.float64("nan"), Decimal("1.5"), pd.Timestamp("2020-02-01")),
                   (np.nan, 1, np.nan, pd.NaT)))
    assert table.rows == ((3, None, Mean(1.5), date(2020, 2, 1)), (None, Mean(1.0), None, None))


@pytest.mark.parametrize("bad", [1.5, True, "12"])
def test_a_count_is_a_whole_number(bad):
    with pytest.raises(ValueError, match="whole number"):
        Table("t", (Column("n", "int"),), ((bad,),))


def test_rows_and_series_must_fit():
    with pytest.raises(ValueError):
        Table("t", (Column("n", "int"),), ((1, 2),))
    with pytest.raises(ValueError, match="one value for each label"):
        Chart("line", "c", "日期", (date(2020, 2, 1),), (Series("s", (1, 2)),), "次")


def test_numbers_of_chapters():
    assert [numeral(n) for n in (1, 9, 10, 11, 20, 21, 99)] == ["一", "九", "十", "十一", "二十", "二十一", "九十九"]
    assert headings(content().sections)[-2:] == ["五、统计口径与数据说明", "附表1　账号明细"]


def test_another_format_is_refused():
    with pytest.raises(ValueError, match="format"):
        Content.from_json('{"format": 99}')


def test_an_old_content_stays_the_same_text():
    text = content().to_json()
    for later in ("layout", "masthead", "number", "sent_to"):
        assert f'"{later}":' not in text
    assert Content.from_json(text).to_json() == text
    old = replace(content(), look=1)
    assert '"look"' not in old.to_json()
    assert Content.from_json(old.to_json()).look == 1
    assert old.fingerprint == content().fingerprint


def test_an_official_document_goes_through_json():
    one = replace(content(), layout="official", watermark="内部资料", indexed=True,
                  official=Official(mark="舆情专报", number="第3期", signed_on=date(2020, 3, 2)))
    assert Content.from_json(one.to_json()) == one
    with pytest.raises(ValueError, match="mark"):
        replace(content(), layout="official")


def test_a_brief_goes_through_json_with_its_origins():
    one = replace(content(), layout="brief", masthead="舆情摘报", number="第3期", sent_to="区委办公室",
                  sections=(Section("要闻", (Origin("来源：新闻网", "https://example.org/a b"),
                                            Origin("来源：新闻网", "https://example.org/a"))),))
    again = Content.from_json(one.to_json())
    assert again == one
    assert [block.url for block in again.sections[0].blocks] == ["", "https://example.org/a"]

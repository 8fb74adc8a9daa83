"""When an export was made, and which period a board is of."""

import io
import re
import zipfile
from datetime import UTC, date, datetime

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from core.clock import local
from core.faults import BadInput
from core.imports import made, mappings
from core.imports.importer import preview, take
from core.models import AccountDay, Audit, Reading, Remembered
from core.rollup import run
from tests.imports.make import csv_file, with_part, xlsx_file

NOW = datetime(2026, 11, 1, 2, tzinfo=UTC)
ROWS = [["标题", "发布时间", "阅读数"], ["甲", "2026-03-01 08:00", 100]]


def saved_at(at: datetime) -> bytes:
    book = load_workbook(io.BytesIO(xlsx_file(数据=ROWS)))
    book.properties.modified = at
    out = io.BytesIO()
    book.save(out)
    parts = out.getvalue()
    # openpyxl writes the moment of saving over the property: put the wanted one back.
    stamp = f"{at:%Y-%m-%dT%H:%M:%SZ}"

    core = zipfile.ZipFile(io.BytesIO(parts)).read("docProps/core.xml").decode()
    core = re.sub(r"(<dcterms:modified[^>]*>)[^<]*", rf"\g<1>{stamp}", core)
    return with_part(parts, "docProps/core.xml", core.encode())


def seen(name="报表.csv", body=None, **options):
    body = csv_file(ROWS) if body is None else body
    return preview(body, name, platform="wechat", account_name="本区发布", now=NOW, **options)


@pytest.mark.parametrize(
    ("name", "moment", "words"),
    [
        ("tendency_20260301_20260331.xls", "2026-03-31 23:59", "文件名中的日期范围"),
        ("导出2026-04-02.csv", "2026-04-02 23:59", "文件名中的日期"),
        ("导出20260402103000.csv", "2026-04-02 23:59", "文件名中的日期"),
        ("数据 2026年4月2日.csv", "2026-04-02 23:59", "文件名中的日期"),
        ("tendency_20260201_20260228.xls", "2026-11-01 10:00", ""),
        ("导出2027-04-02.csv", "2026-11-01 10:00", ""),
        ("导出20261101.csv", "2026-11-01 10:00", "文件名中的日期"),
        ("编号20261399.csv", "2026-11-01 10:00", ""),
        ("报表.csv", "2026-11-01 10:00", ""),
    ],
)
def test_the_moment_that_a_name_states_where_it_can_be(name, moment, words):
    found = seen(name)
    assert (f"{local(found.observed_at):%Y-%m-%d %H:%M}", found.made) == (moment, words)
    assert found.checked.batch.posts[0].observed_at == found.observed_at


def test_a_workbook_says_when_it_was_saved():
    april = datetime(2026, 4, 3, 1, 30, tzinfo=UTC)
    assert (seen("报表.xlsx", saved_at(april)).observed_at, seen("报表.xlsx", saved_at(april)).made) == (
        april,
        "工作簿的保存时间",
    )
    assert seen("tendency_20260301_20260331.xlsx", saved_at(april)).observed_at == april
    early = datetime(2026, 3, 10, tzinfo=UTC)
    assert seen("tendency_20260301_20260331.xlsx", saved_at(early)).made == "文件名中的日期范围"
    for impossible in (datetime(2026, 2, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)):
        assert (seen("报表.xlsx", saved_at(impossible)).observed_at, seen("报表.xlsx").made) == (NOW, "")


@pytest.mark.parametrize(
    "content", [b"<x", b'<!DOCTYPE x [<!ENTITY e "a">]><x>&e;</x>', b"<x>" + b" " * 200_000 + b"</x>"]
)
def test_properties_that_can_not_be_read_say_nothing(content):
    assert made.modified(with_part(saved_at(NOW), "docProps/core.xml", content)) is None


def test_a_moment_by_hand_must_be_between_the_newest_post_and_now():
    assert seen(observed_at=made.moment_of(date(2026, 3, 1), NOW)).made == "人工填写"
    with pytest.raises(BadInput, match=r"早于文件里最新的内容（2026-03-01 08:00）"):
        seen(observed_at=datetime(2026, 2, 28, tzinfo=UTC))
    with pytest.raises(BadInput, match="在现在之后"):
        seen(observed_at=datetime(2026, 11, 2, tzinfo=UTC))


def test_the_date_of_an_import_can_be_put_right_later(session):
    body = csv_file(ROWS)
    at = made.moment_of(date(2026, 3, 5), NOW)
    for options, state in (
        ({}, "stored"),
        ({}, "known"),
        ({"observed_at": at}, "stored"),
        ({"observed_at": at}, "known"),
    ):
        found = seen(body=body, session=session, **options)
        assert take(session, found, partial=False, who="张三", now=NOW).state == state
    assert [f"{day}" for day in session.execute(select(Reading.day).order_by(Reading.day)).scalars()] == [
        "2026-03-05",
        "2026-11-01",
    ]


def test_the_seventh_day_takes_only_what_was_exported_by_then(session):
    for reads, name in ((100, "导出20260305.csv"), (900, "导出20260601.csv")):
        body = csv_file([ROWS[0], ["甲", "2026-03-01 08:00", reads]])
        take(session, seen(name, body, session=session), partial=False, who="张三", now=NOW)
    run(session)
    sums = dict(session.execute(select(AccountDay.basis, AccountDay.reads)).all())
    assert sums == {"latest": 900, "d7": 100}
    assert session.execute(select(Reading.reads).order_by(Reading.observed_at)).scalars().all() == [100, 900]


@pytest.mark.parametrize(
    ("words", "period", "until"),
    [
        ("清博日榜 2026-07-26", "day", date(2026, 7, 26)),
        ("周榜20260720-20260726", "week", date(2026, 7, 26)),
        ("新榜月榜 2026年2月", "month", date(2026, 2, 28)),
        ("榜单202612.csv", "month", date(2026, 12, 31)),
        ("榜单.csv", "day", None),
    ],
)
def test_the_period_of_a_board_by_words(words, period, until):
    assert made.period_of(words) == (period, until)


def test_a_correction_is_remembered_by_table_and_can_be_forgotten(session):
    rows = [["标题", "发布时间", "阅读数", "首日阅读数"], ["甲", "2026-03-01 08:00", 9, 3]]
    options = {"platform": "wechat", "account_name": "本区发布", "now": NOW, "session": session}
    first = preview(csv_file(rows), "甲.csv", **options)
    key = first.tables[0].key
    corrected = preview(csv_file(rows), "甲.csv", mapping={key: {"reads": "首日阅读数"}}, **options)
    take(session, corrected, partial=False, who="张三", now=NOW)
    # Longer rows than the header, and another name of the file, make no other kind of file.
    more = preview(csv_file([*rows, ["乙", "2026-03-02 08:00", 7, 2, "多", "余"]]), "乙.csv", **options)
    assert more.remembered == (key,)
    assert [post.counters["reads"].value for post in more.checked.batch.posts] == [3, 2]
    undone = preview(csv_file(rows), "甲.csv", mapping={key: {}}, **options)
    assert undone.checked.batch.posts[0].counters["reads"].value == 9
    assert mappings.forget(session, "wechat", [key], who="张三") == 1
    session.commit()
    assert not session.execute(select(Remembered).where(Remembered.key.startswith("import-mapping:"))).all()
    assert session.execute(select(Audit.action).order_by(Audit.id.desc())).scalars().first() == "忘记列对应"
    assert preview(csv_file(rows), "甲.csv", **options).remembered == ()

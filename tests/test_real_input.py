"""The main job on real input, end to end, through the ways a user has: command line, ledger workbook, scheduler."""

import csv
import gzip
import io
import re
import tarfile
from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from pypdf import PdfReader
from sqlalchemy import func, select

from core import clock, db
from core.__main__ import main
from core.clock import Month
from core.models import Account, Coverage, Post, Reading, Run, Source
from core.periods import Period
from core.query import boards, trends
from core.query.scope import Filter
from core.recheck import verify
from core.report import editions, kinds
from core.report.outline import Order
from core.settings import ROOT
from tests.conftest import forget
from tests.lab import Lab
from tests.processes import Process
from tests.report.pages import text_of

DATA = ROOT.parent / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the real data sets lie beside the checkout, not in it")
FEEDS = 500
COUNTERS = {"forward": "reposts", "comment": "comments", "like": "likes"}


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """The file as pandas sees it, one row per post, with its month by the printed date alone."""
    frame = pd.read_csv(DATA / "weibo_cctvnews_2020" / "posts.csv.gz")
    printed = frame["WB_from"].str.extract(r"^(\d+)月(\d+)日").astype(int)
    frame["day"] = [date(2020, month, day) for month, day in printed.itertuples(index=False)]
    frame["post"] = frame["weibo_url"].str.split("?").str[0]
    assert len(frame) == 6064
    return frame


@pytest.fixture
def imported(database, capsys) -> str:
    """What the command line said on importing 央视新闻."""
    file = DATA / "weibo_cctvnews_2020" / "posts.csv.gz"
    assert main(["import", "posts", str(file), "--platform", "weibo", "--account", "央视新闻"]) == 0
    return capsys.readouterr().out


def of(rows: pd.DataFrame, month: Month) -> pd.DataFrame:
    """The distinct posts of a month; one row of the file repeats the post of another, figures and all."""
    distinct = rows.drop_duplicates(["post", *COUNTERS])
    assert len(distinct) == rows["post"].nunique() == 6063
    return distinct[[month.first <= day <= month.last for day in distinct["day"]]]


def test_every_row_of_the_weibo_file_is_accounted_for(imported, session, rows):
    assert "共 6,064 行：可导入 6,063 条发文，重复 1 行（只计一次）" in imported
    (account,) = session.execute(select(Account)).scalars()
    assert (account.name, account.external_id, account.platform) == ("央视新闻", "2656274875", "weibo")
    stored = session.execute(select(Post.url, Reading.reposts, Reading.comments, Reading.likes).join(
        Reading, Reading.post_id == Post.id)).all()
    expected = {(r.post, r.forward, r.comment, r.like) for r in rows.itertuples()}
    assert {(url.split("?")[0], *counts) for url, *counts in stored} == expected
    assert len(stored) == 6063


@pytest.mark.parametrize("text", ["2020-01", "2020-02", "2020-03", "2020-04"])
def test_ranking_and_trend_show_the_totals_of_a_plain_sum(imported, session, rows, text):
    month = Month.parse(text)
    expected = of(rows, month)
    where = Filter(month.first, month.last, ("weibo",))
    ranking = boards.ranking(session, where, "weibo")
    daily = trends.daily(session, where)
    assert list(ranking["posts"]) == [len(expected)]
    for column, counter in COUNTERS.items():
        assert list(ranking[counter]) == [expected[column].sum()]
        assert list(ranking[f"{counter}_mark"]) == [""]
        by_day = expected.groupby("day")[column].sum()
        shown = {d: v for d, v in zip(pd.to_datetime(daily["day"]).dt.date, daily[counter], strict=True) if pd.notna(v)}
        assert {d: v for d, v in shown.items() if v} == {d: v for d, v in by_day.items() if v}


def test_the_monthly_report_says_the_same_and_both_files_open(imported, database, rows, tmp_path):
    out = tmp_path / "报告"
    assert main(["report", "--kind", "monthly", "--platform", "weibo", "--month", "2020-02", "--out", str(out)]) == 0
    expected = of(rows, Month.parse("2020-02"))
    totals = [len(expected), *(int(expected[c].sum()) for c in COUNTERS)]
    (xlsx,), (pdf,) = out.glob("*.xlsx"), out.glob("*.pdf")
    book = openpyxl.load_workbook(xlsx)
    figures = {cell.value for sheet in book for row in sheet.iter_rows() for cell in row}
    for total in totals:
        assert total in figures, f"{total} is nowhere in the workbook"
    text = re.sub(r"\s", "", "".join(text_of(page) for page in PdfReader(pdf).pages))
    for total in totals:
        assert f"{total:,}" in text or str(total) in text, f"{total} is nowhere in the PDF"
    assert "2020年2月" in text and "央视新闻" in text


def test_every_figure_of_the_file_is_found_in_it_again(imported, session):
    january = (date(2020, 1, 1), date(2020, 1, 31))
    with db.snapshot() as reading:
        whole = verify.verify(reading, *january, {})
    assert whole.findings == () and whole.figures > 10_000 and whole.trusted == 0
    changed = session.execute(
        select(Reading).join(Post).where(Post.day.between(*january), Reading.likes.is_not(None)).limit(1)).scalar_one()
    changed.likes += 1
    session.commit()
    with db.snapshot() as reading:
        (found,) = verify.verify(reading, *january, {}).findings
    assert (found.what, found.kind, found.row) == ("reading", "altered", (changed.id,))
    assert found.expected["likes"][0] + 1 == found.stored["likes"][0]


def test_a_report_is_recomputed_elsewhere_from_its_captures_alone(imported, database, tmp_path, monkeypatch, capsys):
    """The same hash on an empty database with nothing but what was exported; other bytes are another hash."""
    now = clock.now()
    order = Order("monthly", Period.parse("2020-02"), "weibo")
    edition = editions.publish(lambda reading: kinds.build(reading, order, now=now), by="张三", now=now)
    assert main(["export", "proof", str(edition.id), str(tmp_path / "proof")]) == 0
    capsys.readouterr()
    assert main(["verify", "--edition", str(edition.id)]) == 0, "at once, in a database of its own"
    assert capsys.readouterr().out.count(edition.sha256) == 2
    (body,) = (path for path in (tmp_path / "proof" / "captures").rglob("*.gz"))

    def elsewhere(name: str) -> str:
        monkeypatch.setenv("PULSE_DATA_DIR", str(tmp_path / name))
        forget()
        code = main(["verify", "--proof", str(tmp_path / "proof")])
        said = capsys.readouterr()
        return f"{code} {said.out} {said.err}"

    capsys.readouterr()
    said = elsewhere("other")
    assert said.startswith("0 ") and "完全一致" in said and said.count(edition.sha256) == 2
    assert "数据库不是空的" in elsewhere("other")
    body.write_bytes(gzip.compress(gzip.decompress(body.read_bytes()).replace(b"1", b"2", 1)))
    assert elsewhere("third").startswith("1 ")


def test_the_same_file_twice_changes_nothing(imported, session, capsys):
    before = session.execute(select(func.count()).select_from(Reading)).scalar()
    file = DATA / "weibo_cctvnews_2020" / "posts.csv.gz"
    assert main(["import", "posts", str(file), "--platform", "weibo", "--account", "央视新闻"]) == 0
    assert "没有重复保存" in capsys.readouterr().out
    assert session.execute(select(func.count()).select_from(Reading)).scalar() == before


@pytest.fixture(scope="module")
def feeds() -> dict[str, bytes]:
    """biz id → feed, the first 500 of the archive."""
    with tarfile.open(DATA / "wechat_rss_feeds" / "feeds.tar.gz") as archive:
        names = sorted(archive.getnames())[:FEEDS]
        return {Path(name).stem: archive.extractfile(name).read() for name in names}


@pytest.fixture(scope="module")
def items(feeds) -> dict[str, set[str]]:
    """biz id → links of its items, by the data set's own listing."""
    found: dict[str, set[str]] = {biz: set() for biz in feeds}
    with gzip.open(DATA / "wechat_rss_feeds" / "items.csv.gz", "rt", encoding="utf-8-sig") as stream:
        for row in csv.DictReader(stream):
            if row["bizid"] in found:
                found[row["bizid"]].add(row["link"])
    return found


def ledger(addresses: dict[str, str]) -> bytes:
    """A ledger workbook of WeChat accounts and their feeds, as an operator would fill it in."""
    book = openpyxl.Workbook()
    accounts = book.active
    accounts.title = "账号"
    accounts.append(["平台", "平台账号ID", "账号名称"])
    sources = book.create_sheet("采集源")
    sources.append(["名称", "采集方式", "地址", "平台", "账号", "周期（分钟）", "启用"])
    for number, (biz, url) in enumerate(addresses.items()):
        accounts.append(["政务微信", biz, f"公众号{number}"])
        sources.append([f"公众号{number} 订阅", "RSS/Atom 订阅", url, "政务微信", biz, 60, "是"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_500_real_feeds_are_collected_by_the_scheduler_and_a_second_run_adds_nothing(
    session, database, feeds, items, tmp_path
):
    with Lab() as lab:
        file = tmp_path / "台账.xlsx"
        file.write_bytes(ledger({biz: lab.serve(f"/{biz}.xml", body) for biz, body in feeds.items()}))
        assert main(["import", "ledger", str(file)]) == 0
        knobs = {"PULSE_ALLOW_PRIVATE_HOSTS": "*", "PULSE_PACE_SECONDS": "0"}
        first = Process("scheduler.py", "--once", data_dir=database, **knobs)
        assert first.end(300) == 0, first.said
        by_state = select(Run.state, func.count()).where(Run.job == "collect").group_by(Run.state)
        states = dict(session.execute(by_state).all())
        assert states == {"ok": FEEDS}, first.said
        stored: dict[str, set[str]] = {biz: set() for biz in feeds}
        urls = select(Account.external_id, Post.url).join(Post, Post.account_id == Account.id)
        for biz, url in session.execute(urls):
            stored[biz].add(url)
        assert stored == items
        count = session.execute(select(func.count()).select_from(Post)).scalar()
        assert count == sum(map(len, items.values())) > 5_000
        assert session.execute(select(func.count()).where(Coverage.state == "zero")).scalar() > 0

        session.execute(Source.__table__.update().values(next_due_at=None))
        session.commit()
        before = db.stamp(session)
        second = Process("scheduler.py", "--once", data_dir=database, **knobs)
        assert second.end(300) == 0, second.said
        session.expire_all()
        assert session.execute(select(func.count()).select_from(Post)).scalar() == count
        assert session.execute(select(func.count()).where(Run.state == "unchanged")).scalar() == FEEDS
        assert db.stamp(session) == before

"""Exports held against what is stored, boards against our own sums: what agrees, what differs, and why."""

import csv
import gzip
import io
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from core import clock, evidence, ingest, rollup
from core.counts import AT_LEAST, MISSING, Count
from core.faults import BadInput
from core.imports import importer
from core.models import Account, Audit, BoardReading, Capture, DailyReading, Post, Reading, Reconciliation
from core.query.scope import Filter
from core.recheck import accuracy
from core.reconcile import boards, hold, kept, summary
from core.reconcile.hold import AGREE, DIFFER, OPEN, Around
from core.reconcile.tally import Tally
from core.records import BoardRecord, DailyRecord, FollowerRecord
from tests.imports.make import SHARED, WEIBO, csv_file
from tests.query.test_quality import FIRST, Desk

NOW = clock.instant(FIRST + timedelta(20), 12)
CAP = Count(100_001, AT_LEAST)


@pytest.mark.parametrize(("theirs", "before", "after", "within", "outcome"), [
    (Count(15), Count(10), Count(20), MISSING, AGREE), (Count(9), Count(10), Count(20), MISSING, AGREE),
    (Count(500), Count(1000), Count(2000), MISSING, DIFFER), (Count(2500), Count(1000), Count(2000), MISSING, DIFFER),
    (Count(1500), Count(1000), MISSING, MISSING, OPEN), (Count(1001), Count(1000), MISSING, MISSING, AGREE),
    (Count(1500), Count(1000), MISSING, Count(1800), AGREE), (Count(1500), Count(1000), MISSING, Count(1200), OPEN),
    (Count(1500), MISSING, Count(2000), MISSING, OPEN), (Count(2500), MISSING, Count(2000), MISSING, DIFFER),
    (CAP, Count(90_000), Count(160_000), MISSING, AGREE), (CAP, Count(80_000), Count(90_000), MISSING, DIFFER),
    (Count(160_000), CAP, MISSING, MISSING, AGREE), (Count(90_000), CAP, MISSING, MISSING, DIFFER),
    (Count(12_000, 500), Count(12_300), MISSING, MISSING, AGREE), (Count(12_000, 500), Count(13_000), MISSING, MISSING,
                                                                   DIFFER),
])
def test_a_counter_that_grows_lies_between_our_readings_around_it(theirs, before, after, within, outcome):
    assert hold.cumulative(theirs, Around(before, after, within))[0] == outcome


@pytest.fixture
def desk(session) -> Desk:
    return Desk(session, "本区发布")


def held(session, rows, name="导出_{day}.csv", day=10, **options) -> Reconciliation:
    file = name.format(day=f"{FIRST + timedelta(day):%Y%m%d}")
    seen = importer.preview(csv_file(rows), file, platform=options.pop("platform", "weibo"),
                            account_name=options.pop("account", "本区发布"), now=NOW, session=session, **options)
    made = kept.keep(session, seen, who="张三", now=NOW)
    session.commit()
    return made


HEAD = ["标题", "发布时间", "点赞数", "评论数", "链接"]


def line(name: str, day: int, likes, comments="") -> list:
    return [f"题{name}", f"{FIRST + timedelta(day):%Y-%m-%d} 09:00", likes, comments, f"https://a.cn/{name}"]


def test_an_export_is_held_post_by_post_and_nothing_of_it_is_taken_in(session, desk):
    desk.answer(9, posts=[desk.post("a", 0, 9, likes=100), desk.post("b", 1, 9, likes=1000),
                          desk.post("c", 4, 9, likes=1000), desk.post("d", 1, 9, likes=5)])
    desk.answer(12, posts=[desk.post("a", 0, 12, likes=120), desk.post("b", 1, 12, likes=1100)])
    ingest.cover(session, {(desk.account.id, FIRST + timedelta(n)): "collected" for n in range(3)}
                 | {(desk.account.id, FIRST + timedelta(3)): "failed"}, None)
    session.commit()
    rollup.run(session)
    before = [session.execute(select(func.count()).select_from(table)).scalar() for table in (Post, Reading)]
    made = held(session, [HEAD, line("a", 0, 110, 7), line("b", 1, 2000), line("c", 4, 1500), line("f", 2, 4),
                          line("e", 3, 9)])
    assert before == [session.execute(select(func.count()).select_from(table)).scalar() for table in (Post, Reading)]
    assert Tally.of(made.counts) == Tally(compared=2, differing=1, open=1, theirs=2, ours=1)
    assert made.lacking == {"评论数（本账号未采集）": 1} and made.first == FIRST
    found = {(one["kind"], one["title"]): one for one in made.findings}
    b = found["differs", "题b"]
    assert (b["name"], b["theirs"], b["ours"]) == ("点赞数", "2,000", "导出前 1,000，导出后 1,100")
    assert b["difference"] == 900
    assert "大于我方之后" in b["reason"] and "导出日期" in b["remedy"] and b["post_id"]
    assert "采集失败" in found["theirs", "题e"]["reason"] and "列表里没有这一篇" in found["theirs", "题f"]["reason"]
    assert found["ours", "题d"]["ours"] == "点赞数 5" and found["open", "题c"]["difference"] == 500
    capture = session.get(Capture, made.capture_id)
    assert evidence.body(capture) and capture.run_id is None
    assert "比对 2 个数字" in session.execute(select(Audit.detail)).scalars().all()[-1]
    # What was open is told once something newer was read; the earlier comparison counts no more.
    desk.answer(13, posts=[desk.post("c", 4, 13, likes=1600)])
    anew = kept.again(session, made.id, who="张三", now=NOW)
    session.commit()
    assert Tally.of(anew.counts) == Tally(compared=3, differing=1, theirs=2, ours=1)
    assert list(kept.listing(session, Filter(FIRST, FIRST))["id"]) == [anew.id]
    assert kept.of_month(session, FIRST) == (1, Tally.of(anew.counts))
    with pytest.raises(BadInput, match="重新比对过"):
        kept.restore(session, made.id, who="张三", now=NOW)
    # The very file can be imported later: nothing had been taken.
    seen = importer.preview(evidence.body(capture), capture.request, platform="weibo", account_name="本区发布", now=NOW,
                            session=session)
    assert importer.take(session, seen, partial=False, who="张三", now=NOW).new > 0


def test_days_and_followers_are_held_day_by_day(session, desk):
    day = [FIRST + timedelta(n) for n in range(4)]
    after = clock.instant(day[3] + timedelta(1), 9)
    desk.answer(9, followers=[FollowerRecord(day=day[0], observed_at=after, followers=Count(100), new=5, lost=1),
                              FollowerRecord(day=day[1], observed_at=clock.instant(day[1], 8), followers=Count(100))],
                posts=[desk.post("a", 0, 9, likes=1)],
                daily=[DailyRecord(day=day[0], observed_at=after, posts=1, counters={"reads": Count(50)})])
    ingest.cover(session, {(desk.account.id, day[1]): "zero"}, None)
    session.commit()
    rollup.run(session)
    rows = [["日期", "粉丝总数", "新增粉丝数", "取关粉丝数"], [f"{day[0]}", 101, 5, 1], [f"{day[1]}", 160, 60, 0],
            [f"{day[2]}", 161, 1, 0]]
    made = held(session, rows)
    assert Tally.of(made.counts) == Tally(compared=4, differing=1, theirs=1)
    assert [(one["kind"], one["name"], one["theirs"], one["ours"]) for one in made.findings] == [
        ("theirs", "粉丝数", "161", "—"), ("differs", "粉丝数", "101", "100")]
    rows = [["日期", "阅读次数", "阅读人数", "群发篇数"], [f"{day[0]}", 50, 40, 2], [f"{day[1]}", 9, 9, 0],
            [f"{day[2]}", 9, 9, 1]]
    wechat = Desk(session, "本区微信", "wechat")
    wechat.answer(9, posts=[wechat.post("w", 0, 9, reads=30)],
                  daily=[DailyRecord(day=day[0], observed_at=after, posts=1, counters={"reads": Count(51)})])
    ingest.cover(session, {(wechat.account.id, day[1]): "zero"}, None)
    session.commit()
    rollup.run(session)
    made = held(session, rows, platform="wechat", account="本区微信")
    assert {(one["kind"], one["name"], one["theirs"], one["ours"]) for one in made.findings} == {
        ("differs", "发布数", "2", "1"), ("differs", "当日阅读数", "50", "51"), ("theirs", "发布数", "1", "—")}
    assert made.lacking == {"当日阅读人数（平台日汇总）": 3, "当日阅读数（平台日汇总）": 2}
    assert "当日无采集记录" in next(one for one in made.findings if one["kind"] == "theirs")["reason"]
    assert session.execute(select(func.count()).select_from(DailyReading)).scalar() == 2


def test_what_can_t_be_compared_is_refused(session, desk):
    with pytest.raises(BadInput, match="台账中没有账号“别的”"):
        held(session, [HEAD, line("a", 0, 1)], account="别的")
    with pytest.raises(BadInput):
        kept.withdraw(session, 99, who="张三", now=NOW)


def test_a_board_is_held_against_our_own_sums(session):
    """As 清博's interface gives it, and as 新榜's table prints it: 10万+ is a bound on both sides."""
    desk = Desk(session, "本区发布", "wechat")
    for number, reads in enumerate((150_000, 900)):
        record = desk.post(f"p{number}", 0, 1, hour=1, reads=reads - 100, likes=10)
        desk.answer(1, hour=1, posts=[record.model_copy(update={"position": number + 1, "push_id": "m"})])
        desk.answer(3, posts=[desk.post(f"p{number}", 0, 3, reads=reads, likes=12)])
    ingest.cover(session, {(desk.account.id, FIRST + timedelta(1)): "failed"}, None)

    def board(day, **figures) -> BoardRecord:
        return BoardRecord(provider="gsdata", index="wci", period="day", day=FIRST + timedelta(day), place=1,
                           observed_at=clock.instant(FIRST + timedelta(2), 12), figures=figures)

    desk.answer(2, boards=[board(0, url_times=1, url_num=2, readnum_all=100_850, url_times_readnum=100_001,
                                 likenum_all=90), board(1, url_num=3, readnum_all=99)])
    rollup.run(session)
    frame = boards.held(session, Filter(FIRST, FIRST + timedelta(6))).set_index(["day", "name"])
    assert dict(frame["outcome"]) == {
        (FIRST, "发布次数"): AGREE, (FIRST, "发布篇数"): AGREE, (FIRST, "总阅读数"): AGREE,
        (FIRST, "头条阅读数"): AGREE, (FIRST, "总点赞数"): DIFFER,
        (FIRST + timedelta(1), "发布篇数"): OPEN, (FIRST + timedelta(1), "总阅读数"): ""}
    likes = frame.loc[(FIRST, "总点赞数")]
    assert (likes["theirs"], likes["ours"], likes["difference"]) == ("90", "24", 66)
    assert "没有掌握发布情况" in frame.loc[(FIRST + timedelta(1), "发布篇数"), "reason"]
    week = Filter(FIRST, FIRST + timedelta(6))
    known = accuracy.accuracy(session, week, None, FIRST)
    (row,) = summary.by("platform", kept.listing(session, week), known.rows, frame.reset_index()).to_dict("records")
    assert (row["name"], row["given"], row["boards"], row["boards_differing"]) == ("政务微信", 0, 5, 1)
    table = SHARED / "wechat_newrank_tables" / "newrank_media_month.csv"
    if table.is_file():
        desk.account.name = "人民日报"
        session.commit()
        seen = importer.preview(table, platform="wechat", now=NOW, session=session, period="month", until=FIRST)
        made = kept.keep(session, seen, who="张三", now=NOW)
        assert made.account_id is None and {one["name"] for one in made.findings} >= {"发布篇数", "总阅读数"}
        assert session.execute(select(func.count()).select_from(BoardReading)).scalar() == 2


@pytest.mark.skipif(not WEIBO.is_file(), reason="the real data sets lie beside the checkout, not in it")
def test_a_real_list_of_posts(session):
    """央视新闻 as one crawl has it, imported; two days later the same list as a second source, whole and damaged."""
    with gzip.open(WEIBO, "rt", encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))[:1_000]

    def read(lines, at) -> importer.Preview:
        out = io.StringIO()
        writer = csv.DictWriter(out, rows[0].keys())
        writer.writeheader()
        writer.writerows(lines)
        return importer.preview(out.getvalue().encode(), "列表.csv", platform="weibo", account_name="央视新闻", now=at,
                                session=session)

    first = read(rows, NOW - timedelta(2))
    importer.take(session, first, partial=False, who="张三", now=NOW - timedelta(2))
    rollup.run(session)
    same = kept.keep(session, read(rows, NOW), who="张三", now=NOW)
    assert Tally.of(same.counts) == Tally(compared=3 * first.good) and same.findings == []
    fewer = [row | ({"like": int(row["like"]) // 2} if n % 40 == 0 else {}) for n, row in enumerate(rows)
             if n % 250 != 1]
    found = kept.keep(session, read(fewer, NOW), who="张三", now=NOW)
    assert Tally.of(found.counts) == Tally(compared=3 * (first.good - 4), differing=25, ours=4)
    assert "绝大多数是对方小于我方" in found.hint
    assert {(one["kind"], one["name"]) for one in found.findings} == {("differs", "点赞数"), ("ours", "")}
    assert found.first.year == 2020 and session.get(Account, found.account_id).external_id == "2656274875"

"""The coverage calendar and what stands behind a cell, on a real database."""

from collections import Counter
from datetime import date, timedelta

import pytest
from sqlalchemy import event

from core import db, evidence, ingest, rollup
from core.clock import days, instant
from core.counts import Count
from core.models import Account, Coverage, Rejected, Source, Unit
from core.query import coverage, overview
from core.query.scope import Filter
from core.records import Batch, FollowerRecord, PostRecord

MONDAY = date(2026, 3, 2)
TODAY = date(2026, 3, 8)
WEEK = Filter(MONDAY, TODAY)


def account(session, name: str, platform: str = "weibo", **values) -> Account:
    made = Account(platform=platform, external_id=name, name=name, **values)
    session.add(made)
    session.flush()
    return made


def source(session, name: str, of: Account | None = None, **values) -> Source:
    made = Source(
        key=name, name=name, collector=values.pop("collector", "weibo"), platform=values.pop("platform", "weibo"),
        account_id=of.id if of else None, **values,
    )
    session.add(made)
    session.flush()
    return made


def post(session, of: Account, day: date, run=None, capture=None, number: int = 1) -> None:
    run = run or ingest.begin(session, "collect", at=instant(day, 12))
    at = instant(day, 9)
    ingest.store(session, Batch(posts=[PostRecord(
        external_id=f"{of.name}-{day}-{number}", published_at=at, observed_at=at + timedelta(hours=3), title="通告",
        counters={"likes": Count(5)},
    )]), run=run, capture=capture, account=of)


def states(session, where: Filter = WEEK, today: date = TODAY) -> dict[str, list[str]]:
    found = coverage.calendar(session, where, today)
    return {row["name"]: list(row["states"]) for row in found.accounts.to_dict("records")}


def test_every_cell_has_the_state_that_holds(session):
    bound, served = account(session, "绑定"), account(session, "按平台", "wechat")
    alone = account(session, "无来源", "douyin")
    account(session, "停更", "weibo", state="suspended")
    late = account(session, "新开", "weibo", opened_on=date(2026, 3, 6), closed_on=date(2026, 3, 7))
    source(session, "甲", bound)
    source(session, "丙", late)
    source(session, "乙", collector="demo", platform="wechat", config={"subject": "accounts"})
    source(session, "热榜", collector="hotlist", platform="douyin")
    source(session, "话题", collector="demo", platform="douyin", config={"subject": "mentions"})
    source(session, "停用", alone, enabled=False)
    for n, state in enumerate(("zero", "failed", "expired", "pending")):
        ingest.cover(session, {(bound.id, MONDAY + timedelta(n)): state}, None)
    post(session, bound, MONDAY + timedelta(1))  # came later than the failure
    ingest.cover(session, {(served.id, MONDAY): "zero"}, None)
    session.commit()
    rollup.run(session)
    session.execute(Coverage.__table__.update().where(Coverage.day == MONDAY + timedelta(1)).values(state="failed"))
    assert states(session) == {
        "绑定": ["zero", "collected", "expired", "pending", "unknown", "unknown", "due"],
        "按平台": ["zero", *["unknown"] * 5, "due"],
        "无来源": ["unmonitored"] * 7,
        "停更": ["unmonitored"] * 7,
        "新开": ["", "", "", "", "unknown", "unknown", ""],
    }


def test_the_worst_come_first_and_the_shares_add_up(session):
    unit = Unit(name="教育局", kind="bureau")
    session.add(unit)
    session.flush()
    good, bad = account(session, "好", unit_id=unit.id), account(session, "差")
    account(session, "无", "douyin")
    source(session, "源")  # a standard source of Weibo that is bound to no account serves all of its platform
    span = days(MONDAY, TODAY)
    ingest.cover(session, {(good.id, d): "zero" for d in span}, None)
    ingest.cover(session, {(bad.id, d): "failed" for d in span[:3]} | {(bad.id, d): "zero" for d in span[3:]}, None)
    session.commit()
    found = coverage.calendar(session, WEEK, TODAY)
    assert list(found.accounts["name"]) == ["差", "无", "好"]
    assert list(found.accounts["gaps"]) == [3, 0, 0] and list(found.accounts["unmonitored"]) == [0, 7, 0]
    assert (found.expected, found.covered, found.gaps) == (21, 11, 3)
    assert found.share == pytest.approx(11 / 21)
    assert found.states() == {"zero": 11, "failed": 3, "unmonitored": 7}
    by_platform = found.platforms().set_index("platform_name")
    assert list(by_platform.index) == ["抖音", "政务微博"]
    assert list(by_platform["share"]) == [0, pytest.approx(11 / 14)]
    assert list(found.lacking()["name"]) == ["差", "无"]
    assert list(coverage.calendar(session, Filter(MONDAY, TODAY, units=(unit.id,)), TODAY).accounts["name"]) == ["好"]
    assert list(coverage.calendar(session, Filter(MONDAY, TODAY, ("douyin",)), TODAY).accounts["name"]) == ["无"]
    cells = found.cells(found.accounts, 2)
    assert list(cells["day"]) == span[-2:] * 3 and cells["row"][0] == "差·政务微博"
    assert list(cells["text"])[::2] == ["政务微博 · 覆盖率 57%", "抖音 · 覆盖率 0%", "政务微博 · 教育局 · 覆盖率 100%"]


def test_the_share_is_the_one_of_the_overview(reader, district):
    april = Filter(date(2024, 4, 1), date(2024, 4, 30))
    found = coverage.calendar(reader, april, date(2026, 1, 1))
    told = overview.freshness(reader, april)
    assert (found.expected, found.covered) == (told.expected, told.covered)
    assert found.states()["failed"] == told.failed


def test_an_empty_ledger_has_an_empty_calendar(session):
    found = coverage.calendar(session, WEEK, TODAY)
    assert found.accounts.empty and found.share is None and found.states() == {} and found.platforms().empty


def test_what_stands_behind_a_cell(session):
    of = account(session, "警方微博")
    mine, other = source(session, "专用", of), source(session, "全区")
    source(session, "他人", account(session, "别的"))
    day = MONDAY + timedelta(2)
    run = ingest.begin(session, "collect", source=mine, at=instant(day + timedelta(1), 8))
    kept = evidence.keep(session, b"{}", request="https://w.cn/list", fetched_at=run.started_at, run=run,
                         source_id=mine.id)
    post(session, of, day, run, kept)
    ingest.finish(session, run, "partial", "新增帖文 1 条", at=run.started_at)
    session.add(Rejected(run_id=run.id, locator="list[3]", reason="缺少字段"))
    for which, hour in ((other, 10), (mine, 14)):
        then = ingest.begin(session, "collect", source=which, at=instant(day, hour))
        ingest.finish(session, then, "failed", "连接超时", at=then.started_at, fault="RETRY")
    strange = ingest.begin(session, "collect", source=session.get(Source, mine.id + 2), at=instant(day, 11))
    session.commit()
    rollup.run(session)
    found = coverage.cell(session, of.id, day, TODAY)
    assert (found.state, found.word, found.words) == ("collected", "已采集", "当日发布 1 篇，已采集。")
    runs = coverage.runs_behind(session, of.id, day)
    assert list(runs["source"]) == ["专用", "专用", "全区"] and strange.id not in set(runs["run_id"])
    assert list(runs["role"]) == ["状态和数据依据", "当日采集", "当日采集"]
    assert list(runs["state_name"]) == ["部分成功", "失败", "失败"]
    posts = coverage.posts_behind(session, of.id, day)
    assert (posts["title"][0], posts["likes"][0], posts["readings"][0]) == ("通告", 5, 1)
    assert posts["gone_at"].isna().all()
    refused = coverage.rejected_behind(session, [int(i) for i in runs["run_id"]])
    assert list(refused["reason"]) == ["缺少字段"]


def test_a_gap_says_why(session):
    of = account(session, "号")
    mine = source(session, "源", of)
    run = ingest.begin(session, "collect", source=mine, at=instant(MONDAY, 12))
    ingest.cover(session, {(of.id, MONDAY): "expired"}, run)
    ingest.finish(session, run, "failed", "授权失效：令牌过期", at=run.started_at, fault="REAUTH")
    session.commit()
    said = {n: coverage.cell(session, of.id, MONDAY + timedelta(n), TODAY) for n in (0, 1, 6, 7)}
    assert said[0].word == "凭据失效" and said[0].words.endswith("当次说明：授权失效：令牌过期")
    assert said[1].word == "无采集记录" and said[6].word == "待采集" and said[7].word == "不计入"
    mine.enabled = False
    session.commit()
    assert coverage.cell(session, of.id, TODAY, TODAY).words == "没有启用的采集源。"
    assert coverage.cell(session, 999, MONDAY, TODAY) is None and coverage.runs_behind(session, 999, MONDAY).empty


def test_figures_of_followers_lead_to_their_run(session):
    of = account(session, "号")
    mine = source(session, "源", of)
    run = ingest.begin(session, "collect", source=mine, at=instant(MONDAY + timedelta(1), 8))
    kept = evidence.keep(session, b"[]", request="u", fetched_at=run.started_at, run=run, source_id=mine.id)
    ingest.store(session, Batch(followers=[FollowerRecord(day=MONDAY, observed_at=run.started_at,
                                                          followers=Count(9))]), run=run, capture=kept, account=of)
    session.commit()
    assert list(coverage.runs_behind(session, of.id, MONDAY)["run_id"]) == [run.id]


def test_the_days_of_a_source(session):
    of = source(session, "源")
    plan = {0: [("ok", 5), ("failed", 0)], 1: [("failed", 0)] * 2, 2: [("unchanged", 0)] * 3, 4: [("ok", 2)],
            5: [("running", 0)]}
    for n, outcomes in plan.items():
        for k, (state, new) in enumerate(outcomes):
            run = ingest.begin(session, "collect", source=of, at=instant(MONDAY + timedelta(n), k))
            if state != "running":
                ingest.finish(session, run, state, "", at=run.started_at, stored=ingest.Stored(new_posts=new))
    session.commit()
    found = coverage.source_days(session, of.id, MONDAY, TODAY)
    assert list(found["state"]) == ["partial", "failed", "unchanged", "none", "ok", "running", "none"]
    assert found["text"][0] == "成功 1 次，失败 1 次；新增 5 条" and found["text"][3] == "没有采集"
    assert len(coverage.source_runs(session, of.id, MONDAY)) == 2
    assert coverage.day_state(Counter(partial=1), 0) == "partial"


def test_six_hundred_accounts_in_a_month(session):
    """A district's whole ledger: one read of each table, whatever the number of accounts."""
    session.add_all(Account(platform="weibo", external_id=str(n), name=f"号{n}") for n in range(600))
    source(session, "源")
    session.commit()
    first, last = date(2026, 3, 1), date(2026, 3, 31)
    rows = [{"account_id": n + 1, "day": d, "state": "zero", "run_id": None} for n in range(600)
            for d in days(first, last) if (n + d.day) % 7]
    db.upsert(session, Coverage, rows, ["account_id", "day"])
    session.commit()
    asked = []
    event.listen(db.engine(), "before_cursor_execute", lambda *a: asked.append(a[2]))
    found = coverage.calendar(session, Filter(first, last), last + timedelta(1))
    assert (found.expected, found.covered) == (18_600, len(rows)) and len(asked) <= 6

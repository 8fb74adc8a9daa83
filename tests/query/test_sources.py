"""Sources: their states, their runs, what was set aside and kept; and what a person does to them."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from core import clock, db, evidence, ingest, ledger_sources, notices
from core.faults import BadInput
from core.models import Account, Audit, Capture, Coverage, Notice, Rejected, Run, Source
from core.query import sources
from core.records import Batch, MentionRecord

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def source(session, name: str, **values) -> Source:
    values = {"collector": "feed", "platform": "feed", "url": f"https://a.cn/{name}"} | values
    made = Source(key=name, name=name, **values)
    session.add(made)
    session.flush()
    return made


def ran(session, of: Source, at: datetime, state: str = "ok", note: str = "", new: int = 0) -> Run:
    run = Run(
        job="collect", source_id=of.id, started_at=at, finished_at=at + timedelta(seconds=2), state=state, note=note,
        new_rows=new,
    )
    session.add(run)
    session.flush()
    return run


ON_TIME = {"last_run_at": NOW - HOUR, "last_ok_at": NOW - HOUR, "next_due_at": NOW}


def listed(session) -> dict[str, dict]:
    return {row["name"]: row for row in sources.listing(session, NOW).to_dict("records")}


def test_each_source_is_in_its_gravest_state(session):
    fine = source(session, "好", **ON_TIME)
    ran(session, fine, NOW - HOUR, new=3)
    ran(session, fine, NOW - 40 * HOUR, new=5)
    ran(session, fine, NOW - 200 * HOUR, new=900)
    source(session, "停", enabled=False, fault="STOP", fault_note="x")
    source(session, "新")
    source(session, "晚", **ON_TIME | {"next_due_at": NOW - 3 * HOUR})
    source(session, "静", **ON_TIME)
    source(session, "断", **ON_TIME, fault="RETRY", fault_note="对方服务器出错（HTTP 502）", failures=4)
    source(session, "人", **ON_TIME | {"next_due_at": NOW - 30 * HOUR}, fault="REAUTH", fault_note="令牌过期")
    source(session, "等", **ON_TIME, fault="NOTREADY", fault_note="8 点后公布")
    hot = source(session, "热", collector="hotlist", platform="weibo_hot", **ON_TIME)
    ran(session, hot, NOW - 30 * HOUR, new=30)
    source(session, "演示", collector="demo", last_run_at=NOW - 99 * HOUR, next_due_at=NOW - 90 * HOUR)
    rows = listed(session)
    assert {name: row["state"] for name, row in rows.items()} == {
        "好": "fine", "停": "off", "新": "waiting", "晚": "late", "静": "quiet", "断": "failed", "人": "person",
        "热": "quiet", "演示": "fine", "等": "held",
    }
    assert list(rows)[:2] == ["人", "断"] and list(rows)[-1] == "停", "the gravest first"
    assert (rows["好"]["new_day"], rows["好"]["new_week"]) == (3, 8)
    assert rows["断"]["note"] == "暂时失败，将自动重试：对方服务器出错（HTTP 502）（连续 4 次）"
    assert rows["人"]["note"] == "授权失效，需重新授权：令牌过期"
    assert "已逾期 3 小时" in rows["晚"]["note"] and "近 1 天" in rows["热"]["note"]
    board = sources.board(sources.listing(session, NOW))
    assert (board.total, board.states["quiet"], board.states["fine"], board.new_day) == (10, 2, 2, 3)
    assert rows["等"]["note"] == "平台数据尚未公布，稍后再取：8 点后公布"
    assert board.new_week == 38


def test_a_source_a_little_behind_its_time_is_not_late(session):
    source(session, "刚到", **ON_TIME | {"next_due_at": NOW - sources.GRACE})
    assert listed(session)["刚到"]["state"] == "quiet"


def test_an_empty_database_has_an_empty_board(session):
    found = sources.listing(session, NOW)
    assert found.empty and sources.board(found).total == 0


def test_addresses_are_shown_without_what_may_be_secret(session):
    source(session, "密", url="https://user:pass@hub.cn/weibo/hot?key=s3cret#x")
    assert listed(session)["密"]["address"] == "hub.cn/weibo/hot?…"


def test_a_run_with_what_it_set_aside_and_what_it_kept(session):
    of = source(session, "源")
    older = ran(session, of, NOW - HOUR, state="unchanged", note="来源没有新内容")
    run = ingest.begin(session, "collect", source=of, at=NOW)
    where = "/rss/channel/item[2]"
    session.add(Rejected(run_id=run.id, locator=where, field="title", reason="标题和正文都为空", raw="<x>"))
    body = '<?xml version="1.0" encoding="gb2312"?><rss>上海市发布公告</rss>'.encode("gb18030")
    kept = evidence.keep(
        session, body, request="https://a.cn/源?key=***", fetched_at=NOW, status=200, media_type="text/xml", run=run,
        source_id=of.id,
    )
    ingest.finish(session, run, "partial", "新增信息 1 条", at=NOW)
    runs = sources.runs(session, of.id)
    assert list(runs["run_id"]) == [run.id, older.id]
    assert list(runs["state_name"]) == ["部分成功", "无变化"]
    assert len(sources.runs(session, of.id, limit=1)) == 1
    (row,) = sources.rejected(session, run.id).to_dict("records")
    assert (row["locator"], row["reason"], row["raw"]) == (where, "标题和正文都为空", "<x>")
    (capture,) = sources.captures(session, run.id).to_dict("records")
    assert (capture["capture_id"], capture["status"], capture["size"]) == (kept.id, 200, len(body))
    found = sources.preview(session, kept.id)
    assert "上海市发布公告" in found.text and found.whole and not found.problem
    assert sources.preview(session, kept.id, characters=5) == sources.Preview("<?xml", len(body), False)


def test_bytes_that_can_not_be_shown_say_why(session):
    binary = evidence.keep(session, b"PK\x03\x04\0\0", request="a.xlsx", fetched_at=NOW)
    assert "二进制" in sources.preview(session, binary.id).problem
    wide = evidence.keep(session, "公告".encode("utf-16"), request="b.txt", fetched_at=NOW)
    assert sources.preview(session, wide.id).text.lstrip("\ufeff") == "公告"
    evidence.path_of(wide.sha256).unlink()
    assert "读不出来" in sources.preview(session, wide.id).problem
    assert "不存在" in sources.preview(session, 999).problem


def test_the_outcome_of_asking_now(session):
    of = source(session, "源", next_due_at=NOW + HOUR)
    ran(session, of, NOW - HOUR)
    ledger_sources.ask_now(session, of.id, who="甲", now=NOW)
    assert of.next_due_at == NOW
    assert sources.outcome_since(session, of.id, NOW) is None
    run = ingest.begin(session, "collect", source=of, at=NOW + timedelta(seconds=5))
    assert sources.outcome_since(session, of.id, NOW) == sources.Outcome(run.id, False, "进行中", "")
    ingest.finish(session, run, "failed", "连接超时", at=NOW + timedelta(seconds=9))
    assert sources.outcome_since(session, of.id, NOW) == sources.Outcome(run.id, True, "失败", "连接超时")


# --- what a person does ----------------------------------------------------------------------------------------------


def entry(**values):
    return ledger_sources.entry(**{
        "name": "澎湃", "collector": "feed", "url": "https://hub.cn/thepaper/featured", "platform": "thepaper",
    } | values)


def test_add_and_change_a_source(session):
    session.add(Account(platform="wechat", external_id="gh_1", name="健康云澜"))
    session.flush()
    id_ = ledger_sources.add(session, entry(period_minutes=60), who="甲", now=NOW)
    before = db.stamp(session)
    row = session.get(Source, id_)
    assert (row.period_seconds, row.enabled, row.next_due_at) == (3600, True, None)
    row.etag, row.failures, row.fault = '"1"', 3, "GONE"
    moved = entry(name="健康云澜", url="https://hub.cn/new?key=s3cret", platform="wechat", account="gh_1")
    ledger_sources.change(session, id_, moved, who="乙", now=NOW)
    assert (row.name, row.url, row.etag, row.failures, row.fault) == ("健康云澜", moved.url, "", 0, "")
    assert sources.detail(session, id_) == sources.Detail(
        id_, "健康云澜", "feed", moved.url, "wechat", "gh_1", 60, True, True
    )
    assert db.stamp(session) > before
    trail = " ".join(f"{a.who} {a.action} {a.detail}" for a in session.execute(select(Audit)).scalars())
    assert "乙 修改采集源地址 hub.cn/thepaper/featured → hub.cn/new?…" in trail and "s3cret" not in trail
    assert sources.detail(session, 999) is None


def test_one_address_is_one_source(session):
    first = ledger_sources.add(session, entry(), who="甲", now=NOW)
    with pytest.raises(BadInput, match="已经是采集源“澎湃”"):
        ledger_sources.add(session, entry(name="又一个"), who="甲", now=NOW)
    other = ledger_sources.add(session, entry(name="另一个", url="https://hub.cn/2"), who="甲", now=NOW)
    with pytest.raises(BadInput, match="已经是采集源“澎湃”"):
        ledger_sources.change(session, other, entry(), who="甲", now=NOW)
    ledger_sources.change(session, first, entry(name="澎湃新闻"), who="甲", now=NOW)
    assert session.get(Source, first).name == "澎湃新闻"


@pytest.mark.parametrize(("values", "words"), [
    ({"name": " "}, "名称：不能为空"), ({"url": "ftp://a.cn/x"}, "地址：链接必须以"), ({"url": ""}, "地址：不能为空"),
    ({"url": "https://"}, "地址"), ({"url": "http://[bad/x"}, "地址：写法不正确"), ({"platform": ""}, "平台：不能为空"),
    ({"collector": "spider"}, "采集方式"), ({"period_minutes": 0}, "周期（分钟）：数值过小"),
    ({"period_minutes": 10**6}, "周期（分钟）：数值过大"), ({"name": "长" * 101}, "名称：文字过长"),
])
def test_a_form_that_can_not_be_right_is_refused_in_words(values, words):
    with pytest.raises(BadInput, match="采集源没有保存") as refused:
        entry(**values)
    assert words in str(refused.value), refused.value


@pytest.mark.parametrize(("values", "words"), [
    ({"platform": "nowhere"}, "平台"), ({"account": "没有的账号"}, "没有账号"),
    ({"collector": "hotlist", "account": "gh_1", "platform": "wechat"}, "热榜接口不属于任何账号"),
])
def test_what_the_ledger_refuses(session, values, words):
    session.add(Account(platform="wechat", external_id="gh_1", name="健康云澜"))
    session.flush()
    with pytest.raises(BadInput, match=words):
        ledger_sources.add(session, entry(**values), who="甲", now=NOW)
    assert sources.listing(session, NOW).empty


def test_switching_off_and_on(session):
    of = source(session, "源", next_due_at=NOW + 9 * HOUR)
    ledger_sources.switch(session, of.id, False, who="甲", now=NOW)
    with pytest.raises(BadInput, match="已停用"):
        ledger_sources.ask_now(session, of.id, who="甲", now=NOW)
    ledger_sources.switch(session, of.id, True, who="甲", now=NOW)
    ledger_sources.switch(session, of.id, True, who="甲", now=NOW)
    assert of.enabled and of.next_due_at is None
    assert [a.action for a in session.execute(select(Audit)).scalars()] == ["停用采集源", "启用采集源"]


def test_only_what_brought_nothing_is_deleted(session):
    of, other = source(session, "写错的"), source(session, "另一个")
    account = Account(platform="feed", external_id="x", name="某号")
    session.add(account)
    session.flush()
    for one in (of, other):
        run = ingest.begin(session, "collect", source=one, at=NOW)
        kept = evidence.keep(session, b"x", request="GET", fetched_at=NOW, run=run, source_id=one.id)
        session.add(Rejected(run_id=run.id, locator="a", reason="b"))
        ingest.cover(session, {(account.id, clock.day_of(NOW) - timedelta(one.id)): "failed"}, run)
        one.fault, one.fault_note = "GONE", "404"
        notices.needs_a_person(session, one, NOW)
        if one is other:
            mention = MentionRecord(external_id="m", title="一条", published_at=NOW, observed_at=NOW)
            ingest.store(session, Batch(mentions=[mention]), run=run, capture=kept, source=one)
    with pytest.raises(BadInput, match="请先停用"):
        ledger_sources.remove(session, of.id, who="甲", now=NOW)
    for one in (of, other):
        ledger_sources.switch(session, one.id, False, who="甲", now=NOW)
    with pytest.raises(BadInput, match="正在采集"):
        ledger_sources.remove(session, of.id, who="甲", now=NOW)
    for run in session.execute(select(Run)).scalars():
        ingest.finish(session, run, "failed", "404", at=NOW, fault="GONE")
    with pytest.raises(BadInput, match="已经取得数据，不能删除"):
        ledger_sources.remove(session, other.id, who="甲", now=NOW)
    ledger_sources.remove(session, of.id, who="甲", now=NOW)
    session.commit()
    session.expire_all()
    for table, column in ((Source, "id"), (Run, "source_id"), (Capture, "source_id"), (Notice, "source_id")):
        assert set(session.execute(select(getattr(table, column))).scalars()) == {other.id}, table
    assert len(session.execute(select(Rejected)).all()) == len(session.execute(select(Coverage)).all()) == 1
    assert session.execute(select(Audit.action)).scalars().all()[-1] == "删除采集源"


def test_sources_of_the_system_are_not_for_people(session):
    of = source(session, "演示", collector="demo")
    for deed in (lambda: ledger_sources.ask_now(session, of.id, who="甲", now=NOW),
                 lambda: ledger_sources.switch(session, of.id, False, who="甲", now=NOW),
                 lambda: ledger_sources.change(session, of.id, entry(), who="甲", now=NOW)):
        with pytest.raises(BadInput, match="由系统管理"):
            deed()
    with pytest.raises(BadInput, match="不存在"):
        ledger_sources.ask_now(session, 999, who="甲", now=NOW)

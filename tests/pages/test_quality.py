"""The room of the figures' quality: head, notices, calendar, what stands behind a cell, checks."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from core import clock, evidence, ingest, jobs, notices, retention, rollup
from core.counts import Count
from core.models import Account, Audit, Capture, Notice, Post, Reconciliation, Rejected, Source, Verification
from core.records import Batch, PostRecord
from tests.imports.make import csv_file

HOSTILE = "<script>alert(1)</script> **粗** [链](javascript:x)"


@pytest.fixture
def some(session) -> dict[str, int]:
    """Two accounts of Weibo with a source each: one was read three days ago and failed since, one needs a person."""
    now = clock.now()
    today = clock.day_of(now)
    day = today - timedelta(3)
    made = {}
    for name in ("警方", HOSTILE):
        account = Account(platform="weibo", external_id=name, name=name)
        session.add(account)
        session.flush()
        source = Source(key=name, name=f"{name}源", collector="weibo", platform="weibo", account_id=account.id)
        session.add(source)
        session.flush()
        made[name] = account.id
        made[f"{name}源"] = source.id
    run = ingest.begin(session, "collect", source=session.get(Source, made["警方源"]), at=clock.instant(day, 12))
    kept = evidence.keep(session, b'{"likes": 7}', request="https://w.cn/list", fetched_at=run.started_at, run=run,
                         source_id=run.source_id)
    published = clock.instant(day, 9)
    ingest.store(session, Batch(posts=[PostRecord(
        external_id="p", title=HOSTILE, published_at=published, observed_at=run.started_at, counters={"likes": Count(7)}
    ), PostRecord(external_id="q", title="无读数", published_at=published, observed_at=run.started_at)]),
        run=run, capture=kept, account=session.get(Account, made["警方"]))
    session.add(Rejected(run_id=run.id, locator="list[9]", reason="不是数字", raw=HOSTILE))
    ingest.finish(session, run, "partial", "新增帖文 2 条", at=run.started_at,
                  stored=ingest.Stored(new_posts=2, rejected=1))
    ingest.cover(session, {(made["警方"], today - timedelta(1)): "failed"}, None)
    lost = session.get(Source, made[f"{HOSTILE}源"])
    lost.fault, lost.fault_note = "STOP", HOSTILE
    notices.needs_a_person(session, lost, now)
    session.commit()
    rollup.run(session)
    made["day"] = day
    return made


def cards(app) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def tables(app) -> list:
    return [frame.value for frame in app.dataframe]


def test_an_empty_room_says_where_to_begin(open_room):
    app = open_room("quality")
    assert "账号台账" in app.info[0].value
    assert cards(app)["账号日覆盖率"] == "—" and cards(app)["待处理通知"] == "0"
    assert any("没有待处理的通知" in c.value for c in app.caption)


def test_head_and_calendar(some, open_room):
    app = open_room("quality", period="近7天", quality_part="覆盖率")
    shown = cards(app)
    assert shown["待处理通知"] == "1" and shown["异常采集源"] == "1" and shown["需核对项"] == "2"
    assert shown["账号日覆盖率"] == "7.1%" and shown["数据准确率"] == shown["对账相符率"] == "—"
    assert len(app.get("vega_lite_chart")) == 1
    platforms = next(t for t in tables(app) if "platform_name" in t)
    assert (platforms["expected"][0], platforms["covered"][0]) == (14, 1)
    app.segmented_control(key="coverage_by").set_value("各账号").run()
    accounts = next(t for t in tables(app) if "covered" in t)
    assert sorted(accounts["covered"]) == [0, 1] and set(accounts["expected"]) == {7}
    app.text_input(key="coverage_search").set_value("没有的").run()
    assert "没有符合条件的账号" in app.info[0].value


def test_a_link_opens_what_stands_behind_a_cell(some, open_room):
    app = open_room("quality", account=str(some["警方"]), day=some["day"].isoformat())
    assert any("警方" in one.value for one in app.subheader) and any("当日发布 2 篇" in i.value for i in app.info)
    posts = next(t for t in tables(app) if "published_at" in t)
    assert sorted(posts["title"]) == sorted([HOSTILE, "无读数"]) and set(posts["readings"]) == {0, 1}
    runs = next(t for t in tables(app) if "role" in t)
    assert (runs["role"][0], runs["state_name"][0], runs["note"][0]) == ("状态和数据依据", "部分成功", "新增帖文 2 条")
    refused = next(t for t in tables(app) if "locator" in t)
    assert refused["reason"][0] == "不是数字"
    assert all("<script>" not in m.value for m in app.markdown)


def test_a_gap_says_what_it_is(some, open_room):
    yesterday = clock.day_of(clock.now()) - timedelta(1)
    app = open_room("quality", account=str(some["警方"]), day=yesterday.isoformat())
    assert any("采集失败" in e.value for e in app.error)
    app = open_room("quality", account=str(some[HOSTILE]), day=yesterday.isoformat())
    assert any("无采集记录" in w.value for w in app.warning)


def test_an_account_without_a_day_opens_the_period_s_last(some, open_room):
    app = open_room("quality", account=str(some["警方"]))
    assert app.date_input(key="day").value is not None and any("警方" in s.value for s in app.subheader)


def test_a_check_lists_its_cases(some, open_room):
    app = open_room("quality", period="近7天", check="readings")
    listed = next(t for t in tables(app) if "rule" in t)
    assert listed.set_index("name").loc["帖文均有读数", "state"] == "需核对"
    cases = next(t for t in tables(app) if "title" in t)
    assert list(cases["title"]) == ["无读数"]
    app = open_room("quality", period="近7天", check="identity")
    assert "没有可以核对的数据" in app.info[-1].value


def test_a_notice_is_put_away_with_one_click(some, open_room, session):
    app = open_room("quality")
    (notice,) = session.execute(select(Notice)).scalars()
    assert any("采集停止" in m.value for m in app.markdown)
    app.button(key=f"notice_None_{notice.id}").click().run()
    assert not app.exception and "已处理通知" in app.success[0].value
    assert cards(app)["待处理通知"] == "0" and any("没有待处理" in c.value for c in app.caption)
    session.expire_all()
    assert session.get(Notice, notice.id).closed_by == "网页操作"
    assert session.execute(select(Audit.action)).scalars().all() == ["处理通知"]
    again = open_room("overview")
    assert not any("待处理通知" in str(p) for p in again.sidebar.get("page_link"))


def test_the_source_s_room_shows_its_notice_and_its_days(some, open_room):
    app = open_room("sources", source=str(some[f"{HOSTILE}源"]))
    assert any("采集停止" in m.value for m in app.markdown)
    app = open_room("sources", source=str(some["警方源"]))
    assert len(app.get("vega_lite_chart")) == 1, "a strip of its days"


def test_a_month_is_verified_looked_at_and_accepted(some, open_room, session):
    """The sample source is none that could be parsed again: what was kept of it counts as what can't be verified."""
    month = clock.Month.of(clock.day_of(clock.now())).shift(-1)
    last = session.get(Account, some["警方"])
    ingest.store(session, Batch(posts=[PostRecord(
        external_id="old", title="上月", published_at=clock.instant(month.last, 9),
        observed_at=clock.instant(month.last, 10), counters={"likes": Count(3)})]),
        run=ingest.begin(session, "collect", at=clock.now()), capture=None, account=last)
    session.commit()
    rollup.run(session)
    app = open_room("quality", verify=f"{month.first:%Y-%m}")
    assert any("还没有核验过" in caption.value for caption in app.caption)
    app.button(key=f"verify_{month.first}").click().run()
    assert not app.exception and "已排队核验" in app.success[0].value
    waits = session.execute(select(Verification)).scalar_one()
    assert (waits.state, waits.who) == ("waiting", "网页操作")
    assert jobs.verify({}) >= 1
    app = open_room("quality", verify=f"{month.first:%Y-%m}")
    found = next(t for t in tables(app) if "remedy" in t)
    assert {"原始数据中没有", "原始数据不能重新解析"} <= set(found["kind"]) and "帖文" in set(found["what"])
    sign = f"sign_{waits.id}"
    app.button(key=sign).click().run()
    assert "请写明接受哪些" in app.error[0].value
    app.text_area(key=f"sign_why_{waits.id}").set_value("手工补录一篇").run()
    app.button(key=sign).click().run()
    assert not app.exception and "已签认" in app.success[0].value
    assert any("手工补录一篇" in one.value for one in app.success)
    assert "签认月度数据" in session.execute(select(Audit.action)).scalars().all()


def test_how_long_captures_are_kept_is_tried_and_set_and_a_hold_is_registered(some, open_room, session):
    session.add_all(Capture(request="GET x", fetched_at=clock.now() - timedelta(days=n), sha256=f"{n:064}", size=9_000,
                            packed=1_000) for n in range(20))
    session.commit()
    app = open_room("quality", quality_part="原始数据保管")
    assert cards(app)["一年后占用"] != "—" and len(app.get("vega_lite_chart")) == 1 and not app.exception
    assert any("未设期限，全部永久保管" in caption.value for caption in app.caption)
    app.number_input(key="retention_used").set_value(6)
    app.number_input(key="retention_idle").set_value(12)
    app.button(key="retention_set").click().run()
    assert retention.rule(session) is None, "refused: what brought nothing new is not kept longer"
    app.number_input(key="retention_used").set_value(0)
    app.button(key="retention_try").click().run()
    assert any("现在会清理 0 份" in box.value for box in app.info)
    app.button(key="retention_set").click().run()
    session.expire_all()
    assert (retention.rule(session).used_months, retention.rule(session).idle_months) == (0, 12)
    app.text_area(key="retention_reason").set_value("某案取证")
    app.button(key="retention_hold").click().run()
    assert retention.holds(session)["reason"].tolist() == ["某案取证"]


def test_an_export_is_compared_and_its_result_opens_by_a_link(some, open_room, session):
    rows = [["标题", "发布时间", "点赞数", "链接"], [HOSTILE, f"{some['day']} 09:00", 99, "https://w.cn/p"],
            ["我们没有的", f"{some['day']} 10:00", 5, "https://w.cn/z"]]
    app = open_room("quality", period="近7天", quality_part="对账")
    assert "还没有对过账" in app.info[0].value
    app.selectbox(key="reconcile_platform").set_value("weibo").run()
    app.selectbox(key="reconcile_account_weibo").set_value("警方").run()
    app.file_uploader(key="reconcile_file_0").upload("后台.csv", csv_file(rows), "text/csv").run()
    app.button(key="reconcile_go").click().run()
    assert not app.exception and "只有对方有 1 条" in app.success[0].value
    one = session.execute(select(Reconciliation)).scalar_one()
    assert session.execute(select(func.count()).select_from(Post)).scalar() == 2, "nothing was taken in"
    app = open_room("quality", period="近7天", reconcile=str(one.id))
    found = next(t for t in tables(app) if "remedy" in t and "theirs" in t)
    assert found["kind"].iloc[0] == "只有对方有" and set(found["title"]) >= {"我们没有的"}
    assert cards(app)["对账相符率"] != "" and all("<script>" not in m.value for m in app.markdown)
    app.button(key=f"reconcile_undo_{one.id}").click().run()
    assert not app.exception and "已撤销" in app.success[0].value
    app.button(key=f"reconcile_back_{one.id}").click().run()
    assert not app.exception and "已恢复" in app.success[0].value
    assert {"对账", "撤销对账", "恢复对账"} <= set(session.execute(select(Audit.action)).scalars())
    open_room("quality", reconcile="99999")


def test_the_accuracy_of_a_part_is_asked_for_and_shown(some, open_room, session):
    app = open_room("quality", period="近7天", platform="政务微博")
    assert cards(app)["数据准确率"] == "—" and "还没有按账号核验" in app.info[0].value
    app.button(key="accuracy_part").click().run()
    assert not app.exception and "已排队核验" in app.success[0].value
    assert session.execute(select(Verification.scope)).scalar_one()["words"]
    assert jobs.verify({}) >= 1
    app = open_room("quality", period="近7天", platform="政务微博")
    assert any("单独核验" in caption.value for caption in app.caption)
    assert any("准确率 = " in caption.value for caption in app.caption)

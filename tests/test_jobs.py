"""What the scheduler does, on a real database."""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select

from core import clock, db, ingest, jobs, rollup
from core.counts import Count
from core.models import Account, AccountDay, Edition, EditionFile, MentionDay, Run, Source
from core.records import Batch, MentionRecord, PostRecord
from core.settings import settings


def fill_last_month(session) -> None:
    account = Account(platform="weibo", external_id="1", name="云澜发布")
    silent = Account(platform="douyin", external_id="2", name="云澜视频")
    session.add_all([account, silent])
    session.flush()
    month = clock.Month.of(clock.day_of(clock.now())).shift(-1)
    posts = [
        PostRecord(external_id=str(n), published_at=clock.instant(month.first + timedelta(n), 9),
                   observed_at=clock.now(), title=f"第{n}条", counters={"likes": Count(n), "reposts": Count(2)})
        for n in range(20)
    ]
    run = ingest.begin(session, "import", at=clock.now())
    ingest.store(session, Batch(posts=posts), run=run, capture=None, account=account)
    ingest.finish(session, run, "ok", "", at=clock.now())
    session.commit()
    rollup.run(session)


def test_due_reports_are_written_once_and_only_where_there_are_facts(session, database):
    fill_last_month(session)
    assert jobs.write_reports() == 1
    assert jobs.write_reports() == 0
    (edition,) = session.execute(select(Edition)).scalars()
    assert (edition.platform, edition.version, edition.issued_by) == ("weibo", 1, "系统")
    files = {file.format: file.name for file in session.execute(select(EditionFile)).scalars()}
    assert set(files) == {"xlsx", "pdf", "docx"}
    assert all((settings().reports_dir / name).stat().st_size > 1_000 for name in files.values())
    assert "已生成" in session.execute(select(Run.note).where(Run.job == "report")).scalar()


def test_one_reports_failure_is_on_record_and_stops_no_other(session, database):
    fill_last_month(session)
    settings().reports_dir.parent.mkdir(parents=True, exist_ok=True)
    settings().reports_dir.write_text("a file where the folder should be")
    assert jobs.write_reports() == 0
    (run,) = session.execute(select(Run).where(Run.job == "report", Run.state == "failed")).scalars()
    assert run.fault == "STOP" and "后台任务出错" in run.note
    assert session.execute(select(Edition)).all() == []


def test_digest_rolls_up_and_understands_what_came_in(session):
    account = Account(platform="weibo", external_id="1", name="云澜发布")
    source = Source(key="s", name="热榜", collector="hotlist", platform="baidu")
    session.add_all([account, source])
    session.flush()
    at = datetime(2026, 3, 2, 1, tzinfo=UTC)
    run = ingest.begin(session, "collect", at=at)
    ingest.store(session, Batch(posts=[PostRecord(external_id="1", published_at=at, observed_at=at)]), run=run,
                 capture=None, account=account)
    mentions = [MentionRecord(external_id=str(n), title="云澜区暴雨多条道路积水", published_at=at, observed_at=at)
                for n in range(3)]
    ingest.store(session, Batch(mentions=mentions), run=run, capture=None, source=source)
    ingest.finish(session, run, "ok", "", at=at)
    session.commit()
    before = db.stamp(session)
    assert jobs.digest() == (1, 3)
    session.expire_all()
    assert db.stamp(session) > before
    assert session.get(AccountDay, (account.id, "latest", date(2026, 3, 2))).posts == 1
    (day,) = session.execute(select(MentionDay)).scalars()
    assert (day.mentions, day.folded) == (3, 1)
    assert jobs.digest() == (0, 0)

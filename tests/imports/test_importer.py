from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select
from sqlmodel import Session

from core import evidence, ledger
from core.faults import BadInput
from core.imports.importer import Preview, platform_code, preview, take
from core.imports.recognise import UnknownHeader
from core.models import Account, Audit, Capture, Dirty, FollowerReading, Post, Reading, Rejected, Run
from tests.imports.make import WEIBO, csv_file, xlsx_file

NOW = datetime(2026, 11, 1, 2, tzinfo=UTC)
LATER = datetime(2026, 11, 2, 2, tzinfo=UTC)
HEAD = ["标题", "发布时间", "阅读数", "点赞数", "链接"]


def link(number: int) -> str:
    return f"https://mp.weixin.qq.com/s/AAAAAAAAAAAAAAAAAAA{number:03d}"


GOOD = [HEAD, ["甲", "2026-10-01 08:00", 100, 5, link(1)], ["乙", "2026-10-02 08:00", "10万+", 7, link(2)]]
BAD = [*GOOD, ["丙", "2099-01-01", 1, 1, link(3)], ["丁", "2026-10-03", -1, "x", link(4)]]
TABLES = (Account, Audit, Capture, Dirty, Post, Reading, Rejected, Run)


def counts(session: Session) -> dict[str, int]:
    return {table.__name__: session.execute(select(func.count()).select_from(table)).scalar_one() for table in TABLES}


def seen(rows, name="报表.csv", **options) -> Preview:
    options = {"platform": "wechat", "account_name": "本区发布", "now": NOW} | options
    return preview(csv_file(rows), name, **options)


def taken(session, rows, *, partial=False, now=NOW, **options):
    return take(session, seen(rows, now=now, **options), partial=partial, who="张三", now=now)


def test_a_preview_stores_nothing(session):
    before = counts(session)
    shown = seen(BAD, session=session)
    assert counts(session) == before
    assert (shown.good, shown.bad, len(shown.rejects)) == (2, 2, 3)
    assert shown.kind == "逐篇数据表"
    assert shown.tables[0].columns["reads"] == ("C", "阅读数")
    assert shown.samples(1) == {
        "逐篇数据": [
            {"发布时间": "2026-10-01 08:00", "标题": "甲", "阅读数": "100", "点赞数": "5", "位置": "报表.csv!A2:E2"}
        ]
    }
    assert "可导入 2 条发文" in shown.words and "不合格 2 行" in shown.words


def test_an_account_that_the_ledger_lacks_is_told_before_and_after(session):
    first = seen(GOOD, session=session)
    assert first.newcomer
    assert "台账中没有账号“本区发布”，已新增" in take(session, first, partial=False, who="张三", now=NOW).words
    again = seen(BAD, session=session)
    assert not again.newcomer
    assert "已新增" not in take(session, again, partial=True, who="张三", now=NOW).words


def test_a_good_file_is_stored_with_its_evidence(session):
    outcome = taken(session, GOOD)
    assert outcome.state == "stored" and outcome.stored
    account = session.get(Account, outcome.account_id)
    assert (account.platform, account.name, account.external_id, account.unit_id) == (
        "wechat",
        "本区发布",
        "本区发布",
        None,
    )
    posts = session.execute(select(Post).order_by(Post.id)).scalars().all()
    assert [(post.title, post.day, post.locator) for post in posts] == [
        ("甲", date(2026, 10, 1), "报表.csv!A2:E2"),
        ("乙", date(2026, 10, 2), "报表.csv!A3:E3"),
    ]
    capture = session.get(Capture, posts[0].capture_id)
    assert evidence.body(capture) == csv_file(GOOD)
    assert capture.meta["tables"] == [
        {
            "sheet": "报表.csv",
            "form": "posts",
            "header_row": 1,
            "columns": {"title": "A", "published_at": "B", "reads": "C", "likes": "D", "url": "E"},
        }
    ]
    run = session.get(Run, outcome.run_id)
    assert (run.job, run.state, run.new_rows) == ("import", "ok", 4)
    assert session.execute(select(Audit.who, Audit.action).order_by(Audit.id.desc())).first() == ("张三", "导入文件")


def test_one_bad_row_keeps_the_whole_file_out_when_asked(session):
    before = counts(session)
    outcome = taken(session, BAD, partial=False)
    assert outcome.state == "refused" and "什么都没有保存" in outcome.words and outcome.rejected == 2
    assert counts(session) == before


def test_good_rows_only_when_asked_and_the_bad_ones_are_on_record(session):
    outcome = taken(session, BAD, partial=True)
    assert outcome.state == "stored"
    assert session.execute(select(Post.title).order_by(Post.id)).scalars().all() == ["甲", "乙"]
    rejected = session.execute(select(Rejected.locator, Rejected.field).order_by(Rejected.id)).all()
    assert rejected == [("报表.csv!B4", "发布时间"), ("报表.csv!C5", "阅读数"), ("报表.csv!D5", "点赞数")]
    assert session.get(Run, outcome.run_id).state == "partial"


def test_a_file_without_a_good_row_is_refused_even_when_parts_are_welcome(session):
    before = counts(session)
    outcome = taken(session, [HEAD, BAD[-1]], partial=True)
    assert outcome.state == "refused" and "没有可导入的数据" in outcome.words
    assert counts(session) == before


def test_the_same_file_twice_stores_nothing_and_says_when(session):
    taken(session, GOOD)
    before = counts(session)
    outcome = taken(session, GOOD, now=LATER)
    assert outcome.state == "known" and not outcome.stored
    assert "2026年11月01日 10:00" in outcome.words and "本区发布" in outcome.words
    assert counts(session) == before


def test_the_same_bytes_for_another_account_are_another_import(session):
    taken(session, GOOD)
    assert taken(session, GOOD, account_name="本区交警").state == "stored"
    assert session.execute(select(func.count()).select_from(Post)).scalar_one() == 4


def test_a_newer_export_adds_readings_and_no_posts(session):
    taken(session, GOOD)
    newer = [HEAD, ["甲", "2026-10-01 08:00", 150, 5, link(1)], GOOD[2]]
    taken(session, newer, now=LATER)
    assert session.execute(select(func.count()).select_from(Post)).scalar_one() == 2
    assert session.execute(select(Reading.reads).order_by(Reading.id)).scalars().all() == [100, 100_001, 150]


def test_an_older_export_does_not_pass_for_the_newest(session):
    taken(session, [HEAD, ["甲", "2026-10-01 08:00", 150, 5, link(1)]])
    older = seen(
        [HEAD, ["甲", "2026-10-01 08:00", 90, 5, link(1)]], now=LATER, observed_at=datetime(2026, 10, 2, tzinfo=UTC)
    )
    take(session, older, partial=False, who="张三", now=LATER)
    assert session.execute(select(Reading.reads).order_by(Reading.observed_at.desc())).scalars().first() == 150


def test_a_failure_while_storing_leaves_nothing(session):
    shown = seen(GOOD)
    session.execute(Reading.__table__.delete())
    session.connection().exec_driver_sql(
        "CREATE TRIGGER no_readings BEFORE INSERT ON reading BEGIN SELECT RAISE(ABORT, 'disk'); END"
    )
    session.commit()
    before = counts(session)
    with pytest.raises(Exception, match="disk"):
        take(session, shown, partial=False, who="张三", now=NOW)
    assert counts(session) == before


def test_a_mapping_set_by_hand_is_remembered_for_the_same_headers(session):
    rows = [["名目", "何时", "看过", "网页"], ["甲", "2026-10-01", 9, link(1)]]
    with pytest.raises(UnknownHeader):
        seen(rows, session=session)
    mapping = {"title": "名目", "published_at": "何时", "reads": "看过", "url": "网页"}
    take(session, seen(rows, mapping=mapping), partial=False, who="张三", now=NOW)
    more = [rows[0], ["乙", "2026-10-02", 8, link(2)]]
    assert seen(more, session=session).good == 1
    with pytest.raises(UnknownHeader):
        seen(more, session=session, platform="weibo")


def test_reading_a_file_with_another_mapping_is_another_import(session):
    rows = [["标题", "发布时间", "阅读数", "首日阅读数", "链接"], ["甲", "2026-10-01", 9, 3, link(1)]]
    taken(session, rows)
    again = seen(rows, now=LATER, mapping={"reads": "首日阅读数"})
    assert take(session, again, partial=False, who="张三", now=LATER).state == "stored"
    assert session.execute(select(Reading.reads).order_by(Reading.observed_at)).scalars().all() == [9, 3]


def test_an_export_of_another_platform_is_refused():
    rows = [["视频描述", "视频ID", "发布时间", "播放量"], ["甲", "export/1", "2026-10-01", 5]]
    with pytest.raises(BadInput, match=r"视频号助手.*与所选平台不符。请把平台改选为“视频号”"):
        seen(rows, platform="weibo")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("weibo", "weibo"),
        ("微博", "weibo"),
        ("政务微信", "wechat"),
        ("公众号", "wechat"),
        ("视频号", "channels"),
        ("B站", "bilibili"),
    ],
)
def test_platforms_by_code_or_word(text, code):
    assert platform_code(text) == code


def test_unknown_platform_and_impossible_year_are_refused():
    with pytest.raises(BadInput, match="不认识的平台“人人网”"):
        seen(GOOD, platform="人人网")
    with pytest.raises(BadInput, match="年份 2099 不对"):
        seen(GOOD, year=2099)


def test_the_account_comes_from_the_file_when_it_names_only_one():
    head = ["账号", *HEAD]
    one = seen([head, ["本区发布", *GOOD[1]]], account_name="")
    assert one.account_name == "本区发布"
    with pytest.raises(BadInput, match="2 个账号（本区发布、本区交警）"):
        seen([head, ["本区发布", *GOOD[1]], ["本区交警", *GOOD[2]]], account_name="")
    with pytest.raises(BadInput, match="没有账号“某某”的行"):
        seen([head, ["本区发布", *GOOD[1]]], account_name="某某")
    with pytest.raises(BadInput, match="没有写明账号"):
        seen(GOOD, account_name="")


WEIBO_ROWS = [
    ["发布时间", "微博内容", "阅读数", "转发数", "URL"],
    ["2020-01-25 23:37", "正文", 9, 1, "https://weibo.com/2656274875/IraRz3asr"],
]


def test_an_account_entered_by_name_gets_its_id_from_the_links(session):
    ledger.add_account(
        session, ledger.AccountEntry(platform="weibo", external_id="本区发布", name="本区发布"), who="张三", now=NOW
    )
    session.commit()
    taken(session, WEIBO_ROWS, platform="weibo")
    (account,) = session.execute(select(Account)).scalars()
    assert (account.name, account.external_id) == ("本区发布", "2656274875")


def test_a_file_of_another_account_is_refused(session):
    for number, name in (("2656274875", "央视新闻"), ("1111111111", "本区发布")):
        ledger.add_account(
            session, ledger.AccountEntry(platform="weibo", external_id=number, name=name), who="张三", now=NOW
        )
    session.commit()
    before = counts(session)
    with pytest.raises(BadInput, match="链接属于账号“央视新闻”"):
        taken(session, WEIBO_ROWS, platform="weibo")
    with pytest.raises(BadInput, match="链接属于账号“央视新闻”"):
        seen(WEIBO_ROWS, platform="weibo", session=session)
    assert counts(session) == before


def test_a_file_under_a_former_name_still_finds_its_account(session):
    for name in ("旧名", "新名"):
        ledger.add_account(
            session, ledger.AccountEntry(platform="weibo", external_id="2656274875", name=name), who="张三", now=NOW
        )
    session.commit()
    assert taken(session, WEIBO_ROWS, platform="weibo", account_name="旧名").state == "stored"
    assert session.execute(select(Account.name)).scalars().all() == ["新名"]


def test_a_file_of_an_account_with_another_id_in_the_ledger_is_refused(session):
    ledger.add_account(
        session, ledger.AccountEntry(platform="weibo", external_id="1111111111", name="本区发布"), who="张三", now=NOW
    )
    session.commit()
    with pytest.raises(BadInput, match="平台编号是 1111111111"):
        taken(session, WEIBO_ROWS, platform="weibo")


def test_a_workbook_of_followers_is_stored_by_day(session):
    body = xlsx_file(
        用户增长=[["时间", "新关注人数", "取消关注人数", "累积关注人数"], [datetime(2026, 10, 1), 5, 2, 1003]]
    )
    shown = preview(body, "增长.xlsx", platform="wechat", account_name="本区发布", now=NOW)
    assert take(session, shown, partial=False, who="张三", now=NOW).new == 1
    (row,) = session.execute(select(FollowerReading)).scalars()
    assert (row.day, row.followers, row.new, row.lost, row.locator) == (date(2026, 10, 1), 1003, 5, 2, "用户增长!A2:D2")


def test_a_missing_file_is_refused_in_words(tmp_path):
    with pytest.raises(BadInput, match="打不开"):
        preview(tmp_path / "没有.csv", platform="weibo", account_name="甲", now=NOW)


@pytest.mark.skipif(not WEIBO.exists(), reason="the shared data set is not beside the checkout")
def test_the_real_weibo_file_is_stored_whole_and_once(session):
    shown = preview(WEIBO, platform="weibo", account_name="央视新闻", now=NOW, session=session)
    assert take(session, shown, partial=False, who="命令行", now=NOW).state == "stored"
    assert session.execute(select(func.count()).select_from(Post)).scalar_one() == 6063
    assert session.execute(select(Account.external_id)).scalars().all() == ["2656274875"]
    assert take(session, shown, partial=False, who="命令行", now=LATER).state == "known"

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from core import ledger
from core.imports.inbox import sweep_inbox
from core.models import Account, BoardReading, DailyReading, Mention, Post
from tests.imports.make import xls_file
from tests.imports.test_importer import BAD, GOOD, csv_file
from tests.imports.test_orders import HEAD, PRIVATE, ROW

NOW = datetime(2026, 11, 1, 2, tzinfo=UTC)


def drop(database, place: str, body: bytes, at: datetime = NOW - timedelta(minutes=1)):
    path = database / "inbox" / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


def posts(session) -> int:
    return session.execute(select(func.count()).select_from(Post)).scalar_one()


def test_a_good_file_is_imported_and_put_away(database, session):
    dropped = drop(database, "wechat/本区发布/十月.csv", csv_file(GOOD))
    (swept,) = sweep_inbox(NOW)
    assert swept.done and swept.name == str(Path("wechat", "本区发布", "十月.csv"))
    assert not dropped.exists()
    assert swept.moved_to == database / "inbox" / "done" / "20261101-100000_十月.csv"
    assert swept.moved_to.read_bytes() == csv_file(GOOD)
    assert "新增帖文 2 条" in swept.moved_to.with_name(swept.moved_to.name + ".txt").read_text(encoding="utf-8-sig")
    assert posts(session) == 2
    assert sweep_inbox(NOW) == []


def test_the_account_may_stand_in_the_files_name(database, session):
    drop(database, "微信/本区发布__十月.csv", csv_file(GOOD))
    assert sweep_inbox(NOW)[0].done
    assert session.execute(select(Account.platform, Account.name)).all() == [("wechat", "本区发布")]


def test_a_bad_file_is_put_aside_with_every_reason_and_the_others_go_on(database, session):
    drop(database, "wechat/本区发布/a坏.csv", csv_file(BAD))
    drop(database, "wechat/本区发布/b空.csv", b"")
    drop(database, "wechat/本区发布/c好.csv", csv_file(GOOD))
    drop(database, "散放.csv", csv_file(GOOD))
    swept = {item.moved_to.name[16:]: item for item in sweep_inbox(NOW)}
    assert {name: item.done for name, item in swept.items()} == {
        "a坏.csv": False,
        "b空.csv": False,
        "c好.csv": True,
        "散放.csv": False,
    }
    words = {
        name: item.moved_to.with_name(item.moved_to.name + ".txt").read_text(encoding="utf-8-sig")
        for name, item in swept.items()
    }
    assert "a坏.csv!B4　发布时间" in words["a坏.csv"] and "a坏.csv!C5　阅读数" in words["a坏.csv"]
    assert "是空的" in words["b空.csv"] and "处理办法" in words["b空.csv"]
    assert "看不出" in words["散放.csv"]
    assert posts(session) == 2


def test_the_same_file_again_is_put_away_as_known(database, session):
    for _ in range(2):
        drop(database, "wechat/本区发布/十月.csv", csv_file(GOOD))
        (swept,) = sweep_inbox(NOW)
    assert swept.done and "导入过" in swept.message
    assert swept.moved_to.name == "20261101-100000-2_十月.csv"
    assert posts(session) == 2


def test_unfinished_and_hidden_files_are_left_alone(database):
    drop(database, "wechat/本区发布/正在复制.csv", csv_file(GOOD), at=NOW - timedelta(seconds=1))
    for name in ("~$十月.xlsx", ".隐藏.csv", "下载.csv.part"):
        drop(database, f"wechat/本区发布/{name}", csv_file(GOOD))
    assert sweep_inbox(NOW) == []


def test_totals_boards_and_old_files_are_taken_too(database, session):
    entry = ledger.AccountEntry(platform="wechat", external_id="gh_b", name="本区交警")
    ledger.add_account(session, entry, who="张三", now=NOW)
    session.commit()
    rows = [["日期", "渠道", "阅读人数"], ["2026-03-01", "全部", 120]]
    drop(database, "wechat/本区发布/tendency_20260301_20260331.xls", xls_file(数据=rows))
    board = [["排名", "公众号", "发布", "新榜指数"], [1, "外区发布", "3/4", 1100], [2, "本区交警", "3/4", 1003.1]]
    drop(database, "wechat/新榜月榜202609.csv", csv_file(board))
    assert all(swept.done for swept in sweep_inbox(NOW))
    (daily,) = session.execute(select(DailyReading)).scalars()
    assert (daily.figures, f"{daily.observed_at:%Y-%m-%d}") == ({"readers": [120, 0]}, "2026-03-31")
    assert session.execute(select(BoardReading.value)).scalar_one() == 1003.1
    notes = "".join(note.read_text(encoding="utf-8-sig") for note in (database / "inbox" / "done").glob("*.txt"))
    assert "外区发布" in notes and "文件名中的日期范围" in notes


def test_of_work_orders_only_what_was_read_is_left(database, session):
    drop(database, "12345市民热线/工单.xls", xls_file(工单=[HEAD, ROW]))
    (swept,) = sweep_inbox(NOW)
    assert swept.done and swept.moved_to.name == "20261101-100000_工单.xls.csv"
    assert session.execute(select(Mention.external_id)).scalar_one() == ROW[0]
    left = [file.read_bytes() for file in (database / "inbox").rglob("*") if file.is_file()]
    assert len(left) == 2
    assert not [secret for secret in PRIVATE for body in left if secret.encode() in body]


def test_a_file_of_posts_in_a_platforms_folder_needs_its_account(database):
    drop(database, "wechat/十月.csv", csv_file(GOOD))
    (swept,) = sweep_inbox(NOW)
    assert not swept.done and "没有写明账号" in swept.message and "两级文件夹" in swept.message

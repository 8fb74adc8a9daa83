"""Layouts + rows → validated records, with what was set aside and why. Pure."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from core import clock
from core.counts import Count
from core.imports import about, article, days, listed, mentions, posts
from core.imports.cells import Fault, Row, reject
from core.imports.platforms import is_meant
from core.imports.recognise import Layout, shown
from core.records import (
    AppRecord,
    Batch,
    BoardRecord,
    DailyRecord,
    FollowerRecord,
    MentionRecord,
    PostRecord,
    Record,
    Reject,
    one_line,
)

TOTALS = {"累计", "合计", "总计", "总数", "小计", "汇总", "平均", "均值", "平均值"}
ALL_CHANNELS = {"全部", "全部渠道", "合计", "总计", ""}
_WINDOWED = "wechat_channels"
"""The form whose figures of an article are only those of the days of the export."""
_UNPUBLISHED = re.compile(r"未通过|审核中|待审|草稿|定时|已删除|失败|下架")


@dataclass(slots=True)
class Checked:
    """What the rows of a file gave. `repeats` are second rows of a post, no errors; `skipped` counts rows by reason."""

    batch: Batch = field(default_factory=Batch)
    boards: list[tuple[str, BoardRecord]] = field(default_factory=list)
    """Lines of boards with the names that stand on them; whose they are only the ledger knows."""
    repeats: list[Reject] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    rows: int = 0
    account_id: str = ""
    """The account's own id on the platform, where the links of the file tell it."""
    accounts: Counter[str] = field(default_factory=Counter)
    """Names in the file's account column, with their rows; boards apart."""


@dataclass(slots=True)
class _Task:
    """What a check is told, and what it has seen so far."""

    platform: str
    account_name: str
    observed_at: datetime
    year: int | None
    period: str
    until: date | None
    out: Checked
    seen: dict[object, int] = field(default_factory=dict)
    totals: days.Days = field(default_factory=days.Days)


def check(
    layouts: Iterable[Layout], *, platform: str, account_name: str, observed_at: datetime, year: int | None = None,
    period: str = "day", until: date | None = None,
) -> Checked:
    """Records of every row of the layouts, for one account on one platform, with counters as seen at `observed_at`.

    `year` is for dates that print none where no link tells it; `period` (day, week, month) and `until`, its last day,
    for boards that print none. Rows of other accounts are skipped and counted.
    """
    task = _Task(platform, account_name, observed_at, year, period, until, Checked())
    # The articles of WeChat's traffic export come last: which days it is of, the tables beside them tell.
    layouts = sorted(layouts, key=lambda layout: layout.form.key == _WINDOWED)
    if platform == "weibo":
        task.out.account_id = posts.usual_uid(layouts)
    for layout in layouts:
        if layout.form.table == "article":
            _article(layout, task)
        else:
            for row in layout.rows():
                _row(layout, Row(layout, row), task)
    task.out.batch.daily = [task.totals.found[day] for day in sorted(task.totals.found)]
    return task.out


def _row(layout: Layout, row: Row, task: _Task) -> None:
    if not _counts(layout, row, task):
        return
    out, faults = task.out, []
    if layout.form.table not in ("boards", "mentions") and (name := one_line(row.text("account"))):
        out.accounts[name] += 1
        if task.account_name and name != one_line(task.account_name):
            out.skipped["其他账号的行"] += 1
            return
    for kind in layout.form.kinds:
        if kind != layout.form.table and not days.has_daily(row):
            continue
        record, key = _record(kind, row, faults, task)
        if record is None:
            out.batch.rejects += [reject(row, fault) for fault in faults]
            return
        # One day may be told by several tables of a file; one post, follower count or order only once.
        mark = (kind, key, layout.key if kind == "daily" else "")
        if (first := task.seen.setdefault(mark, row.number)) != row.number:
            out.repeats.append(Reject(row.locator, "", _again(kind, str(key), row, first)))
            return
        if layout.form.key == _WINDOWED and isinstance(record, PostRecord) and _before_window(record, task):
            out.skipped["发表早于导出时段的文章（只有部分阅读）"] += 1
            return
        _keep(record, str(key), row, task)


def _before_window(record: PostRecord, task: _Task) -> bool:
    return bool(task.totals.found) and clock.day_of(record.published_at) < min(task.totals.found)


def _counts(layout: Layout, row: Row, task: _Task) -> bool:
    """Whether a row is one to read; what is passed over is counted."""
    if row.empty:
        return False
    task.out.rows += 1
    if why := _skip(layout, row, task.platform):
        task.out.skipped[why] += 1
        return False
    return True


def _record(kind: str, row: Row, faults: list[Fault], task: _Task) -> tuple[Record | None, object]:
    match kind:
        case "posts":
            return posts.post(row, faults, task.platform, task.out.account_id, task.observed_at, task.year)
        case "followers":
            return days.follower(row, faults, task.observed_at, task.year)
        case "daily":
            return days.daily(row, faults, task.observed_at, task.year)
        case "apps":
            return days.app(row, faults, task.observed_at, task.year)
        case "boards":
            record, name = listed.board(row, faults, task.observed_at, task.year, task.period, task.until)
            return record, f"{name}\n{record.day}" if record else name
        case _:
            return mentions.mention(row, faults, task.observed_at, task.year)


def _keep(record: Record, key: str, row: Row, task: _Task) -> None:
    out = task.out
    match record:
        case PostRecord():
            out.batch.posts.append(record)
        case FollowerRecord():
            out.batch.followers.append(record)
        case DailyRecord():
            faults: list[Fault] = []
            task.totals.add(record, faults)
            out.batch.rejects += [reject(row, fault) for fault in faults]
        case AppRecord():
            out.batch.apps.append(record)
        case BoardRecord():
            out.boards.append((key.partition("\n")[0], record))
        case MentionRecord():
            out.batch.mentions.append(record)


def _again(kind: str, key: str, row: Row, first: int) -> str:
    if kind == "posts":
        if key.startswith("x") and not row.text("url"):
            return f"没有链接和编号，标题与发布时间和第 {first} 行相同，只计一次"
        return f"与第 {first} 行是同一篇，只计一次"
    what = {"mentions": "工单编号相同", "boards": "是同一期的同一账号"}.get(kind, "是同一天")
    return f"与第 {first} 行{what}，只取前一行"


def _article(layout: Layout, task: _Task) -> None:
    """The days of one article; the recogniser lets only those pass whose article is named."""
    found = about.named(layout.sheet)
    if found is None:
        raise ValueError("the article of this sheet is not named")
    happened: dict[date, dict[str, Count]] = {}
    for cells in layout.rows():
        row, faults = Row(layout, cells), []
        if not _counts(layout, row, task):
            continue
        day, counts = article.day(row, faults, task.year)
        if faults or day is None:
            task.out.batch.rejects += [reject(row, fault) for fault in faults]
        elif day in happened:
            task.out.repeats.append(Reject(row.locator, "", "同一天已有一行，只取前一行"))
        else:
            happened[day] = counts
    faults = []
    last = layout.rows()[-1].number if layout.rows() else layout.header_row
    task.out.batch.posts += article.readings(found, happened, layout.locator(last), task.observed_at, faults)
    task.out.batch.rejects += [Reject(layout.locator(last), fault.field, str(fault)) for fault in faults]


def _skip(layout: Layout, row: Row, platform: str) -> str:
    first = next((str(cell).strip() for cell in row.block if cell is not None and str(cell).strip()), "")
    when = row.text("published_at") or row.text("day")
    if layout.form.table != "mentions" and (first in TOTALS or when in TOTALS):
        return "累计、合计行"
    if all(column.index < len(row.cells) and shown(row.cells[column.index]) == column.header
           for column in layout.columns.values()):
        return "重复的表头"
    if sum(cell is not None and str(cell).strip() != "" for cell in row.block) == 1 and _is_title(layout, row):
        return "表的标题"
    if layout.columns.get("channel") and row.text("channel") not in ALL_CHANNELS:
        return "分渠道的行（只取“全部”）"
    if _UNPUBLISHED.search(row.text("state")):
        return "未发布的作品"
    if layout.columns.get("platform") and (named := row.text("platform")) and not is_meant(named, platform):
        return "其他平台的行"
    return ""


def _is_title(layout: Layout, row: Row) -> bool:
    """Whether a row's only text is the title of the next table, right above its header."""
    return row.number + 1 == layout.end

"""What a preview shows of a file: its tables, the outcome in words, the first records as they would be stored. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from core import clock
from core.counts import Count
from core.imports.check import Checked
from core.imports.headers import FIELDS, KINDS
from core.imports.recognise import Layout, examples
from core.labels import COUNTERS
from core.records import (
    AppRecord,
    BoardRecord,
    DailyRecord,
    FollowerRecord,
    MentionRecord,
    PostRecord,
    Record,
    Reject,
)

_APP = ("active_users", "new_users", "total_users", "launches", "downloads", "rating")
PERIODS = {"day": "日榜", "week": "周榜", "month": "月榜"}


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a file as it was understood. `columns`: field → (letter, header as printed); `kind` is what its rows
    become, "" for nothing, with `why`. `key` names it in a mapping; `headers` are all that it has, `examples` what
    stands under them."""

    key: str
    sheet: str
    form: str
    title: str
    kind: str
    header_row: int
    columns: Mapping[str, tuple[str, str]]
    unused: tuple[str, ...]
    headers: tuple[str, ...] = ()
    why: str = ""
    platforms: tuple[str, ...] = ()
    examples: Mapping[str, str] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """Where it stands and what it is."""
        return f"{self.sheet} 第 {self.header_row} 行起：{self.title}"


def table_of(layout: Layout) -> Table:
    """A layout as plain values."""
    by_place = {column.index: column.header for column in layout.columns.values()}
    by_place |= {index: header for index, (header, _) in layout.others.items()}
    return Table(
        key=layout.key, sheet=layout.sheet.name, form=layout.form.key, title=layout.form.title, kind=layout.form.table,
        header_row=layout.header_row,
        columns={field: (column.letter, column.header) for field, column in layout.columns.items()},
        unused=layout.unused, headers=tuple(dict.fromkeys(by_place[index] for index in sorted(by_place))),
        why=layout.form.why, platforms=layout.form.platforms, examples=examples(layout.rows(), by_place),
    )


@dataclass(frozen=True, slots=True)
class Preview:
    """What a file would bring. Nothing of it is stored yet. `mapping` is what a person corrected, else None;
    `remembered`: keys of the tables that were read as a person said for an earlier file. `made`: how the moment of the
    export was found, "" when it is the moment of reading. `strangers`: accounts of a board that the ledger lacks;
    `newcomer`: it lacks the file's own account, which is added with the file."""

    name: str
    body: bytes = field(repr=False)
    sha256: str
    platform: str
    account_name: str
    observed_at: datetime
    tables: tuple[Table, ...]
    empty: tuple[Table, ...]
    headers: tuple[str, ...]
    checked: Checked = field(repr=False)
    mapping: Mapping[str, Mapping[str, str]] | None = None
    remembered: tuple[str, ...] = ()
    year: int | None = None
    made: str = ""
    period: str = "day"
    until: date | None = None
    strangers: tuple[str, ...] = ()
    newcomer: bool = False

    @property
    def kind(self) -> str:
        """The export's name in Chinese."""
        return "、".join(dict.fromkeys(table.title for table in self.tables))

    @property
    def account_id(self) -> str:
        """The account's own id as the file's links tell it; "" when they don't."""
        return self.checked.account_id

    @property
    def good(self) -> int:
        """Records that can be stored."""
        return len(self.checked.batch) + len(self.checked.boards) - self.foreign

    @property
    def foreign(self) -> int:
        """Lines of boards whose account the ledger lacks."""
        return sum(name in self.strangers for name, _ in self.checked.boards)

    @property
    def owned(self) -> bool:
        """Whether its rows belong to one account: those of boards and work orders don't."""
        return any(table.kind not in ("boards", "mentions") for table in self.tables)

    @property
    def has_board(self) -> bool:
        """Whether there is a table that ranks accounts."""
        return any(table.kind == "boards" for table in self.tables)

    @property
    def needs_until(self) -> bool:
        """Whether nothing says which period a board is of."""
        undated = any(table.kind == "boards" and "day" not in table.columns for table in self.tables)
        return undated and self.until is None

    @property
    def rejects(self) -> list[Reject]:
        return self.checked.batch.rejects

    @property
    def bad(self) -> int:
        """Rows set aside; a row with two faults counts once."""
        return len({reject.locator.rpartition("!")[0] + "!" + _row_of(reject.locator) for reject in self.rejects})

    @property
    def repeats(self) -> list[Reject]:
        return self.checked.repeats

    @property
    def words(self) -> str:
        """The outcome in one Chinese sentence."""
        batch = self.checked.batch
        counts = [
            (len({post.external_id for post in batch.posts}), "条发文"), (len(batch.followers), "天粉丝数据"),
            (len(batch.daily), "天账号汇总"), (len(self.checked.boards) - self.foreign, "个账号的榜单数据"),
            (len(batch.apps), "天 APP 数据"), (len(batch.mentions), "件工单"),
        ]
        parts = [f"可导入 {'、'.join(f'{n:,} {unit}' for n, unit in counts if n) or '0 行'}"]
        parts += [f"不合格 {self.bad:,} 行"] if self.bad else []
        parts += [f"重复 {len(self.repeats):,} 行（只计一次）"] if self.repeats else []
        parts += [f"略过{why} {n:,} 行" for why, n in self.checked.skipped.items()]
        parts += [f"台账中没有的账号 {len(self.strangers):,} 个，未导入"] if self.strangers else []
        parts += [f"数据截至 {clock.local(self.observed_at):%Y年%m月%d日 %H:%M}（{self.made}）"] if self.made else []
        return f"识别为“{self.kind}”，共 {self.checked.rows:,} 行：{'，'.join(parts)}"

    def samples(self, rows: int = 10) -> dict[str, list[dict[str, object]]]:
        """The first records of each kind as they would be stored: kind in Chinese → lines of Chinese column → value."""
        batch = self.checked.batch
        boards = [{"账号": name} | _line(record) for name, record in self.checked.boards if name not in self.strangers]
        parts = {"posts": batch.posts, "followers": batch.followers, "daily": batch.daily, "apps": batch.apps,
                 "mentions": batch.mentions}
        found = {"boards": boards[:rows]} | {
            kind: [_line(record) for record in part[:rows]] for kind, part in parts.items()
        }
        return {KINDS[kind]: lines for kind, lines in found.items() if lines}


def _line(record: Record) -> dict[str, object]:
    match record:
        case PostRecord():
            values: dict[str, object] = {
                "发布时间": _time(record.published_at, record.timed), "标题": record.title or record.text[:60],
                **({"数据日期": f"{record.as_of}"} if record.as_of else {}), **_counts(record.counters),
            }
        case FollowerRecord():
            values = {"日期": f"{record.day}", "粉丝总数": _count(record.followers), "新增粉丝": record.new,
                      "流失粉丝": record.lost}
        case DailyRecord():
            values = {"日期": f"{record.day}", "发布篇数": record.posts, **_counts(record.counters)}
        case BoardRecord():
            values = {"榜单": PERIODS[record.period], "截止日期": f"{record.day}", "名次": record.place,
                      "指数值": record.value, **_figures(record.figures)}
        case AppRecord():
            values = {"日期": f"{record.day}"} | {FIELDS[name]: getattr(record, name) for name in _APP}
        case MentionRecord():
            values = {"诉求时间": _time(record.published_at, True), "工单编号": record.external_id,
                      "诉求标题": record.title, "诉求内容": record.text[:60], **record.details}
        case _:
            raise TypeError(type(record).__name__)
    return values | {"位置": record.locator}


def _time(at: datetime, timed: bool) -> str:
    return f"{clock.local(at):%Y-%m-%d %H:%M}" if timed else f"{clock.local(at):%Y-%m-%d}"


def _count(count: Count) -> str | None:
    return None if count.missing else f"{count.mark}{count.value}"


def _counts(counters: Mapping[str, Count]) -> dict[str, object]:
    return {COUNTERS[name]: _count(count) for name, count in counters.items()}


def _figures(figures: Mapping[str, float]) -> dict[str, object]:
    """A board's other columns, with the mark of those that aren't exact."""
    marks = {name: Count(0, int(figures.get(f"{name}_slack", 0))).mark for name in figures}
    return {
        name: f"{marks[name]}{int(value) if value.is_integer() else value}"
        for name, value in figures.items() if not name.endswith("_slack")
    }


def _row_of(locator: str) -> str:
    return "".join(letter for letter in locator.rpartition("!")[2].split(":")[0] if letter.isdigit())

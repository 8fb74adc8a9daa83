"""What a person writes into the ledger, as validated plain values. Pure.

Only the fields that were given count (`model_fields_set`): an entry without a field leaves what stands there.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from core.faults import BadInput
from core.labels import ADDRESSED, BASES, COLLECTORS, ORDERS, PERIODS, UNIT_KINDS, WEEKDAYS
from core.records import Line, Record, Url

IMPORTANCE = {0: "一般", 1: "重要", 2: "重点"}
YES_NO = {True: "是", False: "否"}
PICKED = {False: "按规则", True: "指定成员"}
SHOWN = {True: "公开", False: "仅台账"}
BOARD_PERIODS = {"": "随筛选", **PERIODS}
BOARD_COLUMNS = {name: word for name, word in ORDERS.items() if name not in ("index", "posts")}
"""What a board can show or leave out; its index and the number of posts always stand there."""
BOARD_WORDS: Mapping[str, Mapping] = {
    "unit_kinds": UNIT_KINDS, "importances": IMPORTANCE, "picked": PICKED, "order_by": ORDERS, "basis": BASES,
    "rounded": YES_NO, "columns": BOARD_COLUMNS, "period": BOARD_PERIODS, "week_start": dict(enumerate(WEEKDAYS)),
    "shown": SHOWN, "archived": YES_NO,
}
"""Field of a board → code → word."""
SOURCE_COLLECTORS = {name: title for name, title in COLLECTORS.items() if name not in ("file", "demo")}
WITHOUT_ACCOUNT = ("hotlist", "page", "sitemap", "liuyan")
"""Collectors whose sources never belong to an account."""


def _words(values: list[str]) -> list[str]:
    return list(dict.fromkeys(value for value in values if value))


Words = Annotated[list[Line], AfterValidator(_words)]


class UnitEntry(Record):
    """A unit; its name is its key, or its `id` when a person renames it."""

    id: int | None = None
    name: Line = Field(min_length=1, max_length=60)
    kind: Literal["bureau", "street", "district", "other"] = "other"
    parent: Line = Field("", max_length=60, description="Name of the unit above")
    aliases: Words = Field(default_factory=list)
    sort: int = Field(0, ge=-100_000, le=100_000)


class AccountEntry(Record):
    """An account; platform code and its own id there are its key."""

    platform: Line = Field(min_length=1, max_length=40)
    external_id: Line = Field(min_length=1, max_length=200)
    name: Line = Field(min_length=1, max_length=100)
    unit: Line = Field("", max_length=60, description="Name or alias of its unit")
    registration_no: Line = Field("", max_length=100)
    state: Literal["normal", "suspended", "merged", "deregistered"] = "normal"
    opened_on: date | None = None
    closed_on: date | None = None
    interactive: bool | None = None
    importance: int = Field(0, ge=0, le=2)
    tags: Words = Field(default_factory=list)
    url: Url = Field("", max_length=2000)

    @model_validator(mode="after")
    def _in_order(self) -> "AccountEntry":
        if self.opened_on and self.closed_on and self.closed_on < self.opened_on:
            raise ValueError("停用日期早于开通日期")
        return self


class BoardEntry(Record):
    """A board; its name is its key, or its `id` when a person renames it."""

    id: int | None = None
    name: Line = Field(min_length=1, max_length=60)
    category: Line = Field("常用榜单", max_length=60)
    platform: Line = Field(min_length=1, max_length=40)
    unit_kinds: list[Literal["bureau", "street", "district", "other"]] = Field(default_factory=list)
    importances: list[Literal[0, 1, 2]] = Field(default_factory=list)
    tags: Words = Field(default_factory=list)
    picked: bool = False
    index: Line = Field("", max_length=40)
    order_by: Line = "index"
    basis: Literal["latest", "d7"] = "latest"
    rounded: bool = Field(False, description="Averages enter the index with one decimal")
    columns: Words = Field(default_factory=list, description="What is shown, in that order; empty: all")
    period: Literal["", "day", "week", "month", "quarter", "year"] = ""
    week_start: int = Field(0, ge=0, le=6)
    shown: bool = True
    archived: bool = False
    sort: int = Field(0, ge=-100_000, le=100_000)


class MemberEntry(Record):
    """An account picked for a board. `account` is its id on the platform, or its name."""

    board: Line = Field(min_length=1, max_length=60)
    platform: Line = Field(min_length=1, max_length=40)
    account: Line = Field(min_length=1, max_length=200)


class SourceEntry(Record):
    """A source; collector and address are its key, and for an interface also account and options. `account` (id or
    name): what it gives is that account's. `credential`: name of a stored one. `config`: the collector's options."""

    name: Line = Field(min_length=1, max_length=100)
    collector: Line
    url: Url = Field("", max_length=2000, validate_default=True)
    platform: Line = Field(min_length=1, max_length=40)
    account: Line = Field("", max_length=200)
    credential: Line = Field("", max_length=100)
    config: dict[str, str] = Field(default_factory=dict)
    period_minutes: int = Field(30, ge=1, le=7 * 24 * 60)
    enabled: bool = True

    @field_validator("collector")
    @classmethod
    def _is_known(cls, value: str) -> str:
        if value not in SOURCE_COLLECTORS:
            raise ValueError(f"没有采集方式“{value}”")
        return value

    @field_validator("url")
    @classmethod
    def _has_host(cls, value: str, known: ValidationInfo) -> str:
        if not value:
            if known.data.get("collector") in ADDRESSED:
                raise ValueError("不能为空")
            return value
        try:
            host = urlsplit(value).hostname
        except ValueError:
            host = None
        if not host:
            raise ValueError("写法不正确，应写成 https://域名/路径 的样子")
        return value

    @property
    def config_text(self) -> str:
        """The options as one text, for keys."""
        return json.dumps(self.config, ensure_ascii=False, sort_keys=True) if self.config else ""


@dataclass(slots=True)
class Entries:
    """Rows of all the kinds, in the order in which they are written."""

    units: list[UnitEntry] = field(default_factory=list)
    accounts: list[AccountEntry] = field(default_factory=list)
    boards: list[BoardEntry] = field(default_factory=list)
    members: list[MemberEntry] = field(default_factory=list)
    sources: list[SourceEntry] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.units) + len(self.accounts) + len(self.boards) + len(self.members) + len(self.sources)


@dataclass(frozen=True, slots=True)
class LedgerFault:
    """One thing that is wrong: where (sheet and row, 0 for a form), which field, why, and what to do. Chinese."""

    sheet: str
    row: int
    field: str
    reason: str
    remedy: str = ""

    def __str__(self) -> str:
        place = f"“{self.sheet}”第 {self.row} 行" if self.row else self.sheet
        name = f"“{self.field}”" if self.field else ""
        return f"{place}{name}：{self.reason}" + (f"。{self.remedy}" if self.remedy else "")


class LedgerFaults(BadInput):
    """Nothing was written; `faults` lists every reason."""

    SHOWN = 20

    def __init__(self, faults: list[LedgerFault], what: str = "台账"):
        self.faults = list(faults)
        lines = [str(fault) for fault in self.faults[: self.SHOWN]]
        if len(self.faults) > self.SHOWN:
            lines.append(f"……另有 {len(self.faults) - self.SHOWN} 处")
        super().__init__(f"{what}有 {len(self.faults)} 处问题，什么都没有保存：\n" + "\n".join(lines))


SHEETS: Mapping[type[Record], str] = {
    UnitEntry: "单位", AccountEntry: "账号", BoardEntry: "榜单", MemberEntry: "榜单成员", SourceEntry: "采集源",
}
"""Kind of entry → its sheet, and its word in messages."""
FIELDS: Mapping[type[Record], Mapping[str, str]] = {
    UnitEntry: {"name": "单位名称", "kind": "类别", "parent": "上级单位", "aliases": "别名", "sort": "排序"},
    AccountEntry: {
        "platform": "平台", "external_id": "平台账号ID", "name": "账号名称", "unit": "所属单位",
        "registration_no": "备案号", "state": "状态", "opened_on": "开通日期", "closed_on": "停用日期",
        "interactive": "互动功能", "importance": "重要程度", "tags": "标签", "url": "主页链接",
    },
    BoardEntry: {
        "name": "榜单名称", "category": "分类", "platform": "平台", "unit_kinds": "单位类别", "importances": "重要程度",
        "tags": "标签", "picked": "成员方式", "index": "指数", "order_by": "排序依据", "basis": "统计口径",
        "rounded": "均值取一位小数", "columns": "显示列", "period": "周期", "week_start": "每周起始日",
        "shown": "可见范围", "archived": "归档", "sort": "排序",
    },
    MemberEntry: {"board": "榜单名称", "platform": "平台", "account": "账号"},
    SourceEntry: {
        "name": "名称", "collector": "采集方式", "url": "地址", "platform": "平台", "account": "账号",
        "credential": "凭据", "config": "选项", "period_minutes": "周期（分钟）", "enabled": "启用",
    },
}
"""Kind of entry → field → column head."""

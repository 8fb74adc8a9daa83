"""Files with results of surveys → rows: one answer each, or numbers by unit and month. Pure.

The columns are found by their heads, wherever the row of heads stands; what is wrong is told by sheet, row, column and
remedy, and with one fault nothing of the file is taken.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from core import clock
from core.faults import BadInput
from core.imports.cells import as_text
from core.imports.dates import DateError, parse_when
from core.imports.headers import normal
from core.imports.read import Cell, Sheet, SheetRow
from core.labels import SATISFACTION
from core.metrics.satisfaction import UNRATED
from core.records import one_line

MAX_FAULTS = 200
_HEADS_WITHIN = 20
"""Rows of a sheet in which the heads are looked for."""
_NAMES = {
    "unit": "单位 单位名称 承办单位 主办单位 责任单位 办理单位 被评价单位 评价单位 评价对象 评议单位 部门 部门名称"
            " 所属单位 街镇 街道 所属街镇 委办局",
    "month": "月份 统计月份 年月 统计时间 统计周期 时段 调查月份 回访月份 所属月份 期间",
    "day": "日期 时间 填写时间 填写日期 提交时间 答题时间 填报时间 调查时间 调查日期 回访时间 回访日期 评价时间"
           " 评价日期 办结时间 办结日期",
    "level": "满意度 总体满意度 满意程度 总体评价 满意情况 评价 评价结果 是否满意 满意度评价 回访满意度 市民满意度"
             " 群众满意度 您的总体满意度 总体来说您满意吗 回访结果",
    "text": "意见建议 意见和建议 意见 建议 您的意见和建议 其他意见 留言 不满意原因 不满意理由",
    "channel": "渠道 常用渠道 主要渠道 获取渠道 使用渠道",
    "total": "合计 总数 总计 样本数 样本量 回访数 回访量 回访总数 回访件数 有效样本 评价总数 问卷数 有效问卷 回收数",
    "best": "很满意 非常满意 十分满意 很满意数 非常满意数",
    "good": "满意 比较满意 较满意 满意数 满意件数 比较满意数",
    "basic": "基本满意 基本满意数 基本满意件数",
    "fair": "一般 一般数 中立",
    "bad": "不满意 不太满意 较不满意 不满意数 不满意件数",
    "worst": "很不满意 非常不满意 十分不满意 很不满意数 非常不满意数",
    "none": "未评价 未表态 不评价 未作评价 未做评价 无法评价 拒绝评价 未接通 无人接听 未回访 未评价数 未评价件数 弃权",
}
FIELDS = {name: field_ for field_, names in _NAMES.items() for name in names.split()}
"""Normal form of a head → field."""
LEVELS = {name.removesuffix("数").removesuffix("件"): level for name, level in FIELDS.items() if level in SATISFACTION}
"""What stands in a cell of a single answer → level."""
_SHOWN = {"unit": "单位", "month": "月份", "day": "日期", "level": "满意度", "text": "意见建议", "channel": "渠道",
          "total": "合计", **SATISFACTION}
_SUMS = ("合计", "总计", "小计", "总数", "全部合计", "平均")
_WHOLE = ("全区", "全部", "全区合计", "不分单位", "不针对具体单位", "未指明单位")
_MONTH = re.compile(r"(20\d\d)\s*[-/.年]?\s*(1[0-2]|0?[1-9])\s*月?(?:份)?")
_PERSON = re.compile("姓名|电话|手机|联系|号码|身份证|证件|地址|住址|微信号|邮箱|性别|年龄|ip", re.IGNORECASE)
"""Columns about persons: never read."""

Shape = Literal["answers", "counts"]


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong: where, what stands there, and what to do."""

    sheet: str
    row: int
    column: str
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Line:
    """One row: the unit as it is written (empty: the whole district), its month, and what it says."""

    locator: str
    unit: str
    month: date
    counts: Mapping[str, int] = field(default_factory=dict)
    day: date | None = None
    at: datetime | None = None
    level: str = ""
    aspects: Mapping[str, str] = field(default_factory=dict)
    channel: str = ""
    text: str = ""


@dataclass(slots=True)
class Found:
    """What a file says, or why it can't be taken."""

    shape: Shape
    lines: list[Line] = field(default_factory=list)
    flaws: list[Flaw] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    columns: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Heads:
    sheet: Sheet
    row: int
    at: Mapping[str, int]
    heads: Mapping[str, str]
    aspects: Mapping[str, int]
    shape: Shape


def read(sheets: Sequence[Sheet], name: str, *, given: date | None, today: date, hotline: bool) -> Found:
    """The rows of a file. `given`: the month of rows that name none; `hotline`: of calls after 12345 orders, where an
    empty level means that nobody rated. Raises BadInput where no table with known heads is in it."""
    tables = [found for sheet in sheets if (found := _heads(sheet)) is not None]
    if not tables:
        raise BadInput(
            f"文件“{name}”里没有找到满意度数据的表头。汇总表应有“单位”“月份”和“满意”“不满意”等列，"
            "逐份填报表应有“满意度”列，可下载模板对照")
    filled = [table for table in tables if any(row.number > table.row for row in table.sheet.rows)]
    if not filled:
        raise BadInput(f"文件“{name}”只有表头，没有数据行。请填好后再上传")
    tables = filled
    shapes = {table.shape for table in tables}
    if len(shapes) > 1:
        raise BadInput(f"文件“{name}”里既有汇总表又有逐份填报表，会重复计算。请分成两个文件，只导入其中一种")
    out = Found(tables[0].shape)
    for table in tables:
        _table(table, out, given, today, hotline)
    others = [sheet.name for sheet in sheets if _heads(sheet) is None]
    if others:
        out.notes.append(f"工作表{'、'.join(f'“{one}”' for one in others[:5])}不是满意度数据，没有读取")
    if not out.lines and not out.flaws:
        raise BadInput(f"文件“{name}”只有合计行，没有各单位的数据行。请填好后再上传")
    if out.shape == "counts":
        _apart(out)
    return out


# --- Parts ----------------------------------------------------------------------------------------------------------


def _heads(sheet: Sheet) -> _Heads | None:
    for row in sheet.rows[:_HEADS_WITHIN]:
        at: dict[str, int] = {}
        heads: dict[str, str] = {}
        for place, cell in enumerate(row.cells):
            text = one_line(as_text(cell))
            plain = re.sub(r"[（(][^)）]*[)）]$", "", text).strip()
            known = FIELDS.get(normal(plain)[0]) or FIELDS.get(normal(text)[0])
            if known and known not in at:
                at[known], heads[known] = place, text
        levels = [one for one in at if one in SATISFACTION]
        if len([one for one in levels if one != UNRATED]) >= 2:
            return _Heads(sheet, row.number, at, heads, {}, "counts")
        if "level" in at and len(at) >= 2:
            return _Heads(sheet, row.number, at, heads, _aspects(sheet, row, at), "answers")
    return None


def _aspects(sheet: Sheet, row: SheetRow, at: Mapping[str, int]) -> dict[str, int]:
    """Columns in which there are levels and nothing else: what more was rated, by its head."""
    out = {}
    for place, cell in enumerate(row.cells):
        head = one_line(as_text(cell))[:20]
        if not head or place in at.values() or _PERSON.search(head):
            continue
        held = [text for one in sheet.rows if one.number > row.number and place < len(one.cells)
                and (text := normal(as_text(one.cells[place]))[0])]
        if held and all(text in LEVELS for text in held):
            out[head] = place
    return out


def _table(table: _Heads, out: Found, given: date | None, today: date, hotline: bool) -> None:
    out.columns |= {_SHOWN[name]: head for name, head in table.heads.items()} | {head: head for head in table.aspects}
    skipped = 0
    for row in table.sheet.rows:
        if row.number <= table.row or not any(as_text(cell).strip() for cell in row.cells):
            continue
        flaws: list[Flaw] = []

        def flaw(name: str, reason: str, remedy: str, row: SheetRow = row, flaws: list[Flaw] = flaws) -> None:
            head = table.heads.get(name, _SHOWN.get(name, name))
            flaws.append(Flaw(table.sheet.name, row.number, head, reason, remedy))

        unit = one_line(_cell(row, table.at.get("unit")))
        first = one_line(as_text(row.cells[0]))
        if unit in _SUMS or (not unit and first in _SUMS) or (first in _SUMS and unit == first):
            skipped += 1
            continue
        month, at = _when(row, table, given, today, flaw)
        if "unit" in table.at and not unit and table.shape == "counts":
            flaw("unit", "没有单位", "合并的单元格请取消合并并逐行填写；不分单位的写“全区”")
        unit = "" if unit in _WHOLE else unit
        locator = f"{table.sheet.name}!{row.number}"
        if table.shape == "counts":
            counts = _counts(row, table, flaw)
            if not flaws and month:
                out.lines.append(Line(locator, unit, month, counts=counts))
        else:
            level, rated = _level(row, table, hotline, flaw), _rated(row, table)
            if not flaws and month:
                out.lines.append(Line(
                    locator, unit, month, day=clock.day_of(at) if at else month, at=at, level=level, aspects=rated,
                    channel=one_line(_cell(row, table.at.get("channel")))[:20],
                    text=_cell(row, table.at.get("text"))))
        out.flaws += flaws
        if len(out.flaws) >= MAX_FAULTS:
            out.notes.append(f"问题超过 {MAX_FAULTS} 处，其余没有再查")
            return
    if skipped:
        out.notes.append(f"工作表“{table.sheet.name}”的 {skipped} 行合计没有读取")


def _cell(row: SheetRow, place: int | None) -> str:
    return as_text(row.cells[place]) if place is not None and place < len(row.cells) else ""


def _when(row: SheetRow, table: _Heads, given: date | None, today: date, flaw) -> tuple[date | None, datetime | None]:
    """(month, moment) of a row; the moment only where a day is named."""
    for name in ("day", "month"):
        place = table.at.get(name)
        cell: Cell = row.cells[place] if place is not None and place < len(row.cells) else None
        text = one_line(as_text(cell))
        if not text:
            continue
        found = _MONTH.fullmatch(text)
        if found and not isinstance(cell, datetime):
            month, at = date(int(found[1]), int(found[2]), 1), None
        else:
            try:
                when = parse_when(cell)
            except DateError:
                flaw(name, f"“{text[:30]}”不是{'日期' if name == 'day' else '月份'}", "请写成 2026-10 或 2026-10-15")
                return None, None
            month, at = when.day.replace(day=1), when.at if name == "day" else None
        if month > today or (at and clock.day_of(at) > today):
            flaw(name, f"“{text[:30]}”在今天之后", "请改正")
            return None, None
        return month, at
    if given is None:
        flaw("month", "没有月份", "请补上“月份”列，或在上传时指定月份")
    return given, None


def _counts(row: SheetRow, table: _Heads, flaw) -> dict[str, int]:
    out: dict[str, int] = {}
    told = False
    for level in (one for one in SATISFACTION if one in table.at):
        text = _cell(row, table.at[level]).replace(",", "").replace("，", "").strip()
        told |= bool(text) and level != UNRATED
        number = 0 if text in ("", "-", "—", "/") else int(text) if re.fullmatch(r"\d{1,9}", text) else None
        if number is None:
            flaw(level, f"“{text[:30]}”不是份数", "请填整数，不要填百分比或文字")
        else:
            out[level] = number
    if not told:
        flaw("good", "这一行没有任何份数", "没有评价的请填 0，或删去这一行")
    total = _cell(row, table.at.get("total")).replace(",", "").strip()
    if total and re.fullmatch(r"\d{1,9}", total) and len(out) == len([one for one in SATISFACTION if one in table.at]):
        rated = sum(number for level, number in out.items() if level != UNRATED)
        if int(total) not in (rated, rated + out.get(UNRATED, 0)):
            flaw("total", f"合计 {total} 与各项之和 {rated + out.get(UNRATED, 0)} 不符", "请核对这一行的份数")
    return out


def _level(row: SheetRow, table: _Heads, hotline: bool, flaw) -> str:
    text = one_line(_cell(row, table.at["level"]))
    if not text:
        if hotline:
            return UNRATED
        flaw("level", "没有填满意度", "请填写，或删去这一行；没有评价的写“未评价”")
        return ""
    level = LEVELS.get(normal(text)[0], "")
    if not level:
        flaw("level", f"不认识“{text[:30]}”", "请写成 很满意、满意、基本满意、一般、不满意、很不满意 或 未评价")
    return level


def _rated(row: SheetRow, table: _Heads) -> dict[str, str]:
    found = {head: LEVELS.get(normal(_cell(row, place))[0], "") for head, place in table.aspects.items()}
    return {head: level for head, level in found.items() if level}


def _apart(out: Found) -> None:
    """A unit and month stand in one row; the whole district not beside its units."""
    seen = Counter((line.unit, line.month) for line in out.lines)
    parted = {line.month for line in out.lines if line.unit}
    for line in out.lines:
        sheet, _, row = line.locator.rpartition("!")
        if seen[line.unit, line.month] > 1:
            out.flaws.append(Flaw(sheet, int(row), "单位", f"“{line.unit or '全区'}”{line.month:%Y-%m} 有不止一行",
                                  "请合并为一行"))
        if not line.unit and line.month in parted:
            out.flaws.append(Flaw(sheet, int(row), "单位", f"{line.month:%Y-%m} 既有全区又有各单位，会重复计算",
                                  "请删去全区的一行"))

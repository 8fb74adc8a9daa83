"""绩效自评表: the year's targets as a report — what was aimed at, what was done, points, evidence, and why what was not
met was not — to be handed in as Excel or Word, and issued, so that what was handed in stays as it was."""

from collections.abc import Sequence
from datetime import datetime

import pandas as pd
from sqlmodel import Session

from core import clock, db, labels
from core.faults import BadInput
from core.metrics import targets as arithmetic
from core.models import Edition
from core.report import editions
from core.report.content import (
    Block,
    Column,
    Content,
    Figure,
    Figures,
    Heading,
    Note,
    Paragraph,
    Section,
    Subject,
    Table,
)
from core.settings import settings
from core.targets.measured import Evidence
from core.targets.year import Assessed, Year, assessed

KIND = "targets"
TABLE, AHEAD, WHY = "绩效目标自评", "年末预测", "证据、未完成原因及改进措施"
TOTAL = "合计"
_COLUMNS = ("指标", "类别", "目标值", "完成值", "完成率", "状态", "分值", "得分")
_KINDS = {"int": "int", "date": "date"}
MOST = 60
"""Rows of evidence that one target prints; the room has all of them."""
_WHAT = {"PDF 校验值（SHA-256）"}
"""Columns that are too long for paper: the seal says the same."""


def build(session: Session, number: int, *, now: datetime) -> Content:
    """The sheet of a year as the database holds it at this moment (use `db.snapshot`). Raises BadInput for a year
    without targets."""
    return compose(assessed(session, number, now), settings().district, settings().office, stamp=db.stamp(session))


def issue(session: Session, content: Content, *, by: str, now: datetime) -> Edition:
    """Issue a sheet that was looked at: the next version, or the newest where that says the same. The caller
    commits."""
    edition = editions.issue(session, content, by=by, now=now)
    db.bump(session, now)
    return edition


def compose(found: Year, district: str, office: str, *, stamp: int) -> Content:
    """The sheet that these targets make. Pure. Raises BadInput without targets."""
    if not found.targets:
        raise BadInput(f"{found.number}年还没有绩效目标，请先在“绩效目标”中建立")
    day = clock.day_of(found.at)
    until = f"截至{day.year}年{day.month}月{day.day}日" if day.year <= found.number else "全年"
    sections = (
        Section("总体情况", (_cards(found), Paragraph(_summary(found, until)))),
        Section("自评结果", (_table(found), Note(
            "完成率：完成值 ÷ 目标值（目标为“不高于”的相反），向下取位，不四舍五入进到 100%；得分：达到目标得满分，"
            "否则按完成率折算，没有数据的不得分。"))),
        *([Section(AHEAD, (_ahead(found),))] if not found.over else []),
        Section(WHY, (_reasons(found),)),
        Section("口径与方法", tuple(_methods(found)), "method"),
        *(Section(f"{one.name}证据", tuple(_evidence(one)), "annex") for one in found.targets
          if any(len(each.frame) for each in one.measured.evidence)),
    )
    return Content(
        subject=Subject(KIND, "", str(found.number), "all"), title=f"{found.number}年度绩效目标自评表", subtitle=until,
        office=office, district=district, platform="", kind=labels.REPORT_KINDS[KIND], period=f"{found.number}年",
        scope="全区", basis="系统记录", as_of=found.at, stamp=stamp, is_demo=found.demo, sections=sections,
        series="绩效管理", indexed=False)


def _cards(found: Year) -> Figures:
    states = [one.standing.state for one in found.targets]
    return Figures((
        Figure("绩效目标", f"{len(states)}", "项"), Figure("已完成", f"{states.count('done')}", "项"),
        Figure("正常", f"{states.count('fine')}", "项"), Figure("有风险", f"{states.count('risk')}", "项"),
        Figure("自评得分", f"{found.score:g}", "分"),
    ))


def _summary(found: Year, until: str) -> str:
    names: dict[str, list[str]] = {}
    for one in found.targets:
        names.setdefault(one.standing.state, []).append(f"“{one.name}”")
    said = [f"{word}的有{'、'.join(names[state])}" for state, word in (
        ("done", "已完成"), ("fine", "进展正常"), ("risk", "有风险"), ("missed", "未达标"), ("none", "尚无数据"))
            if state in names]
    return (f"{until}，{found.number}年度绩效目标共{len(found.targets)}项，满分{found.weight:g}分，"
            f"自评得分{found.score:g}分。"
            f"{'；'.join(said)}。")


def _table(found: Year) -> Table:
    kinds = {"分值": "score", "得分": "score"}
    rows = [(one.name, one.dimension, one.aim, one.said, arithmetic.per_cent(one.rate),
             arithmetic.STATES[one.standing.state], one.weight, one.score) for one in found.targets]
    rows.append((TOTAL, "", "", "", "", "", found.weight, found.score))
    return Table(TABLE, tuple(Column(name, kinds.get(name, "text")) for name in _COLUMNS), tuple(rows))


def _ahead(found: Year) -> Table:
    rows = []
    for one in found.targets:
        ahead = one.measured.outlook
        rows.append((one.name, one.words(ahead.value) if ahead.value is not None else None,
                     f"{one.words(ahead.low)} 至 {one.words(ahead.high)}" if ahead.value is not None else None,
                     ahead.method or f"不作预测：{ahead.refusal}"))
    return Table(AHEAD, tuple(map(Column, ("指标名称", "预计年末值", "80% 区间", "方法"))), tuple(rows))


def _reasons(found: Year) -> Table:
    rows = tuple((one.name, arithmetic.STATES[one.standing.state], _ground(one), one.standing.why, one.why or None,
                  one.remedy or None) for one in found.targets)
    return Table(WHY, tuple(map(Column, ("指标名称", "状态", "证据", "系统判断", "未完成原因", "改进措施"))), rows,
                 note="证据逐条列在附表中；系统判断由数据得出；原因和措施由人填写，— 为未填写。")


def _ground(one: Assessed) -> str | None:
    """What its evidence is, in words."""
    there = [f"{each.title} {len(each.frame)} 条" for each in one.measured.evidence if len(each.frame)]
    return "；".join(there) or None


def _methods(found: Year) -> list[Block]:
    blocks: list[Block] = []
    for one in found.targets:
        blocks += [Heading(one.name), Paragraph(one.measured.definition)]
        blocks += [Note(words) for words in (*one.measured.notes, one.note) if words]
    return blocks


# --- Evidence -------------------------------------------------------------------------------------------------------


def _evidence(one: Assessed) -> list[Block]:
    return [_printed(each) for each in one.measured.evidence if len(each.frame)]


def _printed(each: Evidence) -> Table:
    """A table of evidence as it stands on paper."""
    heads = [head for head in each.heads if head[1] not in _WHAT and not _bare(each.frame[head[0]])]
    rows = tuple(tuple(_cell(row[name], kind) for name, _, kind in heads)
                 for row in each.frame.head(MOST).to_dict("records"))
    cut = f"共 {len(each.frame)} 条，列出前 {MOST} 条，全部见“绩效目标”。" if len(each.frame) > MOST else ""
    return Table(each.title, tuple(Column(heading, _KINDS.get(kind, "text")) for _, heading, kind in heads), rows,
                 note=f"{cut}{each.note}")


def _bare(column: pd.Series) -> bool:
    """Whether a column says nothing anywhere."""
    return bool(column.isna().all() or (column.astype(str) == "").all())


def _cell(value: object, kind: str) -> object:
    if value is None or pd.isna(value):
        return None
    return f"{clock.local(value):%Y-%m-%d %H:%M}" if kind == "time" else value


def names(content: Content) -> Sequence[str]:
    """The targets of a sheet, in its order."""
    table = next(block for section in content.sections for block in section.blocks
                 if isinstance(block, Table) and block.title == TABLE)
    return [str(row[0]) for row in table.rows if row[0] != TOTAL]

"""What stands behind each number of a self-assessment sheet (绩效自评表): the evidence of its target."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import pandas as pd
from sqlmodel import Session

from core.metrics.targets import STATES, per_cent
from core.report.behind.reckon import printed
from core.report.behind.rows import Last, Leads, Rows, heads
from core.report.behind.source import At, Rule, Source
from core.targets import sheet, year

_LEADS: dict[str, Leads] = {"reports": "edition", "sources": "source"}
"""Rooms that a row of evidence leads to."""


@dataclass(frozen=True, slots=True)
class OfTarget(Last):
    """A target of a year, by its name, as it stands at a moment: its value, 完成率 or 得分."""

    number: int
    name: str
    demo: bool
    at: datetime
    what: Literal["value", "rate", "score"]

    def rows(self, session: Session) -> Rows:
        one = year.named(session, self.number, self.name, self.at, self.demo)
        if one is None:
            return Rows(pd.DataFrame(columns=["id"]), (), None, "这项目标已被删除")
        said = {"value": one.said, "rate": per_cent(one.rate), "score": f"{one.score or 0:.2f}"}[self.what]
        known = printed(said)
        value = None if known is None or one.measured.value is None else known.value
        how = {"value": one.measured.definition.rstrip("。"), "rate": f"完成值 {one.said} 比目标值 {one.aim}",
               "score": f"分值 {one.weight:g}，完成率 {per_cent(one.rate)}"}[self.what]
        each = next(iter(one.measured.evidence), None)
        if each is None:
            return Rows(pd.DataFrame(columns=["id"]), (), value, how)
        return Rows(each.frame, each.heads, value, how, _LEADS.get(each.room, ""),
                    one.measured.mark if self.what == "value" else "")


@dataclass(frozen=True, slots=True)
class OfYear(Last):
    """The targets of a year at a moment: all, those in a state, or their points."""

    number: int
    demo: bool
    at: datetime
    what: str

    def rows(self, session: Session) -> Rows:
        found = year.assessed(session, self.number, self.at, self.demo)
        chosen = [one for one in found.targets if self.what in ("all", "score", one.standing.state)]
        frame = pd.DataFrame([{"id": one.id, "name": one.name, "aim": one.aim, "said": one.said,
                               "state": STATES[one.standing.state], "weight": one.weight, "score": one.score}
                              for one in chosen], columns=["id", "name", "aim", "said", "state", "weight", "score"])
        value = found.score if self.what == "score" else float(len(chosen))
        shown = heads("name:指标", "aim:目标值", "said:完成值", "state:状态", "weight:分值:score", "score:得分:score")
        return Rows(frame, shown, value, "各项得分相加" if self.what == "score" else "下列各项的个数")


def _where(at: At) -> tuple[int, bool, datetime]:
    content = at.content
    return int(content.subject.period), content.is_demo, content.as_of


def _headline(at: At) -> Source:
    number, demo, when = _where(at)
    what = {word: state for state, word in STATES.items()} | {"自评得分": "score"}
    said = "各项得分之和。" if at.column == "自评得分" else "本年绩效目标，按进展所处的状态计。"
    return Source(said, query=OfYear(number, demo, when, what.get(at.column, "all")))


def _cell(what: Literal["value", "rate", "score"], said: str) -> Callable[[At], Source]:
    def made(at: At) -> Source:
        number, demo, when = _where(at)
        if at.row == sheet.TOTAL:
            return Source("各项得分之和。", query=OfYear(number, demo, when, "score"))
        return Source(said, query=OfTarget(number, at.row, demo, when, what))

    return made


def _why(what: str, reason: str) -> Callable[[At], Source]:
    return lambda at: Source(what, reason=reason)


RULES: tuple[Rule, ...] = (
    ("", ".*", ".*", _headline),
    (sheet.TABLE, ".*", "目标值|分值", _why(
        "年度绩效目标申报表的内容。", "由人在“绩效目标”的“设置”中填写，每次修改都留有记录。")),
    (sheet.TABLE, ".*", "完成值", _cell("value", "由系统自身的记录计量，口径见“口径与方法”。")),
    (sheet.TABLE, ".*", "完成率", _cell("rate", "完成值与目标值之比，向下取位。")),
    (sheet.TABLE, ".*", "得分", _cell("score", "达到目标得满分，否则按完成率折算。")),
    (".*", ".*", ".*", _why("证据表中系统记录的数。", "可在“绩效目标”该项目标的证据中点选这一行，打开它的来源。")),
)
"""Of self-assessment sheets."""

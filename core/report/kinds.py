"""The kinds of reports that are ordered by period (core.report.outline.Order), each with the periods, the parts and the
scopes that it can have, and how it is built. What is offered, scheduled and built on demand asks here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlmodel import Session

from core import labels
from core.clock import day_of
from core.faults import BadInput
from core.models import Platform
from core.periods import NAMES, SPANS, Span
from core.query import heard, opinion_scope
from core.report import board, opinion, platform, scopes, unit
from core.report.content import Content
from core.report.outline import Order, Part, chosen


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of report. `code`, `name`: of labels.REPORT_KINDS · `spans`: the periods that it can have · `per`: one
    for each platform, unit or board, or of none · `outline`: its parts, of which an order may choose ·
    `build(session, order, now)`: its content from what the database holds · `scopes(session, platform)`: (code, words)
    of the scopes that it can have, the usual one first · `coverage(session, order, now)`: share of what should be
    there for it by now (None: nothing should), where it is not that of the platform's accounts ·
    `empty(session, order, now)`: whether there is nothing to be reported, as far as is known."""

    code: str
    name: str
    spans: tuple[Span, ...]
    per: Literal["platform", "unit", "board", ""]
    outline: tuple[Part[Any], ...]
    build: Callable[[Session, Order, datetime], Content]
    scopes: Callable[[Session, str], list[tuple[str, str]]]
    empty: Callable[[Session, Order, datetime], bool]
    coverage: Callable[[Session, Order, datetime], float | None] | None = None


def build(session: Session, order: Order, *, now: datetime) -> Content:
    """The report that is ordered, as the database holds it at this moment (use `db.snapshot`); `now`: aware. Raises
    BadInput (Chinese) for what there is not: a kind, a period of it, a platform, a scope, a basis, a part; and for a
    period that has not begun."""
    kind = kind_of(order.kind)
    if order.period.span not in kind.spans:
        raise BadInput(f"{kind.name}的时段应为{'、'.join(_SPAN_WORDS[span] for span in kind.spans)}，"
                       f"不能是{_SPAN_WORDS[order.period.span]}（{order.period.label}）")
    if (order.platform or kind.per == "platform") and session.get(Platform, order.platform) is None:
        raise BadInput(f"平台“{order.platform}”不在目录中，请核对平台代码（如 weibo、wechat）")
    if order.basis not in labels.BASES:
        raise BadInput(f"取数口径“{order.basis}”不存在，可用：{'、'.join(labels.BASES)}")
    if order.period.first > day_of(now):
        raise BadInput(f"{order.period.label}还没有开始，无法编制报告")
    chosen(kind.outline, order.parts)
    return kind.build(session, order, now)


_SPAN_WORDS: dict[Span, str] = {span: name.removesuffix("报") for span, name in NAMES.items()}


def kind_of(code: str) -> Kind:
    """The kind of that code. Raises BadInput."""
    if code not in KINDS:
        raise BadInput(f"没有“{code}”这种报告，可用：{'、'.join(f'{one.code} {one.name}' for one in KINDS.values())}")
    return KINDS[code]


def _of_platform(session: Session, code: str) -> list[tuple[str, str]]:
    return [(one.code, one.words) for one in scopes.scopes(session, code)]


def _unpublished(session: Session, order: Order, now: datetime) -> bool:
    return scopes.nothing(session, order)


def _kind(code: str, *rest: Any) -> Kind:
    return Kind(code, labels.REPORT_KINDS[code], *rest)


KINDS: dict[str, Kind] = {one.code: one for one in (
    _kind("monthly", ("month",), "platform", platform.OUTLINE, platform.build, _of_platform, _unpublished),
    _kind("quarterly", ("quarter",), "platform", platform.OUTLINE, platform.build, _of_platform, _unpublished),
    _kind("annual", ("year",), "platform", platform.PANORAMA, platform.build, _of_platform, _unpublished),
    _kind("unit", ("month", "quarter", "year"), "unit", unit.OUTLINE, unit.build, unit.scopes, _unpublished),
    _kind("board", ("day", "week", "month", "quarter", "year"), "board", board.OUTLINE, board.build, board.scopes,
          board.empty),
    Kind(opinion.KIND, labels.REPORT_KINDS[opinion.KIND], SPANS, "", opinion.OUTLINE, opinion.build,
         lambda session, _: list(opinion_scope.scopes(session)), opinion.empty,
         lambda session, order, now: heard.coverage(session, order.period, now)),
)}
"""Every kind by its code, in the order in which they are offered."""

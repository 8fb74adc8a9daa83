"""Which accounts of a platform a report is about: all, a kind of unit, a board's, one unit's."""

from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from core import labels
from core.faults import BadInput
from core.query import boards, totals
from core.query.scope import Filter, choices
from core.report.outline import Order


@dataclass(frozen=True, slots=True)
class Scope:
    """A report's scope: its code (`all`, `bureau`, `unit:3`, `board:2`), its words, and what it means as a filter."""

    code: str
    words: str
    kinds: tuple[str, ...] = ()
    units: tuple[int, ...] = ()
    board: int | None = None

    def over(self, first: date, last: date, platforms: tuple[str, ...]) -> Filter:
        """Its accounts on those platforms (none: all) from first to last day."""
        return Filter(first, last, platforms, self.kinds, self.units, self.board)


def scopes(session: Session, platform: str) -> tuple[Scope, ...]:
    """The scopes that a report of the platform can have: all, kinds of unit, boards, single units."""
    offered = choices(session)
    found = [Scope("all", "全部账号")]
    found += [Scope(kind, f"{labels.UNIT_KINDS[kind]}账号", kinds=(kind,)) for kind in offered.kinds]
    found += [Scope(f"board:{row['id']}", f"榜单“{row['name']}”", board=int(row["id"]))
              for row in boards.list_boards(session, platform).to_dict("records")]
    found += units(session)
    return tuple(found)


def units(session: Session) -> tuple[Scope, ...]:
    """Every unit as a scope, in the order of the ledger."""
    return tuple(Scope(f"unit:{id_}", name, units=(id_,)) for id_, name, _ in choices(session).units)


def scope_of(session: Session, platform: str, code: str) -> Scope:
    """The scope of that code. Raises BadInput (Chinese)."""
    for scope in scopes(session, platform):
        if scope.code == code:
            return scope
    raise BadInput(f"报告范围“{code}”不存在。可用：all 全部、bureau 委办局、street 街镇、unit:编号、board:编号")


def nothing(session: Session, order: Order) -> bool:
    """Whether the accounts of an ordered report published nothing, as far as is known."""
    platforms = (order.platform,) if order.platform else ()
    scope = scope_of(session, order.platform, order.scope)
    found = totals.period(session, scope.over(order.period.first, order.period.last, platforms), order.basis)
    return bool((found["posts"] == 0).all())

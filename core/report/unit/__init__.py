"""单位专报: one department or street over all its platforms and accounts, for a month, a quarter or a year."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from core import labels
from core.report import scopes as offered
from core.report.content import Content, Subject
from core.report.outline import Order, Part, arranged
from core.report.platform.interaction import interaction
from core.report.platform.popular import popular
from core.report.platform.problems import problems, updates
from core.report.platform.publishing import publishing
from core.report.platform.wording import dated, short_day
from core.report.unit.facts import Facts, read
from core.report.unit.parts import accounts, method, overview, peers, platforms, suggestions
from core.settings import settings

__all__ = ["OUTLINE", "build", "compose", "scopes"]

OUTLINE: tuple[Part[Facts], ...] = (
    Part("overview", "总体情况", overview),
    Part("platforms", "各平台情况", platforms),
    Part("publishing", "发布情况", publishing),
    Part("interaction", "互动情况", interaction),
    Part("accounts", "各账号情况", accounts),
    Part("peers", "同类比较", peers),
    Part("popular", "热门内容", popular),
    Part("updates", "更新情况", updates),
    Part("problems", "问题清单", problems),
    Part("suggestions", "工作建议", suggestions),
    Part("method", "统计口径与数据说明", method, fixed=True),
)
"""The parts of a unit's report."""


def build(session: Session, order: Order, now: datetime) -> Content:
    """The report of the unit `order.scope` (`unit:3`) from what the database holds at this moment. Raises BadInput
    (Chinese) for a unit that there is not."""
    return compose(read(session, order, now), settings().district, settings().office, order.parts)


def scopes(session: Session, platform: str) -> list[tuple[str, str]]:
    """Every unit; the platform does not matter."""
    return [(one.code, one.words) for one in offered.units(session)]


def compose(f: Facts, district: str, office: str, wanted: Sequence[str] = ()) -> Content:
    """The report that those facts make. Pure."""
    called = labels.REPORT_KINDS["unit"]
    return Content(
        subject=Subject("unit", "", f.period.code, f.scope.code),
        title=f"{f.period.label}{f.unit}政务新媒体运营情况专报", subtitle="（运营分析，供工作参考）",
        office=office, district=district, platform="政务新媒体", kind=called,
        period=f"{dated(f.first)}至{short_day(f.last)}", scope=f.scope.words, basis=labels.BASES[f.basis],
        as_of=f.at, stamp=f.stamp, is_demo=f.demo, sections=arranged(OUTLINE, f, wanted),
    )

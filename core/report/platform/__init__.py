"""The report of one platform over a month, a quarter or a year: from facts to sentences, tables and charts.

Sections after the account reports that offices really send out, one module for each. Every sentence holds for nothing
published, one, many, missing and capped figures.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from core import labels
from core.periods import NAMES
from core.report.content import Content, Subject
from core.report.outline import Order, Part, arranged
from core.report.platform import annex
from core.report.platform.audience import audience
from core.report.platform.facts import Facts, has_data, read
from core.report.platform.growth import growth
from core.report.platform.highlights import highlights
from core.report.platform.interaction import interaction, spreading
from core.report.platform.method import method
from core.report.platform.overview import overview
from core.report.platform.popular import popular
from core.report.platform.problems import problems, updates
from core.report.platform.publishing import publishing
from core.report.platform.rankings import kinds, rankings
from core.report.platform.suggestions import suggestions
from core.report.platform.units import units
from core.report.platform.wording import dated, short_day
from core.settings import settings

__all__ = ["OUTLINE", "PANORAMA", "build", "compose", "has_data"]

OUTLINE: tuple[Part[Facts], ...] = (
    Part("overview", "总体情况", overview),
    Part("publishing", "发布情况", publishing),
    Part("spreading", "转发评论情况", spreading),
    Part("interaction", "互动情况", interaction),
    Part("audience", "受众情况", audience),
    Part("rankings", "榜单", rankings),
    Part("kinds", "分类榜单", kinds),
    Part("growth", "增长变化", growth),
    Part("units", "单位分布", units),
    Part("popular", "热门内容", popular),
    Part("updates", "更新情况", updates),
    Part("problems", "问题清单", problems),
    Part("suggestions", "工作建议", suggestions),
    Part("method", "统计口径与数据说明", method, fixed=True),
    Part("accounts", "附表：全部账号数据", annex.accounts, fixed=True),
    Part("all_units", "附表：全部单位数据", annex.units, fixed=True),
    Part("days", "附表：逐日数据", annex.days, fixed=True),
)
"""The parts of a monthly and a quarterly report."""
PANORAMA: tuple[Part[Facts], ...] = (OUTLINE[0], Part("highlights", "年度亮点", highlights), *OUTLINE[1:])
"""The parts of the report of a year."""
_OUTLINES = {"monthly": OUTLINE, "quarterly": OUTLINE, "annual": PANORAMA}


def build(session: Session, order: Order, now: datetime) -> Content:
    """The report's content from what the database holds at this moment (use `db.snapshot`); a period that is still
    running is reported up to that day and compared with nothing. What is ordered has been looked at (kinds.build).
    Raises BadInput (Chinese) for an unknown scope."""
    return compose(read(session, order, now), order.kind, settings().district, settings().office, order.parts)


def compose(f: Facts, kind: str, district: str, office: str, wanted: Sequence[str] = ()) -> Content:
    """The report that those facts make, of all parts or the wanted ones. Pure, apart from the district's name."""
    scope = "" if f.scope.code == "all" else f"（{f.scope.words}）"
    called = labels.REPORT_KINDS["annual"] if kind == "annual" else NAMES[f.period.span]
    return Content(
        subject=Subject(kind, f.plan.platform, f.period.code, f.scope.code),
        title=f"{f.period.label}{district}{f.plan.platform_name}运营情况{called}{scope}",
        subtitle="（运营分析，供工作参考）",
        office=office, district=district, platform=f.plan.platform_name, kind=called,
        period=f"{dated(f.first)}至{short_day(f.last)}", scope=f.scope.words,
        basis=labels.BASES[f.basis], as_of=f.at, stamp=f.stamp, is_demo=f.demo,
        sections=arranged(_OUTLINES[kind], f, wanted),
    )

"""舆情报告: the routine reports on opinion, from 日报 to 年报, of everything, of a watch, of a unit.

A 日报 or a 半周报 is a brief (masthead, sentences first, tables at its end); what is longer has a cover and its tables
where they are spoken of. A period of which nothing is known never says that all was quiet (`core.query.heard`).
"""

from datetime import datetime

from sqlmodel import Session

from core.query.opinion_scope import scopes
from core.report.brief import laid_out
from core.report.content import Block, Content, Figures, Section, Subject, Table
from core.report.opinion import ahead, asked, course, facts, handling, method, overview, sensitive, topics
from core.report.opinion.facts import Facts
from core.report.opinion_parts import cut
from core.report.outline import Order, Part, arranged
from core.settings import settings

KIND = "opinion"
OUTLINE: tuple[Part[Facts], ...] = (
    Part("overview", "概况", overview.section, fixed=True),
    Part("course", "传播走势", course.section),
    Part("platforms", "平台分布", course.platforms),
    Part("topics", "热点话题", topics.section),
    Part("sensitive", "敏感信息", sensitive.section),
    Part("incidents", "事件处置进展", handling.incidents),
    Part("warnings", "预警情况", handling.warnings),
    Part("demands", "群众诉求", asked.section),
    Part("ahead", "下期关注", ahead.section),
    Part("advice", "工作建议", ahead.suggested),
    Part("method", method.TITLE, method.section, fixed=True),
)
"""The parts of a report on opinion. 数据来源与说明 stands at the end of a brief in small print."""


def build(session: Session, order: Order, now: datetime) -> Content:
    """The report's content from what the database holds at this moment (use `db.snapshot`); `now`: aware. Raises
    BadInput (Chinese) for a period that has not begun, for a scope or a part that there is not."""
    return compose(facts.read(session, order, now), settings().district, settings().office)


def empty(session: Session, order: Order, now: datetime) -> bool:
    """Whether there is nothing to be told of the period. Errors as `build`."""
    return facts.read(session, order, now).nothing


def compose(f: Facts, district: str, office: str) -> Content:
    """The report that those facts make. Pure. Raises BadInput for a part that there is not."""
    sections = arranged(OUTLINE, f, f.order.parts)
    annexes = method.annexes(f)
    about = "" if f.everything else f"（{f.scope.words}）"
    if f.brief:
        body = [section for section in sections if section.role != "method"]
        tables = [Section(method.TITLE, tuple(block for section in sections if section.role == "method"
                                              for block in section.blocks if isinstance(block, Table)), "annex")]
        laid = laid_out(body, method.said(f), [*tables, *annexes], _stays)
    else:
        laid = [*sections, *annexes]
    return Content(
        subject=Subject(KIND, "", f.period.code, f.scope.code), title=f"{f.period.label}{district}网络{f.name}{about}",
        subtitle=f"（{f.period.dates}）" if f.brief and f.period.days > 1 else "" if f.brief else "（供领导参阅）",
        office=office, district=district, platform="网络舆情", kind=f.name, period=f.period.dates,
        scope=cut(f.scope.words, 24), basis="按发布时间统计", as_of=f.now, stamp=f.stamp, is_demo=f.demo,
        sections=tuple(section for section in laid if section.blocks), layout="brief" if f.brief else "report",
        series="网络舆情", masthead=f"{district}{f.name}" if f.brief else "",
        number=f"{f.period.year}年第{f.period.number}期" if f.brief else "",
    )


def _stays(block: Block) -> bool:
    """What a brief keeps where it is spoken of: headline figures and the list of topics."""
    return isinstance(block, Figures) or (isinstance(block, Table) and block.title == topics.LIST)


__all__ = ["KIND", "OUTLINE", "build", "compose", "empty", "scopes"]

"""统计口径与数据说明: how the figures were made, what they are not, and what is missing."""

from collections.abc import Iterator

from core import labels
from core.metrics.growth import share
from core.metrics.indices import Index
from core.query.boards import ROUNDED
from core.report.content import Block, Column, Heading, Paragraph, Section, Table
from core.report.platform.base import Base, inexact
from core.report.platform.facts import Facts
from core.report.platform.rankings import order_word
from core.report.platform.suggestions import RULES
from core.report.platform.wording import dated
from core.report.sentences import percent
from core.settings import settings

BASIS = {
    "latest": "采用“最新值”口径：每条信息取最近一次采集到的读数，报告编制日期不同，数字可能因读数增长而不同",
    "d7": "采用“发布后第7日值”口径：每条信息取发布后第7日24时前最近一次读数，没有该读数的记为空缺",
}
COMPARED = {
    "month": "环比与上一个自然月比较，同比与上年同月比较", "quarter": "环比与上一季度比较，同比与上年同季比较",
    "year": "同比与上一年比较",
}
MARKS = ("平台以“10万+”等方式显示的读数只是下限，记“≥”；以“1.2万”等方式显示的读数是约数，记“≈”；"
         "没有数据记“—”，不以零代替。含有下限或约数的合计同样带有相应符号。")


def method(f: Facts) -> Section:
    said = [f"统计范围为{settings().district}{f.plan.platform_name}账号中的“{f.scope.words}”，{span_words(f)}",
            counting(f), index_words(f), MARKS]
    return Section("统计口径与数据说明", (
        Heading("统计口径"), *map(Paragraph, said), *rest(f, RULES), Heading("数据缺口"), *gaps(f)), role="method")


def span_words(f: Base) -> str:
    return (f"统计时段为{dated(f.first)}至{dated(f.last)}，日期以北京时间为准，各项计数归入信息发布当日。"
            f"{BASIS[f.basis]}。")


def counting(f: Base) -> str:
    return ("发布数为时段内已采集到的信息数。转评赞为转发、评论、点赞之和。平均数以有该项数据的信息数为分母。"
            f"{COMPARED[f.period.span]}，缺少可比数据的不作比较。")


def rest(f: Base, rules) -> list[Block]:
    """What is not exact, and by what rules was suggested."""
    blocks: list[Block] = []
    if found := inexact(f):
        blocks.append(Paragraph(f"{f.this}不精确的项目：{'、'.join(found)}。"))
    when = "；".join(rule.when for rule in rules)
    blocks.append(Paragraph(f"建议由系统按既定规则提出，规则为：{when}。依据随文注明，供参考。"))
    return blocks


def index_words(f: Facts) -> str:
    """By what accounts are ranked."""
    index = f.plan.index
    if index is None:
        return f"{f.plan.platform_name}没有公开的指数公式，榜单按{order_word(f.plan)}排列。"
    if not (f.ranking["score"].notna() & (f.ranking["posts"].fillna(0) > 0)).any():
        return f"{f.this}没有账号具备{index.title}公式所需的全部数据，不计算指数，榜单按{order_word(f.plan)}排列。"
    return (f"指数采用{sourced(index)}{f'{ROUNDED}。' if f.plan.rounded else ''}"
            "不同版本的指数不可相互比较；缺少公式所需数据的账号不计分。"
            f"{'' if f.plan.order == 'index' else f'榜单按{order_word(f.plan)}排列。'}")


def sourced(index: Index) -> str:
    """An index with its source and what it notes of itself, as sentences."""
    return f"{index.title}（{index.source}）。" + (f"{index.notes.rstrip('。')}。" if index.notes else "")


def gaps(f: Base) -> Iterator[Block]:
    """How much of the account-days is known, and what became of the rest."""
    fresh = f.freshness
    said = "统计时段内没有应采集的账号日。"
    if fresh.share is not None:
        said = f"应有数据{fresh.expected:,}账号日，已有{fresh.covered:,}账号日，覆盖率{percent(fresh.share)}。"
        said += "数据完整。" if fresh.covered >= fresh.expected else ""
    yield Paragraph(said)
    year = f.period.span == "year"
    row, other = (f.year, f.period.year_before) if year else (f.before, f.period.shift(-1))
    now, before = f.share_known(f.now, f.days), f.share_known(row, other.days)
    if now is not None and before is not None and abs(now - before) > 0.1:
        yield Paragraph(f"{f.former}数据覆盖率为{percent(before)}，与{f.this}（{percent(now)}）相差较大，"
                        f"{'同比' if year else '环比'}仅供参考。")
    words = {**labels.COVERAGE, "unknown": "没有采集记录"}
    rows = [(words.get(state, state), n, share(n, sum(f.states.values()))) for state, n in f.states.items() if n]
    if rows:
        note = "由文件导入的账号没有逐日采集记录，有发布的日期视为已有数据。" if f.states.get("unknown") else ""
        yield Table("账号日采集状态", (Column("状态"), Column("账号日", "int"), Column("占比", "percent")), tuple(rows),
                    note=note)

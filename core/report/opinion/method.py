"""数据来源与说明: what was collected from where, what is lacking, how the figures were made; the lists of annexes."""

from core.incidents.phrases import moment
from core.query.heard import ENOUGH
from core.report import opinion_parts as parts
from core.report.content import Paragraph, Section, Table
from core.report.opinion import sensitive, topics
from core.report.opinion.facts import ANNEX_TOPICS, LISTED, Facts
from core.report.opinion.words import coverage_table
from core.report.opinion_parts import cut, full_day
from core.report.sentences import days, listed, percent

TITLE = "数据来源与说明"
LACKING = 5
"""Sources with missing days that are named."""


def section(f: Facts) -> Section:
    """How it was made, which every report says."""
    return Section(TITLE, (*map(Paragraph, said(f)), coverage_table(f)), role="method")


def said(f: Facts) -> list[str]:
    """How it was made, in sentences."""
    span = full_day(f.first) + (f"至{full_day(f.last)}" if f.last != f.first else "")
    over = "（尚未结束）" if f.running else ""
    lines = [f"统计范围为{f.scope.words}，统计时段为{span}{over}，数据截至{moment(f.now, f.now)}；"
             "时间为北京时间，按发布时间统计，来源未注明发布时间的，以首次采集时间为准。合并转载后指转载、摘录与原文合计一篇。"]
    lines.append(_heard(f))
    lines.append("话题由系统按内容归集，单条信息不列为话题。情感、立场和风险由系统按用语判断，经人工更正的以更正为准；媒体指新闻、微信公众号、"
                 "APP、网站和台账内账号，其余为网民，热榜条目不计入情感和观点。敏感信息指中、高风险信息。")
    if f.cases or f.warned.total or f.asked is not None:
        lines.append(f"事件、预警和诉求的办理情况为{'目前' if f.running else '期末'}情况。")
    if f.earlier is not None and f.period.shift(-1).days != f.period.days:
        lines.append(f"{f.before}为{f.period.shift(-1).days}天，{f.this}为{f.period.days}天，环比按总数计算。")
    lines.append("只统计本系统已接入来源采集到的信息，不等于全网总量。建议由系统按既定规则提出，依据随文注明，供参考。")
    return lines


def _heard(f: Facts) -> str:
    """From where, and what is lacking."""
    ears = f.heard
    sources = ears.sources
    heard = int(((sources["heard"] > 0) | (sources["mentions"] > 0)).sum())
    if not ears.expected:
        return f"数据来自{heard}个来源，均为导入，采集是否完整无法核对。" if heard else "没有接入舆情来源。"
    text = (f"接入舆情来源{len(sources)}个，其中{heard}个采集到数据；应采集{ears.expected:,}个来源日，"
            f"已采集{ears.heard:,}个，覆盖率{percent(ears.share)}（低于{ENOUGH:.0%}的，不作“未监测到”的判断，也不与其他时段比较）。")
    if ears.deaf:
        text += f"{days(ears.deaf)}没有采集到任何来源的数据，走势图中以空缺表示。"
    lacking = [f"{cut(row.name, 20)}（{len(row.missed)}天）" for row in sources.itertuples() if row.missed]
    return text + (f"缺数的来源有：{listed(lacking, LACKING)}。" if lacking else "各来源均无缺数。")


def annexes(f: Facts) -> list[Section]:
    """The lists: topics, sensitive texts, sources."""
    made = []
    if f.sums.topics > (0 if f.brief else LISTED):
        made.append(Section("话题清单", (topics.table(f, ANNEX_TOPICS, "话题清单", wide=True),), role="annex"))
    if len(f.sensitive):
        items = sensitive.table(f, f.sensitive, "敏感信息清单", links=True)
        made.append(Section("敏感信息清单", (items,), role="annex"))
    if len(f.heard.sources):
        made.append(Section("数据来源清单", (_sources(f),), role="annex"))
    return made


def _sources(f: Facts) -> Table:
    rows = tuple((n, row.name, row.platform, row.way, row.expected if row.expected else None,
                  row.heard if row.expected else None, row.mentions, days(row.missed, 4))
                 for n, row in enumerate(f.heard.sources.sort_values(
                     ["mentions", "source_id"], ascending=[False, True]).itertuples(), 1))
    columns = parts.heads("序号:int", "来源", "平台", "采集方式", "应采集（天）:int", "已采集（天）:int",
                          "信息量（条）:int", "缺数日期")
    return Table("数据来源清单", columns, rows,
                 note="— 表示不按日采集（导入或低频来源），不计入覆盖率；信息量为该来源的全部信息。")

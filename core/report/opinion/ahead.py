"""下期关注 and 工作建议: what is forecast where its record allows it, what is due next, what still goes on; what to do
about it, by declared rules with their grounds."""

from datetime import datetime, timedelta

from core.incidents.phrases import MANY, moment
from core.query.incident_period import Case
from core.report import opinion_parts as parts
from core.report import outlook_parts
from core.report.advice import (
    GROWING,
    WHEN_LISTS,
    WHEN_NEGATIVE,
    WHEN_STANCE,
    Advice,
    Rule,
    advice,
    lists,
    negative,
    stance,
)
from core.report.content import Block, Paragraph, Section, Table
from core.report.incident_advice import clock_names
from core.report.opinion.facts import Facts
from core.report.opinion.words import ends, next_words
from core.report.opinion_parts import cut, stamp, titled
from core.report.sentences import listed, percent

SOON = timedelta(days=7)
"""How far ahead of a period's end what is due is told."""
STILL, STILL_DAY = timedelta(days=1), timedelta(hours=6)
"""A topic that had something new within that time of the end, or of the end of a single day, goes on."""
BEHIND = 4
MOST_BRIEF = 4


def section(f: Facts) -> Section | None:
    """What to look after next."""
    blocks: list[Block] = []
    if f.everything and f.ahead is not None:
        blocks += outlook_parts.blocks(f.ahead, "全部信息")[1:]
    due = _due(f)
    if due:
        named = "；".join(words for _, words, _ in due[:BEHIND])
        many = "等" if len(due) > BEHIND else ""
        blocks.append(Paragraph(f"{next_words(f)}到期的事项{len(due)}项：{named}{many}。"))
        blocks.append(Table("到期事项", parts.heads("序号:int", "期限", "事项", "事件"), tuple(
            (n, stamp(at), words.split("（")[0], title) for n, (at, words, title) in enumerate(due, 1))))
    live = [one for one in f.cases if one.open]
    if live:
        blocks.append(Paragraph(f"继续跟踪在办事件：{listed((titled(one.head.title) for one in live), 4)}。"))
    if going := _going(f):
        blocks.append(Paragraph(going))
    if f.warned.open:
        blocks.append(Paragraph(f"尚未确认的预警{f.warned.open:,}次，需逐条确认。"))
    return Section(f"{next_words(f)}关注", tuple(blocks)) if blocks else None


def _due(f: Facts) -> list[tuple[datetime, str, str]]:
    """Clocks and answers that are due within a week of the end: when, what in words, of which incident."""
    found = []
    for one in f.cases:
        if not one.open:
            continue
        own = [(clock.due_at, clock_names([clock])) for clock in one.clocks if clock.running and not clock.late]
        own += [(task.due_at, f"{task.unit}反馈任务") for task in one.tasks
                if task.state(f.until) == "待反馈" and task.due_at is not None]
        found += [(at, f"{words}（{titled(one.head.title)}，{moment(at, f.now)}前）", cut(one.head.title, 30))
                  for at, words in own if at <= f.until + SOON]
    return sorted(found)


def _going(f: Facts) -> str:
    """Topics that still had something new at the end."""
    since = f.until - (STILL_DAY if f.period.span == "day" else STILL)
    live = [told for told in f.told if any(at >= since for at in told.platforms["last_at"])]
    if not live:
        return ""
    named = "、".join(titled(str(told.row["title"])) for told in live)
    return f"{ends(f)}仍有新增信息的主要话题：{named}。"


# --- 工作建议


def suggested(f: Facts) -> Section:
    """What is suggested."""
    lines = advice(f, SUGGESTIONS, NOTHING if f.heard.enough else UNHEARD, MOST_BRIEF if f.brief else 6)
    return Section("工作建议", tuple(parts.listed_lines([str(one) for one in lines])))


def _late(f: Facts) -> Advice | None:
    late = [one for one in f.cases if one.open and any(clock.running for clock in one.late)]
    if not late:
        return None
    return Advice(f"对{_named(late)}立即对外回应，或报明不予公开回应的理由", f"{len(late)}件在办事件的回应时限已过")


def _named(cases: list[Case]) -> str:
    return listed((titled(one.head.title) for one in cases), 2)


def _overdue(f: Facts) -> Advice | None:
    late = [task for one in f.cases if one.open for task in one.tasks if task.state(f.until) == "已超期"]
    units = listed(dict.fromkeys(task.unit for task in late), 3)
    return Advice(f"督促{units}尽快反馈核查处置情况", f"交办任务超期未反馈{len(late)}项") if late else None


def _unfiled(f: Facts) -> Advice | None:
    return Advice("逐条研判高风险信息，需要处置的立为事件，明确牵头单位和回应时限",
                  f"高风险信息中有{f.unfiled:,}条尚未归入事件") if f.unfiled else None


def _unseen(f: Facts) -> Advice | None:
    if not f.warned.open:
        return None
    return Advice("落实预警值守，及时确认和处置预警", f"{ends(f)}有{f.warned.open:,}次预警未确认")


def _grown(f: Facts) -> Advice | None:
    """By the mean of a day, since periods are not equally long."""
    if f.earlier is None or f.sums.mentions < MANY or f.earlier.mentions < MANY:
        return None
    earlier = f.period.shift(-1).days
    if f.sums.mentions / f.period.days < GROWING * f.earlier.mentions / earlier:
        return None
    return Advice("加密监测频次，分析信息量上升的原因",
                  f"{f.this}信息{f.sums.mentions:,}条，{f.before}{f.earlier.mentions:,}条")


def _unit(f: Facts) -> Advice | None:
    known = f.sensitive_units[f.sensitive_units["unit"] != ""]
    if known.empty or f.scope.kind == "unit":
        return None
    name, number = known.iloc[0]["unit"], int(known.iloc[0]["mentions"])
    if number < 2:
        return None
    tied = len(known) > 1 and int(known.iloc[1]["mentions"]) == number
    most = "" if len(known) == 1 else f"，在各单位中{'并列' if tied else ''}最多"
    return Advice(f"请{name}核实所涉问题，提出处理意见", f"指向该单位的敏感信息{number:,}条{most}")


def _asked(f: Facts) -> Advice | None:
    if f.asked is None or not f.asked.totals.overdue:
        return None
    return Advice("督促承办单位办理超期诉求，主动向诉求人说明进展",
                  f"{ends(f)}超期未答复的诉求{f.asked.totals.overdue:,}件")


def _again(f: Facts) -> Advice | None:
    wide = f.problems[f.problems["level"].isin(["sector", "region"])] if len(f.problems) else f.problems
    if wide.empty:
        return None
    first = wide.iloc[0]
    return Advice(f"对{titled(first['title'])}等共性问题开展专项研究，从源头治理",
                  f"该问题为{first['level_name']}问题，近半年{int(first['all']):,}件")


def _sources(f: Facts) -> Advice | None:
    if f.heard.enough or not f.heard.expected:
        return None
    return Advice("尽快恢复缺数来源的采集，补采后重新编制本报告", f"{f.this}采集覆盖率{percent(f.heard.share)}")


def _views(f: Facts) -> Advice | None:
    return stance([(str(told.row["title"]), told.seen) for told in f.told if told.seen is not None])


SUGGESTIONS: tuple[Rule[Facts], ...] = (
    Rule("在办事件的回应时限已过而尚未回应", _late), Rule("有任务超期未反馈", _overdue),
    Rule("有高风险信息没有归入事件", _unfiled), Rule("有预警未确认", _unseen),
    Rule("采集覆盖率低于标准", _sources), Rule("有超期未答复的诉求", _asked),
    Rule("有行业性或区域性的诉求问题", _again), Rule("有两条以上敏感信息指向一个单位", _unit),
    Rule(f"日均信息量达到上一时段的{GROWING}倍，且两个时段都不少于{MANY}条", _grown),
    Rule(WHEN_NEGATIVE, lambda f: negative(f.voices)), Rule(WHEN_STANCE, _views),
    Rule(WHEN_LISTS, lambda f: lists(f.voices) if not f.everything else None),
)
"""What a routine report suggests, the most pressing first."""
NOTHING = Advice("保持常态监测", "没有需要立即采取措施的情形")
UNHEARD = Advice("先恢复采集，再作研判", "采集数据不足")

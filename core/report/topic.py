"""热点专题报告: one topic, several, or a subject (议题), over their life or a period, in sentences, tables and charts.

Where it began and how it spread, how much of it there was and will be, where, by whom and how it is spoken of, what
risk it bears, what to do, and what all that rests on. Title, summary, risk and suggestions a person may put in own
words, which the report then says.
"""

from collections.abc import Sequence
from datetime import date, datetime

from sqlmodel import Session

from core import labels
from core.clock import local
from core.incidents.phrases import MANY, moment, risk_sentence
from core.metrics.growth import share
from core.report import opinion_parts as parts
from core.report import outlook_parts, topic_facts
from core.report.advice import (
    WHEN_GROWING,
    WHEN_LISTS,
    WHEN_NEGATIVE,
    WHEN_STANCE,
    Advice,
    Rule,
    advice,
    growing,
    lists,
    negative,
    stance,
)
from core.report.content import (
    Block,
    Column,
    Content,
    Figure,
    Figures,
    Paragraph,
    Section,
    Subject,
    Table,
    clean_text,
)
from core.report.opinion_parts import DRAFT, Words, cut, full_day, stamp, titled
from core.report.outlook_parts import day_words
from core.report.sentences import listed, percent
from core.report.topic_facts import Facts
from core.settings import settings

KIND = "topic"
WHOLE = "全程"
"""The period of a report over the topics' whole life."""
_ENDS = ("。”", "！”", "？”", "……”")
SUMMED = 200
"""Characters of quotations in a summary."""


def build(session: Session, topics: Sequence[int] = (), *, group: int | None = None, first: date | None = None,
          last: date | None = None, now: datetime, words: Words = DRAFT, by: str = "") -> Content:
    """The report's content from what the database holds at this moment (use `db.snapshot`).

    `topics`: ids, or `group`: that of a subject · `first`, `last`: Shanghai days of a period, both; without them the
    whole life · `words`: what a person (`by`) wrote instead of the draft. Raises BadInput (Chinese) for topics that are
    gone, a period that cannot be and words that can't be.
    """
    found = topic_facts.read(session, topics, group, first, last, now)
    return compose(found, settings().district, settings().office, words, by)


def drafted(session: Session, topics: Sequence[int] = (), *, group: int | None = None, first: date | None = None,
            last: date | None = None, now: datetime) -> Words:
    """What a person may put in other words, as the report would say it. Errors as `build`."""
    return _draft(topic_facts.read(session, topics, group, first, last, now))


def compose(f: Facts, district: str, office: str, words: Words = DRAFT, by: str = "") -> Content:
    """The report that those facts make, with what a person wrote instead of the draft. Pure. Errors as `build` of
    words."""
    said, edited = parts.worded(_draft(f), words)
    lines = (said.suggestions or "").splitlines()
    summary = Section("摘要", tuple(parts.summary_blocks(said)))
    body = (_overall(f), _origin(f), _course(f), _where(f), _opinions(f), _risks(f),
            Section("工作建议", tuple(parts.listed_lines(lines))) if lines else None) if f.size.mentions else ()
    return Content(
        subject=Subject(KIND, "", WHOLE if f.whole else f"{f.first}_{f.last}", _scope(f)), title=said.title,
        subtitle="（供领导参阅）", office=office, district=district, platform="网络舆情",
        kind=labels.REPORT_KINDS[KIND], period=f"{full_day(f.first)}至{full_day(f.last)}", scope=cut(_name(f), 24),
        basis="按发布时间统计",
        as_of=f.now, stamp=f.stamp, is_demo=f.demo, series="网络舆情",
        sections=tuple(section for section in (summary, *body, _method(f, edited, by), *_annexes(f))
                       if section and section.blocks),
    )


def _scope(f: Facts) -> str:
    if f.group:
        return f"subject:{f.group[0]}"
    ids = sorted(one.id for one in f.topics)
    return f"topic:{ids[0]}" if len(ids) == 1 else f"topics:{'-'.join(map(str, ids))}"


def _name(f: Facts) -> str:
    return f.group[1] if f.group else f.topics[0].title


def _named(f: Facts) -> str:
    """What it is about, in a sentence."""
    name = titled(_name(f))
    if f.group:
        return f"议题{name}（含{len(f.topics)}个话题）"
    return f"话题{name}" if len(f.topics) == 1 else f"话题{name}等{len(f.topics)}个话题"


# --- The draft


def _draft(f: Facts) -> Words:
    name = titled(_name(f))
    many = "议题" if f.group else f"等{len(f.topics)}个话题" if len(f.topics) > 1 else ""
    return Words(f"关于{name}{many}的热点专题报告", _summary(f), _risk(f),
                 "\n".join(map(str, advice(f, SUGGESTIONS, NOTHING))) if f.size.mentions else "", "")


def _days(f: Facts) -> str:
    year = f"{f.first.year}年" if f.first.year != local(f.now).year else ""
    begin = f"{year}{f.first.month}月{f.first.day}日"
    if f.first == f.last:
        return begin
    year = f"{f.last.year}年" if f.last.year != f.first.year else ""
    return f"{begin}至{year}{f.last.month}月{f.last.day}日"


def _summary(f: Facts) -> str:
    if not f.size.mentions:
        return f"{_days(f)}，{_named(f)}没有采集到信息。"
    texts = f"（合并转载后{f.size.texts:,}篇）" if f.size.texts < f.size.mentions else ""
    where = f"涉及{f.size.platforms}个平台" if f.size.platforms > 1 else f"均见于{f.how.names[0]}"
    lead = f"{_days(f)}，{_named(f)}共有信息{f.size.mentions:,}条{texts}，{where}。"
    return lead + _quoted(f)


def _quoted(f: Facts) -> str:
    """Sentences of what was reprinted, verbatim, those of one source together."""
    said: list[tuple[str, str]] = []
    for one in f.views[0][1].summary if f.views else ():
        text = "“" + clean_text(one.text).replace("“", "‘").replace("”", "’") + "”"
        if sum(len(words) for _, words in said) + len(text) > SUMMED:
            break
        source = cut(one.source, 20)
        if said and said[-1][0] == source:
            said[-1] = (source, said[-1][1] + text)
        else:
            said.append((source, text))
    return "".join(f"据{source}：{text}{'' if text.endswith(_ENDS) else '。'}" for source, text in said)


def _risk(f: Facts) -> str:
    """As of the end of the period; of one that is over, its last day is not 近24小时."""
    said = risk_sentence(f.how, "议题" if f.group else "话题")
    return said if f.running else said.replace("近24小时", "期末24小时")


# --- 总体情况


def _overall(f: Facts) -> Section:
    whole = share(f.size.mentions, f.everything) if f.everything else None
    part = f"，占同期采集到的全部舆情信息（{f.everything:,}条）的{percent(whole)}" if whole is not None else ""
    last = (f"最近一条为{moment(f.size.last_at, f.now)}发布" if f.size.mentions > 1 else "")
    state = "" if any(one.active for one in f.topics) else "，此后没有新信息，已停止归入"
    said = f"{_named(f)}信息量{f.size.mentions:,}条{part}。{f'{last}{state}。' if last else ''}"
    blocks: list[Block] = [_cards(f, whole), Paragraph(said)]
    if len(f.topics) > 1:
        blocks.append(Table(
            "话题构成", parts.heads("序号:int", "话题", "信息量（条）:int", "去重（篇）:int", "最早出现", "最近出现"),
            tuple((n, one.title, one.mentions, one.folded, stamp(one.first_at), stamp(one.last_at))
                  for n, one in enumerate(f.topics, 1)),
            note="各话题数字为其全程合计。"))
    return Section("总体情况", tuple(blocks))


def _cards(f: Facts, whole: float | None) -> Figures:
    items = [Figure("信息量", f"{f.size.mentions:,}", "条", f"去重{f.size.texts:,}篇"),
             Figure("同期全部信息", f"{f.everything:,}", "条", f"占{percent(whole)}" if whole is not None else ""),
             Figure("涉及平台", f"{f.size.platforms:,}", "个")]
    if f.how.felt >= MANY:
        items.append(Figure("负面占比", f"{f.how.negative:.0%}", "", f"误差±{f.how.margin * 100:.0f}个百分点"))
    elif f.how.felt:
        items.append(Figure("负面信息", f"{f.how.numbers['负面']:,}", "条", f"已判读{f.how.felt:,}条"))
    return Figures(tuple(items))


# --- 来源与传播, 走势


def _origin(f: Facts) -> Section:
    first = f.course.iloc[0]
    undated = "" if first["dated"] else "（来源未注明发布时间，为首次采集时间）"
    said = (f"已采集到的最早信息由{cut(first['source'], 20)}（{first['platform']}）于"
            f"{moment(first['published_at'], f.now)}{undated}发布，标题为{titled(first['title'], first['side'])}。")
    said += parts.path_words(f.platforms, f.now, first=False) + parts.platform_words(f.platforms)
    if not f.items.empty and f.items["copies"].iloc[0] > 1:
        most = f.items.iloc[0]
        said += (f"转载最多的是{cut(most['source'], 20)}的{titled(most['title'], most['side'])}，"
                 f"同文信息{int(most['copies']):,}条。")
    table = parts.item_table(f.course, "传播关键节点", why=True, note="转载为本专题内的同文信息（含摘录）。")
    return Section("来源与传播路径", (Paragraph(said), parts.platform_table(f.platforms), table, *_copied(f)))


def _copied(f: Facts) -> list[Table]:
    most = f.items[f.items["copies"] > 1].head(5)
    if most.empty:
        return []
    rows = tuple((n, cut(row.title, 60) or "（无标题）", cut(row.source, 20), int(row.copies))
                 for n, row in enumerate(most.itertuples(), 1))
    return [Table("转载较多的信息", parts.heads("序号:int", "标题（原文）", "首发来源", "同文信息（条）:int"), rows)]


def _course(f: Facts) -> Section:
    blocks: list[Block] = []
    running = f.last if f.running else None
    if words := parts.turn_words(f.counts, running):
        blocks += [Paragraph(words), parts.daily_chart(f.daily, f.counts), parts.turns_table(f.counts, running)]
    else:
        blocks.append(Paragraph("信息集中在同一天内，没有逐日变化。"))
    blocks.append(_lately(f))
    if len(f.topics) == 1:
        blocks += _forecast(f)
    return Section("走势", tuple(blocks))


def _lately(f: Facts) -> Table:
    before = f.how.day_before
    change = None if not before else (f.how.last_day - before) / before
    return Table("近期变化", parts.heads("时段", "信息量（条）:int", "较前24小时（条）:int", "变化率"), (
        (f"{'近' if f.running else '期末'}24小时", f.how.last_day, None if before is None else f.how.last_day - before,
         labels.MISSING if change is None else f"{change:+.0%}"), ("前24小时", before, None, "")))


def _forecast(f: Facts) -> list[Block]:
    """The line of the forecast with its band and what came of those before, or why there is none."""
    if f.ahead is not None:
        return outlook_parts.blocks(f.ahead, "本话题")
    return outlook_parts.none("话题已停止归入新信息" if not f.topics[0].active else "统计时段已结束" if not f.running
                              else "话题信息较少，或当日预测尚未生成")


# --- 地区与单位, 观点


def _where(f: Facts) -> Section | None:
    blocks = parts.where_blocks(f.towns, f.units)
    return Section("涉及地区与单位", tuple(blocks)) if blocks else None


def _opinions(f: Facts) -> Section:
    blocks: list[Block] = [Paragraph(parts.feeling_words(f.voices)), parts.feeling_table(f.voices)]
    shown = [(title, seen) for title, seen in f.views if seen.netizens.comments or seen.media.comments]
    for title, seen in shown:
        blocks += parts.views_blocks(title, seen, 2)
    if not shown:
        blocks.append(Paragraph("信息较少，观点暂未归纳，主要信息见附表。"))
    return Section("情感与观点", tuple(blocks))


# --- 风险, 建议


def _risks(f: Facts) -> Section:
    levels = f.risks.levels
    risky = [(f"{word}风险", n) for word, n in levels.items() if n and word != "无"]
    read = sum(levels.values())
    if not read:
        said = "信息尚未作风险判读。"
    elif risky:
        said = f"已判读风险的信息{read:,}条，其中{parts.shares(risky, read)}。"
        if f.risks.kinds:
            kinds = [(kind, n) for kind, n in f.risks.kinds[:3]]
            said += f"风险类别以{'、'.join(f'{kind}（{n:,}条）' for kind, n in kinds)}为主。"
    else:
        said = f"已判读风险的信息{read:,}条，均未见明显风险。"
    if f.incidents:
        said += f"已立为事件处置：{listed((f'“{cut(one, 24)}”' for one in f.incidents), 3)}。"
    rows = [(f"{word}风险" if word != "无" else "未见明显风险", n, share(n, read)) for word, n in levels.items()]
    if f.risks.unread:
        rows.append(("尚未判读", f.risks.unread, None))
    blocks: list[Block] = [Paragraph(said), Table(
        "风险分布", (Column("风险"), Column("信息量（条）", "int"), Column("占比", "percent")),
        (*rows, ("合计已判读", read, None)), note="占比以已判读的信息为分母。")]
    if f.risks.kinds:
        blocks.append(Table("风险类别", (Column("序号", "int"), Column("类别"), Column("信息量（条）", "int")),
                            tuple((n, *one) for n, one in enumerate(f.risks.kinds[:parts.PLACES], 1))))
    if not f.risky.empty:
        when, form = parts.clock_column(f.risky["published_at"])
        blocks.append(Table(
            "风险较高的信息", parts.heads("序号:int", when, "平台", "标题（原文）", "风险分:int"),
            tuple((n, f"{local(row.published_at):{form}}", row.platform, cut(row.title, 60) or "（无标题）", row.risk)
                  for n, row in enumerate(f.risky.itertuples(), 1)), note="风险分0至100，越高越敏感。"))
    return Section("风险研判", tuple(blocks))


def _incident(f: Facts) -> Advice | None:
    high = f.risks.levels["高"]
    if not high or f.incidents:
        return None
    return Advice("立为事件，一事一报，明确牵头单位和回应时限", f"有高风险信息{high:,}条，尚未立为事件")


def _unit(f: Facts) -> Advice | None:
    known = f.units[f.units["unit"] != ""]
    if known.empty:
        return None
    name, number = known.iloc[0]["unit"], int(known.iloc[0]["mentions"])
    return Advice(f"请{name}核实情况、提出处理意见", f"指向该单位的信息{number:,}条，在各单位中最多")


def _rising(f: Facts) -> Advice | None:
    if f.ahead is None or f.ahead.shown.refusal or max(f.ahead.shown.values) <= max(f.how.last_day, MANY):
        return None
    told = f.ahead.shown
    day, value = max(zip(told.days, told.values, strict=True), key=lambda one: one[1])
    return Advice("提前准备口径，做好热度继续上升的预案", f"预计{day_words(day)}约{round(value, 1):g}条，高于当前水平")


def _quiet(f: Facts) -> Advice | None:
    if f.how.last_day:
        return None
    return Advice("保持常态监测，关注问题是否反复", f"{'近' if f.running else '期末'}24小时无新增信息")


SUGGESTIONS: tuple[Rule[Facts], ...] = (
    Rule("有高风险信息而没有立为事件", _incident), Rule(WHEN_NEGATIVE, lambda f: negative(f.voices)),
    Rule(WHEN_STANCE, lambda f: stance(f.views)), Rule("有信息指向某个责任单位", _unit),
    Rule(WHEN_GROWING, lambda f: growing(f.how) if f.running else None),
    Rule(f"预测最高日多于近24小时的条数且多于{MANY}条", _rising), Rule(WHEN_LISTS, lambda f: lists(f.voices)),
    Rule("最后24小时无新增信息", _quiet),
)
"""What a report on topics suggests."""
NOTHING = Advice("持续跟踪", "目前没有需要立即采取措施的情形")


# --- 口径, 附表


def _method(f: Facts, edited: Sequence[str], by: str) -> Section:
    said = [f"统计范围为{_named(f)}的信息，统计时段为{full_day(f.first)}至{full_day(f.last)}"
            f"{'（最后一天未满）' if f.running else ''}，数据截至{moment(f.now, f.now)}；时间为北京时间，"
            "按发布时间统计，来源未注明发布时间的，以首次采集时间为准。去重指转载、摘录与原文合计一篇。",
            "话题由系统按内容归集，议题由内容相近的话题合成。情感、立场和风险由系统按用语判断，经人工更正的以更正为准。"
            "媒体指新闻、微信公众号、APP、网站和台账内账号，其余为网民；热榜条目不计入观点。引文均为原文。"]
    blank = [day for day, value in f.counts.items() if value is None]
    if blank:
        days = "、".join(map(day_words, blank[:6])) + (f"等{len(blank)}天" if len(blank) > 6 else "")
        said.append(f"{days}没有采集到任何舆情信息，可能是采集中断，走势图中以空缺表示。")
    if f.views and not f.whole:
        said.append("观点按话题全程的信息归纳，不限于统计时段。")
    said.append("只统计本系统已接入来源采集到的信息，不等于全网总量。")
    if "建议" not in edited:
        said.append("建议由系统按既定规则提出，依据随文注明，供参考。")
    said += [words for words in [parts.edited_words(edited, by)] if words]
    return Section("统计口径与数据覆盖", tuple(map(Paragraph, said)), role="method")


def _annexes(f: Facts) -> list[Section]:
    if f.items.empty:
        return []
    more = f"仅列转载较多的{len(f.items)}篇，" if f.size.texts > len(f.items) else ""
    ordered = f.items.sort_values(["published_at", "mention_id"], kind="stable", ignore_index=True)
    note = f"{more}按时间排列；转载为本专题内的同文信息（含摘录）。"
    made = [Section("信息清单", (parts.item_table(ordered, "信息清单", links=True, note=note),), role="annex")]
    if len(f.counts) > 1:
        made.append(Section("每日信息量", (parts.daily_table(f.counts),), role="annex"))
    return made


__all__ = ["KIND", "WHOLE", "build", "compose", "drafted"]

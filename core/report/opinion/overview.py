"""本期概况: how much, how it is spoken of, how much of it is sensitive; what was warned of and dealt with."""

from core.counts import Count
from core.incidents.phrases import MANY
from core.metrics.growth import share
from core.query.corpus import LISTS
from core.report import opinion_parts as parts
from core.report.content import Block, Column, Figure, Figures, Note, Paragraph, Section, Table
from core.report.opinion import handling, words
from core.report.opinion.facts import Facts
from core.report.opinion.words import change_text, changed
from core.report.sentences import moved, percent

ROWS = (
    ("mentions", "舆情信息（条）"), ("texts", "合并转载后（篇）"), ("sensitive", "敏感信息（条）"),
    ("high", "其中：高风险（条）"), ("felt", "已判读情感（条）"), ("negative", "其中：负面（条）"),
    ("topics", "热点话题（个）"), ("alerts", "预警（次）"),
    ("opened", "新立事件（件）"), ("settled", "办结事件（件）"), ("demands", "群众诉求（件）"),
)


def section(f: Facts) -> Section:
    """The overview, which every report has."""
    blocks: list[Block] = []
    if f.sums.mentions:
        blocks += [cards(f), Paragraph(lead(f)), Paragraph(parts.feeling_words(f.voices))]
    else:
        blocks.append(Paragraph(words.nothing(f)))
    if deeds := deeds_words(f):
        blocks.append(Paragraph(deeds))
    if f.sums.mentions or deeds:
        blocks.append(figures(f))
    if f.sums.mentions and f.why:
        blocks.append(Note(f"{f.why}。"))
    if f.sums.mentions:
        blocks.append(parts.feeling_table(f.voices))
    return Section(f"{f.this}概况", tuple(blocks))


def lead(f: Facts) -> str:
    """How much there is, where from, how much of it is sensitive, what is talked about most."""
    texts = f"（合并转载后{f.sums.texts:,}篇）" if f.sums.texts < f.sums.mentions else ""
    where = f"涉及{f.size.platforms}个平台" if f.size.platforms > 1 else f"均来自{f.platforms['platform'].iloc[0]}"
    said = f"{words.when(f)}，{words.what(f, f'{f.sums.mentions:,}条{texts}')}，{where}{changed(f, 'mentions', '条')}。"
    return said + risky(f) + hot(f) + words.covered(f)


def risky(f: Facts) -> str:
    """How much of it is sensitive; what was not read yet is said."""
    read = sum(f.risks.levels.values())
    if not read:
        return "信息尚未作风险判读。"
    unread = f"（另有{f.risks.unread:,}条尚未判读）" if f.risks.unread else ""
    if not f.sums.sensitive:
        return f"未见中、高风险的敏感信息{unread}。"
    high = f"，其中高风险{f.sums.high:,}条" if f.sums.high else "，未见高风险信息"
    return f"敏感信息{f.sums.sensitive:,}条{unread}{changed(f, 'sensitive', '条')}{high}。"


def hot(f: Facts) -> str:
    """What is talked about most."""
    if f.topics.empty:
        return "未形成两条以上信息的话题。"
    first = f.topics.iloc[0]
    name, tied = parts.titled(first["title"]), int((f.topics["rank"] == 1).sum())
    if f.sums.topics == 1:
        return f"形成热点话题1个，为{name}（{int(first['mentions']):,}条）。"
    most = f"最热的是{name}" if tied == 1 else f"并列最热的有{tied}个，其一为{name}"
    return f"形成热点话题{f.sums.topics:,}个，{most}（{int(first['mentions']):,}条）。"


def deeds_words(f: Facts) -> str:
    """Warnings, incidents, demands; what there is none of is said in one breath."""
    said, none = [], []
    if f.warned.total:
        seen = "均已确认" if not f.warned.open and f.warned.total > 1 else (
            "已确认" if not f.warned.open else f"已确认{f.warned.seen:,}次")
        said.append(f"发出预警{f.warned.total:,}次，{seen}")
    else:
        none.append("未发出预警")
    under_way = sum(one.open for one in f.cases)
    if f.cases:
        new = f"新立事件{f.sums.opened:,}件" if f.sums.opened else "没有新立事件"
        done = f"办结{f.sums.settled:,}件" if f.sums.settled else ""
        left = f"{words.ends(f)}在办{under_way:,}件" if under_way else f"{words.ends(f)}没有在办事件"
        said.append("，".join(filter(None, (new, done, left))))
    else:
        none.append("没有在办或新立的事件")
    if f.asked is not None:
        said.append(f"收到群众诉求{f.sums.demands:,}件{changed(f, 'demands', '件')}")
    if not said:
        return f"{f.this}{'，'.join(none)}。" if f.sums.mentions or f.heard.enough else ""
    return f"{f.this}{'；'.join([*said, *none])}。"


def cards(f: Facts) -> Figures:
    """Headline numbers."""
    change = moved("环比", Count(f.sums.mentions), Count(f.earlier.mentions if f.earlier else None))
    items = [Figure("舆情信息", f"{f.sums.mentions:,}", "条", change or f"合并转载后{f.sums.texts:,}篇"),
             Figure("敏感信息", f"{f.sums.sensitive:,}", "条", f"高风险{f.sums.high:,}条")]
    if f.felt >= MANY:
        items.append(Figure("负面占比", percent(share(f.sums.negative, f.felt)), "",
                            f"误差至多±{f.margin * 100:.0f}个百分点"))
    elif f.felt:
        items.append(Figure("负面信息", f"{f.sums.negative:,}", "条", f"已判读{f.felt:,}条"))
    items.append(Figure("热点话题", f"{f.sums.topics:,}", "个", "两条以上信息"))
    items.append(Figure("预警", f"{f.warned.total:,}", "次", f"已确认{f.warned.seen:,}次" if f.warned.total else ""))
    items.append(Figure("在办事件", f"{sum(one.open for one in f.cases):,}", "件",
                        f"新立{f.sums.opened:,}件，办结{f.sums.settled:,}件"))
    return Figures(tuple(items))


def figures(f: Facts) -> Table:
    """All of them beside those of the periods before."""
    columns = [Column("指标"), Column(f.this, "int")]
    for sums, name, word in ((f.earlier, f.before, "环比"), (f.year, "去年同期", "同比")):
        if sums is not None:
            columns += [Column(name, "int"), Column("增减", "int"), Column(word)]
    rows = []
    for key, name in ROWS:
        now = getattr(f.sums, key)
        if (key == "demands" and f.scope.kind == "watch") or (key in ("felt", "negative") and not f.felt):
            continue
        row: list = [name, now]
        for sums, word in ((f.earlier, "环比"), (f.year, "同比")):
            if sums is not None:
                before = getattr(sums, key)
                row += [before, now - before, change_text(now, before, word)]
        rows.append(tuple(row))
    late, overdue = handling.lateness(f)
    more = [("敏感信息合并转载后（篇）", f.sensitive_size.texts), ("高风险未归入事件（条）", f.unfiled),
            ("在办事件（件）", sum(one.open for one in f.cases))]
    more += [(f"其中：{word}（件）", n) for word, n in handling.levels(f)]
    more += [("回应时限超时的事件（件）", late)] * bool(late) + [("超期未反馈的任务（项）", overdue)] * bool(overdue)
    more.append(("已确认的预警（次）", f.warned.seen))
    rows += [(*one, *[None] * (len(columns) - 2)) for one in more]
    lists = "；情感不含热榜条目" if LISTS in f.voices else ""
    return Table("主要指标", tuple(columns), tuple(rows), note=f"敏感信息指中、高风险信息{lists}。")



"""What stands behind each number of reports on topics (热点专题报告), on incidents (事件专报), of digests (舆情摘报),
by table and column: the mentions of a story, whatever day they are of."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from core.clock import SHANGHAI
from core.report.behind import opinion
from core.report.behind.mention_rows import Item, Mentions, View
from core.report.behind.opinion import About, about
from core.report.behind.rows import Query
from core.report.behind.source import At, Maker, Part, Rule, Source

DAY = timedelta(days=1)
_INSIDE = "本专题或本事件的全部信息。"


def _mentions(a: About, *only: tuple[str, str], count: str = "mentions") -> Mentions:
    return Mentions(a.scope, *a.span, tuple(only), count)


def _source(a: About, what: str, query: Query) -> Source:
    return Source(what, *a.span, query)


def _headline(at: At) -> Source:
    a = about(at)
    felt, bad = (_mentions(a, ("mood", label)) for label in ("felt", "负面"))
    match at.column:
        case "同期全部信息":
            return _source(a, "同一时段采集到的全部舆情信息。", Mentions("all", *a.span))
        case "涉及平台":
            return _source(a, "信息所在平台的个数。", _mentions(a, count="platforms"))
        case "近24小时新增":
            return _source(a, "截止时刻之前24小时内发布的信息。", _since(a, a.now - DAY, a.now))
        case "负面信息":
            return _source(a, "判为负面的信息，经人工更正的以更正为准。", bad)
        case "负面占比":
            return Source("以已判读情感的信息为分母，经人工更正的以更正为准。", *a.span,
                          formula="负面信息 ÷ 已判读情感", parts=(Part("负面信息", bad), Part("已判读情感", felt)))
    return _source(a, _INSIDE, _mentions(a))


def _since(a: About, first: datetime, last: datetime) -> Mentions:
    return _mentions(a, ("after", first.isoformat()), ("until", last.isoformat()))


def _parts_of(at: At) -> Source:
    """话题构成: each topic over its whole life."""
    a = about(at)
    count = "texts" if at.column.startswith("去重") else "mentions"
    ever = replace(a, spans=replace(a.spans, first=opinion.EVER))
    named = [str(row[1]) for row in at.holder.rows]  # 序号, 话题 …
    title = str(at.cells["话题"])
    nth = named[: at.number.at[2]].count(title)
    return Source("话题全程的信息合计。", query=_mentions(ever, ("topic", title), ("nth", str(nth)), count=count))


def _platforms(at: At) -> Source:
    a = about(at)
    here = ("platform", str(at.cells["平台"]))
    if at.column == "占比":
        return Source("占全部信息的比例。", *a.span, formula=f"{here[1]} ÷ 全部信息",
                      parts=(Part(here[1], _mentions(a, here)), Part("全部信息", _mentions(a))))
    if at.column.startswith("去重"):
        return _source(a, "转载、摘录与原文合计一篇。", _mentions(a, here, count="texts"))
    return _source(a, "该平台的信息。", _mentions(a, here))


def _where(at: At) -> Source:
    a = about(at)
    own = _mentions(a, ("town" if "街镇" in at.block else "unit", "" if at.row == "未能判明" else at.row))
    if at.column == "占比":
        return Source("占全部信息的比例。", *a.span, formula=f"{at.row} ÷ 全部信息",
                      parts=(Part(at.row, own), Part("全部信息", _mentions(a))))
    return _source(a, "按信息所涉街镇、责任单位计。", own)


def _item(at: At) -> Source:
    """A figure of a single text: its copies, or its points of risk."""
    a = about(at)
    when = next((str(cell) for name, cell in at.cells.items() if name.startswith("时间")), "")
    source = str(at.cells.get("来源") or at.cells.get("首发来源") or "")
    kind, what = {
        "转载": ("copies", "本专题或本事件内的同文信息（含摘录），不含首条。"),
        "同文信息（条）": ("texts", "本专题或本事件内的同文信息（含摘录）。"),
    }.get(at.column, ("risk", "风险分0至100，越高越敏感。"))
    return _source(a, what, Item(a.scope, *a.span, str(at.cells["标题（原文）"]), source, when, kind))


def _hours(at: At) -> Source:
    """分时段信息量 of what began hours ago."""
    a = about(at)
    begin, end = (_moment(a, str(at.cells[name])) for name in ("起", "止"))
    within = ("from", begin.isoformat()), ("before", end.isoformat())
    return _source(a, "按发布时间计入，北京时间。", _mentions(a, *within))


def _moment(a: About, shown: str) -> datetime:
    """`03-02 09:00` before the moment of the report."""
    for year in (a.now.year, a.now.year - 1):
        at = datetime.strptime(f"{year}-{shown}", "%Y-%m-%d %H:%M").replace(tzinfo=SHANGHAI)
        if at <= a.now + DAY:
            break
    return at


def _lately(at: At) -> Source:
    a = about(at)
    until = a.until(a.spans.last)
    last, before = _since(a, until - DAY, until), _since(a, until - 2 * DAY, until - DAY)
    if at.column.startswith("较前"):
        return Source("最后24小时减前24小时。", *a.span, formula=f"{at.row} － 前24小时",
                      parts=(Part(at.row, last), Part("前24小时", before)), reckon="difference")
    return _source(a, "该24小时内发布的信息。", before if at.row.startswith("前") else last)


def _views(at: At) -> Source:
    a = about(at)
    what = "share" if at.column == "占比" else "number"
    return _source(a, "系统按话题全程的信息归纳观点，存有各类的条数和代表性原文。",
                   View(a.scope, *a.span, str(at.cells["方面"]), str(at.cells["代表性原文"]), what))


def _why(what: str, reason: str) -> Maker:
    return lambda at: Source(what, reason=reason)


def _timeless(maker: Callable[[At], Source]) -> Maker:
    """An incident has no period: its days are not told."""
    return lambda at: maker(at) if at.content.subject.kind != "incident" else replace(maker(at), first=None, last=None)


_STANCES = _why("系统按话题全程的信息归纳的立场。",
                "立场由系统按观点逐条归纳后合计存储，可在“热点话题”该话题的“观点”中查看。")
_EFFECT = _why("回应前后等长的两段时间内的信息。",
               "两段时间以转入“回应”环节的时刻为界，明细可在“事件处置”该事件的关联信息中按时间查看。")
_COUNTED = _why("编入摘报时该条目的信息条数。",
                "这是编入摘报时随条目保存的数，之后不再变动；条目的来源可由“链接”打开。")


def _of(maker: Maker, *blocks: str) -> list[Rule]:
    return [(block, ".*", ".*", _timeless(maker)) for block in blocks]


RULES: tuple[Rule, ...] = (
    *_of(_headline, ""), *_of(_parts_of, "话题构成"), *_of(_platforms, "各平台传播情况"),
    *_of(_where, "按(街镇|责任单位)分布"), *_of(_hours, "分时段信息量"), *_of(_lately, "近期变化"),
    *_of(_item, "传播关键节点", "转载较多的信息", "信息清单", "主要信息", "新增主要信息", "风险较高的信息"),
    *_of(_views, r"观点分布（摘录原文）"), *_of(_STANCES, "立场分布"), *_of(_EFFECT, "回应前后对比"),
    *_of(opinion.course, "每日信息量(（按平台）)?"), *_of(opinion.turns, "走势转折点"),
    *_of(opinion.feelings, "情感分布"), *_of(opinion.risks, "风险分布"), *_of(opinion.risk_kinds, "风险类别"),
    *_of(opinion.forecast, "未来走势预测", "每日信息量与预测"),
)
"""Of reports on topics and incidents."""
DIGEST: tuple[Rule, ...] = (("条目来源一览", ".*", "信息条数", _COUNTED),)
"""Of digests."""

"""What stands behind each number of the routine reports on opinion (舆情日报 … 年报), by table and column."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from core import clock
from core.opinion.turns import BEFORE as TURN_DAYS
from core.periods import BEFORE, THIS, Period
from core.query.opinion import REST
from core.query.set_topics import SENSITIVE
from core.report.behind.deed_rows import Alerts, Cases, Demands, OfCase, OfProblem
from core.report.behind.mention_rows import Heard, MentionDays, Mentions, Sensitive, Topics, Views
from core.report.behind.rows import Only, Query
from core.report.behind.source import At, Maker, Part, Rule, Source, Spans, months, spans
from core.report.content import Content

_THIS = "|".join(sorted({*THIS.values()}))
_BEFORE = "|".join(sorted({*BEFORE.values()}))
YEAR = "去年同期"
ALL = "舆情信息"


@dataclass(frozen=True, slots=True)
class About:
    """What a report is about: days, scope (code), the unit of the scope (0: none), the moment as of which it is told.
    """

    spans: Spans
    scope: str
    unit: int
    now: datetime

    @property
    def span(self) -> tuple[date, date]:
        return self.spans.first, self.spans.last

    def until(self, last: date) -> datetime:
        """The moment up to which days that end on that one are told."""
        return min(self.now, clock.instant(last + timedelta(1)))


EVER = date(2000, 1, 1)
"""Before anything was collected: stories have no first day of their own."""
_DAYS = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日")


def about(at: At) -> About:
    """What the content of a number is about."""
    if at.content.subject.kind in ("topic", "incident"):
        return _story(at.content)
    kind, _, id_ = at.content.subject.scope.partition(":")
    return About(spans(at.content), at.content.subject.scope, int(id_) if kind == "unit" else 0, at.content.as_of)


def _story(content: Content) -> About:
    """Of a story: the days that its period names, or all up to its moment."""
    named = [date(*map(int, one)) for one in _DAYS.findall(content.period)] if content.subject.kind == "topic" else []
    first, last = (named[0], named[-1]) if named else (EVER, clock.day_of(content.as_of))
    return About(Spans(Period.of("day", first), first, last), content.subject.scope, 0, content.as_of)


def _mentions(a: About, span: tuple[date, date], *only: tuple[str, str], count: str = "mentions") -> Mentions:
    return Mentions(a.scope, *span, tuple(only), count)


def _source(what: str, span: tuple[date, date], query: Query) -> Source:
    return Source(what, *span, query)


def _share(a: About, what: str, one: Part, whole: Part) -> Source:
    return Source(what, *a.span, formula=f"{one.name} ÷ {whole.name}", parts=(one, whole))


_RISKY = ("least", str(SENSITIVE))
_MEASURES: dict[str, tuple[str, Only, str]] = {
    ALL: ("统计范围内按发布时间计入的全部信息。", (), "mentions"),
    "合并转载后": ("转载、摘录与原文合计一篇。", (), "texts"),
    "敏感信息": ("中、高风险信息。", (_RISKY,), "mentions"),
    "敏感信息合并转载后": ("中、高风险信息，转载、摘录与原文合计一篇。", (_RISKY,), "texts"),
    "其中：高风险": ("高风险信息。", (("risk", "高"),), "mentions"),
    "高风险未归入事件": ("高风险信息中没有归入任何事件的。", (("unfiled", "1"),), "mentions"),
    "已判读情感": ("已判读情感的信息，不含热榜条目；经人工更正的以更正为准。", (("feeling", "felt"),), "mentions"),
    "其中：负面": ("判为负面的信息，不含热榜条目。", (("feeling", "负面"),), "mentions"),
    "负面信息": ("判为负面的信息，不含热榜条目。", (("feeling", "负面"),), "mentions"),
}


def measure(a: About, name: str, span: tuple[date, date]) -> tuple[str, Query]:
    """The definition of a measure of 主要指标 and the rows behind it, over some days."""
    until = a.until(span[1])
    plain = re.sub(r"（[^）]+）$", "", name)
    if plain in _MEASURES:
        what, only, count = _MEASURES[plain]
        return what, Mentions(a.scope, *span, only, count)
    match plain:
        case "热点话题":
            return "有两条以上信息、没有被隐藏的话题。", Topics(a.scope, *span)
        case "预警":
            return "时段内发出的预警。", Alerts(a.scope, *span, until)
        case "已确认的预警":
            return "期末已确认或已处理的预警。", Alerts(a.scope, *span, until, "seen")
        case "新立事件":
            return "时段内立项的事件。", Cases(a.scope, *span, until, "opened")
        case "办结事件":
            return "时段内办结的事件。", Cases(a.scope, *span, until, "settled")
        case "在办事件":
            return "期末在办的事件。", Cases(a.scope, *span, until, "open")
        case "回应时限超时的事件":
            return "有回应时限超时的事件。", Cases(a.scope, *span, until, "late")
        case "超期未反馈的任务":
            return "期末已过期限、没有反馈的交办任务。", Cases(a.scope, *span, until, "overdue")
        case "群众诉求":
            return "时段内收到的诉求。", Demands(a.unit, *span, until)
    return "期末在办、该等级的事件。", Cases(a.scope, *span, until, plain.removeprefix("其中："))


def _headline(at: At) -> Source:
    a = about(at)
    if at.column == "负面占比":
        bad, felt = (measure(a, name, a.span)[1] for name in ("其中：负面", "已判读情感"))
        return _share(a, "占已判读情感信息的比例，不含热榜条目。", Part("负面信息", bad), Part("已判读情感", felt))
    what, query = measure(a, at.column, a.span)
    return _source(what, a.span, query)


def _summary(at: At) -> Source:
    a = about(at)
    names = [one.name for one in at.holder.columns]
    column = at.number.at[3]
    spans_ = {**{word: a.spans.before for word in BEFORE.values()}, YEAR: a.spans.year}
    what, query = measure(a, at.row, a.span)
    if at.column in spans_:
        span = spans_[at.column]
        return _source(what, span, measure(a, at.row, span)[1])
    if at.column in ("增减", "环比", "同比"):
        word = next(names[n] for n in range(column, 0, -1) if names[n] in spans_)
        then = Part(word, measure(a, at.row, spans_[word])[1])
        now = Part(names[1], query)
        if at.column == "增减":
            return Source(f"{names[1]}减{word}。", *a.span, formula=f"{now.name} － {word}", parts=(now, then),
                          reckon="difference")
        formula = f"（{now.name} － {word}）÷ {word}"
        return Source(f"与{word}相比的增减幅度。", *a.span, formula=formula, parts=(now, then), reckon="change")
    return _source(what, a.span, query)


# --- How much, when, where


def feelings(at: At) -> Source:
    a = about(at)
    side = ("side", {"热榜条目": "热榜"}.get(at.row, at.row))
    felt = Part("已判读", _mentions(a, a.span, side, ("feeling", "felt")))
    if at.column == "已判读":
        return _source("已判读情感的信息。", a.span, felt.query)
    if at.column.startswith("信息量"):
        what = "媒体指新闻、微信公众号、APP、网站和台账内账号，其余为网民，热榜单列。"
        return _source(what, a.span, _mentions(a, a.span, side))
    label = at.column.removesuffix("占比")
    own = _mentions(a, a.span, side, ("feeling", label))
    if at.column.endswith("占比"):
        return _share(a, "以已判读情感的信息为分母。", Part(f"{label}信息", own), felt)
    return _source(f"判为{label}的信息，经人工更正的以更正为准。", a.span, own)


def _when(a: About, at: At, word: str) -> tuple[date, date]:
    """The days that a row or a label of the course means."""
    first, last = a.span
    if found := months(a.spans.period, word):
        return max(found[0], first), min(found[1], last)
    if re.fullmatch(r"\d{4}-\d\d-\d\d", word):
        return date.fromisoformat(word), date.fromisoformat(word)
    if found := re.fullmatch(r"(\d\d)-(\d\d)", word):
        for year in (first.year - 1, first.year, last.year):
            begin = date(year, int(found[1]), int(found[2]))
            if first - timedelta(6) <= begin <= last:
                return max(begin, first), min(begin + timedelta(6), last)
    return first, last


def course(at: At) -> Source:
    """Mentions by day, week, month or hour; of a chart by platform."""
    a = about(at)
    word = at.column if at.charted else at.row
    only: list[tuple[str, str]] = []
    if at.charted:
        named = [one.name for one in at.holder.series]
        only.append(("but", "|".join(one for one in named if one != REST)) if at.row == REST else ("platform", at.row))
    if at.column.startswith("并列最高"):
        reason = "由本表各时段的信息量比较得出，各时段的数字可逐个点开查看。"
        return Source("信息量并列最高的时段个数。", *a.span, reason=reason)
    if found := re.fullmatch(r"(\d+)时(?:至(\d+)时)?", word):
        only.append(("hours", f"{found[1]}-{found[2] or int(found[1]) + 1}"))
    span = _when(a, at, word)
    return _source("按发布时间计入（未注明的按首次采集时间），北京时间。", span, _mentions(a, span, *only))


def turns(at: At) -> Source:
    a = about(at)
    day = at.cells["日期"]
    if at.column.startswith("前几日均值"):
        last = day - timedelta(1)
        return Source(f"当日之前最近{TURN_DAYS}个有数据日的平均。", a.spans.first, last,
                      MentionDays(a.scope, a.spans.first, last, TURN_DAYS))
    return _source("当日的信息条数。", (day, day), _mentions(a, (day, day)))


def _platforms(at: At) -> Source:
    a = about(at)
    name = at.column if at.charted else str(at.cells["平台"])
    here, column = ("platform", name), at.row if at.charted else at.column
    own = Part("本期", _mentions(a, a.span, here))
    before = Part("上期", _mentions(a, a.spans.before, here))
    if column == "占比":
        return _share(a, "占全部信息的比例。", Part(name, own.query), Part("全部信息", _mentions(a, a.span)))
    if column == "增减":
        return Source("本期减上期。", *a.span, formula="本期 － 上期", parts=(own, before), reckon="difference")
    if column.startswith("去重"):
        return _source("转载、摘录与原文合计一篇。", a.span, _mentions(a, a.span, here, count="texts"))
    if not column.startswith("信息量"):
        return _source("上一时段该平台的信息。", a.spans.before, before.query)
    return _source("该平台的信息。", a.span, own.query)


# --- Topics


def _topic(at: At) -> Source:
    a = about(at)
    topic = ("topic", str(at.cells["话题"]))
    alone = at.block == "主要话题情况"
    kind = "feeling" if alone else "mood"
    felt, bad = (_mentions(a, a.span, topic, (kind, label)) for label in ("felt", "负面"))
    match at.column:
        case "平台" | "平台（个）":
            return _source("时段内话题信息所在平台的个数。", a.span, _mentions(a, a.span, topic, count="platforms"))
        case "街镇":
            return _source("时段内话题信息涉及街镇的个数。", a.span, _mentions(a, a.span, topic, count="towns"))
        case "已判读":
            return _source("时段内已判读情感的话题信息，不含热榜条目。", a.span, felt)
        case "负面":
            return _source("时段内判为负面的话题信息，不含热榜条目。", a.span, bad)
        case "负面占比":
            return _share(a, "以已判读情感的信息为分母。", Part("负面信息", bad), Part("已判读", felt))
    count = "texts" if at.column.startswith("去重") else "mentions"
    return _source("时段内归入这个话题的信息。", a.span, _mentions(a, a.span, topic, count=count))


def _views(at: At) -> Source:
    a = about(at)
    what = {"条数": "number", "占比": "share"}.get(at.column, "points")
    return _source("系统按话题全程的信息归纳观点，存有各类的条数和代表性原文。", a.span, Views(
        a.scope, *a.span, str(at.cells["话题"]), str(at.cells["方面"]), what, str(at.cells["代表性原文"])))


# --- What is sensitive


def risks(at: At) -> Source:
    a = about(at)
    level = {"未见明显风险": "无", "尚未判读": "未读", "合计已判读": "read"}.get(at.row, at.row.removesuffix("风险"))
    own = _mentions(a, a.span, ("risk", level))
    if at.column == "占比":
        return _share(a, "以已判读风险的信息为分母。", Part(at.row, own),
                      Part("合计已判读", _mentions(a, a.span, ("risk", "read"))))
    return _source("系统按用语、主题和地点判定风险，经人工更正的以更正为准。", a.span, own)


def risk_kinds(at: At) -> Source:
    a = about(at)
    return _source("有风险（含低风险）的信息按类别计。", a.span, _mentions(a, a.span, ("kind", at.row)))


def _where(at: At) -> Source:
    a = about(at)
    part = "town" if "街镇" in at.block else "unit"
    own = _mentions(a, a.span, _RISKY, (part, "" if at.row == "未能判明" else at.row))
    if at.column == "占比":
        return _share(a, "占敏感信息的比例。", Part(at.row, own), Part("敏感信息", _mentions(a, a.span, _RISKY)))
    return _source("中、高风险信息按所涉街镇、责任单位计。", a.span, own)


def _sensitive(at: At) -> Source:
    a = about(at)
    what = "时段内的同文信息，不含首条。" if at.column == "转载" else "风险分0至100，越高越敏感。"
    return _source(what, a.span, Sensitive(a.scope, *a.span, int(at.cells["序号"]), at.column == "转载"))


# --- What was done


def _case(at: At) -> Source:
    a = about(at)
    kind, what = {
        "交办": ("tasks", "交办给各单位的任务，不含已收回的。"), "反馈": ("answered", "已反馈的交办任务。"),
        "超期": ("overdue", "已过期限、没有反馈的交办任务。"),
    }.get(at.column, ("new", "时段内发布、关联到这一事件的信息。"))
    return _source(what, a.span, OfCase(a.scope, *a.span, a.until(a.spans.last), str(at.cells["事件"]), kind))


def _warnings(at: At) -> Source:
    a = about(at)
    until = a.until(a.spans.last)
    if at.block == "预警清单":
        return _source("从发出到确认（或处理）的时间。", a.span,
                       Alerts(a.scope, *a.span, until, nth=int(at.cells["序号"])))
    pick = {"已确认": "seen", "未确认": "open", "误报": "wrong"}.get(at.column, "" if at.row == "合计" else at.row)
    return _source("时段内发出的预警，状态为期末情况。", a.span, Alerts(a.scope, *a.span, until, pick))


_ASKED = {
    "诉求总数": ("", ""), "重复反映": ("repeats", "called"), "有办理情况": ("tracked", ""),
    "已答复或办结": ("closed", ""),
    "可判断是否按时": ("due", ""), "其中：按时办理": ("in_time", "due"), "超期未答复": ("overdue", "tracked"),
    "有满意度评价": ("rated", ""), "其中：满意和基本满意": ("pleased", "rated"),
}
"""Rows of 诉求办理情况: which demands are counted, and of which they are a share."""
_BY = {"领域": "area", "街镇": "town", "承办单位": "unit"}
_WHOLE = {"called": "有诉求人信息", "tracked": "有办理情况", "due": "可判断是否按时", "rated": "有满意度评价",
          "": "诉求总数"}


def _asked(at: At) -> Source:
    a = about(at)

    def of(pick: str, by: tuple[str, str] = ("", "")) -> Query:
        return Demands(a.unit, *a.span, a.until(a.spans.last), pick, by)

    if at.block == "诉求分布":
        part, name = _BY[str(at.cells["方面"])], str(at.cells["名称"])
        by = ("field", name.replace("·", "/")) if part == "area" else (part, name)
        if at.column == "按时率":
            return _share(a, "以可判断是否按时的诉求为分母。", Part("按时办理", of("in_time", by)),
                          Part("可判断是否按时", of("due", by)))
        own = of("overdue" if at.column == "超期" else "", by)
        return _source("时段内收到的诉求，办理情况为期末情况。", a.span, own)
    pick, whole = _ASKED.get(at.row, ("", ""))
    by = ("", "") if at.row in _ASKED else ("channel", at.row)
    if at.column == "占比":
        return _share(a, "重复反映以有诉求人信息的为分母，按时率以可判断的为分母。", Part(at.row, of(pick, by)),
                      Part(_WHOLE[whole], of(whole)))
    return _source("时段内收到的诉求，办理情况为期末情况。", a.span, of(pick, by))


def _problems(at: At) -> Source:
    a = about(at)
    what = {"近半年（件）": "all", "街镇（个）": "towns", "超期（件）": "overdue"}.get(at.column, "now")
    return _source("按内容归并的同一问题，程度按近半年诉求判定。", a.span, OfProblem(
        a.unit, *a.span, a.until(a.spans.last), int(at.cells["序号"]), str(at.cells["问题"]), what))


# --- What was heard, what is forecast


def _heard(at: At) -> Source:
    a = about(at)
    name = str(at.cells.get("来源", ""))

    def of(what: str) -> Query:
        return Heard(*a.span, a.now, what, name)

    if at.column == "覆盖率":
        return _share(a, "已采集来源日占应采集来源日的比例。", Part("已采集", of("heard")),
                      Part("应采集", of("expected")))
    what = {"应采集": "expected", "已采集": "heard", "整日缺数": "deaf"}.get(at.column.split("（")[0], "mentions")
    return _source("一个来源的一天计为一个来源日；采集成功即计入，不论当天有无新信息。", a.span, of(what))


def forecast(at: At) -> Source:
    a = about(at)
    if at.charted and at.row == "实际":
        day = date.fromisoformat(at.column)
        return _source("当日的信息条数。", (day, day), _mentions(a, (day, day)))
    note = getattr(at.holder, "note", "")
    return Source("按以往数据对未来的预测。", *a.span, reason=f"预测值由模型算出，没有对应的明细。{note}")


def _any(maker: Maker, *blocks: str) -> list[Rule]:
    return [(block, ".*", ".*", maker) for block in blocks]


RULES: tuple[Rule, ...] = (
    ("", "", "舆情信息|敏感信息|负面占比|负面信息|热点话题|预警|在办事件", _headline),
    ("主要指标", ".+", f"{_THIS}|{_BEFORE}|{YEAR}|增减|环比|同比", _summary),
    *_any(feelings, "情感分布"), *_any(turns, "走势转折点"),
    *_any(course, "各时段信息量（按平台）", "分时段信息量", "每(日|周|月)信息量(（按平台）)?", "单日最高"),
    *_any(_platforms, r"各平台信息量(（前\d+位）)?", "平台分布"),
    *_any(_topic, "热点话题", "话题清单", "主要话题情况"), *_any(_views, "主要话题的观点"),
    *_any(risks, "风险分布"), *_any(risk_kinds, "风险类别"), *_any(_where, "按(街镇|责任单位)分布"),
    *_any(_sensitive, "风险较高的信息", "敏感信息清单"), *_any(_case, "事件处置情况"),
    *_any(_warnings, "预警情况", "预警清单"), *_any(_asked, "诉求办理情况", "诉求分布"),
    *_any(_problems, "反复出现的问题"), *_any(_heard, "采集覆盖情况", "数据来源清单"),
    *_any(forecast, "未来走势预测", "每日信息量与预测"),
)
"""Of routine reports on opinion."""

"""What stands behind each number of the reports of a platform (月报, 季报, 年报) and of a unit, by table and column:
the whole and its course. Lists are in `account_lists`."""

from datetime import timedelta

from core import labels
from core.periods import BEFORE, THIS
from core.report.behind import account_lists
from core.report.behind.account_base import (
    CALLED,
    MEASURES,
    WORD,
    About,
    about,
    by_account,
    change,
    every,
    mean,
    ratio,
    span_of,
    this,
    total,
)
from core.report.behind.account_rows import ByAccount, ByDay, TimedPosts
from core.report.behind.follower_rows import Followers, Gain
from core.report.behind.source import At, Part, Rule, Source, months
from core.report.behind.standing_rows import Days
from core.report.platform.base import YEAR_WORDS
from core.report.platform.publishing import HOURS
from core.report.platform.wording import SHORT

_THIS = "|".join(sorted({*THIS.values(), "本年"}))
_FORMER = "|".join(sorted({*BEFORE.values()}))
_YEAR = "|".join(sorted({*YEAR_WORDS.values()}))
_PER = r"平均每(篇|条)(（人）)?"


# --- 总体情况


def _headline(at: At) -> Source:
    a, word = about(at), at.column
    here, posts = a.here, Part("发布数", by_account(about(at), "posts", this(about(at))))
    match word:
        case "监测账号":
            return Source("统计范围内、台账所列的账号。", *this(a), ByAccount(here, a.basis, "accounts"))
        case "日均发布":
            return ratio("发布数除以时段的天数。", a, posts, Part("天数", value=float(here.days)))
        case "粉丝数":
            return Source("各账号期末最近一次粉丝读数之和（期末前31天内有读数的）。", a.spans.last, a.spans.last,
                          Followers(here, a.spans.last))
        case "粉丝净增":
            return Source("期初、期末都有粉丝读数的账号，期末减期初。", *this(a),
                          Gain(here, a.spans.first - timedelta(1), a.spans.last))
        case "数据覆盖率":
            return _coverage(a)
    return total(a, MEASURES[word], *this(a))


def _coverage(a: About) -> Source:
    return ratio("已有数据的账号日占应有数据账号日的比例；账号开设前、注销后的日期不计。", a,
                  Part("已有账号日", Days(a.here, "covered")), Part("应有账号日", Days(a.here, "expected")))


def _whole(a: About, measure: str) -> Part:
    """A sum of the period as a part."""
    return Part(CALLED[measure], by_account(a, measure, this(a)))


def _summary(at: At) -> Source:
    a, measure = about(at), MEASURES[at.row]
    now = Part(f"本期{CALLED[measure]}", by_account(a, measure, this(a)))
    column = at.column
    if column in BEFORE.values() or column in YEAR_WORDS.values():
        span = a.spans.year if column in YEAR_WORDS.values() else a.spans.before
        return total(a, measure, *span)
    if column in ("环比", "同比"):
        span, word = (a.spans.before, "上期") if column == "环比" else (a.spans.year, "上年同期")
        then = Part(f"{word}{CALLED[measure]}", by_account(a, measure, span))
        return change(f"与{word}相比的增减幅度。", a, now, then)
    if column == "人均次数":
        times = {"readers": "reads", "sharers": "reposts"}[measure]
        return ratio("次数除以人数；同一人看多条信息的，按多人次计。", a, _whole(a, times), _whole(a, measure))
    return mean(a, measure) if column.startswith("平均每") else total(a, measure, *this(a))


# --- 发布, 互动


def _course(at: At) -> Source:
    """A day or a month of a table or a chart."""
    a = about(at)
    when, what = (at.column, at.row) if at.charted else (at.row, at.column)
    span = span_of(a, when)
    if what == "环比":
        month = months(a.spans.period, at.row)[0]
        before = (month - timedelta(1)).replace(day=1)
        return change("与上月相比的增减幅度。", a, Part(f"{at.row}发布数", by_account(a, "posts", span)),
                       Part("上月发布数", by_account(a, "posts", (before, month - timedelta(1)))))
    if what == "有数据账号":
        return Source("当日有数据（采集到内容，或确认没有发布）的账号数。", *span, by_account(a, "covered", span))
    if what == "有数据天数":
        return Source("当月至少一个账号有数据的天数。", *span, ByDay(a.where(*span), a.basis, "posts", "count"))
    return total(a, MEASURES[what], *span)


def _rhythm(at: At) -> Source:
    a = about(at)
    how, which = {"日均": ("mean", ""), "最多": ("max", ""), "最少": ("min", ""), "工作日日均": ("mean", "work"),
                  "休息日日均": ("mean", "rest")}[at.row]
    return Source("按有数据的日期计算，没有数据的日期不计入；工作日、休息日按国务院放假安排。", *this(a),
                  ByDay(a.here, a.basis, "posts", how, which))


def _hours(at: At) -> Source:
    a = about(at)
    what = "按有发布时刻的信息统计，北京时间。"
    if at.charted:
        hour = int(at.column)
        return Source(what, *this(a), TimedPosts(a.here, (labels.WEEKDAYS.index(at.row),), hour, hour + 1))
    every = TimedPosts(a.here)
    words = {f"{begin}时至{end}时": TimedPosts(a.here, (), begin, end) for begin, end in HOURS}
    query = words | {"合计": every, "其中周六、周日": TimedPosts(a.here, (5, 6))}
    if at.column == "占比":
        return ratio(what, a, Part(at.row, query[at.row]), Part("合计", every))
    return Source(what, *this(a), query[at.row])


def _made_of(at: At) -> Source:
    """互动构成."""
    a = about(at)
    if at.row.startswith("每万次"):
        reach = next(name for name in ("reads", "plays") if SHORT[name] in at.row)
        return ratio("转评赞除以阅读（播放）数，再乘以一万。", a, _whole(a, "interaction"), _whole(a, reach), 10_000)
    measure = MEASURES[at.row]
    whole = _whole(a, measure)
    when = str(at.cells.get("最多的日期") or at.cells.get("最多的月份") or "")
    match at.column:
        case "占转评赞":
            return ratio("占转发、评论、点赞之和的比例。", a, whole, _whole(a, "interaction"))
        case "其数量":
            return total(a, measure, *span_of(a, when))
        case "占合计":
            most = Part(when, by_account(a, measure, span_of(a, when)))
            return ratio("最多的一天（月）占全期合计的比例。", a, most, whole)
    return mean(a, measure) if at.column.startswith("平均每") else total(a, measure, *this(a))


RULES: tuple[Rule, ...] = (
    *account_lists.RULES,
    ("", "", f"监测账号|日均发布|粉丝数|粉丝净增|数据覆盖率|{WORD}", _headline),
    ("主要指标", WORD, f"{_THIS}|{_FORMER}|{_YEAR}|环比|同比|{_PER}", _summary),
    ("受众人数", WORD, f"{_THIS}|{_FORMER}|{_YEAR}|环比|同比|人均次数|{_PER}", _summary),
    *every(_rhythm, "发布节奏"), *every(_hours, "发布时段分布", "各时段发布数"), *every(_made_of, "互动构成"),
    ("每日发布与传播情况|各月发布与传播情况|逐日数据", ".*", f"{WORD}|环比|有数据账号|有数据天数", _course),
    (r"(每日|各月).+数", WORD, r"\d{4}-\d\d-\d\d|\d+月", _course),
)
"""Of reports of a platform and of a unit."""

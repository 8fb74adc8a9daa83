"""What stands behind each number of the lists in reports on accounts: rankings, what grew, units and platforms, posts,
how accounts kept publishing, what the check found."""

from datetime import date, timedelta

from core import labels
from core.metrics.compliance import CHECKLIST
from core.periods import BEFORE
from core.query.scope import Filter
from core.report.behind.account_base import (
    CALLED,
    MEASURES,
    About,
    about,
    by_account,
    change,
    every,
    ratio,
    said,
    span_of,
    this,
    total,
)
from core.report.behind.account_rows import ByAccount, KnownDays, OfAccount, TopPosts, clean
from core.report.behind.follower_rows import Flow, Followers, Gain
from core.report.behind.rows import UNOWNED, Only, Query
from core.report.behind.score_rows import Scored
from core.report.behind.source import At, Part, Rule, Source
from core.report.behind.standing_rows import RULE_KEYS, Days, Inspected, Kept, Moved, OfRanked, Ranked, coverage_code
from core.report.platform.facts import TOP, TOP_OF_YEAR
from core.report.platform.problems import STATES

# --- 榜单


def ranking(a: About, pick: str = "ranked", platform: str = "") -> Ranked:
    """The ranking that a report shows; of a unit that of the whole platform."""
    if platform:
        return Ranked(Filter(a.spans.first, a.spans.last, (platform,)), platform, a.basis, pick)
    return Ranked(a.here, a.platform, a.basis, pick)


def named(at: At) -> tuple[str, str]:
    """Name and unit of the account of a row, or of a bar, whose second one of a name is numbered."""
    name = at.column if at.charted else str(at.cells.get("账号", at.row))
    return clean(name), str(at.cells.get("单位", ""))


def _board_chart(at: At) -> Source:
    a = about(at)
    name, unit = named(at)
    measure = next((one for word, one in (*MEASURES.items(), ("粉丝数", "followers")) if word == at.row), "score")
    return account(a, measure, name, unit, a.platform, ranking(a))


def account(a: About, measure: str, name: str, unit: str, platform: str, of: Ranked) -> Source:
    """A figure of one account."""
    span = this(a)
    if measure == "score":
        return Source("按公开的指数公式计算，缺少公式所需数据的账号不计分。", *span, Scored(of, name, unit))
    if measure in ("followers", "followers_change"):
        what = "时段内最近一次粉丝读数。" if measure == "followers" else \
            "期末读数减期初（上期末，没有的取期内首次）读数。"
        return Source(what, *span, OfRanked(of, measure, name, unit))
    if measure.endswith("_avg"):
        plain = measure.removesuffix("_avg")
        return ratio("该账号此项数据之和除以有此项数据的信息数。", a,
                      Part(CALLED[plain], OfAccount(*span, a.basis, plain, 0, name, unit, platform)),
                      Part(f"有{CALLED[plain]}的发布数",
                           OfAccount(*span, a.basis, f"{plain}_known", 0, name, unit, platform)))
    what = f"该账号各条信息中最高的{CALLED[measure.removesuffix('_max')]}。" if measure.endswith("_max") else \
        said(measure, a.basis)
    return Source(what, *span, OfAccount(*span, a.basis, measure, 0, name, unit, platform))


def board_measure(column: str) -> str:
    """The measure of a column of a ranking: a sum, `x_max`, `x_avg`, `score`, `followers`."""
    if column == "粉丝数":
        return "followers"
    for begins, end in (("最高", "_max"), ("平均", "_avg")):
        if column.startswith(begins):
            return MEASURES[column.removeprefix(begins)] + end
    return MEASURES.get(column, "score")


def _board(at: At) -> Source:
    a = about(at)
    return account(a, board_measure(at.column), *named(at), a.platform, ranking(a))


# --- 增长


def _followers(at: At) -> Source:
    a = about(at)
    match at.row:
        case "有粉丝数据的账号":
            return Source("期末前31天内有粉丝读数的账号。", a.spans.last, a.spans.last,
                          Followers(a.here, a.spans.last, number=True))
        case "新增关注（人次）" | "取消关注（人次）" | "有此数据的账号日":
            what = {"新增关注（人次）": "won", "取消关注（人次）": "lost"}.get(at.row, "days")
            return Source("平台后台提供的每日新增、取消关注人数之和。", *this(a), Flow(a.here, what))
    if at.row.endswith("粉丝数"):
        return Source("各账号期末最近一次粉丝读数之和。", a.spans.last, a.spans.last, Followers(a.here, a.spans.last))
    pick = {"增加的账号": "won", "减少的账号": "lost", "持平的账号": "level"}.get(at.row, "gained")
    return Source("期末、期初都有粉丝读数的账号。", *this(a), ranking(a, pick))


def _level(at: At) -> Source:
    """The end of a month."""
    a = about(at)
    first, last = span_of(a, at.column if at.charted else at.row)
    match at.column:
        case "有数据账号":
            return Source("月末前31天内有粉丝读数的账号。", last, last, Followers(a.here, last, number=True))
        case "当月净增":
            return Source("上月末、当月末都有粉丝读数的账号，当月末减上月末。", first, last,
                          Gain(a.here, first - timedelta(1), last))
    return Source("各账号月末最近一次粉丝读数之和。", last, last, Followers(a.here, last))


def _gained(at: At) -> Source:
    a = about(at)
    name, unit = named(at)
    of = ranking(a)
    end, gain = OfRanked(of, "followers", name, unit), OfRanked(of, "followers_change", name, unit)
    if at.column == "增幅":
        return Source("净增除以期初粉丝数，期初为期末减净增。", *this(a), formula="期末 ÷（期末 － 净增）－ 1",
                      parts=(Part("净增", gain), Part("期末粉丝数", end)), reckon="growth")
    return account(a, "followers" if at.column == "期末粉丝数" else "followers_change", name, unit, a.platform, of)


def _held(at: At, column: str) -> int:
    cell = at.cells[column]
    return int(getattr(cell, "value", cell) or 0)


def _movers(at: At) -> Source:
    a = about(at)
    metric, pick = _moved(at), "up" if at.row.endswith("增加") else "down" if at.row.endswith("减少") else ""
    return Source("两期数据均较完整（已知九成以上的日期）、此项不为下限、上期不少于100次的账号。", *this(a),
                  Moved(a.here, a.basis, metric, pick))


def _moved(at: At) -> str:
    """What accounts are compared by."""
    for block in at.section.blocks:
        if getattr(block, "title", "") == "账号增减":
            return MEASURES[str(block.rows[1][0]).removesuffix("增加")]
    raise LookupError(at.number.key)


def _mover(at: At) -> Source:
    a = about(at)
    name, unit = named(at)
    metric = MEASURES[at.block.removesuffix("增加较多的账号").removesuffix("减少较多的账号")]

    def of(measure: str, span: tuple[date, date]) -> Query:
        return OfAccount(*span, a.basis, measure, 0, name, unit, a.platform)

    now, then = Part("本期", of(metric, this(a))), Part("上期", of(metric, a.spans.before))
    if at.column == "增减":
        return Source("本期减上期。", *this(a), formula="本期 － 上期", parts=(now, then), reckon="difference")
    if at.column == "增幅":
        return change("增减除以上期。", a, now, then)
    measure = "posts" if at.column.endswith("发布") else metric
    span = a.spans.before if any(at.column.startswith(word) for word in BEFORE.values()) else this(a)
    return Source(said(measure, a.basis), *span, of(measure, span))


# --- 单位, 平台


def _group(at: At) -> Only:
    """Which accounts a row or a bar of units, kinds of unit or platforms means."""
    word = at.column if at.charted else at.row
    if "平台" in at.block:
        return (("platform_name", word),)
    if at.block.startswith("各类单位"):
        return (("unit_kind", next((code for code, name in labels.UNIT_KINDS.items() if name == word), word)),)
    return (("unit", word or UNOWNED),)


def _grouped(at: At) -> Source:
    a, only = about(at), _group(at)
    column = at.row if at.charted else at.column
    match column:
        case "账号数":
            return Source("统计范围内的账号。", *this(a), ByAccount(a.here, a.basis, "accounts", only))
        case "有发布账号" | "有发布":
            return Source("时段内有发布的账号。", *this(a), ByAccount(a.here, a.basis, "active", only))
        case "发布占比":
            return ratio("占全部发布数的比例。", a, Part("发布数", by_account(a, "posts", this(a), only)),
                          Part("全部发布数", by_account(a, "posts", this(a))))
        case "粉丝数":
            return Source("各账号时段内最近一次粉丝读数之和。", a.spans.last, a.spans.last,
                          Followers(a.here, a.spans.last, only=only, lookback=a.here.days))
    if column == "阅读（播放）数":
        return Source("阅读数之和；没有阅读数的平台取播放数。", *this(a),
                      ByAccount(a.here, a.basis, "reach", only))
    return total(a, MEASURES[column], *this(a), only)


# --- 热门内容, 亮点


def top_posts(at: At) -> tuple[Filter, tuple[str, ...], int]:
    """Where the top list comes from: accounts and days, by what, how many."""
    a = about(at)
    limit = TOP_OF_YEAR if a.year and a.platform else TOP
    return a.here, ("interaction", "reads", "plays") if not a.platform else _reach(at), limit


def _reach(at: At) -> tuple[str, ...]:
    """What the posts of a platform are ordered by: reads or plays where it has them, else 转评赞."""
    table = next(block for block in at.section.blocks if getattr(block, "title", "").startswith("热门内容前"))
    return (MEASURES[next(one.name for one in table.columns if one.name in MEASURES)],)


def _popular(at: At) -> Source:
    a = about(at)
    where, metrics, limit = top_posts(at)
    what = "时段内发布的信息，按最新读数从高到低取前几位。"
    if not at.block:
        kind = {"上榜账号": "accounts", "单个账号最多": "most"}.get(at.column, "posts")
        return Source(what, *this(a), TopPosts(where, metrics, limit, kind))
    nth = at.holder.rows.index(tuple(at.cells.values()))
    return Source("这条信息的最新读数。", *this(a), TopPosts(
        where, metrics, limit, "value", MEASURES[at.column], str(at.cells["标题"]), str(at.cells["账号"]), nth))


def _best(at: At) -> Source:
    """The best post of a month."""
    a = about(at)
    first, last = span_of(a, str(at.cells["月份"]))
    word = str(at.cells.get("依据") or at.column)
    return Source("当月发布的信息中最新读数最高的一条。", first, last, TopPosts(
        a.where(first, last), (MEASURES[word],), 1, "value", MEASURES[word], str(at.cells["标题"]),
        str(at.cells["账号"]), 0))


def _record(at: At) -> Source:
    """年度之最."""
    a, result = about(at), str(at.cells["结果"])
    name = result.strip("“”")
    if at.row in ("发布最多的月份", "发布最多的一天"):
        return total(a, "posts", *span_of(a, result))
    if at.row.startswith("粉丝净增"):
        return account(a, "followers_change", name, "", a.platform, ranking(a))
    measure = MEASURES.get(str(at.cells["依据"]), "posts")
    if at.row.startswith("发布") or at.row.endswith("账号"):
        return account(a, measure, name, "", a.platform, ranking(a))
    return Source("这条信息的最新读数。", *this(a), TopPosts(a.here, (measure,), TOP_OF_YEAR, "value", measure, nth=0))


# --- 更新, 检查, 采集


def _updates(at: At) -> Source:
    a = about(at)
    state = next(code for code, word in STATES.items() if word == at.row)
    return Source("按期末最近一次发布的日期判断，没有数据的日期不计为未更新；只计正常状态的账号。", *this(a),
                  Kept(a.here, state))


def _silent(at: At) -> Source:
    a = about(at)
    name, unit = named(at)
    platform = a.platform
    if not platform and name.endswith("）"):
        name, _, platform = name.removesuffix("）").rpartition("（")
    if at.column == "发布数":
        return account(a, "posts", name, unit, platform, ranking(a))
    which, what = {
        "有发布天数": ("active", "时段内有发布的日期。"), "无数据天数": ("unknown", "时段内没有数据的日期。"),
    }.get(at.column, ("gap", "时段内最长一段没有发布的日期；没有数据的日期不计为未更新。"))
    return Source(what, *this(a), KnownDays(0, *this(a), which, name, unit, platform))


def _checked(at: At) -> Source:
    a, row = about(at), at.row
    what = {"检查账号": "checked", "有问题或须提醒的账号": "bad", "涉及单位": "units", "核对文字": "read"}.get(
        row, "found")
    if row.startswith("结论："):
        what = f"verdict:{row.removeprefix('结论：')}"
    elif row.startswith("涉及“"):
        what = f"rule:{RULE_KEYS[row.removeprefix('涉及“').removesuffix('”')]}"
    return Source(f"对照{CHECKLIST}，按期末情况检查。", *this(a), Inspected(a.here, what))


def _checked_unit(at: At) -> Source:
    a = about(at)
    return Source(f"对照{CHECKLIST}，按期末情况检查。", *this(a),
                  Inspected(a.here, "failed" if "否决" in at.column else "bad", (("unit", str(at.cells["单位"])),)))


def _collected(at: At) -> Source:
    a = about(at)
    words = [str(row[0]) for row in at.holder.rows]
    one = Part(at.row, Days(a.here, coverage_code(at.row)))
    if at.column == "占比":
        whole = sum(int(row[1]) for row in at.holder.rows)
        return ratio("占全部账号日的比例。", a, one, Part("全部账号日", value=float(whole)))
    return Source(f"每个账号每天计一个账号日，状态有{'、'.join(words)}。", *this(a), one.query)


# --- 单位专报


def _own_accounts(at: At) -> Source:
    a = about(at)
    if at.block == "账号数量":
        what = {"有发布": "active", "无发布": "silent", "没有数据": "unheard"}.get(at.row, "accounts")
        return Source("台账中归属本单位的账号。", *this(a), ByAccount(a.here, a.basis, what))
    platform, name = str(at.cells["平台"]), clean(at.row)
    of = Ranked(Filter(*this(a)), platform, a.basis, "ranked")
    match at.column:
        case "参与排名":
            return Source("全区同平台有发布、有名次的账号。", *this(a), of)
        case "指数" | "粉丝数" | "粉丝净增":
            measure = {"指数": "score", "粉丝数": "followers"}.get(at.column, "followers_change")
            return account(a, measure, name, at.content.scope, platform, of)
        case "阅读（播放）数":
            return Source("阅读数之和；没有阅读数的平台取播放数。", *this(a),
                          OfAccount(*this(a), a.basis, "reach", 0, name, "", platform))
    return account(a, MEASURES[at.column], name, "", platform, of)


def _peers(at: At) -> Source:
    a = about(at)
    kind = next(code for code, word in labels.UNIT_KINDS.items() if at.block == f"在{word}中的名次")
    return Source("全区同类单位中，在该平台有名次的单位。", *this(a),
                  Ranked(Filter(*this(a)), at.row, a.basis, "units", (("unit_kind", kind),)))


RULES: tuple[Rule, ...] = (
    ("", "", "上榜内容|上榜账号|单个账号最多", _popular),
    *every(_record, "年度之最"), *every(_best, "各月热门内容之首"), *every(_level, "各月末粉丝数"),
    *every(_board_chart, r"前\d+位账号"), *every(_board, r"账号榜单(（前\d+位）)?", r".+账号前\d+位", "全部账号数据"),
    *every(_followers, "粉丝概况"), *every(_gained, "粉丝净增较多的账号", "粉丝减少的账号"),
    *every(_movers, "账号增减"), *every(_mover, ".+(增加|减少)较多的账号"),
    *every(_grouped, "各类单位发布情况", r"发布数前\d+位单位", r"单位发布情况(（前\d+位）)?", "全部单位数据",
           "各平台发布数", "各平台主要指标"),
    *every(_popular, r"热门内容前\d+位"), *every(_updates, "期末更新情况"), *every(_silent, "需要关注的账号"),
    *every(_checked, "检查情况"), *every(_checked_unit, "各单位问题"), *every(_collected, "账号日采集状态"),
    *every(_own_accounts, "账号数量", "各账号主要指标"), *every(_peers, "在.+中的名次"),
)
"""Of the lists of accounts, units and posts."""

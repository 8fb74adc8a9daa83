"""满意度: the rate with its interval, by month, unit, source and aspect."""

from datetime import date, datetime

import pandas as pd
import streamlit as st

from core import charts, clock, labels
from core.clock import Month
from core.metrics import satisfaction as metric
from core.metrics.satisfaction import Rate
from core.query import satisfaction as query
from core.query.satisfaction import Overview
from core.query.scope import Filter
from core.ui.ask import ask, look
from core.ui.export import export
from core.ui.parts import Card, caption, cards, empty, plain
from core.ui.runs import original
from core.ui.table import Column, table

TOLD = "satisfaction"
PERIODS = ("近 12 个月", "本年", "近 3 个月", "本月", "上月", "上年", "全部")
FEW = "样本不足"
_RATES = {
    "n": Column("样本量", "int", help="作出评价的份数；未评价的不算"), "share": Column("满意率", "percent"),
    "range": Column("95% 区间", help="威尔逊区间：样本越少越宽"), "verdict": Column("与 90% 目标", width=170),
    "strict_words": Column("很满意和满意", help="不含“基本满意”的口径"),
    "best": Column("很满意", "int"), "good": Column("满意", "int"), "basic": Column("基本满意", "int"),
    "fair": Column("一般", "int"), "bad": Column("不满意", "int"), "worst": Column("很不满意", "int"),
    "unrated": Column("未评价", "int"),
}
_EXPORTED = {**{name: one for name, one in _RATES.items() if name not in ("range", "strict_words")},
             "low": Column("区间下限", "percent"), "high": Column("区间上限", "percent"),
             "strict": Column("很满意和满意", "percent")}


_ORIGINS = {
    "month": Column("月份", width=90), "source": Column("来源"), "n": Column("样本量", "int"),
    "satisfied": Column("满意", "int"), "unrated": Column("未评价", "int"), "file": Column("文件", width=260),
    "locator": Column("位置"),
}


def method() -> str:
    """How the figures are made, in words."""
    return (
        "满意率 = （很满意 + 满意 + 基本满意）÷ 作出评价的份数，未评价不进分母；"
        "五级问卷没有“基本满意”，即很满意和满意。另列不含“基本满意”的口径。"
        "区间为 95% 威尔逊区间（小样本和接近 100% 时仍可靠）；"
        f"样本少于 {metric.least()} 份的不判断是否达标：即使全部满意，区间下限也到不了 90%。"
        "区间只反映抽样误差；网上问卷为自愿填答，不等于全体居民。"
        "被剔除的和待核的答卷不计入；同一单位、月份、来源以最后导入的文件为准；"
        "当月已导入 12345 回访结果的，不再计入工单自带的评价。")


def percent(value: float | None) -> str:
    """`92.3%`, or a dash; 100 % only where it is."""
    if value is None or pd.isna(value):
        return labels.MISSING
    words = f"{value:.1%}"
    return "99.9%" if words == "100.0%" and value < 1 else "100%" if value == 1 else words


def period(today: date) -> tuple[date, date]:
    """The whole months that the person chose."""
    choice = st.session_state.get("sat_period") or st.query_params.get("sat_period") or PERIODS[0]
    month = Month.of(today)
    spans = {
        "本年": (Month(today.year, 1), month), "近 3 个月": (month.shift(-2), month), "本月": (month, month),
        "上月": (month.shift(-1), month.shift(-1)), "上年": (Month(today.year - 1, 1), Month(today.year - 1, 12)),
    }
    if choice == "全部" and (span := ask(query.span)):
        return span[0].replace(day=1), max(span[1], today)
    first, last = spans.get(choice, (month.shift(-11), month))
    return first.first, last.last


def head(where: Filter, now: datetime) -> tuple[date, date]:
    """Period and cards; returns the period."""
    st.segmented_control("统计月份", PERIODS, default=None if "sat_period" in st.session_state else PERIODS[0],
                         key="sat_period", required=True, bind="query-params", label_visibility="collapsed")
    today = clock.day_of(now)
    first, last = period(today)
    seen = ask(query.overview, first, last, where.units, where.kinds)
    this = ask(query.overview, Month.of(today).first, Month.of(today).last, where.units, where.kinds)
    waits, refused = look(query.waiting), ask(query.refused, first, last)
    rate = seen.rate
    cards([
        Card("满意率", percent(rate.share if rate else None), _range(rate), calm=True,
             help=f"满意 {rate.satisfied:,} 份 / 作出评价 {rate.n:,} 份；下为 95% 区间" if rate else "还没有评价"),
        Card("与 90% 目标", metric.VERDICTS[metric.verdict(rate)].partition("，")[0] if rate else labels.MISSING,
             "区间含目标线" if metric.verdict(rate) in ("reached", "near") else None, calm=True,
             help="区间下限也不低于 90% 才是稳稳达到；样本太少时不作判断"),
        Card("样本量", labels.thousands(rate.n if rate else 0), help=f"作出评价的份数；另有未评价 {seen.unrated:,} 份"),
        Card("很满意和满意", percent(seen.strict.share if seen.strict else None), help="不含“基本满意”的口径"),
        Card("本月评价", labels.thousands(this.rate.n if this.rate else 0)),
        Card("未收下", labels.thousands(int(refused["number"].sum())), f"待核 {waits} 份" if waits else None, calm=True,
             help="网上问卷拒收的提交：填写过快、重复提交、来自其他网站等，见“答卷与意见”"),
    ])
    caption(f"按整月统计：{Month.of(first).label} 至 {Month.of(last).label}；左侧可按单位筛选。")
    return first, last


def figures(where: Filter, first: date, last: date) -> None:
    """By month, unit, source and aspect."""
    seen: Overview = ask(query.overview, first, last, where.units, where.kinds)
    if seen.rate is None:
        empty("所选月份还没有满意度评价。可在“问卷”中新建问卷、打印二维码，"
              "或在“导入”中上传纸质问卷和 12345 回访的结果。")
        return
    spoken = f"{first} 至 {last}"
    st.altair_chart(charts.rates(seen.months, target=metric.TARGET, title="各月满意率与 95% 区间", height=300),
                    alt="各月满意率与 95% 区间")
    st.markdown("**按单位**")
    units = _worded(seen.units)
    few = int((units["verdict"] == FEW).sum())
    caption(f"由低到高；{few} 个单位样本不足 {metric.least()} 份，只列数字，不作判断。" if few else "由低到高。")
    row = table(units, {"name": Column("单位", width=220, pinned=True), **_RATES}, key="sat_units", alt="各单位满意率",
                height=420 if len(units) > 11 else "auto", select=True)
    if row is None:
        caption("点选一个单位，可看它的数字从哪里来。")
    else:
        _behind(units.iloc[row], first, last)
    export(seen.units, {"name": Column("单位"), **_EXPORTED}, f"满意度按单位 {spoken}", method(), key="sat_units_out")
    _grid(where, first, last)
    st.markdown("**按来源**")
    table(_worded(seen.sources), {"name": Column("来源", width=160, pinned=True), **_RATES}, key="sat_sources",
          alt="各来源满意率")
    if not seen.aspects.empty:
        st.markdown("**按分项**")
        table(_worded(seen.aspects), {"name": Column("分项", width=160, pinned=True), **_RATES}, key="sat_aspects",
              alt="各分项满意率")
    used = ask(query.channels, first, last, ask(query.meant, where.units, where.kinds))
    if not used.empty:
        st.markdown("**按常用渠道**")
        table(_worded(used), {"name": Column("渠道", width=160, pinned=True), **_RATES}, key="sat_channels",
              alt="各渠道满意率")
    with st.expander("各月数字", icon=":material/table:"):
        months = _worded(seen.months).assign(name=[Month.of(one).label for one in seen.months["month"]])
        table(months, {"name": Column("月份", width=120, pinned=True), **_RATES}, key="sat_months", alt="各月满意率")
        export(months, {"name": Column("月份"), **_EXPORTED}, f"满意度按月 {spoken}", method(), key="sat_months_out")
    with st.expander("口径与方法", icon=":material/rule:"):
        st.markdown(method())


def _grid(where: Filter, first: date, last: date) -> None:
    """Units by months."""
    with st.expander("按单位和月份", icon=":material/grid_on:"):
        found = ask(query.grid, first, last, where.units, where.kinds)
        months = sorted(found["month"].unique())
        few = int((found["n"] < metric.least()).sum())
        caption(f"格内为当月满意率和样本量，— 为当月没有评价；{few:,} 格样本不足 {metric.least()} 份，只供参考。"
                "区间见导出。")
        cells = found.assign(cell=[f"{percent(one)}（{n}）" for one, n in zip(found["share"], found["n"], strict=True)])
        wide = cells.pivot(index="name", columns="month", values="cell")[months].reset_index()
        wide.columns = ["name", *(str(Month.of(month)) for month in months)]
        heads = {name: Column(name, width=104) for name in wide.columns[1:]}
        table(wide, {"name": Column("单位", width=220, pinned=True), **heads}, key="sat_grid", alt="各单位各月满意率",
              height=420 if len(wide) > 11 else "auto")
        export(found.assign(month=[str(Month.of(month)) for month in found["month"]]),
               {"name": Column("单位"), "month": Column("月份"), **_EXPORTED}, f"满意度按单位和月份 {first} 至 {last}",
               method(), key="sat_grid_out")


def _behind(unit: pd.Series, first: date, last: date) -> None:
    """Where a unit's numbers come from: its answers, and the rows of files with their captures."""
    unit_id = None if pd.isna(unit["unit_id"]) else int(unit["unit_id"])
    found = ask(query.origins, first, last, unit_id)
    with st.container(border=True):
        st.markdown(f"**{plain(unit['name'])}**　{unit['n']:,} 份，满意 {unit['satisfied']:,} 份")
        shown = found.assign(month=[str(Month.of(one)) for one in found["month"]])
        row = table(shown, _ORIGINS, key=f"sat_origins_{unit_id}", select=True, alt="数字的来源")
        if row is None or pd.isna(shown["capture_id"].iloc[row]):
            caption("来自文件的，点选后可看原始数据；网上问卷的见“答卷与意见”，工单评价的见“群众诉求”。")
            return
        capture_id = int(shown["capture_id"].iloc[row])
        caption(f"第 {capture_id} 号原始数据，位置 {shown['locator'].iloc[row] or '多处'}")
        original(capture_id, shown["file"].iloc[row], f"sat_{unit_id}_{row}")


# --- Parts ----------------------------------------------------------------------------------------------------------


def _range(rate: Rate | None) -> str | None:
    return f"{rate.low:.1%} – {rate.high:.1%}" if rate else None


def _worded(frame: pd.DataFrame) -> pd.DataFrame:
    """Rates with the words that tables show; levels that nobody asks for are left empty."""
    return frame.assign(
        range=[None if pd.isna(low) else f"{low:.1%} – {high:.1%}" for low, high in zip(
            frame["low"], frame["high"], strict=True)],
        strict_words=[None if pd.isna(one) else percent(one) for one in frame["strict"]])

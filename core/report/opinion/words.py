"""What the sections of a routine report on opinion say alike: changes against the period before, when, of what."""

from datetime import timedelta

from core import clock
from core.counts import Count
from core.incidents.phrases import MANY, moment
from core.report.content import Table
from core.report.opinion.facts import Facts
from core.report.opinion_parts import heads, titled
from core.report.sentences import moved, percent


def changed(f: Facts, name: str, unit: str) -> str:
    """`，环比增长12.3%`, of few `，比上周增加4条`, with the year before where that is known; empty where nothing is
    compared."""
    now = getattr(f.sums, name)
    said = ""
    if f.earlier is not None:
        said += against(now, getattr(f.earlier, name), unit, f.before)
    if f.year is not None and getattr(f.year, name) >= MANY:
        word = moved("同比", Count(now), Count(getattr(f.year, name)))
        said += f"，{word}" if word else ""
    return said


def against(now: int, before: int, unit: str, word: str) -> str:
    """`，环比增长12.3%`; of few `，比上周增加4条`."""
    if before >= MANY:
        return f"，{moved('环比', Count(now), Count(before))}"
    if now == before:
        return f"，与{word}持平"
    return f"，比{word}{'增加' if now > before else '减少'}{abs(now - before):,}{unit}"


def change_text(now: int, before: int | None, word: str = "环比") -> str:
    """The same as a cell: `增长12.3%`; a dash where it can't be said."""
    if before is None:
        return ""
    return moved(word, Count(now), Count(before)).removeprefix(word)


def when(f: Facts) -> str:
    """Which days, and up to which moment where they are not over: `11月23日至25日`."""
    first, last = f.first, f.last
    year = f"{first.year}年" if first.year != clock.day_of(f.now).year else ""
    said = f"{year}{first.month}月{first.day}日"
    if first != last:
        far = f"{last.year}年" if last.year != first.year else ""
        month = f"{last.month}月" if far or last.month != first.month else ""
        said += f"至{far}{month}{last.day}日"
    return f"{said}（统计至{moment(f.until, f.now)}）" if f.running else said


def what(f: Facts, number: str) -> str:
    """`共监测到舆情信息12条`, with whose or whereof."""
    match f.scope.kind:
        case "watch":
            return f"关注方案{titled(f.scope.name)}共监测到信息{number}"
        case "unit":
            return f"共监测到涉及{f.scope.name}的舆情信息{number}"
    return f"共监测到舆情信息{number}"


def nothing(f: Facts) -> str:
    """That nothing was said, if what was heard allows to say so, or that nothing is known."""
    of = {"watch": f"关注方案{titled(f.scope.name)}的信息", "unit": f"涉及{f.scope.name}的舆情信息"}.get(
        f.scope.kind, "舆情信息")
    ears = f.heard
    if not ears.heard:
        why = f"应采集{ears.expected:,}个来源日，实际采集到0个" if ears.expected else "没有可供采集的舆情来源"
        return f"{when(f)}，没有采集到任何数据（{why}），不能据此判断有无舆情。"
    if not ears.enough:
        return (f"{when(f)}，采集覆盖率仅为{percent(ears.share)}，已采集到的数据中没有{of}，"
                "不能据此认为没有舆情，待补采后再作判断。")
    return f"{when(f)}，未监测到{of}（采集覆盖率{percent(ears.share)}）。"


def covered(f: Facts) -> str:
    """That the figures are a part only, where too little was heard; empty where enough was."""
    if f.heard.enough:
        return ""
    if not f.heard.expected:
        return "数据均来自导入，采集是否完整无法核对，以上仅为已导入部分。"
    return f"{f.this}采集覆盖率为{percent(f.heard.share)}，以上数字仅为已采集部分。"


def coverage_table(f: Facts) -> Table:
    """How much of what could be heard was."""
    ears = f.heard
    columns = heads("应采集（来源日）:int", "已采集（来源日）:int", "覆盖率:percent", "整日缺数（天）:int")
    return Table("采集覆盖情况", columns,
                 ((ears.expected, ears.heard, ears.share, len(ears.deaf)),),
                 note="一个来源的一天计为一个来源日；采集成功即计入，不论当天有无新信息。")


def next_words(f: Facts) -> str:
    """下期, 次日, 下周 …"""
    return {"day": "次日", "week": "下周", "month": "下月", "quarter": "下季度", "year": "下一年"}.get(
        f.period.span, "下期")


def ends(f: Facts) -> str:
    """`期末`, or `目前` of a period that is not over."""
    return "目前" if f.running else "期末"


DAY = timedelta(days=1)

"""Why a figure changed after its report was issued: the facts that came since, held against what the figure is about.
Pure.

A fact says of which account, unit and days it is and which measures it changes; a figure says the same by the words of
its row. The most specific fact that fits is the reason; of several of one kind they are told together. Where none fits,
the reason is not known, which is a matter for the verification.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from core import clock, labels
from core.report.late.held import Change

POSTS, COUNTERS, FOLLOWERS, COVERAGE, CHECKS, MENTIONS, FEELING, RISK, TOPICS, CASES, DEMANDS = (
    "posts", "counters", "followers", "coverage", "checks", "mentions", "feeling", "risk", "topics", "cases", "demands")
SHOWN = 3
"""Facts that are named one by one; ids of each kind that are kept."""
IDS = 20


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that came, or was done, after the report's data were read. `code`: of labels.LATE_REASONS · `words`:
    what, as a clause · `at`: when · `measures`: what it changes (empty: anything) · `account`, `unit`: names, empty for
    none or all · `days`: that it is about (empty: all) · `ids`: (what, id) of its records · `number`: how many."""

    code: str
    words: str
    at: datetime
    measures: frozenset[str] = frozenset()
    account: str = ""
    unit: str = ""
    days: frozenset[date] = frozenset()
    ids: tuple[tuple[str, int], ...] = ()
    number: int = 1
    named: frozenset[str] = frozenset()
    own: bool = True


@dataclass(frozen=True, slots=True)
class Known:
    """The names that a report's rows can mean, and its days."""

    accounts: frozenset[str]
    units: frozenset[str]
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Reason:
    """`code`: of labels.LATE_REASONS · `words`: one sentence · `evidence`: {what, id} of the records behind it."""

    code: str
    words: str
    evidence: tuple[dict[str, object], ...] = field(default=())


UNKNOWN = Reason("unknown", "没有找到可以解释这一变动的记录，请到“数据质量”核验这个月份的数据")
_ORDER = tuple(labels.LATE_REASONS)
_MEASURES = (
    (FOLLOWERS, r"粉丝|关注数"), (COVERAGE, r"覆盖|掌握|已有数据|有数据|缺|来源日"),
    (CHECKS, r"不合格|检查|差错|用词|扣分|预警天|问题清单|达标|合格|断更|停更"),
    (COUNTERS, r"阅读|播放|点赞|转发|评论|在看|分享|收藏|转评赞|互动|指数|得分"), (POSTS, r"发布|原创|推送|头条"),
    (FEELING, r"正面|中性|负面|情感"), (RISK, r"敏感|风险"), (DEMANDS, r"诉求|问题"), (TOPICS, r"话题|观点"),
    (CASES, r"事件|预警|任务|时限"),
)
_BROAD = ((MENTIONS, r"信息|转载|去重|平台|走势"), (POSTS, r"篇|条"))
"""Words that many figures have, and that tell only where no other does."""
_PER = re.compile(r"平均每[篇条]|每[篇条]|[（(][篇条次个]*[）)]")
"""What says nothing of what is counted: `阅读数（次）`, `平均每篇`."""


def measure(change: Change) -> str:
    """What a figure counts, by its words; empty where they don't tell."""
    near = change.column, change.row, change.block
    for places, patterns in ((near, _MEASURES), ((*near, change.section), _BROAD), ((change.section,), _MEASURES)):
        for words in places:
            for name, pattern in patterns:
                if re.search(pattern, _PER.sub("", words)):
                    return name
    return ""


def find(change: Change, facts: Sequence[Fact], known: Known) -> Reason:
    """The reason of a change."""
    fitting = [fact for fact in facts if fits(change, fact, known)]
    if not fitting and (change.whole or re.search(_BESIDE, f"{change.column}/{change.name}")):
        fitting = [fact for fact in facts if fits(change, fact, known, beside=True)]  # another's moved this one
    if not fitting:
        return UNKNOWN
    code = min((fact.code for fact in fitting), key=_ORDER.index)
    chosen = [fact for fact in fitting if fact.code == code]
    own = [fact for fact in chosen if fact.own] or chosen
    named = [fact for fact in own if _named(change, fact)] or own
    return told(code, named)


_BESIDE = r"占|比|率|名次|排名|平均"
"""What a figure is called that others' change moves."""


def fits(change: Change, fact: Fact, known: Known, *, beside: bool = False) -> bool:
    """Whether a fact can be why a figure changed; `beside`: though it is another's."""
    what = measure(change)
    if fact.measures and what and what not in fact.measures and not change.whole:
        return False
    if beside:
        return True
    words = set(change.labels)
    accounts, units = words & known.accounts, words & known.units
    if fact.account and accounts and fact.account not in accounts:
        return False
    if fact.unit and units and not accounts and fact.unit not in units:
        return False
    if fact.days and (day := _day(change, known)):
        return bool(fact.days & set(clock.days(*day))) if fact.own else False
    return True


def _named(change: Change, fact: Fact) -> bool:
    return bool({fact.account, *fact.named} & set(change.labels) - {""})


def _day(change: Change, known: Known) -> tuple[date, date] | None:
    """The days that a figure's row or label means: a day or a month; None where it is of the whole period."""
    for word in (change.row, change.column, *change.labels):
        if found := re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", word):
            day = date(*map(int, found.groups()))
            return day, day
        if found := re.fullmatch(r"(?:(\d{4})年)?(\d{1,2})月(?:(\d{1,2})日)?", word):
            year, month, day = found.groups()
            for number in range(known.first.year, known.last.year + 1):
                if year and int(year) != number:
                    continue
                one = date(number, int(month), int(day or 1))
                last = one if day else clock.Month.of(one).last
                if known.first <= last and one <= known.last:
                    return one, last
    return None


def told(code: str, facts: Iterable[Fact]) -> Reason:
    """One sentence on facts of one kind, the largest ones named."""
    ordered = sorted(facts, key=lambda fact: (-fact.number, fact.at, fact.words))
    said = "；".join(fact.words for fact in ordered[:SHOWN])
    if len(ordered) > SHOWN:
        said += f"；另有{len(ordered) - SHOWN}项"
    ids = list(dict.fromkeys(one for fact in ordered for one in fact.ids))[:IDS]
    return Reason(code, f"{labels.LATE_REASONS[code]}：{said}",
                  tuple({"what": what, "id": id_} for what, id_ in ids))


FIRM = frozenset({"arrived", "corrected", "marks", "ledger"})
"""Reasons that let a statement of how things stood count as late."""
_OUTLOOK = ("下期关注", "工作建议", "未来走势", "预测")
_STANDING = r"话题|事件|预警|任务|时限|立场|观点"


def late(change: Change, reason: Reason, *, opinion: bool) -> bool:
    """Whether a change is of what the report tells of, and not of how things stood when it told. Forecasts and what is
    drawn from them are of their moment; topics, viewpoints, incidents and warnings are told as they stood, and change
    only where something that came later, or a person, changed them for that time."""
    if not opinion:
        return True
    words = f"{change.section}/{change.block}/{change.row}/{change.column}"
    if any(word in words for word in _OUTLOOK):
        return False
    return reason.code in FIRM if re.search(_STANDING, words) else True

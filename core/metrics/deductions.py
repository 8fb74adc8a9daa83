"""The district's own list of deductions and bonuses (本地扣分项), from plain values: what an account's record comes to.

Every count is two numbers: what is certain, and what it is at most. Days, posts or capabilities of which nothing is
known make the difference; where it matters for the outcome, the outcome is 无法判定. Points of an item end at its most.
Nationally an account of new media only passes or fails by the veto items (core.metrics.compliance): this is apart.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from typing import Any, Literal

from core.clock import days
from core.faults import BadInput
from core.metrics.cadence import longest_gap
from core.metrics.compliance import Facts, Inspection, opening

Verdict = Literal["pass", "fail", "unknown", "none"]
PASSES: dict[Verdict, str] = {"fail": "不合格", "unknown": "无法判定", "pass": "合格", "none": "不检查"}
"""What a record came to by the local list; the gravest first."""
APART = (
    "按国办秘函〔2019〕19号，政务新媒体在全国只看单项否决，结论只有合格、不合格；"
    "本地扣分由本区自定，单独列出，不改变全国口径的结论。"
)
WEEK = 7
NAME_MOST, WORDS_MOST, ITEMS_MOST, POINTS_MOST = 40, 200, 50, 1000


@dataclass(frozen=True, slots=True)
class Test:
    """What can be counted from the data. `limit`: the word for the number that it needs, empty where it needs none."""

    name: str
    how: str
    limit: str = ""


TESTS: dict[str, Test] = {
    "gap": Test("最长间断", "期内连续没有发布超过 N 天的，计 1 次；只数能确认没有发布的日子，不跨出期外。", "超过几天"),
    "weekly": Test("每周发布数", "期内每个完整的自然周（周一至周日）发布少于 N 篇的，计 1 次；"
                   "有日子没有采集到的周无法判定。", "少于几篇"),
    "words": Test("用词差错", "词表查到、人工确认属实的用词，每篇每词计 1 次；待确认的无法判定。"),
    "leaders": Test("领导姓名职务差错", "领导名单查到、人工确认属实的，每篇每处写法计 1 次；待确认的无法判定。"),
    "interaction": Test("没有互动功能", "台账“互动功能”为“无”的，计 1 次；未核的无法判定。"),
    "registration": Test("没有备案号", "台账没有填写备案号的，计 1 次。"),
    "twins": Test("同平台重复开号", "同一单位在同一第三方平台还有其他账号的，计 1 次；没有归属单位的无法判定。"),
}


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the list. `points` for each time, `most` of the item in one period; `test` is a key of TESTS (empty:
    only what people enter counts) with its `limit`."""

    key: str
    name: str
    words: str
    points: float
    most: float
    bonus: bool = False
    test: str = ""
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """The list as it is in force: an account begins with `base`, passes from `pass_line` on, and has bonuses added
    where it stands above `bonus_line` without them."""

    valid_from: date
    base: float
    pass_line: float
    bonus_line: float
    items: tuple[Item, ...]

    def said(self) -> list[dict[str, Any]]:
        """The items as plain values."""
        return [asdict(item) for item in self.items]


USUAL = (
    Item("01", "内容更新不及时", "期内出现较长时间不更新", 10, 20, test="gap", limit=7),
    Item("02", "发布频次不足", "每周发布少于规定篇数", 2, 10, test="weekly", limit=3),
    Item("03", "功能无法使用", "菜单、链接、查询等功能打不开", 5, 20),
    Item("04", "表述错误、错别字", "经人工确认的错别字和不规范表述", 1, 10, test="words"),
    Item("05", "领导姓名职务差错", "经人工确认的领导姓名、职务错误", 5, 20, test="leaders"),
    Item("06", "无互动功能", "没有留言、私信等有效互动渠道", 5, 5, test="interaction"),
    Item("07", "未备案", "没有在报送系统登记备案号", 2, 2, test="registration"),
    Item("08", "重复开设账号", "同一单位在同一平台开设多个账号", 5, 5, test="twins"),
    Item("09", "稿件被上级采用", "被市级以上政务新媒体采用", 2, 20, bonus=True),
)
"""What lists of districts usually hold, to begin with."""


def read(items: Sequence[Mapping[str, Any]]) -> tuple[Item, ...]:
    """Items of plain values, as `Sheet.said` gives them."""
    return tuple(Item(**one) for one in items)


def checked(sheet: Sheet) -> Sheet:
    """The list with its texts settled. Raises BadInput (Chinese), naming the item and what to change."""
    for name, value in (("基础分", sheet.base), ("合格线", sheet.pass_line), ("加分线", sheet.bonus_line)):
        if not 0 <= value <= POINTS_MOST:
            raise BadInput(f"{name}应在 0 至 {POINTS_MOST} 之间，现在是 {said(value)}")
    if not sheet.pass_line <= sheet.base or not sheet.bonus_line <= sheet.base:
        raise BadInput(f"合格线、加分线不能高于基础分（{said(sheet.base)}），否则没有账号能达到")
    if not 1 <= len(sheet.items) <= ITEMS_MOST:
        raise BadInput(f"本地扣分项应有 1 至 {ITEMS_MOST} 条，现在是 {len(sheet.items)} 条")
    items = tuple(_checked(number, item) for number, item in enumerate(sheet.items, start=1))
    for field, word in (("key", "编号"), ("name", "名称")):
        seen = [getattr(item, field) for item in items]
        if twice := next((one for one in seen if seen.count(one) > 1), None):
            raise BadInput(f"本地扣分项的{word}“{twice}”重复，请改成不同的{word}")
    return replace(sheet, items=items)


def _checked(number: int, item: Item) -> Item:
    name, words = " ".join(item.name.split()), " ".join(item.words.split())
    where = f"本地扣分项第 {number} 条" + (f"“{name[:NAME_MOST]}”" if name else "")
    if not 1 <= len(name) <= NAME_MOST:
        raise BadInput(f"{where}：名称应有 1 至 {NAME_MOST} 个字")
    if len(words) > WORDS_MOST:
        raise BadInput(f"{where}：说明超过 {WORDS_MOST} 个字，请缩短")
    for word, value in (("每次分值", item.points), ("最高分值", item.most)):
        if not 0 < value <= POINTS_MOST or round(value, 2) != value:
            raise BadInput(f"{where}：{word}应大于 0、不超过 {POINTS_MOST}，最多两位小数，现在是 {said(value)}")
    if item.points > item.most:
        raise BadInput(f"{where}：每次 {said(item.points)} 分高于本项最高 {said(item.most)} 分，请改正其中一个")
    if item.test and item.test not in TESTS:
        raise BadInput(f"{where}：没有自动核查“{item.test}”，请重新选择")
    if item.bonus and item.test:
        raise BadInput(f"{where}：加分项只能由人工登记，请去掉自动核查")
    wanted = TESTS[item.test].limit if item.test else ""
    if wanted and (item.limit is None or not 1 <= item.limit <= 366):
        raise BadInput(f"{where}：请填写“{wanted}”，1 至 366 的整数")
    return replace(item, name=name, words=words, limit=item.limit if wanted else None)


def said(value: float) -> str:
    """Points as they are written: `2`, `0.5`."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


# --- One account's record -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Count:
    """How often a test was failed: `least` for certain, `most` at most (None: no bound), and why in words."""

    least: int
    most: int | None
    words: str = ""

    @property
    def certain(self) -> bool:
        return self.least == self.most


@dataclass(frozen=True, slots=True)
class Mark:
    """What a person entered: how often, on which day, why, and what shows it."""

    item: str
    day: date
    times: int
    reason: str
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One item of a record: times and points, for certain and at most; `source` tells 自动 from 人工, `words` is the
    evidence."""

    item: Item
    least: int
    most: int | None
    points: float
    points_most: float
    source: str
    words: str

    @property
    def certain(self) -> bool:
        return self.points == self.points_most

    @property
    def amount(self) -> str:
        """`扣 4 分`, `加 2 分`, `不扣分`, `无法判定`, `扣 4 分，另有无法判定（至多 10 分）`."""
        verb = "加" if self.item.bonus else "扣"
        if not self.points_most:
            return f"不{verb}分"
        if self.certain:
            return f"{verb} {said(self.points)} 分"
        if not self.points:
            return f"无法判定（至多{verb} {said(self.points_most)} 分）"
        return f"{verb} {said(self.points)} 分，另有无法判定（至多共 {said(self.points_most)} 分）"


@dataclass(frozen=True, slots=True)
class Record:
    """One account's record of one period. `total` is what it comes to if nothing unjudged costs points, `least` if all
    of it does; bonuses are added only above the line. Empty where the account is not inspected at all."""

    verdict: Verdict
    lines: tuple[Line, ...] = ()
    deducted: float = 0
    deducted_most: float = 0
    bonus: float = 0
    total: float | None = None
    least: float | None = None
    ignored: int = 0
    """Entries under items that the list in force doesn't have."""

    @property
    def score(self) -> str:
        """`92`, `80～92`, or a dash."""
        if self.total is None or self.least is None:
            return "—"
        return said(self.total) if self.total == self.least else f"{said(self.least)}～{said(self.total)}"

    @property
    def unjudged(self) -> tuple[str, ...]:
        """Names of the items of which something can't be judged."""
        return tuple(line.item.name for line in self.lines if not line.certain)

    @property
    def words(self) -> str:
        """What was taken and given, in a sentence: `内容更新不及时：扣 10 分。`"""
        told = [f"{line.item.name}{line.amount}" for line in self.lines if line.points or not line.certain]
        return "；".join(told) + "。" if told else "没有扣分。" if self.total is not None else ""


NOT_INSPECTED = Record("none")


@dataclass(frozen=True, slots=True)
class Known:
    """What the tests need beyond `Facts`: posts of each day of the period, and distinct words of posts found by the
    list of words and by the leaders' list: confirmed, and waiting for a person."""

    posts: Mapping[date, int]
    words: tuple[int, int] = (0, 0)
    leaders: tuple[int, int] = (0, 0)


def record(
    sheet: Sheet, facts: Facts, inspection: Inspection, known: Known, marks: Sequence[Mark], first: date, last: date
) -> Record:
    """The record of an account from first to last."""
    if inspection.verdict == "none":
        return NOT_INSPECTED
    lines = tuple(_line(item, count(item, facts, inspection, known, first, last) if item.test else None,
                        [mark for mark in marks if mark.item == item.key]) for item in sheet.items)
    taken = [line for line in lines if not line.item.bonus]
    deducted, deducted_most = (round(sum(points), 2) for points in zip(
        *((line.points, line.points_most) for line in taken), strict=True)) if taken else (0.0, 0.0)
    bonus = round(sum(line.points for line in lines if line.item.bonus), 2)
    # Bonuses are entered by people and certain; whether they count is not.
    high, low = (max(round(sheet.base - points, 2), 0.0) for points in (deducted, deducted_most))
    total, least = (round(points + bonus, 2) if points > sheet.bonus_line else points for points in (high, low))
    verdict: Verdict = "pass" if least >= sheet.pass_line else "fail" if total < sheet.pass_line else "unknown"
    keys = {item.key for item in sheet.items}
    return Record(verdict, lines, deducted, deducted_most, bonus if high > sheet.bonus_line else 0.0, total, least,
                  sum(mark.item not in keys for mark in marks))


def _line(item: Item, found: Count | None, marks: Sequence[Mark]) -> Line:
    entered = sum(mark.times for mark in marks)
    least = entered + (found.least if found else 0)
    most = None if found and found.most is None else entered + (found.most or 0 if found else 0)
    source = "、".join(filter(None, ("自动" if found else "", "人工" if marks else "")))
    words = [found.words] if found else [] if marks else ["没有登记。"]
    words += [f"{mark.day} {mark.reason}" + (f"（{mark.times} 次）" if mark.times > 1 else "")
              + (f"，依据：{mark.evidence}" if mark.evidence else "") + "。" for mark in marks]
    points = round(min(item.points * least, item.most), 2)
    points_most = item.most if most is None else round(min(item.points * most, item.most), 2)
    return Line(item, least, most, points, points_most, source or "人工", "".join(words))


# --- Automatic tests ------------------------------------------------------------------------------------------------


def count(item: Item, facts: Facts, inspection: Inspection, known: Known, first: date, last: date) -> Count:
    """How often an item's test was failed between two days. Where updates aren't judged (a suspended account) nothing
    that depends on them is."""
    match item.test:
        case "gap" | "weekly" if not inspection.updates:
            return Count(0, 0, "账号已停更，不适用。")
        case "gap":
            return _gap(item.limit, facts, inspection, first, last)
        case "weekly":
            return _weekly(item.limit, facts, known, first, last)
        case "words":
            return _found(facts, *known.words, "用词")
        case "leaders":
            return _found(facts, *known.leaders, "领导姓名职务")
        case "interaction":
            check = inspection.check("interaction")
            least, most = {"fail": (1, 1), "unknown": (0, 1)}.get(check.outcome, (0, 0))
            return Count(least, most, check.words)
        case "registration":
            check = inspection.check("registration")
            missing = int(check.outcome == "remind")
            return Count(missing, missing, check.words)
        case "twins":
            check = inspection.check("single")
            least, most = {"remind": (1, 1), "unknown": (0, 1)}.get(check.outcome, (0, 0))
            return Count(least, most, check.words)
    raise ValueError(f"no such test: {item.test}")


def _gap(limit: int, facts: Facts, inspection: Inspection, first: date, last: date) -> Count:
    begin = max(first, opening(facts, last)[0])
    sure, widest = inspection.gap, longest_gap(facts.active, begin, last)
    if sure is not None and sure.days > limit:
        return Count(1, 1, f"{sure.first} 至 {sure.last} 连续 {sure.days} 天没有发布。")
    if widest is not None and widest.days > limit:
        least = f"能确认的最长间断 {sure.days} 天" if sure else "没有能够确认的间断"
        return Count(0, 1, f"{least}，{widest.first} 至 {widest.last} 有日子没有采集到，可能超过 {limit} 天。")
    return Count(0, 0, f"最长间断 {widest.days if widest else 0} 天，没有超过 {limit} 天。")


def _weekly(limit: int, facts: Facts, known: Known, first: date, last: date) -> Count:
    begin = max(first, opening(facts, last)[0])
    monday = begin + timedelta(-begin.weekday() % WEEK)
    short, unknown, weeks = [], [], 0
    while monday + timedelta(WEEK - 1) <= last:
        span = days(monday, monday + timedelta(WEEK - 1))
        weeks += 1
        if sum(known.posts.get(day, 0) for day in span) < limit:
            whole = all(day in facts.known or day in facts.active for day in span)
            (short if whole else unknown).append(monday)
        monday += timedelta(WEEK)
    if not weeks:
        return Count(0, 0, "期内没有完整的自然周。")
    words = f"{weeks} 个完整的自然周中，{len(short)} 周发布少于 {limit} 篇"
    if short:
        words += f"（{'、'.join(f'{day:%m-%d}' for day in short[:6])}{'等' if len(short) > 6 else ''}起的一周）"
    if unknown:
        words += f"；另有 {len(unknown)} 周有日子没有采集到，无法判定"
    return Count(len(short), len(short) + len(unknown), f"{words}。")


def _found(facts: Facts, confirmed: int, pending: int, what: str) -> Count:
    if facts.posts and not facts.read:
        return Count(0, None, f"期内 {facts.posts} 篇没有采集到标题和正文，无法核对。")
    unread = f"，{facts.posts - facts.read} 篇没有采集到文字" if facts.posts > facts.read else ""
    words = f"核对 {facts.read} 篇{unread}，{what}确认属实 {confirmed} 处"
    return Count(confirmed, confirmed + pending, f"{words}，待确认 {pending} 处。" if pending else f"{words}。")

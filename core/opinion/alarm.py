"""When to warn: terms over a mention, a topic or an incident, judged on plain values, with the reason in Chinese.

All terms that a rule names have to hold. A figure that is not known does not reach any number that is asked of it.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

from core.faults import BadInput
from core.labels import FAMILIES, LEVELS, MISSING, wan
from core.opinion.watch import REACH, parse

SUBJECTS = {"mention": "单条信息", "topic": "热点话题", "incident": "事件"}
GROUPINGS = {"event": "同一件事合并", "place": "同一地点、同类合并", "each": "逐条预警"}
REACHES = {value: name for name, value in REACH.items()}
"""Figures that tell how far something has gone, by their names in figures: 阅读, 互动, 转载, 热度."""
NEGATIVE = "负面"


class _Terms:
    """What terms have in common: made of JSON values and back."""

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """From stored or entered values; what is unknown is refused. Raises BadInput."""
        known = {one.name for one in fields(cls)}
        if strange := sorted(set(values) - known):
            raise BadInput(f"预警条件里有不认识的项目：{'、'.join(strange)}，请重新填写这条规则")
        try:
            made = cls(**{name: tuple(value) if isinstance(value, list) else value for name, value in values.items()})
        except TypeError as error:
            raise BadInput("预警条件不完整，请重新填写这条规则") from error
        made.check()
        return made

    def kept(self) -> dict[str, Any]:
        """As JSON values, without what is not asked."""
        empty = asdict(type(self)())
        return {name: list(value) if isinstance(value, tuple) else value
                for name, value in asdict(self).items() if value != empty[name]}

    def check(self) -> None:
        """Raises BadInput for terms that cannot be."""
        if not self.kept():
            raise BadInput("请至少选一项预警条件，否则每条信息都会预警")


def _within(name: str, value: float, least: float, most: float) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
        raise BadInput(f"“{name}”应在 {least:g} 到 {most:g} 之间")


@dataclass(frozen=True, slots=True)
class MentionTerms(_Terms):
    """Of a single mention. `risk`: least score; `kinds`: classes of its gravest word; `words`: in the grammar of
    watches; `watches`, `towns`, `units` (ids), `families`: one of them; `weight`: least weight of its source;
    `negative`: read as negative with confidence; `reach` and `reached`: the figure and its least value."""

    risk: int = 0
    kinds: tuple[str, ...] = ()
    words: str = ""
    watches: tuple[int, ...] = ()
    towns: tuple[str, ...] = ()
    units: tuple[int, ...] = ()
    families: tuple[str, ...] = ()
    weight: float = 0
    negative: bool = False
    reach: str = ""
    reached: int = 0

    def check(self) -> None:
        super(MentionTerms, self).check()  # by name: slots make the class anew
        _within("风险分", self.risk, 0, 100)
        _within("来源权重", self.weight, 0, 10)
        if self.words:
            parse(self.words)
        if strange := set(self.families) - set(FAMILIES):
            raise BadInput(f"没有这样的平台类别：{'、'.join(sorted(strange))}")
        if bool(self.reach) != bool(self.reached) or (self.reach and self.reach not in REACHES):
            raise BadInput("传播量条件要同时选指标和数值（阅读、互动、转载、热度之一）")
        _within("传播量", self.reached, 0, 10**12)


@dataclass(frozen=True, slots=True)
class TopicTerms(_Terms):
    """Of a topic in the last 24 hours. `least`: mentions; `growth`: times its daily rhythm of the seven days before
    (a topic younger than that: of the days it has); `negative`: least share of negative mentions in per cent, of those
    that are read with confidence; `risk`: least score of its gravest mention; `platforms`: how many; `words`: in title
    or keywords; `towns`, `units`: of most of its mentions whose place or unit is known."""

    least: int = 0
    growth: float = 0
    negative: int = 0
    risk: int = 0
    platforms: int = 0
    words: str = ""
    towns: tuple[str, ...] = ()
    units: tuple[int, ...] = ()

    def check(self) -> None:
        super(TopicTerms, self).check()
        _within("信息条数", self.least, 0, 10**9)
        _within("增长倍数", self.growth, 0, 10**6)
        _within("负面占比", self.negative, 0, 100)
        _within("风险分", self.risk, 0, 100)
        _within("平台数", self.platforms, 0, 1000)
        if self.words:
            parse(self.words)


@dataclass(frozen=True, slots=True)
class IncidentTerms(_Terms):
    """Of an open incident. `levels`: one of them; `left`: a response clock runs out in so many minutes or has run out;
    `overdue`: a unit's answer is overdue; `more`: so many new mentions in the last 24 hours."""

    levels: tuple[str, ...] = ()
    left: int = 0
    overdue: bool = False
    more: int = 0

    def check(self) -> None:
        super(IncidentTerms, self).check()
        if strange := set(self.levels) - set(LEVELS):
            raise BadInput(f"没有这样的等级：{'、'.join(sorted(strange))}")
        _within("剩余分钟", self.left, 0, 48 * 60)
        _within("新增条数", self.more, 0, 10**9)
        if not (self.left or self.overdue or self.more):
            raise BadInput("事件规则请至少选“回应时限”“反馈逾期”“新增信息”中的一项")


TERMS: dict[str, type[_Terms]] = {"mention": MentionTerms, "topic": TopicTerms, "incident": IncidentTerms}


@dataclass(frozen=True, slots=True)
class Heard:
    """A mention as its rules see it. `words`: whether the rule's own words were found, with the reason; `watches`: id
    to name of those that it meets; figures that are not known are left out; `weight`: of its source."""

    risk: int
    kind: str
    sentiment: str = ""
    sure: bool = False
    town: str = ""
    unit_id: int | None = None
    unit: str = ""
    family: str = ""
    watches: Mapping[int, str] = field(default_factory=dict)
    weight: float = 1.0
    figures: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Swell:
    """A topic as its rules see it: mentions of the last 24 hours, its daily rhythm before (None: no days before), those
    read with confidence and the negative ones of these, the gravest score, platforms, towns and units with their
    mentions."""

    mentions: int
    rhythm: float | None
    read: int
    negative: int
    risk: int
    platforms: int
    towns: Mapping[str, int] = field(default_factory=dict)
    units: Mapping[int, int] = field(default_factory=dict)
    unit_names: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """An incident as its rules see it: level, minutes until the nearest response clock runs out (negative: it has;
    None: none runs), units whose answers are overdue, new mentions of the last 24 hours."""

    level: str
    left: int | None
    clock: str
    overdue: tuple[str, ...]
    more: int


def of_mention(terms: MentionTerms, heard: Heard, words: str | None) -> str | None:
    """Why a mention meets the terms, or None. `words`: why its text meets the rule's words, None where it does not."""
    if heard.risk < terms.risk or heard.weight < terms.weight:
        return None
    said: list[str] = []
    if terms.risk:
        said.append(f"风险 {heard.risk} 分（≥{terms.risk}）")
    for asked, has, name in ((terms.kinds, heard.kind, "类别"), (terms.towns, heard.town, "地点")):
        if asked:
            if has not in asked:
                return None
            said.append(f"{name}：{has}")
    if terms.units:
        if heard.unit_id not in terms.units:
            return None
        said.append(f"责任单位：{heard.unit or MISSING}")
    if terms.families:
        if heard.family not in terms.families:
            return None
        said.append(f"平台类别：{FAMILIES[heard.family]}")
    if terms.watches:
        met = [heard.watches[id_] for id_ in terms.watches if id_ in heard.watches]
        if not met:
            return None
        said.append(f"符合方案：{'、'.join(met)}")
    if terms.negative:
        if heard.sentiment != NEGATIVE or not heard.sure:
            return None
        said.append("情感：负面")
    if terms.reach:
        value = heard.figures.get(terms.reach)
        if value is None or value < terms.reached:
            return None
        said.append(f"{REACHES[terms.reach]} {wan(value)}（≥{wan(terms.reached)}）")
    if terms.weight:
        said.append(f"来源权重 {heard.weight:g}（≥{terms.weight:g}）")
    if terms.words:
        if words is None:
            return None
        said.append(words)
    return "；".join(said)


def of_topic(terms: TopicTerms, swell: Swell, words: str | None) -> str | None:
    """Why a topic meets the terms, or None; `words` as of `of_mention`."""
    if swell.mentions < max(terms.least, 1) or swell.risk < terms.risk or swell.platforms < terms.platforms:
        return None
    said = [f"近 24 小时 {swell.mentions} 条" + (f"（≥{terms.least}）" if terms.least else "")]
    if terms.growth:
        times = growth(swell)
        if times is None or times < terms.growth:
            return None
        said.append(f"为前 7 日日均的 {times:.1f} 倍（≥{terms.growth:g}）")
    if terms.negative:
        share = 100 * swell.negative / swell.read if swell.read else None
        if share is None or share < terms.negative:
            return None
        said.append(f"负面占 {share:.0f}%（≥{terms.negative}%，{swell.read} 条可判断）")
    if terms.risk:
        said.append(f"最高风险 {swell.risk} 分（≥{terms.risk}）")
    if terms.platforms:
        said.append(f"{swell.platforms} 个平台（≥{terms.platforms}）")
    if terms.towns:
        main = _most(swell.towns)
        if main not in terms.towns:
            return None
        said.append(f"地点：{main}")
    if terms.units:
        main_unit = _most(swell.units)
        if main_unit not in terms.units:
            return None
        said.append(f"责任单位：{swell.unit_names.get(main_unit, MISSING)}")
    if terms.words:
        if words is None:
            return None
        said.append(words)
    return "；".join(said)


def growth(swell: Swell) -> float | None:
    """How many times its daily rhythm a topic's last 24 hours are; None where nothing came before: then there is no
    rhythm to grow from. Below one a day the rhythm counts as one a day, as two after one in a week is no growth."""
    return None if swell.rhythm is None else swell.mentions / max(swell.rhythm, 1.0)


def of_incident(terms: IncidentTerms, standing: Standing) -> str | None:
    """Why an incident meets the terms, or None: its level, and any of clock, overdue answers and new mentions."""
    if terms.levels and standing.level not in terms.levels:
        return None
    said = []
    if terms.left and standing.left is not None and standing.left <= terms.left:
        said.append(f"{standing.clock}还剩 {standing.left} 分钟" if standing.left >= 0
                    else f"{standing.clock}已超时 {-standing.left} 分钟")
    if terms.overdue and standing.overdue:
        said.append(f"反馈逾期：{'、'.join(standing.overdue)}")
    if terms.more and standing.more >= terms.more:
        said.append(f"近 24 小时新增 {standing.more} 条（≥{terms.more}）")
    return "；".join(said) or None


def _most(counted: Mapping[Any, int]) -> Any:
    return max(counted, key=lambda one: (counted[one], str(one)), default=None)


# --- Plans ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    """Persons (ids) told when nobody has acknowledged `after` minutes after the alert."""

    people: tuple[int, ...]
    after: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """Whom a rule tells, and how. `steps`: in order of their minutes; `channels`: ids of channels to persons, the first
    that takes it; `groups`: ids of bots and webhooks, told at once; `cool`: minutes in which what belongs together
    joins the alert that there is; `quiet`: from and to, minutes of the Shanghai day (equal: none), which a red alert
    ignores; `digest`: minutes of the day at which what came is told together (none: at once); `most`: alerts an hour
    that go out singly."""

    steps: tuple[Step, ...] = ()
    channels: tuple[int, ...] = ()
    groups: tuple[int, ...] = ()
    grouping: str = "event"
    cool: int = 360
    quiet: tuple[int, int] = (0, 0)
    digest: tuple[int, ...] = ()
    most: int = 30

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Plan":
        """From stored or entered values. Raises BadInput."""
        if strange := sorted(set(values) - {one.name for one in fields(cls)}):
            raise BadInput(f"通知方式里有不认识的项目：{'、'.join(strange)}，请重新填写这条规则")
        try:
            steps = tuple(Step(tuple(one["people"]), int(one.get("after", 0))) for one in values.get("steps", ()))
            rest = {name: tuple(value) if isinstance(value, list) else value
                    for name, value in values.items() if name != "steps"}
            made = cls(steps=steps, **rest)
        except (TypeError, KeyError, ValueError) as error:
            raise BadInput("通知方式不完整，请重新填写这条规则") from error
        made.check()
        return made

    def kept(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "steps": [{"people": list(step.people), "after": step.after} for step in self.steps],
            "channels": list(self.channels), "groups": list(self.groups), "grouping": self.grouping, "cool": self.cool,
            "quiet": list(self.quiet), "digest": list(self.digest), "most": self.most,
        }

    def check(self) -> None:
        """Raises BadInput for a plan that cannot be."""
        if self.grouping not in GROUPINGS:
            raise BadInput("请选择合并方式")
        _within("冷却时间（分钟）", self.cool, 0, 7 * 1440)
        _within("每小时单独预警数", self.most, 1, 1000)
        afters = [step.after for step in self.steps]
        if any(not step.people for step in self.steps):
            raise BadInput("每一级通知都要有人，请选择或删去空的一级")
        if afters and (afters[0] != 0 or sorted(set(afters)) != afters or afters[-1] > 1440):
            raise BadInput("逐级上报的分钟数应从 0 开始逐级增加，最多 1440")
        if len(self.quiet) != 2 or any(not 0 <= minute < 1440 for minute in (*self.quiet, *self.digest)):
            raise BadInput("时刻应在 00:00 到 23:59 之间")
        if self.steps and not self.channels:
            raise BadInput("选了通知的人，还要选一个通知渠道（短信、邮件）")

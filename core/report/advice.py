"""What is suggested, and what it rests on: the rules that reports of incidents and of topics share.

A rule says what has to be the case and makes the suggestion with its grounds, or nothing. Nothing else is suggested; a
person may put it in other words before a report is issued.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from core import labels
from core.incidents.phrases import MANY, growth
from core.metrics.growth import share
from core.query.corpus import LISTS, NETIZENS, Voice
from core.query.incident_mentions import Standing
from core.query.topic_views import Seen
from core.report.sentences import percent

NEGATIVE = 0.4
"""Share of 负面 among netizens from which it is answered point by point."""
GROWING = 1.5
"""So many times the items of the 24 hours before: it is growing."""
MOST, MOST_FIRST = 6, 4
"""Suggestions of one report, and of the first one about an incident, which is short."""
WHEN_NEGATIVE = f"已判读的网民信息不少于{MANY}条，负面占比不低于{NEGATIVE:.0%}"
WHEN_STANCE = "网民意见有质疑求证、批评谴责或诉求建议"
WHEN_GROWING = f"近24小时新增不少于{MANY}条，且达到前24小时的{GROWING}倍"
WHEN_LISTS = "有热榜条目"
Given = TypeVar("Given")


@dataclass(frozen=True, slots=True)
class Advice:
    """A suggestion or a lesson, and what it rests on."""

    text: str
    grounds: str

    def __str__(self) -> str:
        return f"{self.text}（依据：{self.grounds}）。"


@dataclass(frozen=True, slots=True)
class Rule(Generic[Given]):
    """`when`: what has to be the case, in words; `make`: what is suggested then, with its grounds (None: it is not)."""

    when: str
    make: Callable[[Given], Advice | None]


def advice(facts: Given, rules: Sequence[Rule[Given]], otherwise: Advice, most: int = MOST) -> list[Advice]:
    """What the rules say, in their order, no more than so many."""
    found = [made for rule in rules if (made := rule.make(facts)) is not None]
    return found[:most] or [otherwise]


def negative(voices: Mapping[str, Voice]) -> Advice | None:
    """Many netizens speak of it badly."""
    voice = voices.get(NETIZENS)
    part = share(voice.numbers["负面"], voice.felt) if voice and voice.felt >= MANY else None
    if part is None or part < NEGATIVE:
        return None
    return Advice("针对网民集中反映的问题逐项回应，同步做好现场解释和疏导", f"网民信息中负面占{percent(part)}")


STANCE_ADVICE = {
    "质疑求证": "公布核查过程和依据，回应质疑", "批评谴责": "正视存在的问题，公布整改措施和责任处理情况",
    "诉求建议": "对合理诉求明确办理单位和时限，及时公布进展",
}


def stance(views: Sequence[tuple[str, Seen]]) -> Advice | None:
    """What netizens of the largest topic ask for or object to."""
    if not views:
        return None
    stances = {name: n for name, n in views[0][1].netizens.stances.items() if name in STANCE_ADVICE and n}
    if not stances:
        return None
    most = max(stances, key=lambda name: (stances[name], -labels.STANCES.index(name)))
    return Advice(STANCE_ADVICE[most], f"网民信息中{most}{stances[most]:,}条，在有明显立场的意见中最多"
                  if len(stances) > 1 else f"网民信息中{most}{stances[most]:,}条")


def growing(how: Standing) -> Advice | None:
    """It grows quickly."""
    if how.last_day < MANY or how.day_before is None or how.last_day < GROWING * how.day_before:
        return None
    return Advice("加密监测，出现新情况随时续报", growth(how))


def lists(voices: Mapping[str, Voice]) -> Advice | None:
    """It is in hot lists."""
    if LISTS not in voices:
        return None
    return Advice("关注热榜位次变化，研判向全网扩散的可能", f"已有热榜条目{voices[LISTS].mentions:,}条")

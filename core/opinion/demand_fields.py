"""What a demand is about and what it asks for: field (领域/类别) and kind, by what the file states, else by cues. Pure.

The scheme is reference data (data/catalog/demand_fields.toml) that says where it comes from. How sure a field is: the
share of the cue points that speak for it, less where there are few; it orders what a person should look at and is no
probability. What the file states is sure.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ahocorasick_rs import AhoCorasick, MatchKind

from core.settings import CATALOG

OTHER = "其他/未归类"
"""The field of what nothing speaks for."""
ENOUGH = 4.0
"""Points from which their number makes a field no surer."""
STRONG, WEAK = 3.0, 1.0
TITLE = 2.0
"""What a cue in the title counts, of what it counts in the text."""
NAMED = 4
"""Cues that a reason names."""
_SPLIT = re.compile(r"[\s/／\\>＞|｜,，、;；\-—－_]+")
_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple((kind, re.compile(pattern)) for kind, pattern in (
    ("表扬", r"表扬|感谢|点赞"), ("举报", r"举报|检举"), ("咨询", r"咨询|查询|询问"), ("建议", r"建议|意见征集|献策"),
    ("求助", r"求助|求决|申请|请求帮助"), ("投诉", r"投诉|维权|反映问题|申诉"), ("其他", r"^其他|其它"),
))
"""Kind as a file states it."""
_CUES: tuple[tuple[str, re.Pattern[str]], ...] = tuple((kind, re.compile(pattern)) for kind, pattern in (
    ("举报", r"举报|涉嫌违法|涉嫌违规"),
    ("表扬", r"表扬|(?:特此|非常|衷心|表示)感谢|点赞|锦旗"),
    ("建议", r"建议|希望能?(?:增设|增加|优化|延长|开通|设置)|能否(?:增设|增加|延长|开通)"),
    ("咨询", r"咨询|请问|如何(?:办理|申请|领取)|怎么(?:办理|申请|领取)|什么时候(?:能|可以|开)|是否可以|怎么办理?"),
    ("投诉", r"投诉|不作为|推诿|扰民|乱收费|拒绝|态度恶劣|多次反映|一直没有|至今(?:没有|未)|没人管|无人(?:处理|管)"),
    ("求助", r"求助|请求|希望(?:尽快|有关|相关|部门|能)|请(?:有关|相关|尽快|帮)|帮忙|协调"),
    ("投诉", r"反映|问题|不满|影响|不管|太[\u4e00-\u9fff]|坏了|没人|严重|故障|漏水|拖欠"),
))
"""Kind by cues, the first that holds."""


@dataclass(frozen=True, slots=True)
class Category:
    """One category of the scheme; `also`: other names that files give it."""

    area: str
    name: str
    also: tuple[str, ...]
    strong: tuple[str, ...]
    words: tuple[str, ...]

    @property
    def key(self) -> str:
        """`住房城建/物业管理`."""
        return f"{self.area}/{self.name}"


@dataclass(frozen=True, slots=True)
class Told:
    """A field or kind with how sure it is (0 to 1) and the reason in Chinese."""

    value: str
    sure: float
    why: str


class Scheme:
    """The categories made ready; raises ValueError for a scheme that contradicts itself."""

    def __init__(self, categories: Iterable[Category], source: str = "") -> None:
        self.categories = tuple(categories)
        self.source = source
        self.keys = tuple(one.key for one in self.categories)
        if len(set(self.keys)) != len(self.keys):
            raise ValueError("a category stands in the scheme twice")
        self.areas = tuple(dict.fromkeys(one.area for one in self.categories))
        self._points: dict[str, list[tuple[int, float]]] = {}
        for number, one in enumerate(self.categories):
            for words, points in ((one.strong, STRONG), (one.words, WEAK)):
                for word in words:
                    self._points.setdefault(word, []).append((number, points))
        self._words = sorted(self._points)
        self._automaton = AhoCorasick(self._words, matchkind=MatchKind.LeftmostLongest)
        self._names: dict[str, str] = {}
        for one in self.categories:
            for name in (one.key, one.name, *one.also):
                self._names.setdefault(name, one.key)

    def stated(self, said: Iterable[str]) -> Told | None:
        """The category that a file's own classification names, the most precise part first."""
        for text in said:
            parts = [text, *reversed([part for part in _SPLIT.split(text) if part])]
            for part in parts:
                if key := self._names.get(part.strip()):
                    return Told(key, 1.0, f"文件写明分类“{text[:40]}”")
        return None

    def read(self, title: str, text: str) -> Told:
        """The category that cues speak for."""
        points = [0.0] * len(self.categories)
        seen: dict[int, dict[str, None]] = {}  # in the order in which they first stand there
        body = text.removeprefix(title) if title else text
        for part, weight in ((title, TITLE), (body, 1.0)):
            once: set[str] = set()
            for number, _, _ in self._automaton.find_matches_as_indexes(part):
                word = self._words[number]
                if word in once:
                    continue
                once.add(word)
                for place, value in self._points[word]:
                    points[place] += value * weight
                    seen.setdefault(place, {})[word] = None
        total = sum(points)
        if not total:
            return Told(OTHER, 0.0, "标题和内容里没有各类别的用词")
        order = sorted(seen, key=lambda place: -points[place])
        best = order[0]
        sure = points[best] / total * min(1.0, points[best] / ENOUGH)
        why = f"用词：{'、'.join(list(seen[best])[:NAMED])}"
        if len(order) > 1:
            why += f"；其次像“{self.categories[order[1]].key}”（{'、'.join(list(seen[order[1]])[:2])}）"
        return Told(self.keys[best], round(sure, 3), why)

    def tell(self, title: str, text: str, said: Sequence[str] = ()) -> Told:
        """The category: as the file states it, else by cues; an area that the file states outranks cues elsewhere."""
        if found := self.stated(said):
            return found
        read = self.read(title, text)
        for one in said:
            area = next((area for area in self.areas if area in one), "")
            if area and read.value.partition("/")[0] == area:
                return Told(read.value, max(read.sure, 0.7), f"文件写明领域“{area}”，{read.why}")
        return read


def kind_of(title: str, text: str, said: Sequence[str] = ()) -> Told:
    """What a demand is: a complaint, a question … (labels.DEMAND_KINDS)."""
    for one in said:
        for kind, pattern in _KINDS:
            if pattern.search(one):
                return Told(kind, 1.0, f"文件写明“{one[:40]}”")
    for part in (title, text):
        for kind, pattern in _CUES:
            if found := pattern.search(part):
                return Told(kind, 0.5, f"用词：{found[0]}")
    return Told("其他", 0.0, "没有写明，也没有可判断的用词")


@cache
def scheme(path: Path = CATALOG / "demand_fields.toml") -> Scheme:
    """The packaged scheme. Raises ValueError for a file that is none."""
    held = tomllib.loads(path.read_text(encoding="utf-8"))
    return Scheme((_category(one) for one in held["category"]), held["source"])


def _category(held: Mapping[str, object]) -> Category:
    unknown = set(held) - {"area", "name", "also", "strong", "words"}
    if unknown or not held.get("area") or not held.get("name"):
        raise ValueError(f"a category has area, name, also, strong, words and nothing else: {dict(held)}")
    return Category(str(held["area"]), str(held["name"]), *(
        tuple(map(str, held.get(name, ()))) for name in ("also", "strong", "words")))  # type: ignore[call-overload]

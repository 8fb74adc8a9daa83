"""How sensitive a text is for the district: 0 to 100, made of factors that are all said.

The words found (core.opinion.lexicon) give a base by the gravest one; what else is found adds to it; what the text says
about them (an exercise, a film, advice, a denial) takes away. A word that is denied right there counts nothing. The
weights are a published version: another version is another name, and can be reckoned beside the present one.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.opinion.lexicon import Found, Lexicon
from core.opinion.normal import Normal, normal

LEVELS = ((70, "高"), (40, "中"), (15, "低"))
"""From so many points on; below the last one there is no risk to speak of."""


@dataclass(frozen=True, slots=True)
class Version:
    """Weights under a name. Points: `base` by the level of the gravest word, `more` for each further word and `other`
    for each further class (at most so many), people dead and hurt, cues of complaint. Shares that are multiplied:
    `suspected` where no word is certain, context, source, `reach` by the steps of REACH (none: it does not count)."""

    key: str
    base: Mapping[int, float] = field(default_factory=lambda: {1: 18, 2: 36, 3: 56})
    more: tuple[float, int] = (4, 4)
    other: tuple[float, int] = (6, 2)
    dead: tuple[tuple[int, float], ...] = ((10, 34), (3, 24), (1, 14))
    hurt: tuple[tuple[int, float], ...] = ((10, 12), (1, 6))
    appeal: float = 8
    crowd: float = 10
    here: float = 14
    elsewhere: float = 0.6
    suspected: float = 0.5
    reach: tuple[float, ...] = ()


V1 = Version("risk-1")
V2 = Version("risk-2", reach=(1.1, 1.2, 1.3))
"""The version in force where the office has none of its own: as the first one, with the reach."""
REACH = {
    "reads": ("阅读", (10**4, 10**5, 10**6)), "interaction": ("互动", (10**3, 10**4, 10**5)),
    "reprints": ("转载", (10, 100, 1_000)), "heat": ("热度", (10**6, 10**7, 10**8)),
}
"""Figures that tell how far a text has gone: what they are called, and from which number on it counts as the first,
second and third step. What hot lists call 热度 is some hundred times as large as reads."""
_CONTEXT = tuple((name, re.compile(pattern), times) for name, pattern, times in (
    ("演练", r"演练|演习|实战演|桌面推演|模拟(?:现场|事故|火灾|地震)", 0.15),
    ("影视文艺", r"电影|电视剧|剧集|小说|网剧|番剧|游戏|影片|动画|上映|票房|剧情|杀青|定档|综艺|演唱会", 0.3),
    ("宣传提示", r"宣传(?:周|月|日|活动)|普法|科普|温馨提示|安全提示|小知识|知识竞赛|培训|讲座|主题活动|应急知识"
                 r"|如何(?:预防|避免|应对)|防范(?:指南|提示)|谨防|警惕|注意防范|提醒(?:您|大家|广大)|倡议书", 0.4),
    ("整治成效", r"专项(?:整治|行动|治理)|排查整治|开展(?:检查|排查|整治)|成功(?:处置|救援|化解|破获|抓获)"
                 r"|已(?:全部)?(?:整改|化解|处置)|长效机制|工作会议|工作部署|圆满", 0.6),
    ("辟谣", r"辟谣|不实(?:信息|消息)?|系谣言|是谣言|并非事实|不属实|纯属(?:谣言|虚构)", 0.5),
    ("往事", r"\d{1,3}周年|纪念(?:日|馆|活动)|遇难同胞|历史上的今天|\d{1,2}年前(?:的今天)?", 0.5),
))
"""What a text says about itself: name, words, and the share of the score that is left."""
_DENIED_BEFORE = re.compile(
    r"(?:没有|并未|未曾|未|无|不会|不|避免|防止|杜绝|预防|防范|严防)(?:再)?(?:发生|造成|出现|引发|导致|存在)?(?:任何)?$"
)
_DENIED_AFTER = re.compile(r"^(?:事件|事故|现象|情况)?(?:为零|零发生|不存在|已辟谣|是谣言|系谣言)")
_APPEAL = re.compile(
    r"求(?:助|扩散|转发|关注|曝光)|救救|讨(?:个)?说法|谁来管|没人管|无人管|何时(?:能)?解决|还我|给个说法|投诉无门"
    r"|!{2,}|\?{2,}"
)
_CROWD = re.compile(
    r"(?:数|几|上)(?:十|百|千|万)(?:余)?(?:名|人|户|业主|村民|家长|群众)"
    r"|(?:业主|村民|家长|群众|工人|商户)(?:们)?(?:集体|聚集|联名)"
)
_NUMBER = r"(\d{1,5}|[一二两三四五六七八九十百]{1,4})"
_PEOPLE = r"(?:多|余)?(?:名|人|位|个)(?:[^\s，。；,;]{0,6}?)"
_DEAD = re.compile(
    _NUMBER + _PEOPLE + r"(?:死亡|遇难|身亡|丧生|罹难|死)|" + _NUMBER + r"死|(?:死亡|遇难|致死|致)" + _NUMBER
    + r"(?:多|余)?人?(?:死亡|死)"
    + r"|(?:死亡|遇难)" + _NUMBER + r"(?:多|余)?人"
)
_HURT = re.compile(
    _NUMBER + _PEOPLE + r"(?:受伤|重伤|轻伤|送医|住院|中毒|伤)|" + _NUMBER + r"伤|(?:受伤|致伤|伤)" + _NUMBER
    + r"(?:多|余)?人"
)
_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"两": 2}


@dataclass(frozen=True, slots=True)
class Factor:
    """One thing that made the score: its name, what it added (`points`) or by what it multiplied (`times`), and the
    words of the text."""

    name: str
    points: float = 0
    times: float = 1
    words: str = ""

    @property
    def said(self) -> str:
        """`严重词“爆炸” +56`, `演练语境 ×0.15`."""
        effect = f"+{self.points:g}" if self.points else f"×{self.times:g}"
        return f"{self.name}{f'“{self.words}”' if self.words else ''} {effect}"


@dataclass(frozen=True, slots=True)
class Risk:
    """The score, 0 to 100, with its version, class (of the gravest word; empty without one), factors and words."""

    score: int
    version: str
    kind: str
    factors: tuple[Factor, ...]
    found: tuple[Found, ...]

    @property
    def level(self) -> str:
        """高, 中, 低, or nothing."""
        return next((word for least, word in LEVELS if self.score >= least), "")

    @property
    def why(self) -> str:
        """The reasons in one line of Chinese."""
        return "；".join(factor.said for factor in self.factors)


def score(
    text: str, lexicon: Lexicon, *, source: float = 1, here: bool | None = None,
    reach: Mapping[str, int] | None = None, version: Version = V2,
) -> Risk:
    """The risk of a text. `source`: weight of where it stands (1 ordinary); `here`: whether it happened in the
    district, None where that is not known; `reach`: known figures by names of REACH."""
    form = normal(text)
    return weigh(text, form, lexicon.find(form), source=source, here=here, reach=reach, version=version)


def weigh(
    text: str, normal_form: Normal, found: Sequence[Found], *, source: float = 1, here: bool | None = None,
    reach: Mapping[str, int] | None = None, version: Version = V2,
) -> Risk:
    """As `score`, of a text whose normal form and words are known."""
    form = normal_form.text
    meant = [hit for hit in found if not _denied(text, hit)]
    if not meant:
        return Risk(0, version.key, "", (), tuple(found))
    gravest = max(meant, key=lambda hit: (hit.certain, hit.word.level, -hit.start))
    factors = [Factor(f"{_LEVEL[gravest.word.level]}词", version.base[gravest.word.level], words=gravest.word.word)]
    others = {hit.word.word for hit in meant} - {gravest.word.word}
    kinds = {hit.word.kind for hit in meant} - {gravest.word.kind}
    if others:
        factors.append(Factor("其他敏感词", version.more[0] * min(len(others), version.more[1]),
                              words="、".join(sorted(others)[:4])))
    if kinds:
        factors.append(Factor("涉及多类", version.other[0] * min(len(kinds), version.other[1]),
                              words="、".join(sorted(kinds)[:3])))
    factors += _harm(form, version)
    for name, pattern, points in (("诉求语气", _APPEAL, version.appeal), ("涉众", _CROWD, version.crowd)):
        if cue := pattern.search(form):
            factors.append(Factor(name, points, words=cue[0]))
    if here:
        factors.append(Factor("发生在本区", version.here))
    factors += _context(form)
    if not gravest.certain:
        factors.append(Factor("仅为疑似（同音或拼音）", times=version.suspected))
    if here is False:
        factors.append(Factor("发生在外地", times=version.elsewhere))
    factors += _spread(reach or {}, version)
    if source != 1:
        factors.append(Factor("来源权重", times=source))
    points = sum(factor.points for factor in factors)
    for factor in factors:
        points *= factor.times
    return Risk(round(min(max(points, 0), 100)), version.key, gravest.word.kind, tuple(factors), tuple(found))


_LEVEL = {1: "一般", 2: "较重", 3: "严重"}


def _denied(text: str, hit: Found) -> bool:
    """Whether the clause says that it did not happen."""
    before = re.split(r"[，。！？；,!?;\n]", text[max(hit.start - 12, 0) : hit.start])[-1]
    return bool(_DENIED_BEFORE.search(before) or _DENIED_AFTER.match(text[hit.end : hit.end + 8]))


def _harm(form: str, version: Version) -> list[Factor]:
    out = []
    for name, pattern, steps in (("人员死亡", _DEAD, version.dead), ("人员受伤", _HURT, version.hurt)):
        numbers = [(_number(next(filter(None, found.groups()))), found[0]) for found in pattern.finditer(form)]
        many, words = max(numbers, default=(0, ""))
        if points := next((points for least, points in steps if many >= least), 0):
            out.append(Factor(name, points, words=words))
    return out


def _number(text: str) -> int:
    """A number in digits or in Chinese up to 999."""
    if text.isdigit():
        return int(text)
    total, digit = 0, 0
    for char in text:
        if char in "十百":
            total += (digit or 1) * (10 if char == "十" else 100)
            digit = 0
        else:
            digit = _DIGITS[char]
    return total + digit


def _spread(reach: Mapping[str, int], version: Version) -> list[Factor]:
    """How far it is known to have gone: the figure of the greatest order of magnitude. A missing one says nothing."""
    known = [(sum(number >= least for least in steps), name, number) for name, (_, steps) in REACH.items()
             if (number := reach.get(name)) is not None]
    step, name, number = max(known, default=(0, "", 0))
    if not step or not version.reach:
        return []
    times = version.reach[min(step, len(version.reach)) - 1]
    return [Factor("传播面", times=times, words=f"{REACH[name][0]} {number:,}")]


def _context(form: str) -> Sequence[Factor]:
    """The strongest thing that the text says about itself, if any."""
    told = [(times, name, cue[0]) for name, pattern, times in _CONTEXT if (cue := pattern.search(form))]
    return [Factor(f"{name}语境", times=times, words=words) for times, name, words in sorted(told)[:1]]

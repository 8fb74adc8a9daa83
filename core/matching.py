"""Matching written names with known accounts: what may be taken as the same, and what a person has to decide. Pure.

A name of a government account is read as parts: a city or district in front, a core, the kind of body behind it
(街道, 镇, 区, 局 …), the role 发布 of the account that speaks for a whole district, and words that say nothing (官方,
微信公众号 …). Names are the same only where core, kind and role are; where one of them is missing or another, the score
stays below what is taken as sure, however much the letters agree: 静安发布 is not 上海静安, 某某镇 is not 某某街道.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

SURE = 92
"""From here on a candidate may be taken without asking."""
MARGIN = 8
"""How far the best must lie before the second to be taken without asking."""
LEAST = 60
"""Below this a name is no candidate."""
_SLIP = 68
"""A name that differs by one letter is offered, whatever part of the name that letter stands in …"""
_LONG = 4
"""… if it has so many letters."""
_ROLE = "发布"
_IDLE = (
    "官方微博", "官方微信", "官方账号", "官方号", "政务微博", "政务微信", "政务号", "微信公众号", "公众号", "订阅号",
    "服务号", "视频号", "抖音号", "快手号", "头条号", "官微", "官方", "政务", "微博", "微信",
)
_KINDS = {
    "街道办事处": "街道", "街道办": "街道", "街道": "街道", "镇人民政府": "镇", "镇政府": "镇", "镇": "镇",
    "乡人民政府": "乡", "乡": "乡", "新区人民政府": "区", "区人民政府": "区", "区政府": "区", "新区": "区", "区": "区",
    "委员会": "委", "委": "委", "局": "局", "办公室": "办", "办": "办", "中心": "中心", "医院": "医院", "小学": "小学",
    "中学": "中学", "幼儿园": "幼儿园", "派出所": "派出所", "居委会": "居委会",
}
"""Ending → the kind of body that it names; longer endings first."""
_CITY = ("上海市", "上海")


@dataclass(frozen=True, slots=True)
class Known:
    """An account that a name may mean. `others`: its former names; `owner`: its unit's name and aliases."""

    id: int
    name: str
    platform: str = ""
    others: tuple[str, ...] = ()
    owner: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """An account with how well it fits (0–100) and by which of its names."""

    known: Known
    score: int
    by: str


@dataclass(frozen=True, slots=True)
class _Parts:
    whole: str
    plain: str
    local: str
    core: str
    kind: str
    role: str


def settled(name: str) -> str:
    """A name for comparison: full-width, case, spaces, brackets with what they hold and punctuation settled."""
    text = unicodedata.normalize("NFKC", name).casefold()
    bare = re.sub(r"[(\[【〔<《「][^)\]】〕>》」]*[)\]】〕>》」]", "", text)
    return re.sub(r"[\W_]+", "", bare) or re.sub(r"[\W_]+", "", text)


def similarity(one: str, other: str, district: str = "") -> int:
    """How well two names agree, 0–100; `district`: the name of one's own, which names may leave out."""
    a, b = _parts(one, district), _parts(other, district)
    if not a.whole or not b.whole:
        return 0
    if a.whole == b.whole:
        return 100
    if a.plain == b.plain:
        return 97
    if a.local == b.local:
        return 95
    clash = bool(a.kind and b.kind and a.kind != b.kind)
    if a.core == b.core:
        if clash:
            return 55
        return 95 - (17 if a.role != b.role else 0) - (10 if a.kind != b.kind else 0)
    short, long = sorted((a.core, b.core), key=len)
    if len(short) >= 2 and short in long:
        score = 55 + 29 * len(short) / len(long)
    else:
        score = 0.84 * max(fuzz.ratio(a.core, b.core), fuzz.ratio(a.whole, b.whole))
    score = int(max(score - (25 if clash else 0) - (8 if a.role != b.role else 0), 0))
    return max(score, _SLIP) if not clash and _one_slip(a.plain, b.plain) else score


def _one_slip(one: str, other: str) -> bool:
    """Whether two names differ by one letter that was missed, added or mistaken: 静安发步 for 静安发布."""
    return min(len(one), len(other)) >= _LONG and Levenshtein.distance(one, other, score_cutoff=1) == 1


def candidates(name: str, pool: Iterable[Known], *, platform: str = "", district: str = "", limit: int = 5
               ) -> list[Candidate]:
    """The accounts that a name may mean, the likeliest first; of one platform where one is named."""
    found = []
    for known in pool:
        if platform and known.platform != platform:
            continue
        rated = [(similarity(name, known.name, district), known.name)]
        rated += [(similarity(name, other, district) - 2, other) for other in known.others]
        # A unit's name says who runs the account, not which of its accounts is meant.
        rated += [(similarity(name, owner, district) - 3, owner) for owner in known.owner]
        score, by = max(rated, key=lambda pair: pair[0])
        if score >= LEAST:
            found.append(Candidate(known, score, by))
    found.sort(key=lambda c: (-c.score, c.known.name, c.known.id))
    return found[:limit]


def sure(found: Sequence[Candidate]) -> Candidate | None:
    """The candidate that may be taken without asking: good by itself, and well before the next."""
    if not found or found[0].score < SURE:
        return None
    if len(found) > 1 and found[0].score - found[1].score < MARGIN:
        return None
    return found[0]


@lru_cache(maxsize=50_000)
def _parts(name: str, district: str) -> _Parts:
    whole = settled(name)
    plain = _without(whole, _IDLE)
    role = _ROLE if plain.endswith(_ROLE) and len(plain) > len(_ROLE) else ""
    local = _local(plain, settled(district))
    body = _without(local.removesuffix(_ROLE) if role else local, _IDLE)
    kind, core = "", body
    for ending in sorted(_KINDS, key=len, reverse=True):
        if body.endswith(ending) and len(body) - len(ending) >= 2:
            kind, core = _KINDS[ending], body.removesuffix(ending)
            break
    return _Parts(whole, plain, local, core, kind, role)


def _without(text: str, endings: Sequence[str]) -> str:
    """Without idle words at its end, as long as something is left of it."""
    for ending in endings:
        if text.endswith(ending) and len(text) - len(ending) >= 2:
            return _without(text.removesuffix(ending), endings)
    return text


def _says_something(rest: str) -> bool:
    """Whether a name is more than a kind of body with at most one letter before it."""
    return rest not in _KINDS and not any(
        rest.endswith(ending) and len(rest) - len(ending) == 1 for ending in _KINDS if len(ending) > 1
    )


def _local(text: str, district: str) -> str:
    """Without the city or one's own district in front, as long as what is left says something by itself: 静安寺街道 is
    not 静安's 寺街道."""
    fronts = [*_CITY, *([district, district.removesuffix("区").removesuffix("新")] if len(district) > 2 else []), "区"]
    for front in fronts:
        rest = text.removeprefix(front)
        if front and rest != text and len(rest) >= 2 and rest not in (_ROLE, *_IDLE) and _says_something(rest):
            return _local(rest, district) if front in _CITY else rest
    return text

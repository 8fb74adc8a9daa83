"""Whether a reworded text says the same as the one it was made of. Pure.

Both texts are taken apart (`skeleton`), and what has to stay must be the same in the same order. So a number, a name, a
quotation, a direction, a negation, a hedge that was changed, added, lost or moved is refused, and so is every word that
data/catalog/polish.toml does not allow to come, go or stand for another. What is refused wrongly only stays as it was.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher

from core.report.polish.lexicon import SOFT, TOTAL, lexicon
from core.report.polish.skeleton import Names, Part, skeleton

STRETCH = 0.4
"""By how much of its length a text may grow or shrink."""
MOST = 3
"""Reasons that are given of one text."""
_MARKUP = re.compile(r"[<>`*_|{}\\^~$]|\]\(|^[ \t]*(?:#{1,6} |[-+•·] |\d+[.)、] )|&#?\w+;")
_LINK = re.compile(r"https?:|www\.|[\w.-]+@[\w-]+\.", re.IGNORECASE)
_TALK = ("润色", "改写", "原文", "以下是", "语言模型", "人工智能", "助手", "抱歉", "对不起", "无法提供", "不能提供",
         "作为一", "好的", "指令", "提示词", "要求如下", "JSON", "assistant", "system", "user", "think")
_CHINESE = re.compile(r"[\u3400-\u9fff]")
FREE = "free"
LONGEST_UNIT = 2
"""Characters of a unit: 万次."""
_KINDS = {"number": "数字", "quote": "引文", "name": "名称"}


def faults(before: str, after: str, names: Names) -> list[str]:
    """Why `after` may not stand for `before`, in Chinese, the gravest first; nothing where it may."""
    found = list(_form(before, after))
    if not found:
        found = list(_claims(skeleton(before, names), skeleton(after, names)))
    return found[:MOST]


def _form(before: str, after: str) -> Iterator[str]:
    """What can be told without reading."""
    if not after.strip():
        yield "没有返回文字"
        return
    if any(unicodedata.category(char)[0] == "C" or unicodedata.category(char) in ("Zl", "Zp") for char in after):
        yield "含有换行或控制字符"
    if _counted(_MARKUP, after) - _counted(_MARKUP, before):
        yield "含有排版标记"
    if _counted(_LINK, after) - _counted(_LINK, before):
        yield "含有链接或地址"
    if talk := next((word for word in _TALK if word in after and word not in before), ""):
        yield f"夹带了说明性文字（“{talk}”）"
    if _share(after) < 0.6 * _share(before):
        yield "不是中文"
    if not 1 - STRETCH <= len(after) / max(len(before), 1) <= 1 + STRETCH:
        yield f"长短相差超过{STRETCH:.0%}（{len(before)}字变为{len(after)}字）"
    if before.strip()[-1:] != after.strip()[-1:]:
        yield "末尾的标点有变"


def _counted(pattern: re.Pattern[str], text: str) -> Counter[str]:
    return Counter(pattern.findall(text))


def _share(text: str) -> float:
    return len(_CHINESE.findall(text)) / max(len(text), 1)


def _claims(before: Sequence[Part], after: Sequence[Part]) -> Iterator[str]:
    """What has to stay and did not."""
    if _alike(_links(before), _links(after)):
        return
    found = []
    for kind, name in _KINDS.items():
        found += _told(name, *_differ(before, after, lambda part, kind=kind: part.kind == kind))
    for about in dict.fromkeys(_about(part) for part in (*before, *after) if part.kind == "word"):
        found += _told(f"{about}用语", *_differ(
            before, after, lambda part, about=about: part.kind == "word" and _about(part) == about))
    found += _told("文字", *_texts(before, after))
    yield from found or ["次序或断句有变，所指可能不同"]


def _links(parts: Sequence[Part]) -> list[tuple[str, str]]:
    """The chain of what has to stay, running text by its characters; of a stop, whether it might be left out."""
    made: list[tuple[str, str]] = []
    for n, part in enumerate(parts):
        if part.kind == "stop":
            made.append(("stop", FREE if _may_cut(parts, n) else ""))
        else:
            made += [(part.kind, one) for one in (part.value if part.kind == "text" else [part.value])]
    return made


def _may_cut(parts: Sequence[Part], at: int) -> bool:
    """Whether a stop stands where one may come in: behind a number with its unit, a bracket or a quotation, but not
    inside a date."""
    if not 0 < at < len(parts) - 1:
        return False
    before, counted = parts[at - 1], at > 1 and parts[at - 2].kind == "number"
    if parts[at + 1].kind == "number" and before.said.endswith(("年", "月", "日")):
        return False
    return before.kind == "quote" or before.said.endswith("）") or (
        before.kind == "text" and counted and len(before.said) <= LONGEST_UNIT)


def _alike(old: Sequence[tuple[str, str]], new: Sequence[tuple[str, str]]) -> bool:
    """Whether two chains are the same but for stops that may come in, and 共, which may come and go, and stand for
    合计."""
    i = j = 0
    soft, total = ("word", SOFT), ("word", TOTAL)
    while i < len(old) or j < len(new):
        one, other = (chain[at] if at < len(chain) else ("", "") for chain, at in ((old, i), (new, j)))
        if one == other or one[0] == other[0] == "stop" or {one, other} == {soft, total}:
            i, j = i + 1, j + 1
        elif soft in (one, other):
            i, j = i + (one == soft), j + (other == soft)
        elif other == ("stop", FREE):
            j += 1
        else:
            return False
    return True


def _about(part: Part) -> str:
    return lexicon().about[part.value]


def _differ(
    before: Sequence[Part], after: Sequence[Part], which: Callable[[Part], bool]
) -> tuple[list[str], list[str]]:
    """What of a kind was lost and what has come, as written."""
    old, new = (Counter(part.key for part in parts if which(part)) for parts in (before, after))
    for one, other in ((old, new), (new, old)):  # 共 stands for 合计, and is not missed
        swapped = min(one["word", TOTAL], other["word", SOFT])
        one["word", TOTAL] -= swapped
        other["word", SOFT] -= swapped
    old["word", SOFT] = new["word", SOFT] = 0
    said = {part.key: part.said for part in (*after, *before)}
    return [said[key] for key in (old - new).elements()], [said[key] for key in (new - old).elements()]


def _texts(before: Sequence[Part], after: Sequence[Part]) -> tuple[list[str], list[str]]:
    """Running text that was lost and that has come, character by character; nothing where it was only moved."""
    old, new = ("".join(part.said for part in parts if part.kind == "text") for parts in (before, after))
    if Counter(old) == Counter(new):
        return [], []
    edits = [one for one in SequenceMatcher(None, old, new, autojunk=False).get_opcodes() if one[0] != "equal"]
    return [old[a:b] for _, a, b, _, _ in edits if a < b], [new[c:d] for _, _, _, c, d in edits if c < d]


def _told(name: str, lost: list[str], come: list[str]) -> Iterator[str]:
    if lost and come:
        yield f"{name}“{_cut(lost)}”变成了“{_cut(come)}”"
    elif lost:
        yield f"少了{name}“{_cut(lost)}”"
    elif come:
        yield f"多出{name}“{_cut(come)}”"


def _cut(words: list[str]) -> str:
    said = "、".join(words[:3])
    return said if len(said) <= 40 else f"{said[:40]}……"

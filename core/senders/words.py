"""Texts fitted to what channels take: short messages' variables, texts of so many bytes. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.faults import BadInput
from core.labels import LEVELS
from core.records import clean, one_line
from core.senders.model import Message

SOURCES = {
    "level": "等级", "place": "地点", "gist": "要点", "count": "信息条数", "where": "在哪里看", "number": "预警编号",
    "title": "标题",
}
"""What a variable of a short message can hold."""
_ABSENT = {"place": "地点不明", "gist": "详见系统", "where": "舆情系统", "number": "见系统", "title": "舆情预警"}
WORDING = "舆情预警：{level}等级，地点{place}，{gist}，涉及信息{count}条，请到{where}查看处理。"
"""Our proposal for a template."""
_WIDE = {code: code - 0xFEE0 for first, last in (("０", "９"), ("Ａ", "Ｚ"), ("ａ", "ｚ"))
         for code in range(ord(first), ord(last) + 1)}
_URL = re.compile(
    r"(?:https?|ftp)\s?[:：][!-~]*|www\.[!-~]*"
    r"|(?:[a-z0-9-]+\.)+(?:com|cn|net|org|gov|edu|top|xyz|cc|me|io|vip|info|club|shop|site|online|tv|mobi|asia|ltd|link)"
    r"(?![a-z0-9])(?:[:/?#][!-~]*)?",
    re.IGNORECASE,
)
_SYMBOLS = re.compile(
    "[【】〖〗『』\\[\\]{}<>＜＞$\\\\|^`~"  # signs of the signature, of templates and of markup
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202f\u205f-\u206f\u3164\ufe00-\ufe0f"
    "\ufff0-\uffff"  # nothing to be seen
    "\u20e3\u2190-\u21ff\u2300-\u23ff\u2460-\u24ff\u2500-\u27bf\u2900-\u297f\u2b00-\u2bff\u3030\u303d\u3297\u3299"
    "\ue000-\uf8ff\U0001f000-\U0001faff\U000e0000-\U0010ffff]"  # emoji, arrows, boxes, private characters
)


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of a template: its name there, what it holds (key of SOURCES), how many characters at most."""

    name: str
    source: str
    most: int


def variables(text: str) -> tuple[Variable, ...]:
    """The variables of a template in its order, as `level:6,didian=place:15,gist` names them (name in the template =
    what it holds : characters). Raises BadInput."""
    made = []
    for part in re.split(r"[,，;；\s]+", text.strip()):
        found = re.fullmatch(r"(?:(\w{1,25})=)?(\w+)(?:[:：](\d{1,3}))?", part, re.ASCII)
        if not found or found[2] not in SOURCES:
            raise BadInput(
                f"模板变量“{part[:20]}”不对。请写成 level:6,place:15 的样子：可用 "
                f"{'、'.join(f'{name}（{word}）' for name, word in SOURCES.items())}，冒号后是最多几个字")
        most = int(found[3] or 20)
        if not 2 <= most <= 200:
            raise BadInput(f"模板变量“{part[:20]}”的字数应在 2 到 200 之间")
        made.append(Variable(found[1] or found[2], found[2], most))
    if len({one.name for one in made}) < len(made):
        raise BadInput("模板变量有重名的，请核对")
    return tuple(made)


def values(wanted: Sequence[Variable], message: Message) -> dict[str, str]:
    """What each variable of a template holds for a message, never empty, in the template's order."""
    held = _held(message)
    return {one.name: short(held[one.source], one.most) or _ABSENT[one.source] for one in wanted}


def filled(wording: str, message: Message, most: Mapping[str, int]) -> str:
    """A whole short message: a wording with `{gist}` and the like in it. `most`: characters of each, 20 elsewhere."""
    held = _held(message)

    def put(found: re.Match[str]) -> str:
        source = found[1]
        if source not in held:
            return ""
        return short(held[source], most.get(source, 20)) or _ABSENT[source]

    return one_line(re.sub(r"\{(\w+)\}", put, wording))


def _held(message: Message) -> dict[str, str]:
    numbers = re.findall(r"[0-9]+", message.where)
    return {
        "level": LEVELS.get(message.level, message.level), "place": message.place,
        "gist": message.gist or message.title, "count": str(message.count), "where": message.where,
        "number": numbers[-1] if numbers else "", "title": message.title,
    }


def short(text: str, most: int) -> str:
    """A text as the variable of a short message: one line of so many characters at most, without addresses, signature
    brackets, emoji and whatever else the services refuse."""
    told = _SYMBOLS.sub("", one_line(text).translate(_WIDE))
    while (less := _URL.sub(" ", told)) != told:  # what stood around one may be another
        told = less
    return cut(" ".join(told.split()), most)


def cut(text: str, most: int) -> str:
    """So many characters at most, the last one … where something was cut off."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def cut_bytes(text: str, most: int) -> str:
    """So many bytes of UTF-8 at most, cut between characters."""
    if len(text.encode()) <= most:
        return text
    return text.encode()[: max(most - 3, 0)].decode("utf-8", "ignore").rstrip() + "…"


def whole(message: Message, most: int = 0, also: str = "") -> str:
    """A message for a group or a mail: its title where the text does not say it, its text, and its link, which stays
    where the text has to be cut to `most` bytes (0: as it is). `also`: words that have to be in it."""
    text, title = clean(message.text), one_line(message.title)
    if title and title not in text:
        text = f"{title}\n{text}".strip()
    if also and also not in text:
        text = f"{also}\n{text}"
    link = one_line(message.link)
    if not most or len(text.encode()) + (len(link.encode()) + 1 if link not in text else 0) <= most:
        return f"{text}\n{link}" if link and link not in text else text
    tail = f"\n{link}" if link else ""
    room = most - len(tail.encode())
    return cut_bytes(text, room) + tail if room > 60 else cut_bytes(text, most)

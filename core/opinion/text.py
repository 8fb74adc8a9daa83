"""Text as the opinion side compares it. Originals are kept elsewhere; everything here is derived from them.

Three forms of one text: `plain` (readable, one line, without what carries no meaning), `letters` (only what is
compared for reprints) and `gist` (what topics are made of). All accept any string, however hostile.
"""

import hmac
import re
import unicodedata
from functools import cache
from html import unescape

import numpy as np

from core.opinion.normal import normal, simplified
from core.records import one_line

TAG_LETTERS, TITLE_LETTERS = 6, 8
"""Letters from which a hashtag or a quoted title names an event; shorter ones name a field (#今日份快乐#)."""
LONGEST = 20_000
"""Characters of one text that are looked at; what lies beyond doesn't change what a text is about."""
STAND_IN = "匿名·"
"""What a pseudonym begins with."""

_INLINE = re.compile(r"</?(?:a|b|em|font|i|mark|span|strong|u)(?:\s[^<>]{0,2000})?>", re.IGNORECASE)
_MARKUP = re.compile(r"<(?:/?[A-Za-z][^<>]{0,2000}|!--.{0,2000}?--)>", re.DOTALL)
_URL = re.compile(r"(?:https?://|www\.)[\w\-.~:/?#\[\]@!$&'()*+,;=%]+", re.IGNORECASE | re.ASCII)
_FORWARDED = re.compile(r"//\s*@[\w\-·]{1,40}\s*[:：]")
_PERSON = re.compile(r"@[\w\-·]{1,40}[:：]?")
_FACE = re.compile(r"\[[^\[\]\s\d]{1,8}\]")
_SPECIAL = re.compile(r"[<&@\[]|//|www\.", re.IGNORECASE)
"""What `plain` may take something out for."""
_HARD = 0xFFFFFFFF
_HASHTAG = re.compile(r"#([^#\n]{1,60})#")
_BRACKETED = re.compile(r"【([^【】\n]{1,120})】")
_CAPTION = re.compile(r"^\s*【[^【】]{1,10}】\s*(?=\S)")

# Questions of 知乎 and the like wrap every subject in the same words; left in, they would pull subjects together.
_WRAPPING = re.compile(
    r"(?:如何|怎样|怎么)(?:看待|评价|理解|解读|看)(?:这一|此次|本场|本次|该)?(?:事件|问题|现象|行为|消息|比赛|此事|事|行动)?"
    r"|(?:还)?(?:有|释放了)?(?:哪些|什么)(?:信息|看点|亮点|细节|信号|影响|含义)(?:值得关注|值得注意|需要关注)?"
    r"|(?:具体)?情况如何|(?:背后)?(?:主要)?原因(?:有哪些|是什么|何在)|是真的吗|怎么回事|意味着什么|你看好吗|你怎么看|会(?:带来|造成)(?:什么|哪些)影响"
    r"|^(?:网友称|官方通报|最新回应|视频[|丨])"
)


def _visible(text: str) -> str:
    """Without anything that can't be seen: format, control and private-use characters, lone surrogates."""
    if text.isprintable():
        return text
    return "".join(c for c in text if unicodedata.category(c) not in ("Cf", "Cc", "Cs", "Co"))


def _tidy(text: str) -> str:
    """One readable line as it was written, without markup, links, forwarding marks, [表情] and invisible characters."""
    text = _visible(one_line(_MARKUP.sub(" ", _INLINE.sub("", unescape(text[:LONGEST])))))
    return " ".join(_FACE.sub("", _FORWARDED.sub(" ", _URL.sub(" ", text))).split())


def plain(text: str) -> str:
    """One line in unified form (NFKC: full-width letters, ligatures, Chinese commas), without markup, links,
    forwarding marks, [表情] and invisible characters; hashtags and 【】 keep their words."""
    return " ".join(_visible(unicodedata.normalize("NFKC", _tidy(text))).split())


def letters(text: str) -> str:
    """Only letters and digits of `plain`, simplified and lower case, without @names: what two copies of one text
    share."""
    text = text[:LONGEST]
    found = None if _SPECIAL.search(text) else _one_by_one(text)
    if found is None:
        text = _PERSON.sub(" ", plain(text))
        found = _one_by_one(text)
    if found is None:
        found = "".join(c for c in simplified(text).lower() if c.isalnum())
    return found


def _one_by_one(text: str) -> str | None:
    """The letters of a text of which every character has at most one, whatever stands beside it; None for others."""
    codes = np.frombuffer(text.encode("utf-32-le", "ignore"), np.uint32)
    table = _alone()
    if not codes.size or codes.max() >= table.size:
        return None if codes.size else ""
    found = table[codes]
    found = found[found > 0]
    return None if found.size and found.max() == _HARD else found.tobytes().decode("utf-32-le")


@cache
def _alone() -> np.ndarray:
    """Of each code point the letter that it becomes: 0 for none, `_HARD` for several, or where that depends on what
    stands beside it (what combines with the character before it, what becomes an @, and Σ)."""
    size = 0x30000
    every = [chr(code) for code in range(size)]
    combining = {part for char in every if len(parts := unicodedata.normalize("NFD", char)) > 1 for part in parts[1:]}
    combining.update(map(chr, range(0x1160, 0x1200)))  # the vowels and finals of Hangul
    table = np.zeros(size, np.uint32)
    for code, char in enumerate(every):
        if char in combining:
            table[code] = _HARD
        elif unicodedata.category(char) not in ("Cf", "Cc", "Cs", "Co"):
            form = unicodedata.normalize("NFKC", char)
            kept = [c for c in simplified(form).lower() if c.isalnum()]
            hard = len(kept) > 1 or "Σ" in form or ("@" in form and char != "@")
            table[code] = _HARD if hard else ord(kept[0]) if kept else 0
    return table


def display_title(title: str, longest: int = 60) -> str:
    """A title to put on a screen or into a report: as written, but in one clean line without hash marks, cut with
    an ellipsis."""
    text = _tidy(title)
    text = _HASHTAG.sub(r"\1", text).strip(" \"'|·-—")
    whole = _BRACKETED.fullmatch(text)
    text = (whole[1] if whole else text) or _tidy(title)
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def strong_keys(title: str, text: str = "") -> frozenset[str]:
    """What names an event by itself: `#话题#` and the 【title】 that opens a text, and the whole title.

    Short ones name a field or an account rather than an event and are left out.
    """
    keys: set[str] = set()
    for part in (title, text[:2000]):
        clean = plain(part)
        tags = {letters(name) for name in _HASHTAG.findall(clean)}
        quoted = {letters(name) for name in _BRACKETED.findall(clean[:160])}
        keys |= {"#" + tag for tag in tags if len(tag) >= TAG_LETTERS}
        keys |= {"#" + name for name in quoted if len(name) >= TITLE_LETTERS}
    whole = letters(gist(title))
    if len(whole) >= TAG_LETTERS:
        keys.add("=" + whole)
    return frozenset(key for key in keys if not key[1:].isdigit())


def _without_fields(clean: str) -> str:
    return _HASHTAG.sub(lambda tag: tag[0] if len(letters(tag[1])) >= TAG_LETTERS else " ", clean)


def gist(title: str, text: str = "", longest: int = 120) -> str:
    """What topics compare: the title without wrapping words and short hashtags, then the beginning of the text, up
    to `longest` characters."""
    head = _CAPTION.sub("", _without_fields(plain(title)))
    head = " ".join(_WRAPPING.sub(" ", _PERSON.sub(" ", head)).replace("#", " ").split()) or plain(title)
    room = longest - len(head)
    if room < 20 or not text:
        return head[:longest]
    body = _PERSON.sub(" ", _without_fields(plain(text[: 10 * longest])))
    if letters(body).startswith(letters(title)):
        return " ".join(body.replace("#", " ").split())[:longest]
    return f"{head} {body}"[:longest].strip()


def pseudonym(author: str, platform: str, key: bytes) -> str:
    """A stable stand-in for an author (HMAC-SHA256, 16 hex digits behind `STAND_IN`): the same author is recognised on
    one platform, never named.

    Empty for an empty author. Without `key` nobody can test a guessed name against it. Raises ValueError for
    a key under 16 bytes.
    """
    if len(key) < 16:
        raise ValueError("the key of pseudonyms needs 16 bytes or more")
    # The normal form, not `letters`: it is five times as fast, and every mention that comes in has an author.
    name = "".join(char for char in normal(author).text if char.isalnum()) or one_line(author)
    if not name:
        return ""
    return STAND_IN + hmac.digest(key, f"{platform}\0{name}".encode(), "sha256").hex()[:16]

"""Markup and bytes from strangers, as plain text."""

import codecs
import re
from html import unescape

MAX_MARKUP = 200_000
"""Characters of one entry's markup that are read; more than any article has."""
MAX_TAG = 10_000
"""Characters of one tag; longer ones end at the next angle bracket."""

_BREAKING = {
    "address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "figcaption", "figure", "footer",
    "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "table",
    "td", "th", "title", "tr", "ul",
}
_HIDDEN = {
    tag: re.compile(f"</{tag}", re.IGNORECASE)
    for tag in ("script", "style", "template", "noscript", "iframe", "object", "svg")
}
_TAG_NAME = re.compile(r"/?([a-zA-Z][a-zA-Z0-9]{0,20})")
_TAG_STOP = re.compile(r"[>\"']")
_LOOKS_LIKE_MARKUP = re.compile(r"</?[a-zA-Z][^<>]*>|&(?:#\d+|#x[0-9a-fA-F]+|[a-zA-Z]\w*);|<!--")
# Text codecs only: Python also lists codecs that are no encodings of text, and punycode, which takes quadratic time.
_CODEC = re.compile(r"utf|gb|big5|cp\d|iso|euc|koi8|shift_jis|windows|mac|latin|hz|ascii|johab|tis|ptcp|kz")
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9._:-]{1,40})", re.IGNORECASE)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UNMARKED = ((b"<\0\0\0", "utf-32-le"), (b"\0\0\0<", "utf-32-be"), (b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"))


def looks_like_markup(text: str) -> bool:
    """Whether a text holds tags or character references."""
    return _LOOKS_LIKE_MARKUP.search(text) is not None


def text_of(markup: str) -> str:
    """The text of an HTML fragment: blocks on lines of their own, scripts and styles left out, no line empty.

    One pass in linear time, whatever the input: the standard library's parser takes minutes over 200 kB of
    unclosed comments or quotes, which a hostile feed may well hold.
    """
    markup = markup[:MAX_MARKUP]
    parts: list[str] = []
    at, heed_quotes = 0, True
    unclosed: set[str] = set()
    while (start := markup.find("<", at)) >= 0:
        parts.append(unescape(markup[at:start]))
        name = _TAG_NAME.match(markup, start + 1)
        if name:
            end = _tag_end(markup, name.end()) if heed_quotes else -1
            if end < 0:
                heed_quotes, end = False, markup.find(">", name.end())
            tag = name[1].lower()
            if tag in _BREAKING:
                parts.append("\n")
            if tag in _HIDDEN and not name[0].startswith("/") and end >= 0 and markup[end - 1] != "/":
                closing = _HIDDEN[tag].search(markup, end) if tag not in unclosed else None
                if closing:
                    end = markup.find(">", closing.end())
                elif tag in ("script", "style"):  # what follows is code to its end; behind the others there is text
                    end = -1
                else:
                    unclosed.add(tag)
        elif markup.startswith("<!--", start):
            end = markup.find("-->", start + 4)
            end = end + 2 if end >= 0 else -1
        elif markup.startswith(("<!", "<?"), start):
            end = markup.find(">", start)
        else:
            parts.append("<")
            end = start
        at = end + 1 if end >= 0 else len(markup)
    parts.append(unescape(markup[at:]))
    lines = (" ".join(line.split()) for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)


def _tag_end(markup: str, at: int) -> int:
    """Where a tag closes, quoted attribute values skipped; -1 where that is not within reach."""
    reach = at + MAX_TAG
    while found := _TAG_STOP.search(markup, at, reach):
        if found[0] == ">":
            return found.start()
        at = markup.find(found[0], found.end(), reach) + 1
        if at == 0:
            return -1
    return -1


def _codec(label: str) -> str | None:
    """Python's name of an encoding as pages declare it, in its widest form; None where it isn't known."""
    try:
        name = codecs.lookup(label.strip().lower()).name
    except (LookupError, ValueError):
        return None
    if not _CODEC.match(name):
        return None
    return {"gb2312": "gb18030", "gbk": "gb18030", "big5": "big5hkscs", "iso8859-1": "cp1252"}.get(name, name)


def decode(body: bytes, media_type: str = "") -> tuple[str, int]:
    """A document's text, and how many characters of it could not be read.

    A byte-order mark decides; else bytes that are valid UTF-8 are UTF-8, whatever was declared (bytes of other
    Chinese encodings practically never are); else the document's own declaration, the Content-Type, gb18030 and Big5
    are tried, the wide forms of gb2312 and big5 in their place. Where none fits entirely, the one that loses least.
    """
    for mark, name in _BOMS:
        if body.startswith(mark):
            return _lossy(body[len(mark) :], name)
    for start, name in _UNMARKED:
        if body.lstrip(b" \t\r\n").startswith(start):
            return _lossy(body, name)
    declared, header = _DECLARED.match(body), _CHARSET.search(media_type)
    labels = [_codec(declared[1].decode("ascii")) if declared else None, _codec(header[1]) if header else None]
    named = [label for label in labels if label and not label.startswith(("utf-16", "utf-32"))]
    # Pure ASCII is UTF-8 as well, yet hz and iso-2022 hide other characters in it: there the declaration counts.
    first = named if body.isascii() else []
    candidates = list(dict.fromkeys([*first, "utf-8", *named, "gb18030", "big5hkscs", "cp950"]))
    for name in candidates:
        try:
            return body.decode(name), 0
        except UnicodeError:
            continue
    return min((_lossy(body, name) for name in candidates), key=lambda outcome: outcome[1])


def _lossy(body: bytes, name: str) -> tuple[str, int]:
    text = body.decode(name, "replace")
    return text, text.count("\ufffd")

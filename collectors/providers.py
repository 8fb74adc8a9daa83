"""What the providers of figures of WeChat Official Accounts have in common."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from collectors.base import whole
from core.counts import AT_LEAST, CAPPED_READ, Count


def capped(value: Any) -> Count:
    """A number of times as providers give it: 100001 is WeChat's 10万+, a lower bound. Raises ValueError."""
    number = whole(value)
    return Count(CAPPED_READ, AT_LEAST) if number >= CAPPED_READ else Count(number)


def article_id(url: str, otherwise: str = "") -> str:
    """The id of an article by its address: `mid_idx`, which the official interface calls msgid, so that an article that
    two sources know is one post; `otherwise`, or the address itself, where it has no such parts (a short link)."""
    try:
        parts = parse_qs(urlsplit(url.replace("&amp;", "&")).query)
    except ValueError:
        parts = {}
    mid, idx = parts.get("mid", [""])[0], parts.get("idx", [""])[0]
    return f"{mid}_{idx}" if mid.isdecimal() and idx.isdecimal() else otherwise or url

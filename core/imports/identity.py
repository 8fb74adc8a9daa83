"""Which post a link names. Pure.

Weibo: the last part of a link (`weibo.com/<uid>/<bid>`) is the post's number in base 62; the number's high bits are
the second in which the post was made.
"""

import hashlib
import re
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_DIGIT = {letter: value for value, letter in enumerate(_ALPHABET)}
_WEIBO_EPOCH = 515_483_463
"""Unix second from which Weibo numbers its posts' time; checked against 6,064 posts, all within 60 s."""
_WEIBO = re.compile(r"(?:^|//|\.)weibo\.c(?:om|n)/(?:u/)?(?P<uid>\d{5,12})/(?P<post>[0-9a-zA-Z]{8,20})(?![0-9a-zA-Z])")
_WEIBO_NUMBER = re.compile(
    r"(?:^|//|\.)weibo\.c(?:om|n)/(?:detail|status|statuses)/(?P<post>[0-9a-zA-Z]{8,20})(?![0-9a-zA-Z])"
)


def weibo_mid(bid: str) -> int | None:
    """The post's number of its short form: groups of 4 from the right are 7 decimal digits each. None: not one."""
    if not re.fullmatch(r"[0-9a-zA-Z]{8,12}", bid):
        return None
    groups, rest = [], bid
    while rest:
        number = 0
        for letter in rest[-4:]:
            number = number * 62 + _DIGIT[letter]
        if number >= 10_000_000:
            return None
        groups.append(number)
        rest = rest[:-4]
    return int("".join([str(groups[-1])] + [f"{number:07d}" for number in reversed(groups[:-1])]))


def weibo_time(mid: int) -> datetime | None:
    """When a post was made, by its number (aware UTC, whole seconds); None for numbers of the years before 2011."""
    at = (mid >> 22) + _WEIBO_EPOCH
    return datetime.fromtimestamp(at, UTC) if 1_300_000_000 < at < 4_000_000_000 else None


def weibo_post(url: str) -> tuple[str, int] | None:
    """(uid or "", number) of a link to a Weibo post; None for any other link."""
    found = _WEIBO.search(url)
    uid = found["uid"] if found else ""
    found = found or _WEIBO_NUMBER.search(url)
    if not found:
        return None
    post = found["post"]
    mid = int(post) if post.isdigit() and len(post) >= 15 else weibo_mid(post)
    return (uid, mid) if mid is not None else None


def from_url(platform: str, url: str) -> str:
    """The post's own id of its link, as stable as the platform makes it; "" where the link names none."""
    if not url:
        return ""
    if platform == "weibo":
        post = weibo_post(url)
        return str(post[1]) if post else ""
    try:
        parts = urlsplit(url)
        query = parse_qs(parts.query)
    except ValueError:
        return ""
    if (parts.hostname or "").endswith("mp.weixin.qq.com"):
        if all(name in query for name in ("mid", "idx")):
            return f"{query['mid'][0]}_{query['idx'][0]}"
        token = re.fullmatch(r"/s/([\w-]{10,})", parts.path)
        return token[1] if token else ""
    for name in ("modal_id", "vid", "note_id", "id", "aid", "bvid"):
        if name in query and re.fullmatch(r"[\w-]{6,64}", query[name][0]):
            return query[name][0]
    tail = [part for part in parts.path.split("/") if part]
    if tail and re.fullmatch(r"[a-zA-Z]?\d{6,}|BV\w{10}|[0-9a-f]{24}", tail[-1].split(".")[0]):
        return tail[-1].split(".")[0]
    return ""


def of_content(*parts: str) -> str:
    """An id for a post that a file gives neither link nor number: a digest of what it does give."""
    return "x" + hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:24]

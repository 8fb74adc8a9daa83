"""Rows of exports of posts → records. Pure."""

import re
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from core.imports import identity
from core.imports.cells import Fault, Row, counters, made, when, whole
from core.imports.recognise import Layout
from core.records import PostRecord, one_line

_WEIBO_DRIFT = timedelta(days=1)
"""How far a post's printed time may lie from the one in its number before the row is not believed."""
_DAMAGED = re.compile(r"\d(?:\.\d+)?e\+\d+", re.IGNORECASE)
_TAGS = re.compile(r"^\s*(?:#[^#\n]{1,60}#\s*)+")


def usual_uid(layouts: Iterable[Layout]) -> str:
    uids: Counter[str] = Counter()
    for layout in layouts:
        for row in layout.rows():
            post = identity.weibo_post(Row(layout, row).text("url"))
            if post and post[0]:
                uids[post[0]] += 1
    return uids.most_common(1)[0][0] if uids else ""


def post(
    row: Row, faults: list[Fault], platform: str, uid: str, observed_at: datetime, year: int | None
) -> tuple[PostRecord | None, str]:
    url = _url(row.text("url"))
    near = None
    own_id, damaged = _own_id(row)
    if platform == "weibo":
        own_id, near = _weibo_id(row, url, own_id, uid, faults)
    else:
        own_id = own_id or identity.from_url(platform, url)
    at = when(row, "published_at", faults, near=near, year=year)
    if at and near and abs(at.at - near) > _WEIBO_DRIFT:
        faults.append(Fault("published_at", f"与链接里的发布时间（{near:%Y-%m-%d}）相差超过一天，请核对这一行"))
    title, text = one_line(row.text("title")), row.text("text")
    if not own_id:
        if damaged and not url:
            faults.append(Fault("external_id", "编号超过 15 位，已被 Excel 改成近似值，又没有链接，请以文本格式导出"))
        elif not (title or text or url):
            faults.append(Fault("title", "标题、正文、链接和编号都是空的"))
        elif at:
            own_id = identity.of_content(url) if url else identity.of_content(title or text, at.at.isoformat())
    figures = counters(row, faults)
    if faults or at is None:
        return None, ""
    original = _original(row.text("original"))
    kind = one_line(row.text("kind"))[:40]
    if row.layout.form.key == "weibo_page":
        original = not at.again
        kind = "转发" if at.again else kind
    values = {
        "external_id": own_id, "published_at": at.at, "timed": at.timed, "observed_at": observed_at,
        "title": (title or headline(text))[:500], "text": text, "url": url, "kind": kind, "original": original,
        "counters": figures, "locator": row.layout.locator(row.number),
    }
    if row.text("position"):
        values["position"] = whole(row, "position", faults)
    return made(PostRecord, values, faults), own_id


def _weibo_id(row: Row, url: str, own_id: str, uid: str, faults: list[Fault]) -> tuple[str, datetime | None]:
    post = identity.weibo_post(url)
    if post and post[0] and post[0] != uid:
        faults.append(Fault("url", f"链接属于另一个微博账号（{post[0]}），本文件其余各行属于 {uid}"))
    mid = post[1] if post else identity.weibo_mid(row.text("short_id"))
    if mid is None and own_id.isdigit() and len(own_id) >= 15:
        mid = int(own_id)
    if mid is None:
        return own_id, None
    return str(mid), identity.weibo_time(mid)


def _own_id(row: Row) -> tuple[str, bool]:
    """(id, False), or ("", True) for an id of more than 15 digits that a spreadsheet made approximate."""
    value = row["external_id"]
    if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) >= 1e15:
        return "", True
    text = one_line(row.text("external_id"))
    if _DAMAGED.fullmatch(text) or (text.isdigit() and len(text) > 15 and text[15:].strip("0") == ""):
        return "", True
    return text[:400], False


def _url(text: str) -> str:
    text = one_line(text)
    if formula := re.match(r'=HYPERLINK\("([^"]+)"', text, re.IGNORECASE):
        text = formula[1]
    if text.startswith("//"):
        return f"https:{text}"
    if re.match(r"(?!https?:)[\w-]+(\.[\w-]+)+/", text, re.IGNORECASE):
        return f"https://{text}"
    return "" if text in ("-", "--", "无") else text


def headline(text: str) -> str:
    """A title for a post without one: its 【…】, else its first sentence without the topic tags before it."""
    text = text.replace("...展开全文", "").strip()
    body = _TAGS.sub("", text) or text
    if found := re.match(r"\s*【([^】]{4,120})】", body):
        return one_line(re.sub(r"#([^#]+)#", r"\1", found[1]))
    first = re.split(r"(?<=[。！？!?])|\n", body.strip(), maxsplit=1)[0]
    return one_line(first)[:80]


def _original(text: str) -> bool | None:
    text = text.strip().lower()
    if text in ("是", "原创", "true", "1", "y", "yes"):
        return True
    return False if text in ("否", "非原创", "转载", "转发", "false", "0", "n", "no") else None

"""Layout + rows → validated records, with what was set aside and why. Pure."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from pydantic import ValidationError

from core.counts import CAPPED_READ, MISSING, Count, CountError, parse_count
from core.imports import identity
from core.imports.dates import DateError, When, parse_when
from core.imports.forms import FIELDS
from core.imports.platforms import is_meant
from core.imports.read import Cell, SheetRow
from core.imports.recognise import Layout, shown
from core.labels import COUNTERS
from core.records import AppRecord, Batch, FollowerRecord, PostRecord, Record, Reject, clean, one_line, reasons

R = TypeVar("R", bound=Record)
TOTALS = {"累计", "合计", "总计", "总数", "小计", "汇总", "平均", "均值", "平均值"}
ALL_CHANNELS = {"全部", "全部渠道", "合计", "总计", ""}
_UNPUBLISHED = re.compile(r"未通过|审核中|待审|草稿|定时|已删除|失败|下架")
_WEIBO_DRIFT = timedelta(days=1)
"""How far a post's printed time may lie from the one in its number before the row is not believed."""
_DAMAGED = re.compile(r"\d(?:\.\d+)?e\+\d+", re.IGNORECASE)
_TAGS = re.compile(r"^\s*(?:#[^#\n]{1,60}#\s*)+")


@dataclass(slots=True)
class Checked:
    """What the rows of a file gave. `repeats` are second rows of a post, no errors; `skipped` counts rows by reason."""

    batch: Batch = field(default_factory=Batch)
    repeats: list[Reject] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    rows: int = 0
    account_id: str = ""
    """The account's own id on the platform, where the links of the file tell it."""
    accounts: Counter[str] = field(default_factory=Counter)
    """Names in the file's account column, with their rows."""


class _Fault(ValueError):
    def __init__(self, field: str, reason: str):
        super().__init__(reason)
        self.field = field


def check(
    layouts: Iterable[Layout], *, platform: str, account_name: str, observed_at: datetime, year: int | None = None
) -> Checked:
    """Records of every row of the layouts, for one account on one platform, with counters as seen at `observed_at`.

    `year` is for dates that print none where no link tells it. Rows of other accounts are skipped and counted.
    """
    out = Checked()
    layouts = list(layouts)
    if platform == "weibo":
        out.account_id = _usual_uid(layouts)
    seen: dict[object, int] = {}
    for layout in layouts:
        for row in layout.rows():
            _row(layout, _Row(layout, row), out, seen, platform, account_name, observed_at, year)
    return out


class _Row:
    """One row read by field name."""

    def __init__(self, layout: Layout, row: SheetRow):
        self.layout, self.number, self.cells = layout, row.number, row.cells

    def __getitem__(self, name: str) -> Cell:
        column = self.layout.columns.get(name)
        return self.cells[column.index] if column and column.index < len(self.cells) else None

    def text(self, name: str) -> str:
        """The cell as text: whole floats without `.0`, the guard ' that spreadsheets put before a formula taken off."""
        value = self[name]
        if value is None:
            return ""
        if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        return clean(str(value)).strip("\t").removeprefix("'")

    @property
    def block(self) -> tuple[Cell, ...]:
        return self.cells[self.layout.first : self.layout.last]


def _row(
    layout: Layout, row: _Row, out: Checked, seen: dict[object, int], platform: str, account_name: str,
    observed_at: datetime, year: int | None,
) -> None:
    if not any(cell is not None and str(cell).strip() for cell in row.block):
        return
    out.rows += 1
    if why := _skip(layout, row, platform):
        out.skipped[why] += 1
        return
    if name := one_line(row.text("account")):
        out.accounts[name] += 1
        if account_name and name != one_line(account_name):
            out.skipped["其他账号的行"] += 1
            return
    faults: list[_Fault] = []
    if layout.form.table == "posts":
        record, key = _post(row, faults, platform, out.account_id, observed_at, year)
    elif layout.form.table == "followers":
        record, key = _follower(row, faults, observed_at, year)
    else:
        record, key = _app(row, faults, observed_at, year)
    if record is None:
        out.batch.rejects += [_reject(row, fault) for fault in faults]
    elif (first := seen.setdefault((layout.form.table, key), row.number)) != row.number:
        by_content = layout.form.table == "posts" and str(key).startswith("x") and not row.text("url")
        reason = (
            f"没有链接和编号，标题与发布时间和第 {first} 行相同，只计一次" if by_content
            else f"与第 {first} 行是同一篇，只计一次" if layout.form.table == "posts"
            else f"与第 {first} 行是同一天，只取前一行"
        )
        out.repeats.append(Reject(layout.locator(row.number), "", reason))
    elif isinstance(record, PostRecord):
        out.batch.posts.append(record)
    elif isinstance(record, FollowerRecord):
        out.batch.followers.append(record)
    else:
        out.batch.apps.append(record)


def _skip(layout: Layout, row: _Row, platform: str) -> str:
    first = next((str(cell).strip() for cell in row.block if cell is not None and str(cell).strip()), "")
    when = row.text("published_at") or row.text("day")
    if first in TOTALS or when in TOTALS:
        return "累计、合计行"
    if all(column.index < len(row.cells) and shown(row.cells[column.index]) == column.header
           for column in layout.columns.values()):
        return "重复的表头"
    if layout.columns.get("channel") and row.text("channel") not in ALL_CHANNELS:
        return "分渠道的行（只取“全部”）"
    if _UNPUBLISHED.search(row.text("state")):
        return "未发布的作品"
    if layout.columns.get("platform") and (named := row.text("platform")) and not is_meant(named, platform):
        return "其他平台的行"
    return ""


def _reject(row: _Row, fault: _Fault) -> Reject:
    column = row.layout.columns.get(fault.field)
    header = column.header if column else FIELDS.get(fault.field, "")
    raw = row.text(fault.field) if column else " | ".join(str(cell) for cell in row.block if cell is not None)
    return Reject(row.layout.cell(row.number, fault.field), header, str(fault), one_line(raw)[:200])


# --- Posts ----------------------------------------------------------------------------------------------------------


def _usual_uid(layouts: Iterable[Layout]) -> str:
    uids: Counter[str] = Counter()
    for layout in layouts:
        for row in layout.rows():
            post = identity.weibo_post(_Row(layout, row).text("url"))
            if post and post[0]:
                uids[post[0]] += 1
    return uids.most_common(1)[0][0] if uids else ""


def _post(
    row: _Row, faults: list[_Fault], platform: str, uid: str, observed_at: datetime, year: int | None
) -> tuple[PostRecord | None, str]:
    url = _url(row.text("url"))
    near = None
    own_id, damaged = _own_id(row)
    if platform == "weibo":
        own_id, near = _weibo_id(row, url, own_id, uid, faults)
    else:
        own_id = own_id or identity.from_url(platform, url)
    when = _when(row, "published_at", faults, near=near, year=year)
    if when and near and abs(when.at - near) > _WEIBO_DRIFT:
        faults.append(_Fault("published_at", f"与链接里的发布时间（{near:%Y-%m-%d}）相差超过一天，请核对这一行"))
    title, text = one_line(row.text("title")), row.text("text")
    if not own_id:
        if damaged and not url:
            faults.append(_Fault("external_id", "编号超过 15 位，已被 Excel 改成近似值，又没有链接，请以文本格式导出"))
        elif not (title or text or url):
            faults.append(_Fault("title", "标题、正文、链接和编号都是空的"))
        elif when:
            own_id = identity.of_content(url) if url else identity.of_content(title or text, when.at.isoformat())
    counters = _counters(row, faults)
    if faults or when is None:
        return None, ""
    original = _original(row.text("original"))
    kind = one_line(row.text("kind"))[:40]
    if row.layout.form.key == "weibo_page":
        original = not when.again
        kind = "转发" if when.again else kind
    values = {
        "external_id": own_id, "published_at": when.at, "observed_at": observed_at,
        "title": (title or headline(text))[:500], "text": text, "url": url, "kind": kind, "original": original,
        "counters": counters, "locator": row.layout.locator(row.number),
    }
    if row.text("position"):
        values["position"] = _whole(row, "position", faults)
    return _made(PostRecord, values, faults), own_id


def _weibo_id(row: _Row, url: str, own_id: str, uid: str, faults: list[_Fault]) -> tuple[str, datetime | None]:
    post = identity.weibo_post(url)
    if post and post[0] and post[0] != uid:
        faults.append(_Fault("url", f"链接属于另一个微博账号（{post[0]}），本文件其余各行属于 {uid}"))
    mid = post[1] if post else identity.weibo_mid(row.text("short_id"))
    if mid is None and own_id.isdigit() and len(own_id) >= 15:
        mid = int(own_id)
    if mid is None:
        return own_id, None
    return str(mid), identity.weibo_time(mid)


def _own_id(row: _Row) -> tuple[str, bool]:
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


# --- Days -----------------------------------------------------------------------------------------------------------


def _follower(
    row: _Row, faults: list[_Fault], observed_at: datetime, year: int | None
) -> tuple[FollowerRecord | None, object]:
    when = _when(row, "day", faults, year=year)
    followers = _count(row, "followers", faults)
    new, lost = _whole(row, "new", faults), _whole(row, "lost", faults)
    if faults or when is None:
        return None, ""
    values = {
        "day": when.day, "observed_at": observed_at, "followers": followers, "new": new, "lost": lost,
        "locator": row.layout.locator(row.number),
    }
    return _made(FollowerRecord, values, faults), when.day


def _app(row: _Row, faults: list[_Fault], observed_at: datetime, year: int | None) -> tuple[AppRecord | None, object]:
    when = _when(row, "day", faults, year=year)
    counts = ("active_users", "new_users", "total_users", "launches", "downloads")
    values: dict[str, object] = {name: _whole(row, name, faults) for name in counts}
    values["rating"] = _rating(row, faults)
    if not faults and all(value is None for value in values.values()):
        faults.append(_Fault("", "各项数据都是空的"))
    if faults or when is None:
        return None, ""
    values |= {"day": when.day, "observed_at": observed_at, "locator": row.layout.locator(row.number)}
    return _made(AppRecord, values, faults), when.day


def _rating(row: _Row, faults: list[_Fault]) -> float | None:
    text = row.text("rating").removesuffix("分").strip()
    if text in ("", "-", "--", "暂无"):
        return None
    try:
        return float(Decimal(text))
    except InvalidOperation:
        faults.append(_Fault("rating", f"“{text[:30]}”不是评分"))
        return None


# --- Cells ----------------------------------------------------------------------------------------------------------


def _when(
    row: _Row, name: str, faults: list[_Fault], *, near: datetime | None = None, year: int | None = None
) -> When | None:
    try:
        return parse_when(row[name], near=near, year=year)
    except DateError as error:
        faults.append(_Fault(name, str(error)))
        return None


def _counters(row: _Row, faults: list[_Fault]) -> dict[str, Count]:
    return {name: _count(row, name, faults) for name in COUNTERS if name in row.layout.columns}


def _count(row: _Row, name: str, faults: list[_Fault]) -> Count:
    column = row.layout.columns.get(name)
    if column is None:
        return MISSING
    value = row[name]
    if column.unit and re.fullmatch(r"[\d,]+(\.\d+)?", text := row.text(name).strip()):
        value = text + column.unit
    try:
        return parse_count(value, cap=CAPPED_READ if name == "reads" else None)
    except CountError as error:
        faults.append(_Fault(name, str(error)))
        return MISSING


def _whole(row: _Row, name: str, faults: list[_Fault]) -> int | None:
    count = _count(row, name, faults)
    if count.slack:
        faults.append(_Fault(name, f"“{row.text(name)[:30]}”不是准确数，这一项需要准确的整数"))
        return None
    return count.value


def _made(kind: type[R], values: dict[str, object], faults: list[_Fault]) -> R | None:
    if faults:
        return None
    try:
        return kind(**values)
    except ValidationError as error:
        faults += [_Fault(name if name in FIELDS else _field_of(reason), reason) for name, reason in reasons(error)]
        return None


def _field_of(reason: str) -> str:
    """The field that a fault of a whole record is about, by its words."""
    if reason.startswith("发布时间"):
        return "published_at"
    return "day" if reason.startswith("日期") else ""

"""People's message boards (人民网领导留言板): messages to leaders, their state, and the official replies.

Three forms, by what the site lets one do: `snapshot`, the board's newest threads as an unsigned JSONP file; `list`, the
older list, paged by the last thread's number; `signed`, the front end's own interface, which alone has the replies. Its
signature is public and moves with the front end. The clean route for a district is its own handling back office.
Sources: the site's front end as public programs call it (RSSHub lib/routes/people/liuyan.ts among them).
"""

import hashlib
import json
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from collectors import attempts, dates, plain
from collectors.base import Collector, Desk, Field, each, read_json
from core import clock
from core.faults import Fault
from core.records import Batch, Fetched, MentionRecord, SourceSpec, clean, one_line

BASE = "https://liuyan.people.com.cn"
SNAPSHOTS = "https://messageboard.people.cn"
APP_CODE = "PC42ce3bfa4980a9"
"""What the site's own front end calls itself; no secret."""
LIST, CONTENT = "/v1/threads/list/df", "/v1/threads/content"
PACE = 2.0
ROWS = 10
PAGES = 10
USUAL_PAGES = 3
FORMS = {"snapshot": "公开快照", "list": "旧版列表", "signed": "网站接口"}
_CALL = re.compile(r"[A-Za-z_$][\w$.]{0,80}\s{0,20}\(")
_ROWS = ("responseData", "resultData", "data", "threads", "list", "rows")
_TIMES = ("threadsCheckTime", "checkTime", "dateline", "createTime", "createDateline")
_DETAILS = {
    "留言类型": ("typeName", "typeInfo", "type"), "留言领域": ("domainName", "fieldName"),
    "办理状态": ("traceInfo", "stateInfo", "handleInfo", "state"), "留言对象": ("forumName", "forum", "toForumName"),
}
_DONE = re.compile("已办理|已回复|已答复|办结")


def signature(path: str, param: str, app_code: str = APP_CODE, token: str = "") -> str:
    """The front end's signature: MD5 over path, parameters as they are sent, half the MD5 of the app code, token."""
    return _md5(f"{path}{param}{_md5(app_code)[:16]}{token}")


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


# --- Asking ---------------------------------------------------------------------------------------------------------


async def collect(source: SourceSpec, desk: Desk) -> AsyncIterator[Fetched]:
    """The snapshot, or the list page by page; with the signed interface also the threads that are new or answered."""
    form, fid = _form(source)
    if form == "snapshot":
        fetched = await _snapshot(source, desk, fid)
        _rows(fetched)
        yield replace(fetched, context={"call": "snapshot"}, cursor={})
        return
    place: dict[str, Any] = {"page": 1, "last": "", "more": True, "queue": [], **desk.cursor}
    while place["more"]:
        try:
            fetched, place = await _list(source, desk, form, fid, place)
        except Fault as fault:
            if int(place["page"]) == 1 or fault.kind != "RETRY" or attempts.of_the_site(fault):
                raise
            fetched, place = attempts.failed(fault, f"{LIST} {place['page']}", desk.now), place | {"more": False}
        yield replace(fetched, cursor=_cursor(place))

    def unread(row: dict[str, Any], fault: Fault) -> Fetched:
        return attempts.failed(fault, f"{CONTENT} {row['tid']}", desk.now)

    threads = attempts.texts(place, lambda row, _: _thread(source, desk, row), unread, desk.now)
    async for fetched in threads:
        yield replace(fetched, cursor=_cursor(place))


def _cursor(place: dict[str, Any]) -> dict[str, Any]:
    return dict(place) if place["more"] else {"queue": place["queue"]} if place["queue"] else {}


def _form(source: SourceSpec) -> tuple[str, str]:
    form = str(source.config.get("form") or "snapshot")
    fid = str(source.config.get("fid") or "").strip()
    if form not in FORMS:
        raise Fault("STOP", f"没有“{form[:20]}”这种读取方式，可选：{'、'.join(FORMS)}")
    if not re.fullmatch(r"\d{1,10}", fid):
        raise Fault("STOP", "没有填写留言板编号，请填写本区留言页面网址 fid= 后面的数字")
    return form, fid


def _base(source: SourceSpec) -> str:
    """The interface's address; where only that of the snapshots was given, its usual one."""
    same = urlsplit(source.url).hostname == urlsplit(SNAPSHOTS).hostname
    return BASE if same or not source.url else source.url.rstrip("/")


async def _snapshot(source: SourceSpec, desk: Desk, fid: str) -> Fetched:
    url = f"{(source.url or SNAPSHOTS).rstrip('/')}/new_threads_{fid}.jsonp"
    try:
        return await desk.http.get(url, now=desk.now)
    except Fault as fault:
        if fault.kind != "GONE":
            raise
        words = f"没有编号 {fid} 的留言板快照，请核对编号，或改用“{FORMS['signed']}”"
        raise Fault("STOP", words, evidence=fault.evidence) from fault


async def _list(
    source: SourceSpec, desk: Desk, form: str, fid: str, place: dict[str, Any]
) -> tuple[Fetched, dict[str, Any]]:
    """One page of the list, and where to go on behind it."""
    if form == "list":
        fetched = await desk.http.ask(
            "POST", f"{_base(source)}/threads/queryThreadsList", now=desk.now, pace=PACE,
            form={"fid": fid, "state": "1", "lastItem": place["last"] or "0"},
        )
        desk.http.judge(fetched, desk.now)
    else:
        param = {"fid": fid, "showUnAnswer": 1, "typeId": 5, "lastItem": place["last"], "position": "0", "rows": ROWS,
                 "orderType": 2}
        fetched = await _signed(source, desk, LIST, param)
    number = int(place["page"])
    rows = [_kept(row) for row in _rows(fetched, end=number > 1) if isinstance(row, dict)]
    ids = [row["tid"] for row in rows if row["tid"]]
    known, waits = await desk.known(ids), {row["tid"] for row, *_ in place["queue"]}
    wanted = [
        row for row in {row["tid"]: row for row in rows if row["tid"] and row["tid"] not in waits}.values()
        if row["tid"] not in known or (_done(row["details"]) and not _done(known[row["tid"]]))
    ] if form == "signed" else []
    last = min((i for i in ids if i.isascii() and i.isdecimal() and len(i) < 20), key=int, default="")
    more = bool(last) and last != place["last"] and number < _pages(source)  # replies come to older threads, too
    ahead = place | {"page": number + 1, "last": last, "more": more}
    attempts.queue(ahead, [row | {"text": ""} for row in wanted])  # the list's own words are stored with the list
    return replace(fetched, context={"call": form}), ahead


def _done(details: Mapping[str, str]) -> bool:
    return _DONE.search(details.get("办理状态", "")) is not None


def _pages(source: SourceSpec) -> int:
    said = str(source.config.get("pages") or USUAL_PAGES).strip()
    if not said.isdecimal() or not 1 <= int(said) <= PAGES:
        raise Fault("STOP", f"“最多几页”应是 1 到 {PAGES} 的整数，现在是“{said[:20]}”")
    return int(said)


async def _thread(source: SourceSpec, desk: Desk, row: dict[str, Any]) -> Fetched:
    """One thread with its replies; its context holds what the list said of it."""
    context = {"call": "content", "row": json.dumps(row, ensure_ascii=False)}
    fetched = await _signed(source, desk, CONTENT, {"tid": row["tid"], "fromTrash": 0})
    _parts(fetched)
    return replace(fetched, context=context)


async def _signed(source: SourceSpec, desk: Desk, path: str, param: Mapping[str, Any]) -> Fetched:
    """A signed call. Raises Fault STOP where the site no longer accepts the signature."""
    code = str(source.config.get("app_code") or APP_CODE).strip()
    text = json.dumps(param, ensure_ascii=False, separators=(",", ":"))
    fetched = await desk.http.ask(
        "POST", f"{_base(source)}{path}", now=desk.now, pace=PACE,
        json={"appCode": code, "token": "", "signature": signature(path, text, code), "param": text},
    )
    desk.http.judge(fetched, desk.now)
    answer = read_json(fetched)
    verdict = str(answer.get("code") or answer.get("resultCode") or "") if isinstance(answer, dict) else ""
    said = one_line(str(answer.get("message") or answer.get("resultMsg") or answer.get("msg") or ""))[:100] if (
        isinstance(answer, dict)) else ""
    if verdict == "SN0006":
        raise Fault(
            "STOP", "留言板网站不再接受这种签名（SN0006），它的前端可能已更新；请改用“公开快照”或导入办理后台"
            "导出的文件，并联系维护人员更新签名", evidence=fetched,
        )
    if isinstance(answer, dict) and "resultData" not in answer:
        reason = f"{verdict or '没有错误码'}{f'：{said}' if said else ''}"
        raise Fault("RETRY", f"留言板拒绝了请求（{reason}）", evidence=fetched)
    return fetched


# --- Reading answers ------------------------------------------------------------------------------------------------


def unwrapped(fetched: Fetched) -> Any:
    """The JSON of an answer that may be wrapped in a call (JSONP). Raises Fault RETRY for anything that is none."""
    text, _ = plain.decode(fetched.body, fetched.media_type)
    text = text.strip().rstrip(";").rstrip()
    if (call := _CALL.match(text)) and text.endswith(")"):
        inner = text[call.end() : -1]
        return read_json(replace(fetched, body=inner.encode(), media_type="application/json; charset=utf-8"))
    return read_json(fetched)


def _rows(fetched: Fetched, *, end: bool = False) -> list:
    """The rows of a list, wherever an answer keeps them; with `end` there may be none."""
    answer = unwrapped(fetched)
    if end and isinstance(answer, dict) and not any(answer.get(name) for name in _ROWS):
        return []
    for _ in range(3):
        if isinstance(answer, list):
            return answer
        if not isinstance(answer, dict):
            break
        name = next((n for n in _ROWS if isinstance(answer.get(n), list | dict)), None)
        if name is None:
            break
        answer = answer[name]
    raise Fault("RETRY", "留言板返回的内容中没有留言列表，接口可能已变化", evidence=fetched)


def _parts(fetched: Fetched) -> list:
    answer = read_json(fetched)
    data = answer.get("resultData") if isinstance(answer, dict) else None
    if isinstance(answer, dict) and "resultData" in answer and data is None:
        return []  # the thread was deleted
    parts = data.get("contentList") if isinstance(data, dict) else None
    if not isinstance(parts, list):
        raise Fault("RETRY", "留言板返回的内容中没有 contentList，接口可能已变化", evidence=fetched)
    return parts


def _first(row: Mapping[str, Any], names: tuple[str, ...]) -> str:
    """The first of these fields that says something in words."""
    for name in names:
        value = row.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool) and one_line(str(value)):
            return one_line(str(value))
    return ""


def _kept(row: Mapping[str, Any]) -> dict[str, Any]:
    """What the list says of a thread, as plain values for a cursor and a context. Numbers are no words for a detail."""
    details = {label: words for label, names in _DETAILS.items() if not (words := _first(row, names)).isdecimal()}
    return {
        "tid": _first(row, ("tid", "id", "threadId")), "title": plain.text_of(_first(row, ("subject", "title"))),
        "author": _first(row, ("nickName", "nickname", "userName")), "at": _first(row, _TIMES),
        "text": plain.text_of(str(row.get("content") or ""))[:20_000],
        "details": {label: words for label, words in details.items() if words},
    }


def _when(printed: str, now: datetime) -> datetime | None:
    return dates.of_field(printed, now)


def parse(source: SourceSpec, fetched: Fetched) -> Batch:
    """The threads of a list, or one thread with its replies."""
    batch = Batch()
    if fetched.context.get("call") == "content":
        row, parts = json.loads(fetched.context["row"]), _parts(fetched)
        if not parts:
            batch.note = "有的留言没有内容，可能已被删除，只保留列表所示内容"
        each([row], batch, lambda kept, at: batch.mentions.append(_answered(kept, parts, fetched)), "resultData")
        return batch
    seen: set[str] = set()

    def one(row: Any, at: str) -> None:
        kept = _kept(row)
        if kept["tid"] in seen:
            return
        record = _record(kept, at, fetched)
        seen.add(kept["tid"])
        batch.mentions.append(record)

    each(_rows(fetched, end=True), batch, one, "list")
    return batch


def _record(
    kept: Mapping[str, Any], at: str, fetched: Fetched, text: str = "", more: Mapping[str, str] | None = None
) -> MentionRecord:
    when = _when(kept["at"], fetched.fetched_at)
    title = one_line(kept["title"]) or one_line(text or kept["text"])[:60]
    return MentionRecord(
        external_id=kept["tid"], title=title[:500], text=text or kept["text"], author=kept["author"][:200],
        url=f"{BASE}/threads/content?tid={quote(kept['tid'], safe='')}" if kept["tid"] else "",
        published_at=when or fetched.fetched_at, dated=when is not None, observed_at=fetched.fetched_at,
        platform="liuyan", details={**kept["details"], **(more or {})}, locator=at,
    )


def _answered(kept: Mapping[str, Any], parts: list, fetched: Fetched) -> MentionRecord:
    """A thread with the message itself (dataType 1) and the official replies (dataType 4), the last one counting."""
    text, more = "", {}
    for part in (part for part in parts if isinstance(part, dict)):
        words = clean(plain.text_of(str(part.get("content") or "")))
        if str(part.get("dataType")) == "1":
            text = words[:200_000]
            state = _first(part, ("stateInfo", "traceInfo"))
            # What the list says of the state is what the next round is held against.
            more |= {"办理状态": state} if state and not state.isdecimal() and "办理状态" not in kept["details"] else {}
        elif str(part.get("dataType")) == "4":
            at = _when(_first(part, ("dateline", "answerDateline", "createTime")), fetched.fetched_at)
            more |= {"答复单位": _first(part, ("organization", "organizationName")), "答复内容": words[:2_000]}
            more |= {"答复时间": f"{clock.local(at):%Y-%m-%d %H:%M}"} if at else {}
    return _record(kept, "resultData.contentList", fetched, text, more)


async def check(source: SourceSpec, desk: Desk) -> str:
    """The first answer."""
    form, fid = _form(source)
    if form == "snapshot":
        fetched = replace(await _snapshot(source, desk, fid), context={"call": "snapshot"})
    else:
        place = {"page": 1, "last": "", "more": True, "queue": []}
        fetched = replace((await _list(source, desk, form, fid, place))[0], context={"call": form})
    batch = parse(source, fetched)
    first = f"，如“{batch.mentions[0].title[:30]}”" if batch.mentions else ""
    return f"连接正常，{FORMS[form]}有 {len(batch)} 条留言{first}"


LIUYAN = Collector(
    "liuyan", "留言板", 21_600, collect, parse, base=BASE, account="none", platform="liuyan", holds=True,
    check=check,
    options=(
        Field("fid", "留言板编号", "本区留言页面网址 fid= 后面的数字"),
        Field("form", "读取方式", "公开快照最稳妥；网站接口才有答复内容，但签名会随网站更新而失效", required=False,
              default="snapshot", choices=tuple(FORMS)),
        Field("pages", "最多几页", f"1 到 {PAGES}，每页 {ROWS} 条；快照不分页", required=False,
              default=str(USUAL_PAGES)),
        Field("app_code", "前端编号", "一般不填；网站前端更新后由维护人员填写", required=False),
    ),
    help="低频读取公开的留言和答复；本区的办理数据以留言办理后台导出的文件为准。",
)

"""Huawei AppGallery Connect: an APP's downloads of each day, from the download and installation report.

The interface writes the report into a file and answers with its address, good for some minutes, on another host: the
file is fetched like any stranger's (no authorization sent, private addresses refused) and is what is kept; the address
is a secret while it lasts and is kept nowhere. Days are those of the report (by its document UTC days).
Source: developer.huawei.com, AppGallery Connect API, agcapi-appdownloadexport; the document does not list the file's
columns: they are found by their heads, known from exports (Date, Total downloads, New downloads …), Chinese or English.
"""

import csv
import io
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from collectors import oauth, plain
from collectors.base import Collector, Desk, Field, each, read_json
from core import clock
from core.counts import parse_count
from core.faults import Fault
from core.records import AppRecord, Batch, Fetched, SourceSpec, one_line

BASE = "https://connect-api.cloud.huawei.com/api"
REPORT = "report/distribution-operation-quality/v1/appDownloadExport"
PACE = 1.0
DAYS = 30
"""Days read again each time; a report may span 180."""
MAX_ROWS = 2_000
_DAY = ("date", "day", "日期", "时间")
_DOWNLOADS = ("total downloads", "downloads", "总下载量", "下载量", "下载次数", "总下载次数")
_SUMS = ("total", "sum", "summary", "合计", "总计", "汇总")
_FORMS = ("%Y%m%d", "%Y-%m-%d", "%Y/%m/%d")
_LOST = ("token", "unauthor", "credential")
_REFUSED = ("permission", "role", "forbidden", "right", "not exist", "appid", "app id", "权限", "不存在")


async def collect(source: SourceSpec, desk: Desk) -> AsyncIterator[Fetched]:
    """The report of the last thirty days."""
    yield replace(await _report(source, desk), cursor={})


async def _report(source: SourceSpec, desk: Desk) -> Fetched:
    """The report's file. Raises Fault."""
    yesterday = clock.day_of(desk.now) - timedelta(1)
    answer = await _export(source, desk, yesterday - timedelta(DAYS - 1), yesterday)
    address = answer.get("fileURL")
    if not isinstance(address, str) or not address.startswith(("http://", "https://")):
        raise Fault("RETRY", "华为没有给出报表文件的地址，可能尚未生成，稍后重试")
    try:
        fetched = await desk.http.get(address, now=desk.now)
    except Fault as fault:
        evidence = fault.evidence
        bare = _bare(evidence) if isinstance(evidence, Fetched) else evidence
        gone = isinstance(evidence, Fetched) and evidence.status in (401, 403, 404, 410)
        words = f"华为的报表文件取不到：{fault.message}" + ("；地址可能已失效，稍后重新生成" if gone else "")
        raise Fault("RETRY" if gone else fault.kind, words, retry_after=fault.retry_after, evidence=bare) from fault
    return _bare(fetched)


def _bare(fetched: Fetched) -> Fetched:
    """Without the query of the file's address: who holds it may fetch the file."""
    return replace(fetched, request=fetched.request.partition("?")[0], url=fetched.url.partition("?")[0])


async def _export(source: SourceSpec, desk: Desk, first: date, last: date) -> Mapping[str, Any]:
    """The answer that holds the file's address; a token that ran out is replaced once."""
    app = _app(source)
    params = {"language": "en-US", "startTime": f"{first:%Y%m%d}", "endTime": f"{last:%Y%m%d}", "exportType": "CSV"}
    stale = ""
    while True:
        token = await desk.token("access", lambda: _token(source, desk), stale=stale)
        fetched = await desk.http.ask(
            "GET", f"{_base(source)}/{REPORT}/{app}", now=desk.now, params=params, pace=PACE,
            headers={"Authorization": f"Bearer {token}", "client_id": desk.secrets["client_id"]},
        )
        answer = read_json(fetched) if fetched.status in (200, 400, 401, 403) else None
        ret = answer.get("ret") if isinstance(answer, dict) else None
        code, said = (ret.get("code"), one_line(str(ret.get("msg", "")))[:120]) if isinstance(ret, dict) else ("", "")
        lost = fetched.status == 401 or (str(code) != "0" and any(word in said.lower() for word in _LOST))
        if lost and not stale:
            stale = token
            continue
        if lost:
            words = f"华为不接受访问令牌（{said or 'HTTP 401'}），请核对客户端 ID 和密钥"
            raise Fault("REAUTH", words, evidence=fetched)
        if isinstance(ret, dict) and str(code) != "0":
            refused = any(word in said.lower() for word in _REFUSED)
            remedy = "，请在 AppGallery Connect 核对 API 客户端的角色和应用 ID" if refused else ""
            words = f"华为拒绝了请求：{said or '没有说明原因'}（错误码 {code}）{remedy}"
            raise Fault("STOP" if refused else "RETRY", words, evidence=fetched)
        desk.http.judge(fetched, desk.now)
        if not isinstance(ret, dict):
            raise Fault("RETRY", "华为返回的内容缺少 ret，接口可能已变化", evidence=fetched)
        return answer


async def _token(source: SourceSpec, desk: Desk) -> tuple[str, float]:
    """A new access token and its seconds of life (about two days)."""
    client, secret = desk.secrets.get("client_id", ""), desk.secrets.get("client_secret", "")
    if not client or not secret:
        raise Fault("STOP", "没有填写客户端 ID 或密钥，请先添加凭据")
    fetched, answer = await oauth.call(
        desk, "POST", f"{_base(source)}/oauth2/v1/token", pace=PACE,
        json={"grant_type": "client_credentials", "client_id": client, "client_secret": secret},
    )
    if answer.get("access_token"):
        return str(answer["access_token"]), oauth.seconds(answer.get("expires_in"), desk.now) or 3600
    ret = answer.get("ret")
    said = one_line(str(ret.get("msg", "")))[:120] if isinstance(ret, dict) else ""
    raise Fault("REAUTH", f"华为没有给出访问令牌（{said or '没有说明原因'}），请核对客户端 ID 和密钥", evidence=fetched)


def _base(source: SourceSpec) -> str:
    return (source.url or BASE).rstrip("/")


def _app(source: SourceSpec) -> str:
    app = str(source.config.get("app_id", "")).strip() or (source.account[1] if source.account else "")
    if not app.isdecimal():
        raise Fault("STOP", "没有填写华为的应用 ID（AppGallery Connect—我的应用—应用信息，一串数字）")
    return app


def parse(source: SourceSpec, fetched: Fetched) -> Batch:
    """Downloads by day. Raises Fault for a file whose columns can't be told."""
    text, _ = plain.decode(fetched.body, fetched.media_type)
    if text.lstrip().startswith("<"):
        raise Fault("RETRY", "华为的报表文件是网页而不是 CSV，地址可能已失效", evidence=fetched)
    try:
        lines = [line for line in csv.reader(io.StringIO(text.lstrip("\ufeff"))) if any(cell.strip() for cell in line)]
    except csv.Error as error:
        raise Fault("RETRY", "华为的报表文件不是完整的 CSV", evidence=fetched) from error
    if not lines:
        raise Fault("RETRY", "华为的报表文件是空的", evidence=fetched)
    heads = [one_line(cell).lower() for cell in lines[0]]
    day_at, downloads_at = _column(heads, _DAY), _column(heads, _DOWNLOADS)
    if day_at is None or downloads_at is None:
        named = "、".join(head for head in heads if head)[:200]
        raise Fault("STOP", f"华为的报表没有“日期”或“总下载量”列，无法取数；现有列：{named}", evidence=fetched)
    batch = Batch()
    if len(lines) > MAX_ROWS:
        raise Fault("STOP", f"华为的报表超过 {MAX_ROWS:,} 行，不像按日汇总的报表", evidence=fetched)

    def read(line: list[str], at: str) -> None:
        if len(line) <= max(day_at, downloads_at):
            raise ValueError("列数不够")
        count = parse_count(line[downloads_at], cap=None)
        if count.value is not None:
            batch.apps.append(AppRecord(
                day=_day(line[day_at]), observed_at=fetched.fetched_at, downloads=count.value, locator=at
            ))

    each([line for line in lines[1:] if one_line(line[0]).lower() not in _SUMS], batch, read, "行")
    if not batch.apps and not batch.rejects:
        batch.note = "华为的报表中没有数据：应用可能尚未上架，或当日报表尚未生成"
    return batch


def _column(heads: list[str], names: tuple[str, ...]) -> int | None:
    return next((heads.index(name) for name in names if name in heads), None)


def _day(text: str) -> date:
    for form in _FORMS:
        try:
            return datetime.strptime(text.strip()[:10], form).date()  # noqa: DTZ007 (a day has no time zone)
        except ValueError:
            continue
    raise ValueError(f"“{text[:20]}”不是日期")


async def check(source: SourceSpec, desk: Desk) -> str:
    """The whole way: token, report, file."""
    batch = parse(source, await _report(source, desk))
    if not batch.apps:
        return f"连接正常；{batch.note or '报表中没有可用的行'}"
    last = max(batch.apps, key=lambda record: record.day)
    return f"连接正常，{last.day} 下载 {last.downloads:,} 次"


HUAWEI = Collector(
    "huawei", "华为 AppGallery", 86_400, collect, parse, daily_at="11:00", base=BASE, account="required",
    platform="app", check=check,
    secrets=(Field("client_id", "客户端 ID", "AppGallery Connect—用户与访问—API 密钥—Connect API"),
             Field("client_secret", "密钥", "同一页面，项目选 N/A", secret=True)),
    options=(Field("app_id", "应用 ID", "AppGallery Connect—我的应用；不填用账号的平台 ID", required=False),),
    help="只有华为应用市场的下载次数（含更新以外的全部下载），按报表日期。小米、OPPO、vivo、应用宝请用文件导入。",
)

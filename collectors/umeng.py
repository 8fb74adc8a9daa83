"""Umeng U-App: one APP's active and new users, launches and total users of each day.

Every call is signed: HMAC-SHA1 over the path and all parameters. Persons and times are kept apart: activityUsers,
newUsers and totalUsers are persons (devices), launches are times.
Source: developer.umeng.com, U-App 开放接口 (com.umeng.uapp).
"""

import hashlib
import hmac
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from collectors import attempts
from collectors.base import Collector, Desk, Field, each, read_json, whole
from core import clock
from core.faults import Fault
from core.records import AppRecord, Batch, Fetched, SourceSpec, one_line

BASE = "https://gateway.open.umeng.com/openapi"
SPACE = "param2/1/com.umeng.uapp"
PACE = 0.3
DAYS = 7
"""Days read again each time: late sessions change yesterday's figures."""
_REFUSED = ("signature", "apikey", "api key", "permission", "illegal", "not exist", "无权限", "签名")


def signature(api: str, key: str, secret: str, params: Mapping[str, Any]) -> str:
    """The `_aop_signature` of a call: upper-case hex of HMAC-SHA1 over path and sorted, unencoded parameters."""
    text = f"{SPACE}/{api}/{key}" + "".join(f"{name}{params[name]}" for name in sorted(params))
    return hmac.new(secret.encode(), text.encode(), hashlib.sha1).hexdigest().upper()


async def collect(source: SourceSpec, desk: Desk) -> AsyncIterator[Fetched]:
    """The last seven whole days, newest first; the cursor holds the days still to ask, and for which yesterday."""
    yesterday, spare = clock.day_of(desk.now) - timedelta(1), attempts.Spare(desk.now)
    going_on = desk.cursor.get("until") == yesterday.isoformat()
    days = desk.cursor["days"] if going_on else [(yesterday - timedelta(n)).isoformat() for n in range(DAYS)]
    missed: list[str] = []
    while days:
        day, *days = days
        params = {"appkey": _appkey(source), "date": day}
        fetched = await spare.ask(f"{day} 的数据", _call(source, desk, "umeng.uapp.getDailyData", params, day))
        missed += [day] if fetched.failed else []
        left = [*days, *missed]
        yield replace(fetched, cursor={"until": yesterday.isoformat(), "days": left} if left else {})
    spare.end()


def _appkey(source: SourceSpec) -> str:
    appkey = str(source.config.get("appkey", "")) or (source.account[1] if source.account else "")
    if not appkey:
        raise Fault("STOP", "没有填写友盟的 AppKey，请在采集源的选项中填写")
    return appkey


async def _call(source: SourceSpec, desk: Desk, api: str, params: Mapping[str, Any], day: str) -> Fetched:
    key, secret = desk.secrets.get("api_key", ""), desk.secrets.get("api_security", "")
    if not key or not secret:
        raise Fault("STOP", "没有填写 apiKey 或 apiSecurity，请先添加凭据")
    url = f"{(source.url or BASE).rstrip('/')}/{SPACE}/{api}/{key}"
    fetched = await desk.http.ask(
        "GET", url, now=desk.now, params={**params, "_aop_signature": signature(api, key, secret, params)}, pace=PACE,
        context={"call": api, "day": day},
    )
    fetched = replace(fetched, request=fetched.request.replace(key, "***"), url=fetched.url.replace(key, "***"))
    answer = read_json(fetched) if fetched.status < 500 and fetched.status not in (429, 404) else None
    if isinstance(answer, dict) and (words := answer.get("error_message") or answer.get("errorMessage")):
        code = answer.get("error_code") or answer.get("errorCode") or ""
        said = f"友盟拒绝了请求：{one_line(str(words))[:120]}（{code}）"
        refused = any(part in str(words).lower() for part in _REFUSED)
        said += "，请核对凭据和 AppKey" if refused else ""
        raise Fault("STOP" if refused else "RETRY", said, evidence=fetched)
    return desk.http.judge(fetched, desk.now)


def parse(source: SourceSpec, fetched: Fetched) -> Batch:
    """One day's figures."""
    batch, answer = Batch(), read_json(fetched)
    day = answer.get("dailyData") if isinstance(answer, dict) else None
    if not isinstance(day, dict):
        raise Fault("RETRY", "友盟返回的内容缺少 dailyData，接口可能已变化", evidence=fetched)

    def read(row: dict, at: str) -> None:
        figures = {
            ours: whole(row[theirs]) for ours, theirs in (
                ("active_users", "activityUsers"), ("new_users", "newUsers"), ("total_users", "totalUsers"),
                ("launches", "launches"),
            ) if row.get(theirs) is not None
        }
        batch.apps.append(AppRecord(
            day=date.fromisoformat(str(row.get("date") or fetched.context["day"])), observed_at=fetched.fetched_at,
            locator="dailyData", **figures,
        ))

    each([day], batch, read, "dailyData")
    return batch


async def check(source: SourceSpec, desk: Desk) -> str:
    """Yesterday's figures."""
    day = (clock.day_of(desk.now) - timedelta(1)).isoformat()
    fetched = await _call(source, desk, "umeng.uapp.getDailyData", {"appkey": _appkey(source), "date": day}, day)
    batch = parse(source, fetched)
    if not batch.apps:
        why = batch.rejects[0].reason if batch.rejects else "没有内容"
        raise Fault("RETRY", f"友盟返回的 {day} 数据无法解读：{why}", evidence=fetched)
    active = batch.apps[0].active_users
    return f"连接正常，{day} 活跃用户 {active:,}" if active is not None else "连接正常"


UMENG = Collector(
    "umeng", "友盟 U-App", 86_400, collect, parse, daily_at="07:30", base=BASE, account="required", platform="app",
    check=check,
    secrets=(Field("api_key", "apiKey", "友盟+ 开放平台—应用管理"),
             Field("api_security", "apiSecurity", "同一页面", secret=True)),
    options=(Field("appkey", "AppKey", "U-App 后台—应用设置；不填用账号的平台 ID", required=False),),
    help="APP 须已接入友盟 U-App 统计。活跃、新增、累计为人数，启动为次数。",
)

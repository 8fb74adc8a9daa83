"""Weibo's official command-line client (npm @weibo-ai/weibo-cli) as an adapter: the ledger's accounts at a small price.

The program is run with `<group> <action> --parameter value --output json` (statuses user_timeline/other …: names and
parameters are those of the commercial interface, whose records these are), prints JSON, and bills every item it
returns. So it is asked once a day, for the posts of the last days, and for older ones by id when they are due. It keeps
its login itself (keychain or ~/.weibo-cli of the user that runs this process) or takes it from WEIBO_CLI_TOKEN.
Source: open.weibo.com/cli, `weibo-cli commands show`, the package's README. Not documented, and so read leniently: how
the list is wrapped (a bare list, {statuses}, {data: …}) and the form of an error (JSON or words, on either output, with
exit code 1); codes known are LOGIN…, SERVICE_REQUIRED, COUNT_EXCEEDS_MAX, SLOW_DOWN and those of the interface.
Which program is run is for the operator to say (PULSE_WEIBO_CLI), not for who writes a source.
"""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from collectors import program, weibo
from collectors.base import Collector, Desk, Field, Found, read_json
from collectors.providers import afford, charged, whole_option
from core.faults import Fault, FaultKind
from core.records import Batch, Fetched, SourceSpec, one_line
from core.settings import settings

DAYS = 3
LIMIT = 16_000_000
"""Bytes of one answer."""
_SHARE = "积分"
_DAYS, _MONTH = "每次取最近几天的微博", "每月积分上限"
_LOGIN = "请在服务器上以运行本系统的用户执行 {program} auth login --device，或在凭据中填写令牌"
_REFUSALS: tuple[tuple[tuple[str, ...], FaultKind, str], ...] = (
    (("login", "not logged", "登录", "unauthorized", "invalid_token", "expired_token"), "REAUTH",
     "微博命令行没有登录或登录已失效，" + _LOGIN),
    (("developer_verification", "developer verification", "开发者认证"), "STOP",
     "微博开放平台的开发者认证未完成，请在 open.weibo.com 完成后执行 {program} doctor 核对"),
    (("service_required", "开通服务", "plan required", "subscription", "套餐"), "STOP",
     "微博命令行服务未开通或已到期，请在 open.weibo.com/cli 订购套餐"),
    (("credit", "quota", "积分", "额度", "余额"), "QUOTA", "微博命令行的积分已用完，请充值或等待下月"),
    (("slow_down", "rate", "too many", "429", "频"), "RETRY", "微博命令行调用过于频繁，稍后重试"),
    (("count_exceeds_max", "unknown command", "unknown flag", "invalid argument", "usage:"), "STOP",
     "微博命令行不接受该命令或参数，请执行 {program} upgrade 升级后核对"),
)


async def collect(source: SourceSpec, desk: Desk) -> AsyncIterator[Fetched]:
    """The ledger's accounts, as the commercial interface is asked."""
    days = whole_option(source, "days", _DAYS, 1, 31, DAYS)
    month = whole_option(source, "monthly_credits", _MONTH, 1, 100_000_000, 0)
    answers = weibo.rounds(desk, partial(_call, desk, month), partial(_list, key="statuses"), timedelta(days=days))
    async for fetched in answers:
        yield fetched


async def _call(
    desk: Desk, month: int, path: str, params: Mapping[str, Any], skip: tuple[str, ...] = ()
) -> Fetched:
    """One command. Raises Fault for every refusal but the codes of `skip`."""
    await afford(desk, _SHARE, month, weibo.WINDOW_PAGE)
    group, _, action = path.partition("/")
    options = [word for name, value in params.items() for word in (f"--{name}", str(value))]
    fetched, code = await _run(desk, [group, action, *options], path)
    answer = _json(fetched.body)
    if code or _refused(answer):
        error, said = _error(answer, fetched.body)
        if error in skip:
            return replace(fetched, context=fetched.context | {"missing": error})
        raise _fault(error, said, code, fetched)
    await charged(desk, _SHARE, len(_list(fetched, "users" if group == "users" else "statuses")))
    return fetched


async def _run(desk: Desk, arguments: list[str], call: str) -> tuple[Fetched, int]:
    """What the program printed, and its exit code: its output, or its error output where there is no other."""
    where, token = settings().weibo_cli, desk.secrets.get("token", "")
    arguments = [*arguments, "--output", "json"]
    ended = await program.run(
        where, arguments, seconds=desk.http.deadline, limit=LIMIT, extra={"WEIBO_CLI_TOKEN": token} if token else None
    )
    body = ended.out if ended.out.strip() and not ended.code else ended.err.strip() or ended.out
    if token:
        body = body.replace(token.encode(), b"***")
    return Fetched(
        request=" ".join([Path(where).name, *arguments]), body=body, status=0, media_type="application/json",
        fetched_at=desk.now, context={"call": call},
    ), ended.code


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _refused(answer: Any) -> bool:
    return isinstance(answer, dict) and bool(
        answer.get("error") or answer.get("error_code") or answer.get("success") is False or answer.get("ok") is False
    )


def _error(answer: Any, body: bytes) -> tuple[str, str]:
    """Code and words of an error, in whatever form it came."""
    if not isinstance(answer, dict):
        return "", one_line(body.decode("utf-8", "replace"))[:200]
    inner = answer.get("error") if isinstance(answer.get("error"), dict) else answer
    code = str(inner.get("error_code") or inner.get("code") or answer.get("error_code") or "")
    said = next((inner[name] for name in ("message", "msg", "error") if isinstance(inner.get(name), str)), "")
    return code, one_line(said)[:200]


def _fault(code: str, said: str, ended: int, fetched: Fetched) -> Fault:
    if code in weibo.VERDICTS.codes:
        return weibo.VERDICTS.fault(code, said, fetched)
    text, name = f"{code} {said}".lower(), fetched.request.partition(" ")[0]
    for words, kind, meaning in _REFUSALS:
        if any(word in text for word in words):
            return Fault(kind, f"{meaning.format(program=name)}（{code or said}）", evidence=fetched)
    why = "：".join(part for part in (code, said) if part) or "没有说明原因"
    return Fault("RETRY", f"微博命令行执行失败（退出码 {ended}）：{why}", evidence=fetched)


def _list(fetched: Fetched, key: str) -> list:
    """The rows of an answer: a bare list, or under `key`, or either of these under `data`. Raises Fault."""
    found: Any = read_json(fetched)
    if isinstance(found, dict) and key not in found and "data" in found:
        found = found["data"]
    rows = found.get(key) if isinstance(found, dict) else found
    if not isinstance(rows, list):
        raise Fault("RETRY", f"微博命令行返回的内容缺少 {key}，程序可能已变化", evidence=fetched)
    return rows


def parse(source: SourceSpec, fetched: Fetched) -> Batch:
    """The records of the commercial interface."""
    if fetched.context.get("missing"):
        return weibo.read(source, fetched, {})
    key = "users" if fetched.context["call"].startswith("users/") else "statuses"
    return weibo.read(source, fetched, {key: _list(fetched, key)})


async def check(source: SourceSpec, desk: Desk) -> str:
    """The program's own examination of login, developer verification and service: it costs nothing."""
    fetched, code = await _run(desk, ["doctor"], "doctor")
    answer = _json(fetched.body)
    steps = answer.get("steps") if isinstance(answer, dict) else None
    if not isinstance(steps, dict):
        error, said = _error(answer, fetched.body)
        raise _fault(error, said, code, fetched)
    for step, error in (("login", "login"), ("developer_verification", "developer_verification"),
                        ("service", "service_required")):
        if steps.get(step) is False:
            raise _fault(error, "", code, fetched)
    service = answer.get("service_status")
    balance = service.get("balance") if isinstance(service, dict) else None
    return "连接正常，已登录" + (f"，剩余积分 {balance:,}" if isinstance(balance, int) else "")


async def search(source: SourceSpec, desk: Desk, text: str) -> list[Found]:
    """The account of that very name, then those that wrote of the keyword lately; some twenty credits at most."""
    exact = await _call(desk, 0, "users/show_batch/other", {"screen_name": text}, skip=("20003",))
    users = [] if "missing" in exact.context else _list(exact, "users")
    written = await _call(desk, 0, "search/statuses/limited", {"q": text, "type": 1, "count": 20})
    authors = [row.get("user") for row in _list(written, "statuses") if isinstance(row, dict)]
    return weibo.named([*users, *authors], text)


WEIBO_CLI = Collector(
    "weibo_cli", "微博官方命令行", 86_400, collect, parse, daily_at="07:00", account="none", platform="weibo",
    check=check, search=search,
    secrets=(Field("token", "令牌", "不填用本机已登录的账号（weibo-cli auth login --device）", required=False,
                   secret=True),),
    options=(Field("days", _DAYS, "1 到 31；按返回条数计积分", required=False, default=str(DAYS)),
             Field("monthly_credits", _MONTH, "不填不限。按当月天数平均到每日，最多超出一页", required=False)),
    help="须在服务器上安装 @weibo-ai/weibo-cli 并登录，开发者实名认证后订购套餐；台账中的微博账号全部由它采集。"
         "到期须重读的旧微博按编号逐条取，不含阅读数。",
)

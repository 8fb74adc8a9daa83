"""OAuth as the video platforms do it: the code of a person's scan becomes tokens once, and these renew themselves.

Fields of the credential: `code` (dropped once it was used), `refresh_token`, and `refresh_state`, which the collectors
keep themselves: until when the refresh token lives and how often it was renewed. The answers of these calls hold
secrets: they are never yielded, and never evidence of a fault.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from collectors.base import Desk, read_json
from core import clock
from core.faults import Fault
from core.records import Fetched

WARN_AHEAD = timedelta(days=14)
"""How long before its end an authorisation that can't renew itself is told of."""
STATE = "refresh_state"
_ABSOLUTE = 1_000_000_000
"""A life of more seconds than this is a moment (Bilibili gives the Unix time of the end)."""
_LONGEST = 10 * 365 * 86_400
"""No token lives longer: what says so is as good as unsaid."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token call gave: the access token with its seconds of life, the refresh token with its own (0: not said),
    and further fields of the credential."""

    access: str
    seconds: float
    refresh: str = ""
    refresh_seconds: float = 0
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class State:
    """How long the present refresh token lives (None: not known), and how often it was renewed."""

    until: datetime | None = None
    renewed: int = 0


async def call(desk: Desk, method: str, url: str, **how: Any) -> tuple[Fetched, dict]:
    """A token call: the answer without its bytes, and what they said. Raises Fault, without evidence."""
    fetched = await desk.http.ask(method, url, now=desk.now, **how)
    bare = replace(fetched, body=b"")
    if fetched.status not in (200, 400, 401, 403):
        desk.http.judge(bare, desk.now)
    try:
        answer = read_json(fetched)
    except Fault as fault:
        raise Fault(fault.kind, fault.message) from None
    if not isinstance(answer, dict):
        raise Fault("RETRY", "换取令牌时返回的内容不是预期的结构")
    return bare, answer


def seconds(value: object, now: datetime) -> float:
    """Seconds of life as a token call gives them: a number or its digits, or the Unix time of the end; 0 where it says
    nothing that can be."""
    try:
        given = float(str(value or 0))
    except ValueError:
        return 0
    life = given - now.timestamp() if given > _ABSOLUTE else given
    return life if 0 < life <= _LONGEST else 0


async def access(desk: Desk, ask: Callable[[str, str], Awaitable[Grant]], *, lost: str, stale: str = "") -> str:
    """The access token. `ask(grant_type, value)` calls the platform ("authorization_code" with the code of a scan,
    "refresh_token" with the refresh token) and raises Fault REAUTH where the value is no longer good; `lost` says what
    a person is to do where there is neither. Raises Fault."""

    async def make() -> tuple[str, float]:
        refresh, code = desk.secrets.get("refresh_token", ""), desk.secrets.get("code", "")
        if code:
            try:
                grant = await ask("authorization_code", code)
            except Fault as fault:
                # It may be one that an interrupted run had used: what that run was given still counts.
                if fault.kind != "REAUTH" or not refresh:
                    raise
                await desk.keep_secret("code", "")
            else:
                await keep(desk, grant)
                await desk.keep_secret("code", "")
                return grant.access, grant.seconds
        if not refresh:
            raise Fault("REAUTH", lost)
        grant = await ask("refresh_token", refresh)
        await keep(desk, grant)
        return grant.access, grant.seconds

    return await desk.token("access", make, stale=stale)


async def keep(desk: Desk, grant: Grant, *, renewed: int | None = None) -> None:
    """Keep what a token call gave, the refresh token first: some work once only. A refresh token that stays the same
    lives no longer for it; `renewed`: it is a renewed one, for the how manieth time."""
    known, token = state(desk), desk.secrets.get("refresh_token", "")
    same = grant.refresh in ("", token)
    if not same:
        await desk.keep_secret("refresh_token", grant.refresh)
    for name, value in grant.fields.items():
        if value and desk.secrets.get(name, "") != value:
            await desk.keep_secret(name, value)
    until = desk.now + timedelta(seconds=grant.refresh_seconds) if grant.refresh_seconds else None
    if renewed is None:
        renewed = known.renewed if same else 0
        until = min(until, known.until) if same and until and known.until else until or (known.until if same else None)
    await remember(desk, State(until, renewed))


async def remember(desk: Desk, known: State) -> None:
    """Keep what is known of the present refresh token."""
    said = {"of": _mark(desk), "until": known.until.isoformat() if known.until else "", "renewed": known.renewed}
    text = json.dumps(said)
    if desk.secrets.get(STATE, "") != text:
        await desk.keep_secret(STATE, text)


def state(desk: Desk) -> State:
    """What is known of the present refresh token; nothing where a person has entered another one since."""
    try:
        said = json.loads(desk.secrets.get(STATE, "") or "{}")
    except ValueError:
        return State()
    if said.get("of") != _mark(desk):
        return State()
    return State(datetime.fromisoformat(said["until"]) if said.get("until") else None, int(said.get("renewed", 0)))


def _mark(desk: Desk) -> str:
    return hashlib.sha256(desk.secrets.get("refresh_token", "").encode()).hexdigest()[:16]


def warning(desk: Desk, who: str, remedy: str) -> str:
    """A word of warning while an authorisation is about to end that can't renew itself; empty otherwise."""
    until = state(desk).until
    if until is None or until - desk.now > WARN_AHEAD:
        return ""
    when = "已于" if until <= desk.now else "将于"
    return f"{who}的授权{when} {clock.local(until):%Y-%m-%d} 到期，不能再自动续期，{remedy}"

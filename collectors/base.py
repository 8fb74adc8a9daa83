"""What a collector is, and what it is lent for one run.

A collector knows one source's protocol. `collect` asks the network and yields the answers as they arrive; the engine
keeps each answer's bytes, has them parsed by `parse` (pure), and stores the records together with the answer's cursor
before it lets the collector go on. Whatever ends a run early (a fault, a kill) the next run goes on at the cursor.
"""

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from pydantic import ValidationError

from collectors import plain
from collectors.http import Http
from core.faults import Fault
from core.records import Batch, Fetched, Reject, SourceSpec, Wanted, one_line, reasons

Window = Literal["minute", "hour", "day"]


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that a person fills in: part of a credential, or an option of a source. All words are Chinese."""

    name: str
    label: str
    help: str = ""
    required: bool = True
    secret: bool = False
    default: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """An account that a search at a source came upon."""

    platform: str
    external_id: str
    name: str
    intro: str = ""
    followers: int | None = None
    url: str = ""


class Desk(Protocol):
    """What the engine lends a collector for one run (core.desk; `tests.lab.desk` for tests without a database).

    `secrets`: the credential's fields, decrypted. `accounts`: external ids of the ledger's accounts that this source
    serves: its own one, or all normal ones of its platform where the source is bound to none. `cursor`: what the last
    answer stored by an unfinished run carried; empty at a fresh start. `now`: when the run began.
    """

    http: Http
    now: datetime
    secrets: Mapping[str, str]
    accounts: Sequence[str]
    cursor: Mapping[str, Any]

    async def token(
        self, name: str, make: Callable[[], Awaitable[tuple[str, float]]], *, stale: str = "", margin: float = 300
    ) -> str:
        """The access token of that name: the kept one unless it runs out within `margin` seconds or equals `stale`
        (the one that was just refused), else what `make` gives (value, seconds of life), which is kept encrypted.
        One refresher at a time for each credential."""
        ...

    async def keep_secret(self, name: str, value: str) -> None:
        """Replace one field of the credential, e.g. a refresh token that was renewed."""
        ...

    async def spend(self, what: str, limit: int, *, window: Window = "day", n: int = 1) -> None:
        """Take n calls from the credential's allowance `what` (kept in the database; a day is a Shanghai day).
        Raises Fault: QUOTA (or RETRY for a minute's) when it is used up, before anything is sent."""
        ...

    async def exhausted(self, what: str, *, window: Window = "day") -> None:
        """The source itself said that the allowance is used up: spend refuses until the window ends."""
        ...

    async def wanted(self, limit: int = 100) -> list[Wanted]:
        """The posts of `accounts` that are due to be read again (core.rereading), the most urgent first."""
        ...

    async def known(self, ids: Sequence[str]) -> dict[str, dict[str, str]]:
        """Those of these external ids that are mentions of this source already, with the details that are stored."""
        ...


Collect = Callable[[SourceSpec, Desk], AsyncIterator[Fetched]]
Parse = Callable[[SourceSpec, Fetched], Batch]


@dataclass(frozen=True, slots=True)
class Collector:
    """One kind of source.

    `collect(source, desk)` is an async generator of answers; `parse(source, fetched)` is pure and gives records; both
    raise Fault. What parse needs beside the bytes stands in `fetched.context` (plain strings, no secret), so that a
    capture can be parsed again. `period_seconds` is how often it is asked where nobody chose otherwise; `daily_at`
    ("08:10", Shanghai) makes it once a day from then on. `alone`: a run is one answer (`single`). `base`: the official
    address, used where a source names none. `passive`: it is never asked, its data are sent here (core.receive).
    `holds`: its cursor names things that no list names any more, and is never dropped.
    `account`: whether a source of this kind belongs to one account. `secrets` and `options` are what a person fills in.
    `check` does the cheapest authorised call and says in Chinese what was seen; without it the first answer of
    `collect` is fetched and parsed. `search` finds accounts by name or keyword.
    """

    name: str
    title: str
    period_seconds: int
    collect: Collect
    parse: Parse
    daily_at: str = ""
    alone: bool = False
    passive: bool = False
    holds: bool = False
    base: str = ""
    account: Literal["required", "optional", "none"] = "optional"
    platform: str = ""
    secrets: tuple[Field, ...] = ()
    options: tuple[Field, ...] = ()
    check: Callable[[SourceSpec, Desk], Awaitable[str]] | None = None
    search: Callable[[SourceSpec, Desk, str], Awaitable[list[Found]]] | None = None
    help: str = ""


def single(fetch: Callable[[SourceSpec, Http, datetime], Awaitable[Fetched]]) -> Collect:
    """The `collect` of a source that is one answer."""

    async def collect(source: SourceSpec, desk: Desk) -> AsyncIterator[Fetched]:
        yield await fetch(source, desk.http, desk.now)

    return collect


def read_json(fetched: Fetched) -> Any:
    """The JSON of an answer. Raises Fault RETRY, with the answer as evidence, for anything that is none."""
    text, _ = plain.decode(fetched.body, fetched.media_type)
    if not text.strip():
        raise Fault("RETRY", "返回内容为空", evidence=fetched)
    if text.lstrip().startswith("<"):
        raise Fault("RETRY", "返回的是网页而不是 JSON，可能被拦截或接口正在维护", evidence=fetched)
    try:
        found = json.loads(text, parse_constant=_refuse)
        return _without_halves(found) if _HALF.search(text) else found
    except (ValueError, RecursionError) as error:
        raise Fault("RETRY", "返回的内容不是完整的 JSON", evidence=fetched) from error


_HALF = re.compile(r"\\u[dD][89a-fA-F]")
"""An escape that may be one half of a character; without its other half it can't be stored, sent or hashed."""


def _without_halves(found: Any) -> Any:
    return json.loads(json.dumps(found, ensure_ascii=False).encode("utf-8", "ignore"))


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def each(rows: object, batch: Batch, read: Callable[[Any, str], None], path: str = "list") -> None:
    """Read every row of a list into a batch by `read(row, locator)`; a row that can't be right is set aside."""
    if not isinstance(rows, list):
        raise Fault("RETRY", f"返回的内容缺少列表 {path}，接口可能已变化")
    for number, row in enumerate(rows):
        at = f"{path}[{number}]"
        try:
            read(row, at)
        except ValidationError as error:
            batch.rejects += [Reject(at, name, reason, one_line(str(row))[:300]) for name, reason in reasons(error)]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            said = f"缺少字段或格式不对：{one_line(str(error))[:80]}"
            batch.rejects.append(Reject(at, "", said, one_line(str(row))[:300]))


def whole(value: object) -> int:
    """A whole number as interfaces give it, or as its digits in text. Raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError(f"{value!r} 不是整数")
    return int(value)


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The error codes of a service's bodies by class: code (as text) → (kind, Chinese words that say what to do)."""

    service: str
    codes: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def fault(self, code: object, message: str, fetched: Fetched, *, retry_after: float | None = None) -> Fault:
        """The fault of a refused call; an unknown code is RETRY, and says its code and the service's own words."""
        kind, words = self.codes.get(str(code), ("RETRY", "接口返回未知错误"))
        said = one_line(message)[:160]
        return Fault(
            kind, f"{words}（{self.service} 错误码 {code}{f'：{said}' if said else ''}）", retry_after=retry_after,
            evidence=fetched,
        )

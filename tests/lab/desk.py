"""A desk without a database: what the engine lends a collector, kept in memory, and a loop that plays the engine."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from collectors.base import Collector, Window
from collectors.http import Http
from core.faults import Fault
from core.records import Batch, Fetched, SourceSpec, Wanted

OPEN = {"pace_seconds": 0, "private_hosts": "*", "timeout": 2.0, "deadline": 2.0}
"""Arguments of Http for the laboratory: no politeness, loopback allowed, a stall is noticed soon."""


@dataclass
class MemoryDesk:
    """See collectors.base.Desk."""

    http: Http
    now: datetime
    secrets: Mapping[str, str] = field(default_factory=dict)
    accounts: Sequence[str] = ()
    cursor: Mapping[str, Any] = field(default_factory=dict)
    due: list[Wanted] = field(default_factory=list)
    tokens: dict[str, str] = field(default_factory=dict)
    used: dict[str, int] = field(default_factory=dict)
    spent: set[str] = field(default_factory=set)
    mentions: dict[str, dict[str, str]] = field(default_factory=dict)

    async def token(
        self, name: str, make: Callable[[], Awaitable[tuple[str, float]]], *, stale: str = "", margin: float = 300
    ) -> str:
        if name not in self.tokens or self.tokens[name] == stale:
            self.tokens[name], _ = await make()
        return self.tokens[name]

    async def keep_secret(self, name: str, value: str) -> None:
        self.secrets = {**self.secrets, name: value}

    async def spend(self, what: str, limit: int, *, window: Window = "day", n: int = 1) -> None:
        if what in self.spent or self.used.get(what, 0) + n > limit:
            raise Fault("RETRY" if window == "minute" else "QUOTA", f"{what} 的调用次数已用完")
        self.used[what] = self.used.get(what, 0) + n

    async def exhausted(self, what: str, *, window: Window = "day") -> None:
        self.spent.add(what)

    async def wanted(self, limit: int = 100) -> list[Wanted]:
        return self.due[:limit]

    async def known(self, ids: Sequence[str]) -> dict[str, dict[str, str]]:
        return {one: self.mentions[one] for one in ids if one in self.mentions}


@dataclass
class Outcome:
    """What one run gave: a batch for each answer, all records together, the fault that ended it if any, the cursor."""

    answers: list[Fetched] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)
    fault: Fault | None = None
    cursor: Mapping[str, Any] = field(default_factory=dict)

    def all(self, part: str) -> list:
        """All the records of one part of the batches, e.g. "posts"."""
        return [record for batch in self.batches for record in getattr(batch, part)]

    @property
    def mentions(self) -> dict[str, Any]:
        """The mentions by their ids: of each the record that has its text, else the first."""
        found: dict[str, Any] = {}
        for record in self.all("mentions"):
            if record.external_id not in found or (record.text and not found[record.external_id].text):
                found[record.external_id] = record
        return found

    @property
    def got(self) -> list[Fetched]:
        """The answers but those of failed tries."""
        return [fetched for fetched in self.answers if not fetched.failed]

    @property
    def words(self) -> str:
        """All that was said of the run."""
        return "；".join([*(batch.note for batch in self.batches), self.fault.message if self.fault else ""])


async def play(collector: Collector, source: SourceSpec, desk: MemoryDesk, *, answers: int | None = None) -> Outcome:
    """One run as the engine does it: each answer is parsed before the next is asked for; `answers` cuts it short, as a
    kill would. The desk's cursor is left where a next run goes on."""
    outcome = Outcome(cursor=desk.cursor)
    run = collector.collect(source, desk)
    try:
        async for fetched in run:
            outcome.answers.append(fetched)
            if not fetched.unchanged:
                failed = Batch(note=f"没有读取：{fetched.failed}") if fetched.failed else None
                outcome.batches.append(collector.parse(source, fetched) if failed is None else failed)
                for mention in outcome.batches[-1].mentions:
                    known = desk.mentions.setdefault(mention.external_id, {})
                    known |= mention.details
            if fetched.cursor is not None:
                outcome.cursor = desk.cursor = dict(fetched.cursor)
            if answers is not None and len(outcome.answers) >= answers:
                break
    except Fault as fault:
        outcome.fault = fault
    finally:
        await run.aclose()
    return outcome


def bound(source: SourceSpec, **values: Any) -> SourceSpec:
    """A copy of a source with other values."""
    return replace(source, **values)

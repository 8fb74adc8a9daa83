"""One thing of many that can't be read (an article, a thread, a page further down) holds up nothing else: it is left,
the round goes on, and the rounds that follow try it again at their end, when their list has been read. So a site that
is down as a whole uses up no tries. After so many the thing is set aside with what the list said of it.

What waits lies in the place (the collector's cursor): `pending` is what this round found, `later` what earlier rounds
left, `left` what this round leaves; each a list of [row, tries], where a row is any JSON.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from core.faults import Fault
from core.records import Fetched

TRIES = 6
"""Rounds in which a thing is tried before it is set aside."""
IN_A_ROW = 3
"""Failures one behind the other after which the site is left in peace for a while."""


def begun(cursor: Mapping[str, Any], **first: Any) -> dict[str, Any]:
    """The place at which a run begins: where the last one stopped, or a round's beginning (`first`)."""
    return {"pending": [], "later": [], "left": [], **first, **cursor}


def waiting(rows: Iterable[Any]) -> list[list]:
    """Rows as they wait in a place, not tried yet."""
    return [[row, 0] for row in rows]


def cursor(place: Mapping[str, Any], *, more: bool, keep: Iterable[str] = ()) -> dict[str, Any]:
    """The cursor for a place; `more`: whether the round has more to list. Of a round that is over stays what was left,
    and the entries named in `keep`, unless empty."""
    if more or place["pending"] or place["later"]:
        return dict(place)
    kept = {"later": place["left"], **{name: place[name] for name in keep}}
    return {name: value for name, value in kept.items() if value}


async def each(
    place: dict[str, Any],
    which: str,
    ask: Callable[[Any], Awaitable[Fetched]],
    instead: Callable[[Any, Fault], Fetched],
    named: Callable[[Any], str],
    now: datetime,
) -> AsyncIterator[Fetched]:
    """Ask for what waits (`which`: pending or later) one by one; with each answer the place has moved on. `instead`
    gives the answer for a row that is set aside, `named` says what a row is. Raises Fault for what concerns the whole
    site, and RETRY where one new thing after the other fails."""
    failures = 0
    while place[which]:
        (row, tries), *rest = place[which]
        place[which] = rest
        try:
            fetched, failures = await ask(row), 0
        except Fault as fault:
            if fault.kind != "RETRY" or of_the_site(fault):
                raise
            last, failures = fault, failures + 1
            if tries + 1 < TRIES:
                fetched = failed(fault, named(row), now)
                place["left"] = [*place["left"], [row, tries + 1]]
            else:
                fetched = instead(row, fault)
        if failures == IN_A_ROW and which == "later":
            place["left"], place["later"] = [*place["later"], *place["left"]], []
        yield fetched
        if failures == IN_A_ROW and which == "pending":
            raise Fault("RETRY", f"接连 {failures} 项读取失败，稍后接着读：{last.message}")


class Spare:
    """For a run that reads the figures of many things (accounts, posts, days), one by one: what fails is passed over,
    and ends the run as RETRY when the others are read, so that it is tried again within minutes."""

    def __init__(self, now: datetime):
        self._now = now
        self._row = self._many = 0
        self._last = ""

    async def ask(self, what: str, answer: Awaitable[Fetched | tuple[Fetched, Any]]) -> Fetched:
        """The answer (it may come with what was read of it), or that of a failed try. Raises Fault as `miss`."""
        try:
            found = await answer
        except Fault as fault:
            return self.miss(what, fault)
        self.well()
        return found[0] if isinstance(found, tuple) else found

    def well(self) -> None:
        """Something was read."""
        self._row = 0

    def miss(self, what: str, fault: Fault) -> Fetched:
        """The answer of a failed try of something. Raises the fault where it concerns more than this one thing, or is
        the third behind the other."""
        self._row += 1
        if fault.kind != "RETRY" or fault.retry_after is not None or of_the_site(fault) or self._row >= IN_A_ROW:
            raise fault
        self._many, self._last = self._many + 1, fault.message
        return failed(fault, what, self._now)

    def end(self) -> None:
        """The end of a run. Raises Fault RETRY where something was passed over."""
        if self._many:
            raise Fault("RETRY", f"有 {self._many} 项没有读取，稍后再试；最后一项：{self._last}")


def again(row: list) -> list[list]:
    """A row [thing…, tries] as it waits for the next try; nothing after the last."""
    *thing, tries = row
    return [[*thing, tries + 1]] if tries + 1 < TRIES else []


def of_the_site(fault: Fault) -> bool:
    """Whether a fault says something of the site rather than of the one thing that was asked for: that it is to be left
    alone for a time."""
    if fault.kind == "QUOTA" or (fault.evidence is None and fault.retry_after is not None):
        return True
    return isinstance(fault.evidence, Fetched) and fault.evidence.status == 429


def failed(fault: Fault, what: str, now: datetime) -> Fetched:
    """The answer that a failed try of something (`what`: its address) leaves: the site's own where there is one."""
    why = fault.message[:300]
    if isinstance(fault.evidence, Fetched):
        return replace(fault.evidence, etag="", last_modified="", cursor=None, failed=why, context={"failed": why})
    return replace(made(what, f"{what}\n{fault.message}\n", now, {"failed": why}), failed=why)


def made(what: str, body: str, now: datetime, context: dict[str, str]) -> Fetched:
    """An answer of our own making in place of one that there is none of."""
    return Fetched(
        request=f"（未读取）{what}"[:500], body=body.encode(), status=0, media_type="text/plain; charset=utf-8",
        fetched_at=now, url=what, context=context,
    )

"""One thing of many that can't be read holds up nothing else.

Texts (articles, threads): what a list says of them is stored at once; their texts wait in a queue, a list under
`queue` in the collector's cursor, and are read when the list has been. One that fails is tried again later and later,
and let go in the end: then what the list said is what there is. An entry of the queue is [row, failed tries, when it is
due], where a row is any JSON.

Figures (accounts, posts, days): what fails is passed over, and the run ends as RETRY when the others are read, so that
it is tried again within minutes (`Spare`).
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from core.faults import Fault
from core.records import Fetched

IN_A_ROW = 3
"""Failures one behind the other after which a site is left in peace for this run."""
TRIES = 6
"""Tries of a figure within one round."""
TEXT_TRIES = 10
GONE_TRIES = 4
"""A page may be listed some minutes before it is there."""
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=10), timedelta(hours=12)
"""A text is tried again after ten minutes, then after twice as long each time: for some three days in all."""
ROOM = 500
"""Texts that wait; beyond, those that failed most often are let go."""


# --- Texts ----------------------------------------------------------------------------------------------------------


def queue(place: dict[str, Any], rows: Iterable[Any]) -> None:
    """Put rows into a place's queue, before those that failed already."""
    waiting = [*([row, 0, ""] for row in rows), *place["queue"]]
    place["queue"] = sorted(waiting, key=lambda entry: entry[1])[:ROOM]


def full(place: dict[str, Any]) -> bool:
    """Whether so many texts wait for their first try that no more should be listed in this round."""
    return sum(not tries for _, tries, _ in place["queue"]) >= ROOM // 2


async def texts(
    place: dict[str, Any],
    ask: Callable[[Any, int], Awaitable[Fetched]],
    instead: Callable[[Any, Fault], Fetched],
    now: datetime,
) -> AsyncIterator[Fetched]:
    """Ask for the texts that are due (with how often they failed), one by one; with each answer the place has moved on.
    `instead` gives the answer for a row that failed. Raises Fault for what concerns the whole site."""
    failures = 0
    for entry in [one for one in place["queue"] if not one[2] or datetime.fromisoformat(one[2]) <= now]:
        row, tries, _ = entry
        rest = [one for one in place["queue"] if one is not entry]
        try:
            fetched, failures = await ask(row, tries), 0
        except Fault as fault:
            if of_the_site(fault):
                raise
            failures += 1
            rest += _later(row, tries + 1, fault, now)
            words = "稍后再试" if len(rest) == len(place["queue"]) else "不再尝试，只保留列表所示内容"
            fetched = replace(instead(row, fault), unchanged=False)
            fetched = replace(fetched, failed=f"{fault.message}；{words}") if fetched.failed else fetched
        place["queue"] = rest
        yield fetched
        if failures == IN_A_ROW:
            return


def _later(row: Any, tries: int, fault: Fault, now: datetime) -> list[list]:
    """The entry of the queue for a row that failed; none where it is let go: refused on principle (another site,
    robots.txt), or failed too often."""
    refused = fault.kind == "STOP" and fault.evidence is None
    if refused or tries >= (GONE_TRIES if fault.kind == "GONE" else TEXT_TRIES):
        return []
    return [[row, tries, (now + min(FIRST_WAIT * 2 ** (tries - 1), LONGEST_WAIT)).isoformat()]]


# --- Figures --------------------------------------------------------------------------------------------------------


class Spare:
    """For a run that reads the figures of many things one by one, and goes on behind one that fails."""

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
    """A row [thing…, failed tries] as it waits for the next try; nothing after the last."""
    *thing, tries = row
    return [[*thing, tries + 1]] if tries + 1 < TRIES else []


# --- Both -----------------------------------------------------------------------------------------------------------


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
        return replace(
            fault.evidence, etag="", last_modified="", unchanged=False, cursor=None, failed=why, context={"failed": why}
        )
    return replace(made(what, f"{what}\n{fault.message}\n", now, {"failed": why}), failed=why)


def made(what: str, body: str, now: datetime, context: dict[str, str]) -> Fetched:
    """An answer of our own making in place of one that there is none of."""
    return Fetched(
        request=f"（未读取）{what}"[:500], body=body.encode(), status=0, media_type="text/plain; charset=utf-8",
        fetched_at=now, url=what, context=context,
    )

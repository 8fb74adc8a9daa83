"""One thing of many that can't be read (an article, a page further down, a map, a thread) holds up nothing else: it is
put behind the others, tried again in later runs, and set aside after so many tries.

What a run met stands in its answers, so that the count outlives it: a failed try yields an answer with the context
`call=failed` and the words of the fault, and a cursor in which the thing has moved to the end.
"""

from dataclasses import dataclass
from datetime import datetime

from core.faults import Fault
from core.records import Batch, Fetched

TRIES = 6
"""Runs in which a thing is tried before it is set aside; failed runs come 1, 2, 4 … minutes apart: half an hour."""
IN_A_RUN = 3
"""Failed tries that end a run: where so many things fail, the site is in trouble, and is left in peace for a while."""


def of_the_site(fault: Fault) -> bool:
    """Whether a fault says something of the site rather than of the one thing that was asked for: that it is to be left
    alone for a time."""
    if fault.kind == "QUOTA" or (fault.evidence is None and fault.retry_after is not None):
        return True
    return isinstance(fault.evidence, Fetched) and fault.evidence.status == 429


@dataclass(slots=True)
class Failures:
    """The failed tries of one run."""

    last: Fault | None = None
    many: int = 0

    def add(self, fault: Fault) -> None:
        """Count one."""
        self.last, self.many = fault, self.many + 1

    @property
    def enough(self) -> bool:
        return self.many >= IN_A_RUN

    def end(self) -> None:
        """End the run as failed where a try failed. Raises Fault RETRY, whatever the site called it: what is refused to
        one thing says nothing of the source."""
        if self.last is not None:
            words = f"有 {self.many} 项没有读取，稍后再试；最后一项：{self.last.message}"
            raise Fault("RETRY", words, retry_after=self.last.retry_after, evidence=self.last.evidence)


def failed(fault: Fault, what: str, now: datetime) -> Fetched:
    """The answer that a failed try leaves: the site's own where there is one."""
    context = {"call": "failed", "why": fault.message[:300]}
    if isinstance(fault.evidence, Fetched):
        found = fault.evidence
        return Fetched(
            request=found.request, body=found.body, status=found.status, media_type=found.media_type,
            fetched_at=found.fetched_at, url=found.url, headers=found.headers, context=context,
        )
    return made(what, f"{what}\n{fault.message}\n", now, context)


def made(what: str, body: str, now: datetime, context: dict[str, str]) -> Fetched:
    """An answer of our own making in place of one that there is none of."""
    return Fetched(
        request=f"（未读取）{what}"[:500], body=body.encode(), status=0, media_type="text/plain; charset=utf-8",
        fetched_at=now, url=what, context=context,
    )


def parse(fetched: Fetched) -> Batch | None:
    """What a failed try tells: a note. None for any other answer."""
    if fetched.context.get("call") != "failed":
        return None
    return Batch(note=f"有一项没有读取，稍后再试（{fetched.context.get('why', '')[:80]}）")

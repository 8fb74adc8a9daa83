"""What can go wrong at a source, in six classes that decide what happens next (words: labels.FAULTS)."""

from functools import partial
from typing import Any, Literal

FaultKind = Literal["RETRY", "REAUTH", "QUOTA", "NOTREADY", "STOP", "GONE"]


class Fault(Exception):
    """A source did not give what was asked for.

    `kind` decides what happens next; `message` is Chinese, readable by an officer, and holds no secret;
    `retry_after` is in seconds, where the source said how long to wait; `evidence` is a stored response's
    fetched form (`records.Fetched`) when one arrived, so that the answer itself can be kept and shown.
    """

    def __init__(self, kind: FaultKind, message: str, *, retry_after: float | None = None, evidence: object = None):
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.retry_after = retry_after
        self.evidence = evidence

    def __reduce__(self) -> tuple[Any, ...]:
        """Whole on the other side of a process's wall as well: parsers raise it in another process (core.kitchen)."""
        made = partial(type(self), retry_after=self.retry_after, evidence=self.evidence)
        return made, (self.kind, self.message)


class BadInput(Exception):
    """A file or a form can't be taken as it is; the message is Chinese and names file, place and remedy."""

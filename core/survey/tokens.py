"""The token of a form: what it was made for and when, signed. Pure.

The signature is HMAC-SHA256 under a key derived from the office's own (core.credentials.derived). Whoever lacks it can
neither make a form nor change for which survey, unit or place one is.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

PURPOSE = "survey forms"
EARLIEST = timedelta(seconds=3)
"""Nobody reads and answers quicker."""
LATEST = timedelta(hours=4)
MAX = 200
"""Characters of a token at most."""


class Refused(Exception):
    """A token that is not taken: `reason` of labels.SURVEY_REFUSED."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Form:
    """What a form was made for: survey, unit (0: the link names none), code of the place; when, in Unix
    milliseconds."""

    survey_id: int
    unit_id: int
    place: str
    at: int
    nonce: str


def issue(key: bytes, survey_id: int, unit_id: int, place: str, now: datetime) -> str:
    """A token for a form that is shown now."""
    said = f"{survey_id}.{unit_id}.{place or '-'}.{int(now.timestamp() * 1000)}.{secrets.token_hex(12)}"
    return f"{said}.{_signature(key, said)}"


def read(key: bytes, token: str) -> Form:
    """The form that a token was made for. Raises Refused(forged)."""
    said, _, signature = token.rpartition(".")
    if len(token) > MAX or not token.isascii() or not hmac.compare_digest(_signature(key, said), signature):
        raise Refused("forged")
    survey_id, unit_id, place, at, nonce = said.split(".")
    return Form(int(survey_id), int(unit_id), "" if place == "-" else place, int(at), nonce)


def in_time(form: Form, now: datetime) -> None:
    """Raises Refused(early or late) where a form comes sooner than a person could, or long after."""
    age = timedelta(milliseconds=now.timestamp() * 1000 - form.at)
    if age < EARLIEST:
        raise Refused("early")
    if age > LATEST:
        raise Refused("late")


def _signature(key: bytes, said: str) -> str:
    return hmac.new(key, said.encode(), hashlib.sha256).hexdigest()[:40]

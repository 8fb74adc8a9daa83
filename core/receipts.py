"""Receipts that a service sends of itself, to an address that only it was given (core.receive): whether a short message
has arrived. What such a service calls is not signed; the key in its address says which channel it is of.
"""

import hashlib
import hmac
from datetime import datetime

from sqlalchemy import select

from core import credentials, db, deliveries
from core.models import Attempt, Channel
from core.senders import SENDERS

MAX_BODY = 2_000_000
"""Bytes of one report."""


class Unknown(Exception):
    """No channel has that address."""


def path_of(channel_id: int) -> str:
    """The path under which a channel's service reports; nobody can tell it who does not have it."""
    key = hmac.new(credentials.derived("receipts"), str(channel_id).encode(), hashlib.sha256).hexdigest()[:32]
    return f"/receipts/{channel_id}/{key}"


def check(channel_id: int, key: str) -> None:
    """Raises Unknown for what is not a channel's own key."""
    given = f"/receipts/{channel_id}/{key}"
    if not hmac.compare_digest(path_of(channel_id).encode(), given.encode("utf-8", "replace")):
        raise Unknown


def take(channel_id: int, key: str, body: bytes, now: datetime) -> int:
    """Keep the receipts of a report; returns how many of them are of messages of that channel. One that was kept is not
    changed by a further one. Raises Unknown for another address, BadInput for a body that is none."""
    check(channel_id, key)
    with db.session() as session:
        channel = session.get(Channel, channel_id)
        if channel is None:
            raise Unknown
        found = SENDERS[channel.kind].read_receipts(body)
        attempts = {reference: id_ for id_, reference in session.execute(
            select(Attempt.id, Attempt.reference).where(
                Attempt.channel_id == channel_id, Attempt.outcome == "ok",
                Attempt.reference.in_([one.reference for one in found])))}
    for one in found:
        if one.reference in attempts:
            deliveries.keep_receipt(attempts[one.reference], one.delivered, one.note, now)
    return sum(one.reference in attempts for one in found)

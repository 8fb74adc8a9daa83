"""Limits on who asks how often, in memory only.

An address is known by a keyed hash whose key is made at start and anew every Shanghai day, and kept nowhere: what
remains of it cannot be led back to the address, is not written down, and is gone the next day. Many phones share an
address (carriers, halls), so that the first limit takes no answer away: it marks what comes beyond it, to be looked at
by a person; only the second, which no hall comes to, refuses.
"""

import hashlib
import hmac
import secrets
from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from core import clock

MINUTE, TEN_MINUTES, HOUR = 60, 600, 3_600
PAGES, TRIES = 120, 30
"""Pages and tries to answer from one address within a minute."""
SOME, MANY = (5, 30), (60, 300)
"""Answers from one address from which they are marked (within ten minutes, within the day), and from which they are
refused (within the hour, within the day)."""
ALL_PAGES, ALL_TRIES = 3_000, 600
"""Pages and tries from everybody within a minute."""
KEPT = 20_000
"""Addresses that are remembered; the ones that asked longest ago go first."""


@dataclass(slots=True)
class _Seen:
    pages: deque[float] = field(default_factory=lambda: deque(maxlen=PAGES))
    tries: deque[float] = field(default_factory=lambda: deque(maxlen=TRIES))
    answers: deque[float] = field(default_factory=lambda: deque(maxlen=MANY[1]))


class Guard:
    """What one process remembers. Moments are passed in; one thread uses it."""

    def __init__(self) -> None:
        self._day: date | None = None
        self._salt = b""
        self._seen: OrderedDict[bytes, _Seen] = OrderedDict()
        self._pages: deque[float] = deque(maxlen=ALL_PAGES)
        self._tries: deque[float] = deque(maxlen=ALL_TRIES)

    def page(self, address: str, now: datetime) -> str:
        """Why a page is not given (labels.SURVEY_REFUSED); empty: it is."""
        return self._one(self._pages, self._of(address, now).pages, now.timestamp())

    def attempt(self, address: str, now: datetime) -> str:
        """Why an answer is not even looked at; empty: it is."""
        seen = self._of(address, now)
        if reason := self._one(self._tries, seen.tries, now.timestamp()):
            return reason
        at = now.timestamp()
        return "flood" if _within(seen.answers, at, HOUR) >= MANY[0] or len(seen.answers) >= MANY[1] else ""

    def answered(self, address: str, now: datetime) -> str:
        """Note an answer that is being kept; `many` where it is to be marked."""
        answers, at = self._of(address, now).answers, now.timestamp()
        marked = _within(answers, at, TEN_MINUTES) >= SOME[0] or len(answers) >= SOME[1]
        answers.append(at)
        return "many" if marked else ""

    def _one(self, everybody: deque[float], own: deque[float], at: float) -> str:
        for held, reason in ((everybody, "busy"), (own, "flood")):
            if len(held) == held.maxlen and at - held[0] < MINUTE:
                return reason
        everybody.append(at)
        own.append(at)
        return ""

    def _of(self, address: str, now: datetime) -> _Seen:
        if (day := clock.day_of(now)) != self._day:
            self._day, self._salt = day, secrets.token_bytes(32)
            self._seen.clear()
        key = hmac.new(self._salt, _place(address).encode(), hashlib.sha256).digest()[:16]
        seen = self._seen.pop(key, None) or _Seen()
        self._seen[key] = seen
        if len(self._seen) > KEPT:
            self._seen.popitem(last=False)
        return seen


def client(peer: str, forwarded: Sequence[str], proxies: str) -> str:
    """The address that a request comes from: the peer's, unless it is one of the proxies (comma-separated addresses or
    networks); then the last one in X-Forwarded-For that is none of them. What others write there is believed by
    nobody."""
    trusted = [ip_network(one.strip(), strict=False) for one in proxies.split(",") if one.strip()]
    chain = [part.strip() for line in forwarded for part in line.split(",")][-10:]
    found = peer
    while chain and (one := _address(found)) is not None and any(one in network for network in trusted):
        found = chain.pop()
    return found if _address(found) is not None else peer


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _place(address: str) -> str:
    """An IPv6 subscriber has 2^64 addresses: what counts is the network."""
    found = _address(address)
    return str(ip_network(f"{found}/64", strict=False)) if isinstance(found, IPv6Address) else str(found or address)


def _within(answers: deque[float], at: float, seconds: int) -> int:
    return sum(1 for one in answers if at - one < seconds)

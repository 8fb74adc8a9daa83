"""One collector's life in the laboratory: what tests/test_collectors_alike.py does to every collector alike.

A case stands beside its service. It says how a source is set up against the service, what must stand in the database
once everything was read, and how the service's world changes. Where a source can't have a thing (a hot list has no
deletions), the case leaves it out and says so by leaving the attribute as it is here.
"""

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

from tests.lab import services
from tests.lab.services import Service

MORNING = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
"""10:00 in Shanghai."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What the database must hold. None: not held against it.

    `posts`: external id → counters of its newest reading (those named here); all posts that are not gone, no others.
    `mentions`: every external id. `followers`, `apps`, `daily`, `boards`: days (of the case's account) with the figures
    that must be among those stored.
    """

    posts: Mapping[str, Mapping[str, int]] | None = None
    mentions: frozenset[str] | None = None
    followers: Mapping[date, int] | None = None
    apps: Mapping[date, Mapping[str, float]] | None = None
    daily: Mapping[date, Mapping[str, int]] | None = None
    boards: Mapping[date, float] | None = None


class Case:
    """Base of the cases. `at` is everybody's clock: the service's, the engine's; the suite moves it on from `born`.

    `path`: part of the path of the calls that faults strike, the first `passed` of which get through before.
    `expired`: the service's word for a token that ran out; `mended`: the run itself gets a new one (else REAUTH, a
    notice, and `renew` plays the person). `quota`: the word for a spent quota; `quota_until`: when it is open again.
    `shuffled`: the word for a page with its rows reversed and the first one twice.
    """

    collector: ClassVar[str]
    service: ClassVar[type[Service]]
    platform: ClassVar[str] = ""
    account: ClassVar[str] = ""
    """External id of the ledger's account: the source is bound to it, unless `bound` is off."""
    bound: ClassVar[bool] = True
    secrets: ClassVar[Mapping[str, str]] = {}
    config: ClassVar[Mapping[str, str]] = {}
    path: ClassVar[str] = ""
    passed: ClassVar[int] = 1
    expired: ClassVar[str] = ""
    mended: ClassVar[bool] = True
    quota: ClassVar[str] = ""
    quota_until: ClassVar[timedelta] = timedelta(days=1)
    shuffled: ClassVar[str] = ""
    tolerates: ClassVar[tuple[str, ...]] = ()
    """Acts after which the run is partial, with what could be read of the answer, instead of failed."""
    later: ClassVar[timedelta] = timedelta(days=1)
    """After which a vanished post or a fallen counter is to be noticed."""
    shows: ClassVar[bool] = True
    """Off: something stands between the source and us that passes no broken answers on."""
    born: datetime = MORNING

    def __init__(self) -> None:
        self.at = self.born
        self.world: Any = self.service(lambda: self.at)

    @property
    def url(self) -> str:
        """The source's address."""
        return self.world.base

    def truth(self) -> Truth:
        raise NotImplementedError

    def hold(self) -> None:
        """The platform has not finished yesterday's figures: a run ends NOTREADY. Not overridden: no such state."""

    def release(self) -> None:
        """It has now."""

    def renew(self) -> Mapping[str, str]:
        """The credential that a person fills in after a REAUTH; the service accepts it."""
        return self.secrets

    def grow(self) -> None:
        """Publish something more; a world that doesn't override it stays as it is."""

    def stick(self) -> str:
        """Jam the reading of one mention of many; its external id. Not overridden: mentions aren't read one by one."""
        return ""

    def vanish(self) -> str:
        """Take a post away; its external id. Empty: such a source can't tell."""
        return ""

    def fall(self) -> tuple[str, str, int] | None:
        """Lower a counter of a post that will be read again: (external id, counter, new value)."""
        return None


def every() -> list[type[Case]]:
    """All the cases, by collector."""
    for module in pkgutil.iter_modules(services.__path__):
        importlib.import_module(f"{services.__name__}.{module.name}")
    found, new = set(), {Case}
    while new:
        new = {sub for case in new for sub in case.__subclasses__()}
        found |= new
    return sorted(found, key=lambda case: case.collector)

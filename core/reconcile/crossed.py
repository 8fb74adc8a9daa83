"""What captures of two sources already say of the same thing: posts' counters, followers and platforms' totals of a
day, lines of boards. Held as the captures are read again for a verification (core.recheck), so that it costs nothing
more.

Each pair of sources that speak of the same post is held once, the one with fewer observations against the other.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import combinations
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from core import clock
from core.counts import MISSING, Count
from core.db import chunks
from core.imports.headers import FIELDS
from core.labels import COUNTERS
from core.models import Capture, Source
from core.recheck.captured import Facts
from core.recheck.lines import Seen
from core.reconcile import hold, tally
from core.reconcile.hold import DIFFER
from core.reconcile.tally import Tally

KEPT = 500
FILES = 0
"""Stands for imported files among the ids of sources."""
_DAYS = {"followers": "粉丝数", "app": "APP 数据", "daily": "平台日汇总", "board": "榜单"}
_WORDS = {**FIELDS, "posts": "发布数", "value": "指数", "place": "名次"}


class Crossed:
    """Collects what two sources say otherwise of one thing."""

    def __init__(self) -> None:
        self.counts: dict[int, Tally] = defaultdict(Tally)
        self.findings: list[dict[str, Any]] = []
        self.origin: dict[int, int] = {}
        self.names: dict[int, str] = {FILES: "文件导入"}

    def hold(self, session: Session, facts: Facts) -> None:
        """Take what the captures say."""
        self._sources(session, {one.order[0] for seen in (*facts.readings.values(), *facts.days.values())
                                for one in seen})
        for (account, external_id), seen in facts.readings.items():
            title = facts.posts[account, external_id][-1][1].title if facts.posts.get((account, external_id)) else ""
            for theirs, mine in self._pairs(seen):
                self._post(account, title or external_id, theirs, mine)
        for key, seen in facts.days.items():
            for theirs, mine in self._pairs(seen):
                self._day(key, theirs[-1], mine[-1])

    def packed(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "counts": {str(account): one.packed() for account, one in self.counts.items()},
            "findings": sorted(self.findings, key=lambda one: -abs(one["difference"] or 0))[:KEPT],
            "found": len(self.findings),
        }

    def _sources(self, session: Session, captures: Iterable[int]) -> None:
        for part in chunks(sorted(captures)):
            for id_, source in session.execute(select(Capture.id, Capture.source_id).where(Capture.id.in_(part))):
                self.origin[id_] = source or FILES
        for part in chunks(sorted(set(self.origin.values()))):
            self.names |= dict(session.execute(select(Source.id, Source.name).where(Source.id.in_(part))).all())

    def _pairs(self, seen: Sequence[Seen]) -> Iterable[tuple[list[Seen], list[Seen]]]:
        """What two sources saw, each in the order of time; who saw less comes first."""
        by: dict[int, list[Seen]] = defaultdict(list)
        for one in sorted(seen, key=lambda one: (one.at, one.order)):
            by[self.origin[one.order[0]]].append(one)
        if len(by) > 1:
            for one, other in combinations(by.values(), 2):
                yield (one, other) if len(one) <= len(other) else (other, one)

    def _post(self, account: int, title: str, theirs: Sequence[Seen], mine: Sequence[Seen]) -> None:
        lines: dict[str, list[tuple[datetime, Count]]] = defaultdict(list)
        for one in mine:
            for name, value in one.values.items():
                lines[name].append((one.at, Count(*value)))
        for one in theirs:
            between = self._between(one)
            for name, value in one.values.items():
                count, known = Count(*value), hold.around(lines.get(name, ()), *between)
                if not known.known:
                    continue
                outcome, against = hold.cumulative(count, known)
                self._judge(account, outcome, "post", title, COUNTERS[name], one, mine[0], count, against)

    def _between(self, one: Seen) -> tuple[datetime, datetime]:
        """Between which moments it was so: of a file often only the day is known."""
        if self.origin[one.order[0]] != FILES:
            return one.at, one.at
        day = clock.day_of(one.at)
        return clock.instant(day), clock.instant(day + timedelta(1))

    def _day(self, key: tuple[Any, ...], theirs: Seen, mine: Seen) -> None:
        what, account, day = key[0], key[1], key[-1]
        end = clock.instant(day + timedelta(1)) - timedelta(seconds=1)
        over = theirs.at >= end and mine.at >= end
        for name in sorted(theirs.values.keys() & mine.values.keys()):
            if name.endswith("_slack"):
                continue
            count, other = (self._count(one.values, name) for one in (theirs, mine))
            if count.missing or other.missing:
                continue
            outcome = hold.settled(count, other) if over else hold.moving(count, other)
            counter = name.removeprefix("figures.")
            word = f"{_DAYS[what]}·{COUNTERS.get(counter, _WORDS.get(counter, counter))}"
            self._judge(account, outcome, what, "", word, theirs, mine, count, other, day)

    @staticmethod
    def _count(values: Mapping[str, Any], name: str) -> Count:
        """A value of a day as a count; of decimals (an index, a rating) the whole part."""
        value = values[name]
        if isinstance(value, tuple | list):
            return Count(*value)
        return MISSING if value is None else Count(round(value), int(values.get(f"{name}_slack", 0)))

    def _judge(self, account: int, outcome: str, what: str, title: str, name: str, theirs: Seen, mine: Seen,
               count: Count, other: Count, day: date | None = None) -> None:
        self.counts[account].add(outcome)
        if outcome != DIFFER:
            return
        self.findings.append({
            "account_id": account, "what": what, "title": title, "name": name,
            "day": (day or theirs.day or clock.day_of(theirs.at)).isoformat(), "one": self._name(theirs),
            "other": self._name(mine), "first": tally.shown(count), "second": tally.shown(other),
            "difference": hold.difference(count, other), "capture_id": theirs.order[0], "locator": theirs.locator,
        })

    def _name(self, one: Seen) -> str:
        return self.names.get(self.origin[one.order[0]], "已删除的采集源")


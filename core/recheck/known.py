"""What is known of days and of posts that are gone, held against what the captures say.

A day is collected where a post or an APP's figures of it were captured, and nothing else makes it so but an answer
that says it; whether a day without any was confirmed or failed is what runs say, not captures. A post is gone where,
after it was last seen, its platform says so or a list that was read whole no longer has it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from core import clock
from core.db import chunks
from core.models import Coverage, Post
from core.recheck.captured import Facts
from core.recheck.findings import Finding, Tally


def check(session: Session, facts: Facts, accounts: Iterable[int], first: date, last: date, until: datetime) -> Tally:
    """`until`: captures from this moment on were read only here and there, so that nothing is held against them."""
    tally = Tally()
    for part in chunks(list(accounts)):
        _days(session, facts, part, first, last, tally)
        _gone(session, facts, part, first, last, until, tally)
    return tally


def _days(session: Session, facts: Facts, accounts: list[int], first: date, last: date, tally: Tally) -> None:
    stored = {(a, d): state for a, d, state in session.execute(select(
        Coverage.account_id, Coverage.day, Coverage.state).where(
            Coverage.account_id.in_(accounts), Coverage.day.between(first, last)))}
    mine = set(accounts)
    captured: dict[tuple[int, date], tuple[int, str]] = {}
    for (account, _), said in facts.posts.items():
        for (capture, _), record in said:
            if account in mine:
                captured.setdefault((account, clock.day_of(record.published_at)), (capture, record.locator))
    for key, seen in facts.days.items():
        if key[0] == "app" and key[1] in mine:
            captured.setdefault((key[1], key[2]), (seen[0].order[0], seen[0].locator))
    for key in {*stored, *captured}:
        state, place = stored.get(key, ""), captured.get(key)
        if place is None and state != "collected":
            continue
        if place is None and (facts.blind or "collected" in facts.covered.get(key, ())):
            tally.count(key[0], trusted=1)
            continue
        tally.count(key[0], 1)
        if place is not None and state != "collected":
            tally.count(key[0], wrong=1)
            tally.findings.append(Finding(
                "coverage", key, "altered" if state else "dropped", key[0], key[1], {"state": state} if state else {},
                {"state": "collected"}, place[0], place[1]))
        elif place is None:
            tally.count(key[0], wrong=1)
            tally.findings.append(Finding("coverage", key, "invented", key[0], key[1], {"state": state}, {}))


def _gone(session: Session, facts: Facts, accounts: list[int], first: date, last: date, until: datetime, tally: Tally
          ) -> None:
    told: dict[int, list[Any]] = defaultdict(list)
    for event in facts.gone:
        told[event.account].append(event)
    query = select(Post.id, Post.account_id, Post.external_id, Post.day, Post.published_at, Post.last_seen_at,
                   Post.gone_at).where(Post.account_id.in_(accounts), Post.day.between(first, last))
    for row in session.execute(query):
        if row.gone_at is None and not told[row.account_id]:
            continue
        if (row.gone_at or row.last_seen_at) >= until:
            tally.count(row.account_id, trusted=1)
            continue
        expected, capture = _expected(row, facts.posts.get((row.account_id, row.external_id), ()),
                                      told[row.account_id])
        if row.gone_at != expected and (facts.blind or (expected and row.last_seen_at >= expected)):
            tally.count(row.account_id, trusted=1)  # what is lost may have said so
            continue
        tally.count(row.account_id, 1)
        if row.gone_at != expected:
            tally.count(row.account_id, wrong=1)
            kind = "altered" if row.gone_at and expected else "dropped" if expected else "invented"
            tally.findings.append(Finding(
                "post", (row.id,), kind, row.account_id, row.day, {"gone_at": row.gone_at} if row.gone_at else {},
                {"gone_at": expected} if expected else {}, capture))


def _expected(row: Any, said: Iterable[tuple[tuple[int, int], Any]], events: Iterable[Any]
              ) -> tuple[datetime | None, int | None]:
    """When the post is gone since, by everything that was captured in its order, and the capture that says so."""
    seen: Mapping[int, datetime] = _newest(said)
    gone, last, capture = None, None, None
    told: dict[int, list[Any]] = defaultdict(list)
    for event in events:
        told[event.capture].append(event)
    for id_ in sorted({*seen, *told}):
        if id_ in seen and (last is None or seen[id_] > last):
            last, gone, capture = seen[id_], None, None
        for event in told.get(id_, ()):
            if gone is None and last is not None and event.means(row.external_id, row.published_at, last):
                gone, capture = event.at, id_
    return gone, capture


def _newest(said: Iterable[tuple[tuple[int, int], Any]]) -> dict[int, datetime]:
    out: dict[int, datetime] = {}
    for (capture, _), record in said:
        out[capture] = max(out.get(capture, record.observed_at), record.observed_at)
    return out

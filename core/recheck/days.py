"""The totals of an account's day and month, reckoned from single posts and readings (pure).

Beside `core.rollup`, which asks the database for them: two ways that must come to the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from core.counts import CAPPED_READ
from core.labels import COUNTERS

SETTLED = timedelta(7)
"""Basis d7 takes nothing that was read later than so many days after the day of publishing."""
HEADLINE = ("reads", "readers", "likes", "wows", "reposts")
ORIGINAL = ("reposts", "comments")

State = Mapping[str, tuple[int, int]]
"""Counters that are known, each with its slack."""


@dataclass(frozen=True, slots=True)
class Told:
    """One post as the captures have it: its push, its place in it, whether it is original, and what was known of its
    counters on which day (in the order of time)."""

    push: str
    position: int | None
    original: bool | None
    states: Sequence[tuple[date, State]]


def totals(day: date, basis: str, posts: Sequence[Told], followers: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The row of account_day that these make, without its key; None where there is nothing to be told."""
    if not posts and followers is None:
        return None
    row: dict[str, Any] = {
        "posts": len(posts),
        "pushes": len({one.push for one in posts if one.push}) + sum(not one.push for one in posts),
        "headlines": sum(one.position == 1 for one in posts),
        "originals": sum(one.original is True for one in posts),
        "original_known": sum(one.original is not None for one in posts),
    }
    counted = [(one, _standing(one, day, basis)) for one in posts]
    for name in COUNTERS:
        found = [state[name] for _, state in counted if name in state]
        row[name] = sum(value for value, _ in found) if found else None
        row[f"{name}_max"] = max((value for value, _ in found), default=None)
        row[f"{name}_known"] = len(found)
        row[f"{name}_capped"] = sum(slack < 0 for _, slack in found)
        row[f"{name}_tolerance"] = sum(slack for _, slack in found if slack > 0)
    for name in HEADLINE:
        row[f"headline_{name}"] = _sum(state[name][0] for one, state in counted if one.position == 1 and name in state)
    for name in ORIGINAL:
        row[f"original_{name}"] = _sum(state[name][0] for one, state in counted if one.original and name in state)
    over = [(one, max(state["reads"][0] - CAPPED_READ, 0)) for one, state in counted if "reads" in state]
    row["reads_over"] = sum(value for _, value in over)
    row["headline_reads_over"] = sum(value for one, value in over if one.position == 1)
    held = followers or {}
    row["followers"], row["followers_slack"] = held.get("followers") or (None, 0)
    row["followers_new"], row["followers_lost"] = held.get("new"), held.get("lost")
    return row


def _standing(one: Told, day: date, basis: str) -> State:
    """The newest that is known of a post, on basis d7 as of the seventh day."""
    within = [state for read, state in one.states if basis != "d7" or read <= day + SETTLED]
    return within[-1] if within else {}


def _sum(values) -> int | None:
    found = list(values)
    return sum(found) if found else None

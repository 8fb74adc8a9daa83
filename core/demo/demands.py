"""The work orders of the sample district: problems that many have, and single ones, with what became of them.

They come as monthly exports of the hotline, each with the orders of its month and those that were open in the one
before, through the same reader as real files; so their states have a history.
"""

import csv
import io
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from core import clock
from core.demo import local
from core.demo.grammar import dice
from core.demo.places import BODIES
from core.demo.wording import lexicon, say
from core.imports.check import check
from core.imports.read import read
from core.imports.recognise import tables
from core.opinion.demand_rules import deadline, rules
from core.records import Batch

NUMBER = "演示{day:%Y%m%d}{number:04d}"
HEADS = ("工单编号", "来电号码", "受理时间", "诉求标题", "诉求内容", "诉求类型", "问题分类", "承办单位", "事发地址",
         "所属街镇", "办理状态", "办理期限", "答复内容", "答复时间", "满意度", "诉求来源")
FILE = "12345工单导出 {month}.csv"
_SATISFIED = (("满意", 0.52), ("基本满意", 0.2), ("不满意", 0.16), ("未评价", 0.12))
_RATED = 0.55
"""Share of the answered ones of which it is said how satisfied people are."""
_RETURNED, _REFUSED = 0.03, 0.015


@dataclass(frozen=True, slots=True)
class Order:
    """One order with all that becomes of it. `end`: 已办结, 退回 or 不予受理; `answered_at` may lie ahead."""

    number: str
    caller: str
    asked_at: datetime
    title: str
    text: str
    kind: str
    category: str
    unit: str
    address: str
    town: str
    due_at: datetime
    answered_at: datetime
    answer: str
    end: str
    satisfied: str
    way: str

    def cells(self, at: datetime) -> list[str]:
        """The row of an export made then."""
        done = self.answered_at <= at
        state = self.end if done else "办理中" if at - self.asked_at > timedelta(hours=6) else "待办"
        answered = done and self.end == "已办结"
        return [self.number, self.caller, _stamp(self.asked_at), self.title, self.text, self.kind, self.category,
                self.unit, self.address, self.town, state, _stamp(self.due_at), self.answer if done else "",
                _stamp(self.answered_at) if answered else "", self.satisfied if answered else "", self.way]


@cache
def _file() -> Mapping[str, Any]:
    return tomllib.loads((Path(__file__).parent / "demands.toml").read_text(encoding="utf-8"))


def orders(seed: int, first: date, now: datetime, share: float = 1.0) -> list[Order]:
    """Every order from `first` to now, oldest first."""
    rng = dice(seed, "demands")
    drafts: list[tuple[datetime, Order]] = []
    for problem in _file()["problem"]:
        drafts += _of_problem(rng, problem, first, now, share)
    singles = _file()["singles"]
    for _ in range(round(singles["count"] * share)):
        kind, title, text, unit, category = rng.choice(singles["lines"])
        bound = _bound(rng)
        day = _day(rng, first, now, (now.date() - first).days if rng.random() < 0.5 else 60)
        drafts.append(_order(rng, day, now, say(rng, (title,), bound), say(rng, (text,), bound), kind, category, unit,
                             "", _town(bound), _phone(rng), 0.2))
    drafts.sort(key=lambda one: (one[0], one[1].title, one[1].text))
    out = []
    for number, (at, order) in enumerate(drafts, start=1):
        named = NUMBER.format(day=clock.day_of(at), number=number % 10_000)
        out.append(Order(**{name: getattr(order, name) for name in Order.__slots__} | {"number": named}))
    return out


def exports(every: Sequence[Order], now: datetime) -> list[tuple[datetime, str, bytes]]:
    """(moment, name, bytes) of the monthly exports, the last one of today."""
    if not every:
        return []
    month, out = clock.Month.of(clock.day_of(every[0].asked_at)), []
    open_: list[Order] = []
    while month.first <= clock.day_of(now):
        at = min(now, clock.instant(month.last + timedelta(1), 9))
        mine = [one for one in every if clock.Month.of(clock.day_of(one.asked_at)) == month and one.asked_at <= at]
        if rows := [*open_, *mine]:
            out.append((at, FILE.format(month=month), _csv([one.cells(at) for one in rows])))
        open_ = [one for one in rows if one.answered_at > at]
        month = month.shift(1)
    return out


def batch(body: bytes, name: str, at: datetime) -> Batch:
    """The orders of an export, read as a real one is."""
    sheets = read(body, name, max_rows=10_000, max_bytes=20_000_000)
    return check(tables(sheets, name), platform="hotline12345", account_name="", observed_at=at).batch


# --- Parts ----------------------------------------------------------------------------------------------------------


def _of_problem(
    rng: Random, problem: Mapping[str, Any], first: date, now: datetime, share: float
) -> list[tuple[datetime, Order]]:
    out = []
    number = max(4, round(problem["count"] * share))
    usual = _phone(rng)
    for nth in range(number):
        place = problem.get("place") or rng.choice(lexicon()[problem["slot"]])
        bound = {"place": place}
        kind = rng.choices(("投诉", "求助", "举报"), (70, 22, 8))[0]
        day = _day(rng, first, now, problem["days"])
        out.append(_order(
            rng, day, now, say(rng, problem["title"], bound), say(rng, problem["text"], bound), kind,
            problem["class"], problem.get("unit", ""), place, local.street_of(place),
            usual if nth < problem["same"] else _phone(rng), problem["late"]))
    return out


def _order(
    rng: Random, day: date, now: datetime, title: str, text: str, kind: str, category: str, unit: str, place: str,
    town: str, caller: str, late: float,
) -> tuple[datetime, Order]:
    at = min(clock.instant(day, rng.randint(7, 21), rng.randrange(60), rng.randrange(60)), now - timedelta(hours=1))
    due = deadline(at, rules().days[kind])
    allowed = (due - at).total_seconds()
    took = allowed * (rng.uniform(0.1, 0.95) if rng.random() > late else rng.uniform(1.05, 2.8))
    chance = rng.random()
    end = "退回" if chance < _RETURNED else "不予受理" if chance < _RETURNED + _REFUSED else "已办结"
    whole = next((body.name for body in BODIES if body.short == (unit or town)), unit or town)
    answer = say(rng, _file()["words"]["answer"], {"unit": unit or town or "承办单位"})
    verdict = rng.choices([one for one, _ in _SATISFIED], [weight for _, weight in _SATISFIED])[0]
    return at, Order(
        "", caller, at, title, text, kind, category if rng.random() < 0.6 else "", whole,
        f"{town}{place}" if place else "", town, due, at + timedelta(seconds=took), answer, end,
        verdict if rng.random() < _RATED else "", rng.choice(_file()["words"]["way"]))


def _bound(rng: Random) -> dict[str, str]:
    """A street, and places that lie in it."""
    street = rng.choice(lexicon()["street"])
    out = {"street": street}
    for slot, names in lexicon().items():
        if mine := [name for name in names if local.street_of(name) == street]:
            out[slot] = rng.choice(mine)
    return out


def _town(bound: Mapping[str, str]) -> str:
    return bound["street"]


def _day(rng: Random, first: date, now: datetime, days: int) -> date:
    """A day of the last so many, more often a late one."""
    today = clock.day_of(now)
    span = max(1, min(days, (today - first).days))
    return today - timedelta(int(span * rng.random() ** 1.3))


def _phone(rng: Random) -> str:
    """A number that nobody has."""
    return f"100{rng.randrange(10**8):08d}"


def _stamp(at: datetime) -> str:
    return f"{clock.local(at):%Y-%m-%d %H:%M:%S}"


def _csv(rows: Sequence[Sequence[str]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEADS)
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig")

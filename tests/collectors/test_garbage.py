"""Answers of another form than a collector knows: whatever a service sends, it ends as a Fault in Chinese or as rows
set aside, and nothing is made of it that a database could not keep. Deterministic; every case of the laboratory."""

import asyncio
import copy
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from collectors import SOURCES
from collectors.http import Http
from core.faults import Fault
from core.records import Batch, Fetched, SourceSpec, Wanted
from tests.lab import Lab
from tests.lab.cases import Case, every
from tests.lab.desk import OPEN, MemoryDesk, Outcome, play
from tests.lab.services import Answer, Request

CASES = [kind for kind in every() if kind.collector != "weibo_cli"]
ODD: tuple[Any, ...] = (
    None, [], {}, "", "x", "12", -1, True, 1e308, 10**30, [None], {"x": 1}, "\ud800", "9" * 5000, "=1+1",
)
RAW = (b"", b"NaN", b"\xff\xfe", b"\x00" * 50, b"<html></html>", b"[" * 50_000, b'{"a":' * 50_000, b"9" * 5000)
LARGEST = 2**53
INSIDE = (None, "x", 1, [1])
"""What takes the place of each part of an answer while a whole run meets it."""


def mutants(value: Any) -> Iterator[Any]:
    """Copies of a JSON value, each with one part (of rows the first only) left out or replaced."""
    for path in (path for path in _paths(value) if len(path) > 1):
        for odd in (*ODD, ...):
            made = copy.deepcopy(value)
            part = made
            for step in path[:-1]:
                part = part[step]
            if odd is ...:
                del part[path[-1]]
            else:
                part[path[-1]] = odd
            yield made


def _paths(value: Any, at: tuple = ()) -> Iterator[tuple]:
    inner = value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    for key, part in inner:
        yield (*at, key)
        yield from _paths(part, (*at, key))


def as_json(body: bytes) -> Any:
    """The JSON of an answer; None where it is none."""
    try:
        return json.loads(body)
    except ValueError:
        return None


def keepable(value: Any) -> None:
    """Every figure fits a database, every text can be written."""
    if isinstance(value, str):
        assert value.encode().find(b"\0") < 0
    elif isinstance(value, float):
        assert abs(value) < float("inf")
    elif isinstance(value, int):
        assert abs(value) <= LARGEST
    elif isinstance(value, dict):
        for part in value.values():
            keepable(part)
    elif hasattr(value, "slack"):
        keepable(value.value)


def sane(batch: Batch) -> None:
    for part in (batch.posts, batch.followers, batch.apps, batch.daily, batch.boards, batch.mentions):
        for record in part:
            for name in type(record).model_fields:
                keepable(getattr(record, name))
    for reject in batch.rejects:
        keepable(reject.reason)
        keepable(reject.raw)


class World:
    """A case's service, and what one run of its collector gives."""

    def __init__(self, lab: Lab, kind: type[Case]):
        self.case = kind()
        lab.mount(self.case.world)
        self.answer = self.case.world.answer
        self.collector = SOURCES[kind.collector]
        bound = (kind.platform, kind.account) if kind.account and kind.bound else None
        self.source = SourceSpec(
            key="s", collector=kind.collector, name="样例", url=self.case.url, platform=kind.platform,
            has_account=bound is not None, config=dict(kind.config), account=bound,
        )

    async def run(self, http: Http, due: list[Wanted] = ()) -> Outcome:
        accounts = [self.case.account] if self.case.account else []
        desk = MemoryDesk(
            http=http, now=self.case.at, secrets=dict(self.case.secrets), accounts=accounts, due=list(due)
        )
        return await play(self.collector, self.source, desk)

    def posts(self, outcome: Outcome) -> list[Wanted]:
        return [Wanted(self.case.account, p.external_id, p.published_at) for p in outcome.all("posts")[:2]]


def kind_of(fetched: Fetched) -> tuple:
    return fetched.context.get("call", ""), fetched.media_type


@pytest.mark.parametrize("kind", CASES, ids=lambda kind: kind.collector)
def test_whatever_an_answer_holds_it_is_read_or_refused_in_words(lab, kind):
    """`parse` by itself; what it leaves to `collect`, the outermost form of an answer, is the next test's."""
    async def twice() -> tuple[World, Outcome]:
        async with Http(**OPEN) as http:
            before = World(lab, kind)
            due = before.posts(await before.run(http))
            world = World(lab, kind)
            return world, await world.run(http, due)

    world, good = asyncio.run(twice())
    assert good.fault is None and good.answers
    tried, seen = 0, {kind_of(fetched): fetched for fetched in reversed(good.answers)}
    for fetched in seen.values():
        whole = as_json(fetched.body)
        bodies = [json.dumps(value).encode() for value in mutants(whole)]
        cuts = [fetched.body[: len(fetched.body) * n // 7] for n in range(7)]
        for body in (*bodies, *cuts, *RAW):
            tried += 1
            try:
                sane(world.collector.parse(world.source, _with(fetched, body)))
            except Fault as fault:
                assert re.search("[\u4e00-\u9fff]{4}", fault.message), body[:200]
    assert tried >= 15


def _with(fetched: Fetched, body: bytes) -> Fetched:
    values = {name: getattr(fetched, name) for name in Fetched.__slots__}
    return Fetched(**values | {"body": body})


@pytest.mark.parametrize("kind", CASES, ids=lambda kind: kind.collector)
def test_a_run_that_meets_an_answer_of_another_form_ends_in_words(lab, kind):
    """Tokens, lists and pages are looked at while they are asked for; every part of the first answer of each call is
    another one once."""
    asyncio.run(_meet(lab, kind))


async def _meet(lab: Lab, kind: type[Case]) -> None:
    plain = World(lab, kind)
    first: dict[str, Any] = {}

    def noting(request: Request) -> Answer:
        answer = plain.answer(request)
        first.setdefault(_call(request), as_json(answer.body))
        return answer

    plain.case.world.answer = noting
    async with Http(**OPEN) as http:
        due = plain.posts(await plain.run(http))
        for call, value in first.items():
            parts = [name for name in value if name not in ("code", "error_code", "result", "success")] \
                if isinstance(value, dict) else []
            for odd in ({**value, name: odd} for name in parts for odd in INSIDE):
                world = World(lab, kind)
                world.case.world.answer = _odd(world, call, odd)
                outcome = await world.run(http, due)
                if outcome.fault:
                    assert re.search("[\u4e00-\u9fff]{4}", outcome.fault.message), (call, odd)
                for batch in outcome.batches:
                    sane(batch)


def _call(request: Request) -> str:
    return re.sub(r"\d{4,}.*", "", request.path)


def _odd(world: World, call: str, value: Any) -> Callable[[Request], Answer]:
    """An `answer` of the service that gives that value at the first such call."""
    left = [Answer.of(value)]

    def answer(request: Request) -> Answer:
        return left.pop() if left and _call(request) == call else world.answer(request)

    return answer

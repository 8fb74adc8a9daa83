"""The sample district's work orders: deterministic, in the past, of nobody, read as real ones are."""

from collections import Counter
from datetime import date

from core import clock, labels
from core.demo import demands
from core.demo.places import STREETS
from core.opinion.demand_fields import OTHER, scheme

FIRST = date(2025, 2, 1)
NOW = clock.instant(date(2026, 3, 18), 8, 30)


def test_orders_lie_in_the_period_and_are_the_same_for_the_same_seed():
    every = demands.orders(1, FIRST, NOW)
    assert 400 < len(every) < 700 and every == demands.orders(1, FIRST, NOW) != demands.orders(2, FIRST, NOW)
    assert all(clock.day_of(one.asked_at) >= FIRST and one.asked_at < NOW for one in every)
    assert all(one.asked_at < one.answered_at for one in every)
    assert len({one.number for one in every}) == len(every)
    assert not [one for one in every if "{" in one.title + one.text + one.answer]
    assert {one.town for one in every} <= {*STREETS, ""} and {one.kind for one in every} <= {*labels.DEMAND_KINDS}
    assert all(one.caller.startswith("100") for one in every), "numbers that nobody has"


def test_a_month_is_exported_with_what_was_open_and_read_as_a_real_file():
    every = demands.orders(1, FIRST, NOW)
    files = demands.exports(every, NOW)
    assert [at for at, _, _ in files] == sorted(at for at, _, _ in files) and files[-1][0] == NOW
    seen: Counter[str] = Counter()
    states: dict[str, list[str]] = {}
    for at, name, body in files:
        batch = demands.batch(body, name, at)
        assert not batch.rejects
        for record in batch.mentions:
            assert record.published_at <= at == record.observed_at and record.caller not in repr(record)
            seen[record.external_id] += 1
            states.setdefault(record.external_id, []).append(record.details["办理状态"])
    assert set(seen) == {one.number for one in every}
    assert ["办理中", "已办结"] in states.values(), "some are seen open and then done"


def test_most_of_them_are_told_by_their_words_alone():
    every = demands.orders(1, FIRST, NOW)
    fields = [scheme().tell(one.title, one.text).value for one in every]
    assert fields.count(OTHER) < 0.03 * len(every)
    told = [(field.partition("/")[2], one.category) for field, one in zip(fields, every, strict=True) if one.category]
    assert sum(field == category for field, category in told) > 0.8 * len(told)

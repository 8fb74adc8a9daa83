"""The next seven days: what is drawn, what is refused and why, and how it is judged once the days have come."""

import math
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.faults import BadInput
from core.opinion.forecast import (
    ANALOG,
    DECAY,
    LEAST_ANALOGS,
    LEAST_EVENTS,
    UNPREDICTABLE,
    ZERO,
    Forecast,
    learn,
    record,
    scored,
    steady,
    steady_line,
    topic,
    topic_lines,
)

FIRST = date(2025, 3, 3)  # a Monday; no holiday until 4 April


def by_day(values, first=FIRST):
    return {first + timedelta(n): value for n, value in enumerate(values)}


def noisy(number, level=10.0, seed=1):
    return [float(one) for one in np.random.default_rng(seed).poisson(level, number)]


def fades(number=150, seed=2):
    """Finished events: a size, and a rate at which each fades."""
    chance = np.random.default_rng(seed)
    return [np.floor(size * rate ** np.arange(12)) for size, rate in
            zip(chance.integers(20, 400, number), chance.uniform(0.1, 0.6, number), strict=True)]


def sound(made: Forecast):
    """What holds of every forecast."""
    lengths = {len(one) for one in (made.days, made.values, made.low, made.high, made.naive)}
    assert len(lengths) == 1
    assert bool(made.refusal) == (not made.days)
    assert all(0 <= low <= value <= high and math.isfinite(high)
               for low, value, high in zip(made.low, made.values, made.high, strict=True))


# Steady series.


def test_a_steady_series_is_drawn_from_the_day_after_its_last():
    made = steady(by_day(noisy(120)))
    assert not made.refusal
    assert made.days == tuple(FIRST + timedelta(120 + n) for n in range(7))
    assert all(abs(value - 10) < 2.5 for value in made.values)
    assert made.record.error < made.record.naive and made.record.error < made.record.seasonal
    assert made.method.startswith("阻尼水平 × 星期规律")
    sound(made)


def test_weekdays_are_learned():
    week = [20, 20, 20, 20, 20, 4, 4]
    chance = np.random.default_rng(3)
    made = steady(by_day([float(chance.poisson(week[n % 7])) for n in range(168)]))
    weekend = [value for day, value in zip(made.days, made.values, strict=True) if day.weekday() > 4]
    working = [value for day, value in zip(made.days, made.values, strict=True) if day.weekday() < 5]
    assert max(weekend) < 6 < 14 < min(working)


def test_a_worked_weekend_is_a_working_day():
    # Sunday 28 September 2025 is worked for the days off of National Day.
    chance = np.random.default_rng(7)
    series = {day: float(chance.poisson(5 if day.weekday() > 4 else 20)) for day in by_day([0] * 145, date(2025, 5, 5))}
    made = steady(series)
    at = made.days.index(date(2025, 9, 28))
    assert made.values[at] > 14 > 8 > made.values[at - 1]


def test_the_effect_of_a_holiday_is_learned_from_the_year_before_or_there_is_none():
    national = {date(year, 10, day) for year in (2024, 2025) for day in range(1, 8)}
    chance = np.random.default_rng(4)

    def series(first):
        span = (date(2025, 9, 30) - first).days + 1
        return {first + timedelta(n): float(chance.poisson(3 if first + timedelta(n) in national else 30))
                for n in range(span)}

    seen, unseen = steady(series(date(2024, 9, 1))), steady(series(date(2025, 3, 1)))
    assert "节假日" in seen.method and "节假日" not in unseen.method
    assert max(seen.values) < 15 and min(unseen.values) > 22


@pytest.mark.parametrize(("counts", "reason"), [
    ({}, "没有历史数据"),
    (by_day(noisy(13)), "历史不足：只有 13 天有数据，至少要 14 天"),
    (by_day([*noisy(13), *[None] * 30]), "历史不足：只有 13 天"),
    (by_day([*noisy(60), *[None] * 5]), "最近 7 天只有 2 天有数据"),
    (by_day([0.0] * 60), "数量太少：近 28 天平均每天 0"),
    (by_day([0, 1, 0, 2, 0, 0, 1] * 10), "数量太少：近 28 天平均每天 0.57，不足 1"),
    (by_day([0] * 50 + [500] + [0] * 10), "数量太少：近 28 天只有 1 天不为零"),
    (by_day([float(2**n) for n in range(30)]), UNPREDICTABLE),
])
def test_what_cannot_be_forecast_is_refused_with_its_reason(counts, reason):
    made = steady(counts)
    assert reason in made.refusal
    sound(made)


def test_a_walk_at_random_is_not_drawn_and_says_how_it_did():
    steps = np.random.default_rng(5).normal(0, 1, 200).cumsum()
    made = steady(by_day([float(one) for one in 100 + 5 * steps - min(5 * steps)]))
    assert made.refusal == UNPREDICTABLE
    assert made.record.error >= min(made.record.naive, made.record.seasonal)


def test_fourteen_days_are_enough():
    made = steady(by_day([8, 12, 9, 14, 8, 11, 10, 13, 7, 12, 9, 13, 8, 12]))
    assert not made.refusal and made.record.days == sum(range(1, 8))
    sound(made)


def test_a_constant_series_goes_on_without_a_band():
    made = steady(by_day([6.0] * 40))
    assert made.values == pytest.approx([6.0] * 7) and made.low == pytest.approx(made.high)
    assert made.record.error == pytest.approx(0, abs=1e-9) and made.scale is None


def test_a_missing_day_is_not_zero():
    values = noisy(120, 20)
    gaps = [None if n % 5 == 2 else value for n, value in enumerate(values)]
    zeros = [0.0 if value is None else value for value in gaps]
    with_gaps, with_zeros = steady(by_day(gaps)), steady_line(FIRST, np.array(zeros))
    assert all(abs(value - 20) < 4 for value in with_gaps.values)
    assert max(with_zeros.values) < min(with_gaps.values)
    absent = {day: value for day, value in by_day(gaps).items() if value is not None}
    nan = [math.nan if value is None else value for value in gaps]
    assert steady(absent).values == with_gaps.values == steady(by_day(nan)).values


def test_a_series_in_another_unit_is_forecast_alike():
    values = np.random.default_rng(8).poisson(1.5, 120) * np.random.default_rng(9).uniform(2e5, 2e6, 120)
    one, other = steady_line(FIRST, values), steady_line(FIRST, values / 1000)
    assert one.values == pytest.approx([value * 1000 for value in other.values])
    assert one.high == pytest.approx([value * 1000 for value in other.high])


def test_one_spike_moves_the_line_little():
    values = noisy(120)
    values[110] = 2000.0
    plain, made = steady(by_day(noisy(120))), steady_line(FIRST, np.array(values))
    assert max(made.values) < 2 * max(plain.values)


@pytest.mark.parametrize("bad", [-1.0, math.inf])
def test_a_figure_that_is_none_is_named(bad):
    with pytest.raises(BadInput, match="2025-03-08"):
        steady(by_day([1.0] * 5 + [bad] + [1.0] * 20))
    with pytest.raises(BadInput, match="第 2 个"):
        learn([[3, 1], [2, bad]])


def test_the_band_holds_while_the_series_drifts():
    chance = np.random.default_rng(6)
    spread = np.concatenate([np.full(200, 0.15), np.full(160, 0.6)])
    level = 3.5 + 0.8 * np.sin(np.arange(360) / 50)
    values = np.expm1(level + chance.normal(0, 1, 360) * spread)
    values = np.maximum(values, 0)
    scores = []
    for origin in range(235, 350, 3):
        scores += scored(steady_line(FIRST, values[:origin]), by_day([float(one) for one in values]))
    assert 0.72 <= record(scores).coverage <= 0.9


def test_the_future_does_not_reach_into_the_record():
    values = np.array(noisy(150))
    early = steady_line(FIRST, values[:140])
    again = steady_line(FIRST, values[:140].copy())
    assert early == again
    later = values.copy()
    later[140:] = 500
    assert steady_line(FIRST, later[:140]) == early


history = st.lists(st.one_of(st.none(), st.just(math.nan), st.integers(0, 3000), st.floats(0, 1e7)), max_size=90)


@settings(max_examples=150, deadline=None)
@given(history, st.dates(date(2019, 1, 1), date(2026, 12, 1)))
def test_every_history_gives_a_sound_forecast_or_a_reason(values, first):
    made = steady(by_day(values, first))
    sound(made)
    assert made == steady(by_day(values, first))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(st.just(math.nan), st.floats(0, 1e6)), min_size=15, max_size=80)
       .filter(lambda values: not math.isnan(values[0])))
def test_every_line_lies_in_its_band(values):
    sound(steady_line(FIRST, np.array(values)))


# Topics.


def test_a_topic_goes_the_way_of_those_before_it():
    past = learn(fades())
    made = topic(by_day([100, 40, 16]), past)
    assert made.method == ANALOG and past.events == 150
    assert made.days[0] == FIRST + timedelta(3)
    assert made.values[0] < 16 and list(made.values) == sorted(made.values, reverse=True)
    assert made.record.error < made.record.zero < made.record.naive
    sound(made)


def test_fewer_events_give_a_rate_of_decay():
    past = learn([320 * 0.5 ** np.arange(40)] * LEAST_EVENTS)
    made = topic(by_day([160, 80, 40]), past)
    assert made.method == DECAY and past.trials[3].rate == 0.5
    assert made.values == pytest.approx([20, 10, 5, 2.5, 1.25, 0.625, 0.3125])


def test_what_dies_is_said_to_die():
    past = learn([[100, 0, 0]] * LEAST_EVENTS)
    made = topic(by_day([50]), past)
    assert made.method in (DECAY, ZERO) and set(made.values) == {0.0}


def test_where_nothing_beats_the_day_before_no_line_is_drawn():
    made = topic(by_day([50, 50, 50]), learn([[50.0] * 60] * LEAST_EVENTS))
    assert made.refusal == UNPREDICTABLE and made.record.naive == 0 < made.record.error
    made = topic(by_day([50, 50, 50]), learn([[50.0] * 60] * LEAST_ANALOGS))
    assert made.values == pytest.approx([50] * 7)


def test_topics_are_refused_without_events_or_figures():
    assert f"只有 3 个，至少要 {LEAST_EVENTS} 个" in topic(by_day([5, 3]), learn([[3, 1]] * 3)).refusal
    past = learn(fades())
    assert "还没有数量" in topic(by_day([0, None, 0]), past).refusal
    assert "没有历史数据" in topic({}, past).refusal
    assert "最近 3 天都没有数据" in topic(by_day([30, 9, None, None, None]), past).refusal


def test_days_before_the_first_figure_are_no_age():
    past = learn(fades())
    late, plain = topic(by_day([0, 0, 100, 40]), past), topic(by_day([100, 40], FIRST + timedelta(2)), past)
    assert late == plain


def test_an_old_topic_counts_as_a_steady_series():
    counts = by_day([value + 1 for value in noisy(90)])
    assert topic(counts, learn(fades())) == steady(counts)


def test_gaps_in_past_events_are_bridged_and_empty_ones_left_out():
    past = learn([[0, 63, None, 15], [0, 0], [None], [math.nan, 7]])
    assert past.events == 2
    assert np.expm1(past.curves[0][:4]) == pytest.approx([63, 31, 15, 0])


PAST = learn(fades())


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(st.none(), st.integers(0, 5000)), max_size=40))
def test_every_topic_gives_a_sound_forecast_or_a_reason(values):
    made = topic(by_day(values), PAST)
    sound(made)
    assert made == topic(by_day(values), PAST)


def test_a_band_of_analogs_holds_on_events_that_were_not_learned():
    held = []
    for curve in fades(100, seed=9):
        actual = np.pad(curve, (0, 10))[3:10]
        middle, low, high = topic_lines(np.array(curve[:3]), PAST)[ANALOG]
        assert (low <= middle).all() and (middle <= high).all()
        held += list((low <= actual + 1e-9) & (actual <= high + 1e-9))
    assert np.mean(held) >= 0.77


# Judging what was stored.

STORED = Forecast((FIRST, FIRST + timedelta(1), FIRST + timedelta(2)), (10.0, 10.0, 10.0), (8.0, 8.0, 8.0),
                  (12.0, 12.0, 12.0), (6.0, 6.0, 6.0), "阻尼水平 × 星期规律", 4.0, None)


def test_stored_forecasts_are_scored_once_their_days_have_come():
    scores = scored(STORED, {FIRST: 12.0, FIRST + timedelta(1): 4, FIRST + timedelta(2): None})
    assert [(s.horizon, s.error, s.naive, s.inside) for s in scores] == [(1, 2.0, 6.0, True), (2, 6.0, 2.0, False)]
    held = record(scores)
    assert (held.days, held.error, held.naive, held.mase, held.coverage) == (2, 4.0, 4.0, 1.0, 0.5)
    assert held.smape == pytest.approx((200 * 2 / 22 + 200 * 6 / 14) / 2)
    assert held.words == "2 个预测日平均误差 4，照搬最近一天为 4（少 0%）；80% 区间实际覆盖 50%"
    assert scored(STORED, {}) == () and record([]) is None
    assert scored(replace(STORED, days=(), values=(), low=(), high=(), naive=()), {FIRST: 1}) == ()


def test_the_record_says_where_the_naive_forecast_was_better():
    worse = record(scored(STORED, {FIRST: 7.0}))
    assert worse.gain == pytest.approx(-2) and "多 200%" in worse.words
    assert record(scored(replace(STORED, naive=(7.0,) * 3), {FIRST: 7.0})).gain is None


def test_a_records_words_name_every_rival():
    words = steady(by_day(noisy(120))).record.words
    assert "照搬最近一天" in words and "照搬上周同日" in words and "按零估计" in words and "覆盖" in words

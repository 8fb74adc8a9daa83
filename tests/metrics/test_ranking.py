"""Ranks, moves and indistinguishable neighbours."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.metrics.ranking import Entry, Move, move, moved, moves, rank, rounded


def test_ties_share_a_rank_and_missing_values_come_last_without_one():
    places = rank([Entry(4, None), Entry(3, 10), Entry(2, 20), Entry(1, 10), Entry(5, 0), Entry(6, 0)])
    assert [(p.key, p.rank) for p in places] == [(2, 1), (1, 2), (3, 2), (5, 4), (6, 4), (4, None)]


def test_values_are_compared_as_published():
    places = rank([Entry(1, 812.0231741), Entry(2, 812.0233948), Entry(3, 812.03)], decimals=2)
    assert [(p.key, p.rank) for p in places] == [(3, 1), (1, 2), (2, 2)]


def test_overlapping_bounds_are_named_on_both_sides():
    places = rank([Entry("甲", 100, 100, 100), Entry("乙", 90, 90, float("inf")), Entry("丙", 80, 80, 80),
                   Entry("丁", 12_000, 11_500, 12_500), Entry("戊", 11_800, 11_300, 12_300)])
    assert {p.key: p.indistinct for p in places} == {"丁": True, "戊": True, "甲": True, "乙": True, "丙": False}


def test_equal_values_alone_are_a_tie_and_not_indistinguishable():
    assert not any(p.indistinct for p in rank([Entry(1, 5), Entry(2, 5), Entry(3, 4)]))


entries = st.lists(
    st.tuples(st.one_of(st.none(), st.integers(0, 40)), st.integers(0, 6), st.booleans()), max_size=30
).map(lambda rows: [
    Entry(i, v, None if v is None else v - s, None if v is None else (float("inf") if b else v + s))
    for i, (v, s, b) in enumerate(rows)
])


@given(entries=entries, random=st.randoms(use_true_random=False))
def test_result_does_not_depend_on_the_order_of_input(entries, random):
    shuffled = entries[:]
    random.shuffle(shuffled)
    assert rank(shuffled) == rank(entries)


@given(entries)
def test_flags_and_ranks_agree_with_their_definitions(entries):
    places = rank(entries)
    by_key = {e.key: e for e in entries}
    for place in places:
        mine = by_key[place.key]
        if mine.value is None:
            assert place.rank is None
            continue
        others = [e for e in entries if e.value is not None]
        assert place.rank == 1 + sum(e.value > mine.value for e in others)
        assert place.indistinct == any(
            e.value != mine.value and e.low <= mine.high and mine.low <= e.high for e in others
        )


def test_moves():
    assert move(2, 5, True).words == "↑3"
    assert move(5, 2, True).words == "↓3"
    assert move(2, 2, True).words == "－"
    assert move(None, 2, True) == Move(None)
    assert moves({1: 1, 2: 2}, {1: 2}) == {1: Move(1), 2: Move(None, new=True)}
    assert moves({1: 1}, {}) == {1: Move(None)}
    assert moves({1: 1}, {1: None}) == {1: Move(None)}


ranks = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=12)


@given(ranks)
def test_moves_of_many_rows_are_those_of_each(pairs):
    now, before = (np.array([pair[n] for pair in pairs], dtype=int) for n in (0, 1))
    steps, has, words = moved(now, before)
    each = moves({i: a or None for i, (a, _) in enumerate(pairs)}, {i: b or None for i, (_, b) in enumerate(pairs)})
    assert [int(s) if h else None for s, h in zip(steps, has, strict=True)] == [m.steps for m in each.values()]
    assert list(words) == [m.words for m in each.values()]


@given(st.lists(st.floats(0, 1e5) | st.integers(0, 10**7).map(lambda n: n / 1000), max_size=20))
def test_values_are_rounded_as_python_does(values):
    assert rounded(np.array(values, dtype=float), 2).tolist() == [round(float(v), 2) for v in values]

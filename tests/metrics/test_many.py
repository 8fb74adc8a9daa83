"""Indices of many accounts at once: the same scores as one by one."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from core.metrics.indices import INDICES, WORDS, Inputs, Term

NAMES = sorted(WORDS)
accounts = st.lists(
    st.tuples(
        st.one_of(st.none(), st.integers(0, 5000)),
        st.lists(st.one_of(st.integers(0, 10**9), st.none()), min_size=len(NAMES), max_size=len(NAMES)),
        st.integers(-1000, 1000),
    ), min_size=1, max_size=8,
)


@given(key=st.sampled_from(sorted(INDICES)), days=st.sampled_from([1, 7, 30, 365]), rows=accounts,
       rounded=st.booleans())
def test_scores_of_many_accounts_are_those_of_each(key, days, rows, rounded):
    index = INDICES[key]
    each = [Inputs(days=days, posts=posts, **dict(zip(NAMES, numbers, strict=True)) | {"followers_gain": gain})
            for posts, numbers, gain in rows]
    arrays = {name: np.array([getattr(x, name) for x in each], dtype=float) for name in ("posts", *NAMES)}
    expected = np.array([index.score(x, rounded=rounded).value for x in each], dtype=float)
    np.testing.assert_allclose(index.scores(arrays, days, rounded=rounded), expected, rtol=1e-12)


@given(sums=st.lists(st.tuples(st.integers(0, 10**15), st.integers(1, 4000)), min_size=1, max_size=40))
@example(sums=[(1, 20), (3, 20), (5, 20), (1005, 100), (25, 100), (10**15 + 1, 7)])
def test_averages_are_rounded_to_the_last_bit_as_python_does(sums):
    term = Term("reads", 1, "posts")
    reads, posts = (np.array(numbers, dtype=float) for numbers in zip(*sums, strict=True))
    expected = np.log(np.array([round(r / p, 1) for r, p in sums]) + 1)
    np.testing.assert_array_equal(term.values({"reads": reads, "posts": posts}, 30, rounded=True), expected)

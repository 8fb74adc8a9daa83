"""Indices of many accounts at once: the same scores as one by one."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.metrics.indices import INDICES, WORDS, Inputs

NAMES = sorted(WORDS)
accounts = st.lists(
    st.tuples(
        st.one_of(st.none(), st.integers(0, 5000)),
        st.lists(st.one_of(st.integers(0, 10**9), st.none()), min_size=len(NAMES), max_size=len(NAMES)),
        st.integers(-1000, 1000),
    ), min_size=1, max_size=8,
)


@given(key=st.sampled_from(sorted(INDICES)), days=st.sampled_from([1, 7, 30, 365]), rows=accounts)
def test_scores_of_many_accounts_are_those_of_each(key, days, rows):
    index = INDICES[key]
    each = [Inputs(days=days, posts=posts, **dict(zip(NAMES, numbers, strict=True)) | {"followers_gain": gain})
            for posts, numbers, gain in rows]
    arrays = {name: np.array([getattr(x, name) for x in each], dtype=float) for name in ("posts", *NAMES)}
    expected = np.array([index.score(x).value for x in each], dtype=float)
    np.testing.assert_allclose(index.scores(arrays, days), expected, rtol=1e-12)

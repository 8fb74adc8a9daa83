"""A small text grammar: templates with slots, filled at random but never blindly.

`{street}` takes a word of the list of that name, itself a template; `{n:3-20}` a whole number; a slot that is
already bound keeps its word, so that one story names one place throughout.
"""

import re
from collections.abc import Mapping, Sequence
from random import Random

_SLOT = re.compile(r"\{([a-z_]+)(?::(\d+)-(\d+))?\}")
Words = Mapping[str, Sequence[str]]


def fill(rng: Random, template: str, words: Words, bound: Mapping[str, str] | None = None) -> str:
    """The template with every slot filled. Raises KeyError for a slot that no list is named after."""

    def put(found: re.Match[str]) -> str:
        name, low, high = found.groups()
        if low is not None:
            return str(rng.randint(int(low), int(high)))
        if bound and name in bound:
            return bound[name]
        return fill(rng, rng.choice(words[name]), words, bound)

    return _SLOT.sub(put, template)


def dice(*key: object) -> Random:
    """A stream of chance that depends only on the key, e.g. the seed and an account."""
    return Random("/".join(map(str, key)))  # noqa: S311 (a sample, not a secret)

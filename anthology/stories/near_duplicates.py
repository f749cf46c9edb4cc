"""Backstories that are nearly the same: all pairs whose shingles have a high Jaccard index.

A shingle is a run of so many consecutive words, whatever their case and the punctuation between
them; a shorter story is one shingle. The Jaccard index of two stories is the number of shingles
in both over the number in either. It is exact for every pair, so that no pair is missed.
"""

import re
import unicodedata
from array import array
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

_WORD = re.compile(r"\w+")
_PADDING = 0
"""Stands for the words that a story of fewer words than a shingle lacks."""
_ROWS, _PAIRS = 200, 10_000
"""How many stories, and then how many pairs, are compared at a time, which bounds the memory."""
_LARGEST = 2**62
_ROUNDING = 1e-9


def shingle_matrix(texts: Iterable[str], length: int) -> csr_array:
    """Return which shingles each story holds.

    Parameters
    ----------
    texts
        The stories.
    length
        Words of a shingle.

    Returns
    -------
    csr_array
        1 where a story holds a shingle, once or more often. Shape: stories, shingles. A
        story without a single word has none.
    """
    vocabulary: dict[str, int] = {}
    counts, words = array("q"), array("i")
    for text in texts:
        own = _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
        words.extend(vocabulary.setdefault(word, len(vocabulary) + 1) for word in own)
        missing = max(0, length - len(own)) if own else 0
        words.extend([_PADDING] * missing)
        counts.append(len(own) + missing)
    story = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    shingle = _number_shingles(np.array(words, dtype=np.int32), len(vocabulary) + 1, length)
    starts = np.arange(len(shingle))
    within = story[: len(shingle)] == story[starts + length - 1]
    width = int(shingle.max(initial=0)) + 1
    cells = np.unique(story[: len(shingle)][within] * np.int64(width) + shingle[within])
    rows, columns = np.divmod(cells, width)
    ones = np.ones(len(cells), dtype=np.int32)
    return csr_array((ones, (rows, columns)), shape=(len(counts), width))


def _number_shingles(word: NDArray[np.int32], words: int, length: int) -> IntArray:
    """Return the number of the shingle that begins at each word.

    A shingle is a number with its words for digits, and all are numbered anew where a further
    digit would be too many, and at the end.
    """
    shingle, size = word.astype(np.int64), words
    for step in range(1, length):
        if size >= _LARGEST // words:
            shingle = np.unique(shingle, return_inverse=True)[1]
            size = int(shingle.max(initial=0)) + 1
        # A shingle is one that is a word shorter, and the next word.
        shingle = shingle[: len(shingle) - 1] * words + word[step:]
        size *= words
    return np.asarray(np.unique(shingle, return_inverse=True)[1], dtype=np.int64)


def find_similar_pairs(
    matrix: csr_array, least: float
) -> Iterator[tuple[IntArray, IntArray, FloatArray]]:
    """Find all pairs of stories whose Jaccard index is `least` or more.

    Parameters
    ----------
    matrix
        Which shingles each story holds.
    least
        The smallest index to be found, above 0.

    Yields
    ------
    tuple
        For so many stories at a time, the rows of the first and of the second stories of their
        pairs, in order, and the indices.

    Notes
    -----
    Prefix filtering (Chaudhuri, Ganti and Kaushik, "A primitive operator for similarity joins in
    data cleaning", ICDE 2006). Shingles are ordered from the rarest to the most common. Two
    stories with an index of `least` share n = ceil(least * s) shingles or more, where s is the
    size of either, so both hold one of the first s - n + 1 of each, the prefix. Only prefixes are
    multiplied. Whatever else two stories share is outside the prefix that ends first, thus at
    most n - 1 more; the pairs that can still reach `least` are compared in whole.
    """
    sizes = np.diff(matrix.indptr).astype(np.int64)
    beyond = np.maximum(np.ceil(least * sizes - _ROUNDING).astype(np.int64) - 1, 0)
    holders = np.bincount(matrix.indices, minlength=matrix.shape[1])
    rank = np.argsort(np.argsort(holders, kind="stable"), kind="stable")
    ranked = csr_array((matrix.data, rank[matrix.indices], matrix.indptr), shape=matrix.shape)
    ranked.sort_indices()
    story = np.repeat(np.arange(len(sizes)), sizes)
    in_prefix = np.arange(ranked.nnz) - ranked.indptr[story] < (sizes - beyond)[story]
    # What one story alone holds is in no pair.
    shared_by_some = np.sort(holders)[ranked.indices] > 1
    kept = np.flatnonzero(in_prefix & shared_by_some)
    prefixes = csr_array(
        (ranked.data[kept], (story[kept], ranked.indices[kept])), shape=matrix.shape
    )
    turned = prefixes.T.tocsr()
    for start in range(0, len(sizes), _ROWS):
        common = (prefixes[start : start + _ROWS] @ turned).tocoo()
        first, second = common.row + np.int64(start), common.col.astype(np.int64)
        possible = common.data + np.maximum(beyond[first], beyond[second])
        needed = least / (1 + least) * (sizes[first] + sizes[second])
        likely = np.flatnonzero((second > first) & (possible >= needed - _ROUNDING))
        likely = likely[np.lexsort((second[likely], first[likely]))]
        first, second = first[likely], second[likely]
        index = _jaccard(matrix, sizes, first, second)
        found = index >= least
        yield first[found], second[found], index[found]


def _jaccard(matrix: csr_array, sizes: IntArray, first: IntArray, second: IntArray) -> FloatArray:
    """Return the Jaccard index of each pair of rows."""
    shared = [np.zeros(0)]
    for start in range(0, len(first), _PAIRS):
        some = slice(start, start + _PAIRS)
        both = matrix[first[some]].multiply(matrix[second[some]])
        shared.append(np.asarray(both.sum(axis=1)).ravel())
    common = np.concatenate(shared)
    return np.asarray(common / (sizes[first] + sizes[second] - common))

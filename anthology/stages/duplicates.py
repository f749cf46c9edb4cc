"""The duplicates stage: which stories are nearly the same.

A story is taken as the set of its passages: every run of so many words, whatever their
case and the punctuation between them; a story of fewer words is one passage. The
similarity of two stories is the Jaccard index of the two sets, that is the number of
passages that they share over the number of passages that either has. Every pair of
stories is compared, none is estimated, so that all pairs at or above the threshold are
found. They are reported, and nothing is removed.

======================  =========================================================
column                  meaning
======================  =========================================================
story_1, story_2        the numbers of two stories, the smaller one first
similarity              their Jaccard index, at most 1
======================  =========================================================
"""

import re
import sys
import unicodedata
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from anthology.config.stage import From, StageSettings
from anthology.io.parquet import count_rows, read_rows, write_atomically
from anthology.io.tables import format_csv
from anthology.models.progress import Progress
from anthology.models.usage import Usage

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

DUPLICATES = ("story_1", "story_2", "similarity")
"""The columns of `duplicates.csv`."""

_WORD = re.compile(r"\w+")
_NO_WORD = 0
"""Stands for the words that a story of fewer words than a passage has too few."""
_ROWS, _COLUMNS = 200, 10_000
"""How many stories are compared with how many at a time, which bounds the memory."""
_LARGEST = 2**62
_ROUNDING = 1e-9


class Settings(StageSettings):
    """What counts as nearly the same."""

    shingle_words: Annotated[int, From("backstories.duplicates.shingle_words")]
    """The length of a passage."""
    min_similarity: Annotated[float, From("backstories.duplicates.min_similarity")]
    """The Jaccard index from which a pair is reported."""


def run(settings: Settings, *, backstories: Path, output: Path) -> None:
    """Compare every story with every other, and list the pairs that are nearly the same."""
    stories = _Stories()
    matrix = shingle_matrix(stories.read(backstories), settings.shingle_words)
    order = np.argsort(stories.numbers, kind="stable")
    numbers, matrix = np.array(stories.numbers, dtype=np.int64)[order], matrix[order]
    alike = np.zeros(len(numbers), dtype=np.bool_)
    found = 0
    with write_atomically(output) as temporary, temporary.open("w", encoding="utf-8") as file:
        file.write(format_csv(DUPLICATES, ()))
        for first, second, similarity in find_similar_pairs(matrix, settings.min_similarity):
            alike[first] = alike[second] = True
            found += len(first)
            parts = (numbers[first].tolist(), numbers[second].tolist(), similarity.tolist())
            rows = (dict(zip(DUPLICATES, row, strict=True)) for row in zip(*parts, strict=True))
            file.write(format_csv(DUPLICATES, rows).partition("\n")[2])
    copies = len(numbers) - len(stories.different)
    print(
        f"stories that are nearly the same as another: {int(alike.sum())} of {len(numbers)}, in "
        f"{found} pairs (similarity {settings.min_similarity:g} or more, passages of "
        f"{settings.shingle_words} words); exact copies of an earlier story: {copies}",
        file=sys.stderr,
    )


class _Stories:
    """What is kept of stories as their texts go by."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.different: set[bytes] = set()

    def read(self, path: Path) -> Iterator[str]:
        """Yield the texts, a few of which are held at a time."""
        for number, text in read_rows(path, ["backstory", "text"], range(count_rows(path))):
            self.numbers.append(number)
            self.different.add(blake2b(text.encode(), digest_size=16).digest())
            yield text


def shingle_matrix(texts: Iterable[str], length: int) -> csr_array:
    """Return which passages each story holds.

    Parameters
    ----------
    texts
        The stories.
    length
        Words of a passage.

    Returns
    -------
    csr_array
        1 where a story holds a passage, once or more often. Shape: stories, passages. A
        story without a single word has none.
    """
    known: dict[str, int] = {}
    counts, said = array("q"), array("i")
    for text in texts:
        words = _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
        said.extend(known.setdefault(word, len(known) + 1) for word in words)
        short = max(0, length - len(words)) if words else 0
        said.extend([_NO_WORD] * short)
        counts.append(len(words) + short)
    lengths = np.array(counts, dtype=np.int64)
    story = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
    passage = _passages(np.array(said, dtype=np.int32), len(known) + 1, length)
    begins = np.arange(len(passage))
    within = story[: len(passage)] == story[begins + length - 1]
    width = int(passage.max(initial=0)) + 1
    cells = story[: len(passage)][within] * np.int64(width)
    cells += passage[within]
    cells = np.unique(cells)
    rows, columns = np.divmod(cells, width)
    starts = np.searchsorted(rows, np.arange(len(lengths) + 1))
    ones = np.ones(len(cells), dtype=np.int32)
    return csr_array((ones, columns, starts), shape=(len(lengths), width))


def _passages(word: NDArray[np.int32], words: int, length: int) -> IntArray:
    """Return the number of the passage that begins at each word.

    Passages are numbers with their words for digits, and are numbered anew where a further
    digit would be too many, and at the end.
    """
    passage, size = word.astype(np.int64), words
    for step in range(1, length):
        if size >= _LARGEST // words:
            passage = np.unique(passage, return_inverse=True)[1]
            size = int(passage.max(initial=0)) + 1
        # A passage is one that is a word shorter, and the next word.
        passage = passage[: len(passage) - 1] * words + word[step:]
        size *= words
    return np.asarray(np.unique(passage, return_inverse=True)[1], dtype=np.int64)


def find_similar_pairs(
    matrix: csr_array, least: float
) -> Iterator[tuple[IntArray, IntArray, FloatArray]]:
    """Find all pairs of stories whose Jaccard index is `least` or more.

    Parameters
    ----------
    matrix
        Which passages each story holds.
    least
        The smallest index to be found, above 0.

    Yields
    ------
    tuple
        The places of the first and of the second stories of some pairs, in order, and
        their indices.

    Notes
    -----
    Passages are ordered from those of fewest stories to those of most. Two stories that
    share so much share something within the first of each (Chaudhuri, Ganti and Kaushik, "A
    primitive operator for similarity joins in data cleaning", ICDE 2006): who has s
    passages, in the first s - ceil(least s) + 1. So only these are multiplied; from what two
    stories share there, and how many each has left, it is known which pairs can reach
    `least`, and only their whole stories are compared.
    """
    ranked = _by_rarity(matrix)
    rare = _Rare.of(ranked, least)
    columns = [slice(at, at + _COLUMNS) for at in range(0, matrix.shape[0], _COLUMNS)]
    turned = [rare.first[some].T.tocsr() for some in columns]
    progress = Progress("duplicates", matrix.shape[0], Usage())
    for start in range(0, matrix.shape[0], _ROWS):
        rows = rare.first[start : start + _ROWS]
        parts = []
        for some, others in zip(columns, turned, strict=True):
            if some.stop <= start:
                continue
            shared = (rows @ others).tocoo()
            one, two = shared.row + np.int64(start), shared.col + np.int64(some.start)
            likely = (two > one) & rare.may_reach(one, two, shared.data, least)
            parts.append(_compared(ranked, one[likely], two[likely], least))
        first, second, index = (np.concatenate(part) for part in zip(*parts, strict=True))
        order = np.lexsort((second, first))
        yield first[order], second[order], index[order]
        for _ in range(rows.shape[0]):
            progress.step()
    progress.close()


def _by_rarity(matrix: csr_array) -> csr_array:
    """Give passages new numbers, in the order of how many stories hold each."""
    held = np.bincount(matrix.indices, minlength=matrix.shape[1])
    rank = np.empty(len(held), dtype=matrix.indices.dtype)
    rank[np.argsort(held, kind="stable")] = np.arange(len(held), dtype=rank.dtype)
    ranked = csr_array((matrix.data, rank[matrix.indices], matrix.indptr), shape=matrix.shape)
    ranked.sort_indices()
    return ranked


@dataclass(frozen=True, slots=True)
class _Rare:
    """The rarest passages of each story, so many that two alike share one of them.

    Parameters
    ----------
    first
        Which of them each story holds; those that no two hold are left out.
    sizes
        How many passages each story has.
    left
        How many of them are not among the first.
    last
        The last of the first.
    """

    first: csr_array
    sizes: IntArray
    left: IntArray
    last: IntArray

    @classmethod
    def of(cls, ranked: csr_array, least: float) -> "_Rare":
        sizes = np.diff(ranked.indptr).astype(np.int64)
        needed = np.ceil(least * sizes - _ROUNDING).astype(np.int64)
        kept = np.where(sizes > 0, sizes - needed + 1, 0)
        story = np.repeat(np.arange(len(sizes)), sizes)
        among = np.arange(ranked.nnz) - ranked.indptr[story] < kept[story]
        last = np.full(len(sizes), -1, dtype=np.int64)
        last[kept > 0] = ranked.indices[(ranked.indptr[:-1] + kept - 1)[kept > 0]]
        column = ranked.indices[among]
        held = np.bincount(column, minlength=ranked.shape[1])
        several = held[column] > 1
        number = np.cumsum(held > 1) - 1
        rows, columns = story[among][several], number[column[several]]
        ones = np.ones(len(rows), dtype=np.int32)
        shape = (len(sizes), int((held > 1).sum()))
        return cls(csr_array((ones, (rows, columns)), shape=shape), sizes, sizes - kept, last)

    def may_reach(
        self, one: IntArray, two: IntArray, shared: NDArray[Any], least: float
    ) -> NDArray[np.bool_]:
        """Say which pairs may have an index of `least`, having so many of the first in common.

        Of the story whose first end earlier, what else is shared is among what is left.
        """
        left = np.where(self.last[one] <= self.last[two], self.left[one], self.left[two])
        needed = least / (1 + least) * (self.sizes[one] + self.sizes[two])
        return np.asarray(shared + left >= needed - _ROUNDING)


def _compared(
    matrix: csr_array, one: IntArray, two: IntArray, least: float
) -> tuple[IntArray, IntArray, FloatArray]:
    """Return those of some pairs that reach `least`, and their indices."""
    sizes = np.diff(matrix.indptr).astype(np.int64)
    found = [np.zeros(0)]
    for at in range(0, len(one), _COLUMNS):
        some = slice(at, at + _COLUMNS)
        both = matrix[one[some]].multiply(matrix[two[some]])
        shared = np.asarray(both.sum(axis=1)).ravel()
        found.append(shared / (sizes[one[some]] + sizes[two[some]] - shared))
    index = np.concatenate(found)
    alike = index >= least
    return one[alike], two[alike], index[alike]

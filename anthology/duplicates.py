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
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from anthology.artifacts import read_table, replacing
from anthology.meter import Meter
from anthology.progress import Progress
from anthology.stages import StageSettings
from anthology.tables import as_csv

IntArray = NDArray[np.int64]

DUPLICATES = ("story_1", "story_2", "similarity")
"""The columns of `duplicates.csv`."""

_WORD = re.compile(r"\w+")
_NO_WORD = 0
"""Stands for the words that a story of fewer words than a passage has too few."""
_CELLS = 2_000_000
"""How many pairs of stories are held at a time, which bounds the memory."""


class Settings(StageSettings):
    """What counts as nearly the same."""

    words: int
    """The length of a passage."""
    similarity: float
    """The Jaccard index from which a pair is reported."""


def run(settings: Settings, *, backstories: Path, output: Path) -> None:
    """Compare every story with every other, and list the pairs that are nearly the same."""
    table = read_table(backstories, ["backstory", "text"]).sort_by("backstory")
    numbers, texts = table["backstory"].to_numpy(), table["text"].to_pylist()
    matrix = passages(texts, settings.words)
    alike = np.zeros(len(texts), dtype=np.bool_)
    found = 0
    with replacing(output) as temporary, temporary.open("w", encoding="utf-8") as file:
        file.write(as_csv(DUPLICATES, ()))
        for first, second, similarity in pairs(matrix, settings.similarity):
            alike[first] = alike[second] = True
            found += len(first)
            parts = (numbers[first].tolist(), numbers[second].tolist(), similarity.tolist())
            rows = (dict(zip(DUPLICATES, row, strict=True)) for row in zip(*parts, strict=True))
            file.write(as_csv(DUPLICATES, rows).partition("\n")[2])
    copies = sum(times - 1 for times in Counter(texts).values())
    print(
        f"stories that are nearly the same as another: {int(alike.sum())} of {len(texts)}, in "
        f"{found} pairs (similarity {settings.similarity:g} or more, passages of {settings.words} "
        f"words); exact copies of an earlier story: {copies}",
        file=sys.stderr,
    )


def passages(texts: Sequence[str], length: int) -> csr_array:
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
    stories: list[list[int]] = []
    for text in texts:
        words = _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
        numbers = [known.setdefault(word, len(known) + 1) for word in words]
        short = length - len(numbers) if numbers else 0
        stories.append(numbers + [_NO_WORD] * short)
    story = np.repeat(np.arange(len(stories)), [len(numbers) for numbers in stories])
    word = np.array([number for numbers in stories for number in numbers], dtype=np.int64)
    passage = word
    for step in range(1, length):
        # A passage is one that is a word shorter, and the next word.
        longer = passage[: len(passage) - 1] * (len(known) + 1) + word[step:]
        passage = np.unique(longer, return_inverse=True)[1].astype(np.int64)
    begins = np.arange(len(passage))
    within = story[begins] == story[begins + length - 1]
    rows, columns = story[begins[within]], passage[within]
    width = int(columns.max()) + 1 if len(columns) else 1
    cells = np.unique(rows * width + columns)
    ones = np.ones(len(cells), dtype=np.int32)
    return csr_array((ones, (cells // width, cells % width)), shape=(len(stories), width))


def pairs(
    matrix: csr_array, least: float
) -> Iterator[tuple[IntArray, IntArray, NDArray[np.float64]]]:
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
    """
    sizes = np.asarray(matrix.sum(axis=1)).ravel()
    # A passage that only one story has counts in sizes, and is shared with nobody.
    held = np.bincount(matrix.indices, minlength=matrix.shape[1])
    shared = matrix[:, np.flatnonzero(held > 1)]
    height = max(1, _CELLS // max(1, len(sizes)))
    progress = Progress("duplicates", len(sizes), Meter())
    for start in range(0, len(sizes), height):
        part = (shared[start : start + height] @ shared[start:].T).tocoo()
        first, second = part.row + start, part.col + start
        index = part.data / (sizes[first] + sizes[second] - part.data)
        kept = np.flatnonzero((second > first) & (index >= least))
        kept = kept[np.lexsort((second[kept], first[kept]))]
        yield first[kept], second[kept], index[kept]
        for _ in range(start, min(start + height, len(sizes))):
            progress.step()
    progress.close()

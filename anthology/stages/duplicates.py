"""The duplicates stage: which backstories are nearly the same. None is removed.

======================  =========================================================
column                  meaning
======================  =========================================================
story_1, story_2        the numbers of two stories, the smaller one first
similarity              their Jaccard index, at most 1
======================  =========================================================
"""

import sys
from pathlib import Path
from typing import Annotated

import numpy as np

from anthology.config.stage import From, StageSettings
from anthology.io.parquet import read_table, write_atomically
from anthology.io.tables import format_csv
from anthology.stories.near_duplicates import find_similar_pairs, shingle_matrix

DUPLICATES = ("story_1", "story_2", "similarity")
"""The columns of `duplicates.csv`."""


class Settings(StageSettings):
    """What counts as nearly the same."""

    shingle_words: Annotated[int, From("backstories.duplicates.shingle_words")]
    """Words of a shingle."""
    min_similarity: Annotated[float, From("backstories.duplicates.min_similarity")]
    """The Jaccard index from which a pair is reported."""


def run(settings: Settings, *, backstories: Path, output: Path) -> None:
    """List the pairs of stories that are nearly the same."""
    table = read_table(backstories, ["backstory", "text"]).sort_by("backstory")
    numbers, texts = table["backstory"].to_numpy(), table["text"]
    matrix = shingle_matrix((text.as_py() for text in texts), settings.shingle_words)
    similar = np.zeros(len(numbers), dtype=np.bool_)
    pairs = 0
    with write_atomically(output) as temporary, temporary.open("w", encoding="utf-8") as file:
        file.write(format_csv(DUPLICATES, ()))
        for first, second, similarity in find_similar_pairs(matrix, settings.min_similarity):
            similar[first] = similar[second] = True
            pairs += len(first)
            columns = (numbers[first].tolist(), numbers[second].tolist(), similarity.tolist())
            rows = (dict(zip(DUPLICATES, row, strict=True)) for row in zip(*columns, strict=True))
            file.write(format_csv(DUPLICATES, rows).partition("\n")[2])
    print(
        f"stories that are nearly the same as another: {int(similar.sum())} of {len(numbers)}, in "
        f"{pairs} pairs (similarity {settings.min_similarity:g} or more, shingles of "
        f"{settings.shingle_words} words); exact copies of an earlier story: "
        f"{len(texts) - len(texts.unique())}",
        file=sys.stderr,
    )

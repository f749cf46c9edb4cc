"""Match quality: how well backstories fit the respondents they were matched with."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import nan
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from anthology.analysis.groups import BoolArray, FloatArray
from anthology.analysis.load import Respondents
from anthology.config.survey import TraitSource
from anthology.errors import DataError
from anthology.interview.distribution import trait_counts
from anthology.io.parquet import read_metadata, read_table
from anthology.matching.similarity import trait_probabilities
from anthology.survey.respondents import Positions

_SAME = 1e-9
"""Equal probabilities differ in their last digits when they are added up in another order."""


@dataclass(frozen=True, slots=True)
class MatchQuality:
    """How well the backstories of one matching fit some respondents.

    Parameters
    ----------
    traits_reproduced
        Share of respondents all of whose traits their stories have; NaN where nobody
        answered any.
    traits_reproduced_mean
        Mean over respondents of the share of their traits that their stories have.
    mean_similarity
        Mean over respondents of their similarity to their stories.
    """

    traits_reproduced: float
    traits_reproduced_mean: float
    mean_similarity: float


def match_quality(
    respondents: Respondents,
    present: BoolArray,
    sources: Mapping[str, TraitSource],
    *,
    matches: Path,
    traits: Path,
) -> MatchQuality:
    """Compare respondents with the backstories they were matched with.

    Parameters
    ----------
    respondents
        The respondents.
    present
        Which of them count.
    sources
        The traits that were matched on. Who refused one is not judged by it.
    matches
        Each respondent's story and similarity.
    traits
        What stories say of themselves.

    Raises
    ------
    DataError
        If a respondent has no match, a story nothing to say of itself, or a trait not one
        count for each of its options.
    """
    pairs = read_table(matches, ["respondent", "backstory", "similarity"])
    stories = read_table(traits, ["backstory", *sources])
    ids = respondents.ids.filter(pa.array(present))
    pairs = pairs.take(_rows(ids, pairs["respondent"], "respondent", matches))
    story = _rows(pairs["backstory"], stories["backstory"], "story", traits)
    options = read_metadata(traits)["options"]
    known = np.empty((len(sources), len(ids)), dtype=np.bool_)
    same = np.empty_like(known)
    for row, (name, source) in enumerate(sources.items()):
        own = respondents.trait(name, source.codes)[present]
        counts = trait_counts(stories, name, len(options[name]), traits)
        known[row] = own > 0
        same[row] = known[row] & (own == likeliest_category(counts, options[name], source)[story])
    judged = known.any(axis=0)
    shares = same.sum(axis=0)[judged] / known.sum(axis=0)[judged]
    return MatchQuality(
        _mean(shares == 1), _mean(shares), _mean(pairs["similarity"].to_numpy().astype(np.float64))
    )


def likeliest_category(counts: FloatArray, options: list[str], source: TraitSource) -> Positions:
    """Return the position of each backstory's likeliest category of a trait.

    Parameters
    ----------
    counts
        Stories x asked options: how often each option was answered.
    options
        The asked options.
    source
        The survey's categories, and how the options fold into them.

    Returns
    -------
    Positions
        0 for a backstory without any answer, or with several categories that are
        equally likely.
    """
    given = trait_probabilities(counts, options, source)[:-1]
    best = given.max(axis=0)
    single = (given >= best * (1 - _SAME)).sum(axis=0) == 1
    return np.where(single, given.argmax(axis=0) + 1, 0).astype(np.int16)


def _rows(values: pa.Array, known: pa.ChunkedArray, what: str, path: Path) -> pa.Array:
    """Return the row number of each id in a table."""
    column = known.combine_chunks()
    found = pc.index_in(values, value_set=column.cast(values.type))
    if found.null_count:
        missing = values.filter(pc.is_null(found))[0]
        raise DataError(
            f"there is no row for the {what} {missing}",
            where=str(path),
            hint="Remove the file; the workflow makes it again.",
        )
    return found


def _mean(values: FloatArray | BoolArray) -> float:
    return float(values.mean()) if len(values) else nan

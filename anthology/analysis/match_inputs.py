"""Reads what is to be matched: respondents' traits, backstories' traits, and their similarities."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from anthology.config.filters import Filter
from anthology.config.survey import TraitSource
from anthology.errors import DataError
from anthology.interview.distribution import trait_counts
from anthology.io.parquet import read_metadata, read_table
from anthology.matching.similarity import (
    IntArray,
    Similarities,
    compute_similarities,
    trait_probabilities,
)
from anthology.spelling import suggest
from anthology.survey.respondents import TRAIT_PREFIX, read_positions


@dataclass(frozen=True, slots=True)
class MatchInputs:
    """Respondents and backstories to be matched.

    Parameters
    ----------
    respondents
        Their ids.
    backstories
        The ids of the backstories that take part.
    written
        How many backstories there are in all.
    similarities
        The similarities of these respondents and stories.
    """

    respondents: pa.Array
    backstories: IntArray
    written: int
    similarities: Similarities


def read_match_inputs(
    humans: Path,
    traits: Path,
    sources: Mapping[str, TraitSource],
    eligible: Filter,
    *,
    one_to_one: bool,
) -> MatchInputs:
    """Read and compare respondents and backstories; of the tables, nothing else is kept.

    Parameters
    ----------
    humans, traits
        The respondents, and the backstories' trait distributions.
    sources
        The traits that both are compared by.
    eligible
        Which backstories take part, by their likeliest options.
    one_to_one
        Whether there must be a backstory for every respondent.

    Raises
    ------
    DataError
        If an artifact does not hold what it must, or there are too few backstories.
    """
    asked = read_metadata(traits)["options"]
    for name in (*sources, *eligible.named):
        _check_asked(asked, name, traits)
    for name, source in sources.items():
        _check_folded(asked, name, source, traits)
    people = read_table(humans, ["respondent", *(f"{TRAIT_PREFIX}{name}" for name in sources)])
    stories = read_table(traits, ["backstory", *{**sources, **eligible.named}])
    written = len(stories)
    stories = stories.filter(pa.array(_taking_part(stories, asked, eligible, traits)))
    respondents = _unique(people, "respondent", humans)
    backstories = _unique(stories, "backstory", traits)
    _check_enough(len(respondents), len(backstories), written, traits, one_to_one=one_to_one)

    values, distributions = [], []
    # Products are taken in one order, however the settings order the traits.
    for name, source in sorted(sources.items()):
        values.append(_values(people, name, source, humans))
        counts = trait_counts(stories, name, len(asked[name]), traits)
        distributions.append(trait_probabilities(counts, asked[name], source))
    ids = backstories.to_numpy(zero_copy_only=False).astype(np.int64)
    found = compute_similarities(np.stack(values, axis=1), distributions)
    return MatchInputs(respondents, ids, written, found)


def _check_asked(asked: dict[str, list[str]], name: str, path: Path) -> None:
    if name not in asked:
        raise DataError(
            f"stories were not asked for {name}",
            where=str(path),
            hint=f"Add it to traits.ask; {suggest(name, asked)}",
        )


def _check_folded(asked: dict[str, list[str]], name: str, source: TraitSource, path: Path) -> None:
    for option in asked[name]:
        if option not in source.recode:
            raise DataError(
                f"stories were asked the option {option} of {name}, which the survey does not "
                "recode",
                where=str(path),
                hint=f"Add it to the survey's traits.{name}.recode; "
                f"{suggest(option, source.recode)}",
            )


def _check_enough(people: int, stories: int, written: int, path: Path, *, one_to_one: bool) -> None:
    filtered = (
        f" of {written:,} whom filters.backstories lets take part" if stories < written else ""
    )
    if people == 0 or stories == 0:
        raise DataError(
            f"there is nothing to match: {people:,} respondents, {stories:,} stories{filtered}",
            where=str(path),
            hint="Include more, or exclude less." if filtered else "",
        )
    if one_to_one and stories < people:
        raise DataError(
            f"matching {people:,} respondents one to one needs as many "
            f"stories, and there are {stories:,}{filtered}",
            where=str(path),
            hint="Have more stories (backstories.natural.count), or fewer people (respondents).",
        )


def _taking_part(
    stories: pa.Table, asked: dict[str, list[str]], wanted: Filter, path: Path
) -> npt.NDArray[np.bool_]:
    """Return which backstories a filter admits; of equally likely options each counts."""
    kept = np.ones(len(stories), dtype=np.bool_)
    for names, sign in ((wanted.include, True), (wanted.exclude, False)):
        for trait, options in names.items():
            counts = trait_counts(stories, trait, len(asked[trait]), path)
            likeliest = (counts == counts.max(axis=1, keepdims=True)) & (counts > 0)
            among = [asked[trait].index(option) for option in options]
            kept &= likeliest[:, among].any(axis=1) == sign
    return kept


def _unique(table: pa.Table, column: str, path: Path) -> pa.Array:
    ids = table[column].combine_chunks()
    if ids.null_count or len(ids.unique()) != len(ids):
        raise DataError(f"the column {column} is empty somewhere or repeats an id", where=str(path))
    return ids


def _values(people: pa.Table, name: str, source: TraitSource, path: Path) -> IntArray:
    """Return each respondent's row among the codes' probabilities, the last one for a refusal."""
    column = f"{TRAIT_PREFIX}{name}"
    positions = read_positions(people[column], source.codes, column, path).astype(np.int64)
    return np.where(positions == 0, len(source.codes), positions - 1)

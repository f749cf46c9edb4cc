"""Matching: a natural backstory for every respondent.

Which of several equally good stories a respondent gets is drawn by lot, so the order of people
or stories changes nothing.
"""

import sys
from dataclasses import dataclass
from math import fsum
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from anthology.config.filters import Filter
from anthology.config.stage import Derived, From, StageSettings
from anthology.config.survey import TraitSource
from anthology.errors import DataError
from anthology.interview.distribution import trait_counts
from anthology.io.parquet import read_metadata, read_table, write_table
from anthology.matching.greedy import assign_greedily
from anthology.matching.max_weight import Assignment, assign_max_weight
from anthology.matching.similarity import (
    IntArray,
    Similarities,
    compute_similarities,
    trait_probabilities,
)
from anthology.matching.tie_breaks import backstory_tie_breaks, respondent_tie_breaks
from anthology.matching.uniform import assign_at_random
from anthology.seeds import derive_seed
from anthology.spelling import suggest
from anthology.survey.respondents import TRAIT_PREFIX, read_positions

Method = Literal["greedy", "max_weight", "random"]


class Settings(StageSettings):
    """What matching depends on."""

    seed: Annotated[int, From("seed")]
    """The experiment's seed."""
    survey: Annotated[str, From("{survey}")]
    """The survey's name."""
    method: Annotated[Method, From("matching.variants.{matching}.method")]
    """Greedy: the most similar story for each, and stories may repeat. Max weight: one
    story each, with the largest total similarity. Random: one story each, by lot."""
    traits: Annotated[dict[str, TraitSource], Derived("matched_traits")]
    """The traits that people and stories are compared by."""
    backstories: Annotated[Filter, From("filters.backstories")] = Filter()
    """Which stories take part, by their likeliest options."""


def run(settings: Settings, *, humans: Path, traits: Path, output: Path) -> None:
    """Match every respondent of a survey with a backstory.

    Parameters
    ----------
    settings
        How to match.
    humans
        The respondents and their traits.
    traits
        The stories' trait distributions.
    output
        Where the matches go: respondent, backstory, similarity; one row a
        respondent, in the order of `humans`.

    Raises
    ------
    DataError
        If an artifact does not hold what it must, or if there are fewer stories
        than a one-to-one matching needs.
    """
    given = _read(settings, humans, traits)
    people = respondent_tie_breaks(settings.seed, settings.survey, given.respondents.to_pylist())
    stories = backstory_tie_breaks(given.backstories)
    proven: dict[str, float] = {}
    told = ""
    match settings.method:
        case "greedy":
            chosen = assign_greedily(given.found, people, stories)
        case "random":
            chosen = assign_at_random(
                people, stories, derive_seed(settings.seed, "matches", settings.survey)
            )
        case "max_weight":
            best = assign_max_weight(given.found, people, stories)
            chosen = best.chosen
            proven = {"total_similarity": best.total, "bound": best.bound, "gap": best.gap}
            told = _told(best)
    similarity = given.found.pairs(np.arange(len(chosen)), chosen)
    distinct, mean = len(np.unique(chosen)), fsum(similarity) / len(similarity)
    write_table(
        output,
        pa.table(
            {
                "respondent": given.respondents.cast(pa.string()),
                "backstory": pa.array(given.backstories[chosen], pa.int64()),
                "similarity": pa.array(similarity, pa.float64()),
            }
        ),
        stage="matches",
        settings=settings,
        metadata={
            "source": read_metadata(traits)["source"],
            "traits": read_metadata(traits)["traits"],
            "backstories": len(stories),
            "filtered_out": given.written - len(stories),
            "distinct": distinct,
            "mean_similarity": mean,
            **proven,
        },
    )
    print(
        f"{settings.survey}: {len(chosen)} respondents matched with {distinct} of "
        f"{len(stories)} stories, mean similarity {mean:.3g}{told}",
        file=sys.stderr,
    )


def _told(best: Assignment) -> str:
    """Say what is proven of the total similarity."""
    total = f"\ntotal similarity {best.total:.6f}, "
    if best.largest:
        return f"{total}the largest of all one-to-one matchings, but for rounding"
    return (
        f"{total}within {100 * best.gap:.2g}% of {best.bound:.6f}, "
        "which no one-to-one matching exceeds"
    )


@dataclass(frozen=True, slots=True)
class _Given:
    """What is to be matched.

    Parameters
    ----------
    respondents
        Their ids.
    backstories
        The ids of the stories that take part.
    written
        How many stories there are in all.
    found
        The similarities of these respondents and stories.
    """

    respondents: pa.Array
    backstories: IntArray
    written: int
    found: Similarities


def _read(settings: Settings, humans: Path, traits: Path) -> _Given:
    """Read and compare respondents and stories; of the tables, nothing else is kept."""
    asked = read_metadata(traits)["options"]
    for name in (*settings.traits, *settings.backstories.named):
        _check_asked(asked, name, traits)
    for name, source in settings.traits.items():
        _check_folded(asked, name, source, traits)
    people = read_table(
        humans, ["respondent", *(f"{TRAIT_PREFIX}{name}" for name in settings.traits)]
    )
    stories = read_table(traits, ["backstory", *{**settings.traits, **settings.backstories.named}])
    written = len(stories)
    stories = stories.filter(pa.array(_taking_part(stories, asked, settings.backstories, traits)))
    respondents = _unique(people, "respondent", humans)
    backstories = _unique(stories, "backstory", traits)
    _check_enough(len(respondents), len(backstories), written, settings, traits)

    values, distributions = [], []
    # Products are taken in one order, however the settings order the traits.
    for name, source in sorted(settings.traits.items()):
        values.append(_values(people, name, source, humans))
        counts = trait_counts(stories, name, len(asked[name]), traits)
        distributions.append(trait_probabilities(counts, asked[name], source))
    ids = backstories.to_numpy(zero_copy_only=False).astype(np.int64)
    found = compute_similarities(np.stack(values, axis=1), distributions)
    return _Given(respondents, ids, written, found)


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


def _check_enough(people: int, stories: int, written: int, settings: Settings, path: Path) -> None:
    filtered = (
        f" of {written:,} whom filters.backstories lets take part" if stories < written else ""
    )
    if people == 0 or stories == 0:
        raise DataError(
            f"there is nothing to match: {people:,} respondents, {stories:,} stories{filtered}",
            where=str(path),
            hint="Include more, or exclude less." if filtered else "",
        )
    if settings.method != "greedy" and stories < people:
        raise DataError(
            f"matching {people:,} respondents one to one ({settings.method}) needs as many "
            f"stories, and there are {stories:,}{filtered}",
            where=str(path),
            hint="Have more stories (backstories.natural.count), or fewer people (respondents).",
        )


def _taking_part(
    stories: pa.Table, asked: dict[str, list[str]], wanted: Filter, path: Path
) -> npt.NDArray[np.bool_]:
    """Say which stories a filter lets take part; of equally likely options each counts."""
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

"""Matching: a natural backstory for every respondent.

Which of several equally good stories a respondent gets is drawn by lot, and the
lot of a respondent and a story depends on the seed and these two alone. So neither
the order of people or stories nor the presence of others changes it.
"""

import sys
from math import fsum
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from anthology.artifacts import facts, read_table, write_table
from anthology.errors import DataError
from anthology.filters import Filter
from anthology.randomness import derive
from anthology.respondents import TRAIT, places
from anthology.similarity import IntArray, Similarities, probabilities, similarities
from anthology.spelling import suggest
from anthology.stages import StageSettings
from anthology.surveys import TraitSource
from anthology.traitcounts import trait_counts

Method = Literal["greedy", "max_weight", "random"]
Lots = npt.NDArray[np.uint64]

_TIE = 1e-9
"""Equal products differ in the last digits when their factors come in another order."""


class Settings(StageSettings):
    """What matching depends on."""

    seed: int
    """The experiment's seed."""
    survey: str
    """The survey's name."""
    method: Method
    """Greedy: the most similar story for each, and stories may repeat. Max weight: one
    story each, with the largest total similarity. Random: one story each, by lot."""
    traits: dict[str, TraitSource]
    """The traits that people and stories are compared by."""
    stories: Filter = Filter()
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
    asked = facts(traits)["options"]
    for name in (*settings.traits, *settings.stories.named):
        _check_asked(asked, name, traits)
    for name, source in settings.traits.items():
        _check_folded(asked, name, source, traits)
    people = read_table(humans, ["respondent", *(f"{TRAIT}{name}" for name in settings.traits)])
    stories = read_table(traits, ["backstory", *{**settings.traits, **settings.stories.named}])
    written = len(stories)
    stories = stories.filter(pa.array(_taking_part(stories, asked, settings.stories, traits)))
    respondents = _unique(people, "respondent", humans)
    backstories = _unique(stories, "backstory", traits)
    _check_enough(len(respondents), len(backstories), written, settings, traits)

    values, distributions = [], []
    # Products are taken in one order, however the settings order the traits.
    for name, source in sorted(settings.traits.items()):
        values.append(_values(people, name, source, humans))
        counts = trait_counts(stories, name, len(asked[name]), traits)
        distributions.append(probabilities(counts, asked[name], source))
    found = similarities(np.stack(values, axis=1), distributions)
    lots = respondent_lots(settings.seed, settings.survey, respondents.to_pylist())
    ids = backstories.to_numpy(zero_copy_only=False).astype(np.int64)
    chosen = match(settings.method, found, lots, story_lots(ids))
    similarity = found.pairs(np.arange(len(chosen)), chosen)
    distinct, mean = len(np.unique(chosen)), fsum(similarity) / len(similarity)
    write_table(
        output,
        pa.table(
            {
                "respondent": respondents.cast(pa.string()),
                "backstory": pa.array(ids[chosen], pa.int64()),
                "similarity": pa.array(similarity, pa.float64()),
            }
        ),
        stage="matches",
        settings=settings,
        facts={
            "source": facts(traits)["source"],
            "traits": facts(traits)["traits"],
            "stories": len(ids),
            "filtered_out": written - len(ids),
            "distinct": distinct,
            "mean_similarity": mean,
        },
    )
    print(
        f"{settings.survey}: {len(chosen)} respondents matched with {distinct} of "
        f"{len(ids)} stories, mean similarity {mean:.3g}",
        file=sys.stderr,
    )


def match(method: Method, found: Similarities, people: Lots, stories: Lots) -> IntArray:
    """Return for each respondent the row of its story.

    Parameters
    ----------
    method
        How to match.
    found
        The similarities.
    people
        One lot for each respondent.
    stories
        One lot for each story.
    """
    if method == "greedy":
        return greedy(found, people, stories)
    if method == "max_weight":
        return max_weight(found, people, stories)
    return at_random(people, stories)


def greedy(found: Similarities, people: Lots, stories: Lots) -> IntArray:
    """Give every respondent the most similar story; stories may repeat."""
    chosen = np.empty(len(people), dtype=np.int64)
    for profile, members in enumerate(_members(found)):
        row = found.row(profile)
        best = np.flatnonzero(row >= row.max() * (1 - _TIE))
        if len(best) == 1:
            chosen[members] = best[0]
            continue
        for i in members:
            chosen[i] = best[np.argmin(draw(people[i : i + 1], stories[best]))]
    return chosen


def max_weight(found: Similarities, people: Lots, stories: Lots) -> IntArray:
    """Give every respondent a story of its own, with the largest total similarity.

    Among equally good assignments the solver's depends on the order of rows, so
    people and stories are first put in the order of their lots.
    """
    from scipy.optimize import linear_sum_assignment

    order, shelf = np.argsort(people), np.argsort(stories)
    place = np.argsort(order)
    costs = np.empty((len(people), len(stories)))
    for profile, members in enumerate(_members(found)):
        costs[place[members]] = -found.row(profile)[shelf]
    _, assigned = linear_sum_assignment(costs)
    chosen = np.empty(len(people), dtype=np.int64)
    chosen[order] = shelf[assigned]
    return chosen


def at_random(people: Lots, stories: Lots) -> IntArray:
    """Give every respondent a story of its own by lot.

    Respondents choose in the order of their lots, each the story with the lowest
    lot for them among those left. A further story or respondent changes few.
    """
    chosen = np.empty(len(people), dtype=np.int64)
    left = np.arange(len(stories))
    for i in np.argsort(people):
        taken = np.argmin(draw(people[i : i + 1], stories[left]))
        chosen[i] = left[taken]
        left = np.delete(left, taken)
    return chosen


def respondent_lots(seed: int, survey: str, respondents: list[str]) -> Lots:
    """Return one lot for each respondent of a survey."""
    return np.array([derive(seed, "matches", survey, name) for name in respondents], np.uint64)


def story_lots(backstories: IntArray) -> Lots:
    """Return one lot for each story; different stories have different lots."""
    return _mixed(backstories.astype(np.uint64))


def draw(person: Lots, stories: Lots) -> Lots:
    """Return the lots of one respondent and each of several stories, all different."""
    return _mixed(person ^ stories)


def _mixed(value: Lots) -> Lots:
    """Mix the bits of each number, one to one.

    Source: the finalizer of SplitMix64; Steele, Lea and Flood, "Fast splittable
    pseudorandom number generators" (OOPSLA 2014).
    """
    value = value + np.uint64(0x9E3779B97F4A7C15)
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(value ^ (value >> np.uint64(31)))


def _members(found: Similarities) -> list[IntArray]:
    """Return for each profile the respondents that have it."""
    order = np.argsort(found.profile_of, kind="stable")
    sizes = np.bincount(found.profile_of, minlength=found.profiles)
    return np.split(order, np.cumsum(sizes)[:-1])


def _check_asked(asked: dict[str, list[str]], name: str, path: Path) -> None:
    if name not in asked:
        raise DataError(
            f"stories were not asked for {name}",
            where=str(path),
            hint=f"Add it to traits.ask; {suggest(name, asked)}",
        )


def _check_folded(asked: dict[str, list[str]], name: str, source: TraitSource, path: Path) -> None:
    for option in asked[name]:
        if option not in source.fold:
            raise DataError(
                f"stories were asked the option {option} of {name}, which the survey does not fold",
                where=str(path),
                hint=f"Add it to the survey's traits.{name}.fold; {suggest(option, source.fold)}",
            )


def _check_enough(people: int, stories: int, written: int, settings: Settings, path: Path) -> None:
    filtered = f" of {written:,} whom filters.stories lets take part" if stories < written else ""
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
    """Return each respondent's place among the codes, or the last one, for a refusal."""
    column = f"{TRAIT}{name}"
    found = places(people[column], source.codes, column, path)
    return np.where(found < 0, len(source.codes), found)

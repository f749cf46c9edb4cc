"""The matches stage: a natural backstory for every respondent.

Ties are broken by a hash, so the order of rows never matters.
"""

import sys
from math import fsum
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import pyarrow as pa

from anthology.analysis.match_inputs import read_match_inputs
from anthology.config.filters import Filter
from anthology.config.stage import Derived, From, StageSettings
from anthology.config.survey import TraitSource
from anthology.io.parquet import read_metadata, write_table
from anthology.matching.greedy import assign_greedily
from anthology.matching.max_weight import Assignment, assign_max_weight
from anthology.matching.tie_breaks import backstory_tie_breaks, respondent_tie_breaks
from anthology.matching.uniform import assign_at_random
from anthology.seeds import derive_seed

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
    given = read_match_inputs(
        humans,
        traits,
        settings.traits,
        settings.backstories,
        one_to_one=settings.method != "greedy",
    )
    found, metadata = given.similarities, read_metadata(traits)
    people = respondent_tie_breaks(settings.seed, settings.survey, given.respondents.to_pylist())
    backstories = backstory_tie_breaks(given.backstories)
    proof: dict[str, float] = {}
    remark = ""
    match settings.method:
        case "greedy":
            chosen = assign_greedily(found, people, backstories)
        case "random":
            seed = derive_seed(settings.seed, "matches", settings.survey)
            chosen = assign_at_random(people, backstories, seed)
        case "max_weight":
            best = assign_max_weight(found, people, backstories)
            chosen = best.chosen
            proof = {"total_similarity": best.total, "bound": best.bound, "gap": best.gap}
            remark = _describe_proof(best)
    similarity = found.pairs(np.arange(len(chosen)), chosen)
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
            "source": metadata["source"],
            "traits": metadata["traits"],
            "backstories": len(backstories),
            "filtered_out": given.written - len(backstories),
            "distinct": distinct,
            "mean_similarity": mean,
            **proof,
        },
    )
    print(
        f"{settings.survey}: {len(chosen)} respondents matched with {distinct} of "
        f"{len(backstories)} backstories, mean similarity {mean:.3g}{remark}",
        file=sys.stderr,
    )


def _describe_proof(best: Assignment) -> str:
    """Return a sentence on how good the total similarity is."""
    total = f"\ntotal similarity {best.total:.6f}, "
    if best.largest:
        return f"{total}the largest of all one-to-one matchings, but for rounding"
    return (
        f"{total}within {100 * best.gap:.2g}% of {best.bound:.6f}, "
        "which no one-to-one matching exceeds"
    )

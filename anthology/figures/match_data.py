"""What figures read of stories: the matches, and the traits in a survey's categories."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from anthology.analysis.groups import FloatArray, IntArray
from anthology.analysis.sources import mark_simulated
from anthology.config.survey import TraitSource
from anthology.figures.matches import Matching
from anthology.figures.read import MARK
from anthology.figures.traits import ShownTrait
from anthology.interview.distribution import trait_counts
from anthology.io.parquet import read_metadata, read_table
from anthology.matching.similarity import trait_probabilities
from anthology.survey.codebook import Codebook
from anthology.survey.respondents import TRAIT_PREFIX, Positions, read_positions

ALL = "all stories"


def load_matching(path: Path) -> Matching:
    """Load a matching; its name is that of its file."""
    table, metadata = read_table(path, ["backstory", "similarity"]), read_metadata(path)
    return Matching(
        name=path.stem + _mark(metadata),
        similarity=table["similarity"].to_numpy().astype(np.float64),
        stories=table["backstory"].to_numpy().astype(np.int64),
        available=metadata["backstories"],
    )


def trait_shares(
    sources: Mapping[str, TraitSource],
    codebook: Codebook,
    humans: Path,
    traits: Path,
    matchings: Sequence[Matching],
) -> list[ShownTrait]:
    """Return the distributions of respondents and backstories over each trait's categories.

    A story counts as in matching: with its answers' shares, folded into the survey's
    categories, or evenly over them where it gave no answer that can be read. In a
    matching it counts once for each person that it stands for.

    Parameters
    ----------
    sources
        The survey's categories, and how the options that stories were asked fold into
        them. A trait that stories were asked with other options is left out.
    codebook
        The words of the categories.
    humans, traits
        The people, and what stories say.
    matchings
        The matchings to tell apart from all stories.
    """
    metadata = read_metadata(traits)
    asked = metadata["options"]
    people, stories = read_table(humans), read_table(traits)
    weights = people["weight"].to_numpy().astype(np.float64)
    ids = stories["backstory"].to_numpy().astype(np.int64)
    found = []
    for name, source in sources.items():
        if not set(asked.get(name, [None])) <= set(source.recode):
            continue
        column = f"{TRAIT_PREFIX}{name}"
        position = read_positions(people[column], source.codes, column, humans)
        counts = trait_counts(stories, name, len(asked[name]), traits)
        folded = trait_probabilities(counts, asked[name], source)[:-1]
        uses = {ALL + _mark(metadata): np.ones(len(ids))}
        uses |= {f"as matched: {one.name}": _uses(ids, one.stories) for one in matchings}
        words = {**codebook.traits[name].texts, **source.labels}
        found.append(
            ShownTrait(
                name=name,
                categories=[words[code] for code in source.codes],
                people=_shares(position, weights, len(source.codes)),
                stories={called: _mean(folded, used) for called, used in uses.items()},
            )
        )
    return found


def _mark(metadata: Mapping[str, Any]) -> str:
    sources = (metadata.get("source") or "", metadata.get("traits") or "")
    return MARK if mark_simulated(*sources) == "yes" else ""


def _shares(positions: Positions, weights: FloatArray, categories: int) -> FloatArray:
    counts = np.bincount(positions, weights, minlength=categories + 1)[1:]
    return np.asarray(counts / counts.sum() if counts.sum() > 0 else np.full(categories, np.nan))


def _uses(ids: IntArray, used: IntArray) -> FloatArray:
    """Return how many respondents each backstory stands for."""
    order = np.argsort(ids)
    found = order[np.searchsorted(ids, used, sorter=order)]
    return np.bincount(found, minlength=len(ids)).astype(np.float64)


def _mean(folded: FloatArray, used: FloatArray) -> FloatArray:
    """Return the mean distribution, and what falls into no category."""
    shares = folded @ used / used.sum()
    return np.append(shares, max(0.0, 1 - float(shares.sum())))

"""The people of a simulated survey, as columns of numbers."""

import math
from statistics import NormalDist

import numpy as np

from anthology.config.population import (
    DIMENSIONS,
    OPTIONS,
    ItemColumn,
    PopulationSpec,
    Refusal,
    TraitColumn,
)
from anthology.seeds import rng_for
from anthology.simulation.society import Array, Categories, Society, shares, signal

_WEIGHT_SPREAD = 0.55
"""Standard deviation of the logarithm of what a weight holds beyond the panel's known slant."""
_WEIGHT_RANGE = (0.1, 8.0)
_FIRST_ID = 100_001


def columns(spec: PopulationSpec, *, seed: int, survey: str, size: int) -> dict[str, Array]:
    """Draw a survey's people.

    Parameters
    ----------
    spec
        Which variables the survey has.
    seed, survey
        What the draws depend on, together with each person's own number.
    size
        How many people are drawn, those with neither weight nor answers included.

    Returns
    -------
    dict
        Each variable's values, NaN where a person has none. Shape: people.
    """
    society = Society({trait: _categories(trait, column) for trait, column in spec.traits.items()})
    traits, items = len(spec.traits), len(spec.items)
    uniforms = np.empty((size, 2 * traits + items + 1))
    normals = np.empty((size, len(DIMENSIONS) + items + 1))
    for k in range(size):
        rng = rng_for(seed, "population", survey, k)
        rng.random(out=uniforms[k])
        rng.standard_normal(out=normals[k])

    people = society.draw(uniforms[:, :traits])
    takes_part = uniforms[:, -1] >= spec.absent / 100
    slant = np.exp(_WEIGHT_SPREAD * normals[:, -1] - _WEIGHT_SPREAD**2 / 2)
    weights = np.round(np.clip(people.weights * slant, *_WEIGHT_RANGE), 6)
    table = {
        spec.id: np.arange(_FIRST_ID, _FIRST_ID + size, dtype=float),
        spec.weight: np.where(takes_part, weights, np.nan),
    }
    for trait, lot in zip(society.traits, uniforms[:, traits : 2 * traits].T, strict=True):
        column = spec.traits[trait]
        codes = np.array([category.code for category in column.categories], dtype=float)
        values = codes[people.categories[trait]]
        table[column.variable] = _with_gaps(values, lot, column.refused, column.missing)

    own = np.sqrt(1 - signal())
    attitudes = people.attitudes + own * normals[:, : len(DIMENSIONS)]
    spread = np.cov(society.reference.attitudes, rowvar=False) + np.diag(own**2)
    for j, item in enumerate(spec.items):
        answers = _answers(item, attitudes, normals[:, len(DIMENSIONS) + j], spread)
        answers = _with_gaps(answers, uniforms[:, 2 * traits + j], item.refused, 0)
        table[item.variable] = np.where(takes_part, answers, np.nan)
    return table


def _categories(trait: str, column: TraitColumn) -> Categories:
    common = dict(zip(OPTIONS[trait], shares(trait), strict=True))
    members = np.zeros((len(column.categories), len(common)))
    for row, category in enumerate(column.categories):
        for option in category.options:
            members[row, OPTIONS[trait].index(option)] = common[option]
    wanted = np.array([category.share for category in column.categories])
    return Categories(
        members / members.sum(axis=1, keepdims=True),
        wanted / wanted.sum(),
        np.array([category.reach for category in column.categories]),
    )


def _answers(item: ItemColumn, attitudes: Array, noise: Array, spread: Array) -> Array:
    """Cut a mix of attitudes and noise where the shares of a normal variable want it."""
    loadings = np.array([item.loadings.get(dimension, 0.0) for dimension in DIMENSIONS])
    alone = 1 - float(loadings @ loadings)
    scale = math.sqrt(float(loadings @ spread @ loadings) + alone)
    latent = (attitudes @ loadings + math.sqrt(alone) * noise) / scale
    wanted = np.array([option.share for option in item.options])
    below = np.cumsum(wanted)[:-1] / wanted.sum()
    codes = np.array([option.code for option in item.options], dtype=float)
    answers: Array = codes[np.searchsorted([_cut(float(share)) for share in below], latent)]
    return answers


def _cut(share: float) -> float:
    """Return what a share of a normal variable lies below; none and all have no finite bound."""
    if 0 < share < 1:
        return NormalDist().inv_cdf(share)
    return -math.inf if share <= 0 else math.inf


def _with_gaps(values: Array, lot: Array, refused: Refusal | None, missing: float) -> Array:
    """Put refusals and missing values where the lot falls on them."""
    refusal = refused or Refusal()
    values = np.where(lot < refusal.share / 100, refusal.code, values)
    return np.where(lot >= 1 - missing / 100, np.nan, values)

"""The facts of the toy society: its traits, how they hang together, what people of each think."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from anthology.config.population import DIMENSIONS, OPTIONS

Array = NDArray[np.float64]

SHARES: dict[str, dict[str, float]] = {
    "age": {"18-29": 0.24, "30-49": 0.34, "50-64": 0.24, "65+": 0.18},
    "gender": {"man": 0.49, "woman": 0.49, "other": 0.02},
    "race": {
        "native": 0.02, "asian": 0.06, "black": 0.13, "hispanic": 0.15,
        "mideast": 0.02, "pacific": 0.01, "white": 0.59, "other": 0.02,
    },
    "education": {
        "none": 0.07, "highschool": 0.26, "some-college": 0.19, "associate": 0.10,
        "bachelor": 0.22, "master": 0.10, "professional": 0.03, "doctorate": 0.03,
    },
    "income": {
        "0-10k": 0.06, "10-20k": 0.08, "20-30k": 0.10, "30-40k": 0.11, "40-50k": 0.10,
        "50-60k": 0.09, "60-70k": 0.08, "70-80k": 0.07, "80-90k": 0.06, "90-100k": 0.05,
        "100-150k": 0.12, "150-200k": 0.05, "200k+": 0.03,
    },
    "region": {"northeast": 0.18, "midwest": 0.21, "south": 0.37, "west": 0.24},
    "religion": {
        "protestant": 0.37, "catholic": 0.18, "mormon": 0.02, "orthodox": 0.01,
        "jewish": 0.03, "muslim": 0.02, "buddhist": 0.02, "hindu": 0.01,
        "atheist": 0.06, "agnostic": 0.06, "else": 0.03, "nothing": 0.19,
    },
    "party": {"republican": 0.26, "democrat": 0.33, "independent": 0.29, "other": 0.12},
}  # fmt: skip
"""For each trait, the options of `config/traits.yaml` and how common they are."""

TRAITS: tuple[str, ...] = tuple(SHARES)
"""The traits in the order in which a person gets them: each may depend on those before."""

_SCHOOLING = dict(zip(OPTIONS["education"], np.linspace(-1.0, 1.0, 8).tolist(), strict=True))
_EARNING = dict(zip(OPTIONS["income"], np.linspace(-1.0, 1.0, 13).tolist(), strict=True))
_RIGHT = {"republican": 1.0, "democrat": -0.8}


@dataclass(frozen=True, slots=True)
class Tie:
    """How one trait depends on another: the log-odds are the product of both scores."""

    parent: str
    child: str
    of_parent: dict[str, float]
    of_child: dict[str, float]


TIES: tuple[Tie, ...] = (
    Tie("age", "education", {"18-29": 1}, {"some-college": 0.7, "master": -0.9, "doctorate": -1.5}),
    Tie("age", "education", {"65+": 1}, {"none": 0.5, "highschool": 0.2}),
    Tie("race", "education", {"asian": 1, "white": 0.2, "black": -0.4}, _SCHOOLING),
    Tie("race", "education", {"hispanic": -0.9}, _SCHOOLING),
    Tie("education", "income", {k: 2.2 * v for k, v in _SCHOOLING.items()}, _EARNING),
    Tie("age", "income", {"18-29": -0.7, "30-49": 0.4, "50-64": 0.4, "65+": -0.4}, _EARNING),
    Tie("race", "income", {"black": -0.5, "hispanic": -0.3, "asian": 0.4, "white": 0.1}, _EARNING),
    Tie("race", "region", {"black": 1}, {"south": 0.9, "west": -0.9}),
    Tie("race", "region", {"hispanic": 0.9, "asian": 0.9}, {"west": 0.9, "midwest": -0.7}),
    Tie(
        "age", "religion",
        {"18-29": 1.0, "30-49": 0.4, "50-64": -0.3, "65+": -0.8},
        {"atheist": 0.7, "agnostic": 0.7, "nothing": 0.6, "protestant": -0.4, "catholic": -0.2},
    ),
    Tie("race", "religion", {"black": 1}, {"protestant": 0.8, "catholic": -1.2, "atheist": -1.0}),
    Tie("race", "religion", {"hispanic": 1}, {"catholic": 1.3, "protestant": -0.3, "jewish": -1}),
    Tie("race", "religion", {"asian": 1}, {"hindu": 2.5, "buddhist": 2.0, "muslim": 1.0}),
    Tie("race", "religion", {"mideast": 1}, {"muslim": 3.0, "orthodox": 1.5}),
    Tie("region", "religion", {"west": 1}, {"mormon": 1.2}),
    Tie("region", "religion", {"south": 1}, {"protestant": 0.4}),
    Tie("region", "religion", {"northeast": 1}, {"catholic": 0.5, "jewish": 0.8}),
    Tie("education", "religion", _SCHOOLING, {"atheist": 0.5, "agnostic": 0.5, "jewish": 0.6}),
    Tie(
        "religion", "party",
        {
            "protestant": 0.8, "mormon": 1.3, "catholic": 0.2, "orthodox": 0.3, "jewish": -0.5,
            "muslim": -0.6, "hindu": -0.6, "atheist": -1.1, "agnostic": -0.8, "nothing": -0.3,
        },
        _RIGHT,
    ),
    Tie("race", "party", {"black": -1.6, "hispanic": -0.5, "asian": -0.5, "white": 0.3}, _RIGHT),
    Tie("age", "party", {"18-29": -0.4, "65+": 0.3}, {"republican": 0.8, "independent": -0.3}),
    Tie("gender", "party", {"man": 0.15, "woman": -0.15, "other": -0.8}, _RIGHT),
    Tie("education", "party", _SCHOOLING, {"democrat": 0.5, "other": -0.4}),
    Tie("region", "party", {"south": 0.25, "northeast": -0.2, "west": -0.2}, _RIGHT),
)  # fmt: skip
"""Everything that makes one trait depend on another."""

SIGNAL: dict[str, float] = {
    "caution": 0.26,
    "naturalness": 0.24,
    "conservatism": 0.50,
    "enthusiasm": 0.28,
    "trust": 0.24,
}
"""Share of an attitude's variance that the traits account for."""


def _ladder(low: float, high: float, steps: int) -> tuple[float, ...]:
    return tuple(np.linspace(low, high, steps).tolist())


EFFECTS: dict[str, dict[str, tuple[float, ...]]] = {
    "age": {
        "caution": (-0.15, 0.20, 0.15, -0.10),
        "naturalness": (0.10, 0.15, 0.00, -0.25),
        "conservatism": (-0.55, -0.15, 0.25, 0.50),
        "enthusiasm": (0.40, 0.15, -0.20, -0.35),
        "trust": (-0.10, -0.05, 0.05, 0.15),
    },
    "gender": {
        "caution": (-0.35, 0.35, 0.10),
        "naturalness": (-0.35, 0.35, 0.20),
        "conservatism": (0.15, -0.10, -0.80),
        "enthusiasm": (0.35, -0.30, 0.00),
        "trust": (0.20, -0.15, -0.40),
    },
    "race": {
        "caution": (0.10, 0.10, 0.35, 0.20, 0.10, 0.10, -0.15, 0.15),
        "naturalness": (0.20, 0.10, 0.30, 0.20, 0.00, 0.15, -0.15, 0.20),
        "conservatism": (0.00, -0.20, -0.10, -0.05, 0.25, 0.05, 0.05, -0.10),
        "enthusiasm": (-0.10, 0.45, 0.05, 0.05, 0.10, 0.00, -0.10, 0.00),
        "trust": (-0.25, 0.10, -0.35, -0.15, -0.10, -0.05, 0.15, -0.20),
    },
    "education": {
        "caution": _ladder(0.45, -0.45, 8),
        "naturalness": _ladder(0.35, -0.40, 8),
        "conservatism": _ladder(0.40, -0.50, 8),
        "enthusiasm": _ladder(-0.40, 0.50, 8),
        "trust": _ladder(-0.40, 0.45, 8),
    },
    "income": {
        "caution": _ladder(0.25, -0.25, 13),
        "naturalness": _ladder(0.15, -0.15, 13),
        "conservatism": _ladder(-0.05, 0.10, 13),
        "enthusiasm": _ladder(-0.25, 0.30, 13),
        "trust": _ladder(-0.35, 0.30, 13),
    },
    "region": {
        "caution": (0.05, -0.10, 0.00, 0.10),
        "naturalness": (0.05, -0.10, -0.05, 0.15),
        "conservatism": (-0.20, 0.05, 0.20, -0.15),
        "enthusiasm": (0.05, -0.05, -0.05, 0.10),
        "trust": (0.00, 0.10, -0.05, 0.00),
    },
    "religion": {
        "caution": (0.05, 0.0, 0.1, 0.0, -0.1, 0.1, 0.2, 0.1, -0.2, -0.1, 0.2, 0.05),
        "naturalness": (0.0, 0.0, 0.1, 0.0, -0.1, 0.1, 0.3, 0.2, -0.2, -0.1, 0.3, 0.05),
        "conservatism": (0.5, 0.15, 0.8, 0.3, -0.4, 0.3, -0.4, -0.2, -0.9, -0.7, -0.1, -0.35),
        "enthusiasm": (-0.15, 0.0, -0.1, 0.0, 0.1, 0.0, 0.1, 0.3, 0.35, 0.2, -0.1, 0.0),
        "trust": (0.05, 0.1, 0.3, 0.0, 0.1, -0.1, 0.1, 0.1, 0.0, 0.05, -0.1, -0.15),
    },
    "party": {
        "caution": (-0.15, 0.15, 0.00, 0.05),
        "naturalness": (-0.15, 0.15, 0.00, 0.05),
        "conservatism": (1.00, -0.90, 0.05, 0.00),
        "enthusiasm": (-0.15, 0.15, 0.00, -0.10),
        "trust": (0.00, 0.15, -0.05, -0.20),
    },
}
"""What each option of a trait adds to each attitude, in the order of `OPTIONS`."""


def scores(trait: str, of: dict[str, float]) -> Array:
    """Lay out scores by option, 0 where none is given. Shape: options."""
    return np.array([of.get(option, 0.0) for option in OPTIONS[trait]])


@cache
def shares(trait: str) -> Array:
    """Return how common the options of a trait are. Shape: options."""
    return np.array(list(SHARES[trait].values()))


@cache
def effects(trait: str) -> Array:
    """Return what a trait does to the attitudes. Shape: options, dimensions."""
    return np.column_stack([EFFECTS[trait][dimension] for dimension in DIMENSIONS])

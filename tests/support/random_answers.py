"""Random answers to measure, and helpers to compare what comes of them."""

from typing import Any

import numpy as np
from hypothesis import strategies as st

from anthology.analysis import groups, metrics
from anthology.analysis.groups import BoolArray, FloatArray
from anthology.analysis.resampling import Answers
from anthology.survey.respondents import Positions

NAN = float("nan")
Survey = tuple[Positions, list[int], FloatArray]


def coded(answers: Any) -> Positions:
    """Return positions with 0 for no answer, from numbers with NaN for none."""
    return np.asarray(np.nan_to_num(np.array(answers, dtype=float)), dtype=np.int16)


def with_nan(positions: Positions) -> FloatArray:
    """Return positions with NaN for no answer, as other packages take them."""
    return np.where(positions > 0, positions.astype(float), NAN)


@st.composite
def surveys(draw: st.DrawFn, least: int = 6) -> Survey:
    """Positions with some answers missing, the items' sizes, and weights."""
    sizes = draw(st.lists(st.integers(2, 5), min_size=2, max_size=4))
    people = draw(st.integers(least, 40))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    positions = np.stack([rng.integers(1, k + 1, people) for k in sizes], axis=1)
    positions[rng.random(positions.shape) < draw(st.sampled_from([0, 0.1, 0.3]))] = 0
    return positions.astype(np.int16), sizes, rng.gamma(1.5, size=people) + 0.01


def random_personas(people: int, sizes: list[int], seed: int, missing: float = 0.1) -> Positions:
    """Answers of personas that stand for as many people, one in eight of whom has none."""
    rng = np.random.default_rng(seed)
    found = np.stack([rng.integers(1, k + 1, people) for k in sizes], axis=1)
    found[rng.random(found.shape) < missing] = 0
    found[rng.random(people) < 1 / 8] = 0
    return found.astype(np.int16)


def row_of(
    positions: Positions,
    sizes: list[int],
    weights: FloatArray | None = None,
    present: BoolArray | None = None,
) -> Answers:
    """Return a row for resampling, of those who answered anything where nothing else is said."""
    answered = np.asarray((positions > 0).any(axis=1))
    return Answers(positions, sizes, weights, answered if present is None else present)


def metrics_one_by_one(
    people: Positions,
    personas: Positions,
    sizes: list[int],
    weights: FloatArray,
    persona_weights: FloatArray | None = None,
) -> dict[str, float]:
    """Return every metric of some people and their personas, without resampling."""
    one = groups.group_stats(people, sizes, weights)
    two = groups.group_stats(personas, sizes, persona_weights)
    return {name: float(value) for name, value in metrics.measure(one, two).items()}


def one_factor_answers(common: FloatArray, shift: float, rng: np.random.Generator) -> Positions:
    """Answers to six four-point items of a one-factor model, the items shifted to both sides."""
    signs = np.array([1, -1, 1, -1, 1, -1])
    noise = rng.normal(size=(len(common), 6))
    latent = 0.7 * common[:, None] + np.sqrt(1 - 0.49) * noise + shift * signs
    cuts = np.linspace(-1, 1, 18).reshape(6, 3, order="F")
    return np.asarray(1 + (latent[:, :, None] > cuts).sum(axis=2), dtype=np.int16)


def same(first: Any, second: Any) -> None:
    """Assert that numbers are equal but for rounding."""
    np.testing.assert_allclose(first, second, rtol=0, atol=1e-12)


def defined(group: groups.GroupStats) -> bool:
    return not np.isnan(group.shares).any() and not np.isnan(group.correlations).any()

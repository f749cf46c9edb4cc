"""How far two groups' answers lie apart, and how well one group's answers hang together.

Answers come as `positions`: one row a person, one column an item, each entry the
option's position 1..k in the survey's order, NaN where the person gave no answer.
What cannot be measured is NaN; `why_undefined` and `why_alpha_undefined` say why.
Distances take stacks of groups too: leading axes are kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

NO_VARIANCE = 1e-12
"""Rounding leaves no exact zero: a sum of items whose variance is below this does not vary."""


@dataclass(frozen=True, slots=True)
class GroupStats:
    """What the distances need to know of one group, or of a stack of groups.

    Parameters
    ----------
    shares
        ... x items x options; NaN for an item without answers.
    correlations
        ... x items x items; NaN for fewer than two complete rows or a single item.
    rows
        ...: how many people answered every item.
    varies
        ... x items: whether these people's answers to the item vary.
    """

    shares: FloatArray
    correlations: FloatArray
    rows: IntArray
    varies: BoolArray

    def of(self, some: slice) -> "GroupStats":
        """Return some of a stack of groups."""
        return GroupStats(
            self.shares[some], self.correlations[some], self.rows[some], self.varies[some]
        )


@dataclass(frozen=True, slots=True)
class Distances:
    """The distances between two groups' answers, NaN where undefined."""

    wasserstein: float
    total_variation: float
    frobenius: float
    l1: float
    cbs: float


def scale_midpoints(sizes: Sequence[int]) -> IntArray:
    """Return a whole number in the middle of each scale, to count positions from.

    The difference of two large sums then loses no digits; unweighted sums are whole and
    come out the same in whatever order; and sums over other people's other answers can
    be added, since all are counted from the same place.
    """
    return (np.array(sizes, dtype=np.int64) + 1) // 2


def one_hot(positions: FloatArray, sizes: Sequence[int]) -> BoolArray:
    """Mark the option that each person chose of each item.

    Returns
    -------
    BoolArray
        People x items x the largest size; no mark where there is no answer.
    """
    return np.equal(positions[:, :, None], np.arange(1, max(sizes) + 1))


def option_shares(
    positions: FloatArray, sizes: Sequence[int], weights: FloatArray | None = None
) -> FloatArray:
    """Return the share of each option among those who answered the item.

    Parameters
    ----------
    positions
        People x items.
    sizes
        How many options each item has. All keep their place, also those nobody chose.
    weights
        One for each person; equal where None.

    Returns
    -------
    FloatArray
        Items x the largest size, padded with zeros; NaN for an item without answers.
    """
    marks = one_hot(positions, sizes)
    counts = np.tensordot(_weights(positions, weights), marks.astype(np.float64), 1)
    return normalize_counts(counts)


def normalize_counts(counts: FloatArray) -> FloatArray:
    """Divide counts by their sum over the last axis; NaN where nothing was counted."""
    totals = counts.sum(axis=-1, keepdims=True)
    return np.asarray(counts / np.where(totals > 0, totals, np.nan))


def wasserstein(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return the mean over items of the 1-Wasserstein distance on positions 1..k.

    On a line that distance is the area between the two cumulative distributions.

    Parameters
    ----------
    first, second
        Shares, ... x items x options.
    """
    return np.asarray(_moved(first, second).mean(axis=-1))


def wasserstein_normalised(
    first: FloatArray, second: FloatArray, sizes: Sequence[int]
) -> FloatArray:
    """Return the mean over items of the 1-Wasserstein distance divided by its largest, k - 1.

    Parameters
    ----------
    first, second
        Shares, ... x items x options.
    sizes
        How many options each item has.
    """
    return _normalised(_moved(first, second), sizes)


def _normalised(moved: FloatArray, sizes: Sequence[int]) -> FloatArray:
    return np.asarray((moved / (np.array(sizes) - 1)).mean(axis=-1))


def _moved(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return each item's 1-Wasserstein distance."""
    return np.asarray(np.abs(np.cumsum(first - second, axis=-1)).sum(axis=-1))


def total_variation(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return the mean over items of half the absolute difference of the shares.

    Parameters
    ----------
    first, second
        Shares, ... x items x options.
    """
    return np.asarray(np.abs(first - second).sum(axis=-1).mean(axis=-1) / 2)


def is_complete(positions: FloatArray, weights: FloatArray | None = None) -> BoolArray:
    """Tell who answered every item and has a weight above zero."""
    return np.logical_not(np.isnan(positions).any(axis=1) | (_weights(positions, weights) <= 0))


def correlations(positions: FloatArray, weights: FloatArray | None = None) -> FloatArray:
    """Return the items' correlations over the people who answered all of them.

    Returns
    -------
    FloatArray
        Items x items. An item that does not vary correlates 0 with the others and 1
        with itself. NaN throughout for fewer than two complete rows or a single item.
    """
    rows = is_complete(positions, weights)
    kept, scale = positions[rows], _weights(positions, weights)[rows]
    if len(kept) < 2 or kept.shape[1] < 2:
        return np.full((positions.shape[1],) * 2, np.nan)
    centred = kept - np.average(kept, axis=0, weights=scale)
    return correlations_from_covariances(
        (centred * scale[:, None]).T @ centred, np.ptp(kept, axis=0) > 0
    )


def correlations_from_covariances(products: FloatArray, varies: BoolArray) -> FloatArray:
    """Scale covariances, or multiples of them, to correlations.

    Parameters
    ----------
    products
        ... x items x items.
    varies
        ... x items: which items vary at all. Rounding leaves no exact zero to tell it by.
    """
    variances = np.where(varies, np.diagonal(products, axis1=-2, axis2=-1), np.inf)
    deviations = np.sqrt(variances)
    matrix = np.asarray(products / (deviations[..., :, None] * deviations[..., None, :]))
    diagonal = np.arange(products.shape[-1])
    matrix[..., diagonal, diagonal] = 1.0
    return matrix


def frobenius(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return the root of the summed squared differences of two matrices."""
    return np.asarray(np.sqrt(((first - second) ** 2).sum(axis=(-2, -1))))


def l1(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return the summed absolute differences of two matrices."""
    return np.asarray(np.abs(first - second).sum(axis=(-2, -1)))


def correlation_matrix_distance(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return 1 - trace(AB) / (|A| |B|), the correlation matrix distance.

    Source: Herdin et al., "Correlation matrix distance" (VTC 2005). Both matrices
    are symmetric, so the trace of their product is the sum of their entries' products.
    """
    norms = (first**2).sum(axis=(-2, -1)) * (second**2).sum(axis=(-2, -1))
    return np.asarray(1 - (first * second).sum(axis=(-2, -1)) / np.sqrt(norms))


def group_stats(
    positions: FloatArray, sizes: Sequence[int], weights: FloatArray | None = None
) -> GroupStats:
    """Return what the distances need to know of one group."""
    kept = positions[is_complete(positions, weights)]
    return GroupStats(
        shares=option_shares(positions, sizes, weights),
        correlations=correlations(positions, weights),
        rows=np.asarray(len(kept)),
        varies=(kept != kept[:1]).any(axis=0),
    )


def distances(first: GroupStats, second: GroupStats) -> Distances:
    """Return every distance between two groups, or its mean over two stacks of groups."""
    return Distances(
        wasserstein=float(wasserstein(first.shares, second.shares).mean()),
        total_variation=float(total_variation(first.shares, second.shares).mean()),
        frobenius=float(frobenius(first.correlations, second.correlations).mean()),
        l1=float(l1(first.correlations, second.correlations).mean()),
        cbs=float(correlation_matrix_distance(first.correlations, second.correlations).mean()),
    )


def all_distances(
    first: GroupStats, second: GroupStats, sizes: Sequence[int]
) -> dict[str, FloatArray]:
    """Return every distance between two groups, or for each of a stack, by the distance's name.

    Parameters
    ----------
    first, second
        Two groups, two stacks of as many, or one of each.
    sizes
        How many options each item has.
    """
    shares, matrices = (first.shares, second.shares), (first.correlations, second.correlations)
    moved = _moved(*shares)
    return {
        "wasserstein": np.asarray(moved.mean(axis=-1)),
        "wasserstein_normalised": _normalised(moved, sizes),
        "total_variation": total_variation(*shares),
        "frobenius": frobenius(*matrices),
        "l1": l1(*matrices),
        "cbs": correlation_matrix_distance(*matrices),
    }


def cronbach_alpha(positions: FloatArray, weights: FloatArray | None = None) -> float:
    """Return k/(k-1) (1 - sum of the items' variances / variance of their sum).

    Every covariance is taken over the people who answered both items; the variance
    of the sum is the sum of all covariances. Weights count as in `numpy.cov`'s
    `aweights`, so equal weights change nothing.

    Returns
    -------
    float
        NaN for a single item, for two items that fewer than two people answered
        both, or for a sum that does not vary: one whose variance, put together from
        the covariances of different people, is not above zero.
    """
    counted = _weights(positions, weights) > 0
    kept, scale = positions[counted], _weights(positions, weights)[counted]
    items = positions.shape[1]
    if why_alpha_undefined(kept, [""] * items, scale):
        return float("nan")
    found = _covariances(kept, scale)
    return float(items / (items - 1) * (1 - np.trace(found) / found.sum()))


def _covariances(positions: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the items' covariances, each over the people who answered both."""
    answered = (~np.isnan(positions)).astype(np.float64)
    # Near the mean, the difference of two large sums loses no digits.
    values = np.nan_to_num(positions - np.nanmean(positions, axis=0))
    heavy = answered * weights[:, None]
    mass = heavy.T @ answered
    sums = (values * weights[:, None]).T @ answered
    products = (values * weights[:, None]).T @ values - sums * sums.T / mass
    spread = mass - heavy.T @ heavy / mass
    return np.asarray(products / spread)


def why_undefined(found: GroupStats, names: Sequence[str]) -> list[str]:
    """Say what leaves a group's distances undefined, and which items do not vary.

    Parameters
    ----------
    found
        One group.
    names
        The items' names, for the sentences.
    """
    said = [
        f"no answer to {name}"
        for name, share in zip(names, found.shares[:, 0], strict=True)
        if np.isnan(share)
    ]
    if len(names) < 2:
        return [*said, "one item has no correlations"]
    if found.rows < 2:
        return [*said, f"correlations need 2 rows complete on all items, not {found.rows}"]
    return said + [
        f"{name} does not vary: its correlations count as 0"
        for name, varies in zip(names, found.varies, strict=True)
        if not varies
    ]


def why_alpha_undefined(
    positions: FloatArray, names: Sequence[str], weights: FloatArray | None = None
) -> list[str]:
    """Say why a group's alpha is undefined; empty where it is defined.

    Parameters
    ----------
    positions
        People x items.
    names
        The items' names, for the sentences.
    weights
        One for each person, all above zero; equal where None.
    """
    if len(names) < 2:
        return ["one item has no alpha"]
    answered = (~np.isnan(positions)).astype(np.float64)
    together = answered.T @ answered
    few = [name for name, count in zip(names, np.diag(together), strict=True) if count < 2]
    if few:
        return [f"alpha needs 2 answers to {name}" for name in few]
    apart = np.argwhere(together < 2)
    if len(apart):
        first, second = apart[0]
        return [f"alpha needs 2 people who answered both {names[first]} and {names[second]}"]
    # Pairs of different people can sum to less than zero, and with some weights only.
    if _covariances(positions, _weights(positions, weights)).sum() < NO_VARIANCE:
        return ["alpha needs a sum of items that varies"]
    return []


def _weights(positions: FloatArray, weights: FloatArray | None) -> FloatArray:
    return np.ones(len(positions)) if weights is None else weights

"""The metrics: how far personas' answers are from people's, and how well answers hang together.

`METRICS` declares each of them once. All tables, intervals, tests and figures read it from there;
`docs/architecture.md` shows how to add one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from anthology.analysis.groups import FloatArray, GroupStats, pairwise_covariances
from anthology.survey.respondents import Positions

NO_VARIANCE = 1e-12
"""Rounding leaves no exact zero: a sum of items whose variance is below this does not vary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One number by which personas are judged.

    Parameters
    ----------
    name
        Its column in tables.
    label, caption
        What figures call it, and what it is in a sentence.
    function
        Returns it from the statistics of the respondents and of the personas, or for each of
        two stacks of groups. NaN where it is undefined.
    needs
        The field of `GroupStats` that it is made from, which decides why it can be missing.
    better
        A distance from the respondents is better the `lower` it is; any other number, which
        describes personas alone, the `nearer` to that of the respondents.
    interval
        The scale on which bootstrap draws lie about the estimate as the estimate does about
        the truth; `bootstrap.reflect_draws` says why.
    largest
        What it cannot exceed, where there is such a bound.
    in_main_table
        Whether it stands in `metrics.csv` and `comparisons.csv`; all are in the others.
    """

    name: str
    label: str
    caption: str
    function: Callable[[GroupStats, GroupStats], FloatArray]
    needs: Literal["shares", "correlations", "covariances"]
    better: Literal["lower", "nearer"] = "lower"
    interval: Literal["square", "linear", "log"] = "square"
    largest: float = np.inf
    in_main_table: bool = True

    @property
    def is_distance(self) -> bool:
        """Whether it compares two groups, so that respondents have it between their halves."""
        return self.better == "lower"


def wasserstein(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return the mean over items of the 1-Wasserstein distance on positions 1..k.

    On a line that distance is the area between the two cumulative distributions.

    Parameters
    ----------
    first, second
        Shares, ... x items x options.
    """
    return np.asarray(_item_wasserstein(first, second).mean(axis=-1))


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
    return np.asarray((_item_wasserstein(first, second) / (np.array(sizes) - 1)).mean(axis=-1))


def _item_wasserstein(first: FloatArray, second: FloatArray) -> FloatArray:
    return np.asarray(np.abs(np.cumsum(first - second, axis=-1)).sum(axis=-1))


def total_variation(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return the mean over items of half the absolute difference of the shares.

    Parameters
    ----------
    first, second
        Shares, ... x items x options.
    """
    return np.asarray(np.abs(first - second).sum(axis=-1).mean(axis=-1) / 2)


def frobenius(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return the root of the summed squared differences of two matrices."""
    return np.asarray(np.sqrt(((first - second) ** 2).sum(axis=(-2, -1))))


def l1(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return the summed absolute differences of two matrices."""
    return np.asarray(np.abs(first - second).sum(axis=(-2, -1)))


def correlation_matrix_distance(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return 1 - trace(AB) / (|A| |B|).

    Source: Herdin et al., "Correlation matrix distance" (VTC 2005). Both matrices
    are symmetric, so the trace of their product is the sum of their entries' products.
    """
    norms = (first**2).sum(axis=(-2, -1)) * (second**2).sum(axis=(-2, -1))
    return np.asarray(1 - (first * second).sum(axis=(-2, -1)) / np.sqrt(norms))


def alpha_from_covariances(covariances: FloatArray) -> FloatArray:
    """Return Cronbach's alpha: k/(k-1) (1 - sum of the items' variances / variance of their sum).

    Source: Cronbach, "Coefficient alpha and the internal structure of tests"
    (Psychometrika, 1951).

    Parameters
    ----------
    covariances
        ... x items x items.

    Returns
    -------
    FloatArray
        NaN for a single item, for an undefined covariance, or for a sum of items that does
        not vary: one whose variance, put together from the covariances of different people,
        is not above zero.
    """
    items = covariances.shape[-1]
    total = covariances.sum(axis=(-2, -1))
    defined = total >= NO_VARIANCE if items > 1 else np.zeros_like(total, dtype=np.bool_)
    variances = np.trace(covariances, axis1=-2, axis2=-1)
    share = variances / np.where(defined, total, np.nan)
    return np.asarray(items / max(items - 1, 1) * (1 - share))


def cronbach_alpha(positions: Positions, weights: FloatArray | None = None) -> float:
    """Return alpha of one group, each covariance over those who answered both items.

    Weights count as in `numpy.cov`'s `aweights`.
    """
    return float(alpha_from_covariances(pairwise_covariances(positions, weights)))


def why_alpha_undefined(
    positions: Positions, names: Sequence[str], weights: FloatArray | None = None
) -> list[str]:
    """Return why a group's alpha is undefined; empty where it is defined.

    Parameters
    ----------
    positions
        People x items.
    names
        The items' names, for the sentences.
    weights
        One for each person; equal where None. Who has none does not count.
    """
    if len(names) < 2:
        return ["one item has no alpha"]
    answered = ((positions if weights is None else positions[weights > 0]) > 0).astype(np.float64)
    together = answered.T @ answered
    few = [name for name, count in zip(names, np.diag(together), strict=True) if count < 2]
    if few:
        return [f"alpha needs 2 answers to {name}" for name in few]
    pairs = np.argwhere(together < 2)
    if len(pairs):
        first, second = pairs[0]
        return [f"alpha needs 2 people who answered both {names[first]} and {names[second]}"]
    # Pairs of different people can sum to less than zero, and with some weights only.
    if np.isnan(cronbach_alpha(positions, weights)):
        return ["alpha needs a sum of items that varies"]
    return []


METRICS: list[Metric] = [
    Metric(
        name="wasserstein",
        label="Wasserstein distance",
        caption="mean over items of the 1-Wasserstein distance on positions 1 to k",
        function=lambda humans, group: wasserstein(humans.shares, group.shares),
        needs="shares",
    ),
    Metric(
        name="wasserstein_normalised",
        label="Wasserstein, of the range",
        caption="the same, each item's distance divided by k - 1, the largest it can be",
        function=lambda humans, group: wasserstein_normalised(
            humans.shares, group.shares, group.sizes
        ),
        needs="shares",
        largest=1.0,
        in_main_table=False,
    ),
    Metric(
        name="total_variation",
        label="Total variation",
        caption="mean over items of half the absolute difference of the options' shares",
        function=lambda humans, group: total_variation(humans.shares, group.shares),
        needs="shares",
        largest=1.0,
    ),
    Metric(
        name="frobenius",
        label="Frobenius norm",
        caption="root of the summed squared differences of the two correlation matrices",
        function=lambda humans, group: frobenius(humans.correlations, group.correlations),
        needs="correlations",
    ),
    Metric(
        name="l1",
        label="L1 norm",
        caption="summed absolute differences of the two correlation matrices",
        function=lambda humans, group: l1(humans.correlations, group.correlations),
        needs="correlations",
    ),
    Metric(
        name="cbs",
        label="1 - matrix correlation (cbs)",
        caption="one minus the cosine of the two correlation matrices",
        function=lambda humans, group: correlation_matrix_distance(
            humans.correlations, group.correlations
        ),
        needs="correlations",
        interval="linear",
        largest=1.0,
    ),
    Metric(
        name="cronbach_alpha",
        label="Cronbach's alpha",
        caption="how well the items hang together; always unweighted",
        function=lambda _, group: alpha_from_covariances(group.covariances),
        needs="covariances",
        better="nearer",
        interval="log",
    ),
]
"""Every metric, in the order of tables and figures."""


def main_metrics() -> list[Metric]:
    """Return the metrics of `metrics.csv` and `comparisons.csv`."""
    return [metric for metric in METRICS if metric.in_main_table]


def measure(humans: GroupStats, group: GroupStats) -> dict[str, FloatArray]:
    """Return every metric of a group, or of each of a stack of groups, by its name.

    Parameters
    ----------
    humans, group
        Two groups, two stacks of as many, or one of each.
    """
    return {metric.name: metric.function(humans, group) for metric in METRICS}

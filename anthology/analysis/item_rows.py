"""Rows of `items.csv` and `correlations.csv`: each option's share, and the items' correlations."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from anthology.analysis.groups import FloatArray, GroupStats
from anthology.analysis.load import Scale
from anthology.analysis.proportions import effective_sample_size, wilson_interval
from anthology.io.tables import Row
from anthology.survey.respondents import Positions


def option_rows(
    items: Sequence[Scale],
    labels: Mapping[str, Mapping[int, str]],
    group: GroupStats,
    positions: Positions,
    weights: FloatArray | None,
    confidence: float,
) -> Iterator[Row]:
    """Yield a row for each option of each item, with its share and the share's interval.

    Parameters
    ----------
    items
        The items.
    labels
        The words of each item's options.
    group, positions, weights
        One group's statistics, answers and weights.
    confidence
        How often an interval is to hold the true share.
    """
    n = np.broadcast_to(effective_sample_size(positions, weights)[:, None], group.shares.shape)
    low, high = wilson_interval(group.shares, n, confidence)
    for i, item in enumerate(items):
        for j, code in enumerate(item.codes):
            yield {
                "item": item.variable,
                "code": code,
                "option": labels[item.variable].get(code, str(code)),
                "n": int((positions[:, i] == j + 1).sum()),
                "share": float(group.shares[i, j]),
                "low": float(low[i, j]),
                "high": float(high[i, j]),
            }


def correlation_rows(names: Sequence[str], group: GroupStats) -> Iterator[Row]:
    """Yield a row for each ordered pair of items."""
    for first, row in zip(names, group.correlations.tolist(), strict=True):
        for second, value in zip(names, row, strict=True):
            yield {"item_1": first, "item_2": second, "correlation": value}

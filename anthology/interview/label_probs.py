"""Sampling temperature and nucleus applied to label probabilities."""

from collections.abc import Sequence

import numpy as np

from anthology.config.model import Sampling


def apply_sampling(shares: Sequence[float], sampling: Sampling) -> tuple[float, ...] | None:
    """Return how an answer is drawn among labels of given probabilities.

    Parameters
    ----------
    shares
        The model's own probability of each label; they may sum to less than one.
    sampling
        Temperature and nucleus, applied among the labels.

    Returns
    -------
    tuple
        Probabilities that sum to one; None where no label has any.
    """
    given = np.asarray(shares, dtype=np.float64)
    if not given.sum() > 0:
        return None
    if sampling.temperature == 0:
        return tuple(np.eye(len(given))[int(given.argmax())].tolist())
    with np.errstate(divide="ignore"):
        logs = np.log(given) / sampling.temperature
    odds = np.exp(logs - logs.max())
    odds /= odds.sum()
    order = np.argsort(-odds, kind="stable")
    before = np.cumsum(odds[order]) - odds[order]
    odds[order[before >= sampling.top_p]] = 0
    return tuple((odds / odds.sum()).tolist())

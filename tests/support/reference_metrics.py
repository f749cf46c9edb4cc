"""Plain versions of the costly computations: row by row, as the formulas read.

They share nothing with the package but the arrays they start from, so they serve
as a second computation for the tests and as the measure of speed for the benchmarks.
"""

from collections.abc import Mapping, Sequence
from math import prod

import numpy as np
import numpy.typing as npt
import pandas as pd

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

MEASURES = ("wasserstein", "total_variation", "frobenius", "l1", "cbs")


def recode_story(
    counts: Sequence[float],
    options: Sequence[str],
    codes: Sequence[int],
    shares: Mapping[str, Mapping[int, float]],
) -> dict[int, float]:
    """Return the probability that one story gives to each code of one trait."""
    total = sum(counts)
    if total == 0:
        return {code: 1 / len(codes) for code in codes}
    found = dict.fromkeys(codes, 0.0)
    for option, count in zip(options, counts, strict=True):
        for code, share in shares[option].items():
            found[code] += share * count / total
    return found


def similarity(person: Sequence[int | None], story: Sequence[Mapping[int, float]]) -> float:
    """Return the similarity of one respondent and one story."""
    return prod(
        sum(story[t].values()) / len(story[t]) if value is None else story[t][value]
        for t, value in enumerate(person)
    )


def similarity_matrix(
    people: Sequence[Sequence[int | None]], stories: Sequence[Sequence[Mapping[int, float]]]
) -> list[list[float]]:
    """Return the similarity of every respondent and every story, one pair after the other."""
    return [[similarity(person, story) for story in stories] for person in people]


def most_similar(row: Sequence[float]) -> list[int]:
    """Return the stories that are most similar, up to rounding."""
    highest = max(row)
    return [j for j, value in enumerate(row) if value >= highest * (1 - 1e-9)]


def largest_total(matrix: npt.ArrayLike) -> tuple[list[int], float]:
    """Return a one-to-one assignment with the largest total, and that total."""
    from scipy.optimize import linear_sum_assignment

    values = np.asarray(matrix)
    rows, columns = linear_sum_assignment(values, maximize=True)
    return columns.tolist(), float(values[rows, columns].sum())


def correlations(positions: FloatArray, weights: FloatArray) -> FloatArray:
    """Return weighted correlations over complete rows, item by item."""
    kept = ~np.isnan(positions).any(axis=1)
    found = np.cov(positions[kept].T, aweights=weights[kept])
    result = np.eye(len(found))
    for i in range(len(found)):
        for j in range(len(found)):
            if i != j and found[i, i] > 1e-20 and found[j, j] > 1e-20:
                result[i, j] = found[i, j] / np.sqrt(found[i, i] * found[j, j])
    return result


def shares(answers: FloatArray, size: int, weights: FloatArray) -> FloatArray:
    """Return the share of each option of one item."""
    given = ~np.isnan(answers)
    return np.array(
        [np.average(answers[given] == k, weights=weights[given]) for k in range(1, size + 1)]
    )


def compare(
    first: FloatArray,
    second: FloatArray,
    sizes: Sequence[int],
    first_weights: FloatArray,
    second_weights: FloatArray,
) -> dict[str, float]:
    """Return every distance between two groups' answers."""
    from scipy.stats import wasserstein_distance

    moved, varied = [], []
    for i, size in enumerate(sizes):
        a, b = first[:, i], second[:, i]
        in_a, in_b = ~np.isnan(a), ~np.isnan(b)
        moved.append(
            wasserstein_distance(a[in_a], b[in_b], first_weights[in_a], second_weights[in_b])
        )
        apart = shares(a, size, first_weights) - shares(b, size, second_weights)
        varied.append(np.abs(apart).sum() / 2)
    left, right = correlations(first, first_weights), correlations(second, second_weights)
    norms = np.linalg.norm(left) * np.linalg.norm(right)
    return {
        "wasserstein": float(np.mean(moved)),
        "total_variation": float(np.mean(varied)),
        "frobenius": float(np.linalg.norm(left - right)),
        "l1": float(np.abs(left - right).sum()),
        "cbs": float(1 - np.trace(left @ right) / norms),
    }


def human_row(
    positions: FloatArray, sizes: Sequence[int], weights: FloatArray, first: BoolArray
) -> dict[str, float]:
    """Return the mean of every distance between halves, split by split."""
    found = [
        compare(positions[half], positions[~half], sizes, weights[half], weights[~half])
        for half in first
    ]
    return {name: float(np.mean([split[name] for split in found])) for name in MEASURES}


def cronbach_alpha(positions: FloatArray) -> float:
    """Return alpha from the covariances that pandas takes over pairwise complete rows."""
    found = pd.DataFrame(positions).cov().to_numpy()
    k = len(found)
    return float(k / (k - 1) * (1 - np.trace(found) / found.sum()))

"""How often intervals hold the true value, by four ways of making them.

Run it as `python -m benchmarks.coverage`; at its full size it takes some minutes.

People and personas answer eight four-point items of one factor, people with unequal weights
and one answer in fifty missing. The true value is that of a crowd so large that chance adds
next to nothing. The table gives for each metric and way the share of samples whose interval
holds it, in the worst and the mean of the cases; then the same for the difference of each case
and the next.
"""

import argparse
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from scipy.stats import norm

from anthology.analysis import bootstrap, resampling
from anthology.analysis import distances as measures
from anthology.analysis.bootstrap import ALPHA
from anthology.analysis.distances import FloatArray
from anthology.analysis.features import side

ITEMS, OPTIONS, CROWD, DRAWS, CONFIDENCE = 8, 4, 400_000, 500, 0.95
SIZES = [OPTIONS] * ITEMS
METRICS = ("wasserstein", "total_variation", "frobenius", "l1", "cbs", ALPHA)
SHIFTS = (0.26, 0.09, 0.03, 0.0)
"""How far personas stand from people, in deviations; the items go to both sides."""
LOADINGS = (0.55, 0.65, 0.69, 0.7)
"""How much personas' answers have to do with the factor; those of people by the last."""
MISSING = 0.02

Held = Mapping[tuple[str, str], float]
"""By metric and way, the share of samples whose interval holds the true value."""


def answers(
    common: FloatArray, shift: float, loading: float, rng: np.random.Generator
) -> FloatArray:
    """Return positions, people x items, that a common factor and a shift of the items make."""
    signs = np.where(np.arange(ITEMS) % 2, -1.0, 1.0)
    noise = rng.normal(size=(len(common), ITEMS))
    latent = loading * common[:, None] + np.sqrt(1 - loading**2) * noise + shift * signs
    cuts = np.linspace(-1, 1, ITEMS * (OPTIONS - 1)).reshape(ITEMS, OPTIONS - 1, order="F")
    found = 1.0 + (latent[:, :, None] > cuts).sum(axis=2)
    return np.where(rng.random(found.shape) < MISSING, np.nan, found)


def estimates(people: FloatArray, weights: FloatArray, personas: FloatArray) -> dict[str, float]:
    """Return every metric of some people and their personas."""
    own = measures.group_stats(people, SIZES, weights)
    apart = measures.all_distances(own, measures.group_stats(personas, SIZES), SIZES)
    alpha = measures.cronbach_alpha(personas)
    return {**{name: float(value) for name, value in apart.items()}, ALPHA: alpha}


def intervals(
    metric: str, estimate: float, draws: FloatArray, left_out: FloatArray
) -> dict[str, tuple[float, float]]:
    """Return the interval of each way; `left_out` is the metric without each of the people."""
    basic = bootstrap.central_interval(2 * estimate - draws, CONFIDENCE)
    return {
        "percentile": bootstrap.central_interval(draws, CONFIDENCE),
        "BCa": _corrected(estimate, draws, left_out),
        "basic": basic,
        "used": bootstrap.confidence_interval(
            estimate, bootstrap.reflect_draws(metric, estimate, draws), CONFIDENCE
        ),
    }


def _corrected(estimate: float, draws: FloatArray, left_out: FloatArray) -> tuple[float, float]:
    """Return the bias-corrected and accelerated interval (Efron, JASA 1987)."""
    below = np.clip((draws < estimate).mean(), 0.5 / len(draws), 1 - 0.5 / len(draws))
    bias, off = norm.ppf(below), left_out.mean() - left_out
    pull = (off**3).sum() / (6 * (off**2).sum() ** 1.5)
    z = bias + norm.ppf([(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    low, high = np.quantile(draws, norm.cdf(bias + z / (1 - pull * z))).tolist()
    return low, high


def case(number: int, people: int, samples: int) -> tuple[Held, Held]:
    """Return how often intervals hold the true value, and the true difference to the next case.

    Each is by metric and way.
    """
    rng = np.random.default_rng([number, people])
    common = rng.normal(size=CROWD)
    weights = rng.gamma(4, 0.25, size=CROWD)
    first = answers(common, 0, LOADINGS[-1], rng)
    both = [(number + step) % len(SHIFTS) for step in (0, 1)]
    personas = [answers(common, SHIFTS[i], LOADINGS[i], rng) for i in both]
    truths = [estimates(first, weights, one) for one in personas]
    everybody, equal = np.ones(people, dtype=np.bool_), np.ones(people)
    held, apart = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for _ in range(samples):
        drawn = rng.integers(CROWD, size=people)
        own, by = first[drawn], weights[drawn]
        rows = [one[drawn] for one in personas]
        sides = [side(row, SIZES, equal, everybody) for row in rows]
        counts = bootstrap.resample_respondents(people, DRAWS, rng)
        counts = np.concatenate([counts, (1 - np.eye(people)).astype(np.uint16)])
        humans = side(own, SIZES, by, everybody)
        _, found = resampling.bootstrap_metrics(humans, sides, SIZES, [counts], 1)
        known = [estimates(own, by, row) for row in rows]
        for metric in METRICS:
            draws = [one[metric][:DRAWS] for one in found]
            left_out = found[0][metric][DRAWS:]
            for way, ends in intervals(metric, known[0][metric], draws[0], left_out).items():
                held[metric, way] += ends[0] <= truths[0][metric] <= ends[1]
            estimate = known[0][metric] - known[1][metric]
            truth = truths[0][metric] - truths[1][metric]
            for way, ends in _of_difference(metric, known, draws, estimate).items():
                apart[metric, way] += ends[0] <= truth <= ends[1]
    return (
        {key: count / samples for key, count in held.items()},
        {key: count / samples for key, count in apart.items()},
    )


def _of_difference(
    metric: str, known: Sequence[Mapping[str, float]], draws: Sequence[FloatArray], estimate: float
) -> dict[str, tuple[float, float]]:
    """Return the interval of a difference of two rows in each way."""
    difference = draws[0] - draws[1]
    turned = [
        bootstrap.reflect_draws(metric, one[metric], own)
        for one, own in zip(known, draws, strict=True)
    ]
    return {
        "percentile": bootstrap.central_interval(difference, CONFIDENCE),
        "basic": bootstrap.central_interval(2 * estimate - difference, CONFIDENCE),
        "used": bootstrap.confidence_interval(estimate, turned[0] - turned[1], CONFIDENCE),
    }


def table(cases: Sequence[Held]) -> str:
    """Return the worst and the mean case of each metric and way."""
    ways = list(dict.fromkeys(way for _, way in cases[0]))
    lines = [f"{'metric':16}" + "".join(f"{way:>14}" for way in ways)]
    for metric in METRICS:
        shares = [[one[metric, way] for one in cases] for way in ways]
        cells = "".join(f"{f'{min(own):.2f}, {np.mean(own):.2f}':>14}" for own in shares)
        lines.append(f"{metric:16}{cells}")
    return "\n".join(lines)


def main() -> None:
    """Simulate every case and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.coverage", description=__doc__)
    parser.add_argument("--people", type=int, nargs="+", default=[200, 2_500])
    parser.add_argument("--samples", type=int, default=300, help="in each case")
    given = parser.parse_args()
    cases = [
        case(number, people, given.samples)
        for people in given.people
        for number in range(len(SHIFTS))
    ]
    print(table([one for one, _ in cases]))
    print("\ndifferences")
    print(table([apart for _, apart in cases]))


if __name__ == "__main__":
    main()

"""People drawn again: every draw against a plain loop, and intervals against what they promise."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anthology.analysis import bootstrap, resampling
from anthology.analysis import distances as measures
from anthology.analysis import sufficient_stats as sums
from anthology.analysis.bootstrap import ALPHA
from anthology.analysis.distances import FloatArray
from anthology.analysis.features import side, sums_of
from tests.analysis.test_distances import NAN, Survey, same, surveys

METRICS = (
    *("wasserstein", "wasserstein_normalised", "total_variation", "frobenius", "l1", "cbs"),
    ALPHA,
)


def others(positions: FloatArray, sizes: list[int], seed: int, missing: float = 0.1) -> FloatArray:
    """Answers of personas that stand for the same people, one in eight of whom has none."""
    rng = np.random.default_rng(seed)
    found = np.stack([rng.integers(1, k + 1, len(positions)) for k in sizes], axis=1).astype(float)
    found[rng.random(found.shape) < missing] = NAN
    found[rng.random(len(found)) < 1 / 8] = NAN
    return found


def present(positions: FloatArray) -> measures.BoolArray:
    return np.asarray(~np.isnan(positions).all(axis=1))


def loop(
    people: FloatArray, personas: FloatArray, sizes: list[int], *weights: FloatArray
) -> dict[str, float]:
    """Return every metric of some people and their personas, by `measures` alone."""
    one = measures.group_stats(people, sizes, weights[0])
    two = measures.group_stats(personas, sizes, weights[1])
    found = {name: float(value) for name, value in measures.all_distances(one, two, sizes).items()}
    return {**found, ALPHA: measures.cronbach_alpha(personas)}


@settings(max_examples=40)
@given(surveys(least=1), st.booleans())
def test_each_draw_is_what_repeating_its_people_gives(survey: Survey, weighted: bool) -> None:
    people, sizes, weights = survey
    personas = others(people, sizes, len(people))
    counted = weights if weighted else np.ones(len(people))
    humans = side(people, sizes, weights, np.ones(len(people)) > 0)
    row = side(personas, sizes, counted, present(personas))
    counts = bootstrap.resample_respondents(len(people), 5, np.random.default_rng(1))
    alphas, (found,) = resampling.bootstrap_metrics(humans, [row], sizes, [counts], 1)
    for draw, drawn in enumerate(counts):
        again = np.repeat(np.arange(len(people)), drawn)
        expected = loop(people[again], personas[again], sizes, weights[again], counted[again])
        same([found[name][draw] for name in METRICS], [expected[name] for name in METRICS])
        same(alphas[draw], measures.cronbach_alpha(people[again]))


def test_people_are_drawn_as_often_as_there_are_and_further_draws_change_none() -> None:
    found = bootstrap.resample_respondents(50, 30, np.random.default_rng(2))
    assert (found.sum(axis=1) == 50).all()
    assert (bootstrap.resample_respondents(50, 40, np.random.default_rng(2))[:30] == found).all()
    # Each is drawn once on average, with the variance (n - 1) / n.
    many = bootstrap.resample_respondents(50, 4_000, np.random.default_rng(3))
    assert many.mean(axis=0) == pytest.approx(1, abs=0.08)
    assert many.var() == pytest.approx(49 / 50, abs=0.02)


def test_nobody_can_be_drawn_from_nobody() -> None:
    assert bootstrap.resample_respondents(0, 3, np.random.default_rng(0)).shape == (3, 0)


def test_personas_stay_with_their_people() -> None:
    people, sizes, weights = sample(80, 1)
    own = side(people, sizes, weights, np.ones(80) > 0)
    counts = bootstrap.resample_respondents(80, 20, np.random.default_rng(0))
    alphas, (found,) = resampling.bootstrap_metrics(own, [own], sizes, [counts], 1)
    for name in METRICS[:-1]:
        same(found[name], np.zeros(20))
    same(found[ALPHA], alphas)


def test_how_many_threads_there_are_changes_no_bit() -> None:
    people, sizes, weights = sample(200, 2)
    humans = side(people, sizes, weights, np.ones(200) > 0)
    rows = [side(others(people, sizes, i), sizes, weights, np.ones(200) > 0) for i in range(3)]
    counts = bootstrap.resample_respondents(200, 700, np.random.default_rng(0))
    one, few = resampling.bootstrap_metrics(humans, rows, sizes, [counts], 1)
    two, more = resampling.bootstrap_metrics(humans, rows, sizes, [counts], 2)
    assert (one == two).all()
    for first, second in zip(few, more, strict=True):
        assert all((first[name] == second[name]).all() for name in METRICS)


def sample(people: int, seed: int) -> tuple[FloatArray, list[int], FloatArray]:
    """Draw people whose answers go together."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(people, 1))
    positions = np.clip(np.round(2.5 + common + rng.normal(size=(people, 3))), 1, 4)
    return positions, [4, 4, 5], rng.gamma(2, size=people)


@pytest.mark.parametrize("metric", METRICS)
def test_an_interval_is_the_quantiles_reflected_on_the_scale_of_the_metric(metric: str) -> None:
    draws = np.random.default_rng(0).normal(0.5, 0.02, 1_001)
    low, high = bootstrap.confidence_interval(
        0.48, bootstrap.reflect_draws(metric, 0.48, draws), 0.9
    )
    below, above = np.quantile(draws, [0.05, 0.95])
    if metric == ALPHA:
        # log(1 - alpha) is decreasing: the upper quantile gives the lower end.
        ends = [1 - 0.52**2 / (1 - above), 1 - 0.52**2 / (1 - below)]
        ends = sorted(ends)
    elif metric == "cbs":
        ends = [0.96 - above, 0.96 - below]
    else:
        ends = [np.sqrt(2 * 0.48**2 - above**2), np.sqrt(2 * 0.48**2 - below**2)]
    # Quantiles are taken between draws, where a curved scale is nearly straight.
    assert [low, high] == pytest.approx(ends, abs=1e-5)


@given(
    st.sampled_from(METRICS),
    st.floats(0, 1),
    st.lists(st.floats(0, 1) | st.just(NAN), min_size=1, max_size=20),
)
def test_an_interval_holds_its_estimate_and_stays_in_range(
    metric: str, estimate: float, draws: list[float]
) -> None:
    reflected = bootstrap.reflect_draws(metric, estimate, np.array(draws))
    low, high = bootstrap.confidence_interval(estimate, reflected, 0.95)
    if np.isnan(draws).all():
        assert np.isnan(low)
        assert np.isnan(high)
    else:
        assert low <= estimate <= high <= 1 + (metric in ("wasserstein", "frobenius", "l1"))
        assert low >= (-np.inf if metric == ALPHA else 0)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("metric", METRICS)
def test_what_is_undefined_has_no_interval(metric: str) -> None:
    some, none = np.array([0.1, NAN, 0.3]), np.array([NAN, NAN])
    assert not np.isnan(
        bootstrap.confidence_interval(0.2, bootstrap.reflect_draws(metric, 0.2, some), 0.95)
    ).any()
    assert np.isnan(
        bootstrap.confidence_interval(0.2, bootstrap.reflect_draws(metric, 0.2, none), 0.95)
    ).all()
    assert np.isnan(
        bootstrap.confidence_interval(NAN, bootstrap.reflect_draws(metric, NAN, some), 0.95)
    ).all()


def answers(common: FloatArray, shift: float, rng: np.random.Generator) -> FloatArray:
    """Four-point answers of a one-factor model, the items shifted to both sides."""
    signs = np.array([1, -1, 1, -1, 1, -1])
    noise = rng.normal(size=(len(common), 6))
    latent = 0.7 * common[:, None] + np.sqrt(1 - 0.49) * noise + shift * signs
    cuts = np.linspace(-1, 1, 18).reshape(6, 3, order="F")
    return np.asarray(1.0 + (latent[:, :, None] > cuts).sum(axis=2))


@pytest.mark.parametrize("shift", [0.0, 0.1, 0.4])
def test_intervals_hold_the_truth_about_as_often_as_they_say(shift: float) -> None:
    rng = np.random.default_rng(7)
    sizes, crowd, people, tries = [4] * 6, 100_000, 300, 120
    common = rng.normal(size=crowd)
    all_people, all_personas = answers(common, 0, rng), answers(common, shift, rng)
    equal = np.ones(people)
    truth = loop(all_people, all_personas, sizes, np.ones(crowd), np.ones(crowd))
    held: dict[str, Any] = dict.fromkeys(METRICS, 0)
    for _ in range(tries):
        drawn = rng.integers(crowd, size=people)
        first, second = all_people[drawn], all_personas[drawn]
        sides = [side(part, sizes, equal, equal > 0) for part in (first, second)]
        counts = bootstrap.resample_respondents(people, 300, rng)
        _, (draws,) = resampling.bootstrap_metrics(sides[0], sides[1:], sizes, [counts], 1)
        for name, estimate in loop(first, second, sizes, equal, equal).items():
            reflected = bootstrap.reflect_draws(name, estimate, draws[name])
            low, high = bootstrap.confidence_interval(estimate, reflected, 0.95)
            held[name] += low <= truth[name] <= high
    for name, count in held.items():
        assert count / tries >= 0.84, f"{name} was held {count} times in {tries}"


@given(surveys(least=1), st.booleans())
def test_sums_of_a_whole_group_give_its_measures(survey: Survey, weighted: bool) -> None:
    positions, sizes, weights = survey
    once = np.ones((1, len(positions)), dtype=np.uint8)
    counted = weights if weighted else np.ones(len(positions))
    (whole,) = sums_of([side(positions, sizes, counted, counted > 0)], once)
    found = sums.groups(whole.distances, sizes)
    expected = measures.group_stats(positions, sizes, counted)
    same(found.shares[0], expected.shares)
    same(found.correlations[0], expected.correlations)
    same(sums.alphas(whole.alpha, len(sizes))[0], measures.cronbach_alpha(positions))

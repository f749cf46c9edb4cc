"""Bootstrap resamples of people, and intervals against what they promise."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anthology.analysis import bootstrap
from anthology.analysis.metrics import METRICS, Metric
from anthology.analysis.permutation import draw_sign_flips
from anthology.analysis.resampling import bootstrap_metrics
from tests.support.random_answers import NAN, metrics_one_by_one, one_factor_answers, row_of


def test_as_many_people_are_drawn_as_there_are_and_further_draws_change_none() -> None:
    found = bootstrap.resample_respondents(50, 30, np.random.default_rng(2))
    assert (found.sum(axis=1) == 50).all()
    assert (bootstrap.resample_respondents(50, 40, np.random.default_rng(2))[:30] == found).all()
    # Each is drawn once on average, with the variance (n - 1) / n.
    many = bootstrap.resample_respondents(50, 4_000, np.random.default_rng(3))
    assert many.mean(axis=0) == pytest.approx(1, abs=0.08)
    assert many.var() == pytest.approx(49 / 50, abs=0.02)
    assert bootstrap.resample_respondents(0, 3, np.random.default_rng(0)).shape == (3, 0)


@given(st.integers(0, 70), st.integers(1, 200), st.integers(1, 40_000))
def test_draws_taken_a_few_at_a_time_are_those_taken_at_once(
    people: int, count: int, held: int
) -> None:
    for draw in (bootstrap.resample_respondents, draw_sign_flips):
        at_once = draw(people, count, np.random.default_rng(1))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(bootstrap, "_HELD", held)
            parts = list(bootstrap.draw_in_blocks(draw, people, count, np.random.default_rng(1)))
        assert (np.concatenate(parts) == at_once).all()
        assert all(len(part) * people <= max(held, 32 * people) for part in parts)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_an_interval_is_the_quantiles_reflected_on_the_scale_of_the_metric(metric: Metric) -> None:
    draws = np.random.default_rng(0).normal(0.5, 0.02, 1_001)
    low, high = bootstrap.confidence_interval(
        0.48, bootstrap.reflect_draws(metric, 0.48, draws), 0.9
    )
    below, above = np.quantile(draws, [0.05, 0.95])
    if metric.name == "cronbach_alpha":
        # log(1 - alpha) is decreasing: the upper quantile gives the lower end.
        ends = [1 - 0.52**2 / (1 - above), 1 - 0.52**2 / (1 - below)]
        ends = sorted(ends)
    elif metric.name == "cbs":
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
    metric: Metric, estimate: float, draws: list[float]
) -> None:
    reflected = bootstrap.reflect_draws(metric, estimate, np.array(draws))
    low, high = bootstrap.confidence_interval(estimate, reflected, 0.95)
    if np.isnan(draws).all():
        assert np.isnan(low)
        assert np.isnan(high)
    else:
        assert low <= estimate <= high <= 1 + (metric.name in ("wasserstein", "frobenius", "l1"))
        assert low >= (-np.inf if metric.name == "cronbach_alpha" else 0)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_what_is_undefined_has_no_interval(metric: Metric) -> None:
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


@pytest.mark.parametrize("shift", [0.0, 0.1, pytest.param(0.4, marks=pytest.mark.slow)])
def test_intervals_hold_the_truth_about_as_often_as_they_say(shift: float) -> None:
    rng = np.random.default_rng(7)
    sizes, crowd, people, tries = [4] * 6, 100_000, 300, 120
    common = rng.normal(size=crowd)
    humans, personas = (one_factor_answers(common, by, rng) for by in (0, shift))
    truth = metrics_one_by_one(humans, personas, sizes, np.ones(crowd))
    held = Counter[str]()
    for _ in range(tries):
        drawn = rng.integers(crowd, size=people)
        first, second = humans[drawn], personas[drawn]
        counts = bootstrap.resample_respondents(people, 300, rng)
        _, draws = bootstrap_metrics(row_of(first, sizes), [row_of(second, sizes)], [counts], 1)
        estimates = metrics_one_by_one(first, second, sizes, np.ones(people))
        for metric in METRICS:
            estimate = estimates[metric.name]
            reflected = bootstrap.reflect_draws(metric, estimate, draws[metric.name])
            low, high = bootstrap.confidence_interval(estimate, reflected, 0.95)
            held[metric.name] += low <= truth[metric.name] <= high
    for metric in METRICS:
        count = held[metric.name]
        assert count / tries >= 0.84, f"{metric.name} was held {count} times in {tries}"

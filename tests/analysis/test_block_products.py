"""Sums over the people of many groups come out the same however they are taken."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anthology.analysis import block_products as products
from anthology.analysis import bootstrap, resampling
from anthology.analysis import distances as measures
from anthology.analysis import permutation as paired
from anthology.analysis.block_products import Features, Given, totals
from anthology.analysis.features import side, sums_of
from tests.analysis.test_bootstrap import METRICS, others, present
from tests.analysis.test_distances import Survey, surveys

sizes_of_blocks = st.tuples(st.integers(1, 9), st.integers(1, 9))


class Sparse:
    """Features of every third person alone."""

    def __init__(self, values: Any) -> None:
        self.values = values

    @property
    def heights(self) -> tuple[int, ...]:
        return (len(self.values),)

    def features(self, people: slice) -> tuple[Features, ...]:
        places = np.arange(people.start, people.stop)
        some = np.flatnonzero(places % 3 == 0)
        return (Features(self.values[:, people][:, some], some, 9.0),)


@given(st.integers(0, 30), sizes_of_blocks, st.sampled_from([1, 2]), st.integers(0, 100))
def test_sums_are_those_of_one_product(
    people: int, blocks: tuple[int, int], jobs: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    whole, broken = rng.integers(-9, 10, size=(4, people)), rng.normal(size=(3, people))
    counts = rng.integers(0, 5, size=(7, people), dtype=np.uint8)
    sources: list[products.Source] = [
        Given(whole.astype(np.float32), 9.0),
        Given(broken),
        Sparse(whole),
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(products, "_PEOPLE", blocks[0])
        patch.setattr(products, "_GROUPS", blocks[1])
        (one,), (two,), (three,) = totals(sources, counts, jobs)
    assert (one == whole @ counts.T.astype(np.int64)).all()
    assert two == pytest.approx(broken @ counts.T, abs=1e-12)
    third = np.where(np.arange(people) % 3 == 0, whole, 0)
    assert (three == third @ counts.T.astype(np.int64)).all()


@pytest.mark.parametrize("largest", [1.0, 4_095.0, 65_537.0])
def test_sums_of_whole_numbers_are_exact_however_large(largest: float) -> None:
    people = 5_000
    counts = np.full((1, people), 3, dtype=np.uint8)
    values = np.full((1, people), largest)
    values[0, -1] = 1
    ((found,),) = totals([Given(values, largest)], counts)
    assert found[0, 0] == 3 * (largest * (people - 1) + 1)


@given(st.integers(0, 70), st.integers(1, 200), st.integers(1, 40_000))
def test_draws_taken_a_few_at_a_time_are_those_taken_at_once(
    people: int, count: int, held: int
) -> None:
    for draw in (bootstrap.resample_respondents, paired.draw_sign_flips):
        at_once = draw(people, count, np.random.default_rng(1))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(bootstrap, "_HELD", held)
            parts = list(bootstrap.draw_in_blocks(draw, people, count, np.random.default_rng(1)))
        assert (np.concatenate(parts) == at_once).all()
        assert all(len(part) * people <= max(held, 32 * people) for part in parts)


@pytest.mark.slow
@settings(max_examples=20)
@given(surveys(least=2), st.booleans())
def test_neither_blocks_nor_threads_change_a_metric(survey: Survey, weighted: bool) -> None:
    people, sizes, weights = survey
    counted = weights if weighted else np.ones(len(people))
    rows = [others(people, sizes, seed) for seed in (1, 2, 3)]
    sides = [side(row, sizes, counted, present(row)) for row in rows]
    humans = side(people, sizes, weights, np.ones(len(people)) > 0)
    group = measures.group_stats(people, sizes, weights)
    counts = bootstrap.resample_respondents(len(people), 40, np.random.default_rng(3))
    swaps = paired.draw_sign_flips(len(people), 40, np.random.default_rng(3))
    pairs = {pair: dict.fromkeys(METRICS, 0.1) for pair in ((0, 1), (0, 2), (1, 2))}

    def found(block: int, jobs: int) -> Any:
        parts = [slice(start, start + block) for start in range(0, 40, block)]
        alphas, draws = resampling.bootstrap_metrics(
            humans, sides, sizes, (counts[part] for part in parts), jobs
        )
        exchanged = resampling.permute_pairs(
            group, sides, sizes, pairs, (swaps[part] for part in parts), jobs
        )
        return alphas, draws, exchanged

    alphas, draws, exchanged = found(40, 1)
    again, more, others_exchanged = found(32, 2)
    np.testing.assert_allclose(again, alphas, atol=1e-12)
    for one, two in zip(draws, more, strict=True):
        for name in METRICS:
            np.testing.assert_allclose(two[name], one[name], atol=1e-12)
    assert others_exchanged == exchanged


def test_what_nobody_is_left_to_give_is_nothing_and_no_rest() -> None:
    # All who answered the second item are exchanged: of the others, nobody has a share of it.
    positions = np.array([[1, 2], [2, 1], [1, np.nan], [2, np.nan]])
    weights = np.array([0.1, 0.7, 1.3, 0.2])
    everybody = np.ones(4, dtype=np.bool_)
    swapped = np.array([[True, True, False, False]])
    (parted,) = resampling._part([side(positions, [2, 2], weights, everybody)], swapped, 1)
    assert (parted.kept.distances[2:4] == 0).all()
    (whole,) = sums_of([side(positions, [2, 2], weights, everybody)], np.ones((1, 4)))
    assert (parted.kept + parted.swapped).distances == pytest.approx(whole.distances)

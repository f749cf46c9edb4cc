"""The tables of intervals and of paired tests, and whether the tests keep what they promise."""

import csv
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest
from statsmodels.stats.multitest import multipletests

from anthology.analysis import distances as measures
from anthology.analysis import permutation as paired
from anthology.analysis import resampling
from anthology.analysis.bootstrap import ALPHA
from anthology.analysis.features import side
from anthology.analysis.intervals import INTERVALS
from anthology.stages import comparisons
from tests.analysis.test_bootstrap import METRICS, answers, loop, others, present
from tests.analysis.test_distances import NAN, Survey, same, surveys
from tests.stages.test_metrics import (
    ITEMS,
    NAMES,
    ROWS,
    frames,
    population,
    write_humans,
    write_responses,
)
from tests.stages.test_metrics import run as run_metrics
from tests.stages.test_metrics import settings_for as metric_settings
from tests.support.project import Project

Table = list[dict[str, str]]
DISTANCES = ("wasserstein", "total_variation", "frobenius", "l1", "cbs")


def settings_for(**changes: Any) -> comparisons.Settings:
    given = metric_settings().model_dump() | {
        "bootstrap_resamples": 200,
        "confidence": 0.9,
        **changes,
    }
    return comparisons.Settings.model_validate(given)


def read(path: Path) -> Table:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def run(
    folder: Path,
    given: comparisons.Settings,
    people: pd.DataFrame,
    responses: Mapping[tuple[str, str], pd.DataFrame],
    jobs: int = 1,
) -> tuple[Table, Table]:
    """Run the stage and read both tables."""
    folder.mkdir(exist_ok=True)
    files = [
        write_responses(folder / f"{i}.parquet", frame, row)
        for i, (row, frame) in enumerate(responses.items())
    ]
    intervals, pairs = folder / "intervals.csv", folder / "comparisons.csv"
    comparisons.run(
        given,
        humans=write_humans(folder / "humans.parquet", people),
        responses=files,
        intervals=intervals,
        comparisons=pairs,
        jobs=jobs,
    )
    return read(intervals), read(pairs)


@pytest.mark.parametrize("weighting", ["none", "respondent"])
def test_estimates_and_bounds_are_the_numbers_of_metrics_csv(
    weighting: str, tmp_path: Path
) -> None:
    given = settings_for(persona_weights=weighting)
    intervals, pairs = run(tmp_path, given, population(), frames())
    published = metric_settings(persona_weights=weighting)
    table, _ = run_metrics(tmp_path / "published", published, population(), frames())
    assert len(intervals) == len(METRICS) * (1 + len(ROWS))
    by_row = {(row["model"], row["condition"]): row for row in table}
    for row in intervals:
        if row["metric"] != "wasserstein_normalised":
            assert row["estimate"] == by_row[row["model"], row["condition"]][row["metric"]]
            if row["condition"] != "human":
                assert row["bound"] == by_row["", "human"][row["metric"]]
        assert float(row["low"]) <= float(row["estimate"]) <= float(row["high"])
    for row in pairs:
        one = by_row[row["model_a"], row["condition_a"]][row["metric"]]
        two = by_row[row["model_b"], row["condition_b"]][row["metric"]]
        assert float(row["difference"]) == pytest.approx(float(one) - float(two), abs=2e-6)
        assert float(row["low"]) <= float(row["difference"]) <= float(row["high"])
        assert 1 / 201 <= float(row["p"]) <= float(row["p_adjusted"]) <= 1


def test_every_metric_compares_every_two_rows_once(tmp_path: Path) -> None:
    _, pairs = run(tmp_path, settings_for(), population(), frames())
    named = [
        (row["metric"], (row["model_a"], row["condition_a"]), (row["model_b"], row["condition_b"]))
        for row in pairs
    ]
    assert named == [
        (metric, *pair) for metric in (*DISTANCES, ALPHA) for pair in combinations(ROWS, 2)
    ]
    for metric in (*DISTANCES, ALPHA):
        values = [row for row in pairs if row["metric"] == metric]
        adjusted = multipletests([float(row["p"]) for row in values], method="holm")[1]
        assert [float(row["p_adjusted"]) for row in values] == pytest.approx(adjusted, abs=1e-5)


def test_the_bound_spreads_over_splits(tmp_path: Path) -> None:
    rows = []
    for confidence in (0.6, 0.98):
        intervals, _ = run(tmp_path, settings_for(confidence=confidence), population(), frames())
        rows.append({row["metric"]: row for row in intervals if row["condition"] == "human"})
        persona = next(row for row in intervals if row["condition"] == "bio")
        assert persona["bound_low"] == rows[-1]["wasserstein"]["low"]
    for metric in METRICS:
        narrow, wide = rows[0][metric], rows[1][metric]
        assert float(wide["low"]) < float(narrow["low"]) < float(narrow["estimate"])
        assert float(wide["high"]) > float(narrow["high"]) > float(narrow["estimate"])


def test_neither_order_nor_threads_nor_another_row_change_a_byte(tmp_path: Path) -> None:
    people, responses = population(), frames()
    intervals, pairs = run(tmp_path / "a", settings_for(), people, responses)
    turned = {row: frame.sample(frac=1, random_state=1) for row, frame in responses.items()}
    shuffled = people.sample(frac=1, random_state=2)
    run(tmp_path / "b", settings_for(), shuffled, dict(reversed(turned.items())), jobs=2)
    for name in ("intervals.csv", "comparisons.csv"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    fewer = {row: responses[row] for row in ROWS[:2]}
    given = settings_for(rows=[list(row) for row in fewer])
    known, (first, *_) = run(tmp_path / "c", given, people, fewer)
    assert known == intervals[: len(known)]
    assert first["p"] == pairs[0]["p"]


@settings(max_examples=30)
@given(surveys(least=2), st.booleans(), st.booleans())
def test_each_exchange_is_what_exchanging_answers_gives(
    survey: Survey, weighted: bool, gaps: bool
) -> None:
    people, sizes, weights = survey
    counted = weights if weighted else np.ones(len(people))
    rows = [others(people, sizes, seed) for seed in (1, 2)]
    if not gaps:
        rows[1][~present(rows[0])] = NAN
        rows[0][~present(rows[1])] = NAN
    sides = [side(row, sizes, counted, present(row)) for row in rows]
    swaps = paired.draw_sign_flips(len(people), 6, np.random.default_rng(3))
    observed = dict.fromkeys(METRICS, 0.1)
    whole = measures.group_stats(people, sizes, weights)
    found = resampling.permute_pairs(whole, sides, sizes, {(0, 1): observed}, [swaps], 1)
    both = present(rows[0]) & present(rows[1])
    differences = []
    for swapped in swaps:
        moved = (swapped & both)[:, None]
        pair = np.where(moved, rows[1], rows[0]), np.where(moved, rows[0], rows[1])
        one, two = (loop(people, part, sizes, weights, counted) for part in pair)
        differences.append([one[name] - two[name] for name in METRICS])
    for name, values in zip(METRICS, np.array(differences).T, strict=True):
        assert found[0, 1][name].defined == (~np.isnan(values)).sum()
        assert found[0, 1][name].far == (np.abs(values) >= 0.1 - 1e-9).sum()


@settings(max_examples=40)
@given(st.lists(st.floats(0, 1) | st.just(NAN), max_size=12))
def test_holm_agrees_with_statsmodels_and_leaves_out_what_was_not_tested(
    values: list[float],
) -> None:
    tested = [value for value in values if not np.isnan(value)]
    expected = iter(multipletests(tested, method="holm")[1] if tested else [])
    same(
        paired.holm_adjust(values), [NAN if np.isnan(value) else next(expected) for value in values]
    )


def p_values(shift: float, tries: int, seed: int) -> dict[str, list[float]]:
    """Test two sets of personas that answer alike, or of whom one is shifted."""
    rng = np.random.default_rng(seed)
    sizes, people, draws = [4] * 6, 60, 99
    found: dict[str, list[float]] = {name: [] for name in METRICS}
    equal = np.ones(people)
    for _ in range(tries):
        common = rng.normal(size=people)
        humans = answers(common, 0, rng)
        rows = [answers(common, 0.1, rng), answers(common, 0.1 + shift, rng)]
        one, two = (loop(humans, row, sizes, equal, equal) for row in rows)
        observed = {name: one[name] - two[name] for name in METRICS}
        sides = [side(row, sizes, equal, equal > 0) for row in rows]
        swaps = paired.draw_sign_flips(people, draws, rng)
        whole = measures.group_stats(humans, sizes, equal)
        counted = resampling.permute_pairs(whole, sides, sizes, {(0, 1): observed}, [swaps], 1)
        for name, value in counted[0, 1].items():
            found[name].append(paired.p_value(value.far, value.defined))
    return found


@pytest.mark.slow
def test_p_is_uniform_where_two_conditions_are_the_same() -> None:
    for name, values in p_values(0, 200, 11).items():
        assert kstest(values, "uniform").pvalue > 0.01, name
        assert np.mean(np.array(values) <= 0.05) <= 0.1, name


def test_p_is_small_where_two_conditions_differ() -> None:
    found = p_values(0.6, 10, 12)
    assert np.median(found["wasserstein"]) <= 0.02
    assert np.median(found["total_variation"]) <= 0.02


def answer(frame: pd.DataFrame, item: str, code: int | None) -> pd.DataFrame:
    """Have everybody give the same answer to an item, or to all, or none."""
    chosen = frame["item"].isin([item] if item else NAMES)
    codes: Any = frame["code"].astype(object).mask(chosen, code)
    return frame.assign(code=codes)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("case", ["no answer to TRUST", "all refused", "one answer", "one person"])
def test_degenerate_answers_have_defined_rows_with_a_reason(case: str, tmp_path: Path) -> None:
    responses = frames()
    first = responses[ROWS[0]]
    responses[ROWS[0]] = {
        "no answer to TRUST": answer(first, "TRUST", None),
        "all refused": answer(first, "", None),
        "one answer": answer(first, "TRUST", 1),
        "one person": first[first["respondent"] == first["respondent"][0]],
    }[case]
    intervals, pairs = run(tmp_path, settings_for(), population(), responses)
    own = {row["metric"]: row for row in intervals[len(METRICS) : 2 * len(METRICS)]}
    assert (own["wasserstein"]["condition"], len(own)) == ("bio", len(METRICS))
    missing = {name for name, row in own.items() if not row["low"]}
    expected = {
        "no answer to TRUST": set(METRICS),
        "all refused": set(METRICS),
        "one answer": set(),
        "one person": set(METRICS),
    }[case]
    assert missing == expected
    for name in missing:
        assert own[name]["notes"]
    for row in pairs:
        concerned = ROWS[0] == (row["model_a"], row["condition_a"])
        assert bool(row["low"]) == (not (concerned and row["metric"] in missing))
        assert bool(row["low"]) or row["notes"].startswith("a: ")


@pytest.mark.filterwarnings("error")
def test_conditions_without_people_in_common_cannot_be_tested(tmp_path: Path) -> None:
    responses = frames()
    first, second = responses[ROWS[0]], responses[ROWS[1]]
    here = first["respondent"] < "p020"
    responses[ROWS[0]], responses[ROWS[1]] = first[here], second[~here]
    _, pairs = run(tmp_path, settings_for(), population(), responses)
    for row in pairs:
        apart = [(row["model_a"], row["condition_a"]), (row["model_b"], row["condition_b"])]
        if apart == ROWS[:2]:
            assert row["difference"]
            assert (row["p"], row["p_adjusted"]) == ("", "")
            assert "nobody has a persona in both" in row["notes"]
        else:
            assert row["p"]


@pytest.mark.filterwarnings("error")
def test_nobody_at_all_is_no_crash(tmp_path: Path) -> None:
    nobody = {row: frame.iloc[:0] for row, frame in frames().items()}
    intervals, pairs = run(tmp_path, settings_for(), population().iloc[:0], nobody)
    assert all(row["notes"] and not row["estimate"] for row in intervals)
    assert all(row["notes"] and not row["difference"] for row in pairs)


@pytest.mark.filterwarnings("error")
def test_people_without_answers_to_an_item_leave_every_distance_undefined(tmp_path: Path) -> None:
    people = population()
    people["TRUST"] = pd.array([None] * len(people), "Int16")
    intervals, pairs = run(tmp_path, settings_for(), people, frames())
    for row in intervals:
        assert bool(row["estimate"]) == (row["metric"] == ALPHA and row["condition"] != "human")
        assert row["estimate"] or "no answer to TRUST" in row["notes"] or row["metric"] == ALPHA
    assert {row["metric"] for row in pairs if row["p"]} == {ALPHA}


def test_one_item_and_one_row_are_enough_for_distances_of_shares(tmp_path: Path) -> None:
    people, first = population()[["respondent", "weight", "TRUST"]], frames()[ROWS[0]]
    given = settings_for(items=ITEMS[:1], rows=[list(ROWS[0])])
    alone = {ROWS[0]: first[first["item"] == NAMES[0]]}
    intervals, pairs = run(tmp_path, given, people, alone)
    assert pairs == []
    for row in intervals:
        assert bool(row["low"]) == (row["metric"] not in ("frobenius", "l1", "cbs", ALPHA))
        assert row["low"] or "one item has no" in row["notes"]


def test_a_rare_item_is_undefined_in_some_draws_and_says_so(tmp_path: Path) -> None:
    responses = frames()
    for place in (0, 1):
        frame = answer(responses[ROWS[place]], "TRUST", None)
        frame.loc[np.flatnonzero(frame["item"] == "TRUST")[place], "code"] = 2
        responses[ROWS[place]] = frame
    intervals, pairs = run(tmp_path, settings_for(), population(), responses)
    own = intervals[len(METRICS)]
    assert own["low"]
    assert own["notes"].startswith("undefined in ")
    assert "exchanges" in pairs[0]["notes"]
    assert "exchanges" not in pairs[1]["notes"]


@pytest.mark.slow
def test_the_study_makes_the_tables_and_a_change_makes_again_only_what_it_concerns(
    project: Project,
) -> None:
    resampled = {"results/w34/intervals.csv", "results/w34/comparisons.csv"}
    full = {"results/w34/metrics_full.csv"}
    project.configure(lambda config: config["metrics"].update(bootstrap_resamples=150))
    project.make(*resampled, *full)
    intervals = read(project.path / "results/w34/intervals.csv")
    assert tuple(intervals[0]) == INTERVALS
    assert len(read(project.path / "results/w34/comparisons.csv")) == 55 * 6
    assert len(read(project.path / "results/w34/metrics_full.csv")) == 12

    def stale() -> set[str]:
        return project.stale("results/w34/comparisons.csv", *full, "results/w34/metrics.csv")

    assert stale() == set()
    project.configure(lambda config: config["metrics"].update(bootstrap_resamples=160))
    assert stale() == resampled
    project.configure(lambda config: config["metrics"].update(bootstrap_resamples=150))
    survey, item = "config/surveys/w34.yaml", "  - variable: FUD37A_W34\n"
    project.replace(survey, item, f"{item}    reverse_coded: true\n")
    assert stale() == full

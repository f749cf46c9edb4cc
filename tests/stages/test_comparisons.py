"""Intervals and tests of every two conditions: the stage, its tables, and what makes it stale."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from anthology.analysis.intervals import INTERVALS
from anthology.analysis.metrics import METRICS, main_metrics
from tests.support.metric_tables import (
    ITEMS,
    NAMES,
    ROWS,
    answer,
    comparison_settings,
    frames,
    population,
    read,
    run_comparisons,
    run_metrics,
    settings_for,
)
from tests.support.project import Project

COMPARED = [metric.name for metric in main_metrics()]
ALPHA = "cronbach_alpha"


@pytest.mark.parametrize("weighting", ["none", "respondent"])
def test_estimates_and_bounds_are_the_numbers_of_metrics_csv(
    weighting: str, tmp_path: Path
) -> None:
    given = comparison_settings(persona_weights=weighting)
    intervals, pairs = run_comparisons(tmp_path, given, population(), frames())
    published = settings_for(persona_weights=weighting)
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
    from statsmodels.stats.multitest import multipletests

    _, pairs = run_comparisons(tmp_path, comparison_settings(), population(), frames())
    named = [
        (row["metric"], (row["model_a"], row["condition_a"]), (row["model_b"], row["condition_b"]))
        for row in pairs
    ]
    assert named == [(metric, *pair) for metric in COMPARED for pair in combinations(ROWS, 2)]
    for metric in COMPARED:
        values = [row for row in pairs if row["metric"] == metric]
        adjusted = multipletests([float(row["p"]) for row in values], method="holm")[1]
        assert [float(row["p_adjusted"]) for row in values] == pytest.approx(adjusted, abs=1e-5)


def test_the_bound_spreads_over_splits(tmp_path: Path) -> None:
    rows = []
    for confidence in (0.6, 0.98):
        intervals, _ = run_comparisons(
            tmp_path, comparison_settings(confidence=confidence), population(), frames()
        )
        rows.append({row["metric"]: row for row in intervals if row["condition"] == "human"})
        persona = next(row for row in intervals if row["condition"] == "bio")
        assert persona["bound_low"] == rows[-1]["wasserstein"]["low"]
    for metric in METRICS:
        narrow, wide = rows[0][metric.name], rows[1][metric.name]
        assert float(wide["low"]) < float(narrow["low"]) < float(narrow["estimate"])
        assert float(wide["high"]) > float(narrow["high"]) > float(narrow["estimate"])


def test_neither_order_nor_threads_nor_another_row_change_a_byte(tmp_path: Path) -> None:
    people, responses = population(), frames()
    intervals, pairs = run_comparisons(tmp_path / "a", comparison_settings(), people, responses)
    turned = {row: frame.sample(frac=1, random_state=1) for row, frame in responses.items()}
    shuffled = people.sample(frac=1, random_state=2)
    run_comparisons(
        tmp_path / "b", comparison_settings(), shuffled, dict(reversed(turned.items())), jobs=2
    )
    for name in ("intervals.csv", "comparisons.csv"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    fewer = {row: responses[row] for row in ROWS[:2]}
    given = comparison_settings(rows=[list(row) for row in fewer])
    known, (first, *_) = run_comparisons(tmp_path / "c", given, people, fewer)
    assert known == intervals[: len(known)]
    assert first["p"] == pairs[0]["p"]


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
    intervals, pairs = run_comparisons(tmp_path, comparison_settings(), population(), responses)
    own = {row["metric"]: row for row in intervals[len(METRICS) : 2 * len(METRICS)]}
    assert (own["wasserstein"]["condition"], len(own)) == ("bio", len(METRICS))
    missing = {name for name, row in own.items() if not row["low"]}
    everything = {metric.name for metric in METRICS}
    expected: set[str] = {
        "no answer to TRUST": everything,
        "all refused": everything,
        "one answer": set(),
        "one person": everything,
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
    _, pairs = run_comparisons(tmp_path, comparison_settings(), population(), responses)
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
    intervals, pairs = run_comparisons(
        tmp_path, comparison_settings(), population().iloc[:0], nobody
    )
    assert all(row["notes"] and not row["estimate"] for row in intervals)
    assert all(row["notes"] and not row["difference"] for row in pairs)


@pytest.mark.filterwarnings("error")
def test_people_without_answers_to_an_item_leave_every_distance_undefined(tmp_path: Path) -> None:
    people = population()
    people["TRUST"] = pd.array([None] * len(people), "Int16")
    intervals, pairs = run_comparisons(tmp_path, comparison_settings(), people, frames())
    for row in intervals:
        assert bool(row["estimate"]) == (row["metric"] == ALPHA and row["condition"] != "human")
        assert row["estimate"] or "no answer to TRUST" in row["notes"] or row["metric"] == ALPHA
    assert {row["metric"] for row in pairs if row["p"]} == {ALPHA}


def test_one_item_and_one_row_are_enough_for_distances_of_shares(tmp_path: Path) -> None:
    people, first = population()[["respondent", "weight", "TRUST"]], frames()[ROWS[0]]
    given = comparison_settings(items=ITEMS[:1], rows=[list(ROWS[0])])
    alone = {ROWS[0]: first[first["item"] == NAMES[0]]}
    intervals, pairs = run_comparisons(tmp_path, given, people, alone)
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
    intervals, pairs = run_comparisons(tmp_path, comparison_settings(), population(), responses)
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
    assert len(read(project.path / "results/w34/comparisons.csv")) == 6 * 6
    assert len(read(project.path / "results/w34/metrics_full.csv")) == 5

    def stale() -> set[str]:
        return project.stale("results/w34/comparisons.csv", *full, "results/w34/metrics.csv")

    assert stale() == set()
    project.configure(lambda config: config["metrics"].update(bootstrap_resamples=160))
    assert stale() == resampled
    project.configure(lambda config: config["metrics"].update(bootstrap_resamples=150))
    survey, item = "config/surveys/w34.yaml", "  - variable: FUD37A_W34\n"
    project.replace(survey, item, f"{item}    reverse_coded: true\n")
    assert stale() == full

"""What must not change the tables of an analysis, and what must change nothing but its place."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.stages import test_metrics_full
from tests.support.metric_tables import (
    ITEMS,
    NAMES,
    comparison_settings,
    frames,
    population,
    run_comparisons,
    run_metrics,
    settings_for,
)

Frames = Mapping[tuple[str, str], pd.DataFrame]
Tables = dict[str, list[dict[str, str]]]
Items = list[dict[str, Any]]


def tables(
    folder: Path, people: pd.DataFrame, responses: Frames, items: Items = ITEMS, **changes: Any
) -> Tables:
    """Run every analysis of a table of people and one of personas."""
    folder.mkdir()
    heavy = people["weight"] > people["weight"].median()
    known = people.assign(age=heavy.astype(int) + 1, sex=2)
    metrics = settings_for(items=items, **changes)
    published, _ = run_metrics(folder / "metrics", metrics, people, responses)
    full = test_metrics_full.settings_for(items=items)
    resampled = comparison_settings(items=items, **changes)
    intervals, pairs = run_comparisons(folder / "comparisons", resampled, people, responses)
    return {
        "metrics": published,
        "full": test_metrics_full.run(folder / "full", responses, full, known),
        "intervals": intervals,
        "comparisons": pairs,
    }


def weighing(by: Callable[[pd.Series], Any]) -> pd.DataFrame:
    people = population()
    return people.assign(weight=by(people["weight"]))


@pytest.mark.parametrize("weighting", ["none", "respondent"])
def test_doubling_all_weights_changes_no_table(weighting: str, tmp_path: Path) -> None:
    once = tables(tmp_path / "once", population(), frames(), persona_weights=weighting)
    doubled = weighing(lambda weight: 2 * weight)
    assert tables(tmp_path / "twice", doubled, frames(), persona_weights=weighting) == once


def test_equal_weights_make_weighted_numbers_the_unweighted_ones(tmp_path: Path) -> None:
    people = weighing(lambda weight: 0 * weight + 1)
    none = tables(tmp_path / "none", people, frames(), persona_weights="none")
    own = tables(tmp_path / "own", people, frames(), persona_weights="respondent")
    for row, other in zip(own.pop("metrics"), none["metrics"], strict=True):
        # Its notes say how personas are weighted.
        assert {**row, "notes": ""} == {**other, "notes": ""}
    assert own == {name: rows for name, rows in none.items() if name != "metrics"}
    for row in none["full"]:
        assert row["alpha_weighted"] == row["cronbach_alpha"]
        for name in ("wasserstein", "total_variation", "frobenius", "l1", "cbs"):
            assert row[f"{name}_weighted"] == row[name]


def test_the_order_of_people_and_of_replies_changes_no_table(tmp_path: Path) -> None:
    expected = tables(tmp_path / "one", population(), frames())
    mixed = {
        row: frame.sample(frac=1, random_state=3).reset_index(drop=True)
        for row, frame in frames().items()
    }
    people = population().sample(frac=1, random_state=4).reset_index(drop=True)
    assert tables(tmp_path / "two", people, mixed) == expected


def recoded(change: Callable[[int], int]) -> tuple[pd.DataFrame, Frames, Items]:
    """Give every option another code, and its answers with it."""
    people = population()
    for name in NAMES:
        people[name] = people[name].map(change, na_action="ignore").astype("Int16")
    responses = {
        row: frame.assign(code=frame["code"].map(change, na_action="ignore"))
        for row, frame in frames().items()
    }
    items = [{**item, "codes": [change(code) for code in item["codes"]]} for item in ITEMS]
    return people, responses, items


def test_options_with_other_codes_are_the_same_options(tmp_path: Path) -> None:
    expected = tables(tmp_path / "one", population(), frames())
    assert tables(tmp_path / "two", *recoded(lambda code: 700 - 3 * code)) == expected


def test_turning_all_options_round_changes_no_number(tmp_path: Path) -> None:
    expected = tables(tmp_path / "one", population(), frames())
    turned: Items = [{**item, "codes": item["codes"][::-1]} for item in ITEMS]
    assert tables(tmp_path / "two", population(), frames(), turned) == expected


def test_people_by_other_names_change_only_what_is_drawn(tmp_path: Path) -> None:
    def renamed(names: Any) -> Any:
        return names.map(lambda name: f"z{name[::-1]}")

    expected = tables(tmp_path / "one", population(), frames())
    people = population().assign(respondent=lambda frame: renamed(frame["respondent"]))
    responses = {
        row: frame.assign(respondent=renamed(frame["respondent"]))
        for row, frame in frames().items()
    }
    found = tables(tmp_path / "two", people, responses)
    for own, other in zip(expected["metrics"], found["metrics"], strict=True):
        for name in own:
            if own["condition"] != "human" or name in ("valid_share", "cronbach_alpha"):
                assert other[name] == own[name]
    for own, other in zip(expected["comparisons"], found["comparisons"], strict=True):
        assert other["difference"] == own["difference"]

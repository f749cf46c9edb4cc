"""The main table: against plain computations, and what is refused, missing or accounted for."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from anthology.analysis.reply_counts import REPLY_OUTCOMES
from anthology.analysis.split_half import draw_halves
from anthology.errors import DataError
from anthology.io import tables
from anthology.seeds import rng_for
from anthology.stages import metrics
from tests.support import reference_metrics as reference
from tests.support.metric_tables import (
    ITEMS,
    NAMES,
    PEOPLE,
    ROWS,
    SIZES,
    frames,
    numbers,
    persona_positions,
    population,
    positions_of,
    read,
    run_metrics,
    settings_for,
    write_humans,
    write_responses,
)


def test_the_human_row_agrees_with_a_plain_loop(tmp_path: Path) -> None:
    people = population()
    rows, _ = run_metrics(tmp_path, settings_for(), people, frames())
    first = draw_halves(PEOPLE, 20, rng_for(5, "metrics", "toy", "splits"))
    ordered = people.sort_values("respondent")
    positions = positions_of(ordered)
    expected = reference.human_row(positions, SIZES, ordered["weight"].to_numpy(), first)
    human = rows[0]
    assert (human["survey"], human["model"], human["condition"]) == ("toy", "", "human")
    assert numbers(human) == pytest.approx(
        [expected[name] for name in reference.MEASURES], abs=1e-6
    )
    assert float(human["cronbach_alpha"]) == pytest.approx(
        reference.cronbach_alpha(positions), abs=1e-6
    )
    assert human["n_respondents"] == str(PEOPLE)
    assert float(human["valid_share"]) == pytest.approx((~np.isnan(positions)).mean(), abs=1e-6)
    assert (human["humans"], human["backstories"], human["answers"]) == ("toy people", "", "")
    assert (human["n_backstories"], human["notes"]) == ("", "")


@pytest.mark.parametrize("weighting", ["none", "respondent"])
def test_persona_rows_agree_with_a_plain_computation(weighting: str, tmp_path: Path) -> None:
    people, responses = population(), frames()
    rows, _ = run_metrics(tmp_path, settings_for(persona_weights=weighting), people, responses)
    assert [(row["model"], row["condition"]) for row in rows[1:]] == ROWS
    weight_of = people.set_index("respondent")["weight"]
    for row, (key, frame) in zip(rows[1:], responses.items(), strict=True):
        positions, names = persona_positions(frame)
        weights = weight_of[names].to_numpy() if weighting == "respondent" else np.ones(len(names))
        expected = reference.compare(
            positions_of(people), positions, SIZES, people["weight"].to_numpy(), weights
        )
        assert numbers(row) == pytest.approx(
            [expected[name] for name in reference.MEASURES], abs=1e-6
        )
        assert float(row["cronbach_alpha"]) == pytest.approx(
            reference.cronbach_alpha(positions), abs=1e-6
        )
        assert row["n_respondents"] == "40"
        assert row["n_backstories"] == str(frame["backstory"].nunique())
        assert float(row["valid_share"]) == pytest.approx(frame["code"].notna().mean(), abs=1e-6)
        assert row["answers"] == f"{key[0]}-0.1"
        assert row["backstories"] == ("toy stories" if "greedy" in key[1] else "")
        assert row["traits"] == ("toy reader" if "greedy" in key[1] else "")


def test_personas_who_answer_like_the_people_are_at_no_distance(tmp_path: Path) -> None:
    people = population(missing=0)
    long = people.melt(["respondent", "weight"], NAMES, "item", "code")
    perfect = long[["respondent", "item", "code"]].assign(
        backstory=None,
        valid=1,
        declined=0,
        refused=0,
        unreadable=0,
        contradictory=0,
        out_of_attempts=False,
    )
    given = settings_for(rows=[("llama", "bio")], persona_weights="respondent")
    rows, _ = run_metrics(tmp_path, given, people, {("llama", "bio"): perfect})
    assert {rows[1][name] for name in reference.MEASURES} == {"0.000000"}
    assert rows[1]["cronbach_alpha"] == rows[0]["cronbach_alpha"]


def test_every_row_says_whether_anything_of_it_is_simulated(tmp_path: Path) -> None:
    rows, _ = run_metrics(tmp_path, settings_for(), population(), frames())
    assert {row["simulated"] for row in rows} == {"no"}
    files = [tmp_path / f"{i}.parquet" for i in range(3)]
    write_responses(files[0], frames()[ROWS[0]], ROWS[0], answers="llama + simulated")
    write_responses(files[1], frames()[ROWS[1]], ROWS[1], backstories="simulated")
    table = tmp_path / "metrics.csv"
    metrics.run(
        settings_for(),
        humans=tmp_path / "humans.parquet",
        responses=files,
        metrics=table,
        answers=tmp_path / "answers.csv",
    )
    assert [row["simulated"] for row in read(table)] == ["no", "yes", "yes", "no"]


def test_answers_are_accounted_for(tmp_path: Path) -> None:
    responses = frames()
    _, account = run_metrics(tmp_path, settings_for(), population(), responses)
    assert len(account) == len(ROWS) * len(ITEMS)
    for row in account:
        frame = responses[row["model"], row["condition"]]
        frame = frame[frame["item"] == row["item"]]
        counts = {name: int(value) for name, value in row.items() if value.isdigit()}
        ends = counts["valid"] + counts["declined"] + counts["out_of_attempts"]
        assert counts["asked"] == len(frame) == ends
        assert counts["valid"] == frame["code"].notna().sum()
        outcomes = [counts[outcome] for outcome in REPLY_OUTCOMES]
        assert outcomes == [frame[outcome].sum() for outcome in REPLY_OUTCOMES]
        assert counts["replies"] == sum(outcomes)


def test_neither_order_nor_file_names_change_a_byte(tmp_path: Path) -> None:
    people, responses = population(), frames()
    first, _ = run_metrics(tmp_path / "a", settings_for(), people, responses)
    shuffled = {
        row: frame.sample(frac=1, random_state=3)
        for row, frame in reversed(list(responses.items()))
    }
    run_metrics(tmp_path / "b", settings_for(), people.sample(frac=1, random_state=2), shuffled)
    for name in ("metrics.csv", "answers.csv"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    heavier = people.assign(weight=people["weight"] * 2)
    assert run_metrics(tmp_path / "c", settings_for(), heavier, responses)[0] == first


def test_the_seed_moves_the_splits_and_nothing_else(tmp_path: Path) -> None:
    people, responses = population(), frames()
    first, _ = run_metrics(tmp_path / "a", settings_for(), people, responses)
    other, _ = run_metrics(tmp_path / "b", settings_for(seed=6), people, responses)
    assert first[0]["wasserstein"] != other[0]["wasserstein"]
    assert first[0]["cronbach_alpha"] == other[0]["cronbach_alpha"]
    assert first[1:] == other[1:]


def test_what_cannot_be_measured_is_empty_and_explained(tmp_path: Path) -> None:
    responses = frames()
    silent = responses[ROWS[0]]
    hope = silent["item"] == "HOPE"
    silent.loc[hope, ["code", "valid", "out_of_attempts"]] = [None, 0, True]
    same = responses[ROWS[1]]
    same.loc[(same["item"] == "TRUST") & same["code"].notna(), "code"] = 2
    rows, _ = run_metrics(tmp_path, settings_for(), population(), responses)
    assert {rows[1][name] for name in (*reference.MEASURES, "cronbach_alpha")} == {""}
    assert rows[1]["notes"] == (
        "no answer to HOPE; correlations need 2 rows complete on all items, not 0; "
        "alpha needs 2 answers to HOPE"
    )
    assert rows[2]["notes"] == "TRUST does not vary: its correlations count as 0"
    assert "" not in {rows[2][name] for name in (*reference.MEASURES, "cronbach_alpha")}
    assert rows[3]["notes"] == ""


def test_what_the_people_lack_is_told_in_every_row(tmp_path: Path) -> None:
    people = population()
    people["PRIDE"] = pd.array([None] * PEOPLE, "Int16")
    rows, _ = run_metrics(tmp_path, settings_for(), people, frames())
    assert rows[0]["wasserstein"] == rows[1]["frobenius"] == ""
    assert "no answer to PRIDE;" in rows[0]["notes"]
    assert "no answer to PRIDE in a half of 20 of 20 splits" in rows[0]["notes"]
    assert rows[1]["notes"].startswith("humans: no answer to PRIDE;")
    assert rows[1]["cronbach_alpha"] != ""


def test_nobody_answered_at_all(tmp_path: Path) -> None:
    responses = {row: frame.head(0) for row, frame in frames().items()}
    rows, account = run_metrics(tmp_path, settings_for(), population().head(0), responses)
    assert rows[0]["n_respondents"] == rows[1]["n_respondents"] == "0"
    assert rows[1]["valid_share"] == ""
    assert account[0]["asked"] == "0"


def test_one_item_has_shares_only(tmp_path: Path) -> None:
    responses = {row: frame[frame["item"] == "TRUST"] for row, frame in frames().items()}
    rows, _ = run_metrics(tmp_path, settings_for(items=ITEMS[:1]), population(), responses)
    for row in rows:
        assert "" not in (row["wasserstein"], row["total_variation"])
        assert {row[name] for name in ("frobenius", "l1", "cbs", "cronbach_alpha")} == {""}
        assert "one item has no correlations" in row["notes"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"respondent": "stranger"}, "the respondent stranger"),
        ({"item": "LOVE"}, "the item LOVE"),
        ({"item": "PRIDE"}, "two rows for one item"),
        ({"code": 9}, "TRUST holds 9"),
        ({"out_of_attempts": True}, "row 1 does not add up"),
        ({"valid": 0}, "row 1 does not add up"),
        ({"declined": 1}, "row 1 does not add up"),
        ({"code": None, "valid": 0}, "row 1 does not add up"),
        ({"refused": -1}, "row 1 does not add up"),
    ],
)
def test_responses_that_do_not_fit_are_told(
    change: dict[str, Any], said: str, tmp_path: Path
) -> None:
    responses = frames()
    frame = responses[ROWS[0]]
    assert frame["code"].notna()[0]
    frame.loc[0, list(change)] = list(change.values())
    with pytest.raises(DataError, match=said) as caught:
        run_metrics(tmp_path, settings_for(), population(), responses)
    assert caught.value.where == str(tmp_path / "0.parquet")


def test_every_condition_must_be_there_once(tmp_path: Path) -> None:
    responses = frames()
    with pytest.raises(DataError, match="condition bio of the model uniform are missing"):
        run_metrics(tmp_path, settings_for(), population(), dict(list(responses.items())[:2]))
    with pytest.raises(DataError, match="which is not in the table"):
        run_metrics(tmp_path, settings_for(rows=ROWS[:2]), population(), responses)
    files = [
        write_responses(tmp_path / f"{name}.parquet", responses[ROWS[0]], ROWS[0]) for name in "ab"
    ]
    out = {"metrics": tmp_path / "m.csv", "answers": tmp_path / "a.csv"}
    humans = write_humans(tmp_path / "h.parquet", population())
    with pytest.raises(DataError, match=r"and so does .*a\.parquet"):
        metrics.run(settings_for(rows=ROWS[:1]), humans=humans, responses=files, **out)
    write_responses(files[0], responses[ROWS[0]], ROWS[0], survey="other")
    with pytest.raises(DataError, match="of the survey other"):
        metrics.run(settings_for(rows=ROWS[:1]), humans=humans, responses=files[:1], **out)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda people: people.drop(columns="HOPE"), "no column for the item HOPE"),
        (lambda people: people.assign(TRUST=7), "TRUST holds 7"),
        (lambda people: people.assign(weight=-1.0), "weight is empty or negative"),
        (lambda people: people.assign(respondent="p"), "repeats an id"),
    ],
)
def test_people_that_do_not_fit_are_told(change: Any, said: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=said):
        run_metrics(tmp_path, settings_for(), change(population()), frames())


def test_csv_has_fixed_decimals_and_no_negative_zero() -> None:
    rows: list[tables.Row] = [
        {"a": -1e-9, "b": float("nan"), "c": 3},
        {"a": 1.0, "b": 1 / 3, "c": "x, y"},
    ]
    text = tables.format_csv(["a", "b", "c"], rows)
    assert text == 'a,b,c\n0.000000,,3\n1.000000,0.333333,"x, y"\n'

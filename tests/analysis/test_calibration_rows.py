"""Probabilities held against people's answers: the stage's tables of calibration."""

from pathlib import Path

import numpy as np
import pytest

from anthology.analysis.calibration import FLOOR
from anthology.errors import DataError
from tests.support.individual_tables import (
    CODES,
    NAMES,
    ROWS,
    Tables,
    draw_both_rows,
    draw_respondents,
    draw_responses,
    individual_settings,
    run_individuals,
)


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    people = draw_respondents()
    return run_individuals(
        tmp_path_factory.mktemp("toy"), individual_settings(), people, draw_both_rows(people)
    )


def test_only_what_was_asked_by_probabilities_is_calibrated(
    tables: Tables,
) -> None:
    people = draw_respondents()
    frame, found = draw_responses(2, people, shares=True), tables["calibration"]
    assert set(found["condition"]) == {"random_respondent", "same_traits", "asked"}
    assert set(tables["reliability"]["condition"]) == {"same_traits", "asked"}
    asked = found[found["condition"] == "asked"].set_index("item")
    pooled = []
    for item in NAMES:
        chosen = frame[frame["item"] == item].set_index("respondent")["option_probs"]
        outcomes = people.set_index("respondent")[item].dropna()
        both = outcomes.index.intersection(chosen.index)
        place = [CODES[item].index(int(code)) for code in outcomes[both]]
        odds = np.stack(chosen[both].tolist()) / 0.9
        marks = np.eye(len(CODES[item]))[place]
        brier, logs = ((odds - marks) ** 2).sum(axis=1), -np.log((odds * marks).sum(axis=1))
        pooled.append(brier)
        assert asked.loc[item, "n"] == len(both)
        assert asked.loc[item, "brier"] == pytest.approx(brier.mean(), abs=1e-6)
        assert asked.loc[item, "log_score"] == pytest.approx(logs.mean(), abs=1e-6)
        assert asked.loc[item, "labels"] == pytest.approx(0.9)
        assert asked.loc[item, "unseen"] == pytest.approx(0.05)
    assert asked.loc["all", "brier"] == pytest.approx(np.concatenate(pooled).mean(), abs=1e-6)
    bins = tables["reliability"].query("condition == 'asked' and item == 'all'")
    apart = (bins["predicted"] - bins["observed"]).abs() * bins["n"]
    assert asked.loc["all", "ece"] == pytest.approx(apart.sum() / bins["n"].sum(), abs=1e-5)


def test_forecasts_from_people_leave_the_person_out(tables: Tables) -> None:
    answers = draw_respondents()["TRUST"].dropna().astype(int).to_numpy()
    logs, brier = [], []
    for i, own in enumerate(answers):
        others = np.delete(answers, i)
        odds = np.array([(others == code).mean() for code in CODES["TRUST"]])
        mark = np.array(CODES["TRUST"]) == own
        brier.append(((odds - mark) ** 2).sum())
        logs.append(-np.log(max(odds[mark][0], FLOOR)))
    found = tables["calibration"].set_index(["condition", "item"]).loc["random_respondent", "TRUST"]
    assert found["brier"] == pytest.approx(np.mean(brier), abs=1e-6)
    assert found["log_score"] == pytest.approx(np.mean(logs), abs=1e-6)
    assert found["notes"] == "calibrated by construction"


def test_without_probabilities_the_tables_of_calibration_have_their_heads(tmp_path: Path) -> None:
    people = draw_respondents()
    found = run_individuals(
        tmp_path, individual_settings(rows=ROWS[:1]), people, [draw_responses(1, people)]
    )
    assert found["calibration"].empty
    assert found["reliability"].empty
    assert "brier" in found["calibration"]


def test_probabilities_that_say_nothing_are_left_out_and_those_of_nought_are_told(
    tmp_path: Path,
) -> None:
    people = draw_respondents(missing=0)
    frame = draw_responses(2, people, shares=True)
    trust = frame.index[frame["item"] == "TRUST"]
    frame.at[trust[0], "option_probs"] = np.zeros(4)
    code = int(people.set_index("respondent").loc[frame.loc[trust[1], "respondent"], "TRUST"])
    frame.at[trust[1], "option_probs"] = np.array(
        [0.3 * (code != other) for other in CODES["TRUST"]]
    )
    found = run_individuals(tmp_path, individual_settings(rows=ROWS[1:]), people, [frame])
    row = found["calibration"].set_index(["condition", "item"]).loc["asked", "TRUST"]
    assert row["n"] == 69
    assert row["notes"] == (
        "1 with a probability below 1e-06, taken as that; "
        "1 left out with no probability of any option"
    )


@pytest.mark.parametrize(
    ("shares", "said"),
    [([0.5, 0.5], "not one for each"), ([1.0, -0.1, 0, 0], "no probabilities")],
)
def test_what_are_no_probabilities_is_told(shares: list[float], said: str, tmp_path: Path) -> None:
    people = draw_respondents()
    frame = draw_responses(2, people, shares=True)
    frame.at[3, "option_probs"] = np.array(shares)
    with pytest.raises(DataError, match=f"shares of row 4 are {said}"):
        run_individuals(tmp_path, individual_settings(rows=ROWS[1:]), people, [frame])

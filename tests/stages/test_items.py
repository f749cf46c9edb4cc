"""The shares of options with their intervals, and the correlations of items."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from anthology.analysis.proportions import wilson_interval
from tests.support.item_tables import Answers, tabulate_items
from tests.support.project import Project

NAN = np.nan


def drawn(people: int, seed: int = 1, missing: float = 0.1) -> Answers:
    rng = np.random.default_rng(seed)
    answers = np.stack([rng.integers(1, 4, people), rng.integers(1, 3, people)], axis=1).astype(
        float
    )
    return np.where(rng.random(answers.shape) < missing, NAN, answers)


def test_the_people_s_shares_are_weighted(tmp_path: Path) -> None:
    people = np.array([[1, 1], [1, 2], [2, 1], [NAN, 2]], float)
    found, _ = tabulate_items(tmp_path, people, [1, 1, 2, 5])
    trust = found[found["item"] == "TRUST"]
    assert trust["share"].tolist() == [0.5, 0.5, 0]
    assert trust["n"].tolist() == [2, 1, 0]
    low, high = wilson_interval(np.array(0.5), np.array(16 / 6), 0.95)
    assert trust["low"].iloc[0] == pytest.approx(float(low), abs=1e-6)
    assert trust["high"].iloc[0] == pytest.approx(float(high), abs=1e-6)


def test_an_option_that_nobody_chose_has_its_row(tmp_path: Path) -> None:
    found, _ = tabulate_items(tmp_path, np.array([[1, 1]] * 10, float))
    row = found[found["code"] == 3].iloc[0]
    assert (row["n"], row["share"], row["low"]) == (0, 0, 0)
    assert 0 < row["high"] < 0.4


def test_options_stand_in_the_survey_s_order_with_our_own_words_before_the_file_s(
    tmp_path: Path,
) -> None:
    found, _ = tabulate_items(tmp_path, drawn(20))
    assert found["code"].tolist() == [1, 2, 3, 20, 10]
    assert found["option"].tolist() == ["Much", "Some", "None at all", "No", "Yes"]


def test_people_come_first_and_conditions_in_the_order_of_the_table(tmp_path: Path) -> None:
    personas = {"qa": drawn(20, 2), "bio": drawn(20, 3)}
    found, together = tabulate_items(tmp_path, drawn(20), personas=personas)
    for table in (found, together):
        assert table["condition"].unique().tolist() == ["human", "qa", "bio"]
        assert table["model"].fillna("").unique().tolist() == ["", "llama"]


def test_an_item_without_answers_has_empty_shares(tmp_path: Path) -> None:
    people = np.array([[NAN, 1], [NAN, 2]])
    found, together = tabulate_items(tmp_path, people)
    trust = found[found["item"] == "TRUST"]
    assert trust["n"].tolist() == [0, 0, 0]
    assert trust[["share", "low", "high"]].isna().all(axis=None)
    assert together["correlation"].isna().all()


def test_personas_are_weighted_only_where_they_are_to_be(tmp_path: Path) -> None:
    people, personas = drawn(3, missing=0), {"qa": np.array([[1, 1], [1, 1], [2, 1]], float)}
    plain, _ = tabulate_items(tmp_path / "a", people, [1, 1, 2], personas)
    weighted, _ = tabulate_items(
        tmp_path / "b", people, [1, 1, 2], personas, persona_weights="respondent"
    )

    def first(table: pd.DataFrame) -> float:
        return float(table[(table["condition"] == "qa") & (table["code"] == 1)]["share"].iloc[0])

    assert [first(plain), first(weighted)] == pytest.approx([2 / 3, 0.5], abs=1e-6)


def test_weights_that_are_all_equal_change_nothing(tmp_path: Path) -> None:
    people, personas = drawn(30), {"qa": drawn(30, 2)}
    plain = tabulate_items(tmp_path / "a", people, None, personas)
    equal = tabulate_items(
        tmp_path / "b", people, np.full(30, 3.5), personas, persona_weights="respondent"
    )
    for one, other in zip(plain, equal, strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_correlations_are_those_of_people_who_answered_every_item(tmp_path: Path) -> None:
    from scipy.stats import pearsonr

    people = drawn(50)
    _, together = tabulate_items(tmp_path, people)
    kept = people[~np.isnan(people).any(axis=1)]
    pair = together[(together["item_1"] == "TRUST") & (together["item_2"] == "PRIDE")]
    assert pair["correlation"].iloc[0] == pytest.approx(pearsonr(*kept.T).statistic, abs=1e-6)
    assert together[together["item_1"] == together["item_2"]]["correlation"].eq(1).all()


@pytest.mark.slow
def test_the_matrices_are_those_that_metrics_are_taken_from(project: Project) -> None:
    project.make("results/w34/items.csv")
    folder = project.path / "results/w34"
    together = pd.read_csv(folder / "correlations.csv", na_filter=False)
    metrics = pd.read_csv(folder / "metrics.csv").set_index("condition")
    shares = pd.read_csv(folder / "items.csv", na_filter=False)

    def matrix(condition: str) -> Answers:
        rows = together[together["condition"] == condition]
        size = rows["item_1"].nunique()
        return np.asarray(rows["correlation"].astype(float)).reshape(size, size)

    def share(condition: str) -> Answers:
        return np.asarray(shares[shares["condition"] == condition]["share"].astype(float))

    for condition in ("qa", "greedy_bio"):
        norm = np.sqrt(((matrix(condition) - matrix("human")) ** 2).sum())
        assert norm == pytest.approx(metrics["frobenius"][condition], abs=1e-4)
        apart = np.abs(share(condition) - share("human")).sum() / 2 / len(matrix("human"))
        assert apart == pytest.approx(metrics["total_variation"][condition], abs=1e-4)

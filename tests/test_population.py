"""The simulated surveys: what their files hold, and how near they come to what is declared."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyreadstat
import pytest
import yaml
from numpy.typing import NDArray
from pydantic import ValidationError

from anthology.population import FILE_LABEL, Settings, run
from anthology.simulation.panel import columns
from anthology.simulation.spec import ItemColumn, PopulationSpec

POPULATIONS = Path(__file__).parents[1] / "config" / "populations"
SIZES = {"w34": 2537, "w92": 10_916, "w99": 10_260, "w111": 6034}
Array = NDArray[np.float64]


@cache
def spec(survey: str) -> PopulationSpec:
    text = (POPULATIONS / f"{survey}.yaml").read_text(encoding="utf-8")
    return PopulationSpec.model_validate(yaml.safe_load(text))


@cache
def drawn(survey: str) -> dict[str, Array]:
    return columns(spec(survey), seed=11, survey=survey, size=SIZES[survey])


def answers(survey: str) -> Array:
    """The items of those who were asked, refusals and missing values as NaN."""
    table = drawn(survey)
    asked = ~np.isnan(table[spec(survey).weight])
    values = [
        np.where(np.isin(table[item.variable], list(item.options)), table[item.variable], np.nan)
        for item in spec(survey).items
    ]
    return np.column_stack(values)[asked]


def complete(survey: str) -> Array:
    found = answers(survey)
    return found[~np.isnan(found).any(axis=1)]


def correlations(survey: str) -> Array:
    return np.asarray(np.corrcoef(complete(survey), rowvar=False))


def shares(values: Array, weights: Array, codes: list[int]) -> Array:
    totals = np.array([weights[values == code].sum() for code in codes])
    return np.asarray(100 * totals / totals.sum())


def settings(survey: str, size: int, seed: int = 3) -> Settings:
    return Settings(seed=seed, survey=survey, size=size, population=spec(survey))


@pytest.mark.parametrize(
    ("survey", "alpha"), [("w34", 0.784), ("w92", 0.641), ("w99", 0.830), ("w111", 0.5)]
)
def test_items_hang_together_as_they_should(survey: str, alpha: float) -> None:
    covariance = np.cov(complete(survey), rowvar=False)
    count = len(covariance)
    found = count / (count - 1) * (1 - np.trace(covariance) / covariance.sum())
    assert found == pytest.approx(alpha, abs=0.2 if survey == "w111" else 0.03)


@pytest.mark.parametrize("survey", SIZES)
def test_weighted_answers_come_near_their_shares(survey: str) -> None:
    table = drawn(survey)
    weights = table[spec(survey).weight]
    for item in spec(survey).items:
        wanted = 100 * np.array(item.shares) / sum(item.shares)
        found = shares(table[item.variable], weights, list(item.options))
        assert np.abs(found - wanted).max() < 2.5, item.variable


@pytest.mark.parametrize("survey", SIZES)
def test_weighted_traits_come_near_their_shares(survey: str) -> None:
    table = drawn(survey)
    weights = np.nan_to_num(table[spec(survey).weight])
    for name, trait in spec(survey).traits.items():
        wanted = np.array([category.share for category in trait.codes.values()])
        found = shares(table[trait.variable], weights, list(trait.codes))
        assert np.abs(found - 100 * wanted / wanted.sum()).max() < 4, name


def test_weights_undo_a_slanted_panel() -> None:
    table, trait = drawn("w99"), spec("w99").traits["education"]
    low = np.isin(table[trait.variable], [1, 2])
    weights = table["WEIGHT_W99"]
    assert low.mean() < 0.29
    assert weights[low].sum() / weights.sum() == pytest.approx(0.36, abs=0.02)
    assert weights.mean() == pytest.approx(1, abs=0.03)
    assert weights.min() >= 0.1
    assert weights.max() <= 8


def test_food_items_correlate_as_published() -> None:
    found = correlations("w34")
    alike = found[np.ix_([1, 2, 3, 5, 6, 7], [1, 2, 3, 5, 6, 7])]
    pairs = alike[np.triu_indices(6, 1)]
    assert pairs.min() > 0.25
    assert pairs.max() < 0.68
    assert np.abs(np.delete(found[0], 0)).max() < 0.12
    assert np.delete(found[4], [0, 4]).mean() == pytest.approx(0.25, abs=0.06)


def test_society_items_correlate_as_published() -> None:
    found = correlations("w92")
    alike = found[np.ix_([0, 1, 3, 6], [0, 1, 3, 6])][np.triu_indices(4, 1)]
    assert alike.min() > 0.34
    assert alike.max() < 0.80
    assert (found[5, [0, 1, 3, 6]] < -0.2).all()
    assert np.abs(np.delete(found[2], 2)).max() < 0.1


def test_technology_items_correlate_as_published() -> None:
    pairs = correlations("w99")[np.triu_indices(6, 1)]
    assert pairs.min() > 0.32
    assert pairs.max() < 0.67


def test_traits_go_together() -> None:
    table = drawn("w99")

    def share(variable: str, code: int, among: NDArray[np.bool]) -> float:
        return float((table[variable][among] == code).mean())

    graduate, little_schooling = table["F_EDUCCAT2"] == 6, table["F_EDUCCAT2"] <= 2
    assert share("F_INC_SDT1", 9, graduate) > 2 * share("F_INC_SDT1", 9, little_schooling)
    atheist, protestant = table["F_RELIG"] == 9, table["F_RELIG"] == 1
    assert share("F_PARTY_FINAL", 1, protestant) > 2 * share("F_PARTY_FINAL", 1, atheist)
    black, white = table["F_RACETHNMOD"] == 2, table["F_RACETHNMOD"] == 1
    assert share("F_PARTY_FINAL", 2, black) > 1.5 * share("F_PARTY_FINAL", 2, white)


def test_a_further_person_changes_no_other() -> None:
    hundred = columns(spec("w92"), seed=5, survey="w92", size=100)
    more = columns(spec("w92"), seed=5, survey="w92", size=101)
    for name, values in hundred.items():
        np.testing.assert_array_equal(values, more[name][:100])


def test_people_depend_on_seed_and_survey() -> None:
    one, other, renamed = (
        columns(spec("w92"), seed=seed, survey=survey, size=50)["F_INC_SDT1"]
        for seed, survey in ((5, "w92"), (6, "w92"), (5, "w93"))
    )
    assert (one != other).any()
    assert (one != renamed).any()


def test_some_were_never_asked() -> None:
    table = drawn("w92")
    absent = np.isnan(table["WEIGHT_W92"])
    assert absent.mean() == pytest.approx(0.0637, abs=0.01)
    for item in spec("w92").items:
        assert np.isnan(table[item.variable][absent]).all()
        assert not np.isnan(table[item.variable][~absent]).any()


def test_some_refuse() -> None:
    table = drawn("w99")
    for item in spec("w99").items:
        assert 0 < (table[item.variable] == 99).mean() < 0.02
    assert (table["F_INC_SDT1"] == 99).mean() == pytest.approx(0.05, abs=0.01)


def test_a_real_file_is_written(tmp_path: Path) -> None:
    run(settings("w34", 200), output=tmp_path / "w34.sav")
    read, meta = pyreadstat.read_sav(tmp_path / "w34.sav", output_format="dict")
    assert meta.file_label == FILE_LABEL == "Simulated population"
    assert len(read["QKEY"]) == len(set(read["QKEY"])) == 200
    assert meta.variable_value_labels["F_INCOME_FINAL"][8] == "100 to under $150,000 [OR]"
    assert "\u2019" in meta.variable_value_labels["FUD35_W34"][99]
    assert "\u2026" in (meta.column_names_to_labels["FUD37A_W34"] or "")
    np.testing.assert_allclose(
        np.array(read["FUD35_W34"], dtype=float),
        columns(spec("w34"), seed=3, survey="w34", size=200)["FUD35_W34"],
    )


def test_equal_settings_give_equal_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(settings("w34", 50), output=tmp_path / "one.sav")
    write = pyreadstat.write_sav

    def write_on_another_day(table: object, path: Path, **how: Any) -> None:
        write(table, path, **how)
        content = path.read_bytes()
        path.write_bytes(content[:92] + b"31 Dec 9923:59:59" + content[109:])

    monkeypatch.setattr(pyreadstat, "write_sav", write_on_another_day)
    run(settings("w34", 50), output=tmp_path / "two.sav")
    run(settings("w34", 50, seed=4), output=tmp_path / "three.sav")
    assert (tmp_path / "one.sav").read_bytes() == (tmp_path / "two.sav").read_bytes()
    assert (tmp_path / "one.sav").read_bytes() != (tmp_path / "three.sav").read_bytes()


def test_shares_must_fit_the_options() -> None:
    with pytest.raises(ValidationError, match="2 values for 3 options"):
        ItemColumn(variable="X", label="X. ?", options={1: "a", 2: "b", 3: "c"}, shares=[40, 60])


def test_loadings_must_leave_something_to_the_person() -> None:
    with pytest.raises(ValidationError, match="squares"):
        ItemColumn(
            variable="X",
            label="X. ?",
            options={1: "a", 2: "b"},
            shares=[40, 60],
            loadings={"trust": 0.8, "caution": 0.7},
        )

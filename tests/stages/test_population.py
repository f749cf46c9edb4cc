"""The simulated surveys: what their files hold, and how near they come to what is declared."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyreadstat
import pytest
import yaml
from numpy.typing import NDArray
from pydantic import ValidationError

from anthology.config import population as names
from anthology.config.population import ItemColumn, PopulationSpec
from anthology.config.survey import SIMULATED_LABEL
from anthology.records import canonical_json
from anthology.simulation.population import columns
from anthology.simulation.society import words
from anthology.stages.population import Settings, run

POPULATIONS = Path(__file__).parents[2] / "config" / "populations"
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
        np.where(table[item.variable] == item.refused.code, np.nan, table[item.variable])
        for item in spec(survey).items
    ]
    return np.column_stack(values)[asked]


def complete(survey: str) -> Array:
    found = answers(survey)
    return found[~np.isnan(found).any(axis=1)]


def shares(values: Array, weights: Array, codes: list[int]) -> Array:
    totals = np.array([weights[values == code].sum() for code in codes])
    return np.asarray(100 * totals / totals.sum())


def settings(survey: str, size: int, seed: int = 3) -> Settings:
    return Settings(seed=seed, survey=survey, size=size, population=spec(survey))


@pytest.mark.parametrize("survey", ["w34", "w92", "w99"])
def test_items_hang_together_more_than_real_ones(survey: str) -> None:
    """No published alpha, of people or of personas, is above .83."""
    covariance = np.cov(complete(survey), rowvar=False)
    count = len(covariance)
    alpha = count / (count - 1) * (1 - np.trace(covariance) / covariance.sum())
    assert 0.9 < alpha < 0.97


@pytest.mark.parametrize("survey", SIZES)
def test_weighted_answers_come_near_their_shares(survey: str) -> None:
    table = drawn(survey)
    weights = table[spec(survey).weight]
    for item in spec(survey).items:
        wanted = np.array([option.share for option in item.options])
        found = shares(table[item.variable], weights, [option.code for option in item.options])
        assert np.abs(found - 100 * wanted / wanted.sum()).max() < 2.5, item.variable


@pytest.mark.parametrize("survey", SIZES)
def test_weighted_traits_come_near_their_shares(survey: str) -> None:
    table = drawn(survey)
    weights = np.nan_to_num(table[spec(survey).weight])
    for name, trait in spec(survey).traits.items():
        wanted = np.array([category.share for category in trait.categories])
        codes = [category.code for category in trait.categories]
        found = shares(table[trait.variable], weights, codes)
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
    assert meta.file_label == SIMULATED_LABEL
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


def scale(shares: dict[int, float], **others: Any) -> dict[str, Any]:
    """Declare an item by its codes in the order of their scale."""
    options = [{"code": c, "label": f"option {c}", "share": share} for c, share in shares.items()]
    return {"variable": "X", "label": "X. ?", "options": options} | others


def small(*items: dict[str, Any], **traits: dict[str, Any]) -> PopulationSpec:
    """Declare a survey of the given columns; of one trait and one item where none is given."""
    gender = {
        "variable": "GENDER",
        "label": "GENDER. ?",
        "categories": [
            {"code": 2, "label": "A woman", "share": 30, "options": ["woman"]},
            {"code": 1, "label": "Anybody else", "share": 70, "options": ["man", "other"]},
        ],
    }
    declared = {
        "weight": "WEIGHT",
        "traits": traits or {"gender": gender},
        "items": items or [scale({1: 40, 2: 60})],
    }
    return PopulationSpec.model_validate(declared)


def region(*options: str, **others: Any) -> dict[str, Any]:
    """Declare a trait with codes from 1, one option and an equal share each."""
    categories = [
        {"code": code, "label": option, "share": 100 / len(options), "options": [option]}
        for code, option in enumerate(options, start=1)
    ]
    return {"variable": "REGION", "label": "REGION. ?", "categories": categories} | others


def passed_on(declared: PopulationSpec) -> PopulationSpec:
    """Read a declaration as the stage does: from JSON with its keys sorted."""
    settings = canonical_json(declared.model_dump(mode="json"))
    return PopulationSpec.model_validate(json.loads(settings))


TO_TEN = dict(enumerate([30.0, 2, 20, 3, 4, 16, 1, 5, 6, 3, 10]))
UNSORTED = {3: 90.0, 1: 6, 2: 4}


@pytest.mark.parametrize("wanted", [TO_TEN, UNSORTED], ids=["to ten", "unsorted"])
def test_shares_stay_with_their_codes_when_passed_on(wanted: dict[int, float]) -> None:
    declared = small(scale(wanted, loadings={"trust": 0.6}))
    table, again = (
        columns(each, seed=1, survey="x", size=2500) for each in (declared, passed_on(declared))
    )
    assert list(table) == list(again)
    for name, values in table.items():
        np.testing.assert_array_equal(values, again[name])
    found = shares(again["X"], again["WEIGHT"], list(wanted))
    assert found == pytest.approx(list(wanted.values()), abs=3)


@pytest.mark.parametrize("survey", SIZES)
def test_a_survey_passed_on_gives_the_same_file(survey: str, tmp_path: Path) -> None:
    given = settings(survey, 300)
    run(given, output=tmp_path / "given.sav")
    again = given.model_copy(update={"population": passed_on(given.population)})
    run(again, output=tmp_path / "again.sav")
    assert (tmp_path / "given.sav").read_bytes() == (tmp_path / "again.sav").read_bytes()


def test_attitudes_push_along_the_scale_and_not_along_the_codes() -> None:
    loadings = {"conservatism": 0.9}
    items = [scale({3: 30, 1: 40, 2: 30}, loadings=loadings, variable="Y")]
    items.append(scale({1: 30, 2: 40, 3: 30}, loadings=loadings))
    table = columns(passed_on(small(*items)), seed=1, survey="x", size=2500)
    last, first = table["X"] == 3, table["X"] == 1
    assert (table["Y"][last] == 2).mean() > 3 * (table["Y"][last] == 3).mean()
    assert (table["Y"][first] == 3).mean() > 3 * (table["Y"][first] == 2).mean()


def test_nobody_chooses_options_that_nobody_is_to_choose() -> None:
    wanted = {1: 0.0, 2: 55.0, 3: 0.0, 4: 45.0, 5: 0.0}
    table = columns(small(scale(wanted)), seed=1, survey="x", size=400)
    assert set(table["X"]) == {2, 4}


def test_names_are_those_of_the_society_and_of_the_traits() -> None:
    content = yaml.safe_load((POPULATIONS.parent / "traits.yaml").read_text(encoding="utf-8"))
    asked = {name: tuple(option["id"] for option in t["options"]) for name, t in content.items()}
    assert names.OPTIONS == {t: tuple(of) for t, of in words("society")["shares"].items()} == asked


def test_a_declaration_is_read_without_numpy() -> None:
    program = "import anthology.config.population, sys; print('numpy' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def test_a_misspelt_loading_is_an_error() -> None:
    with pytest.raises(ValidationError, match=r'attitude "cautoin"; did you mean "caution"\?'):
        small(scale({1: 40, 2: 60}, loadings={"cautoin": -0.8}))


def test_a_misspelt_trait_is_an_error() -> None:
    with pytest.raises(ValidationError, match=r'trait "regoin"; did you mean "region"\?'):
        small(regoin=region("south", "west"))


def test_misspelt_options_of_a_trait_are_all_told() -> None:
    with pytest.raises(ValidationError) as caught:
        small(region=region("suoth", "west", "nort-east"))
    message = str(caught.value)
    assert 'region: code 1 has the unknown option "suoth"; did you mean "south"?' in message
    assert 'region: code 3 has the unknown option "nort-east"; did you mean "northeast"?' in message


def test_an_option_of_another_trait_is_none_of_this() -> None:
    with pytest.raises(ValidationError, match='region: code 2 has the unknown option "woman"'):
        small(region=region("south", "woman"))


@pytest.mark.parametrize("total", [97.0, 103.0])
def test_shares_may_be_rounded(total: float) -> None:
    small(scale({1: 40, 2: total - 40}))


@pytest.mark.parametrize("total", [96.5, 103.5])
def test_shares_must_add_up(total: float) -> None:
    with pytest.raises(ValidationError, match=f"add up to {total}; expected about 100"):
        small(scale({1: 40, 2: total - 40}))
    categories = [
        {"code": 1, "label": "a", "share": 40, "options": ["south"]},
        {"code": 2, "label": "b", "share": total - 40, "options": ["west"]},
    ]
    with pytest.raises(ValidationError, match=f"add up to {total}; expected about 100"):
        small(region=region("south", "west", categories=categories))


def test_codes_must_differ() -> None:
    options = [{"code": 7, "label": "a", "share": 50}, {"code": 7, "label": "b", "share": 50}]
    with pytest.raises(ValidationError, match="the code 7 is given more than once"):
        small(scale({}, options=options))
    categories = [
        {**option, "options": [name]}
        for option, name in zip(options, ("south", "west"), strict=True)
    ]
    with pytest.raises(ValidationError, match="the code 7 is given more than once"):
        small(region=region(categories=categories))


def test_a_refusal_is_no_option() -> None:
    with pytest.raises(ValidationError, match='99 is both the option "option 99" and the refusal'):
        small(scale({1: 40, 99: 60}))
    small(scale({1: 40, 99: 60}, refused={"code": -1}))
    with pytest.raises(ValidationError, match='2 is both the option "west" and the refusal'):
        small(region=region("south", "west", refused={"code": 2}))


def test_loadings_must_leave_something_to_the_person() -> None:
    with pytest.raises(ValidationError, match="squares"):
        ItemColumn.model_validate(scale({1: 40, 2: 60}, loadings={"trust": 0.8, "caution": 0.7}))

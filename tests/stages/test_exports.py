"""Exports for statistics packages: the same people and answers in every format."""

import csv
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from anthology.analysis import export_table
from anthology.io.parquet import read_metadata, read_table
from anthology.stages import exports
from anthology.survey.codebook import Codebook, Entry
from tests.stages.test_subgroups import WORDS, traits_of
from tests.support.metric_tables import (
    ITEMS,
    ROWS,
    frames,
    population,
    settings_for,
    write_people,
    write_responses,
)
from tests.support.project import Project

ONE_MODEL = [row for row in ROWS if row[0] == "llama"]
SCALES = ["ordinal", "nominal", "ordinal"]
FILES = {"sav": "toy.sav", "csv": "toy.csv", "parquet": "toy.parquet", "variables": "codebook.csv"}


def words() -> Codebook:
    def entry(item: dict[str, Any]) -> Entry:
        options = tuple((code, f"{item['variable']} {code} ü") for code in item["codes"])
        return Entry(wording=f"How much {item['variable'].lower()}?", options=options)

    return WORDS.model_copy(update={"items": {item["variable"]: entry(item) for item in ITEMS}})


def run(folder: Path, rows: list[tuple[str, str]] = ROWS, **changes: Any) -> Path:
    """Run the stage on some people, and return the folder of its files."""
    folder.mkdir(exist_ok=True)
    given = {
        **settings_for(rows=rows).model_dump(include={"survey", "items", "rows"}),
        "id": "QKEY",
        "weight": "WEIGHT_TOY",
        "traits": {
            "age": {"variable": "F_AGE", "codes": [1, 2, 3], "labels": {3: "Old"}},
            "sex": {"variable": "F_SEX", "codes": [1, 2]},
        },
        "asked": ITEMS,
        **changes,
    }
    (folder / "codebook.json").write_text(words().as_json())
    answers = list(frames().values())
    files = [
        write_responses(folder / f"{i}.parquet", answers[i], row) for i, row in enumerate(rows)
    ]
    exports.run(
        export_table.Settings.model_validate(given),
        humans=write_people(folder / "humans.parquet", traits_of(population())),
        codebook=folder / "codebook.json",
        responses=files,
        **{name: folder / file for name, file in FILES.items()},
    )
    return folder


def test_every_format_holds_the_same_table(tmp_path: Path) -> None:
    folder = run(tmp_path)
    sav, _ = pyreadstat.read_sav(folder / "toy.sav")
    text = pd.read_csv(folder / "toy.csv", dtype={"QKEY": str})
    table = read_table(folder / "toy.parquet").to_pandas()
    assert list(sav) == list(text) == list(table)
    assert list(sav["QKEY"]) == list(text["QKEY"]) == list(table["QKEY"])
    for name in list(sav)[1:]:
        expected = sav[name].to_numpy(dtype=float)
        np.testing.assert_allclose(text[name].to_numpy(dtype=float), expected, rtol=1e-12)
        np.testing.assert_allclose(table[name].to_numpy(dtype=float), expected, rtol=1e-12)


def test_answers_stand_beside_those_of_the_person_they_stand_for(tmp_path: Path) -> None:
    table = pd.read_csv(run(tmp_path) / "toy.csv", dtype={"QKEY": str}).set_index("QKEY")
    people = population().set_index("respondent")
    for (model, condition), answers in frames().items():
        codes = answers.set_index(["respondent", "item"])["code"]
        for item in ITEMS:
            name = item["variable"]
            column = table[f"{name}__{model}__{condition}"]
            for respondent in table.index:
                code = codes.get((respondent, name), np.nan)
                assert column[respondent] == code or (pd.isna(code) and pd.isna(column[respondent]))
    for item in ITEMS:
        own = people[item["variable"]].astype(float).reindex(table.index)
        pd.testing.assert_series_equal(
            table[item["variable"]].astype(float), own, check_names=False
        )


def test_ids_that_are_numbers_stay_numbers_to_merge_by(tmp_path: Path) -> None:
    assert pd.api.types.is_string_dtype(pyreadstat.read_sav(run(tmp_path) / "toy.sav")[0]["QKEY"])
    assert list(export_table._numeric_ids(["100001", "7", "0"])) == [100001, 7, 0]
    for names in (["100001", "007"], ["1", "p2"], ["1", "1" * 16]):
        assert export_table._numeric_ids(names) == names


def test_labels_weights_and_sources_are_in_the_sav(tmp_path: Path) -> None:
    _, meta = pyreadstat.read_sav(run(tmp_path, ONE_MODEL) / "toy.sav")
    labels = meta.column_names_to_labels
    assert labels["HOPE"] == "How much hope?"
    assert labels["HOPE__greedy_bio"] == "[greedy_bio] How much hope?"
    assert meta.variable_value_labels["F_AGE"] == {1: "Young", 2: "Middle", 3: "Old"}
    pride = {1: "PRIDE 1 ü", 2: "PRIDE 2 ü", 3: "PRIDE 3 ü"}
    assert meta.variable_value_labels["PRIDE__bio"] == pride
    notes = " ".join(line.strip() for line in meta.notes)
    assert "Weight cases by WEIGHT_TOY." in notes
    assert "Respondents: toy people." in notes
    assert "answers llama-0.1, backstories toy stories, traits toy reader" in notes
    assert meta.file_label == "toy: respondents and personas (llama-0.1, toy people)"


def test_the_codebook_tells_every_variable_and_option(tmp_path: Path) -> None:
    folder = run(tmp_path)
    with (folder / "codebook.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = list(dict.fromkeys(row["variable"] for row in rows))
    assert names == list(pd.read_csv(folder / "toy.csv"))
    hope = [row for row in rows if row["variable"] == "HOPE__llama__bio"]
    assert [row["code"] for row in hope] == ["10", "20", "30", "40", "50"]
    assert {row["role"] for row in hope} == {"persona answer"}
    assert {(row["item"], row["model"], row["condition"]) for row in hope} == {
        ("HOPE", "llama", "bio")
    }
    assert [row["role"] for row in rows if row["variable"] == "QKEY"] == ["id"]


def test_names_fit_and_differ_whatever_models_and_conditions_are_called(tmp_path: Path) -> None:
    long = "x" * 80
    alike = run(tmp_path / "alike", [("a-b.c", "bio"), ("a_b-c", "bio"), ("A.B.C", "bio")])
    wide = run(tmp_path / "long", [(long, "bio"), (long + "y", "bio")])
    for made in (alike, wide):
        names = list(map(str, pd.read_csv(made / "toy.csv")))
        assert len({name.lower() for name in names}) == len(names)
        assert max(map(len, names)) <= 64
        assert list(pyreadstat.read_sav(made / "toy.sav")[0]) == names


def test_equal_runs_give_equal_bytes(tmp_path: Path) -> None:
    first, second = run(tmp_path / "a"), run(tmp_path / "b")
    for file in ("toy.csv", "toy.parquet", "codebook.csv", "toy.sav"):
        assert (first / file).read_bytes() == (second / file).read_bytes()
    # A .sav's header has the time at which it was written, in seconds.
    assert b"01 Jan 0000:00:00" in (first / "toy.sav").read_bytes()[:176]


def test_only_items_with_an_order_are_called_ordinal(tmp_path: Path) -> None:
    asked = [{**item, "scale": scale} for item, scale in zip(ITEMS, SCALES, strict=True)]
    _, meta = pyreadstat.read_sav(run(tmp_path, ONE_MODEL, asked=asked) / "toy.sav")
    told = meta.variable_measure
    assert (told["QKEY"], told["WEIGHT_TOY"], told["F_SEX"]) == ("nominal", "scale", "nominal")
    for item, scale in zip(ITEMS, SCALES, strict=True):
        assert told[item["variable"]] == told[f"{item['variable']}__bio"] == scale


def test_long_options_are_cut_between_characters_in_the_sav_alone(tmp_path: Path) -> None:
    long = "a" + "é" * 200
    folder = run(tmp_path, asked=[{**item, "labels": {item["codes"][0]: long}} for item in ITEMS])
    _, meta = pyreadstat.read_sav(folder / "toy.sav")
    first = ITEMS[0]
    assert meta.variable_value_labels[first["variable"]][first["codes"][0]] == "a" + "é" * 59
    assert long in (folder / "codebook.csv").read_text(encoding="utf-8")


def test_two_traits_read_from_one_variable_are_two_variables(tmp_path: Path) -> None:
    twice = {"variable": "F_AGE", "codes": [1, 2]}
    folder = run(tmp_path, traits={"age": {"variable": "F_AGE", "codes": [1, 2, 3]}, "sex": twice})
    names = list(pyreadstat.read_sav(folder / "toy.sav")[0])
    assert names[2:4] == ["F_AGE", "F_AGE_2"]
    assert names == list(pd.read_csv(folder / "toy.csv"))


@pytest.mark.slow
def test_a_study_is_exported(project: Project) -> None:
    target = "results/w34/export/w34.sav"
    project.make(target)
    folder = project.path / "results/w34/export"
    sav, meta = pyreadstat.read_sav(folder / "w34.sav")
    assert len(sav) == len(read_table(project.path / "results/w34/humans.parquet"))
    assert {"QKEY", "WEIGHT_W34", "F_AGECAT_FINAL", "FUD35_W34", "FUD35_W34__qa"} <= set(sav)
    assert len(sav.columns) == 2 + 8 + 8 * 5
    people, _ = pyreadstat.read_sav(project.path / "results/w34/population.sav")
    assert set(sav["QKEY"]) <= set(people["QKEY"])
    assert sav["QKEY"].dtype == people["QKEY"].dtype
    assert "simulated" in str(meta.file_label)
    assert read_metadata(folder / "w34.parquet")["source"] == "simulated"
    assert project.stale(target) == set()


@pytest.mark.skipif(shutil.which("pspp") is None, reason="PSPP is not installed")
def test_pspp_reads_labels_and_weights(tmp_path: Path) -> None:
    folder = run(tmp_path)
    syntax = folder / "look.sps"
    syntax.write_text(
        f"GET FILE='{folder / 'toy.sav'}'.\nWEIGHT BY WEIGHT_TOY.\n"
        "FREQUENCIES /VARIABLES=F_SEX HOPE__llama__bio.\n"
    )
    done = subprocess.run(
        ["pspp", "-O", "format=csv", str(syntax)], capture_output=True, text=True, check=True
    )
    people = population()
    sexes = traits_of(people)["sex"].to_numpy()
    men = people["weight"].to_numpy()[sexes == 1].sum()
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("Valid,Man,")]
    assert float(line.split(",")[2]) == pytest.approx(men, abs=0.01)
    assert "HOPE 10 ü" in done.stdout

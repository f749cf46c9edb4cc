"""Groups of people on their own: who is in them, what is measured, what is left out."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from anthology.io.parquet import read_table
from anthology.stages import metrics, subgroups
from anthology.survey.codebook import Codebook, Entry, TraitEntry
from tests.config.test_experiment import loaded, mistake
from tests.support.metric_tables import (
    ITEMS,
    NAMES,
    ROWS,
    population,
    read,
    write_people,
    write_responses,
)
from tests.support.metric_tables import frames as answers
from tests.support.metric_tables import settings_for as metric_settings
from tests.support.project import Project

AGE = {"name": "age", "trait": "age", "codes": [1, 2, 3], "labels": {3: "Old"}, "groups": None}
SEX: dict[str, Any] = {"name": "sex", "trait": "sex", "codes": [1, 2], "labels": {}, "groups": None}
GROWN = {**AGE, "name": "grown", "groups": {"Grown": [2, 3]}}
WORDS = Codebook(
    survey="toy",
    source="toy people",
    traits={
        "age": TraitEntry(
            variable="A", wording="", options=((1, "Young"), (2, "Middle"), (3, "65+"))
        ),
        "sex": TraitEntry(variable="S", wording="", options=((1, "Man"), (2, "Woman"))),
    },
    items={item["variable"]: Entry(wording="", options=()) for item in ITEMS},
)


def traits_of(frame: pd.DataFrame) -> pd.DataFrame:
    """Give everybody an age, 3 of them none, and a sex."""
    order = sorted(frame["respondent"])
    place = frame["respondent"].map(order.index)
    ages = [None if i < 3 else 1 + i % 3 if i < 50 else 2 for i in place]
    return frame.assign(age=pd.array(ages, "Int16"), sex=[1 + i % 2 for i in place])


def run(folder: Path, people: pd.DataFrame, *divisions: Any, smallest: int = 2) -> Any:
    """Run the stage on some people, and read its table."""
    folder.mkdir(exist_ok=True)
    given = metric_settings().model_dump() | {"subgroups": divisions, "min_group_size": smallest}
    (folder / "codebook.json").write_text(WORDS.as_json())
    kept = set(people["respondent"])
    files = [
        write_responses(
            folder / f"{i}.parquet",
            frame[frame["respondent"].isin(kept)].reset_index(drop=True),
            row,
        )
        for i, (row, frame) in enumerate(answers().items())
    ]
    output = folder / "subgroups.csv"
    subgroups.run(
        subgroups.Settings.model_validate(given),
        humans=write_people(folder / "humans.parquet", people),
        codebook=folder / "codebook.json",
        responses=files,
        output=output,
    )
    return read(output)


def test_a_group_s_rows_are_those_of_a_survey_of_its_people_alone(tmp_path: Path) -> None:
    people = traits_of(population())
    rows = [row for row in run(tmp_path / "all", people, [AGE]) if row["group"] == "Middle"]
    alone = people[people["age"] == 2].reset_index(drop=True)
    metrics_of = tmp_path / "alone"
    run(metrics_of, alone, [AGE])
    table, account = metrics_of / "metrics.csv", metrics_of / "answers.csv"
    metrics.run(
        metric_settings(),
        humans=metrics_of / "humans.parquet",
        responses=[metrics_of / f"{i}.parquet" for i in range(3)],
        metrics=table,
        answers=account,
    )
    expected = read(table)
    assert len(rows) == len(expected) == 1 + len(ROWS)
    for row, own in zip(rows[1:], expected[1:], strict=True):
        assert {name: row[name] for name in own} == own
    # The people's own row is a mean over halves that are drawn for each group.
    assert rows[0]["cronbach_alpha"] == expected[0]["cronbach_alpha"]
    assert float(rows[0]["wasserstein"]) == pytest.approx(
        float(expected[0]["wasserstein"]), rel=0.25
    )


def test_groups_crossings_and_groupings_are_named_in_order(tmp_path: Path) -> None:
    rows = run(tmp_path, traits_of(population()), [AGE], [GROWN, SEX])
    named = list(dict.fromkeys((row["subgroup"], row["group"]) for row in rows))
    assert named == [
        ("age", "Young"),
        ("age", "Middle"),
        ("age", "Old"),
        ("grown x sex", "Grown x Man"),
        ("grown x sex", "Grown x Woman"),
    ]
    assert [row["condition"] for row in rows[:4]] == ["human", *(name for _, name in ROWS)]


def test_respondents_without_the_trait_are_in_no_group(tmp_path: Path) -> None:
    rows = run(tmp_path, traits_of(population()), [AGE])
    counted = sum(int(row["n_respondents"]) for row in rows if row["condition"] == "human")
    assert counted == 60 - 3


def test_categories_that_the_survey_calls_the_same_are_one_group(tmp_path: Path) -> None:
    alike = {**AGE, "labels": {1: "Younger", 2: "Younger", 3: "Old"}}
    rows = run(tmp_path, traits_of(population()), [alike])
    people = [row for row in rows if row["condition"] == "human"]
    assert [row["group"] for row in people] == ["Younger", "Old"]
    assert sum(int(row["n_respondents"]) for row in people) == 60 - 3


def test_small_groups_are_named_but_not_measured(tmp_path: Path) -> None:
    people = traits_of(population())
    rows = run(tmp_path, people, [AGE], smallest=20)
    small = [row for row in rows if row["group"] == "Young"]
    assert len(small) == 1 + len(ROWS)
    for row in small:
        assert row["notes"] == "fewer than 20 people"
        filled = {name for name, value in row.items() if value}
        where = {"survey", "subgroup", "group", "model", "condition", "simulated"}
        assert filled <= {*where, "notes"}
    assert all(row["wasserstein"] for row in rows if row["group"] == "Middle")


def test_a_group_that_refused_everything_is_a_row_with_reasons(tmp_path: Path) -> None:
    people = traits_of(population())
    people.loc[people["age"] == 3, NAMES] = None
    rows = run(tmp_path, people, [AGE])
    old = [row for row in rows if row["group"] == "Old"]
    assert len(old) == 1 + len(ROWS)
    for row in old:
        assert row["wasserstein"] == ""
        assert "no answer to TRUST" in row["notes"]


def test_a_grouping_stands_for_each_survey_s_own_codes() -> None:
    race = {
        "trait": "race",
        "groups": {"White": ["white"], "Other": ["black", "asian", "hispanic"]},
    }
    study = loaded(metrics={"subgroups": ["race2"], "groupings": {"race2": race}})
    grouping = study.experiment.metrics.groupings["race2"]
    assert study.grouped("w34", grouping) == {"White": [1], "Other": [2, 3, 4]}
    assert study.grouped("w92", grouping) == {"White": [1], "Other": [2, 3, 5]}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"subgroups": ["aeg"]}, 'did you mean "age"?'),
        ({"subgroups": [["age", "rase"]]}, 'did you mean "race"?'),
        ({"groupings": {"old": {"trait": "aeg", "groups": {"a": ["65+"]}}}}, 'did you mean "age"?'),
        ({"groupings": {"age": {"trait": "age", "groups": {"a": ["65+"]}}}}, "name of a trait"),
        (
            {
                "subgroups": ["old"],
                "groupings": {"old": {"trait": "age", "groups": {"a": ["66+"]}}},
            },
            'did you mean "65+"?',
        ),
    ],
)
def test_unknown_groups_are_told(changes: dict[str, Any], said: str) -> None:
    text = mistake(metrics=changes)
    assert "metrics." in text
    assert said in text


@pytest.mark.slow
def test_a_study_s_subgroups_are_made_and_re_run_alone(project: Project) -> None:
    target = "results/w34/subgroups.csv"
    project.replace("config/config.yaml", "metrics:\n", "metrics:\n  min_group_size: 5\n")
    project.make(target)
    rows = read(project.path / target)
    assert {row["subgroup"] for row in rows} == {"age", "gender"}
    women = [row for row in rows if row["condition"] == "human" and row["group"] == "A woman"]
    people = read_table(project.path / "results/w34/humans.parquet")
    assert int(women[0]["n_respondents"]) == people["trait:gender"].to_pylist().count(2)
    project.replace("config/config.yaml", "min_group_size: 5", "min_group_size: 8")
    assert project.stale(target) == {target}

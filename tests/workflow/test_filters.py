"""Who takes part: people and stories restricted by their traits."""

from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pytest

from anthology.config.filters import Filter
from anthology.errors import DataError
from anthology.io.parquet import read_metadata, read_table
from anthology.stages import matches
from anthology.study.checks.names import unfit_sizes
from tests.config.test_experiment import loaded, mistake
from tests.stages.test_humans import failing
from tests.stages.test_humans import run as read_people
from tests.stages.test_humans import write as write_sav
from tests.stages.test_matches import settings_for, write_humans, write_traits
from tests.support.project import Project


@pytest.mark.parametrize(
    ("filters", "kept"),
    [
        ({"include": {"age": [1]}}, ["100001"]),
        ({"include": {"age": [1, 2]}}, ["100001", "100002"]),
        # Who did not tell their age cannot be told to be no 2, and stays.
        ({"exclude": {"age": [2]}}, ["100001", "100004"]),
        ({"include": {"income": [2]}, "exclude": {"age": [1]}}, ["100004"]),
    ],
)
def test_respondents_are_filtered_by_their_codes(
    filters: dict[str, Any], kept: list[str], tmp_path: Path
) -> None:
    table, _, known = read_people(write_sav(tmp_path / "wave.sav"), **filters)
    assert table["respondent"].to_pylist() == kept
    assert known["filtered_out"] == 3 - len(kept)
    assert known["drawn"] == len(kept)


def test_a_filter_that_excludes_everyone_is_an_error(tmp_path: Path) -> None:
    filters = {"include": {"age": [1], "income": [2]}}
    said = failing(write_sav(tmp_path / "wave.sav"), **filters)
    assert "no respondent whom filters.respondents lets take part, of 3" in said


def test_sampling_does_not_depend_on_filtered_respondents(tmp_path: Path) -> None:
    sav = write_sav(tmp_path / "wave.sav")
    first = read_people(sav, include={"age": [1, 2]}, respondents=1)[0]["respondent"].to_pylist()
    both = read_people(sav, respondents=2)[0]["respondent"].to_pylist()
    assert first[0] in {"100001", "100002"}
    assert len(both) == 2


@pytest.mark.parametrize(
    ("wanted", "stories"),
    [
        # 102 is as likely young as old, 103 did not say, 104 is likelier old.
        (Filter(include={"age": ["young"]}), {100, 102}),
        (Filter(include={"age": ["old"]}), {101, 102, 104}),
        (Filter(exclude={"age": ["young"]}), {101, 103, 104}),
        (Filter(include={"age": ["young", "old"]}, exclude={"income": ["high"]}), {100, 101, 104}),
    ],
)
def test_backstories_are_filtered_by_their_likeliest_options(
    wanted: Filter, stories: set[int], tmp_path: Path
) -> None:
    humans, traits = write_humans(tmp_path / "h.parquet"), write_traits(tmp_path / "t.parquet")
    output = tmp_path / "m.parquet"
    given = settings_for("greedy", backstories=wanted)
    matches.run(given, humans=humans, traits=traits, output=output)
    assert set(read_table(output)["backstory"].to_pylist()) <= stories
    assert read_metadata(output)["backstories"] == len(stories)
    assert read_metadata(output)["filtered_out"] == 5 - len(stories)


@pytest.mark.parametrize(
    ("method", "wanted", "said"),
    [
        ("greedy", Filter(include={"age": ["young"]}, exclude={"age": ["young"]}), "0 stories"),
        ("max_weight", Filter(include={"age": ["young"]}), "there are 2"),
    ],
)
def test_a_filter_that_leaves_too_few_stories_is_named(
    method: Any, wanted: Filter, said: str, tmp_path: Path
) -> None:
    humans, traits = write_humans(tmp_path / "h.parquet"), write_traits(tmp_path / "t.parquet")
    given = settings_for(method, backstories=wanted)
    with pytest.raises(DataError) as error:
        matches.run(given, humans=humans, traits=traits, output=tmp_path / "m.parquet")
    assert f"{said} of 5 whom filters.backstories lets take part" in str(error.value)


def test_simulated_surveys_are_not_checked_for_filtered_sizes() -> None:
    few: dict[str, Any] = {"backstories": {"natural": {"count": 50}}, "compare": ["max_weight_bio"]}
    assert list(unfit_sizes(loaded(**few), {}, 50))
    filtered = loaded(**few, filters={"respondents": {"include": {"race": ["asian"]}}})
    assert not list(unfit_sizes(filtered, {}, 50))


def test_filter_options_map_to_each_surveys_codes() -> None:
    study = loaded(filters={"respondents": {"include": {"race": ["asian", "hispanic"]}}})
    include = study.experiment.filters.respondents.include
    assert study.filtered("w34", include) == {"race": [3, 4]}
    assert study.filtered("w92", include) == {"race": [3, 5]}


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        ({"respondents": {"include": {"raze": ["white"]}}}, 'did you mean "race"?'),
        ({"respondents": {"exclude": {"race": ["whyte"]}}}, 'did you mean "white"?'),
        ({"respondents": {"include": {"gender": ["other"]}}}, "w34 has no such respondents"),
        ({"backstories": {"include": {"age": ["30-39"]}}}, 'did you mean "30-49"?'),
        ({"backstories": {"exclude": {"height": ["tall"]}}}, "has no such trait"),
    ],
)
def test_unknown_traits_and_options_in_filters_are_named(
    filters: dict[str, Any], said: str
) -> None:
    text = mistake(filters=filters)
    assert "filters." in text
    assert said in text


@pytest.mark.slow
def test_a_respondent_filter_reruns_what_reads_respondents(
    project: Project,
) -> None:
    def change(config: dict[str, Any]) -> None:
        config["filters"] = {"respondents": {"include": {"gender": ["woman"]}}}

    project.configure(change)
    stale = project.stale()
    assert "results/w34/humans.parquet" in stale
    assert "results/backstories/natural.parquet" not in stale
    assert "results/traits/natural.parquet" not in stale
    project.make("results/w34/humans.parquet")
    genders = read_table(project.path / "results/w34/humans.parquet")["trait:gender"]
    assert pc.unique(genders).to_pylist() == [2]

"""The whole job, from nothing to the table, and what must hold of what it leaves behind."""

import csv
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from anthology.io.parquet import read_metadata, read_table
from tests.support.project import TABLE, Project, merge, new_project

COLUMNS = (
    "survey model condition simulated n_respondents n_backstories valid_share wasserstein "
    "total_variation frobenius l1 cbs cronbach_alpha"
).split()
CONDITIONS = (
    "qa bio primed_qa primed_portray primed_bio greedy_qa greedy_freeform greedy_bio "
    "max_weight_qa max_weight_freeform max_weight_bio"
).split()
FEW = ["qa", "primed_bio", "greedy_bio", "max_weight_bio"]
"""The conditions of the small study that all tests share."""


@pytest.fixture(scope="module")
def eleven(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A finished small study of all eleven conditions."""
    project = new_project(tmp_path_factory.mktemp("eleven") / "study")
    project.configure(lambda config: merge(config, {"compare": CONDITIONS}))
    project.make(TABLE)
    return project


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
def test_the_table_compares_eleven_conditions_with_the_respondents(eleven: Project) -> None:
    table = rows(eleven.path / TABLE)
    assert list(table[0])[: len(COLUMNS)] == COLUMNS
    assert [row["condition"] for row in table] == ["human", *CONDITIONS]
    assert {row["survey"] for row in table} == {"w34"}
    assert {row["n_respondents"] for row in table} == {"30"}
    for row in table:
        assert row["humans"] == "simulated"
        assert float(row["wasserstein"]) > 0
        assert -2 < float(row["cronbach_alpha"]) < 1
    for row in table[1:]:
        assert row["answers"] == "simulated"
        assert 0.9 < float(row["valid_share"]) <= 1


def test_backstories_are_counted_for_each_condition(made: Project) -> None:
    stories = {row["condition"]: row["n_backstories"] for row in rows(made.path / TABLE)}
    assert stories["qa"] == "0"
    assert stories["primed_bio"] == stories["max_weight_bio"] == "30"
    assert 1 < int(stories["greedy_bio"]) <= 30


def test_every_reply_is_accounted_for(made: Project) -> None:
    for name in FEW:
        table = read_table(made.path / f"results/w34/responses/simulated/{name}.parquet")
        for row in table.to_pylist():
            assert row["valid"] + row["out_of_attempts"] == 1
            assert (row["code"] is None) == row["out_of_attempts"]
            replies = row["valid"] + row["refused"] + row["unreadable"] + row["contradictory"]
            assert 1 <= replies <= 10
    answers = rows(made.path / "results/w34/answers.csv")
    assert len(answers) == len(FEW) * 8
    for outcome in ("refused", "unreadable", "contradictory"):
        assert sum(int(row[outcome]) for row in answers) > 0


@pytest.mark.slow
def test_personas_follow_the_definition_of_their_condition(eleven: Project) -> None:
    def first(name: str) -> list[dict[str, str]]:
        turns = read_table(eleven.path / f"results/w34/personas/{name}.parquet")["turns"]
        found: list[dict[str, str]] = turns.to_pylist()[0]
        return found

    assert "\n(A) " in first("qa")[0]["question"]
    assert len(first("qa")) >= 3
    assert len(first("bio")) == 1
    assert [turn["question"] for turn in first("primed_bio")] == ["Tell me about yourself."]
    assert len(first("greedy_bio")) == 2
    assert len(first("greedy_bio")[0]["answer"].split()) >= 250
    assert "\n" not in first("greedy_freeform")[1]["question"]


def test_backstories_differ_and_some_were_rejected(made: Project) -> None:
    path = made.path / "results/backstories/natural.parquet"
    texts = read_table(path)["text"].to_pylist()
    assert len(set(texts)) == len(texts) == 40
    assert sum(read_metadata(path)["rejected"].values()) > 0


def test_one_to_one_matches_use_no_backstory_twice(made: Project) -> None:
    used = read_table(made.path / "results/w34/matches/max_weight.parquet")["backstory"]
    assert len(set(used.to_pylist())) == len(used) == 30


def test_every_stage_leaves_a_log_and_no_temporary_file(made: Project) -> None:
    assert "stories kept" in (made.path / "logs/backstories/natural.log").read_text()
    assert "personas" in (made.path / "logs/w34/personas/greedy_bio.log").read_text()
    assert not list(made.path.glob("results/**/*.part"))


def test_every_table_holds_its_stage_and_settings(made: Project) -> None:
    for path in made.path.glob("results/**/*.parquet"):
        described = json.loads(pq.read_metadata(path).metadata[b"anthology"])
        assert described["stage"]
        assert described["settings"]["code"]


@pytest.mark.slow
def test_every_other_kind_of_condition_runs(project: Project) -> None:
    extra = ["portray", "none", "random_bio", "greedy_story", "max_weight_story", "uniform"]
    project.configure(lambda config: merge(config, {"compare": extra}))
    project.make(TABLE)
    table = {row["condition"]: row for row in rows(project.path / TABLE)}
    assert table["uniform"]["answers"] == "uniform"
    assert table["uniform"]["model"] == "uniform"
    assert table["uniform"]["valid_share"] == "1.000000"
    assert table["none"]["n_backstories"] == "0"
    assert int(table["random_bio"]["n_backstories"]) == 30
    assert int(table["greedy_story"]["n_backstories"]) > 1


@pytest.mark.slow
@pytest.mark.parametrize("asking", ["choice", "logprobs"])
def test_constrained_to_labels_every_question_is_answered(project: Project, asking: str) -> None:
    few = ["qa", "greedy_bio"]
    ways = {"compare": few, "questions": {"answer_mode": asking}, "traits": {"answer_mode": asking}}
    project.configure(lambda config: merge(config, ways))
    project.make(TABLE)
    table = rows(project.path / TABLE)
    assert [row["valid_share"] for row in table[1:]] == ["1.000000", "1.000000"]
    assert all(row["replies"] == "30" for row in rows(project.path / "results/w34/answers.csv"))
    path = project.path / "results/w34/responses/simulated/greedy_bio.parquet"
    shares = pq.read_table(path)["option_probs"].to_pylist()
    if asking == "logprobs":
        assert all(0.9 < sum(each) < 1 for each in shares)
    else:
        assert set(shares) == {None}


@pytest.mark.slow
@pytest.mark.parametrize("survey", ["w92", "w99", "w111"])
def test_every_other_survey_runs(project: Project, survey: str) -> None:
    project.make(f"results/{survey}/metrics.csv")
    table = rows(project.path / f"results/{survey}/metrics.csv")
    assert [row["condition"] for row in table] == ["human", *FEW]


@pytest.mark.slow
def test_backstories_can_come_from_a_file(fresh: Project) -> None:
    texts = [f"I am a {job} from Ohio and I am {20 + i} years old." for i, job in
             enumerate(["baker", "nurse", "farmer", "clerk", "pilot"] * 8)]  # fmt: skip
    (fresh.path / "stories.json").write_text(json.dumps(texts))
    natural = {"file": "stories.json", "count": "all"}
    fresh.configure(lambda config: merge(config, {"backstories": {"natural": natural}}))
    fresh.make("results/w34/personas/max_weight_bio.parquet")
    path = fresh.path / "results/backstories/natural.parquet"
    assert read_metadata(path)["source"] == "stories.json"
    assert read_table(path)["text"].to_pylist() == texts

"""What a study will ask, told before anything is sent; and what of the journal it needs."""

import csv
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from anthology.cli.main import main
from anthology.journal.prune import overview
from tests.support.fake_server.requests import Serving
from tests.support.fake_server.server import serving
from tests.support.project import ROOT, TABLE, Project, new_project
from tests.support.served_study import KEY, PRICE, VARIABLE, serve

PLAN = "results/plan.csv"


@pytest.fixture(scope="module")
def before_and_after(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Project, Project]]:
    """A study through a server that was planned, and the same after it was run and planned."""
    project = new_project(tmp_path_factory.mktemp("planned") / "study")
    later = Project(project.path.parent / "later")
    with pytest.MonkeyPatch.context() as patch, serving(Serving(key=KEY)) as server:
        patch.setenv(VARIABLE, KEY)
        serve(project, server.url, constrained_output="structured_outputs")
        project.replace("config/config.yaml", "questions:\n", "questions:\n  answer_mode: choice\n")
        project.make(PLAN)
        assert server.counts.requests.total() == 0
        shutil.copytree(project.path, later.path)
        later.make(TABLE, "--cores", "1")
        # Everything is in the journal now, so neither the server nor the key is needed.
        patch.delenv(VARIABLE)
        later.make(PLAN, "--config", "surveys=[w34]")
        yield project, later


def lines(project: Project) -> list[dict[str, str]]:
    with (project.path / PLAN).open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
def test_a_plan_counts_by_stage_condition_and_model(
    before_and_after: tuple[Project, Project],
) -> None:
    found = {
        (line["stage"], line["survey"], line["condition"], line["model"]): line
        for line in lines(before_and_after[0])
    }
    assert int(found["backstories", "", "", "toy"]["requests"]) == 16
    assert int(found["backstories", "", "", "toy-chat"]["requests"]) == 16
    for condition in ("qa", "primed_bio", "greedy_bio", "max_weight_freeform"):
        line = found["responses", "w34", condition, "toy"]
        assert int(line["requests"]) == int(line["to_send"]) == 12 * 8
        assert line["from_journal"] == "0"
    assert int(found["primed", "w34", "bio", "toy-chat"]["requests"]) == 12 * 2


@pytest.mark.slow
def test_a_plan_adds_up(before_and_after: tuple[Project, Project]) -> None:
    for project in before_and_after:
        *parts, total = lines(project)
        assert total["stage"] == "total"
        for column in ("requests", "from_journal", "to_send", "prompt_tokens"):
            assert sum(int(part[column]) for part in parts) == int(total[column])
        for line in parts:
            price = (
                int(line["prompt_tokens"]) * PRICE["prompt"]
                + int(line["completion_tokens"]) * PRICE["completion"]
            ) / 1e6
            assert float(line["dollars"]) == pytest.approx(price, abs=0.005)


@pytest.mark.slow
def test_a_finished_study_has_nothing_left_to_send(
    before_and_after: tuple[Project, Project],
) -> None:
    *parts, total = lines(before_and_after[1])
    kept = overview(before_and_after[1].path / "cache/journal").total.entries.total()
    assert total["to_send"] == "0"
    assert float(total["dollars"]) == 0
    assert int(total["from_journal"]) >= kept
    assert {line["stage"] for line in parts} == {"backstories", "traits", "primed", "responses"}


def test_a_study_that_costs_nothing_plans_nothing(
    fresh: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", "--configfile", str(fresh.path / "config/config.yaml")]) == 0
    assert "no model of the experiment costs anything" in capsys.readouterr().out


def pruned(project: Project, *arguments: str, status: int = 0) -> int:
    """Prune the journal, or fail to, and return how many answers are left."""
    journal = project.path / "cache/journal"
    file = str(project.path / "config/config.yaml")
    command = ["journal", "--prune", "--configfile", file, "--journal", str(journal), *arguments]
    assert main(command) == status
    return overview(journal).total.entries.total()


@pytest.mark.slow
def test_pruning_keeps_what_the_experiment_needs(
    before_and_after: tuple[Project, Project],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    project = Project(Path(shutil.copytree(before_and_after[1].path, tmp_path / "copy")))
    whole = overview(project.path / "cache/journal").total.entries.total()
    assert pruned(project, "--config", "surveys=[w34]") == whole
    assert "0 answers removed" in capsys.readouterr().out
    # The 12 people's answers to 8 items, less what other conditions ask in the same words.
    left = pruned(project, "--config", "surveys=[w34]", "compare=[primed_bio, greedy_bio]")
    assert whole - 2 * 96 <= left < whole
    assert f"{whole - left} answers removed" in capsys.readouterr().out
    shutil.rmtree(project.path / "results")
    project.make(TABLE, "--config", "compare=[primed_bio, greedy_bio]")


@pytest.mark.slow
def test_pruning_refuses_where_it_cannot_tell_what_is_needed(
    before_and_after: tuple[Project, Project],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    project = Project(Path(shutil.copytree(before_and_after[1].path, tmp_path / "copy")))
    whole = overview(project.path / "cache/journal").total.entries.total()
    unfinished = ("--config", "surveys=[w34]", "traits={samples: 14}")
    assert pruned(project, *unfinished, status=1) == whole
    assert "the study is not finished" in capsys.readouterr().err
    free = ("models=[simulated]", "backstories={natural: {model: simulated}, primed: "
            "{model: simulated-chat}, keep: {critic_model: simulated-chat}}",
            "traits={model: simulated, reader_model: simulated-chat}")  # fmt: skip
    assert pruned(project, "--config", "surveys=[w34]", *free, status=1) == whole
    assert "needs nothing that a journal keeps" in capsys.readouterr().err
    path = project.path / "config/models/toy.yaml"
    path.write_text(path.read_text().replace("model: toy\n", ""))
    assert pruned(project, "--config", "surveys=[w34]", status=1) == whole


@pytest.mark.slow
def test_a_free_critic_keeps_stories_that_are_made_up(
    before_and_after: tuple[Project, Project], capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(before_and_after[0].path / "config/config.yaml")
    critic = "backstories={keep: {critic_model: simulated-chat}}"
    assert main(["plan", "--configfile", file, "--config", "surveys=[w34]", critic]) == 0
    assert "backstories" in capsys.readouterr().out


def planned(project: Project, capsys: pytest.CaptureFixture[str], *changes: str) -> str:
    """Plan a project as changed and return what is printed."""
    file = str(project.path / "config/config.yaml")
    assert main(["plan", "--configfile", file, "--config", "surveys=[w34]", *changes]) == 0
    return capsys.readouterr().out


@pytest.mark.slow
def test_a_critic_may_be_told_everything_beforehand(
    before_and_after: tuple[Project, Project],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    project = Project(Path(shutil.copytree(before_and_after[0].path, tmp_path / "copy")))
    (project.path / "config/prompts/critics/terse.yaml").write_text(
        'system: Say yes where a text is a life story, else no.\nmessage: "{story}"\n'
    )
    said = planned(project, capsys, "compare=[primed_bio]", "backstories={keep: {critic: terse}}")
    assert "primed" in said


@pytest.mark.slow
@pytest.mark.parametrize("condition", ["greedy_bio", "max_weight_bio"])
def test_made_up_stories_all_pass_the_filters(
    condition: str,
    before_and_after: tuple[Project, Project],
    capsys: pytest.CaptureFixture[str],
) -> None:
    nobody = "filters={backstories: {include: {gender: [other], age: [65+]}}}"
    said = planned(before_and_after[0], capsys, f"compare=[{condition}]", nobody)
    assert condition in said


@pytest.mark.slow
def test_stories_that_no_condition_uses_are_neither_written_nor_judged(
    before_and_after: tuple[Project, Project], capsys: pytest.CaptureFixture[str]
) -> None:
    project = before_and_after[0]
    said = planned(project, capsys, "compare=[qa]", "backstories={perplexity: [davinci-002]}")
    assert {line.split()[0] for line in said.splitlines()[1:3]} == {"responses", "total"}
    natural = "results/backstories/natural.parquet"
    assert natural not in project.stale("all", "--config", "surveys=[w34]", "compare=[qa]")
    assert natural in project.stale("all", "--config", "surveys=[w34]", "compare=[greedy_bio]")


def test_an_overlay_alone_is_laid_over_the_study(capsys: pytest.CaptureFixture[str]) -> None:
    overlay = str(ROOT / "config/openai.yaml")
    few = ["surveys=[w34]", "population=4", "compare=[qa]"]
    assert main(["plan", "--configfile", overlay, "--config", *few]) == 0
    assert "davinci-002" in capsys.readouterr().out


@pytest.mark.slow
def test_the_journal_is_told_by_model_and_by_stage(
    before_and_after: tuple[Project, Project], capsys: pytest.CaptureFixture[str]
) -> None:
    journal = before_and_after[1].path / "cache/journal"
    assert main(["journal", "--journal", str(journal)]) == 0
    said = capsys.readouterr().out
    for words in ("toy ", "toy-chat ", "responses ", "traits ", "primed backstories "):
        assert words in said


def test_a_journal_that_is_not_there_holds_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["journal", "--journal", str(tmp_path / "none")]) == 0
    assert "nothing yet" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--configfile", "nowhere.yaml"], "there is no such file"),
        (["--config", "seed"], "not of the form key=value"),
        (["--config", "seed=[1"], "no YAML"),
        (["--config", "sede=1"], 'did you mean "seed"'),
    ],
)
def test_mistakes_are_told_in_a_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", *arguments]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert said in error

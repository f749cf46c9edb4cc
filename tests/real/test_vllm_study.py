"""The whole study on a real vLLM with a tiny model, behind its server and inside the job."""

import csv
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from anthology.io.parquet import read_table
from anthology.journal.prune import overview
from tests.support import vllm_server as vllmserver
from tests.support.project import TABLE, Project, merge, new_project

pytestmark = pytest.mark.skipif(not vllmserver.installed(), reason=vllmserver.WITHOUT)

KEY_VARIABLE = "TINY_KEY"
# On a processor, vLLM 0.32 breaks on a prompt that is read in parts and drawn from with a seed.
WHOLE = ("--max-num-batched-tokens", 65_536)
CONDITIONS = ["qa", "primed_bio", "greedy_bio", "max_weight_freeform"]
SAMPLING = {"max_tokens": 60}
STUDY = {
    "population": 8,
    "models": ["tiny"],
    "compare": CONDITIONS,
    "backstories": {
        "natural": {"count": 10, "model": "tiny", "sampling": SAMPLING},
        "primed": {"model": "tiny-chat", "sampling": SAMPLING},
        # Noise is no life story, so that what a critic says of it is of no use here.
        "keep": {"min_words": 0, "critic": None},
    },
    "traits": {"model": "tiny", "answer_mode": "logprobs", "reader_model": "tiny-chat"},
    "conditions": {"qa": {"answer_mode": "logprobs"}},
    "questions": {"answer_mode": "choice"},
}


def declare(project: Project, **spec: Any) -> None:
    """Write the files of the tiny model, as a base model and as a chat."""
    for name, api in (("tiny", "completions"), ("tiny-chat", "chat")):
        path = project.path / "config/models" / f"{name}.yaml"
        path.write_text(yaml.safe_dump({**spec, "api": api}))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A study made through a server."""
    project = new_project(tmp_path_factory.mktemp("vllm") / "study")
    project.configure(lambda config: merge(config, STUDY))
    with pytest.MonkeyPatch.context() as patch, vllmserver.serving(*map(str, WHOLE)) as url:
        patch.setenv(KEY_VARIABLE, vllmserver.KEY)
        endpoint = {"base_url": url, "key_env": KEY_VARIABLE, "max_concurrency": 32}
        able = {
            "constrained_output": "structured_outputs",
            "top_logprobs": 20,
            "label_logprobs": True,
        }
        model = {"provider": "openai", "model": vllmserver.MODEL}
        declare(project, **model, endpoint={**endpoint, **able})
        project.make(TABLE)
    yield project


def rows(project: Project) -> list[dict[str, str]]:
    with (project.path / TABLE).open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_question_is_answered(served: Project) -> None:
    table = rows(served)
    assert [row["condition"] for row in table] == ["human", *CONDITIONS]
    assert {row["valid_share"] for row in table[1:]} == {"1.000000"}
    assert {row["answers"] for row in table[1:]} == {"tiny"}


def test_probabilities_are_exact(served: Project) -> None:
    answers = read_table(served.path / "results/w34/responses/tiny/qa.parquet")
    for shares, unseen in zip(
        answers["option_probs"].to_pylist(), answers["unseen"].to_pylist(), strict=True
    ):
        assert 0 < sum(shares) < 1
        assert unseen < 0.02 * sum(shares)
    traits = read_table(served.path / "results/traits/natural.parquet")
    assert max(traits["gender:unseen"].to_pylist()) < 0.1


def test_the_journal_rebuilds_the_study_without_a_server(served: Project, tmp_path: Path) -> None:
    copy = Project(Path(shutil.copytree(served.path, tmp_path / "copy")))
    shutil.rmtree(copy.path / "results")
    sent = overview(copy.path / "cache/journal").total.sent.total()
    copy.make(TABLE)
    assert (copy.path / TABLE).read_bytes() == (served.path / TABLE).read_bytes()
    assert overview(copy.path / "cache/journal").total.sent.total() == sent


@pytest.mark.skipif(find_spec("vllm") is None, reason="vllm is not installed here")
def test_the_engine_inside_the_job_takes_the_survey(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in vllmserver.ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    project = new_project(tmp_path / "study")
    few = {"population": 8, "models": ["tiny"], "compare": ["qa"], "questions": {"max_attempts": 3}}
    project.configure(lambda config: merge(config, few))
    declare(
        project,
        provider="vllm",
        model=str(vllmserver.FOLDER / "tiny-llama"),
        engine={"dtype": "float32", "max_model_len": 8192},
        endpoint={"engine": {"max_num_batched_tokens": WHOLE[1]}},
    )
    project.make(TABLE)
    human, qa = rows(project)
    assert (human["condition"], qa["condition"]) == ("human", "qa")
    assert qa["answers"] == "tiny"
    assert overview(project.path / "cache/journal").total.entries.total() >= 8 * 8

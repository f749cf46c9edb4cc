"""Stages that are split among several jobs."""

from pathlib import Path

import pytest

from tests.support.project import TABLE, Project, merge

ALL = ("backstories", "primed", "perplexity", "traits", "responses")


def split(project: Project, jobs: int) -> None:
    project.configure(lambda config: merge(config, {"shards": dict.fromkeys(ALL, jobs)}))


def artifacts(project: Project) -> dict[Path, bytes]:
    """Return all that a study has made, as it is on disk, without what says when it was made."""
    results = project.path / "results"
    files = (file.relative_to(results) for file in results.rglob("*") if file.is_file())
    return {
        file: (results / file).read_bytes()
        for file in files
        if not any(part.startswith(".") for part in file.parts)
    }


@pytest.fixture
def shared(fresh: Project) -> Project:
    """A study that was made by three jobs a stage."""
    split(fresh, 3)
    fresh.make(TABLE)
    return fresh


@pytest.mark.slow
def test_shards_give_the_same_bytes_as_one_job(made: Project, shared: Project) -> None:
    assert artifacts(shared) == artifacts(made)
    log = shared.path / "logs/w34/responses/simulated/greedy_bio.2-of-3.log"
    assert "questions" in log.read_text()
    for jobs in (1, 2, 5):
        split(shared, jobs)
        assert shared.stale() == set(), f"{jobs} jobs"


@pytest.mark.slow
def test_a_change_reruns_the_shards_of_one_stage_only(project: Project) -> None:
    split(project, 2)
    assert project.stale() == set()
    project.configure(lambda config: merge(config, {"conditions": {"qa": {"max_attempts": 9}}}))
    folder = "results/w34/responses/simulated"
    assert project.stale() == {
        f"{folder}/qa.1-of-2.parquet",
        f"{folder}/qa.2-of-2.parquet",
        f"{folder}/qa.parquet",
        TABLE,
        "results/w34/answers.csv",
    }


def test_shard_jobs_get_their_models_resources_and_the_joining_job_does_not(
    project: Project,
) -> None:
    split(project, 2)
    project.replace(
        "config/models/simulated.yaml", "endpoint: {", "endpoint: {job: {mem_mb: 7777}, "
    )
    project.configure(lambda config: merge(config, {"conditions": {"qa": {"max_attempts": 9}}}))
    told = project.snakemake("-n", "results/w34/responses/simulated/qa.parquet").text
    assert told.count("mem_mb=7777") == 2


@pytest.mark.slow
def test_more_shards_than_respondents_leave_some_empty(project: Project) -> None:
    split(project, 50)
    project.configure(
        lambda config: merge(config, {"compare": ["qa"], "questions": {"max_attempts": 9}})
    )
    before = artifacts(project)[Path("w34/metrics.csv")]
    project.make("results/w34/responses/simulated/qa.parquet")
    split(project, 1)
    project.make(TABLE)
    assert len(artifacts(project)[Path("w34/metrics.csv")]) < len(before)

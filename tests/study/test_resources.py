"""What a job gets that asks a model, where models' files name different things."""

import re

import pytest

from tests.support.project import Project, merge

ANSWERS = "results/w34/responses/{}/qa.parquet"
BIG = "{mem_mb: 7777, runtime: 33, slurm_partition: gpu}"


@pytest.fixture
def two(project: Project) -> Project:
    """A study of two models, one of which names what its jobs need."""
    models = project.path / "config/models"
    (models / "big.yaml").write_text(f"provider: simulated\nendpoint: {{job: {BIG}}}\n")
    project.configure(lambda config: merge(config, {"models": ["simulated", "big"]}))
    (project.path / ANSWERS.format("simulated")).unlink()
    return project


def needs(project: Project, model: str, *arguments: str) -> dict[str, str]:
    """Return the resources of the job that asks a model."""
    done = project.snakemake("-n", *arguments, "--", ANSWERS.format(model))
    assert done.status == 0, done.text
    (job,) = re.findall(r"rule responses:.*?resources: (.*?)\n", done.text, re.DOTALL)
    return dict(pair.split("=", 1) for pair in job.split(", "))


def test_a_job_gets_what_its_models_file_says_and_nothing_of_another(two: Project) -> None:
    big, small = needs(two, "big"), needs(two, "simulated")
    assert (big["mem_mb"], big["runtime"], big["slurm_partition"]) == ("7777", "33", "gpu")
    assert "slurm_partition" not in small
    assert "runtime" not in small


@pytest.mark.slow
def test_a_model_that_names_nothing_leaves_what_all_jobs_get(two: Project) -> None:
    defaults = ("--default-resources", "mem_mb=1234", "runtime=10*attempt", "slurm_partition=cpu")
    small, big = (needs(two, model, *defaults) for model in ("simulated", "big"))
    assert (small["mem_mb"], small["runtime"], small["slurm_partition"]) == ("1234", "10", "cpu")
    assert (big["mem_mb"], big["runtime"], big["slurm_partition"]) == ("7777", "33", "gpu")


@pytest.mark.slow
def test_a_size_may_be_named_in_any_unit(two: Project) -> None:
    two.replace("config/models/big.yaml", "mem_mb: 7777", "mem: 2GB")
    assert needs(two, "big", "--default-resources", "mem_mb=1234")["mem_mb"] == "2000"
    assert needs(two, "simulated", "--default-resources", "mem_mb=1234")["mem_mb"] == "1234"


@pytest.mark.parametrize(
    ("job", "said"),
    [
        ("{slurm_partion: gpu}", "did you mean 'slurm_partition'?"),
        ("{runtme: 5}", "did you mean 'runtime'?"),
        ("{mem_mb: lots}", "takes a number of MB, not 'lots'"),
    ],
)
def test_a_misspelt_need_is_told_before_anything_runs(two: Project, job: str, said: str) -> None:
    two.replace("config/models/big.yaml", BIG, job)
    done = two.snakemake("-n", "--", ANSWERS.format("big"))
    assert done.status == 1
    assert "big.yaml: endpoint.job = " in done.text
    assert said in done.text


def test_a_clusters_own_resource_may_have_any_name(two: Project) -> None:
    two.replace("config/models/big.yaml", BIG, "{license_matlab: 1}")
    assert needs(two, "big")["license_matlab"] == "1"

"""The image of Containerfile, run by apptainer as Snakemake runs it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from anthology.cluster.containers import IMAGE_VARIABLE
from tests.support.project import TABLE, Finished, Project

BUILT = os.environ.get("ANTHOLOGY_TEST_IMAGE", "")
ANSWERS = "results/w34/answers.csv"
PERSONAS = "results/w34/personas/bio.parquet"
# A namespace is what root needs where it lacks a capability. Without /tmp, where tests are, a job
# sees the folders that it is shown and no others.
ARGUMENTS = "--userns --no-mount tmp"

pytestmark = pytest.mark.skipif(
    not BUILT or shutil.which("apptainer") is None,
    reason="needs apptainer, and in ANTHOLOGY_TEST_IMAGE the image that .ci/container builds",
)


@pytest.fixture(autouse=True)
def image(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(IMAGE_VARIABLE, BUILT)
    monkeypatch.setenv("APPTAINERENV_PYTHONPATH", "")


def run(project: Project, *arguments: str) -> Finished:
    """Run snakemake with every job in the image, and none of this machine's package in its way."""
    return project.snakemake(
        *("--software-deployment-method", "apptainer", "--apptainer-args", ARGUMENTS),
        *arguments,
    )


def test_tables_made_in_the_image_are_those_made_without(made: Project, fresh: Project) -> None:
    done = run(fresh, "--", TABLE)
    assert done.status == 0, done.text
    assert "Activating singularity image" in done.text
    for table in (TABLE, ANSWERS):
        assert (fresh.path / table).read_bytes() == (made.path / table).read_bytes()


def test_the_checkout_and_a_survey_file_are_seen_wherever_they_are(
    project: Project, tmp_path: Path
) -> None:
    people = tmp_path / "people" / "w34.sav"
    people.parent.mkdir()
    shutil.copy(project.path / "results/w34/population.sav", people)
    study = tmp_path / "study"
    humans = f'humans={{w34: "{people}"}}'
    done = run(project, "--directory", str(study), "--config", humans, "--", PERSONAS)
    assert done.status == 0, done.text
    assert (study / PERSONAS).exists()


def test_an_image_of_other_code_makes_nothing(fresh: Project) -> None:
    fresh.replace("anthology/interview/answers.py", '"""', '"""Newer. ')
    done = run(fresh, "--", PERSONAS)
    assert done.status == 1
    assert "the job's anthology is not the one that started the workflow" in done.text
    assert not (fresh.path / PERSONAS).exists()


def test_the_image_has_the_command_and_snakemake() -> None:
    for command in ("anthology", "snakemake"):
        subprocess.run(
            ["apptainer", "exec", "--userns", BUILT, command, "--version"],
            check=True,
            capture_output=True,
        )

"""Jobs in an image or without this machine's files: which image, which folders, which code."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from anthology.cluster.containers import (
    CODE_VARIABLE,
    DEFAULT_IMAGE,
    IMAGE_VARIABLE,
    bind_folders,
    check_code_hash,
    check_image,
    find_image,
)
from anthology.errors import ConfigurationError
from tests.support.project import Project, new_project


def test_the_image_is_the_one_built_in_the_checkout(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(IMAGE_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    assert find_image(tmp_path) == DEFAULT_IMAGE
    assert find_image(tmp_path / "checkout") == f"checkout/{DEFAULT_IMAGE}"


def test_another_image_can_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(IMAGE_VARIABLE, "docker://registry.example.org/anthology:1")
    assert find_image(tmp_path) == "docker://registry.example.org/anthology:1"


def test_an_address_is_not_looked_for_on_disk() -> None:
    check_image("docker://registry.example.org/anthology:1")


def test_a_missing_image_is_an_error_before_anything_runs(fresh: Project) -> None:
    done = fresh.snakemake("--software-deployment-method", "apptainer", "--dry-run")
    assert done.status == 1
    assert f"error: {DEFAULT_IMAGE}: there is no such image" in done.text
    assert IMAGE_VARIABLE in done.text
    assert "Traceback" not in done.text


def test_folders_are_shown_under_their_own_paths_beside_those_that_were(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: name)
    monkeypatch.setenv("APPTAINER_BIND", "/scratch")
    bind_folders([tmp_path, tmp_path / "people", tmp_path])
    assert os.environ["APPTAINER_BIND"] == f"/scratch,{tmp_path},{tmp_path}/people"


def test_a_command_without_a_workflow_checks_no_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CODE_VARIABLE, raising=False)
    check_code_hash()


def test_code_other_than_the_workflows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CODE_VARIABLE, "0123456789abcdef")
    with pytest.raises(ConfigurationError, match="not the one that started the workflow"):
        check_code_hash()


def test_the_code_hash_changes_with_installed_files_only(tmp_path: Path) -> None:
    source = Path(__file__).parents[2] / "anthology"
    package = shutil.copytree(source, tmp_path / "anthology")
    meant = _promised(tmp_path)
    (package / "__pycache__").mkdir(exist_ok=True)
    (package / "__pycache__/more.pyc").write_bytes(b"compiled")
    (package / "explorer/assets/.page.html.swp").write_bytes(b"being edited")
    (package / ".#cli.py").symlink_to("nowhere")
    assert _promised(tmp_path) == meant
    page = next(path for path in (package / "explorer/assets").iterdir() if path.is_file())
    page.write_bytes(page.read_bytes() + b" ")
    assert _promised(tmp_path) != meant


def test_a_checkout_with_a_space_in_its_path_needs_no_image(tmp_path: Path) -> None:
    project = new_project(tmp_path / "some where")
    study = str(tmp_path / "study")
    done = project.snakemake("--dry-run", "results/w34/humans.parquet", "--directory", study)
    assert done.status == 0, done.text


def _promised(folder: Path) -> str:
    """Return what a package promises that lies in a folder."""
    code = "import os, anthology.cluster.containers as containers; containers.record_code_hash(); "
    code += f"print(os.environ['{CODE_VARIABLE}'])"
    return subprocess.run(
        [sys.executable, "-B", "-c", code],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

"""Hypothesis's profiles, and the small study that all tests share."""

import os
import shutil
from fcntl import LOCK_EX, flock
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.project import TABLE, Project, new_project

# Every run tries the same cases. HYPOTHESIS=ci tries more of them, HYPOTHESIS=explore other ones
# each time.
settings.register_profile("default", max_examples=25, derandomize=True, deadline=None)
settings.register_profile("ci", max_examples=100, derandomize=True, deadline=None)
settings.register_profile("explore", max_examples=2_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS", "default"))


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all of pytest-xdist's workers have in common."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def made(shared_folder: Path) -> Project:
    """A finished small study of one survey, for reading only; the first worker runs it."""
    with (shared_folder / "lock").open("w") as lock:
        flock(lock, LOCK_EX)
        if (shared_folder / "made").exists():
            return Project(shared_folder / "made")
        project = new_project(shared_folder / "unfinished")
        project.make(TABLE)
        return Project(project.path.rename(shared_folder / "made"))


@pytest.fixture
def project(made: Project, tmp_path: Path) -> Project:
    """A copy of the finished study that a test may change."""
    copy = tmp_path / "copy"
    shutil.copytree(made.path, copy, symlinks=True)
    return Project(copy)


@pytest.fixture
def fresh(tmp_path: Path) -> Project:
    """A small study that has not been run."""
    return new_project(tmp_path / "fresh")

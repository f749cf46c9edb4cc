"""The software and the machine that a command runs on."""

import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from anthology import __version__
from anthology.provenance.schema import SoftwareVersions

PACKAGES = (
    "aiohttp",
    "joblib",
    "matplotlib",
    "numpy",
    "openai",
    "orjson",
    "pandas",
    "pyarrow",
    "pydantic",
    "pyreadstat",
    "scipy",
    "snakemake",
    "tokenizers",
    "torch",
    "transformers",
    "vllm",
)
"""Packages whose version may change a result."""

_PACKAGE = Path(__file__).parents[1]
_SCHEDULERS = {"SLURM_JOB_ID": "Slurm", "PBS_JOBID": "PBS", "LSB_JOBID": "LSF"}
_PATIENCE = 5.0  # Seconds for git, which takes milliseconds.


def describe_software(code: str) -> SoftwareVersions:
    """Return what runs: this package, its commit, and the packages it stands on."""
    commit, changed = git_commit(_PACKAGE)
    return SoftwareVersions(
        anthology=__version__,
        code=code,
        commit=commit,
        changed=changed,
        python=platform.python_version(),
        platform=platform.platform(),
        packages=package_versions(),
    )


def package_versions() -> dict[str, str]:
    """Return the versions of the packages that matter, without importing them."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def git_commit(folder: Path) -> tuple[str | None, bool | None]:
    """Return the commit that a folder is checked out from, and whether its files were changed.

    Both are None where git knows nothing of the folder, as of one that lies in a virtual
    environment inside somebody's checkout.
    """
    if not any((above / ".git").exists() for above in folder.parents):
        return None, None
    # Must not lock the repository for other processes.
    quiet = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}
    git = ["git", "-C", str(folder)]
    looked = [
        [*git, "ls-files", "--error-unmatch", "--", "__init__.py"],
        [*git, "status", "--porcelain=v2", "--branch", "--untracked-files=no", "--", "."],
    ]
    try:
        _, said = (
            subprocess.run(
                command, capture_output=True, text=True, check=True, timeout=_PATIENCE, env=quiet
            ).stdout.splitlines()
            for command in looked
        )
    except (OSError, subprocess.SubprocessError):
        return None, None
    commits = [line.split()[-1] for line in said if line.startswith("# branch.oid ")]
    return next(iter(commits), None), any(not line.startswith("#") for line in said)


def scheduler_job(environment: Mapping[str, str] = os.environ) -> str | None:
    """Return the scheduler and the number of the job that this process belongs to."""
    named = (
        f"{name} {environment[key]}" for key, name in _SCHEDULERS.items() if key in environment
    )
    return next(named, None)


def measure_usage() -> tuple[float | None, int | None]:
    """Return processor seconds and the largest process's memory in bytes, as far as is known."""
    try:
        from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
    except ImportError:
        return None, None
    used = [getrusage(RUSAGE_SELF), getrusage(RUSAGE_CHILDREN)]
    unit = 1 if sys.platform == "darwin" else 1024
    seconds = sum(one.ru_utime + one.ru_stime for one in used)
    return round(seconds, 3), max(one.ru_maxrss for one in used) * unit

"""Checks that containerised or remote jobs run the same code as the workflow.

Such a job has its own installation of this package, while its settings come from the one here, and
its results count as results of the code here. So the workflow puts a hash of its code into the
environment, and a stage whose code differs refuses to run.
"""

import os
import shutil
import sys
from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path

from anthology.errors import ConfigurationError

IMAGE_VARIABLE = "ANTHOLOGY_IMAGE"
"""The environment variable that names the container image of jobs."""
CODE_VARIABLE = "ANTHOLOGY_CODE"
"""The environment variable with the hash of the workflow's code."""
DEFAULT_IMAGE = "anthology.sif"
"""The image file in the checkout that is used where none is named."""
_PACKAGE = Path(__file__).parents[1]


def find_image(checkout: Path) -> str:
    """Return the container image of jobs: the one named in the environment, or the checkout's.

    Parameters
    ----------
    checkout
        The folder with the workflow. What lies in it is named from the working directory, so
        that a moved checkout is no other image.
    """
    return os.environ.get(IMAGE_VARIABLE) or os.path.relpath(checkout / DEFAULT_IMAGE)


def check_image(named: str) -> None:
    """Refuse a container image that does not exist.

    Raises
    ------
    ConfigurationError
        If the name is a path and there is no such file.
    """
    if "://" not in named and not Path(named).exists():
        raise ConfigurationError(
            "there is no such image for jobs to run in",
            where=named,
            hint="build it as docs/clusters.md says, or name one in "
            f"{IMAGE_VARIABLE}: a file, or an address such as "
            "docker://registry.example.org/anthology:1",
        )


def bind_folders(folders: Iterable[Path]) -> None:
    """Bind folders into containers under their own paths, besides the working directory."""
    prefix = "APPTAINER" if shutil.which("apptainer") else "SINGULARITY"
    before = os.environ.get(f"{prefix}_BIND", "")
    shown = [*filter(None, before.split(",")), *(str(folder.resolve()) for folder in folders)]
    os.environ[f"{prefix}_BIND"] = ",".join(dict.fromkeys(shown))


def record_code_hash() -> None:
    """Put the hash of this code into the environment of all jobs."""
    os.environ[CODE_VARIABLE] = _package_hash()


def check_code_hash() -> None:
    """Refuse to run if the workflow has other code; without a workflow, do nothing.

    Raises
    ------
    ConfigurationError
        If the package that runs here differs in any file that is installed.
    """
    meant = os.environ.get(CODE_VARIABLE)
    if meant and meant != _package_hash():
        raise ConfigurationError(
            "the job's anthology is not the one that started the workflow",
            where=sys.prefix,
            hint="build its image again from this checkout (docs/clusters.md); if this checkout "
            "was changed while the workflow ran, start it again",
        )


def _package_hash() -> str:
    """Return a hash of all files of this package that are installed."""
    digest = blake2b(digest_size=8)
    for path in sorted([*_PACKAGE.rglob("[!.]*.py"), *_PACKAGE.glob("*/assets/[!.]*")]):
        content = path.read_bytes()
        name = path.relative_to(_PACKAGE).as_posix()
        digest.update(f"{name} {len(content)} ".encode())
        digest.update(content)
    return digest.hexdigest()

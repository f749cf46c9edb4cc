"""The configuration as commands for people read it: the files and settings Snakemake is given."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from anthology.errors import ConfigurationError
from anthology.io.yaml import read_mapping
from anthology.study.workflow import Workflow

MAIN = Path("config/config.yaml")


def read_workflow(files: Sequence[Path], changes: Sequence[str]) -> Workflow:
    """Read an experiment from its files and from single settings.

    Parameters
    ----------
    files
        Configuration files, later ones overriding earlier ones. Below them lies the
        `config.yaml` beside the first of them, or else `config/config.yaml`, as snakemake has
        it. The lowest stands beside the folders of surveys, models and prompts.
    changes
        Settings of the form `key=value`, the value in YAML, which override the files.
    """
    base = files[0].with_name(MAIN.name) if files else MAIN
    base = base if base.is_file() else MAIN
    if base.is_file() and base.resolve() not in [file.resolve() for file in files]:
        files = [base, *files]
    files = files or [MAIN]
    for file in files:
        if not file.is_file():
            raise ConfigurationError(
                "there is no such file",
                where=str(file),
                hint="Call this in the folder of the study, or name its files with --configfile.",
            )
    command_line = dict(map(_setting, changes))
    config: dict[str, Any] = {}
    for part in [*map(read_mapping, files), command_line]:
        config = _merged(config, part)
    return Workflow(
        config,
        root=files[0].parent,
        files=files,
        command_line=command_line,
        targets=[],
        defaults={},
    )


def _setting(change: str) -> tuple[str, Any]:
    key, equals, value = change.partition("=")
    if not equals:
        raise ConfigurationError(f"{change!r} is not of the form key=value", where="--config")
    try:
        return key, yaml.safe_load(value)
    except yaml.YAMLError:
        raise ConfigurationError(f"the value of {change!r} is no YAML", where="--config") from None


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one mapping over another, mapping by mapping, as Snakemake does."""
    both = dict(below)
    for key, value in above.items():
        lower = both.get(key)
        if isinstance(value, Mapping) and isinstance(lower, Mapping):
            both[key] = _merged(lower, value)
        else:
            both[key] = value
    return both

"""Loading a model's file from `config/models/`."""

import os
from pathlib import Path
from typing import Any

from anthology.config.model import Endpoint, ModelSpec
from anthology.errors import ConfigurationError
from anthology.io.yaml import read_record
from anthology.models.registry import check_spec
from anthology.spelling import suggest

BESIDE = "ANTHOLOGY_SERVERS"
"""The environment variable that names the folder where servers have written their addresses that
run beside this process, for it alone."""


def load_model_spec(folder: Path, name: str) -> ModelSpec:
    """Read the file of one model.

    Parameters
    ----------
    folder
        The folder of the models' files, `config/models`.
    name
        The model, by the name of its file.

    Returns
    -------
    ModelSpec
        What it says; its `endpoint.address_file` begins at the folder that holds `config`,
        where it says no more, so that it is the same wherever a study is run; but it is in the
        folder that `BESIDE` names where a file of its name is there.

    Raises
    ------
    ConfigurationError
        If there is no such file, or it does not say what it must.
    """
    path = folder / f"{name}.yaml"
    if not path.is_file():
        known = sorted(file.stem for file in folder.glob("*.yaml"))
        raise ConfigurationError(f"there is no such model; {suggest(name, known)}", where=str(path))
    spec = read_record(path, ModelSpec)
    check_spec(spec, str(path))
    if spec.endpoint.address_file is None:
        return spec
    # Not resolved: what links point to may differ between the nodes of a cluster.
    place = folder.absolute().parent.parent / Path(spec.endpoint.address_file).expanduser()
    own = Path(os.environ.get(BESIDE, os.devnull)) / place.name
    address_file = str(own if own.exists() else place)
    endpoint = spec.endpoint.model_copy(update={"address_file": address_file})
    return spec.model_copy(update={"endpoint": endpoint})


def engine_options(name: str, engine: dict[str, Any], endpoint: Endpoint) -> dict[str, Any]:
    """Join the options of a vLLM engine that may change answers with those that only pace it.

    Raises
    ------
    ConfigurationError
        If one is set in both places.
    """
    if twice := sorted(engine.keys() & endpoint.engine.keys()):
        raise ConfigurationError(
            f"{', '.join(twice)} stands both in `engine` and in `endpoint.engine`",
            where=f"model {name}",
            hint="Keep it in `engine` if it may change what the model answers.",
        )
    return {**engine, **endpoint.engine}

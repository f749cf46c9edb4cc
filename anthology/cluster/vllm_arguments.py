"""The command line of a vLLM server, from what the model's file says."""

import json
from typing import Any

from anthology.config.model import ModelSpec
from anthology.errors import ConfigurationError
from anthology.models.load_spec import engine_options
from anthology.models.registry import capabilities

_RESERVED = (
    "api_key", "config", "headless", "host", "model", "port", "revision", "root_path",
    "served_model_name", "ssl_certfile", "ssl_keyfile", "uds",
)  # fmt: skip
"""What is said elsewhere in the file, or would have the server where nobody looks for it."""


def build_arguments(name: str, spec: ModelSpec, host: str, port: int) -> list[str]:
    """Return the words that follow `vllm` on its command line.

    Parameters
    ----------
    name
        The name of the model's file, for messages.
    spec
        What it says.
    host, port
        Where the server is to listen.

    Raises
    ------
    ConfigurationError
        If no server can be started from what the file says.
    """
    remote = capabilities(spec).remote
    if not remote or spec.model is None:
        what = "no `model`" if remote else f"`provider: {spec.provider}`"
        raise ConfigurationError(
            f"has {what}, so there is nothing to serve",
            where=f"model {name}",
            hint="A server is started for a model of the provider openai that names its weights.",
        )
    options = engine_options(name, spec.engine, spec.endpoint)
    for option in options:
        if option.replace("-", "_") in _RESERVED:
            raise ConfigurationError(
                f"`{option}` cannot be set under `engine`", where=f"model {name}"
            )
    return [
        "serve", spec.model,
        *(["--revision", spec.revision] if spec.revision else []),
        "--served-model-name", spec.model,
        # The weights' own advice on sampling would change what is asked for.
        "--generation-config", "vllm",
        "--disable-uvicorn-access-log",
        *(word for option, value in options.items() for word in _flag(option, value)),
        "--host", host,
        "--port", str(port),
    ]  # fmt: skip


def _flag(option: str, value: Any) -> list[str]:
    """Return an option of the engine as its command line has it."""
    flag = option.replace("_", "-")
    if value is None:
        return []
    if isinstance(value, bool):
        return [f"--{flag}" if value else f"--no-{flag}"]
    if isinstance(value, list):
        return [f"--{flag}", *map(str, value)]
    return [f"--{flag}", json.dumps(value) if isinstance(value, dict) else str(value)]

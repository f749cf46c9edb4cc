"""The `anthology` command: one subcommand for each stage; the others are in `commands.py`.

A stage's options are its `run` function's keyword arguments, and its name that of
its module, so this module knows nothing about any stage.
"""

import argparse
import inspect
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType, UnionType
from typing import Any, get_args, get_origin

from pydantic import ValidationError

from anthology.errors import AnthologyError, ConfigurationError
from anthology.stages import stage_descriptions


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; a user's mistake gives one message on stderr and exit status 1."""
    argv = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if argv and argv[0] in stage_descriptions():
            _run_stage(argv[0], argv[1:])
        else:
            from anthology.cli.commands import parsed

            command = parsed(argv, stage_descriptions())
            command.do(command)
        sys.stdout.flush()
    except AnthologyError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader, such as `head`, has seen enough; the rest is dropped silently.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _run_stage(stage: str, argv: Sequence[str]) -> None:
    from anthology.cluster.containers import check_code_hash
    from anthology.cluster.submitted_jobs import check_submitted
    from anthology.config.stage import INPUTS
    from anthology.io.no_pandas import leave_pandas_out
    from anthology.models.usage import UsesModels
    from anthology.provenance.recorder import StageRecorder
    from anthology.records import merge_json

    check_code_hash()
    watch = StageRecorder(stage)
    leave_pandas_out()
    module = import_module(f"anthology.stages.{stage}")
    options = vars(stage_parser(stage, module).parse_args(argv))
    check_submitted(options["settings"])
    watch.look(options)
    try:
        parts = merge_json(options.pop("settings"))
    except (ValueError, AttributeError):
        raise ConfigurationError("takes JSON objects", where="--settings") from None
    parts.pop(INPUTS, None)
    try:
        settings = module.Settings.model_validate(parts)
    except ValidationError as error:
        from anthology.io.validation_errors import explain_validation_error

        raise explain_validation_error(
            error, module.Settings, parts, where=lambda _: "--settings"
        ) from None
    arguments = _called(module.run, options)
    module.run(settings, **arguments)
    asking = [value for value in arguments.values() if isinstance(value, UsesModels)]
    watch.record(parts, [one for asks in asking for one in asks.asked()])


def stage_parser(stage: str, module: ModuleType) -> argparse.ArgumentParser:
    """Derive a stage's command line from the signature of its `run`."""
    parser = argparse.ArgumentParser(
        prog=f"anthology {stage}", description=module.__doc__, allow_abbrev=False
    )
    parser.add_argument("--settings", nargs="+", required=True, metavar="JSON")
    for parameter in _keywords(module.run):
        own = _keywords(parameter.annotation) if _is_ours(parameter.annotation) else [parameter]
        for option in own:
            parser.add_argument(
                f"--{option.name.replace('_', '-')}",
                **_argument(option.annotation),
                **_default(option),
            )
    return parser


def _called(run: Callable[..., Any], options: dict[str, Any]) -> dict[str, Any]:
    """Return a stage's arguments, put together from the command's options."""
    return {
        parameter.name: (
            parameter.annotation(**_called(parameter.annotation, options))
            if _is_ours(parameter.annotation)
            else options[parameter.name]
        )
        for parameter in _keywords(run)
    }


def _keywords(function: Callable[..., Any]) -> list[inspect.Parameter]:
    parameters = inspect.signature(function, eval_str=True).parameters.values()
    return [p for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY]


def _is_ours(annotation: Any) -> bool:
    """Say whether an argument is an object of this project, made from options of its own."""
    return getattr(annotation, "__module__", "").startswith("anthology.")


def _default(option: inspect.Parameter) -> dict[str, Any]:
    """Return what holds where an option is not on the command line."""
    if option.default is inspect.Parameter.empty:
        return {"required": True}
    return {"default": option.default}


def _argument(annotation: Any) -> dict[str, Any]:
    """Return how an annotated argument is read from the command line."""
    if get_origin(annotation) is list:
        return {"type": get_args(annotation)[0], "nargs": "+", "metavar": "FILE"}
    if get_origin(annotation) is UnionType:
        # What may be missing may also be named with nothing after it.
        found = _argument(get_args(annotation)[0])
        return found | {"nargs": "*" if "nargs" in found else "?"}
    return {"type": annotation, "metavar": "FILE" if annotation is Path else "N"}

"""The `anthology` command: one subcommand for each stage, and a few for people.

A stage's options are its `run` function's keyword arguments, so this module
knows the stages' names and nothing else about them.
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

from anthology import __version__
from anthology.errors import AnthologyError, ConfigurationError

STAGES = {
    "population": "write a simulated survey file",
    "humans": "read a survey file's people and words",
    "backstories": "have natural backstories written",
    "released": "read natural backstories from a file",
    "primed": "have a backstory written for each respondent",
    "traits": "ask natural backstories who they are",
    "matches": "match respondents to natural backstories",
    "personas": "build the personas of one condition",
    "responses": "have personas take the survey",
    "metrics": "compare personas with people",
    "summary": "join the tables of all surveys",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; a user's mistake is one message on stderr and status 1."""
    argv = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if argv and argv[0] in STAGES:
            _run_stage(argv[0], argv[1:])
        else:
            command = _parser().parse_args(argv)
            command.do(command)
        sys.stdout.flush()
    except AnthologyError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever read the output has seen enough; what is left goes nowhere, without a word.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _run_stage(stage: str, argv: Sequence[str]) -> None:
    from anthology.records import merged

    module = import_module(f"anthology.{stage}")
    options = vars(stage_parser(stage, module).parse_args(argv))
    try:
        parts = merged(options.pop("settings"))
    except (ValueError, AttributeError):
        raise ConfigurationError("takes JSON objects", where="--settings") from None
    try:
        settings = module.Settings.model_validate(parts)
    except ValidationError as error:
        from anthology.mistakes import explain

        raise explain(error, module.Settings, parts, where=lambda _: "--settings") from None
    module.run(settings, **options)


def stage_parser(stage: str, module: ModuleType) -> argparse.ArgumentParser:
    """Derive a stage's command line from the signature of its `run`."""
    parser = argparse.ArgumentParser(
        prog=f"anthology {stage}", description=STAGES[stage], allow_abbrev=False
    )
    parser.add_argument("--settings", nargs="+", required=True, metavar="JSON")
    for name, parameter in inspect.signature(module.run, eval_str=True).parameters.items():
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            parser.add_argument(
                f"--{name.replace('_', '-')}",
                **_argument(parameter.annotation),
                required=parameter.default is inspect.Parameter.empty,
            )
    return parser


def _argument(annotation: Any) -> dict[str, Any]:
    """Return how an annotated argument is read from the command line."""
    if get_origin(annotation) is list:
        return {"type": get_args(annotation)[0], "nargs": "+", "metavar": "FILE"}
    if get_origin(annotation) is UnionType:
        return _argument(get_args(annotation)[0])
    return {"type": annotation, "metavar": "FILE" if annotation is Path else "N"}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="anthology",
        description="Virtual personas for language models, measured against people. "
        "Stages are run by snakemake; the commands for people are listed here.",
        epilog="stages: " + "; ".join(f"{name}: {does}" for name, does in STAGES.items()),
    )
    parser.add_argument("--version", action="version", version=f"anthology {__version__}")
    commands = parser.add_subparsers(required=True, metavar="command")

    def add(name: str, do: Callable[[argparse.Namespace], None], help: str) -> Any:  # noqa: A002
        command = commands.add_parser(name, help=help, description=help)
        command.set_defaults(do=do)
        return command

    show = add(
        "show", _show, "print a table, or what an artifact is, what made it, and its first rows"
    )
    show.add_argument("file", type=Path)
    show.add_argument("--rows", type=int, default=5, help="how many rows (default: 5)")
    show.add_argument("--row", type=int, metavar="N", help="show row N, from 0, whole")
    add("schema", _schema, "print the JSON schema of config/config.yaml, for editors")
    add("reference", _reference, "print docs/configuration.md")
    return parser


def _show(command: argparse.Namespace) -> None:
    from anthology.show import show

    print(show(command.file, command.rows, command.row))


def _schema(_: argparse.Namespace) -> None:
    from anthology.reference import json_schema

    print(json_schema(), end="")


def _reference(_: argparse.Namespace) -> None:
    from anthology.reference import reference

    print(reference(), end="")

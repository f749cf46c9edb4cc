"""The subcommands of `anthology` that are for people."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anthology import __version__

if TYPE_CHECKING:
    from anthology.plan.dry_run import Archive
    from anthology.plan.plan import Line

_JOURNAL = Path("cache/journal")
_MODELS = Path("config/models")
_BESIDE = "--beside"


def parsed(argv: Sequence[str], stages: Mapping[str, str]) -> argparse.Namespace:
    """Return what a command line says."""
    # What follows is another command's, in which argparse would take a lone -- for its own.
    end = argv.index(_BESIDE) + 1 if _BESIDE in argv else len(argv)
    command = parser(stages).parse_args(argv[:end])
    if _BESIDE in argv:
        command.beside = argv[end:]
    return command


def parser(stages: Mapping[str, str]) -> argparse.ArgumentParser:
    """Return the command line, which lists the stages and parses the commands for people."""
    whole = argparse.ArgumentParser(
        prog="anthology",
        description="Virtual personas for language models, measured against people.\n"
        "Stages are run by snakemake; the commands for people are listed here.",
        epilog="stages:\n" + "\n".join(f"  {name:13} {does}" for name, does in stages.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    whole.add_argument("--version", action="version", version=f"anthology {__version__}")
    commands = whole.add_subparsers(required=True, metavar="command")

    def add(name: str, do: Callable[[argparse.Namespace], None], help: str) -> Any:  # noqa: A002
        command = commands.add_parser(name, help=help, description=help)
        command.set_defaults(do=do)
        return command

    show = add(
        "show", _show, "print a table, or describe an artifact with its first rows and provenance"
    )
    show.add_argument("file", type=Path)
    show.add_argument("--rows", type=int, default=5, help="how many rows (default: 5)")
    show.add_argument("--row", type=int, metavar="N", help="show row N in full, counted from 0")
    show.add_argument(
        "--made", action="store_true", help="show the file's provenance: code, models, time, cost"
    )

    plan = add("plan", _plan, "estimate the requests, tokens and cost of the experiment")
    _add_configuration(plan)
    plan.add_argument(
        "--output", type=Path, metavar="FILE", help="write the estimate to this CSV file"
    )

    journal = add("journal", _journal, "report on the cache of models' answers, and prune it")
    _add_configuration(journal)
    journal.add_argument(
        "--prune", action="store_true", help="remove the answers that the experiment does not use"
    )

    models = add("models", _models, "list the declared models, or check one")
    models.add_argument("--folder", type=Path, default=_MODELS, metavar="FOLDER")
    models.set_defaults(name=None)
    models.set_defaults(vllm=None)
    subcommands = models.add_subparsers(metavar="check or serve")
    checked = subcommands.add_parser("check", help="test what a model can do, and how fast")
    checked.add_argument("name", help="the model, by the name of its file")
    _add_serving(subcommands)

    add("schema", _schema, "print the JSON schema of config/config.yaml, for editors")
    add("reference", _reference, "print docs/configuration.md")
    return whole


def _add_configuration(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--configfile", type=Path, nargs="+", default=[], metavar="FILE",
        help="the configuration files, as snakemake gets them (default: config/config.yaml)",
    )  # fmt: skip
    command.add_argument(
        "--config", nargs="+", default=[], metavar="KEY=VALUE", help="settings that override them"
    )
    command.add_argument(
        "--journal", type=Path, default=_JOURNAL, metavar="FOLDER",
        help="the folder of cached answers (default: cache/journal; for a study run with "
        "--directory, cache/journal in that folder)",
    )  # fmt: skip


def _add_serving(subcommands: Any) -> None:
    does = "serve a model with vLLM as its file says, and publish its address"
    served = subcommands.add_parser("serve", help=does, description=does, allow_abbrev=False)
    served.add_argument("name", help="the model, by the name of its file")
    served.add_argument(
        "--vllm", default="vllm", metavar="FILE", help="the program vllm (default: the one here)"
    )
    served.add_argument(
        "--host", default="127.0.0.1", metavar="NAME",
        help="accept other machines, which reach this one by that name (default: none)",
    )  # fmt: skip
    served.add_argument(
        "--give-up-after", type=float, default=3600, metavar="SECONDS",
        help="how long to wait until the model answers (default: 3600)",
    )  # fmt: skip
    served.add_argument(
        _BESIDE, nargs=argparse.REMAINDER, default=[], metavar="COMMAND",
        help="a command with all its arguments to run beside the server, which stops with it",
    )  # fmt: skip


def _show(command: argparse.Namespace) -> None:
    from anthology.provenance.show import provenance_note, show

    print(show(command.file, command.rows, command.row, made=command.made))
    # On stderr, so that a piped table or text holds nothing else.
    if not command.made and (note := provenance_note(command.file)):
        print(note, file=sys.stderr)


def _plan(command: argparse.Namespace) -> None:
    from anthology.io.parquet import write_text
    from anthology.plan.plan import as_csv, as_text

    lines, _ = _rehearsed(command)
    if command.output is None:
        print(as_text(lines))
    else:
        write_text(command.output, as_csv(lines))


def _rehearsed(command: argparse.Namespace) -> "tuple[list[Line], Archive]":
    from anthology.journal.journal import Journal
    from anthology.plan.dry_run import Archive
    from anthology.plan.plan import plan
    from anthology.study.command_line import read_workflow

    workflow = read_workflow(command.configfile, command.config)
    workflow.check_files()
    archive = Archive(Journal(command.journal))
    return plan(workflow.study, archive, lambda part: print(part, file=sys.stderr)), archive


def _journal(command: argparse.Namespace) -> None:
    from anthology.journal.prune import prune
    from anthology.journal.report import report, report_pruned
    from anthology.plan.dry_run import refuse_to_prune

    @cache
    def archive() -> "Archive":
        lines, archive = _rehearsed(command)
        refuse_to_prune(sum(line.to_send for line in lines), archive.models)
        return archive

    def needed(key: bytes, model: str) -> bool:
        # First called when nobody else can write to the journal any more.
        return key in archive().needed or model not in archive().models

    if command.prune:
        print(report_pruned(prune(command.journal, needed)))
    print(report(command.journal))


def _models(command: argparse.Namespace) -> None:
    from anthology.models.check import check_model, list_models

    if command.vllm is not None:
        from anthology.cluster.vllm_server import serve_model

        status = serve_model(
            command.folder, command.name, command.beside,
            vllm=command.vllm, host=command.host, give_up_after=command.give_up_after,
        )  # fmt: skip
        raise SystemExit(status)
    print(
        check_model(command.folder, command.name) if command.name else list_models(command.folder)
    )


def _schema(_: argparse.Namespace) -> None:
    from anthology.study.reference import json_schema

    print(json_schema(), end="")


def _reference(_: argparse.Namespace) -> None:
    from anthology.study.reference import reference

    print(reference(), end="")

"""The subcommands of `anthology` that are for people."""

import argparse
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anthology import __version__

if TYPE_CHECKING:
    from anthology.plan import Line
    from anthology.rehearsal import Archive

_JOURNAL = Path("cache/journal")
_MODELS = Path("config/models")


def parser(stages: Mapping[str, str]) -> argparse.ArgumentParser:
    """Return the command line, which lists the stages and parses the commands for people."""
    whole = argparse.ArgumentParser(
        prog="anthology",
        description="Virtual personas for language models, measured against people. "
        "Stages are run by snakemake; the commands for people are listed here.",
        epilog="stages: " + "; ".join(f"{name}: {does}" for name, does in stages.items()),
    )
    whole.add_argument("--version", action="version", version=f"anthology {__version__}")
    commands = whole.add_subparsers(required=True, metavar="command")

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

    plan = add("plan", _plan, "count what the experiment will ask of models, and what it costs")
    _add_configuration(plan)
    plan.add_argument("--output", type=Path, metavar="FILE", help="write it there as CSV")

    journal = add("journal", _journal, "show what models answered before, and prune it")
    _add_configuration(journal)
    journal.add_argument(
        "--prune", action="store_true", help="remove the answers that the experiment does not need"
    )

    models = add("models", _models, "list the models that are declared, or check one")
    models.add_argument("--folder", type=Path, default=_MODELS, metavar="FOLDER")
    models.set_defaults(name=None)
    subcommands = models.add_subparsers(metavar="check")
    checked = subcommands.add_parser("check", help="ask a model what it can do, and how fast")
    checked.add_argument("name", help="the model, by the name of its file")

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
        help="where answers are kept (default: cache/journal; of a study that was run with "
        "--directory, cache/journal in that folder)",
    )  # fmt: skip


def _show(command: argparse.Namespace) -> None:
    from anthology.show import show

    print(show(command.file, command.rows, command.row))


def _plan(command: argparse.Namespace) -> None:
    from anthology.artifacts import write_text
    from anthology.plan import as_csv, as_text

    lines, _ = _rehearsed(command)
    if command.output is None:
        print(as_text(lines))
    else:
        write_text(command.output, as_csv(lines))


def _rehearsed(command: argparse.Namespace) -> "tuple[list[Line], Archive]":
    from anthology.configuration import read_workflow
    from anthology.journal import Journal
    from anthology.plan import plan
    from anthology.rehearsal import Archive

    workflow = read_workflow(command.configfile, command.config)
    workflow.check_files()
    archive = Archive(Journal(command.journal))
    return plan(workflow.study, archive, lambda part: print(part, file=sys.stderr)), archive


def _journal(command: argparse.Namespace) -> None:
    from anthology.journalfolder import prune
    from anthology.journalreport import report, report_pruned
    from anthology.rehearsal import refuse_to_prune

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
    from anthology.modelcheck import check, overview

    print(check(command.folder, command.name) if command.name else overview(command.folder))


def _schema(_: argparse.Namespace) -> None:
    from anthology.reference import json_schema

    print(json_schema(), end="")


def _reference(_: argparse.Namespace) -> None:
    from anthology.reference import reference

    print(reference(), end="")

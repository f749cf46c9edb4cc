"""A provenance record as text."""

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from anthology.errors import DataError
from anthology.io.tables import align_columns
from anthology.provenance.record_files import describes_file, read_record, record_path
from anthology.provenance.schema import CommandRun, ProvenanceRecord, UsageRecord

_WIDTH = 100


def describe_record(path: Path) -> str:
    """Return a file's whole record as text.

    Raises
    ------
    DataError
        If there is none, or it cannot be read.
    """
    record = read_record(path)
    if record is None:
        raise DataError(
            "has no record of what made it",
            where=str(path),
            hint=f"The record of a stage's file is {record_path(path)}. The plan and the report "
            "are gathered from the study as it stands, and like your own files have none.",
        )
    settings = _list_pairs(record.settings)
    lines = [f"{path}: {describe_in_one_line(path, record)}", *list_details(record)]
    return "\n".join([*lines, "settings", *settings])


def summarize_record(path: Path) -> str | None:
    """Say in one line what made a file; None for a file without a record."""
    record = read_record(path)
    if record is None:
        return None
    return f"{describe_in_one_line(path, record)}; for more: `anthology show --made {path}`"


def describe_in_one_line(path: Path, record: ProvenanceRecord) -> str:
    """Say what made a file, or that its record is of another."""
    ended = _format_time(record.run.ended)
    if not describes_file(record, path):
        return f"the file was changed or replaced since its record ({ended}, stage {record.stage})"
    cost = f", ${record.dollars:,.2f}" if record.dollars else ""
    if record.earlier_dollars:
        cost += f" (${record.earlier_dollars:,.2f} of it earlier, for answers from the journal)"
    seconds = _format_seconds(sum(run.seconds for run in record.runs))
    software = record.software.label
    return f"made by anthology {software} in stage {record.stage}, {ended}, in {seconds}{cost}"


def list_details(record: ProvenanceRecord) -> list[str]:
    """Return the lines of a record, except its settings."""
    software = record.software
    packages = ", ".join(f"{name} {version}" for name, version in software.packages.items())
    versions = {
        "anthology": software.label,
        "code": software.code,
        "python": f"{software.python} on {software.platform}",
        "packages": packages,
    }
    files = [[file.model_dump() for file in group] for group in (record.inputs, [record.file])]
    lines = ["software", *_list_pairs(versions)]
    lines += ["runs, the last of which joined the shards" if record.shards else "run"]
    lines += _align_rows(map(_describe_run, record.runs))
    if record.models:
        lines += ["models", *(line for usage in record.models for line in _list_usage(usage))]
    if record.inputs:
        lines += ["made from", *_align_rows(files[0])]
    return [*lines, "the file", *_align_rows(files[1])]


def _describe_run(run: CommandRun) -> dict[str, str]:
    cpu, memory = run.processor_seconds, run.memory
    return {
        "started": _format_time(run.started),
        "ended": _format_time(run.ended),
        "time": _format_seconds(run.seconds),
        "CPU time": "" if cpu is None else _format_seconds(cpu),
        "memory": "" if memory is None else f"{memory / 1e6:,.0f} MB",
        "machine": run.host,
        "job": run.job or "",
    }


def _list_usage(usage: UsageRecord) -> Iterator[str]:
    identity = {k: v for k, v in usage.identity.items() if k != "name" and v not in (None, {})}
    yield from _list_pairs({usage.name: ", ".join(f"{k} {v}" for k, v in identity.items())})
    server = {"called": usage.served, "version": usage.version, "address": usage.address}
    yield from (f"    {key}: {value}" for key, value in server.items() if value is not None)
    if usage.requests or usage.hits:
        yield (
            f"    {usage.requests:,} requests, {usage.retries:,} retries, {usage.hits:,} from the "
            f"journal; {usage.prompt_tokens:,} tokens read, {usage.completion_tokens:,} written"
        )
    if usage.earlier_prompt_tokens or usage.earlier_completion_tokens:
        yield (
            f"    answers from the journal had taken {usage.earlier_prompt_tokens:,} tokens read, "
            f"{usage.earlier_completion_tokens:,} written"
        )
    if usage.price is not None:
        earlier = f" and ${usage.earlier_dollars:,.4f} earlier" * bool(usage.earlier_dollars)
        yield (
            f"    ${usage.dollars:,.4f}{earlier} at ${usage.price['prompt']:g} per million tokens "
            f"read, ${usage.price['completion']:g} written"
        )


def _list_pairs(values: Mapping[str, Any]) -> list[str]:
    wrapper = textwrap.TextWrapper(
        _WIDTH, initial_indent="  ", subsequent_indent="    ",
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
    return [line for key, value in values.items() for line in wrapper.wrap(f"{key}: {value}")]


def _align_rows(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Align rows under their heads, without the columns that are empty throughout."""
    listed = [
        {key: f"{value:,}" if isinstance(value, int) else value for key, value in row.items()}
        for row in rows
    ]
    head = [name for name in listed[0] if any(row[name] for row in listed)]
    cells = [[row[name] for name in head] for row in listed]
    return [f"  {line}" for line in align_columns(head, cells).splitlines()]


def _format_time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _format_seconds(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"

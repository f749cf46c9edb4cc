"""What made a file, as text."""

import textwrap
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from anthology.errors import DataError
from anthology.io.tables import align_columns
from anthology.provenance.record_files import describes_file, read_record, record_path
from anthology.provenance.schema import (
    CommandRun,
    FileHash,
    ProvenanceRecord,
    SoftwareVersions,
    UsageRecord,
)

_WIDTH = 100
_OTHER = "the file is not the one that its record is of: it was changed or replaced since"


def describe_record(path: Path) -> str:
    """Return the record of a file, all of it.

    Raises
    ------
    DataError
        If there is none, or it cannot be read.
    """
    made = read_record(path)
    if made is None:
        raise DataError(
            "has no record of what made it",
            where=str(path),
            hint=f"Of what a stage makes, it is {record_path(path)}. The plan and the report are "
            "gathered from the study as it stands, and like files of your own have none.",
        )
    lines = [f"{path}: {describe_in_one_line(path, made)}"]
    return "\n".join([*lines, *list_details(made), "settings", *_settings(made.settings)])


def summarize_record(path: Path) -> str | None:
    """Say in one line what made a file; None for one that has no record."""
    made = read_record(path)
    if made is None:
        return None
    return f"{describe_in_one_line(path, made)}; `anthology show --made {path}` tells all of it"


def describe_in_one_line(path: Path, made: ProvenanceRecord) -> str:
    """Say what made a file, or that its record is of another."""
    if not describes_file(made, path):
        return f"{_OTHER} ({_when(made.run.ended)}, stage {made.stage})"
    money = f", ${made.dollars:,.2f}" if made.dollars else ""
    if made.earlier_dollars:
        money += f" (${made.earlier_dollars:,.2f} of it before, for answers from the journal)"
    return (
        f"made by {_version(made.software)} in stage {made.stage}, {_when(made.run.ended)}, "
        f"in {_seconds(sum(run.seconds for run in made.runs))}{money}"
    )


def list_details(made: ProvenanceRecord) -> list[str]:
    """Return the lines of a record, but for the settings."""
    packages = ", ".join(f"{name} {version}" for name, version in made.software.packages.items())
    software = {
        "anthology": made.software.anthology,
        "code": made.software.code,
        "commit": _commit(made.software),
        "python": f"{made.software.python} on {made.software.platform}",
    }
    found = [
        "software",
        *_pairs(software),
        *_wrapped(f"packages: {packages}"),
        "run" if not made.parts else "runs, the last of which joined the others' parts",
        *_table(map(_run, made.runs)),
    ]
    if made.models:
        found += ["models", *(row for asking in made.models for row in _model(asking))]
    if made.inputs:
        found += ["made from", *_table(map(_content, made.inputs))]
    return [*found, "the file", *_table([_content(made.file)])]


def _run(run: CommandRun) -> dict[str, str]:
    processor = "" if run.processor_seconds is None else _seconds(run.processor_seconds)
    return {
        "started": _when(run.started),
        "ended": _when(run.ended),
        "time": _seconds(run.seconds),
        "processors": processor,
        "memory": "" if run.memory is None else f"{run.memory / 1e6:,.0f} MB",
        "machine": run.host,
        "job": run.job or "",
    }


def _model(asking: UsageRecord) -> Iterable[str]:
    """Return the lines of one model."""
    known = [
        f"{key} {value}"
        for key, value in asking.identity.items()
        if key != "name" and value not in (None, {})
    ]
    yield from _wrapped(f"{asking.name}: {', '.join(known)}")
    told = {"called": asking.served, "version": asking.version, "address": asking.address}
    yield from (f"    {key}: {value}" for key, value in told.items() if value is not None)
    if asking.requests or asking.hits:
        yield (
            f"    {asking.requests:,} requests, {asking.retries:,} sent again, "
            f"{asking.hits:,} from the journal; {asking.prompt_tokens:,} tokens read, "
            f"{asking.completion_tokens:,} written"
        )
    if asking.earlier_prompt_tokens or asking.earlier_completion_tokens:
        yield (
            f"    answers from the journal had taken {asking.earlier_prompt_tokens:,} tokens read, "
            f"{asking.earlier_completion_tokens:,} written"
        )
    if asking.price is not None:
        earlier = f" and ${asking.earlier_dollars:,.4f} before" * bool(asking.earlier_dollars)
        yield (
            f"    ${asking.dollars:,.4f}{earlier} at ${asking.price['prompt']:g} for a million "
            f"tokens read, ${asking.price['completion']:g} written"
        )


def _content(file: FileHash) -> dict[str, str]:
    return {"file": file.path, "bytes": f"{file.bytes:,}", "sha256": file.sha256}


def _settings(settings: dict[str, Any]) -> Iterable[str]:
    for key, value in settings.items():
        yield from _wrapped(f"{key}: {value}")


def _pairs(values: dict[str, str | None]) -> list[str]:
    return [f"  {key}: {value}" for key, value in values.items() if value]


def _table(rows: Iterable[dict[str, str]]) -> list[str]:
    """Align rows under their heads, leaving out what all of them leave empty."""
    listed = list(rows)
    head = [name for name in listed[0] if any(row[name] for row in listed)]
    cells: Sequence[Sequence[str]] = [[row[name] for name in head] for row in listed]
    return [f"  {line}" for line in align_columns(head, cells).splitlines()]


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent="  ",
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _version(software: SoftwareVersions) -> str:
    commit = _commit(software, 12)
    return f"anthology {software.anthology}" + (f" ({commit})" if commit else "")


def _commit(software: SoftwareVersions, digits: int | None = None) -> str | None:
    if software.commit is None:
        return None
    return software.commit[:digits] + (" with changes" if software.changed else "")


def _when(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _seconds(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"

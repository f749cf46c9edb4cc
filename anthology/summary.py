"""The summary stage: the tables of all surveys as one."""

import csv
import io
from pathlib import Path

from anthology.artifacts import write_text
from anthology.errors import DataError
from anthology.metrics import METRICS
from anthology.stages import StageSettings


class Settings(StageSettings):
    """The summary depends on no settings of its own."""


def run(settings: Settings, *, metrics: list[Path], output: Path) -> None:  # noqa: ARG001
    """Join the surveys' tables under one header, in the order given.

    Parameters
    ----------
    settings
        Nothing.
    metrics
        One table a survey.
    output
        Where the summary goes.

    Raises
    ------
    DataError
        If a table's columns are not those that the metrics stage writes.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(METRICS)
    for path in metrics:
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = list(csv.reader(file)) or [[]]
        if tuple(header) != METRICS:
            raise DataError(
                f"its columns are {', '.join(header) or 'none'}, not {', '.join(METRICS)}",
                where=str(path),
                hint="Remove the file; the workflow makes it again.",
            )
        writer.writerows(rows)
    write_text(output, text.getvalue())

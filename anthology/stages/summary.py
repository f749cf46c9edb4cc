"""The summary stage: the main tables of all surveys as one."""

import csv
import io
from pathlib import Path
from typing import Annotated

from anthology.analysis.metric_rows import metric_columns
from anthology.config.stage import From, StageSettings
from anthology.errors import DataError
from anthology.io.parquet import write_text


class Settings(StageSettings):
    """What the summary depends on."""

    surveys: Annotated[list[str], From("surveys")]
    """The surveys, in order."""


def run(settings: Settings, *, metrics: list[Path], output: Path) -> None:
    """Join the surveys' tables under one header, in the order of the surveys.

    Parameters
    ----------
    settings
        The order.
    metrics
        One table a survey.
    output
        Where the summary goes.

    Raises
    ------
    DataError
        If a table's columns are not those that the metrics stage writes, or the tables
        are not those of the surveys.
    """
    columns = metric_columns()
    found: dict[str, list[list[str]]] = {}
    for path in metrics:
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = list(csv.reader(file)) or [[]]
        if tuple(header) != columns:
            raise DataError(
                f"its columns are {', '.join(header) or 'none'}, not {', '.join(columns)}",
                where=str(path),
                hint="Remove the file; the workflow makes it again.",
            )
        for line, row in enumerate(rows, start=2):
            if len(row) != len(header):
                raise DataError(
                    f"has {len(row)} cells under {len(header)} names",
                    where=f"{path}, line {line}",
                    hint="Remove the file; the workflow makes it again.",
                )
            found.setdefault(row[0], []).append(row)
    if set(found) != set(settings.surveys):
        raise DataError(
            f"the tables are of {', '.join(sorted(found)) or 'no survey'}, "
            f"not of {', '.join(settings.surveys)}"
        )
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for survey in settings.surveys:
        writer.writerows(found[survey])
    write_text(output, text.getvalue())

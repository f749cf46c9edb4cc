"""The humans stage: respondents of one survey file, with their weights, traits and answers."""

import sys
from pathlib import Path

from anthology.io.parquet import write_table, write_text
from anthology.survey.reader import Settings, read_survey


def run(settings: Settings, *, sav: Path, humans: Path, codebook: Path) -> None:
    """Read a survey file into a table of respondents and a codebook.

    Raises
    ------
    DataError
        As `anthology.survey.reader.read_survey`.
    """
    survey = read_survey(settings, sav)
    write_table(humans, survey.table, stage="humans", settings=settings, metadata=survey.metadata)
    write_text(codebook, survey.codebook.as_json())
    print(
        f"{settings.survey}: {survey.metadata['people']} respondents read from {sav.name}, "
        f"{survey.metadata['without_weight']} excluded without a weight, "
        f"{survey.metadata['filtered_out']} by the filters, "
        f"{survey.metadata['drawn']} kept",
        file=sys.stderr,
    )

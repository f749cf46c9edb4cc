"""The exports stage: respondents and personas side by side, as `.sav`, CSV and Parquet."""

import sys
from pathlib import Path

import pandas as pd
import pyarrow as pa

from anthology.analysis.export_table import (
    CODEBOOK,
    Settings,
    codebook_rows,
    export_columns,
    to_arrow,
    with_integer_codes,
    write_sav,
)
from anthology.analysis.load import load_personas, load_respondents
from anthology.io.parquet import read_metadata, write_atomically, write_table, write_text
from anthology.io.tables import format_csv
from anthology.survey.codebook import Codebook


def run(
    settings: Settings,
    *,
    humans: Path,
    codebook: Path,
    responses: list[Path],
    sav: Path,
    csv: Path,
    parquet: Path,
    variables: Path,
) -> None:
    """Write respondents and personas side by side in three formats, with a codebook.

    Parameters
    ----------
    settings
        Which respondents, items and conditions.
    humans, codebook, responses
        The respondents, the survey's wording, and the answers of each condition's personas.
    sav, csv, parquet
        Where the same table goes in each format.
    variables
        Where the codebook goes.

    Raises
    ------
    DataError
        As `anthology.analysis.load.load_respondents` and `anthology.analysis.load.load_personas`.
    """
    respondents = load_respondents(settings, humans)
    personas = list(load_personas(settings, respondents, responses))
    columns = list(export_columns(settings, respondents, personas, Codebook.load(codebook)))
    sources = [f"Respondents: {respondents.source}."] + [
        f"{one.condition}, {one.model}: answers {one.metadata['answers']}, "
        f"backstories {one.metadata['backstories'] or 'none'}, "
        f"traits {one.metadata['traits'] or 'none'}."
        for one in personas
    ]
    names = sorted({respondents.source, *(str(one.metadata["answers"]) for one in personas)})
    title = f"{settings.survey}: respondents and personas ({', '.join(names)})"
    frame = pd.DataFrame({column.name: column.values for column in columns}, copy=False)
    write_sav(sav, frame, columns, title, sources)
    with write_atomically(csv) as temporary:
        with_integer_codes(frame).to_csv(temporary, index=False, lineterminator="\n")
    table = pa.table({column.name: to_arrow(column) for column in columns})
    metadata = {
        "survey": settings.survey,
        "source": read_metadata(humans)["source"],
        "sources": sources,
    }
    write_table(parquet, table, stage="exports", settings=settings, metadata=metadata)
    write_text(variables, format_csv(CODEBOOK, codebook_rows(columns)))
    print(
        f"{settings.survey}: {len(frame)} respondents, {len(columns)} variables written",
        file=sys.stderr,
    )

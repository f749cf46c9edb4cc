"""The perplexities stage: what all models make of all stories, in one table."""

import sys
from pathlib import Path
from typing import Annotated

import pyarrow as pa

from anthology.config.stage import From, StageSettings
from anthology.errors import DataError
from anthology.io.parquet import read_metadata, read_producer, read_table, write_table
from anthology.stories.perplexity import summarize_perplexities


class Settings(StageSettings):
    """Which perplexities are wanted."""

    models: Annotated[list[str], From("backstories.perplexity")]
    """The models that were asked, in order."""


def run(settings: Settings, *, perplexities: list[Path] | None, output: Path) -> None:
    """Join the perplexities of every model, in the order of the settings.

    Raises
    ------
    DataError
        If no model is wanted, or there is not one file for each.
    """
    if not settings.models:
        raise DataError(
            "there is no model to judge how surprising stories are",
            where="backstories.perplexity",
            hint="Name one, such as simulated.",
        )
    given = perplexities or []
    by_model = {read_producer(path)["settings"]["model"]["name"]: path for path in given}
    if sorted(by_model) != sorted(settings.models) or len(given) != len(by_model):
        raise DataError(
            f"there are perplexities by {', '.join(sorted(by_model))}, and those by "
            f"{', '.join(sorted(settings.models))} are wanted"
        )
    paths = [by_model[model] for model in settings.models]
    table = pa.concat_tables([read_table(path).replace_schema_metadata() for path in paths])
    metadata = {
        "source": read_metadata(paths[0])["source"],
        "perplexity": " + ".join(read_metadata(path)["perplexity"] for path in paths),
    }
    write_table(output, table, stage="perplexities", settings=settings, metadata=metadata)
    print(summarize_perplexities(table), file=sys.stderr)

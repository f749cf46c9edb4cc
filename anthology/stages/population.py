"""The stage that writes a simulated survey as a real SPSS file.

It stands in for the surveys that cannot be passed on. Every artifact made from
it says so, which readers know by the file's own label.
"""

from pathlib import Path
from typing import Annotated

from anthology.config.population import ItemColumn, PopulationSpec, TraitColumn
from anthology.config.stage import From, StageSettings
from anthology.config.survey import SIMULATED_LABEL
from anthology.io.parquet import write_atomically
from anthology.simulation.population import columns
from anthology.survey.spss import strip_creation_date


class Settings(StageSettings):
    """What the simulated population depends on."""

    seed: Annotated[int, From("seed")]
    """The experiment's seed."""
    survey: Annotated[str, From("{survey}")]
    """The survey's name."""
    size: Annotated[int, From("population.{survey}")]
    """How many people are drawn."""
    population: Annotated[PopulationSpec, From("populations/{survey}")]
    """The file's variables."""


def run(settings: Settings, *, output: Path) -> None:
    """Draw the people and write them to an SPSS file.

    Parameters
    ----------
    settings
        Whom to draw.
    output
        The `.sav` file.
    """
    import pandas as pd
    import pyreadstat

    spec = settings.population
    table = columns(spec, seed=settings.seed, survey=settings.survey, size=settings.size)
    wordings: dict[str, str | None] = {spec.id: "Respondent number", spec.weight: "Weight"}
    labels: dict[str, dict[int | float, str]] = {}
    labelled: list[TraitColumn | ItemColumn] = [*spec.traits.values(), *spec.items]
    for column in labelled:
        wordings[column.variable] = column.label
        labels[column.variable] = {float(code): text for code, text in column.values.items()}
    with write_atomically(output) as temporary:
        pyreadstat.write_sav(
            pd.DataFrame(table),
            temporary,
            file_label=SIMULATED_LABEL,
            column_labels=wordings,
            variable_value_labels=labels,
        )
        strip_creation_date(temporary)

"""The individuals stage: how well each persona answers as the one person it stands for.

`individuals.csv` has one row for each condition, item and measure; items `all`, the
mean over items, and `persons`, how rank correlations within persons are distributed,
follow those of the survey. Two conditions without a model stand first, which say what
another respondent in the persona's place would reach: `random_respondent`, anyone else
of the survey, and `same_traits`, anyone else with the same traits. Nothing is drawn for
them: each person is compared with all such others. `individuals.parquet` has one row for
each condition and person. `calibration.csv` and `reliability.csv` judge probabilities,
where personas were asked for these. All count people alike, without the survey's
weights. `docs/analysis.md` defines every column.
"""

import sys
from pathlib import Path
from typing import Annotated

import numpy as np
import pyarrow as pa
from pydantic import Field

from anthology.analysis import calibration_rows as calibrating
from anthology.analysis.individual_rows import INDIVIDUALS, IndividualComparison, individual_rows
from anthology.analysis.individuals import (
    compare_personas,
    compare_respondents,
    draw_counts,
    person_table,
    trait_cells,
)
from anthology.analysis.load import AnswerSettings, load_personas, load_respondents
from anthology.analysis.person_correlation import ItemScales
from anthology.config.stage import Derived, From
from anthology.io.parquet import write_table, write_text
from anthology.io.tables import Row, format_csv
from anthology.models.progress import Progress
from anthology.models.usage import Usage
from anthology.seeds import rng_for


class Settings(AnswerSettings):
    """What the comparison of individuals in one survey depends on."""

    seed: Annotated[int, From("seed")]
    """The experiment's seed."""
    bootstrap_resamples: Annotated[int, Field(ge=1), From("metrics.bootstrap_resamples")]
    """How often people are drawn again for intervals."""
    confidence: Annotated[float, Field(gt=0, lt=1), From("metrics.confidence")]
    """How often an interval is to hold the true value."""
    nominal: Annotated[list[str], Derived("nominal_items")]
    """The items whose options have no order."""
    traits: Annotated[dict[str, list[int]], Derived("baseline_traits")]
    """The traits, with their codes, in which people of the baseline `same_traits` are alike."""

    @property
    def scales(self) -> ItemScales:
        """The items' options."""
        return ItemScales(self.sizes, np.array([name not in self.nominal for name in self.names]))


def run(
    settings: Settings,
    *,
    humans: Path,
    responses: list[Path],
    individuals: Path,
    persons: Path,
    calibration: Path,
    reliability: Path,
) -> None:
    """Compare each persona with the person it stands for.

    Parameters
    ----------
    settings
        What to compare, and how.
    humans
        The respondents, their traits and their answers.
    responses
        One file for each model and condition, in any order; each says itself which.
    individuals, persons, calibration, reliability
        Where the tables go.

    Raises
    ------
    DataError
        As `anthology.analysis.load`; if a trait is missing,
        or what should be probabilities is none.
    """
    respondents = load_respondents(settings, humans)
    index, scales, names = respondents.row_index(settings), settings.scales, settings.names
    answered = load_personas(settings, respondents, responses)
    judged = [calibrating.has_probabilities(path, index) for path in responses]
    rng = rng_for(settings.seed, "individuals", settings.survey, "bootstrap")
    counts = draw_counts(len(respondents.ids), settings.bootstrap_resamples, rng)
    progress = Progress("individuals", len(settings.rows) + 2, Usage())
    table, scored, binned = list[Row](), list[Row](), list[Row]()
    by_person: list[pa.Table] = []

    def add(comparison: IndividualComparison, mark: str) -> None:
        where = {
            "survey": settings.survey,
            "model": comparison.model,
            "condition": comparison.condition,
        }
        where["simulated"] = mark
        table.extend(individual_rows(where, names, scales, comparison, counts, settings.confidence))
        by_person.append(person_table(respondents, comparison))
        if comparison.forecasts is not None:
            scored.extend(calibrating.calibration_rows(where, names, comparison.forecasts))
            binned.extend(calibrating.reliability_rows(where, names, comparison.forecasts))
        progress.step()

    for name, cells in trait_cells(respondents, settings.traits).items():
        baseline = compare_respondents(
            respondents, scales, name, cells, counts, forecast=any(judged)
        )
        add(baseline, respondents.mark_simulated())
    for one in answered:
        forecasts = calibrating.persona_forecasts(
            one.path, index, respondents.positions, scales.sizes
        )
        add(
            compare_personas(respondents, scales, one, counts, forecasts),
            respondents.mark_simulated(one),
        )
    progress.close()
    write_text(individuals, format_csv(INDIVIDUALS, table))
    write_text(calibration, format_csv(calibrating.CALIBRATION, scored))
    write_text(reliability, format_csv(calibrating.RELIABILITY, binned))
    write_table(
        persons,
        pa.concat_tables(by_person),
        stage="individuals",
        settings=settings,
        metadata={"survey": settings.survey, "humans": respondents.source},
    )
    print(
        f"{settings.survey}: the personas of {len(settings.rows)} conditions compared with the "
        f"people they stand for, {sum(judged)} of them by probabilities",
        file=sys.stderr,
    )

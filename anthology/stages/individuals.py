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

from anthology.analysis import agreement, baselines
from anthology.analysis import calibration_rows as forecasting
from anthology.analysis import person_correlation as profiles
from anthology.analysis.bootstrap import Counts, draw_in_blocks, resample_respondents
from anthology.analysis.distances import FloatArray, IntArray
from anthology.analysis.individual_rows import INDIVIDUALS, IndividualComparison, individual_rows
from anthology.analysis.load import (
    AnswerSettings,
    PersonaAnswers,
    Respondents,
    load_personas,
    load_respondents,
)
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
    found = load_respondents(settings, humans)
    answers, roster = places(found.positions), found.roster(settings)
    answered = load_personas(settings, found, responses)
    judged = [forecasting.has_probabilities(path, roster) for path in responses]
    counts = _counts(settings, len(found.ids))
    progress = Progress("individuals", len(settings.rows) + 2, Usage())
    table, scored, binned = list[Row](), list[Row](), list[Row]()
    profiled: list[pa.Table] = []

    def add(one: IndividualComparison) -> None:
        where = {"survey": settings.survey, "model": one.model, "condition": one.condition}
        names = settings.names
        table.extend(
            individual_rows(where, names, settings.scales, one, counts, settings.confidence)
        )
        profiled.append(_profiled(found, one))
        if one.forecasts is not None:
            scored.extend(forecasting.calibration_rows(where, names, one.forecasts))
            binned.extend(forecasting.reliability_rows(where, names, one.forecasts))
        progress.step()

    for name, cells in _cells(settings, found).items():
        add(_baseline(settings, found, name, cells, counts, asked=any(judged)))
    for one in answered:
        forecasts = forecasting.persona_forecasts(one.path, roster, answers, settings.sizes)
        add(_condition(settings, found, one, counts, forecasts))
    progress.close()
    write_text(individuals, format_csv(INDIVIDUALS, table))
    write_text(calibration, format_csv(forecasting.CALIBRATION, scored))
    write_text(reliability, format_csv(forecasting.RELIABILITY, binned))
    write_table(
        persons,
        pa.concat_tables(profiled),
        stage="individuals",
        settings=settings,
        metadata={"survey": settings.survey, "humans": found.source},
    )
    print(
        f"{settings.survey}: the personas of {len(settings.rows)} conditions compared with the "
        f"people they stand for, {sum(judged)} of them by probabilities",
        file=sys.stderr,
    )


def places(positions: FloatArray) -> IntArray:
    """Return positions 1..k as places from 0, and -1 where there is none."""
    return np.nan_to_num(positions).astype(np.int64) - 1


def _counts(settings: Settings, size: int) -> Counts:
    """Return 1 + draws x people: everyone once, then how often each is in each draw."""
    rng = rng_for(settings.seed, "individuals", settings.survey, "bootstrap")
    counts = np.ones((1 + settings.bootstrap_resamples, size), dtype=np.uint8)
    start = 1
    for block in draw_in_blocks(resample_respondents, size, settings.bootstrap_resamples, rng):
        counts[start : start + len(block)] = block
        start += len(block)
    return counts


def _cells(settings: Settings, found: Respondents) -> dict[str, IntArray]:
    """Return for each baseline the cell that each person shares with whom it is compared."""
    nobody = np.zeros((len(found.ids), 0), dtype=np.int64)
    traits = [found.trait(name, codes)[:, None] for name, codes in settings.traits.items()]
    alike = np.concatenate([nobody, *traits], axis=1)
    return {
        baselines.RANDOM: baselines.group_by_traits(nobody),
        baselines.SAME: baselines.group_by_traits(alike),
    }


def _baseline(
    settings: Settings,
    found: Respondents,
    name: str,
    cells: IntArray,
    counts: Counts,
    *,
    asked: bool,
) -> IndividualComparison:
    """Compare each person with all others in the same cell."""
    answers, size = places(found.positions), max(settings.sizes)
    others = [baselines.leave_one_out_shares(column, size, cells) for column in answers.T]
    paired = ~np.isnan(np.stack(others, axis=1)[:, :, 0])
    return IndividualComparison(
        model="",
        condition=name,
        tables=baselines.expected_tables(answers, size, cells, counts),
        paired=paired,
        profiles=profiles.expected_scores(found.positions, settings.scales, cells),
        present=np.ones(len(found.ids), dtype=np.bool_),
        forecasts=forecasting.forecasts_from_others(answers, settings.sizes, cells)
        if asked
        else None,
        alone=(answers >= 0) & ~paired,
    )


def _condition(
    settings: Settings,
    found: Respondents,
    one: PersonaAnswers,
    counts: Counts,
    forecasts: list[forecasting.ItemForecast] | None,
) -> IndividualComparison:
    """Compare each person with its persona."""
    first, second = places(found.positions), places(one.positions)
    return IndividualComparison(
        model=one.model,
        condition=one.condition,
        tables=agreement.joint_tables(first, second, max(settings.sizes), counts),
        paired=(first >= 0) & (second >= 0),
        profiles=profiles.score_persons(found.positions, one.positions, settings.scales),
        present=one.present,
        forecasts=forecasts,
        alone=np.zeros(first.shape, dtype=np.bool_),
    )


def _profiled(found: Respondents, one: IndividualComparison) -> pa.Table:
    """Return one condition's rows of `individuals.parquet`, empty where a number is undefined."""
    kept = pa.array(one.present)
    names = found.ids.filter(kept)
    profile = one.profiles

    def numbers(values: FloatArray) -> pa.Array:
        return pa.array(values[one.present], pa.float64(), from_pandas=True)

    return pa.table(
        {
            "respondent": names.cast(pa.string()),
            "model": pa.array([one.model or None] * len(names), pa.string()),
            "condition": pa.array([one.condition] * len(names), pa.string()),
            "n_items": pa.array(profile.items[one.present], pa.int32()),
            "agreement": numbers(profile.agreement),
            "mae": numbers(profile.mae),
            "spearman": numbers(profile.spearman),
        }
    )

"""Compares each respondent with its persona, and with other respondents as baselines."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from anthology.analysis import agreement, baselines, person_correlation
from anthology.analysis.bootstrap import draw_in_blocks, resample_respondents
from anthology.analysis.calibration_rows import ItemForecast, forecasts_from_others
from anthology.analysis.groups import Counts, FloatArray, IntArray
from anthology.analysis.individual_rows import IndividualComparison
from anthology.analysis.load import PersonaAnswers, Respondents
from anthology.analysis.person_correlation import ItemScales


def draw_counts(people: int, count: int, rng: np.random.Generator) -> Counts:
    """Return 1 + draws x people: everyone once, then how often each is in each bootstrap draw."""
    counts = np.ones((1 + count, people), dtype=np.uint8)
    start = 1
    for block in draw_in_blocks(resample_respondents, people, count, rng):
        counts[start : start + len(block)] = block
        start += len(block)
    return counts


def trait_cells(respondents: Respondents, traits: Mapping[str, list[int]]) -> dict[str, IntArray]:
    """Return for each baseline the cell that each respondent shares with the others in it."""
    none = np.zeros((len(respondents.ids), 0), dtype=np.int16)
    known = [respondents.trait(name, codes)[:, None] for name, codes in traits.items()]
    return {
        baselines.RANDOM: baselines.group_by_traits(none),
        baselines.SAME: baselines.group_by_traits(np.concatenate([none, *known], axis=1)),
    }


def compare_respondents(
    respondents: Respondents,
    scales: ItemScales,
    name: str,
    cells: IntArray,
    counts: Counts,
    *,
    forecast: bool,
) -> IndividualComparison:
    """Compare each respondent with all others in the same cell.

    Parameters
    ----------
    respondents, scales
        The respondents, and the items.
    name
        What tables call this baseline.
    cells
        Respondents: which cell each is in.
    counts
        1 + draws x people.
    forecast
        Whether others' answers are judged as a forecast of each respondent's too.
    """
    answers, size = respondents.positions, max(scales.sizes)
    others = [baselines.leave_one_out_shares(item, size, cells) for item in answers.T]
    paired = ~np.isnan(np.stack(others, axis=1)[:, :, 0])
    return IndividualComparison(
        model="",
        condition=name,
        tables=baselines.expected_tables(answers, size, cells, counts),
        paired=paired,
        profiles=person_correlation.expected_scores(answers, scales, cells),
        present=np.ones(len(respondents.ids), dtype=np.bool_),
        forecasts=forecasts_from_others(answers, scales.sizes, cells) if forecast else None,
        alone=(answers > 0) & ~paired,
    )


def compare_personas(
    respondents: Respondents,
    scales: ItemScales,
    personas: PersonaAnswers,
    counts: Counts,
    forecasts: list[ItemForecast] | None,
) -> IndividualComparison:
    """Compare each respondent with its persona."""
    first, second = respondents.positions, personas.positions
    return IndividualComparison(
        model=personas.model,
        condition=personas.condition,
        tables=agreement.joint_tables(first, second, max(scales.sizes), counts),
        paired=(first > 0) & (second > 0),
        profiles=person_correlation.score_persons(first, second, scales),
        present=personas.present,
        forecasts=forecasts,
        alone=np.zeros(first.shape, dtype=np.bool_),
    )


def person_table(respondents: Respondents, comparison: IndividualComparison) -> pa.Table:
    """Return a row for each respondent with its scores, empty where one is undefined."""
    names = respondents.ids.filter(pa.array(comparison.present))
    scores = comparison.profiles

    def numbers(values: FloatArray) -> pa.Array:
        return pa.array(values[comparison.present], pa.float64(), from_pandas=True)

    return pa.table(
        {
            "respondent": names.cast(pa.string()),
            "model": pa.array([comparison.model or None] * len(names), pa.string()),
            "condition": pa.array([comparison.condition] * len(names), pa.string()),
            "n_items": pa.array(scores.items[comparison.present], pa.int32()),
            "agreement": numbers(scores.agreement),
            "mae": numbers(scores.mae),
            "spearman": numbers(scores.spearman),
        }
    )

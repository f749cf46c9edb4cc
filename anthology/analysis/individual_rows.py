"""Rows of `individuals.csv`: estimates, intervals, and why a number is missing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isnan, nan

import numpy as np

from anthology.analysis import agreement
from anthology.analysis.baselines import RANDOM
from anthology.analysis.bootstrap import confidence_interval
from anthology.analysis.calibration_rows import ALL, ItemForecast
from anthology.analysis.groups import BoolArray, Counts, FloatArray, sum_features
from anthology.analysis.person_correlation import ItemScales, PersonScores
from anthology.io.tables import Row

INDIVIDUALS = (
    *("survey", "model", "condition", "simulated", "item", "metric", "n"),
    *("estimate", "low", "high", "notes"),
)
"""The columns of `individuals.csv`."""

PERSONS = "persons"
"""What the table calls the summary of what is measured within each person."""

QUANTILES = {"lower_quartile": 0.25, "median": 0.5, "upper_quartile": 0.75}
"""The quantiles of rank correlations within persons that are reported beside the mean."""

_UNORDERED = "options have no order"
_BLOCK = 64
"""Draws at a time."""


@dataclass(frozen=True, slots=True)
class IndividualComparison:
    """Every respondent compared with their persona, or with other respondents.

    Parameters
    ----------
    model, condition
        Which personas; a baseline has no model.
    tables
        1 + draws x items x options x options: first of the people as they are.
    paired
        People x items: who is in the tables.
    profiles
        What is measured within each person.
    present
        People: who has a persona; for a baseline, everyone.
    forecasts
        The probabilities given; None where none were asked for.
    alone
        People x items: who answered, and has nobody to be compared with.
    """

    model: str
    condition: str
    tables: FloatArray
    paired: BoolArray
    profiles: PersonScores
    present: BoolArray
    forecasts: list[ItemForecast] | None
    alone: BoolArray

    @property
    def is_baseline(self) -> bool:
        """Whether people are compared with people."""
        return not self.model

    @property
    def fixed(self) -> tuple[str, ...]:
        """The measures that depend on the number of people alone."""
        one_cell = self.is_baseline and self.condition == RANDOM
        return ("kappa", "kappa_linear", "spearman") if one_cell else ()


@dataclass(frozen=True, slots=True)
class Measurement:
    """One measure of one item, or of all.

    Parameters
    ----------
    item, metric
        What is measured.
    number
        On how many people.
    values
        1 + draws: the estimate, then what each draw gives; no draws for no interval.
    notes
        Why it is missing, or what it leaves out.
    """

    item: str
    metric: str
    number: int
    values: FloatArray
    notes: Sequence[str] = ()


def individual_rows(
    where: Row,
    names: Sequence[str],
    scales: ItemScales,
    comparison: IndividualComparison,
    counts: Counts,
    confidence: float,
) -> list[Row]:
    """Return one condition's rows: each item, all items, and the summary of persons.

    Parameters
    ----------
    where
        What begins each row.
    names, scales
        The items.
    comparison
        The condition.
    counts
        1 + draws x people: how often each person is in each draw.
    confidence
        How much of the draws an interval holds.
    """
    measured = [*_items(names, scales, comparison), *_persons(comparison, counts)]
    return [{**where, **_row(one, confidence)} for one in measured]


def _row(one: Measurement, confidence: float) -> Row:
    notes = list(one.notes)
    estimate, draws = float(one.values[0]), one.values[1:]
    missing = int(np.isnan(draws).sum())
    low, high = confidence_interval(estimate, draws, confidence)
    if one.number < 2:
        low = high = nan
    if one.number == 1 and not isnan(estimate):
        notes.append("one person has no interval")
    elif missing and not isnan(estimate):
        notes.append(f"undefined in {missing} of {len(draws)} draws, which are left out")
    return {
        "item": one.item,
        "metric": one.metric,
        "n": one.number,
        "estimate": estimate,
        "low": low,
        "high": high,
        "notes": "; ".join(notes),
    }


def _items(
    names: Sequence[str], scales: ItemScales, comparison: IndividualComparison
) -> Iterator[Measurement]:
    """Measure each item, and the mean over items."""
    values: dict[str, FloatArray] = {}
    for metric in agreement.ORDERED:
        values[metric] = np.full(comparison.tables.shape[:2], nan)
        for ordered, measures in ((True, agreement.ORDERED), (False, agreement.UNORDERED)):
            if metric in measures:
                chosen = scales.ordered == ordered
                values[metric][:, chosen] = measures[metric](comparison.tables[:, chosen])
        if metric in comparison.fixed:
            values[metric] = values[metric][:1]
    numbers = comparison.paired.sum(axis=0).tolist()
    for item, name in enumerate(names):
        alone = _alone(comparison.alone[:, item])
        for metric, of_items in values.items():
            reasons = _reasons(metric, bool(scales.ordered[item]), comparison.tables[0, item])
            notes = [*alone, *reasons, *_fixed(metric, comparison)]
            yield Measurement(name, metric, numbers[item], of_items[:, item], notes)
    anywhere = comparison.paired.any(axis=1)
    alone = _alone(np.asarray(comparison.alone.any(axis=1) & ~anywhere))
    for metric, of_items in values.items():
        defined = ~np.isnan(of_items[0])
        left = [name for name, is_there in zip(names, defined, strict=True) if not is_there]
        mean = of_items[:, defined].mean(axis=1) if defined.any() else np.full(1, nan)
        missing = [f"without {', '.join(left)}" if defined.any() else "no item has it"]
        notes = [*alone, *(missing if left else []), *_fixed(metric, comparison)]
        yield Measurement(ALL, metric, int(anywhere.sum()), mean, notes)


def _alone(people: BoolArray) -> list[str]:
    """Return a note on people who have nobody to be compared with."""
    count = int(people.sum())
    return [f"{count} left out with nobody else to compare with"] if count else []


def _fixed(metric: str, comparison: IndividualComparison) -> list[str]:
    """Return a note on a measure that has no interval."""
    return ["decided by the number of people alone"] if metric in comparison.fixed else []


def _reasons(metric: str, ordered: bool, table: FloatArray) -> list[str]:
    """Return notes on what is special about a measure of an item, or why it is missing."""
    if not ordered and metric not in agreement.UNORDERED:
        return [_UNORDERED]
    notes = [f"{_UNORDERED}: unweighted"] if not ordered and metric == "kappa" else []
    constant = [np.count_nonzero(table.sum(axis=axis)) == 1 for axis in (1, 0)]
    if not table.any():
        return [*notes, "no two answers to compare"]
    if metric == "spearman" and any(constant):
        return [*notes, "answers do not vary"]
    if metric.startswith("kappa") and all(constant) and table.trace() > 0:
        return [*notes, "one and the same answer is all there is"]
    return notes


def _persons(comparison: IndividualComparison, counts: Counts) -> Iterator[Measurement]:
    """Summarise the rank correlations within persons."""
    values, notes = comparison.profiles.spearman, list[str]()
    if comparison.is_baseline:
        # Each value rests on everyone else, so that drawing the values alone says too little.
        counts, notes = counts[:1], ["no interval for values that rest on one another"]
    defined = comparison.present & ~np.isnan(values)
    number = int(defined.sum())
    why = [] if number else ["no persons with 3 items and answers that vary"]
    for name, of_draws in _distribution(values, defined, counts).items():
        yield Measurement(PERSONS, f"spearman_{name}", number, of_draws, [*notes, *why])
    everyone = np.stack([comparison.present, comparison.present & ~defined]).astype(np.float64)
    whole, without = sum_features(lambda people: everyone[:, people], counts)
    share = without / np.where(whole > 0, whole, nan)
    people = int(comparison.present.sum())
    nobody = [] if people else ["no personas"]
    yield Measurement(PERSONS, "spearman_undefined", people, share, [*notes, *nobody])


def _distribution(
    values: FloatArray, defined: BoolArray, counts: Counts
) -> Mapping[str, FloatArray]:
    """Return mean and quartiles in each draw.

    A quartile is the smallest value that at least such a share of people do not exceed.
    """
    kept = np.stack([defined.astype(np.float64), np.where(defined, values, 0.0)])
    total, sums = sum_features(lambda people: kept[:, people], counts)
    found = {"mean": sums / np.where(total > 0, total, nan)}
    found |= {name: np.full(len(counts), nan) for name in QUANTILES}
    people = np.flatnonzero(defined)
    people = people[np.argsort(values[people])]
    if not len(people):
        return found
    # People with the same value count together.
    distinct, begins = np.unique(values[people], return_index=True)
    for start in range(0, len(counts), _BLOCK):
        some = slice(start, start + _BLOCK)
        drawn = np.add.reduceat(counts[some][:, people], begins, axis=1, dtype=np.int64)
        reached = np.cumsum(drawn, axis=1)
        for name, share in QUANTILES.items():
            place = (reached < share * total[some, None]).sum(axis=1)
            ordered = np.append(distinct, nan)[place]
            found[name][some] = np.where(total[some] > 0, ordered, nan)
    return found

"""Rows of the calibration tables: the probabilities personas gave, against people's answers.

Only conditions asked by `logprobs` give probabilities. Beside them stand two forecasts
made of the people themselves: how all other respondents answered the item, and how
those with the same traits did.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import nan
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from anthology.analysis import baselines
from anthology.analysis.calibration import FLOOR, Forecasts, reliability_bins, score_forecasts
from anthology.analysis.groups import BoolArray, FloatArray, IntArray
from anthology.analysis.response_rows import ResponseRows, RowIndex, read_response_rows
from anthology.errors import DataError
from anthology.io.tables import Row
from anthology.survey.respondents import Positions

CALIBRATION = (
    *("survey", "model", "condition", "simulated", "item", "n", "brier", "log_score", "ece"),
    *("labels", "unseen", "notes"),
)
"""The columns of `calibration.csv`."""

RELIABILITY = (
    *("survey", "model", "condition", "simulated", "item"),
    *("bin_low", "bin_high", "n", "predicted", "observed"),
)
"""The columns of `reliability.csv`."""

ALL = "all"
"""What tables call all items together."""


@dataclass(frozen=True, slots=True)
class ItemForecast:
    """The forecasts of one item, and the probability mass they leave out.

    Parameters
    ----------
    forecasts
        Those that have an outcome, among the item's options.
    labels, unseen
        For each of them, the probability of all labels together, and of what the model
        did not show; NaN where people are forecast from people.
    empty
        How many further ones gave no label any probability.
    """

    forecasts: Forecasts
    labels: FloatArray
    unseen: FloatArray
    empty: int = 0


def has_probabilities(path: Path, index: RowIndex) -> bool:
    """Return whether any item was asked by `logprobs`."""
    return any(
        _has_probabilities(part).any() for part in read_response_rows(path, index, ["option_probs"])
    )


def persona_forecasts(
    path: Path, index: RowIndex, answers: Positions, sizes: Sequence[int]
) -> list[ItemForecast] | None:
    """Return the option probabilities of one condition's personas, item by item.

    Parameters
    ----------
    path
        What they answered.
    index
        The people and the items.
    answers
        People x items: what the persons themselves answered.
    sizes
        How many options each item has.

    Returns
    -------
    list of Forecast or None
        One for each item; None where no item was asked by `logprobs`.

    Raises
    ------
    DataError
        If a row has not as many probabilities as its item has options, or what is none.
    """
    found: list[list[_Odds]] = [[] for _ in sizes]
    for part in read_response_rows(path, index, ["option_probs", "unseen"]):
        if not _has_probabilities(part).any():
            continue
        for item, odds in enumerate(_odds(part, sizes, path)):
            found[item].append(odds)
    if not any(found):
        return None
    return [_forecast(_Odds.joined(parts), answers[:, i]) for i, parts in enumerate(found)]


@dataclass(frozen=True, slots=True)
class _Odds:
    """Option probabilities of some personas for one item, and the mass the model did not show."""

    person: IntArray
    odds: FloatArray
    unseen: FloatArray

    @classmethod
    def joined(cls, parts: Sequence["_Odds"]) -> "_Odds":
        """Join rows in the order of people, so that their own order changes no sum."""
        person = np.concatenate([one.person for one in parts])
        order = np.argsort(person)
        odds, unseen = ([getattr(one, name) for one in parts] for name in ("odds", "unseen"))
        return cls(person[order], np.concatenate(odds)[order], np.concatenate(unseen)[order])


def _has_probabilities(part: ResponseRows) -> BoolArray:
    """Return which rows have probabilities."""
    valid: BoolArray = part.values["option_probs"].is_valid().to_numpy(zero_copy_only=False)
    return valid


def _odds(part: ResponseRows, sizes: Sequence[int], path: Path) -> Iterator[_Odds]:
    """Yield each item's probabilities of some rows."""
    shares, valid = part.values["option_probs"], _has_probabilities(part)
    lengths = pc.list_value_length(shares).fill_null(0).to_numpy(zero_copy_only=False)
    wrong = valid & (lengths != np.asarray(sizes)[part.item])
    if wrong.any():
        raise _broken(path, part.first + int(np.argmax(wrong)), "not one for each option")
    unseen = part.values["unseen"].fill_null(0.0).to_numpy(zero_copy_only=False)
    for i, size in enumerate(sizes):
        own = np.flatnonzero(valid & (part.item == i))
        values = shares.take(pa.array(own)).flatten().fill_null(nan)
        odds = values.to_numpy(zero_copy_only=False).reshape(-1, size).astype(np.float64)
        bad = (~(np.isfinite(odds) & (odds >= 0))).any(axis=1)
        if bad.any():
            raise _broken(path, part.first + int(own[np.argmax(bad)]), "no probabilities")
        yield _Odds(part.person[own], odds, unseen[own])


def _forecast(given: _Odds, answers: Positions) -> ItemForecast:
    outcomes, labels = answers[given.person], given.odds.sum(axis=1)
    usable = (outcomes > 0) & (labels > 0)
    return ItemForecast(
        Forecasts(given.odds[usable] / labels[usable, None], outcomes[usable]),
        labels[usable],
        given.unseen[usable],
        empty=int(((outcomes > 0) & (labels <= 0)).sum()),
    )


def forecasts_from_others(
    answers: Positions, sizes: Sequence[int], cells: IntArray
) -> list[ItemForecast]:
    """Return a forecast of each person's answers from the others in the same cell."""
    forecasts = []
    for i, size in enumerate(sizes):
        shares = baselines.leave_one_out_shares(answers[:, i], size, cells)
        known = ~np.isnan(shares[:, 0])
        nothing = np.full(int(known.sum()), nan)
        forecasts.append(
            ItemForecast(Forecasts(shares[known], answers[known, i]), nothing, nothing)
        )
    return forecasts


def calibration_rows(where: Row, names: Sequence[str], found: Sequence[ItemForecast]) -> list[Row]:
    """Return the rows of `calibration.csv` of one condition."""
    binned = not _calibrated(where)
    return [
        {**where, "item": name, **_scored(some, binned=binned)}
        for name, some in _parts(names, found)
    ]


def reliability_rows(where: Row, names: Sequence[str], found: Sequence[ItemForecast]) -> list[Row]:
    """Return the rows of `reliability.csv` of one condition."""
    rows: list[Row] = []
    if _calibrated(where):
        return rows
    for name, some in _parts(names, found):
        bins = reliability_bins([one.forecasts for one in some])
        rows += [
            {
                **where,
                "item": name,
                "bin_low": float(bins.low[i]),
                "bin_high": float(bins.high[i]),
                "n": int(bins.number[i]),
                "predicted": float(bins.predicted[i]),
                "observed": float(bins.observed[i]),
            }
            for i in range(len(bins.number))
        ]
    return rows


def _calibrated(where: Row) -> bool:
    """Return whether forecasts are the very shares that came true: calibration means nothing then.

    Worse, where leaving out a person's own answer moves a probability over the border of a
    bin, the bin would tell who chose what.
    """
    return not where["model"] and where["condition"] == baselines.RANDOM


def _parts(
    names: Sequence[str], found: Sequence[ItemForecast]
) -> list[tuple[str, Sequence[ItemForecast]]]:
    """Return each item's forecasts, and those of all items together."""
    return [*((name, [one]) for name, one in zip(names, found, strict=True)), (ALL, found)]


def _scored(found: Sequence[ItemForecast], *, binned: bool) -> Mapping[str, Any]:
    scored = score_forecasts([one.forecasts for one in found])
    labels = np.concatenate([one.labels for one in found])
    unseen = np.concatenate([one.unseen for one in found])
    empty = sum(one.empty for one in found)
    notes = []
    if not scored.number:
        notes.append("no forecast of a person who answered")
    elif not binned:
        notes.append("calibrated by construction")
    if scored.floored:
        notes.append(f"{scored.floored} with a probability below {FLOOR:g}, taken as that")
    if empty:
        notes.append(f"{empty} left out with no probability of any option")
    return {
        "n": scored.number,
        "brier": scored.brier,
        "log_score": scored.log_score,
        "ece": scored.calibration_error if binned else nan,
        "labels": float(labels.mean()) if len(labels) else nan,
        "unseen": float(unseen.mean()) if len(unseen) else nan,
        "notes": "; ".join(notes),
    }


def _broken(path: Path, row: int, what: str) -> DataError:
    return DataError(
        f"shares of row {row + 1} are {what}",
        where=str(path),
        hint="Remove the file; the workflow makes it again.",
    )

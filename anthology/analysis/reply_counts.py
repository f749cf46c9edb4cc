"""Counts what became of every reply: the rows of `answers.csv`.

Each row of responses must add up: an answer comes with one valid reply; no answer with one
reply that declined, or with neither and is out of attempts.
"""

from pathlib import Path

import numpy as np

from anthology.analysis.groups import IntArray
from anthology.analysis.load import AnswerSettings
from anthology.analysis.response_rows import ResponseRows
from anthology.analysis.sources import mark_simulated
from anthology.errors import DataError
from anthology.io.parquet import read_metadata
from anthology.io.tables import Row

REPLY_OUTCOMES = ("valid", "declined", "refused", "unreadable", "contradictory")
"""What can become of a reply; the columns of responses that count them."""

ANSWERS = (
    *("survey", "model", "condition", "simulated", "item", "asked", "replies"),
    *(*REPLY_OUTCOMES, "out_of_attempts"),
)
"""The columns of `answers.csv`."""

COUNTED = (*REPLY_OUTCOMES, "out_of_attempts")
"""The columns of responses that are counted."""


class ReplyCounts:
    """The counts of all conditions, filled while their responses are read."""

    def __init__(self, settings: AnswerSettings) -> None:
        self._settings = settings
        self._counts: dict[Path, IntArray] = {}

    def add(self, part: ResponseRows, path: Path) -> None:
        """Count some more rows of one condition."""
        counts = _count(part, path)
        items = len(self._settings.items)
        total = self._counts.setdefault(path, np.zeros((len(counts), items), dtype=np.int64))
        for item in range(items):
            total[:, item] += counts[:, part.item == item].sum(axis=1)

    def rows(self) -> list[Row]:
        """Return the rows of `answers.csv`, in the order of the settings' rows."""
        made = {path: read_metadata(path) for path in self._counts}
        counts = {(made[p]["model"], made[p]["condition"]): own for p, own in self._counts.items()}
        marks = {
            (one["model"], one["condition"]): mark_simulated(one["answers"])
            for one in made.values()
        }
        nothing = np.zeros((len(COUNTED) + 1, len(self._settings.items)), dtype=np.int64)
        return [
            {
                **{"survey": self._settings.survey, "model": key[0], "condition": key[1]},
                **{"simulated": marks.get(key, "no"), "item": name},
                **{"asked": asked, "replies": sum(replies[:-1])},
                **dict(zip(COUNTED, replies, strict=True)),
            }
            for key in self._settings.rows
            for name, (*replies, asked) in zip(
                self._settings.names, counts.get(key, nothing).T.tolist(), strict=True
            )
        ]


def _count(part: ResponseRows, path: Path) -> IntArray:
    """Return for each row how many replies it has of each outcome, whether it ran out, and 1."""
    values = part.values
    given = values["code"].is_valid().to_numpy(zero_copy_only=False)
    # An empty count is as wrong as a negative one.
    counts = np.stack(
        [
            *(values[name].fill_null(-1).to_numpy(zero_copy_only=False) for name in REPLY_OUTCOMES),
            values["out_of_attempts"].fill_null(False).to_numpy(zero_copy_only=False),
            np.ones(len(given)),
        ]
    ).astype(np.int64)
    # Each question ends in one of these three.
    ends = sum(counts[COUNTED.index(name)] for name in ("valid", "declined", "out_of_attempts"))
    wrong = (counts[COUNTED.index("valid")] != given) | (ends != 1) | (counts < 0).any(axis=0)
    if wrong.any():
        raise DataError(
            f"row {part.first + int(np.argmax(wrong)) + 1} does not add up: an answer comes with "
            "one valid reply, no answer with one that declined, or with neither and is out of "
            "attempts",
            where=str(path),
            hint="Remove the file; the workflow makes it again.",
        )
    return counts

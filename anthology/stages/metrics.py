"""The metrics stage: one survey's table, the people's row and one for each condition.

`metrics.csv` has one row for the people and then one for each model and condition:

=================  =============================================================
survey             the survey's name
model, condition   what answered; empty and `human` in the people's row
n_respondents      people, or the people whom personas stand for
n_backstories          different backstories among the personas; 0 where they have none
valid_share        answers that are an option, of all that were asked for
wasserstein, ...   distances to the people; in the people's row between their halves
cronbach_alpha     how well the answers hang together; always unweighted
humans             where the people come from
backstories        where the backstories come from
traits             where what they say of who they are comes from
answers            where the personas' answers come from
notes              why a number is missing, and which items do not vary
=================  =============================================================

`answers.csv` accounts for every answer, one row for each model, condition and item.
Asking `asked` personas took `replies`: those that were `valid` named an option, those
that `declined` chose the option to decline, where there is one, and those that were
`refused`, `unreadable` or `contradictory` did neither and were asked again. The personas
that were `out_of_attempts` never gave a valid one and never declined. So valid, declined and
out_of_attempts add up to asked, and the five kinds of reply to replies.
"""

import sys
from pathlib import Path

import numpy as np

from anthology.analysis.distances import BoolArray, IntArray
from anthology.analysis.load import ExtraColumns, load_personas, load_respondents
from anthology.analysis.metric_rows import MetricSettings, metric_rows
from anthology.analysis.response_rows import ResponseRows
from anthology.errors import DataError
from anthology.io.parquet import read_metadata, write_text
from anthology.io.tables import Row, format_csv

COLUMNS = (
    *("survey", "model", "condition", "n_respondents", "n_backstories", "valid_share"),
    *("wasserstein", "total_variation", "frobenius", "l1", "cbs", "cronbach_alpha"),
    *("humans", "backstories", "traits", "answers", "notes"),
)
"""The columns of `metrics.csv`."""

REPLY_OUTCOMES = ("valid", "declined", "refused", "unreadable", "contradictory")
"""What can become of a reply; the columns of responses that count them."""

ANSWERS = (
    *("survey", "model", "condition", "item", "asked", "replies"),
    *(*REPLY_OUTCOMES, "out_of_attempts"),
)
"""The columns of `answers.csv`."""


class Settings(MetricSettings):
    """What the metrics of one survey depend on."""


def run(
    settings: Settings, *, humans: Path, responses: list[Path], metrics: Path, answers: Path
) -> None:
    """Compare the personas of every condition with the people.

    Parameters
    ----------
    settings
        What to compare, and how.
    humans
        The respondents, their weights and their answers.
    responses
        One file for each model and condition, in any order; each says itself which.
    metrics
        Where the table goes.
    answers
        Where the account of all answers goes.

    Raises
    ------
    DataError
        If a condition's file is missing, there twice, or not in the table; if an
        artifact names a respondent, item or code that is not there, repeats a row,
        or accounts for answers in a way that does not add up.
    """
    found = load_respondents(settings, humans)
    account = _Account(settings)
    look = ExtraColumns([*REPLY_OUTCOMES, "out_of_attempts"], account.add)
    answered = load_personas(settings, found, responses, stories=True, look=look)
    table = metric_rows(settings, found, answered, "metrics", settings.survey, "splits")
    write_text(metrics, format_csv(COLUMNS, table))
    write_text(answers, format_csv(ANSWERS, account.rows()))
    print(f"{settings.survey}: people and {len(table) - 1} conditions compared", file=sys.stderr)


class _Account:
    """What became of every question asked and of every reply to it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._of: dict[Path, IntArray] = {}

    def add(self, part: ResponseRows, path: Path) -> None:
        """Count some more rows."""
        counts, out = _counted(part, path)
        known = self._of.setdefault(path, self._nothing())
        for item in range(known.shape[1]):
            own = part.item == item
            known[:-2, item] += counts[:, own].sum(axis=1)
            known[-2:, item] += out[own].sum(), own.sum()

    def rows(self) -> list[Row]:
        """Return the rows of `answers.csv`, in the order of the settings' rows."""
        told = {path: read_metadata(path) for path in self._of}
        made = {(told[path]["model"], told[path]["condition"]): self._of[path] for path in told}
        nothing = self._nothing()
        return [
            {
                "survey": self._settings.survey,
                "model": model,
                "condition": condition,
                "item": name,
                "asked": asked,
                "replies": sum(replies),
                **dict(zip(REPLY_OUTCOMES, replies, strict=True)),
                "out_of_attempts": out,
            }
            for model, condition in self._settings.rows
            for name, (*replies, out, asked) in zip(
                self._settings.names, made.get((model, condition), nothing).T.tolist(), strict=True
            )
        ]

    def _nothing(self) -> IntArray:
        return np.zeros((len(REPLY_OUTCOMES) + 2, len(self._settings.items)), dtype=np.int64)


def _counted(part: ResponseRows, path: Path) -> tuple[IntArray, BoolArray]:
    """Return how many replies of each outcome some rows have, and which are out of attempts."""
    values = part.values
    given = values["code"].is_valid().to_numpy(zero_copy_only=False)
    out = values["out_of_attempts"].fill_null(False).to_numpy(zero_copy_only=False)
    # An empty count is as wrong as a negative one.
    counts = np.stack(
        [values[outcome].fill_null(-1).to_numpy(zero_copy_only=False) for outcome in REPLY_OUTCOMES]
    ).astype(np.int64)
    valid, declined = (
        counts[REPLY_OUTCOMES.index("valid")],
        counts[REPLY_OUTCOMES.index("declined")],
    )
    ends = valid + declined + out  # Of these three, each question comes to one.
    wrong = (valid != given) | (ends != 1) | (counts < 0).any(axis=0)
    if wrong.any():
        raise DataError(
            f"row {part.first + int(np.argmax(wrong)) + 1} does not add up: an answer comes with "
            "one valid reply, no answer with one that declined, or with neither and is out of "
            "attempts",
            where=str(path),
            hint="Remove the file; the workflow makes it again.",
        )
    return counts, out

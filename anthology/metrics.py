"""The metrics stage: one survey's table, the people's row and one for each condition.

`metrics.csv` has one row for the people and then one for each model and condition:

=================  =============================================================
survey             the survey's name
model, condition   what answered; empty and `human` in the people's row
n_respondents      people, or the people whom personas stand for
n_stories          different backstories among the personas; 0 where they have none
valid_share        answers that are an option, of all that were asked for
wasserstein, ...   distances to the people; in the people's row between their halves
cronbach_alpha     how well the answers hang together; always unweighted
humans             where the people come from
stories, traits    where the backstories come from, and what they say of who they are
answers            where the personas' answers come from
notes              why a number is missing, and which items do not vary
=================  =============================================================

`answers.csv` accounts for every answer, one row for each model, condition and item.
Asking `asked` personas took `replies`: those that were `valid` named an option, those
that `declined` chose the option to decline, where there is one, and those that were
`refused`, `unreadable` or `contradictory` did neither and were asked again. The personas
that were `out_of_tries` never gave a valid one and never declined. So valid, declined and
out_of_tries add up to asked, and the five kinds of reply to replies.
"""

import sys
from pathlib import Path

import numpy as np
import pyarrow.compute as pc

from anthology.analysis.comparing import MeasuredSettings, compared
from anthology.analysis.gathering import Personas, people, personas
from anthology.artifacts import write_text
from anthology.errors import DataError
from anthology.tables import Row, as_csv

METRICS = (
    *("survey", "model", "condition", "n_respondents", "n_stories", "valid_share"),
    *("wasserstein", "total_variation", "frobenius", "l1", "cbs", "cronbach_alpha"),
    *("humans", "stories", "traits", "answers", "notes"),
)
"""The columns of `metrics.csv`."""

OUTCOMES = ("valid", "declined", "refused", "unreadable", "contradictory")
"""What can become of a reply; the columns of responses that count them."""

ANSWERS = (
    *("survey", "model", "condition", "item", "asked", "replies"),
    *(*OUTCOMES, "out_of_tries"),
)
"""The columns of `answers.csv`."""


class Settings(MeasuredSettings):
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
    found = people(settings, humans)
    answered = personas(settings, found, responses)
    rows = compared(settings, found, answered, "metrics", settings.survey, "splits")
    account = [row for one in answered for row in _account(settings, one)]
    write_text(metrics, as_csv(METRICS, rows))
    write_text(answers, as_csv(ANSWERS, account))
    print(f"{settings.survey}: people and {len(answered)} conditions compared", file=sys.stderr)


def _account(settings: Settings, found: Personas) -> list[Row]:
    """Count what became of every question asked and of every reply to it."""
    table = found.table
    given = table["code"].is_valid().to_numpy()
    out = table["out_of_tries"].fill_null(False).to_numpy()
    # An empty count is as wrong as a negative one.
    counts = np.stack([table[outcome].fill_null(-1).to_numpy() for outcome in OUTCOMES])
    valid, declined = counts[OUTCOMES.index("valid")], counts[OUTCOMES.index("declined")]
    ends = valid + declined + out  # Of these three, each question comes to one.
    wrong = (valid != given) | (ends != 1) | (counts < 0).any(axis=0)
    if wrong.any():
        raise DataError(
            f"row {int(np.argmax(wrong)) + 1} does not add up: an answer comes with one valid "
            "reply, no answer with one that declined, or with neither and is out of tries",
            where=str(found.path),
            hint="Remove the file; the workflow makes it again.",
        )
    account: list[Row] = []
    for name in settings.names:
        rows = pc.equal(table["item"], name).to_numpy()
        replies = counts[:, rows].sum(axis=1, dtype=np.int64)
        account.append(
            {
                "survey": settings.survey,
                "model": found.model,
                "condition": found.condition,
                "item": name,
                "asked": int(rows.sum()),
                "replies": int(replies.sum()),
                **dict(zip(OUTCOMES, replies.tolist(), strict=True)),
                "out_of_tries": int(out[rows].sum()),
            }
        )
    return account

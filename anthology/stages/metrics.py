"""The metrics stage: one survey's table, the respondents' row and one for each condition.

`metrics.csv` has one row for the respondents and then one for each model and condition:

=================  =============================================================
survey             the survey's name
model, condition   what answered; empty and `human` in the respondents' row
simulated          yes where people, backstories, traits or answers are: synthetic, no
                   evidential value
n_respondents      respondents, or those whom personas stand for
n_backstories      different backstories among the personas; 0 where they have none
valid_share        answers that are an option, of all that were asked for
wasserstein, ...   the metrics of `anthology.analysis.metrics`; distances are to the
                   respondents, in their own row between random halves of them
humans             where the respondents come from
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

from anthology.analysis.load import ExtraColumns, load_personas, load_respondents
from anthology.analysis.metric_rows import MetricSettings, metric_columns, metric_rows
from anthology.analysis.reply_counts import ANSWERS, COUNTED, ReplyCounts
from anthology.io.parquet import write_text
from anthology.io.tables import format_csv


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
    respondents = load_respondents(settings, humans)
    counts = ReplyCounts(settings)
    extra = ExtraColumns(COUNTED, counts.add)
    answered = load_personas(settings, respondents, responses, backstories=True, extra=extra)
    table = metric_rows(settings, respondents, answered, "metrics", settings.survey, "splits")
    write_text(metrics, format_csv(metric_columns(), table))
    write_text(answers, format_csv(ANSWERS, counts.rows()))
    print(f"{settings.survey}: people and {len(table) - 1} conditions compared", file=sys.stderr)

"""The metrics_full stage: every metric of a survey's table in all its forms.

`metrics_full.csv` has the rows of `metrics.csv`, with:

======================  ========================================================
survey, model,          as there
condition, simulated
n_respondents           respondents, or those whom personas stand for
n_complete              those who answered every item
wasserstein, ...        distances to the respondents, as published: every persona counts
                        the same; in the respondents' row between their halves
..._weighted            the same, each persona with its respondent's weight
wasserstein_normalised  each item's distance divided by its largest, k - 1
cronbach_alpha          as published; then over complete rows, weighted, and with
alpha_...               items reverse-coded that run against the others
n_backstories           different backstories among the personas; 0 where they have none
effective_backstories   the effective number of backstories: 1 / sum of squared shares
traits_reproduced       respondents all of whose traits, of those matched on, are
                        those of their backstory
traits_reproduced_mean  mean share of a respondent's traits that are
mean_similarity         mean similarity of respondents and their backstories
notes                   why a number is missing, and which items do not vary
======================  ========================================================
"""

import sys
from pathlib import Path

from anthology.analysis.full_rows import FullSettings, full_columns, human_row, persona_row
from anthology.analysis.groups import group_stats
from anthology.analysis.load import load_personas, load_respondents
from anthology.io.parquet import write_text
from anthology.io.tables import format_csv


class Settings(FullSettings):
    """What the metrics in all their forms depend on."""


def run(
    settings: Settings,
    *,
    humans: Path,
    responses: list[Path],
    matches: list[Path] | None = None,
    traits: Path | None = None,
    output: Path,
) -> None:
    """Measure the personas of every condition in every form.

    Parameters
    ----------
    settings
        What to compare.
    humans
        The respondents, their weights, traits and answers.
    responses
        One file for each model and condition, in any order; each says itself which.
    matches
        One file for each matching, called by its name.
    traits
        What the matched stories say of themselves.
    output
        Where the table goes.

    Raises
    ------
    DataError
        As `anthology.analysis.load.load_respondents`, `anthology.analysis.load.load_personas` and
        `anthology.analysis.match_quality.match_quality`, or if the file of a matching is missing.
    """
    respondents = load_respondents(settings, humans)
    answered = load_personas(settings, respondents, responses, backstories=True)
    group = group_stats(respondents.positions, settings.sizes, respondents.weights)
    files = {path.stem: path for path in matches or []}
    rows = [human_row(settings, respondents, group)]
    rows += [persona_row(settings, respondents, group, one, files, traits) for one in answered]
    write_text(output, format_csv(full_columns(), rows))
    print(f"{settings.survey}: people and {len(rows) - 1} conditions measured", file=sys.stderr)

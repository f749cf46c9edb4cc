"""The figures stage: a survey's tables as pictures.

Each output is named after the figure that it holds:

==================  ============================================================
items.svg           the share of each option, people against each condition
correlations.svg    the people's matrix, each condition's, and their difference
ranking.svg         for each metric the conditions in order, and the human bound
matches.svg         how alike people and their stories are, and how often one is used
traits.svg          who the people and the stories are
answers.svg         what became of every reply
==================  ============================================================

All say on their face what of them is simulated.
"""

import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated

from matplotlib.figure import Figure

from anthology.config.stage import Derived, From, StageSettings
from anthology.config.survey import TraitSource
from anthology.errors import DataError
from anthology.figures import answers as draw_answers
from anthology.figures import correlations as draw_correlations
from anthology.figures import items as draw_items
from anthology.figures import matches as draw_matches
from anthology.figures import ranking as draw_ranking
from anthology.figures import traits as draw_traits
from anthology.figures.common import ShownItem, items_from_rows
from anthology.figures.match_data import load_matching, trait_shares
from anthology.figures.read import Header, read_header, read_rows
from anthology.figures.style import figure_style, save_svg
from anthology.spelling import suggest
from anthology.survey.codebook import Codebook

_INTERVAL = ("estimate", "low", "high")
_ROW = ("model", "condition")


class Settings(StageSettings):
    """What the figures of a survey depend on."""

    survey: Annotated[str, From("{survey}")]
    """The survey's name."""
    wordings: Annotated[dict[str, str], Derived("wordings")]
    """Our own wording of items, where there is one."""
    traits: Annotated[dict[str, TraitSource], Derived("drawn_traits")]
    """The traits that both the survey and the stories were asked."""


@dataclass(frozen=True, kw_only=True)
class Tables:
    """The files that figures are drawn from.

    Parameters
    ----------
    humans, codebook
        The people, and the survey's words.
    metrics, answers, items, correlations, intervals
        The survey's tables.
    matches
        The matchings that conditions use, each named by its file.
    traits
        What stories say of who they are; given where conditions match stories.
    """

    humans: Path
    codebook: Path
    metrics: Path
    answers: Path
    items: Path
    correlations: Path
    intervals: Path
    matches: list[Path] | None = None
    traits: Path | None = None


def run(settings: Settings, *, tables: Tables, output: list[Path]) -> None:
    """Draw a survey's figures.

    Parameters
    ----------
    settings
        Which survey, and what its figures show of it.
    tables
        What they are drawn from.
    output
        The figures to draw, each by the name of its file.

    Raises
    ------
    DataError
        If an output is no figure of this stage, or a table does not hold what it must.
    """
    figures = _Figures(settings, tables)
    for path in output:
        if path.stem not in _NAMES or path.suffix != ".svg":
            raise DataError(
                "is no figure that can be drawn", where=str(path), hint=suggest(path.stem, _NAMES)
            )
    with figure_style():
        for path in output:
            figure: Figure = getattr(figures, path.stem)()
            save_svg(figure, path, f"{settings.survey}: {path.stem}")
    print(f"{settings.survey}: {len(output)} figures drawn", file=sys.stderr)


_NAMES = ("items", "correlations", "ranking", "matches", "traits", "answers")
"""The figures, each a method of `_Figures`."""


class _Figures:
    """Reads what each figure takes, and draws it."""

    def __init__(self, settings: Settings, tables: Tables) -> None:
        self._settings, self._tables = settings, tables

    @cached_property
    def _header(self) -> Header:
        rows = read_rows(
            self._tables.metrics, (*_ROW, "humans", "backstories", "traits", "answers")
        )
        return read_header(self._settings.survey, rows)

    @cached_property
    def _codebook(self) -> Codebook:
        return Codebook.load(self._tables.codebook)

    @cached_property
    def _items(self) -> list[ShownItem]:
        columns = (*_ROW, "item", "code", "option", "share", "low", "high")
        rows = read_rows(self._tables.items, columns)
        words = {name: entry.wording for name, entry in self._codebook.items.items()}
        return items_from_rows(rows, words | self._settings.wordings)

    def items(self) -> Figure:
        return draw_items.draw(self._header, self._items)

    def correlations(self) -> Figure:
        rows = read_rows(self._tables.correlations, (*_ROW, "item_1", "item_2", "correlation"))
        matrices = draw_correlations.correlation_matrices(rows)
        return draw_correlations.draw(self._header, self._items, matrices)

    def ranking(self) -> Figure:
        rows = read_rows(self._tables.intervals, (*_ROW, "metric", *_INTERVAL))
        return draw_ranking.draw(self._header, draw_ranking.ranked_metrics(rows, self._header.keys))

    def matches(self) -> Figure:
        return draw_matches.draw(
            self._header, [load_matching(path) for path in self._tables.matches or []]
        )

    def traits(self) -> Figure:
        if self._tables.traits is None:
            return draw_traits.draw(self._header, [])
        shown = trait_shares(
            self._settings.traits,
            self._codebook,
            self._tables.humans,
            self._tables.traits,
            [load_matching(path) for path in self._tables.matches or []],
        )
        return draw_traits.draw(self._header, shown)

    def answers(self) -> Figure:
        rows = read_rows(
            self._tables.answers, (*_ROW, "item", "asked", "replies", "out_of_attempts")
        )
        names = [item.variable for item in self._items]
        account = draw_answers.answer_account(rows, self._header.keys, names)
        return draw_answers.draw(self._header, self._items, account)

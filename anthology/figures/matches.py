"""The figure of matches: how alike people and their stories are, and how many share a story."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter
from matplotlib.typing import LineStyleType

from anthology.analysis.groups import FloatArray, IntArray
from anthology.figures.common import width_beside
from anthology.figures.page import MARGIN, Page, empty_figure
from anthology.figures.read import Header
from anthology.figures.style import BODY, HATCHES, SMALL, SOFT, TINY, model_marks, truncate

_HIGH = 2.5
_LINES: tuple[LineStyleType, ...] = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (5, 2, 1, 2)))
_USES = ((1, 1), (2, 2), (3, 5), (6, 10), (11, 20), (21, None))
"""How often a story is used: from, to."""
_LEAST = 1e-4
"""Similarities below this are drawn here."""


@dataclass(frozen=True, slots=True)
class Matching:
    """The similarities and the backstories of one matching.

    Parameters
    ----------
    name
        What it is called.
    similarity
        People: how alike each is to its story, from 0 to 1.
    stories
        People: the id of each one's story.
    available
        How many stories there were to choose from.
    """

    name: str
    similarity: FloatArray
    stories: IntArray
    available: int

    @property
    def uses(self) -> IntArray:
        """People: how many people have the same story."""
        _, place, counts = np.unique(self.stories, return_inverse=True, return_counts=True)
        return np.asarray(counts[place])

    @property
    def distinct(self) -> int:
        """How many different stories are used."""
        return len(np.unique(self.stories))

    @property
    def effective(self) -> float:
        """The effective number of backstories (inverse Simpson index)."""
        _, counts = np.unique(self.stories, return_counts=True)
        return float(counts.sum() ** 2 / (counts**2).sum())


def draw(header: Header, matchings: Sequence[Matching]) -> Figure:
    """Draw the similarity of matches, and how often backstories are used.

    Parameters
    ----------
    header
        The survey and what is simulated.
    matchings
        The matchings that conditions use.
    """
    title = f"Matches of people and stories ({header.survey})"
    if not matchings:
        return empty_figure(
            title,
            header.notice,
            "No condition that is compared matches people with natural stories.",
        )
    page = Page(title, header.notice)
    styles = model_marks([one.name for one in matchings])
    page.legend(
        [
            (Line2D([], [], color=styles[one.name][0], marker=styles[one.name][1], markersize=4,
                    linestyle=_line(i)), _said(one))
            for i, one in enumerate(matchings)
        ]
    )  # fmt: skip
    page.space(0.1)
    half = (width_beside(0) - 0.9) / 2
    top, high = page.y + 0.42, max(_HIGH, len(_USES) * (0.1 + 0.12 * len(matchings)))
    second = MARGIN + half + 0.9
    for x, heading, below in (
        (MARGIN, "How alike", "share of people whose match is at least as similar"),
        (second, "How often a story is used", "share of people by uses of their story"),
    ):
        page.text(x, page.y, heading, size=BODY, weight="bold")
        page.text(x, page.y + 0.16, below, size=SMALL, colour=SOFT)
    alike = page.axes(MARGIN + 0.4, top, half - 0.4, high)
    used = page.axes(second + 0.8, top, half - 0.8, high)
    for place, one in enumerate(matchings):
        colour, mark = styles[one.name]
        _alike(alike, one, colour, mark, place)
        _used(used, one, colour, place, len(matchings))
    _label(alike, used)
    page.y = top + high + 0.45
    return page.finished()


def _said(one: Matching) -> str:
    return (
        f"{one.name}: {one.distinct:,} of {one.available:,} stories for {len(one.stories):,} "
        f"people (as good as {one.effective:,.0f} used equally), mean similarity "
        f"{one.similarity.mean():.3f}"
    )


def _line(place: int) -> LineStyleType:
    return _LINES[place % len(_LINES)]


def _alike(axes: Axes, one: Matching, colour: str, mark: str, place: int) -> None:
    values = np.sort(np.maximum(one.similarity, _LEAST))
    # The share of people at or above each value falls from 1 in equal steps.
    share = 1 - np.arange(len(values)) / len(values)
    axes.step(np.append(values, values[-1]), np.append(share, 0), where="pre", color=colour,
              linestyle=_line(place), linewidth=1.4)  # fmt: skip
    marked = [int(part * (len(values) - 1)) for part in (0.1, 0.3, 0.5, 0.7, 0.9)]
    axes.plot(values[marked], share[marked], mark, color=colour, markersize=4,
              markeredgewidth=0, clip_on=False)  # fmt: skip


def _used(axes: Axes, one: Matching, colour: str, place: int, count: int) -> None:
    uses = one.uses
    found = [float(((uses >= low) & (uses <= (high or np.inf))).mean()) for low, high in _USES]
    rows = np.arange(len(_USES)) + 0.8 * ((place + 0.5) / count - 0.5)
    axes.barh(rows, found, 0.7 / count, facecolor=colour, hatch=HATCHES[place % len(HATCHES)],
              edgecolor="white", linewidth=0)  # fmt: skip
    for row, share in zip(rows, found, strict=True):
        if share:
            axes.text(
                share + 0.01,
                row,
                f"{truncate(one.name, 0.8, TINY)} {share:.0%}",
                size=TINY,
                va="center_baseline",
            )


def _label(alike: Axes, used: Axes) -> None:
    alike.set_xscale("log")
    alike.set_xlim(_LEAST * 0.8, 1)
    ticks = [_LEAST, 0.001, 0.01, 0.1, 1]
    alike.set_xticks(ticks, [f"{_LEAST:g} or less", *(f"{tick:g}" for tick in ticks[1:])])
    alike.set_xlabel("similarity: probability of the person's traits, by what the story says")
    alike.set_ylim(0, 1.02)
    alike.set_yticks([0, 0.25, 0.5, 0.75, 1])
    alike.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    alike.grid(True)
    used.set_ylim(len(_USES) - 0.5, -0.5)
    used.set_yticks(range(len(_USES)), [_range(*uses) for uses in _USES])
    used.set_ylabel("people who share one story")
    used.set_xlim(0, 1.25)
    used.set_xticks([0, 0.25, 0.5, 0.75, 1])
    used.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    used.grid(True, axis="x")


def _range(low: int, high: int | None) -> str:
    if high is None:
        return f"{low} or more"
    return str(low) if low == high else f"{low} to {high}"

"""The figure of items: the share of each option, people against each condition."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from anthology.analysis.groups import FloatArray
from anthology.figures.common import (
    ROW,
    ShownItem,
    draw_dots,
    draw_human_band,
    label_rows,
    label_width,
    legend_entries,
    width_beside,
)
from anthology.figures.page import LINE, MARGIN, Page, empty_figure
from anthology.figures.read import HUMAN, Header
from anthology.figures.style import BODY, SMALL, SOFT, TINY, wrap_text

_COLUMNS = 5
"""More options than these go on below."""
_GAP = 0.14


def draw(header: Header, items: Sequence[ShownItem]) -> Figure:
    """Draw a row of panels for each item, one panel an option.

    Parameters
    ----------
    header
        The survey, its conditions and what is simulated.
    items
        The items and the shares of their options.
    """
    title = f"How each item was answered ({header.survey})"
    if not header.keys:
        return empty_figure(title, header.notice, "No condition is compared.")
    page = Page(title, header.notice)
    page.legend(legend_entries(header, f"share of {header.name(HUMAN)}", "its interval"))
    names = [header.name(key) for key in header.keys]
    left, right = label_width(names), _right_end(items)
    ticks = _ticks(right)
    columns = min(_COLUMNS, max(len(item.options) for item in items))
    wide = (width_beside(left) + _GAP) / columns - _GAP
    for item in items:
        page.space(0.08)
        page.paragraph(item.title, size=BODY, weight="bold", lines=3)
        for first in range(0, len(item.options), columns):
            shown = range(first, len(item.options))[:columns]
            words = {option: wrap_text(item.options[option], wide, SMALL, 2) for option in shown}
            lines = max(map(len, words.values()))
            top = page.y + (lines + 1) * SMALL * LINE / 72 + 0.02
            for place, option in enumerate(shown):
                x = MARGIN + left + place * (wide + _GAP)
                _words(page, x, [""] * (lines - len(words[option])) + words[option])
                _people(page, x, lines, item.shares[HUMAN][option])
                axes = page.axes(x, top, wide, ROW * len(names))
                _picture(axes, header, names, item, option, named=place == 0)
                axes.set_xlim(-0.02 * right, right)
                axes.set_xticks(ticks)
            page.y = top + ROW * len(names) + 0.3
    return page.finished()


def _picture(
    axes: Axes, header: Header, names: Sequence[str], item: ShownItem, option: int, *, named: bool
) -> None:
    draw_human_band(axes, item.shares[HUMAN][option])
    label_rows(axes, names, named=named)
    draw_dots(axes, header, header.keys, _values(header, item, option))
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))


def _values(header: Header, item: ShownItem, option: int) -> FloatArray:
    return np.array([item.shares[key][option] for key in header.keys])


def _words(page: Page, x: float, lines: Sequence[str]) -> None:
    for place, line in enumerate(lines):
        page.text(x, page.y + place * SMALL * LINE / 72, line)


def _people(page: Page, x: float, lines: int, values: FloatArray) -> None:
    share, low, high = values
    label = f"people {share:.0%} ({low:.0%} to {high:.0%})"
    if np.isnan(share):
        label = "no answer of the people"
    page.text(x, page.y + lines * SMALL * LINE / 72, label, size=TINY, colour=SOFT)


def _right_end(items: Sequence[ShownItem]) -> float:
    """Return the common right end of all axes: the next tenth beyond all intervals."""
    ends = np.concatenate([shares[:, 2] for item in items for shares in item.shares.values()])
    largest = np.nanmax(ends) if np.isfinite(ends).any() else 1.0
    return float(min(1.0, np.ceil(largest * 10) / 10)) + 0.01


def _ticks(right: float) -> FloatArray:
    """Return tick positions that leave room between neighbouring panels' labels."""
    steps = (step for step in (0.05, 0.1, 0.2, 0.25, 0.5) if (0.94 * right) / step < 4)
    return np.arange(0, 0.94 * right, next(steps))

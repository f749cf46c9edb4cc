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


def draw(head: Header, items: Sequence[ShownItem]) -> Figure:
    """Draw a row of pictures for each item, one for each of its options.

    Parameters
    ----------
    head
        The survey, its conditions and what is simulated.
    items
        The items and the shares of their options.
    """
    title = f"How each item was answered ({head.survey})"
    if not head.keys:
        return empty_figure(title, head.notice, "No condition is compared.")
    sheet = Page(title, head.notice)
    sheet.legend(legend_entries(head, f"share of {head.name(HUMAN)}", "its interval"))
    names = [head.name(key) for key in head.keys]
    left, right = label_width(names), _right_end(items)
    ticks = _ticks(right)
    columns = min(_COLUMNS, max(len(item.options) for item in items))
    wide = (width_beside(left) + _GAP) / columns - _GAP
    for item in items:
        sheet.space(0.08)
        sheet.paragraph(item.title, size=BODY, weight="bold", lines=3)
        for first in range(0, len(item.options), columns):
            shown = range(first, len(item.options))[:columns]
            words = {option: wrap_text(item.options[option], wide, SMALL, 2) for option in shown}
            lines = max(map(len, words.values()))
            top = sheet.y + (lines + 1) * SMALL * LINE / 72 + 0.02
            for place, option in enumerate(shown):
                x = MARGIN + left + place * (wide + _GAP)
                _words(sheet, x, [""] * (lines - len(words[option])) + words[option])
                _people(sheet, x, lines, item.shares[HUMAN][option])
                axes = sheet.axes(x, top, wide, ROW * len(names))
                _picture(axes, head, names, item, option, named=place == 0)
                axes.set_xlim(-0.02 * right, right)
                axes.set_xticks(ticks)
            sheet.y = top + ROW * len(names) + 0.3
    return sheet.finished()


def _picture(
    axes: Axes, head: Header, names: Sequence[str], item: ShownItem, option: int, *, named: bool
) -> None:
    draw_human_band(axes, item.shares[HUMAN][option])
    label_rows(axes, names, named=named)
    draw_dots(axes, head, head.keys, _values(head, item, option))
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))


def _values(head: Header, item: ShownItem, option: int) -> FloatArray:
    return np.array([item.shares[key][option] for key in head.keys])


def _words(sheet: Page, x: float, lines: Sequence[str]) -> None:
    for place, line in enumerate(lines):
        sheet.text(x, sheet.y + place * SMALL * LINE / 72, line)


def _people(sheet: Page, x: float, lines: int, values: FloatArray) -> None:
    share, low, high = values
    said = f"people {share:.0%} ({low:.0%} to {high:.0%})"
    if np.isnan(share):
        said = "no answer of the people"
    sheet.text(x, sheet.y + lines * SMALL * LINE / 72, said, size=TINY, colour=SOFT)


def _right_end(items: Sequence[ShownItem]) -> float:
    """Return where the axes of all pictures end: at full tenths right of all intervals."""
    ends = np.concatenate([shares[:, 2] for item in items for shares in item.shares.values()])
    largest = np.nanmax(ends) if np.isfinite(ends).any() else 1.0
    return float(min(1.0, np.ceil(largest * 10) / 10)) + 0.01


def _ticks(right: float) -> FloatArray:
    """Return where shares are told: so far from the right that no label meets its neighbour's."""
    steps = (step for step in (0.05, 0.1, 0.2, 0.25, 0.5) if (0.94 * right) / step < 4)
    return np.arange(0, 0.94 * right, next(steps))

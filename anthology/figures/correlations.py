"""The figure of correlations: the people's matrix, each condition's, and their difference."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from anthology.analysis.groups import FloatArray
from anthology.figures.common import ShownItem, fit_name, list_items
from anthology.figures.page import MARGIN, WIDTH, Page, empty_figure
from anthology.figures.read import HUMAN, Header, RowKey, parse_number, row_key
from anthology.figures.style import DIVERGING, SMALL, SOFT, TINY

_CELL = 0.27
_SIDE = 2.16
"""The widest that a matrix gets."""
_LEGIBLE = 0.24
"""Cells below this have no room for a number."""
_BETWEEN = 0.22
_UNKNOWN = "#e4e4e4"


def correlation_matrices(rows: Sequence[Mapping[str, str]]) -> dict[RowKey, FloatArray]:
    """Return the correlation matrix of the respondents and of each model and condition."""
    found: dict[RowKey, list[float]] = {}
    for row in rows:
        found.setdefault(row_key(row), []).append(parse_number(row["correlation"]))
    side = {key: round(len(values) ** 0.5) for key, values in found.items()}
    return {key: np.reshape(values, (side[key], -1)) for key, values in found.items()}


def draw(
    header: Header, items: Sequence[ShownItem], matrices: Mapping[RowKey, FloatArray]
) -> Figure:
    """Draw the respondents' matrix, then each condition's and its difference from theirs.

    Parameters
    ----------
    header
        The survey, its conditions and what is simulated.
    items
        The items, for their words.
    matrices
        For the people and each model and condition: items x items.
    """
    title = f"How the items go together ({header.survey})"
    if len(items) < 2:
        return empty_figure(title, header.notice, "One item has no correlations.")
    page = Page(title, header.notice)
    page.paragraph(
        "Pearson correlations of the items' answers. Each condition has its own matrix and, to the "
        "right of it, its difference from the people's: red where its correlation is higher, blue "
        "where it is lower. Both halves of a matrix are the same; numbers stand in the lower one."
    )
    page.space(0.1)
    cell = min(_CELL, _SIDE / len(items))
    side = cell * len(items)
    top = page.y
    _named(page, MARGIN, top, side, header.name(HUMAN), "")
    _picture(page.axes(MARGIN + 0.15, top + 0.3, side, side), matrices[HUMAN], cell)
    beside = MARGIN + side + 0.6
    end = list_items(page, items, beside, top + 0.3)
    _scale(page, beside + 0.2, end + 0.15)
    page.y = max(top + side, end + 0.2) + 0.6
    step = (WIDTH - 2 * MARGIN) / 2
    for place, key in enumerate(header.keys):
        x, second = MARGIN + place % 2 * step, 0.15 + side + _BETWEEN
        top = page.y
        apart = matrices[key] - matrices[HUMAN]
        norm = np.sqrt((apart**2).sum())
        label = f"less the people's (norm {norm:.2f})" if np.isfinite(norm) else "not defined"
        _named(page, x, top, side, header.name(key), label)
        _picture(page.axes(x + 0.15, top + 0.3, side, side), matrices[key], cell)
        _picture(page.axes(x + second, top + 0.3, side, side), apart, cell, left=False)
        if place % 2 or place == len(header.keys) - 1:
            page.y = top + 0.3 + side + 0.25
    return page.finished()


def _named(page: Page, x: float, y: float, side: float, name: str, beside: str) -> None:
    page.text(x + 0.15, y, fit_name(name, side, SMALL * 1.13), size=SMALL, weight="bold")
    page.text(x + 0.15 + side + _BETWEEN, y, beside, size=SMALL, colour=SOFT)


def _picture(axes: Axes, matrix: FloatArray, cell: float, *, left: bool = True) -> None:
    size = len(matrix)
    axes.set_axis_off()
    axes.set_xlim(0, size)
    axes.set_ylim(size, 0)
    axes.add_patch(Rectangle((0, 0), size, size, color=_UNKNOWN, linewidth=0))
    axes.pcolormesh(
        np.ma.masked_invalid(matrix), cmap=DIVERGING, vmin=-1, vmax=1, edgecolors="white",
        linewidth=0.4,
    )  # fmt: skip
    # Plain words are drawn several times faster than the labels of ticks.
    for place in range(size):
        axes.text(place + 0.5, -0.15, str(place + 1), size=TINY, ha="center", va="bottom")
        if left:
            axes.text(-0.15, place + 0.5, str(place + 1), size=TINY, ha="right",
                      va="center_baseline")  # fmt: skip
    if cell < _LEGIBLE:
        return
    for row, column in zip(*np.tril_indices(size), strict=True):
        value = matrix[row, column]
        text = "-" if np.isnan(value) else _short(float(value))
        colour = "white" if abs(value) > 0.6 else "black"
        axes.text(column + 0.5, row + 0.5, text, size=TINY - 0.5, color=colour,
                  ha="center", va="center_baseline")  # fmt: skip


def _scale(page: Page, x: float, y: float) -> None:
    axes = page.axes(x, y, 2.0, 0.12)
    steps = np.linspace(-1, 1, 41)
    axes.pcolormesh(steps, [0, 1], (steps[None, :-1] + steps[None, 1:]) / 2, cmap=DIVERGING,
                    vmin=-1, vmax=1, edgecolors="face", linewidth=0.2)  # fmt: skip
    axes.set_xticks([-1, -0.5, 0, 0.5, 1])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)


def _short(value: float) -> str:
    """Write a correlation in four letters at most: .31, -.08, 1, 0."""
    text = f"{value:.2f}".replace("0.", ".", 1)
    return {"1.00": "1", "-1.00": "-1", ".00": "0", "-.00": "0"}.get(text, text)

"""What several figures show: items with their words, and the marks of the models."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from anthology.analysis.groups import FloatArray
from anthology.figures.page import LINE, MARGIN, WIDTH, Page
from anthology.figures.read import MARK, Header, RowKey, parse_number, row_key
from anthology.figures.style import (
    BAND,
    INK,
    RULE,
    SMALL,
    model_marks,
    text_width,
    truncate,
    wrap_text,
)

ROW = 0.165
"""Height of a condition's row, in inches."""
_WIDEST_NAME = 2.4


@dataclass(frozen=True, slots=True)
class ShownItem:
    """An item as figures show it.

    Parameters
    ----------
    variable, wording
        Its name and its question.
    options
        The words of its options, in the survey's order.
    shares
        For the people and each model and condition: options x (share, low, high).
    """

    variable: str
    wording: str
    options: Sequence[str]
    shares: Mapping[RowKey, FloatArray]

    @property
    def title(self) -> str:
        """The item's name and question in one line."""
        return f"{self.variable}: {self.wording}" if self.wording else self.variable


def items_from_rows(
    rows: Iterable[Mapping[str, str]], wordings: Mapping[str, str]
) -> list[ShownItem]:
    """Return the items of `items.csv`, in its order."""
    options: dict[str, dict[str, str]] = {}
    found: dict[str, dict[RowKey, list[list[float]]]] = {}
    for row in rows:
        options.setdefault(row["item"], {})[row["code"]] = row["option"]
        values = [parse_number(row[name]) for name in ("share", "low", "high")]
        found.setdefault(row["item"], {}).setdefault(row_key(row), []).append(values)
    return [
        ShownItem(
            variable,
            wordings.get(variable, ""),
            list(options[variable].values()),
            {key: np.array(values) for key, values in shares.items()},
        )
        for variable, shares in found.items()
    ]


def list_items(page: Page, items: Sequence[ShownItem], x: float, y: float) -> float:
    """Write the numbered list of items at a position, and return where it ends."""
    for place, item in enumerate(items, start=1):
        for line, words in enumerate(wrap_text(item.title, WIDTH - MARGIN - x - 0.2, SMALL, 2)):
            if line == 0:
                page.text(x + 0.12, y, str(place), align="right")
            page.text(x + 0.2, y, words)
            y += SMALL * LINE / 72
        y += 0.03
    return y


def label_width(names: Iterable[str]) -> float:
    """Return the width of the row labels left of a panel, in inches."""
    return min(_WIDEST_NAME, max(text_width(name, SMALL) for name in names)) + 0.12


def fit_name(name: str, inches: float, size: float) -> str:
    """Truncate a row's name to a width, but never the mark that it is simulated."""
    stem = name.removesuffix(MARK)
    mark = name[len(stem) :]
    return truncate(stem, inches - (text_width(mark, size) if mark else 0), size) + mark


def label_rows(axes: Axes, names: Sequence[str], *, named: bool = True) -> None:
    """Label the rows of a panel from its top, and draw a guide line along each."""
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_yticks([])
    axes.grid(True, axis="x")
    # Plain words and lines are drawn several times faster than ticks.
    beside = axes.get_yaxis_transform()
    axes.hlines(range(len(names)), 0, 1, RULE, linewidth=0.5, transform=beside, zorder=0.5)
    for row, name in enumerate(names if named else ()):
        label = fit_name(name, _WIDEST_NAME, SMALL)
        axes.annotate(label, (0, row), (-4, 0), xycoords=beside, textcoords="offset points",
                      size=SMALL, ha="right", va="center_baseline")  # fmt: skip


def draw_dots(
    axes: Axes, header: Header, keys: Sequence[RowKey], values: FloatArray, size: float = 3.2
) -> None:
    """Draw a dot and its interval in the row of each model and condition.

    Parameters
    ----------
    axes
        Where.
    header
        Whose models have the marks.
    keys
        The rows.
    values
        Rows x (estimate, low, high); what is NaN is left out.
    size
        Of the dots, in points.
    """
    for model, (colour, mark) in model_marks(header.models).items():
        own = [place for place, key in enumerate(keys) if key[0] == model]
        if own:
            axes.hlines(own, values[own, 1], values[own, 2], colors=colour, linewidth=1.1)
            axes.plot(values[own, 0], own, mark, color=colour, markersize=size, markeredgewidth=0)


def legend_entries(header: Header, people: str, band: str) -> list[tuple[Line2D | Patch, str]]:
    """Return the legend entries of the respondents' line and band and of the models' dots."""
    entries: list[tuple[Line2D | Patch, str]] = [
        (Line2D([], [], color=INK, linewidth=1.0), people),
        (Patch(color=BAND, linewidth=0), band),
    ]
    for model, (colour, mark) in model_marks(header.models).items():
        line = Line2D([], [], color=colour, marker=mark, markersize=4, linewidth=1.1)
        entries.append((line, f"personas of the model {model}, with their interval"))
    return entries


def draw_human_band(axes: Axes, values: FloatArray) -> None:
    """Draw the respondents' value as a line, with its interval as a band."""
    estimate, low, high = values
    if np.isfinite([low, high]).all():
        axes.axvspan(low, high, color=BAND, linewidth=0, zorder=0)
    if np.isfinite(estimate):
        axes.axvline(estimate, color=INK, linewidth=1.0, zorder=1)


def width_beside(left: float) -> float:
    """Return the width that remains of a page beside row labels."""
    return WIDTH - 2 * MARGIN - left

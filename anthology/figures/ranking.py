"""The figure of the ranking: for each metric the conditions in order, with intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from anthology.analysis.distances import FloatArray
from anthology.figures.common import ROW, dots, explained, gutter, name_rows, people_behind, room
from anthology.figures.page import MARGIN, Sheet, note
from anthology.figures.read import HUMAN, Head, Key, key_of, number
from anthology.figures.style import BODY, SMALL, SOFT, TINY, cut

_NUMBERS = 0.4
"""Room for the numbers right of a picture, in inches."""
_NAMES = {
    "wasserstein": "Wasserstein distance",
    "wasserstein_normalised": "Wasserstein, of the range",
    "total_variation": "Total variation",
    "frobenius": "Frobenius norm",
    "l1": "L1 norm",
    "cbs": "1 - matrix correlation (cbs)",
    "cronbach_alpha": "Cronbach's alpha",
}


@dataclass(frozen=True, slots=True)
class Ranked:
    """A metric as the figure shows it.

    Parameters
    ----------
    metric
        Its name.
    values
        For each model and condition: estimate, low, high.
    bound
        The same of the people.
    """

    metric: str
    values: Mapping[Key, FloatArray]
    bound: FloatArray

    @property
    def nearness(self) -> bool:
        """Whether being near the people's value is what counts, and not being low."""
        return "alpha" in self.metric

    def order(self, keys: Sequence[Key]) -> list[Key]:
        """Return the conditions from the best to the worst, those without a value last."""

        def rank(key: Key) -> float:
            estimate = self.values[key][0]
            worse = abs(estimate - self.bound[0]) if self.nearness else estimate
            return float("inf") if np.isnan(worse) else float(worse)

        return sorted(keys, key=rank)


def ranked_of(rows: Sequence[Mapping[str, str]], keys: Sequence[Key]) -> list[Ranked]:
    """Return the metrics of `intervals.csv`, in its order."""
    found: dict[str, dict[Key, FloatArray]] = {}
    bounds: dict[str, FloatArray] = {}
    for row in rows:
        values = np.array([number(row[name]) for name in ("estimate", "low", "high")])
        found.setdefault(row["metric"], {})[key_of(row)] = values
        if key_of(row) == HUMAN:
            bounds[row["metric"]] = values
    missing = np.full(3, np.nan)
    return [
        Ranked(
            metric,
            {key: values.get(key, missing) for key in keys},
            bounds.get(metric, missing),
        )
        for metric, values in found.items()
    ]


def draw(head: Head, metrics: Sequence[Ranked]) -> Figure:
    """Draw a picture for each metric, two or three a line.

    Parameters
    ----------
    head
        The survey, its conditions and what is simulated.
    metrics
        The metrics, in order.
    """
    title = f"The conditions in order, by each metric ({head.survey})"
    if not head.keys or not metrics:
        return note(title, head.notice, "No condition is compared.")
    sheet = Sheet(title, head.notice)
    people = "the people: mean of random halves; for alpha all of them"
    sheet.legend(explained(head, people, "its spread over halves; for alpha its interval"))
    left = gutter(map(head.name, head.keys))
    columns = 3 if left < 1.5 else 2
    wide = (room(0) + 0.15) / columns - 0.15
    high = ROW * len(head.keys)
    for place, metric in enumerate(metrics):
        column = place % columns
        x, top = MARGIN + column * (wide + 0.15), sheet.y + 0.34
        _title(sheet, x, sheet.y, metric)
        axes = sheet.axes(x + left, top, wide - left - _NUMBERS, high)
        _picture(axes, head, metric)
        if column == columns - 1 or place == len(metrics) - 1:
            sheet.y = top + high + 0.4
    return sheet.finished()


def _title(sheet: Sheet, x: float, y: float, metric: Ranked) -> None:
    sheet.text(x, y, _NAMES.get(metric.metric, metric.metric), size=BODY, weight="bold")
    better = "nearest to the people on top" if metric.nearness else "lowest on top; lower is better"
    sheet.text(x, y + 0.15, better, size=TINY, colour=SOFT)


def _picture(axes: Axes, head: Head, metric: Ranked) -> None:
    keys = metric.order(head.keys)
    values = np.array([metric.values[key] for key in keys])
    people_behind(axes, metric.bound)
    name_rows(axes, [head.name(key) for key in keys])
    dots(axes, head, keys, values)
    axes.margins(x=0.06)
    axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
    for row, value in enumerate(values[:, 0]):
        said = "-" if np.isnan(value) else cut(f"{value:.3f}", _NUMBERS, SMALL)
        axes.text(1.03, row, said, transform=axes.get_yaxis_transform(), size=TINY,
                  va="center_baseline")  # fmt: skip

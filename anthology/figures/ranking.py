"""The figure of the ranking: for each metric the conditions in order, with intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from anthology.analysis import metrics as registry
from anthology.analysis.groups import FloatArray
from anthology.analysis.metrics import Metric
from anthology.figures.common import (
    ROW,
    draw_dots,
    draw_human_band,
    label_rows,
    label_width,
    legend_entries,
    width_beside,
)
from anthology.figures.page import MARGIN, Page, empty_figure
from anthology.figures.read import HUMAN, Header, RowKey, parse_number, row_key
from anthology.figures.style import BODY, SMALL, SOFT, TINY, truncate

_NUMBERS = 0.4
"""Room for the numbers right of a picture, in inches."""


@dataclass(frozen=True, slots=True)
class RankedMetric:
    """A metric as the figure shows it.

    Parameters
    ----------
    metric
        Which it is.
    values
        For each model and condition: estimate, low, high.
    bound
        The same of the respondents.
    """

    metric: Metric
    values: Mapping[RowKey, FloatArray]
    bound: FloatArray

    def order(self, keys: Sequence[RowKey]) -> list[RowKey]:
        """Return the conditions from the best to the worst, those without a value last."""

        def rank(key: RowKey) -> float:
            estimate = self.values[key][0]
            worse = estimate if self.metric.is_distance else abs(estimate - self.bound[0])
            return float("inf") if np.isnan(worse) else float(worse)

        return sorted(keys, key=rank)


def ranked_metrics(rows: Sequence[Mapping[str, str]], keys: Sequence[RowKey]) -> list[RankedMetric]:
    """Return the metrics that `intervals.csv` has, in the order of `METRICS`."""
    found: dict[str, dict[RowKey, FloatArray]] = {}
    for row in rows:
        values = np.array([parse_number(row[name]) for name in ("estimate", "low", "high")])
        found.setdefault(row["metric"], {})[row_key(row)] = values
    missing = np.full(3, np.nan)
    ranked = []
    for metric in registry.METRICS:
        if own := found.get(metric.name):
            of_keys = {key: own.get(key, missing) for key in keys}
            ranked.append(RankedMetric(metric, of_keys, own.get(HUMAN, missing)))
    return ranked


def draw(header: Header, metrics: Sequence[RankedMetric]) -> Figure:
    """Draw a panel for each metric, two or three a line.

    Parameters
    ----------
    header
        The survey, its conditions and what is simulated.
    metrics
        The metrics, in order.
    """
    title = f"The conditions in order, by each metric ({header.survey})"
    if not header.keys or not metrics:
        return empty_figure(title, header.notice, "No condition is compared.")
    page = Page(title, header.notice)
    people = f"{header.name(HUMAN)}: mean of random halves; for alpha all of them"
    page.legend(legend_entries(header, people, "its spread over halves; for alpha its interval"))
    left = label_width(map(header.name, header.keys))
    columns = 3 if left < 1.5 else 2
    wide = (width_beside(0) + 0.15) / columns - 0.15
    high = ROW * len(header.keys)
    for place, metric in enumerate(metrics):
        column = place % columns
        x, top = MARGIN + column * (wide + 0.15), page.y + 0.34
        _title(page, x, page.y, metric)
        axes = page.axes(x + left, top, wide - left - _NUMBERS, high)
        _picture(axes, header, metric)
        if column == columns - 1 or place == len(metrics) - 1:
            page.y = top + high + 0.4
    return page.finished()


def _title(page: Page, x: float, y: float, metric: RankedMetric) -> None:
    page.text(x, y, metric.metric.label, size=BODY, weight="bold")
    better = "lowest on top; lower is better"
    if not metric.metric.is_distance:
        better = "nearest to the people on top"
    page.text(x, y + 0.15, better, size=TINY, colour=SOFT)


def _picture(axes: Axes, header: Header, metric: RankedMetric) -> None:
    keys = metric.order(header.keys)
    values = np.array([metric.values[key] for key in keys])
    draw_human_band(axes, metric.bound)
    label_rows(axes, [header.name(key) for key in keys])
    draw_dots(axes, header, keys, values)
    axes.margins(x=0.06)
    axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
    for row, value in enumerate(values[:, 0]):
        label = "-" if np.isnan(value) else truncate(f"{value:.3f}", _NUMBERS, SMALL)
        axes.text(1.03, row, label, transform=axes.get_yaxis_transform(), size=TINY,
                  va="center_baseline")  # fmt: skip

"""Random tables to draw figures of, and what can be read off a figure."""

from collections.abc import Iterator

import numpy as np
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.text import Text

from anthology.analysis.metrics import Metric, main_metrics
from anthology.figures import answers, correlations, items, matches, ranking, traits
from anthology.figures.answers import AnswerAccount
from anthology.figures.common import ShownItem
from anthology.figures.matches import Matching
from anthology.figures.ranking import RankedMetric
from anthology.figures.read import HUMAN, Header
from anthology.figures.style import figure_style
from anthology.figures.traits import ShownTrait

LONG = "How much of a health risk does the average person run, over a whole lifetime, by eating it?"
WORDS = (
    "A great deal of health risk",
    "Some",
    "Not too much, on the whole, as far as one can tell",
)


def head(conditions: int = 17, models: int = 1, notice: str = "SIMULATED: the people.") -> Header:
    names = [f"max_weight_condition_{i}" for i in range(conditions)]
    keys = [(f"model-{j}", name) for j in range(models) for name in names]
    return Header("w34", keys, notice)


def shown_items(head: Header, count: int = 8, options: int = 4) -> list[ShownItem]:
    rng = np.random.default_rng(count)

    def values() -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        share = rng.dirichlet(np.ones(options))
        return np.stack([share, np.maximum(0, share - 0.05), np.minimum(1, share + 0.05)], axis=1)

    return [
        ShownItem(
            f"ITEM_{i}_W34",
            LONG,
            [WORDS[j % len(WORDS)] for j in range(options)],
            {key: values() for key in (HUMAN, *head.keys)},
        )
        for i in range(count)
    ]


def drawn(name: str, head: Header, items_shown: int = 8) -> Figure:
    """Draw one of the six figures from random numbers."""
    rng = np.random.default_rng(7)
    shown = shown_items(head, items_shown)
    with figure_style():
        match name:
            case "items":
                return items.draw(head, shown)
            case "correlations":
                cloud = {key: rng.normal(size=(40, items_shown)) for key in (HUMAN, *head.keys)}
                matrices = {
                    key: np.atleast_2d(np.corrcoef(rows.T)).astype(np.float64)
                    for key, rows in cloud.items()
                }
                return correlations.draw(head, shown, matrices)
            case "ranking":
                return ranking.draw(head, [ranked(metric, head) for metric in main_metrics()])
            case "matches":
                return matches.draw(head, [matched(way) for way in ("greedy", "max_weight")])
            case "traits":
                return traits.draw(head, [shown_trait(i) for i in range(2, 9)])
            case _:
                shape = len(head.keys), items_shown
                kinds = ("declined", "refused", "unreadable", "contradictory")
                invalid = rng.poisson(5, (len(kinds), *shape)).astype(float)
                asked = np.full(shape, 100.0)
                account = AnswerAccount(
                    kinds, asked, asked + invalid.sum(axis=0), asked * 0, invalid
                )
                return answers.draw(head, shown, account)


def ranked(metric: Metric, head: Header) -> RankedMetric:
    rng = np.random.default_rng(len(metric.name))
    values = {key: rng.random() + np.array([0, -0.1, 0.1]) for key in head.keys}
    return RankedMetric(metric, values, np.array([0.5, 0.45, 0.55]))


def matched(way: str) -> Matching:
    rng = np.random.default_rng(len(way))
    return Matching(way, rng.random(200) ** 3, rng.integers(0, 90, 200), 300)


def shown_trait(categories: int) -> ShownTrait:
    rng = np.random.default_rng(categories)
    names = [f"$50,000 to under $75,000 ({i})" for i in range(categories)]
    ways = ("all stories", "as matched: greedy", "as matched: max_weight")
    stories = {way: rng.dirichlet(np.ones(categories + 1)) for way in ways}
    return ShownTrait(f"trait {categories}", names, rng.dirichlet(np.ones(categories)), stories)


def texts(figure: Figure) -> list[Text]:
    """Return all words of a figure that are to be seen."""
    # Labels of ticks are made when they are drawn.
    with figure_style():
        figure.draw_without_rendering()
    found = list(figure.texts)
    for axes in figure.axes:
        legend = axes.get_legend()
        found += [*axes.texts, *(legend.get_texts() if legend else [])]
        if axes.axison:
            found += [label for axis in (axes.xaxis, axes.yaxis) for label in _labels(axis)]
    return [text for text in found if text.get_visible() and text.get_text().strip()]


def words(figure: Figure) -> str:
    return "\n".join(text.get_text() for text in texts(figure))


def _labels(axis: Axis) -> Iterator[Text]:
    yield axis.label
    low, high = sorted(axis.get_view_interval())
    for tick in axis.get_major_ticks():
        # Those beyond the ends of an axis are never drawn.
        if low <= tick.get_loc() <= high:
            yield from (tick.label1, tick.label2)

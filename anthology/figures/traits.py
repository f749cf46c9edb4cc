"""The figure of traits: who the people are, and who the stories are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, PercentFormatter

from anthology.analysis.groups import FloatArray
from anthology.figures.common import label_rows, label_width, width_beside
from anthology.figures.page import MARGIN, WIDTH, Page, empty_figure
from anthology.figures.read import HUMAN, Header
from anthology.figures.style import BAND, BODY, model_marks

_ROW = 0.22
_GAP = 0.4
_ELSEWHERE = "none of these"


@dataclass(frozen=True, slots=True)
class ShownTrait:
    """One trait, in the survey's categories.

    Parameters
    ----------
    name
        What it is called.
    categories
        The words of the categories.
    people
        Categories: the weighted share of the people who answered the trait.
    stories
        For all stories and for each matching's, by name: categories + 1, their mean
        distribution. The last is what falls into none of the categories.
    """

    name: str
    categories: Sequence[str]
    people: FloatArray
    stories: Mapping[str, FloatArray]


def draw(header: Header, traits: Sequence[ShownTrait]) -> Figure:
    """Draw a panel for each trait, two a line.

    Parameters
    ----------
    header
        The survey and what is simulated.
    traits
        The traits that the survey asked, and stories too.
    """
    title = f"Who the people and the stories are ({header.survey})"
    if not traits:
        return empty_figure(
            title,
            header.notice,
            "No condition that is compared matches people with natural stories.",
        )
    page = Page(title, header.notice)
    styles = model_marks(list(traits[0].stories))
    entries: list[tuple[Line2D | Patch, str]] = [
        (Patch(color=BAND, linewidth=0), header.name(HUMAN))
    ]
    for name, (colour, mark) in styles.items():
        line = Line2D([], [], color=colour, marker=mark, markersize=5, linestyle="")
        entries.append((line, name))
    page.legend(entries)
    page.space(0.08)
    left = label_width([words for trait in traits for words in (*trait.categories, _ELSEWHERE)])
    wide = (width_beside(0) - _GAP) / 2
    for first in range(0, len(traits), 2):
        top, longest = page.y + 0.22, 0.0
        for column, trait in enumerate(traits[first : first + 2]):
            x = MARGIN + column * (WIDTH - 2 * MARGIN + _GAP) / 2
            page.text(x, page.y, trait.name, size=BODY, weight="bold")
            high = _picture(page, trait, x + left, top, wide - left, styles)
            longest = max(longest, high)
        page.y = top + longest + 0.4
    return page.finished()


def _picture(
    page: Page,
    trait: ShownTrait,
    x: float,
    y: float,
    wide: float,
    styles: Mapping[str, tuple[str, str]],
) -> float:
    """Draw one trait and return the height of its panel."""
    lost = max(shares[-1] for shares in trait.stories.values()) >= 0.005
    names = [*trait.categories, *([_ELSEWHERE] if lost else [])]
    high = _ROW * len(names)
    axes = page.axes(x, y, wide, high)
    label_rows(axes, names)
    rows = np.arange(len(names))
    axes.barh(rows[: len(trait.people)], np.nan_to_num(trait.people), 0.8, color=BAND, linewidth=0)
    for place, (name, shares) in enumerate(trait.stories.items()):
        colour, mark = styles[name]
        # Side by side, so that equal shares do not hide each other.
        aside = 0.6 * ((place + 0.5) / len(styles) - 0.5)
        axes.plot(shares[: len(names)], rows + aside, mark, color=colour, markersize=4.2,
                  markeredgewidth=0)  # fmt: skip
    axes.set_xlim(left=0)
    axes.margins(x=0.04)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    return high

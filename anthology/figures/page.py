"""A sheet that is filled from the top, in inches, and gets as long as it needs to be."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text

from anthology.figures.style import BODY, INK, SMALL, SOFT, TITLE, WARNING, text_width, wrap_text

WIDTH = 10.0
"""Of every sheet, in inches: as wide as a page of the report shows without scrolling."""
MARGIN = 0.25
LINE = 1.35
"""From one line of text to the next, in sizes of its letters."""


@dataclass
class Page:
    """A figure that is filled from the top.

    Parameters
    ----------
    title
        What it shows.
    notice
        What its reader must know before believing it; empty for nothing.
    """

    title: str
    notice: str = ""
    figure: Figure = field(default_factory=Figure)
    y: float = MARGIN
    """How far it is filled, from the top."""
    _axes: list[tuple[Axes, float, float, float, float]] = field(default_factory=list)
    _texts: list[tuple[Text, float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.paragraph(self.title, size=TITLE, weight="bold")
        if self.notice:
            self.paragraph(self.notice, size=BODY, weight="bold", colour=WARNING)
        self.space(0.04)

    def space(self, inches: float) -> None:
        """Leave some vertical space."""
        self.y += inches

    def paragraph(
        self,
        text: str,
        *,
        size: float = BODY,
        weight: str = "normal",
        colour: str = INK,
        lines: int = 6,
    ) -> None:
        """Write a paragraph over the whole width."""
        # Bold letters are up to an eighth wider than those that widths are measured by.
        room = (WIDTH - 2 * MARGIN) / (1.13 if weight == "bold" else 1)
        for line in wrap_text(text, room, size, lines):
            self.text(MARGIN, self.y, line, size=size, weight=weight, colour=colour)
            self.y += size * LINE / 72
        self.y += 0.05

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = SMALL,
        weight: str = "normal",
        colour: str = INK,
        align: str = "left",
    ) -> None:
        """Write one line of text with its upper end at a position."""
        written = self.figure.text(
            0, 0, text, size=size, weight=weight, color=colour, ha=align, va="top"
        )
        self._texts.append((written, x, y))

    def axes(self, x: float, y: float, wide: float, high: float) -> Axes:
        """Add axes with their upper left corner at a position."""
        made = self.figure.add_axes((0, 0, 0.1, 0.1), label=str(len(self._axes)))
        self._axes.append((made, x, y, wide, high))
        return made

    def legend(self, entries: Sequence[tuple[Line2D | Patch, str]]) -> None:
        """Draw a legend over the whole width."""
        columns = _fitting([text for _, text in entries])
        lines = -(-len(entries) // columns)
        height = lines * 0.17
        axes = self.axes(MARGIN, self.y, WIDTH - 2 * MARGIN, height)
        axes.set_axis_off()
        axes.legend(
            [mark for mark, _ in entries],
            [text for _, text in entries],
            loc="upper left",
            bbox_to_anchor=(0, 1),
            ncols=columns,
            borderaxespad=0.0,
            columnspacing=1.6,
            labelspacing=0.5,
        )
        self.y += height + 0.08

    def finished(self) -> Figure:
        """Return the finished figure, cut to the length that is filled."""
        high = self.y + MARGIN
        self.figure.set_size_inches(WIDTH, high)
        for axes, x, y, wide, tall in self._axes:
            axes.set_position((x / WIDTH, 1 - (y + tall) / high, wide / WIDTH, tall / high))
        for text, x, y in self._texts:
            text.set_position((x / WIDTH, 1 - y / high))
        return self.figure


def empty_figure(title: str, notice: str, sentence: str) -> Figure:
    """Return a figure that only says why it is empty."""
    sheet = Page(title, notice)
    sheet.paragraph(sentence, colour=SOFT)
    return sheet.finished()


def _fitting(texts: Sequence[str]) -> int:
    """Return the number of columns in which a legend fits."""
    widest = max(text_width(text, SMALL) for text in texts) + 0.5
    return max(1, min(len(texts), int((WIDTH - 2 * MARGIN) / widest)))

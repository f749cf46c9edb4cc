"""How all figures look: fonts, colours, marks; and how they are written.

Colours are those of Okabe and Ito, "Color universal design" (2008), which the
colour-blind tell apart; what a colour says, a mark, a hatch or a number says too.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.ft2font import FT2Font

from anthology.io.parquet import write_atomically

INK, SOFT, RULE, BAND = "#222222", "#5a5a5a", "#e3e3e3", "#d4d4d4"
"""For words and people, for lesser words, for lines that guide, for the people's intervals."""
WARNING = "#a33b00"
"""For what must not be overlooked."""
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKS = ("o", "s", "^", "D", "v", "P", "X")
HATCHES = ("", "////", "....", "xxxx", "----", "++++", "oooo")
DIVERGING = "RdBu_r"
"""For what lies on both sides of zero."""

TITLE, BODY, SMALL, TINY = 12.0, 8.0, 7.0, 6.5
"""Sizes of letters, in points."""

_STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": SMALL,
    "text.color": INK,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": INK,
    "axes.labelsize": SMALL,
    "axes.linewidth": 0.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": RULE,
    "grid.linewidth": 0.5,
    "hatch.linewidth": 0.6,
    "legend.frameon": False,
    "legend.fontsize": SMALL,
    "legend.handlelength": 1.6,
    "legend.borderpad": 0.0,
    "xtick.color": SOFT,
    "xtick.labelcolor": INK,
    "xtick.labelsize": SMALL,
    "xtick.major.width": 0.5,
    "xtick.major.size": 2.5,
    "ytick.color": SOFT,
    "ytick.labelcolor": INK,
    "ytick.labelsize": SMALL,
    "ytick.major.width": 0.5,
    "ytick.major.size": 0.0,
    # A dollar sign is money, and begins no formula.
    "text.parse_math": False,
    # Letters as outlines look the same whatever fonts a reader's machine has.
    "svg.fonttype": "path",
    # Names inside the file are derived from this instead of drawn by lot.
    "svg.hashsalt": "anthology",
}


@contextmanager
def figure_style() -> Iterator[None]:
    """Use this project's style, whatever the user's matplotlib settings."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        yield


def save_svg(figure: Figure, path: Path, title: str) -> None:
    """Write a figure as SVG atomically; equal figures give equal bytes."""
    metadata = {"Title": title, "Date": None, "Creator": "Anthology"}
    with write_atomically(path) as temporary:
        figure.savefig(temporary, format="svg", metadata=metadata)


def model_marks(names: list[str]) -> dict[str, tuple[str, str]]:
    """Return a colour and a mark for each of some names."""
    # The lengths have no common factor, so that 42 names differ in at least one of the two.
    pairs = zip(islice(cycle(PALETTE[:6]), len(names)), cycle(MARKS), strict=False)
    return dict(zip(names, pairs, strict=True))


@cache
def text_width(text: str, size: float) -> float:
    """Return the width of a line of text in inches."""
    font = _font()
    font.set_size(size, 72)
    font.set_text(text, 0.0)
    return float(font.get_width_height()[0] / 64 / 72)


def wrap_text(text: str, inches: float, size: float, lines: int) -> list[str]:
    """Wrap a text into at most so many lines, with an ellipsis where it does not fit."""
    found: list[str] = []
    words = text.split()
    while words:
        taken = 1
        while taken < len(words) and text_width(" ".join(words[: taken + 1]), size) <= inches:
            taken += 1
        line, words = " ".join(words[:taken]), words[taken:]
        if len(found) == lines - 1 and words:
            return [*found, truncate(f"{line} {' '.join(words)}", inches, size)]
        found.append(truncate(line, inches, size))
    return found or [""]


def truncate(text: str, inches: float, size: float) -> str:
    """Truncate a line to a width, with an ellipsis."""
    if text_width(text, size) <= inches:
        return text
    while text and text_width(f"{text}…", size) > inches:
        text = text[:-1].rstrip()
    return f"{text}…"


@cache
def _font() -> FT2Font:
    return get_font(findfont(FontProperties(family="DejaVu Sans")))

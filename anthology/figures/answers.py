"""The figure of answers: what became of every reply, condition by condition and item by item."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, PercentFormatter

from anthology.analysis.groups import FloatArray
from anthology.figures.common import (
    ROW,
    ShownItem,
    label_rows,
    label_width,
    list_items,
    width_beside,
)
from anthology.figures.page import MARGIN, Page, empty_figure
from anthology.figures.read import Header, RowKey, row_key
from anthology.figures.style import BODY, HATCHES, PALETTE, SMALL, SOFT, TINY

_TALL = 1.15
"""Rows are this much higher than in other figures, since bars fill them."""
_NUMBERS = (("valid", "of replies"), ("replies", "a question"), ("never", "answered"))
_NUMBER = 0.66
_CELL = 0.4
_LEGIBLE = 0.26


@dataclass(frozen=True, slots=True)
class AnswerAccount:
    """Counts of questions, replies and invalid replies, by condition and item.

    Parameters
    ----------
    kinds
        The ways in which a reply is not valid.
    asked, replies, out
        Conditions x items: questions, replies to them, and those that were never answered.
    invalid
        Kinds x conditions x items: replies.
    """

    kinds: Sequence[str]
    asked: FloatArray
    replies: FloatArray
    out: FloatArray
    invalid: FloatArray


def answer_account(
    rows: Sequence[Mapping[str, str]], keys: Sequence[RowKey], items: Sequence[str]
) -> AnswerAccount:
    """Return the counts in `answers.csv`, whose columns say which kinds of reply there are."""
    columns = list(rows[0]) if rows else []
    between = (
        columns[columns.index("replies") + 1 : columns.index("out_of_attempts")] if rows else []
    )
    kinds = [name for name in between if name != "valid"]
    wanted = ("asked", "replies", "out_of_attempts", *kinds)
    found = np.zeros((len(wanted), len(keys), len(items)))
    for row in rows:
        place = keys.index(row_key(row)), list(items).index(row["item"])
        found[:, *place] = [float(row[name]) for name in wanted]
    return AnswerAccount(kinds, found[0], found[1], found[2], found[3:])


def draw(header: Header, items: Sequence[ShownItem], account: AnswerAccount) -> Figure:
    """Draw bars of invalid replies, totals, and a table by item.

    Parameters
    ----------
    header
        The survey, its conditions and what is simulated.
    items
        The items, for their words.
    account
        What became of the replies.
    """
    title = f"What became of the answers ({header.survey})"
    if not header.keys:
        return empty_figure(title, header.notice, "No condition is compared.")
    page = Page(title, header.notice)
    if account.kinds:
        page.legend([(_patch(i), f"{kind} replies") for i, kind in enumerate(account.kinds)])
    page.y = list_items(page, items, MARGIN, page.y) + 0.15
    names = [header.name(key) for key in header.keys]
    left = label_width(names)
    table = min(_CELL * len(items), 3.4)
    bars = width_beside(left) - table - _NUMBER * len(_NUMBERS) - 0.3
    top, high = page.y + 0.45, ROW * _TALL * len(names)
    x = MARGIN + left
    page.text(x, page.y, "Replies that are not valid", size=BODY, weight="bold")
    page.text(x, page.y + 0.16, "as a share of all replies", size=SMALL, colour=SOFT)
    _bars(page.axes(x, top, bars, high), account, names)
    x += bars + 0.15
    _numbers(page, x, top, high, account)
    x += _NUMBER * len(_NUMBERS) + 0.15
    page.text(x, page.y, "Not valid, by item (%)", size=BODY, weight="bold")
    _table(page.axes(x, top, table, high), account)
    page.y = top + high + 0.3
    return page.finished()


def _patch(kind: int) -> Patch:
    return Patch(facecolor=PALETTE[kind % 6], hatch=HATCHES[kind % 7], edgecolor="white",
                 linewidth=0)  # fmt: skip


def _bars(axes: Axes, account: AnswerAccount, names: Sequence[str]) -> None:
    totals = account.replies.sum(axis=1)
    shares = account.invalid.sum(axis=2) / np.where(totals > 0, totals, 1)
    rows, start = np.arange(len(names)), np.zeros(len(names))
    label_rows(axes, names)
    for kind, share in enumerate(shares):
        axes.barh(rows, share, 0.72, left=start, facecolor=PALETTE[kind % 6],
                  hatch=HATCHES[kind % 7], edgecolor="white", linewidth=0)  # fmt: skip
        start = start + share
    axes.set_xlim(0, max(0.01, float(start.max()) * 1.04))
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))


def _numbers(page: Page, x: float, top: float, high: float, account: AnswerAccount) -> None:
    replies, asked = account.replies.sum(axis=1), account.asked.sum(axis=1)
    invalid, out = account.invalid.sum(axis=(0, 2)), account.out.sum(axis=1)
    for place, heading in enumerate(_NUMBERS):
        for line, words in enumerate(heading):
            page.text(x + (place + 0.9) * _NUMBER, top - 0.3 + line * 0.13, words, size=TINY,
                       colour=SOFT, align="right")  # fmt: skip
    step = high / len(replies)
    for row, (given, of) in enumerate(zip(replies, asked, strict=True)):
        cells = (
            f"{1 - invalid[row] / given:.1%}" if given else "-",
            f"{given / of:.2f}" if of else "-",
            f"{out[row] / of:.1%}" if of else "-",
        )
        for place, text in enumerate(cells):
            y = top + (row + 0.5) * step - 0.055
            page.text(x + (place + 0.9) * _NUMBER, y, text, size=SMALL, align="right")


def _table(axes: Axes, account: AnswerAccount) -> None:
    invalid = account.invalid.sum(axis=0)
    shares = np.where(account.replies > 0, invalid / np.maximum(account.replies, 1), np.nan)
    largest = max(0.05, float(np.nanmax(shares))) if np.isfinite(shares).any() else 1.0
    axes.pcolormesh(np.ma.masked_invalid(shares), cmap="Oranges", vmin=0, vmax=largest * 1.4,
                    edgecolors="white", linewidth=0.6)  # fmt: skip
    rows, columns = shares.shape
    axes.set_xlim(0, columns)
    axes.set_ylim(rows, 0)
    axes.spines[:].set_visible(False)
    axes.set_yticks([])
    axes.set_xticks(np.arange(columns) + 0.5, [str(i + 1) for i in range(columns)])
    axes.tick_params(length=0, pad=1.5, top=True, labeltop=True, bottom=False, labelbottom=False)
    if min(_CELL, 3.4 / columns) < _LEGIBLE:
        return
    for (row, column), value in np.ndenumerate(shares):
        text = "-" if np.isnan(value) else f"{value * 100:.0f}"
        axes.text(column + 0.5, row + 0.5, text, size=TINY, ha="center", va="center_baseline")

"""Finding the options of a multiple-choice question in a text, however they are labelled."""

import re
from dataclasses import dataclass
from functools import lru_cache

_LINE = re.compile(r"\s*(?:\((\w{1,2})\)|\[(\w{1,2})\]|(\w{1,2})[.)]|(\d{1,2}|\w))\s+(\S.*)")
_STYLES = ("({})", "[{}]", "{}.", "{}")
_FIRST = ("A", "a", "1")
_LINES_AFTER = 6
"""Lines that may follow the options before a text no longer ends in a question."""


@dataclass(frozen=True, slots=True)
class OptionList:
    """A question with its options.

    Parameters
    ----------
    wording
        The lines above the options.
    symbols
        The bare symbols, in the order shown.
    labels
        The same in their brackets.
    texts
        The options' words.
    after
        The lines below the options.
    """

    wording: str
    symbols: tuple[str, ...]
    labels: tuple[str, ...]
    texts: tuple[str, ...]
    after: str

    def position(self, choice: str) -> int | None:
        """Return the position of the option that a label or an option's words name."""
        bare = choice.strip()
        for names in (self.labels, self.symbols, self.texts):
            if bare in names:
                return names.index(bare)
        return None


@lru_cache(maxsize=8192)
def parse_options(text: str) -> OptionList | None:
    """Find the options that a text ends in; None where it ends in none.

    Options stand one a line, labelled in sequence from A, a or 1. A few lines
    may follow them.
    """
    lines = text.splitlines()
    parsed = [_parse(line) for line in lines]
    for end in range(len(lines) - 1, max(-1, len(lines) - 2 - _LINES_AFTER), -1):
        run = _run(parsed, end)
        if len(run) >= 2:
            start = end + 1 - len(run)
            return OptionList(
                wording="\n".join(lines[:start]),
                symbols=tuple(symbol for _, symbol, _ in run),
                labels=tuple(_STYLES[style].format(symbol) for style, symbol, _ in run),
                texts=tuple(words for _, _, words in run),
                after="\n".join(lines[end + 1 :]),
            )
    return None


def _parse(line: str) -> tuple[int, str, str] | None:
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    *symbols, words = match.groups()
    style = next(i for i, symbol in enumerate(symbols) if symbol is not None)
    return style, symbols[style], words.strip()


def _run(parsed: list[tuple[int, str, str] | None], end: int) -> list[tuple[int, str, str]]:
    """Collect the labelled lines that end at a line and count down to a first symbol."""
    run: list[tuple[int, str, str]] = []
    for line in reversed(parsed[: end + 1]):
        if line is None or (run and (line[0], _next(line[1])) != run[0][:2]):
            return []
        run.insert(0, line)
        if line[1] in _FIRST:
            return run
    return []


def _next(symbol: str) -> str:
    return str(int(symbol) + 1) if symbol.isdecimal() else chr(ord(symbol[0]) + 1)

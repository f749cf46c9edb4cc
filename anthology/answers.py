"""Reading an answer: text in, an option or a reason out.

An answer counts when it names one option, by its label, by its words, or by
both agreeing. What declines, what contradicts itself and what cannot be read
are told apart, so that every answer of a model is accounted for.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from anthology.formats import Format


class Outcome(StrEnum):
    """What became of one answer."""

    VALID = "valid"
    REFUSED = "refused"
    UNREADABLE = "unreadable"
    CONTRADICTORY = "contradictory"


@dataclass(frozen=True, slots=True)
class Answer:
    """An outcome and, where it is valid, the position of the option, from 0."""

    outcome: Outcome
    position: int | None = None


_DECLINES = re.compile(
    r"""\b(?: prefer \s not | (?:would|'d|do)? \s? rather \s not | no \s answer | no \s comment
        | refus(?:e|ed|al) | declin(?:e|ed) | (?:don't|do \s not|dont) \s (?:know|want \s to \s answer)
        | (?:can't|cannot|can \s not|won't|will \s not) \s (?:answer|say|choose|decide)
        | not \s (?:comfortable|sure|going \s to \s answer) | none \s of \s your )""",
    re.VERBOSE | re.IGNORECASE,
)
_NEGATION = re.compile(r"(?:\bnot|n't|\bnever|\bneither)\s+(?:\w+\s+)?$", re.IGNORECASE)
_CUE = r"(?:answer|answer\s+is|option|choice|choose|pick|select|letter|number|would\s+say|say|go\s+with)"


def read_answer(text: str, options: tuple[str, ...], layout: Format) -> Answer:
    """Read which option an answer names.

    Parameters
    ----------
    text
        What the model wrote.
    options
        The options as they were read out, in the order shown.
    layout
        How they were labelled.

    Returns
    -------
    Answer
        Valid with a position, or the reason why not.
    """
    text = text.replace("\u2019", "'")
    named, rest = _take_texts(text, options)
    named |= _labels(rest, len(options), layout)
    if len(named) == 1:
        return Answer(Outcome.VALID, named.pop())
    if named:
        return Answer(Outcome.CONTRADICTORY)
    if _DECLINES.search(text):
        return Answer(Outcome.REFUSED)
    return Answer(Outcome.UNREADABLE)


def _take_texts(text: str, options: tuple[str, ...]) -> tuple[set[int], str]:
    """Find the options whose words stand in the text, longest first, and blank them out."""
    found: set[int] = set()
    for position, pattern in _option_patterns(options):

        def take(match: re.Match[str], position: int = position) -> str:
            if not _NEGATION.search(match.string[: match.start()]):
                found.add(position)
            return " " * (match.end() - match.start())

        text = pattern.sub(take, text)
    return found, text


@lru_cache(maxsize=4096)
def _option_patterns(options: tuple[str, ...]) -> list[tuple[int, re.Pattern[str]]]:
    order = sorted(range(len(options)), key=lambda i: -len(options[i]))
    patterns = []
    for i in order:
        words = re.escape(options[i].strip().rstrip(".").replace("\u2019", "'"))
        words = re.sub(r"(?:\\ )+", r"\\s+", words)
        patterns.append((i, re.compile(rf"(?<!\w){words}(?!\w)", re.IGNORECASE)))
    return patterns


def _labels(rest: str, count: int, layout: Format) -> set[int]:
    """Find the labels that stand in what is left of an answer."""
    positions = {layout.symbol(i): i for i in range(count)}
    return {
        positions[symbol]
        for pattern in _label_patterns(layout.symbols)
        for symbol in pattern.findall(rest)
        if symbol in positions
    }


@lru_cache
def _label_patterns(symbols: str) -> tuple[re.Pattern[str], ...]:
    """Compile the forms in which a label counts.

    In brackets anywhere; at the start when only punctuation, a line's end or blanked-out words follow;
    bare after a cue such as "answer is". A bare "A" or "I" in a sentence is a word, not a label.
    """
    symbol = {"upper": "[A-Z]", "lower": "[a-z]", "number": r"\d{1,2}"}[symbols]
    return (
        re.compile(rf"[(\[]\s*({symbol})\s*[)\]]"),
        re.compile(rf"^\W*({symbol})(?:\s*[).\]:,;](?!\w)|\s*$|\s*\n|\s{{2,}})"),
        re.compile(rf"(?i:\b{_CUE})\s*:?\s*({symbol})(?!['\w])(?:\s*[).\]:,;]|\s*$|\s{{2,}})"),
    )

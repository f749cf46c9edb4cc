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
    r"""\b(?: prefer \s not | rather \s not | no \s (?:answer|comment|opinion|idea) | unsure
        | refus(?:e|ed|al) | declin(?:e|ed) | (?:don't|do \s not|dont) \s (?:really \s)? know
        | (?:don't|do \s not|dont) \s want \s to \s (?:answer|say)
        | (?:can't|cannot|can \s not|won't|will \s not|unable \s to)
          \s (?:answer|say|choose|decide|respond|provide)
        | not \s (?:comfortable|sure|going \s to \s (?:answer|say)) | none \s of \s your
        | as \s an \s ai )\b""",
    re.VERBOSE | re.IGNORECASE,
)
# "I don't think it is ..." takes back what follows; "not sure, but ..." and a new sentence do not.
_NEGATION = re.compile(
    r"(?:\bnot|n't|\bcannot|\bnever|\bneither|\bnor)\s+(?:(?!but\b)[\w']+\s+){0,3}$", re.IGNORECASE
)
_CUE = (
    r"(?:answer|answer\s+is|option|choice|choose|pick|select|letter|number|would\s+say|say"
    r"|go\s+with)"
)


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
    named = _written(options, layout).get(_plain(text))
    if named is None:
        named, rest = _take_texts(text.replace("\u2019", "'").replace("_", " "), options)
        named |= _labels(rest, len(options), layout)
    if len(named) == 1:
        return Answer(Outcome.VALID, min(named))
    if named:
        return Answer(Outcome.CONTRADICTORY)
    if _DECLINES.search(text.replace("\u2019", "'")):
        return Answer(Outcome.REFUSED)
    return Answer(Outcome.UNREADABLE)


def _plain(text: str) -> str:
    """Return a text without what does not matter when it is the whole answer."""
    return " ".join(text.replace("\u2019", "'").casefold().split()).rstrip(". ")


@lru_cache(maxsize=4096)
def _written(options: tuple[str, ...], layout: Format) -> dict[str, set[int]]:
    """List the answers that are nothing but an option's label, its words, or both.

    They are looked up first, since they are right whatever the words are: an option
    may hold another one's words, or look like a label.
    """
    written: dict[str, set[int]] = {}
    for position, words in enumerate(options):
        label, symbol = layout.label(position), layout.symbol(position)
        for form in {_plain(form) for form in (label, symbol, words, f"{label} {words}")}:
            written.setdefault(form, set()).add(position)
    return written


def _take_texts(text: str, options: tuple[str, ...]) -> tuple[set[int], str]:
    """Find the options whose words stand in the text, and put underscores in their place."""
    found: set[int] = set()
    for position, pattern in _option_patterns(options):

        def take(match: re.Match[str], position: int | None = position) -> str:
            length = match.end() - match.start()
            if position is None:
                return "not".ljust(length)
            if not _negated(match):
                found.add(position)
            return "_" * length

        text = pattern.sub(take, text)
    return found, text


@lru_cache(maxsize=4096)
def _option_patterns(options: tuple[str, ...]) -> list[tuple[int | None, re.Pattern[str]]]:
    """Compile the options' words, longest first, with what declines before what does not.

    So "no answer" is not read as the option "No", unless "No answer" is an option itself.
    """
    declining: list[tuple[int | None, re.Pattern[str]]] = []
    others: list[tuple[int | None, re.Pattern[str]]] = []
    for position in sorted(range(len(options)), key=lambda i: -len(options[i])):
        words = options[position].strip().rstrip(".").replace("\u2019", "'")
        spaced = r"\s+".join(map(re.escape, words.split()))
        pattern = re.compile(rf"(?<!\w){spaced}(?!\w)", re.IGNORECASE)
        (declining if _DECLINES.search(words) else others).append((position, pattern))
    return [*declining, (None, _DECLINES), *others]


def _labels(rest: str, count: int, layout: Format) -> set[int]:
    """Find the labels that stand in what is left of an answer."""
    positions = {layout.symbol(i): i for i in range(count)}
    return {
        positions[match[1]]
        for pattern in _label_patterns(layout.symbols, layout.brackets)
        for match in pattern.finditer(rest)
        if match[1] in positions and not _negated(match)
    }


def _negated(match: re.Match[str]) -> bool:
    """Say whether the few words before a match take it back."""
    return bool(_NEGATION.search(match.string[max(0, match.start() - 80) : match.start()]))


@lru_cache
def _label_patterns(symbols: str, brackets: str) -> tuple[re.Pattern[str], ...]:
    """Compile the forms in which a label counts.

    In brackets anywhere; bare at the start or after a cue such as "answer is", where a
    mark, a line's end or an option's words follow. A bare "A" or "I" before words is a
    word itself, and so no label, except that options may be labelled with a bare "A".
    """
    symbol = {"upper": "[A-Z]", "lower": "[a-z]", "number": r"\d{1,2}"}[symbols]
    letter = f"(?![Ii])({symbol})" if brackets == "none" else f"(?![AaIi])({symbol})"
    cue = rf"(?i:\b{_CUE})[\s:*\"']*"
    return (
        re.compile(rf"[(\[]\s*({symbol})\s*[)\]]"),
        re.compile(rf"^[\W_]*({symbol})(?:\W*$|\s*[).\]:](?![^\W_])|\s*\n)"),
        re.compile(rf"^[\W_]*(?![Ii])({symbol})\s*[,;*\u2013-](?![^\W_])"),
        re.compile(rf"^\W*{letter}\s+_"),
        re.compile(rf"{cue}({symbol})(?!['\w])\s*(?:[).\]:,;*\"]|$)"),
        re.compile(rf"{cue}{letter}\s+_"),
    )

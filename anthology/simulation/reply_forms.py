"""The forms in which a model answers a multiple-choice question, well and badly."""

from dataclasses import dataclass
from functools import lru_cache

from anthology.simulation.parse_options import Listed

_GOOD: tuple[tuple[str, float], ...] = (
    ("{label} {text}", 0.40),
    ("{label}", 0.32),
    ("{symbol}", 0.08),
    ("{symbol}.", 0.05),
    ("{text}", 0.06),
    ("I'd say {lower}.", 0.05),
    ("My answer is {label}", 0.04),
)
"""Forms that name one option, and how common each is among them."""

DECLINES: tuple[str, ...] = (
    "I'd rather not say.",
    "I don't know.",
    "I prefer not to answer that.",
    "No comment.",
    "I'm not sure what to tell you.",
)
RAMBLES: tuple[str, ...] = (
    "Well, that depends on the day you ask me, and today has been a long one already.",
    "My mother used to talk about this at the kitchen table.",
    "That takes me back. We had a big dog then, and nobody ever locked a door.",
    "People get so worked up about these things.",
    "Let me think. When we moved the last time, I packed the dishes myself.",
    "I could tell you stories about that.",
    "It is what it is.",
    "Some people do, others do not.",
    "It is more complicated than that.",
    "The more I read about it, the less I understand.",
    "Easier said than done.",
    "There is no reason to make such a fuss.",
    "Not too much has come of it so far.",
    "",
)
"""What names no option, whatever the options are, though it may hold the words of one."""

DECLINE, RAMBLE, CONTRADICT = 0.030, 0.040, 0.015
"""How often a model declines, rambles, or names two options."""
STUBBORN = 0.97
"""How often a stubborn persona declines."""


@dataclass(frozen=True, slots=True)
class Forms:
    """How options are named in answer to one question.

    Parameters
    ----------
    good
        For each option, what names it; in order of `GOOD_ODDS`.
    contradictory
        What names two.
    """

    good: tuple[tuple[str, ...], ...]
    contradictory: tuple[str, ...]


GOOD_ODDS: tuple[float, ...] = tuple(share for _, share in _GOOD)


@lru_cache(maxsize=2048)
def forms(asked: Listed) -> Forms:
    """Word every answer to a question that names an option."""
    options = list(zip(asked.labels, asked.symbols, asked.texts, strict=True))
    return Forms(
        good=tuple(
            tuple(
                form.format(label=label, symbol=symbol, text=text, lower=_lower(text))
                for form, _ in _GOOD
            )
            for label, symbol, text in options
        ),
        contradictory=tuple(
            form
            for i, (label, _, text) in enumerate(options)
            for j, (_, _, other) in enumerate(options)
            if i != j
            for form in (f"{label} {other}", f"{text}, or maybe {_lower(other)}")
        ),
    )


def _lower(text: str) -> str:
    """Begin in small letters unless the first word is an abbreviation or the pronoun I."""
    first = text.split(maxsplit=1)[0] if text else ""
    return text if first == "I" or not first[1:].islower() else text[0].lower() + text[1:]

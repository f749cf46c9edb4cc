"""The forms of replies: naming an option well or badly, thinking aloud, ending where wanted."""

import math
import re
from dataclasses import dataclass
from functools import lru_cache

from anthology.models.base import Completion, Request
from anthology.simulation.parse_options import OptionList
from anthology.simulation.parse_prompt import ParsedPrompt
from anthology.simulation.society import words

_CONCLUDE = re.compile(
    r"""\b(?:conclude|finish|close|end)\s+(?:\w+\s+){0,3}?(?:with|by\s+(?:saying|writing))\s+
        (?:the\s+(?:words?|line|phrase)\s+)?["'\u201c](?P<words>[^"\u201c\u201d\n]{2,40})["'\u201d]""",
    re.IGNORECASE | re.VERBOSE,
)
_OPENING = 3
"""Paragraphs at a chat's beginning in which an instruction may stand."""
_WORDS_PER_TOKEN = 0.75
_WORD = re.compile(r"\S+")
_SHORT = 200
"""Characters of the longest text that is kept with its end, since the same answers come often."""


@dataclass(frozen=True, slots=True)
class Forms:
    """How options are named in answer to one question.

    Parameters
    ----------
    good
        For each option, what names it, in the order of the declared forms.
    contradictory
        What names two.
    """

    good: tuple[tuple[str, ...], ...]
    contradictory: tuple[str, ...]


@lru_cache(maxsize=2048)
def option_forms(question: OptionList) -> Forms:
    """Word every answer to a question that names an option, or two."""
    options = list(zip(question.labels, question.symbols, question.texts, strict=True))
    return Forms(
        good=tuple(
            tuple(
                form.format(label=label, symbol=symbol, text=text, lower=_lower(text))
                for form in words("words")["good"]
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


def find_marker(prompt: ParsedPrompt) -> str:
    """Return the words with which an answer is to be concluded; empty where it is not."""
    shown = (prompt.question, *(prompt.context[:_OPENING] if prompt.chat else ()))
    return next(filter(None, map(_wanted, shown)), "")


@lru_cache(maxsize=4096)
def _wanted(part: str) -> str:
    match = _CONCLUDE.search(part)
    return match["words"] if match else ""


def think(question: OptionList, position: int, number: float) -> str:
    """Think an answer over in a sentence; a uniform number decides which."""
    thoughts: list[str] = words("words")["thoughts"]
    return thoughts[int(number * len(thoughts))].format(other=question.labels[position - 1])


def count_tokens(text: str) -> int:
    """Count a text's tokens, roughly."""
    return max(1, math.ceil(len(text.split()) / _WORDS_PER_TOKEN))


def end_text(text: str, request: Request, logprob: float) -> Completion:
    """Cut a text at the first stop text and at the length limit.

    Parameters
    ----------
    text
        What would be written.
    request
        Says where it ends.
    logprob
        The whole text's log-probability; what is cut off takes its part along.
    """
    cut = _cut_short if len(text) <= _SHORT else _cut
    text, tokens, whole = cut(text, request.stop, request.sampling.max_tokens)
    if tokens == whole:
        return Completion(text, "stop", whole, logprob)
    return Completion(text, "length", tokens, logprob * tokens / whole)


def _cut(text: str, stops: tuple[str, ...], limit: int) -> tuple[str, int, int]:
    """Return what is left of a text, its tokens, and the tokens that it has up to a stop text."""
    for stop in stops:
        text = text.partition(stop)[0]
    whole = count_tokens(text)
    if whole <= limit:
        return text, whole, whole
    tokens = list(_WORD.finditer(text))
    return text[: tokens[max(1, int(limit * _WORDS_PER_TOKEN)) - 1].end()], limit, whole


_cut_short = lru_cache(maxsize=8192)(_cut)

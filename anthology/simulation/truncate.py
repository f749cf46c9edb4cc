"""Ending a text where a request wants it to end."""

import math
import re
from functools import lru_cache

from anthology.models.base import Completion, Request

WORDS_PER_TOKEN = 0.75
_WORD = re.compile(r"\S+")
_SHORT = 200
"""Characters of the longest text that is kept with its end, since the same answers come often."""


def tokens_of(text: str) -> int:
    """Count a text's tokens, roughly."""
    return max(1, math.ceil(len(text.split()) / WORDS_PER_TOKEN))


def finished(text: str, request: Request, logprob: float) -> Completion:
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
    cut = _short if len(text) <= _SHORT else _cut
    text, tokens, whole = cut(text, request.stop, request.sampling.max_tokens)
    if tokens == whole:
        return Completion(text, "stop", whole, logprob)
    return Completion(text, "length", tokens, logprob * tokens / whole)


def _cut(text: str, stops: tuple[str, ...], limit: int) -> tuple[str, int, int]:
    """Return what is left of a text, its tokens, and the tokens that it has up to a stop text."""
    for stop in stops:
        at = text.find(stop)
        if at >= 0:
            text = text[:at]
    whole = tokens_of(text)
    if whole <= limit:
        return text, whole, whole
    words = list(_WORD.finditer(text))
    return text[: words[max(1, int(limit * WORDS_PER_TOKEN)) - 1].end()], limit, whole


_short = lru_cache(maxsize=8192)(_cut)

"""Ending a text where a request wants it to end."""

import math
import re

from anthology.models import Draw, Request

WORDS_PER_TOKEN = 0.75
_WORD = re.compile(r"\S+")


def tokens_of(text: str) -> int:
    """Count a text's tokens, roughly."""
    return max(1, math.ceil(len(text.split()) / WORDS_PER_TOKEN))


def finished(text: str, request: Request, logprob: float) -> Draw:
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
    for stop in request.stop:
        cut = text.find(stop)
        if cut >= 0:
            text = text[:cut]
    whole = tokens_of(text)
    limit = request.sampling.max_tokens
    if whole <= limit:
        return Draw(text, "stop", whole, logprob)
    words = list(_WORD.finditer(text))
    text = text[: words[max(1, int(limit * WORDS_PER_TOKEN)) - 1].end()]
    return Draw(text, "length", limit, logprob * limit / whole)

"""How surprising the embedded model finds a text.

A toy: a word's surprise is made from its letters and those of the word before it. It is the same
whoever asks, and it says nothing about how likely the word is.
"""

import math
import re
from functools import lru_cache

from anthology.models.ask import text_prompt
from anthology.models.base import Completion, Reply, Request
from anthology.simulation.dice import hash_of

_WORD = re.compile(r"\s*\S+|\s+$")
"""A token: a word with the space before it, or the space that a text ends in."""
_LEAST, _MORE = 1.5, 3.0
"""Least and further surprise of a word, in nats."""
_KNOWN = 1 << 16
"""How many pairs of words are kept; a study's stories have about as many."""


def score_text(request: Request) -> Reply:
    """Return a request's continuation with its length in words and its log-probability."""
    prompt = text_prompt(request)
    text = prompt + request.score_text
    nats, before = [], ""
    for match in _WORD.finditer(text):
        if match.end() > len(prompt):
            nats.append(_nats(before, match[0]))
        before = match[0]
    draw = Completion(request.score_text, "stop", len(nats), -math.fsum(nats))
    return Reply((draw,), None, len(text.split()))


@lru_cache(_KNOWN)
def _nats(before: str, word: str) -> float:
    return _LEAST + _MORE * hash_of(before, word) / 2**64

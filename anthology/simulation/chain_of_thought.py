"""Thinking aloud before an answer, where a prompt asks for it."""

import re
from functools import lru_cache

from anthology.simulation.parse_options import Listed
from anthology.simulation.parse_prompt import Heard

_CONCLUDE = re.compile(
    r"""\b(?:conclude|finish|close|end)\s+(?:\w+\s+){0,3}?(?:with|by\s+(?:saying|writing))\s+
        (?:the\s+(?:words?|line|phrase)\s+)?["'\u201c](?P<words>[^"\u201c\u201d\n]{2,40})["'\u201d]""",
    re.IGNORECASE | re.VERBOSE,
)
_OPENING = 3
"""Paragraphs at a chat's beginning in which an instruction may stand."""
_THOUGHTS: tuple[str, ...] = (
    "I have gone back and forth on this one.",
    "My first thought was {other}, but that is not what I have seen in my own life.",
    "From where I sit it is plain enough.",
    "You could make a case for {other}, and some people I know would.",
    "Nobody asks me such things very often, so let me take a moment.",
)


def conclusion(heard: Heard) -> str:
    """Return the words with which an answer is to be concluded; empty where it is not."""
    shown = (heard.ask, *(heard.said[:_OPENING] if heard.chat else ()))
    return next(filter(None, map(_wanted, shown)), "")


@lru_cache(maxsize=4096)
def _wanted(part: str) -> str:
    match = _CONCLUDE.search(part)
    return match["words"] if match else ""


def thought(asked: Listed, position: int, number: float) -> str:
    """Think an answer over in a sentence; a uniform number decides which.

    The label of another option may occur in it, as it does where somebody weighs two.
    """
    other = asked.labels[position - 1]
    return _THOUGHTS[int(number * len(_THOUGHTS))].format(other=other)

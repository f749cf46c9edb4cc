"""Texts in shorthand: a character of its own for every word that occurs often.

Deflate, which is what browsers unpack, finds what repeats within 32 kilobytes, and stories repeat
words, not passages. With a character for a word it sees farther, and stories take two thirds of
the room.
"""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import chain

_TOKEN = re.compile(r" ?[A-Za-z']+|[^A-Za-z']")
_FIRST = 0x80
_ROOM = 0xD800 - _FIRST
"""How many characters there are above ASCII and below the surrogates."""
_OFTEN = 3
"""How often a word must occur to be worth its place in the list."""


def shortened(texts: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return texts in shorthand.

    Characters above ASCII stand for what the list has for them, also for themselves. With an
    empty list, texts are as they were.

    Parameters
    ----------
    texts
        The texts.

    Returns
    -------
    list of str
        What each character stands for, from U+0080 on.
    list of str
        The texts.
    """
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(_TOKEN.findall(text))
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    # A character above ASCII must have a place, since its own may be taken.
    beyond = [token for token, _ in ranked if not token.isascii()]
    often = [token for token, n in ranked if token.isascii() and len(token) > 1 and n >= _OFTEN]
    if len(beyond) > _ROOM:
        return [], list(texts)
    kept = set(chain(beyond, often[: _ROOM - len(beyond)]))
    words = [token for token, _ in ranked if token in kept]
    short = {word: chr(_FIRST + place) for place, word in enumerate(words)}
    return words, ["".join([short.get(t, t) for t in _TOKEN.findall(text)]) for text in texts]


def written_out(words: Sequence[str], text: str) -> str:
    """Return a text as it was before it was put in shorthand."""
    if not words:
        return text
    return "".join([c if c.isascii() else words[ord(c) - _FIRST] for c in text])

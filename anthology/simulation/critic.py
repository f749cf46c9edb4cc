"""Judging whether a text is one person's own life, from its features."""

import re

_FIRST = frozenset(("i", "me", "my", "we", "our", "us"))
_THIRD = frozenset(("he", "she", "his", "her", "they", "their", "him"))
_SOLD = frozenset(("call", "customers", "offer", "order", "price", "prices", "free", "shop"))
_WORD = re.compile(r"\w+")
_ITEM = re.compile(r"\s*(?:[-*\u2022]|\d+[.)])\s")
_SPEECH = re.compile(r"\s*[A-Z][\w .]{0,20}:\s")


def is_own_life(text: str) -> bool:
    """Say whether a text reads as one person's life told in the first person."""
    lines = [line for line in text.splitlines() if line.strip()]
    words = len(text.split())
    if not lines or not words:
        return False
    shaped = sum(bool(_ITEM.match(line) or _SPEECH.match(line)) for line in lines)
    found = _WORD.findall(text.lower())
    first, third, sold = (sum(map(of.__contains__, found)) for of in (_FIRST, _THIRD, _SOLD))
    return (
        shaped < 0.3 * len(lines) and first > 0.03 * words and first > third and sold < 0.02 * words
    )

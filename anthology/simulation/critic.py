"""Judging whether a text is one person's own life, from its features."""

import re

_FIRST = re.compile(r"\b(?:I|I'm|me|my|we|our|us)\b", re.IGNORECASE)
_THIRD = re.compile(r"\b(?:he|she|his|her|they|their|him)\b", re.IGNORECASE)
_ITEM = re.compile(r"\s*(?:[-*\u2022]|\d+[.)])\s")
_SPEECH = re.compile(r"\s*[A-Z][\w .]{0,20}:\s")
_SOLD = re.compile(r"\b(?:call|customers|offer|order|price|prices|free|shop)\b", re.IGNORECASE)


def is_own_life(text: str) -> bool:
    """Say whether a text reads as one person's life told in the first person."""
    lines = [line for line in text.splitlines() if line.strip()]
    words = len(text.split())
    if not lines or not words:
        return False
    shaped = sum(bool(_ITEM.match(line) or _SPEECH.match(line)) for line in lines)
    first, third = len(_FIRST.findall(text)), len(_THIRD.findall(text))
    return (
        shaped < 0.3 * len(lines)
        and first > 0.03 * words
        and first > third
        and len(_SOLD.findall(text)) < 0.02 * words
    )

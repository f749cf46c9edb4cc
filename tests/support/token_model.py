"""A small token model for tests: how texts fall into tokens, and which token may follow which."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_PIECE = re.compile(r" ?[A-Za-z]{1,5}| ?[0-9]{1,3}| ?[^\sA-Za-z0-9]|\s")
BEGIN, END = 2**48, 2**48 + 1
"""Ids of the tokens before a text and after it, above those of all pieces."""
_SPECIAL = {BEGIN: "<s>", END: "</s>"}
_ASIDES = tuple(
    "Well The My It That This We You They People Some In On At When There As One To Of But".split()
)
"""What an answer may begin with that is none of the labels."""
_FALL = 0.8
"""How much rarer each of them is than the one before."""
NEVER = 1e-13
"""The probability of a token that could not follow."""


def pieces(text: str) -> list[str]:
    """Split a text into tokens, which put together are the text again."""
    return _PIECE.findall(text)


def id_of(piece: str) -> int:
    """Return a token's id: its bytes, of which there are no more than six, as one number."""
    return int.from_bytes(piece.encode("utf-8", "surrogatepass"), "big")


def piece_of(token: int) -> str:
    """Return the token that has an id."""
    if token in _SPECIAL:
        return _SPECIAL[token]
    raw = token.to_bytes(max(1, (token.bit_length() + 7) // 8), "big")
    return raw.decode("utf-8", "replace")


def text_of(tokens: Iterable[int]) -> str:
    """Return the text that tokens stand for."""
    return "".join(piece_of(token) for token in tokens if token not in _SPECIAL)


@dataclass(frozen=True, slots=True)
class Speech:
    """Texts with the probability that an answer begins with each.

    Parameters
    ----------
    odds
        The texts and their probabilities.
    lead
        What stands before any other word that an answer may begin with.
    """

    odds: tuple[tuple[str, float], ...]
    lead: str = ""

    def following(self, written: str) -> dict[str, float]:
        """Return the probabilities of tokens after what is written; the rest belongs to others.

        Multiplied along a text's tokens they give the text's own probability.
        """
        going = [
            (rest, share)
            for text, share in self.odds
            if (rest := _rest(pieces(text), written)) is not None
        ] or [
            (pieces(text.removeprefix(written)), share)
            for text, share in self.odds
            if text.startswith(written)
        ]
        whole = sum(share for _, share in going) if written else 1.0
        found: dict[str, float] = {}
        for rest, share in going:
            if rest and whole > 0:
                found[rest[0]] = found.get(rest[0], 0.0) + share / whole
        left = 1.0 - sum(found.values())
        if left > 1e-12:
            for i, word in enumerate(_ASIDES):
                found.setdefault(f"{self.lead}{word}", left * (1 - _FALL) * _FALL**i)
        return found

    def begun(self, written: str) -> bool:
        """Tell whether one of the texts begins so."""
        return any(text.startswith(written) for text, _ in self.odds)

    def ended(self, written: str) -> bool:
        """Tell whether this is one of the texts, or could not become one."""
        return any(text == written for text, _ in self.odds) or not self.begun(written)


def _rest(spelled: list[str], written: str) -> list[str] | None:
    """Return the tokens that are still to come; None where the written ends within one."""
    for i in range(len(spelled) + 1):
        if "".join(spelled[:i]) == written:
            return spelled[i:]
    return None

"""How probable it is that an answer begins with each of some choices, token by token.

A model writes tokens and choices are texts: "(A)" may come as one token or as three, with a
space before it or without. So the tokens' probabilities are multiplied along everything that may
become a choice, until only one choice can still be meant.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from anthology.errors import ModelError
from anthology.models.base import LabelProbs


@dataclass(frozen=True, slots=True)
class TokenLogprobs:
    """What a model gave for one token of its answer.

    Parameters
    ----------
    token
        The text of the token that was written; None where that text is not known.
        Empty where the answer ends.
    shown
        The log-probabilities of tokens by their texts, the written one among them
        where its text is known.
    exact
        Whether the shown tokens are all those that can lead to another choice than
        the text so far. Then what was not shown is no choice, or, where the text so
        far is a choice already, that choice.
    """

    token: str | None
    shown: Mapping[str, float]
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Prefix:
    """A beginning of answers that may still become one choice or another.

    Parameters
    ----------
    text
        What was written so far.
    mass
        How probable it is that an answer begins so.
    """

    text: str
    mass: float


EMPTY_PREFIX = Prefix("", 1.0)
"""The beginning of all answers."""


@dataclass(frozen=True, slots=True)
class WalkResult:
    """What a walk along one written answer found.

    Parameters
    ----------
    shares
        The mass that came to each choice, and the mass that nothing was shown of.
    open
        The beginnings that have to be followed to know more; their mass is in no
        share.
    """

    shares: LabelProbs
    open: tuple[Prefix, ...]


@dataclass(frozen=True, slots=True)
class Token:
    """A token: its number in the model's vocabulary and its text."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class LabelTokens:
    """The tokens whose probabilities tell the choices apart.

    Parameters
    ----------
    texts
        Their texts by their numbers.
    depth
        How many tokens an answer must have until it is clear which choice it is.
    """

    texts: Mapping[int, str]
    depth: int


class LabelSet:
    """Choices, as texts that an answer may begin with.

    Parameters
    ----------
    choices
        Space around them does not count.

    Raises
    ------
    ModelError
        If one is empty or two are alike, which no probability can tell apart.
    """

    def __init__(self, choices: Sequence[str]) -> None:
        self.choices = tuple(choices)
        self._bare = tuple(choice.strip() for choice in choices)
        if "" in self._bare or len(set(self._bare)) < len(self._bare):
            raise ModelError(
                f"the choices {', '.join(map(repr, self.choices))} cannot be told apart",
                hint="Give every option a label of its own.",
            )

    def meant(self, text: str) -> tuple[int, ...]:
        """Return the positions of the choices that an answer may mean which begins so."""
        begun = text.lstrip()
        meant = [i for i, label in enumerate(self._bare) if label.startswith(begun)]
        if begun and (passed := self._passed(begun)) is not None:
            meant.append(passed)
        return tuple(meant)

    def settled(self, text: str) -> bool:
        """Say whether it is clear which choice is meant, or that none is."""
        return text.strip() != "" and len(self.meant(text)) < 2

    def ended(self, text: str) -> int | None:
        """Return the position of the choice that an answer means which is no longer than this."""
        whole = text.strip()
        return self._bare.index(whole) if whole in self._bare else self._passed(whole)

    def _passed(self, text: str) -> int | None:
        """Return the longest choice that the text begins with and goes beyond, as a word."""
        passed = [
            i
            for i, label in enumerate(self._bare)
            if text.startswith(label) and text[len(label) :] and not text[len(label)].isalnum()
        ]
        return max(passed, key=lambda i: len(self._bare[i]), default=None)

    def needed(self, spellings: Iterable[Sequence[Token]]) -> LabelTokens:
        """Return the tokens to ask for.

        Parameters
        ----------
        spellings
            The ways to write the choices in tokens, in any order.
        """
        texts: dict[int, str] = {}
        depth = 1
        for spelling in spellings:
            text = ""
            for place, piece in enumerate(spelling, start=1):
                texts[piece.number] = piece.text
                text += piece.text
                if self.settled(text):
                    depth = max(depth, place)
                    break
            else:  # It may go on to another choice, which the token after it decides.
                depth = max(depth, len(spelling) + 1)
        return LabelTokens(texts, depth)


def walk_tokens(
    positions: Iterable[TokenLogprobs], labels: LabelSet, start: Prefix = EMPTY_PREFIX
) -> WalkResult:
    """Follow one written answer, and account for all that the model might have written instead.

    Parameters
    ----------
    positions
        One for each token that was written after `start`.
    labels
        The choices.
    start
        The beginning that was written before.

    Returns
    -------
    Begun
        The mass of `start`, shared out among choices, what was not shown, and open
        beginnings; the rest of it belongs to no choice.
    """
    shares = [0.0] * len(labels.choices)
    unseen = 0.0
    branches = []
    text, mass = start.text, start.mass
    for position in positions:
        onward = None
        shown = [(token, math.exp(logprob)) for token, logprob in position.shown.items()]
        # Rounded probabilities may add up to a little more than 1.
        scale = mass / max(1.0, math.fsum(chance for _, chance in shown))
        left = mass
        for token, chance in shown:
            part, longer = chance * scale, text + token
            left -= part
            if token and not labels.settled(longer):
                if token == position.token:
                    onward = Prefix(longer, part)
                else:
                    branches.append(Prefix(longer, part))
                continue
            meant = labels.meant(longer)[:1] if token else _just(labels.ended(text))
            for choice in meant:
                shares[choice] += part
        left = max(left, 0.0)
        if not position.exact:
            unseen += left
        elif (whole := labels.ended(text)) is not None:
            shares[whole] += left
        if onward is None:
            break
        text, mass = onward.text, onward.mass
    else:
        branches.append(Prefix(text, mass))
    return WalkResult(LabelProbs(tuple(shares), unseen), tuple(branches))


def sum_label_probs(parts: Sequence[LabelProbs]) -> LabelProbs:
    """Add up the shares of the parts of a whole; there must be one."""
    together = zip(*(part.probs for part in parts), strict=True)
    return LabelProbs(tuple(map(math.fsum, together)), math.fsum(part.unseen for part in parts))


def _just(choice: int | None) -> tuple[int, ...]:
    return () if choice is None else (choice,)

"""The probability of each label, summed over all token sequences that spell it.

A model writes tokens while labels are texts: "(A)" may come as one token or as three, with a space
before it or without. So the probabilities of tokens are multiplied along every prefix that may
still become a label, until only one label is left that it can become. What is computed is the
probability that an answer *begins with* each label.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from anthology.errors import ModelError
from anthology.models.base import LabelProbs


@dataclass(frozen=True, slots=True)
class TokenLogprobs:
    """The log-probabilities of one token of an answer.

    Parameters
    ----------
    token
        The text of the token that was written; None where that text is not known.
        Empty where the answer ends.
    shown
        The log-probabilities of tokens by their texts, the written one among them
        where its text is known.
    exact
        Whether the shown tokens are all that can lead to another choice than the text
        so far, as where the server is asked for them by number. Then the probability
        that was not shown belongs to no choice or, where the text so far is a choice
        already, to that choice.
    """

    token: str | None
    shown: Mapping[str, float]
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Prefix:
    """A prefix of answers that may still become several choices: a node of the tree.

    Parameters
    ----------
    text
        The text so far.
    mass
        The probability that an answer begins with it.
    """

    text: str
    mass: float


EMPTY_PREFIX = Prefix("", 1.0)
"""The prefix of all answers, the root of the tree."""


@dataclass(frozen=True, slots=True)
class WalkResult:
    """What one answer's tokens show.

    Parameters
    ----------
    label_probs
        The probability of each choice, and the probability that was not shown.
    open_prefixes
        The prefixes that further requests have to follow; their mass is not in
        `label_probs`.
    """

    label_probs: LabelProbs
    open_prefixes: tuple[Prefix, ...]


@dataclass(frozen=True, slots=True)
class Token:
    """A token: its number in the model's vocabulary and its text."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class LabelTokens:
    """The tokens whose probabilities decide between the choices.

    Parameters
    ----------
    texts
        Their texts by their numbers.
    depth
        After how many tokens it is decided which choice an answer is.
    """

    texts: Mapping[int, str]
    depth: int


class LabelSet:
    """The choices, as texts that an answer may begin with.

    Parameters
    ----------
    choices
        Surrounding space is ignored.

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
                f"the choices {', '.join(map(repr, self.choices))} are indistinguishable",
                hint="Give every option a label of its own.",
            )

    def candidates(self, text: str) -> tuple[int, ...]:
        """Return the positions of the choices that an answer with this beginning may be."""
        begun = text.lstrip()
        meant = [i for i, label in enumerate(self._bare) if label.startswith(begun)]
        if begun and (passed := self._match_beyond(begun)) is not None:
            meant.append(passed)
        return tuple(meant)

    def is_decided(self, text: str) -> bool:
        """Return whether at most one choice is left, so that no further token matters."""
        return text.strip() != "" and len(self.candidates(text)) < 2

    def final_match(self, text: str) -> int | None:
        """Return the position of the choice that a complete answer is; None where it is none."""
        whole = text.strip()
        return self._bare.index(whole) if whole in self._bare else self._match_beyond(whole)

    def _match_beyond(self, text: str) -> int | None:
        """Return the longest choice that the text begins with as a whole word, and goes beyond."""
        passed = [
            i
            for i, label in enumerate(self._bare)
            if text.startswith(label) and text[len(label) :] and not text[len(label)].isalnum()
        ]
        return max(passed, key=lambda i: len(self._bare[i]), default=None)

    def tokens_needed(self, spellings: Iterable[Sequence[Token]]) -> LabelTokens:
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
                if self.is_decided(text):
                    depth = max(depth, place)
                    break
            else:  # "1" may go on to "10", which the token after it decides.
                depth = max(depth, len(spelling) + 1)
        return LabelTokens(texts, depth)


def walk_tokens(
    positions: Iterable[TokenLogprobs], labels: LabelSet, start: Prefix = EMPTY_PREFIX
) -> WalkResult:
    """Follow one answer token by token, and assign all probability that branches off it.

    Parameters
    ----------
    positions
        One for each token that was written after `start`.
    labels
        The choices.
    start
        The prefix that stood before them.

    Returns
    -------
    WalkResult
        The mass of `start`, divided among the choices, what was not shown, and open
        prefixes; the rest of it belongs to no choice.
    """
    probs = [0.0] * len(labels.choices)
    unseen = 0.0
    branches = []
    text, mass = start.text, start.mass
    for position in positions:
        onward = None
        shown = [(token, math.exp(logprob)) for token, logprob in position.shown.items()]
        # Servers round, so the probabilities may add up to a little more than 1.
        scale = mass / max(1.0, math.fsum(chance for _, chance in shown))
        left = mass
        for token, chance in shown:
            part, longer = chance * scale, text + token
            left -= part
            if token and not labels.is_decided(longer):
                # The answer itself goes on below; what was not written branches off.
                if token == position.token:
                    onward = Prefix(longer, part)
                else:
                    branches.append(Prefix(longer, part))
                continue
            meant = labels.candidates(longer)[:1] if token else _just(labels.final_match(text))
            for choice in meant:
                probs[choice] += part
        left = max(left, 0.0)
        if not position.exact:
            unseen += left
        elif (whole := labels.final_match(text)) is not None:
            probs[whole] += left
        if onward is None:
            break
        text, mass = onward.text, onward.mass
    else:
        branches.append(Prefix(text, mass))
    return WalkResult(LabelProbs(tuple(probs), unseen), tuple(branches))


def sum_label_probs(parts: Sequence[LabelProbs]) -> LabelProbs:
    """Add up label probabilities that belong to disjoint prefixes; there must be one."""
    together = zip(*(part.probs for part in parts), strict=True)
    return LabelProbs(tuple(map(math.fsum, together)), math.fsum(part.unseen for part in parts))


def _just(choice: int | None) -> tuple[int, ...]:
    return () if choice is None else (choice,)

"""Answering a multiple-choice question as a given person."""

import math
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from anthology.models.base import Completion, LabelProbs, Reply, Request
from anthology.simulation.chain_of_thought import thought
from anthology.simulation.classify_topic import is_yes_no, membership, offers_to_decline, trait_of
from anthology.simulation.opinions import odds
from anthology.simulation.parse_options import Listed
from anthology.simulation.parse_prompt import unnamed
from anthology.simulation.party_steps import step_odds, step_of
from anthology.simulation.person import Person
from anthology.simulation.reply_forms import (
    CONTRADICT,
    DECLINE,
    DECLINES,
    GOOD_ODDS,
    RAMBLE,
    RAMBLES,
    STUBBORN,
    Forms,
    forms,
)
from anthology.simulation.society import Array
from anthology.simulation.truncate import finished

_LEAK = 0.03
"""Probability that the first token of a free answer is none of the labels."""
_UNLIKELY = 1e-6
"""What even a choice that nobody would make is given."""
_STUBBORN_SHARE = 0.008
"""Share of pairs of persona and question on which the persona will not be drawn."""
_YES = 0.96
"""How often a plain question of fact, such as citizenship, is answered with yes."""
_GOOD_EDGES: list[float] = (np.cumsum(GOOD_ODDS)[:-1] / sum(GOOD_ODDS)).tolist()


def choose(
    request: Request,
    asked: Listed,
    who: Person,
    rng: np.random.Generator,
    conclude: str = "",
) -> Reply:
    """Answer a question with options as often as the request wants.

    Parameters
    ----------
    request
        How it is to be answered.
    asked
        The question.
    who
        As whom.
    rng
        Decides the draws.
    conclude
        With which words an answer that was thought over is to begin; empty where it
        comes without a thought.
    """
    wording = question_words(asked.wording)
    believed = _odds(wording, asked.texts, who)
    likely = believed if request.logprobs else _tempered(believed, request)
    if request.choices:
        places = [asked.position(choice) for choice in request.choices]
        return among(request, np.array([0.0 if p is None else likely[p] for p in places]), rng)
    uniforms = rng.random((3, request.n))
    positions = np.cumsum(likely)[:-1].searchsorted(uniforms[0]).tolist()
    leads = [""] * request.n
    if conclude:
        free = 0.0 if request.sampling.temperature == 0 else 1.0
        numbers = (rng.random(request.n) * free).tolist()
        thoughts = (thought(asked, p, n) for p, n in zip(positions, numbers, strict=True))
        leads = [f"{words} {conclude} " for words in thoughts]
    answers = _Answers(request, forms(asked), likely.tolist(), _kinds(request, wording, who))
    draws = tuple(map(answers.draw, positions, *uniforms[1:].tolist(), leads))
    return Reply(draws, completion_tokens=sum([draw.tokens for draw in draws]))


@lru_cache(maxsize=8192)
def question_words(wording: str) -> str:
    """Take a question out of the lines above its options."""
    return unnamed(wording)


@dataclass(frozen=True, slots=True, eq=False)
class _Sort:
    """What sort of question one is, which is the same whoever is asked.

    Parameters
    ----------
    step, trait
        The step in politics or the trait that it asks for, where it asks for one.
    offers
        Where it offers to decline as well, which options do, and the other options.
    fact
        Where it wants a yes or a no, the probability of each option.
    """

    step: str | None
    trait: str | None
    offers: tuple[NDArray[np.bool_], tuple[str, ...]] | None
    fact: Array | None


@lru_cache(maxsize=4096)
def _sort(wording: str, options: tuple[str, ...]) -> _Sort:
    offers = np.array([offers_to_decline(option) for option in options])
    rest = tuple(option for option, offer in zip(options, offers, strict=True) if not offer)
    step = step_of(wording, rest)
    trait = None if step else trait_of(wording, options)
    mixed = trait is None and offers.any() and not offers.all()
    yes = np.array([option.lower().startswith("yes") for option in options])
    return _Sort(
        step,
        trait,
        (offers, rest) if mixed else None,
        np.where(yes, _YES, 1 - _YES) if is_yes_no(options) else None,
    )


def _odds(wording: str, options: tuple[str, ...], who: Person) -> Array:
    sort = _sort(wording, options)
    if sort.offers is not None:
        offers, rest = sort.offers
        shares = np.where(offers, DECLINE / offers.sum(), 0.0)
        shares[~offers] = (1 - DECLINE) * _odds(wording, rest, who)
        return shares
    if sort.step is not None:
        return step_odds(sort.step, options, who)
    if sort.trait is not None:
        belief: Array = membership(sort.trait, options) @ who.traits[sort.trait]
        return belief
    if sort.fact is not None:
        return sort.fact
    return odds(wording, options, who.attitudes)


def _tempered(likely: Array, request: Request) -> Array:
    """Sharpen or flatten odds by temperature, and drop those beyond the nucleus."""
    how = request.sampling
    if how.temperature == 0:
        sure: Array = np.eye(len(likely))[int(likely.argmax())]
        return sure
    if how.temperature != 1:
        logs = np.log(np.maximum(likely, 1e-12)) / how.temperature
        likely = np.exp(logs - logs.max())
        likely /= likely.sum()
    if how.top_p < 1:
        order = np.argsort(-likely, kind="stable")
        before = np.cumsum(likely[order]) - likely[order]
        likely = likely.copy()
        likely[order[before >= how.top_p]] = 0
    scaled: Array = likely / likely.sum()
    return scaled


def _kinds(request: Request, wording: str, who: Person) -> tuple[float, float, float]:
    """Return where, of a uniform number, declining, rambling and contradicting end."""
    if who.key and _stubborn(who.key, wording):
        return STUBBORN, STUBBORN, STUBBORN
    lax = min(1.0, request.sampling.temperature)
    decline, ramble, contradict = DECLINE * lax, RAMBLE * lax, CONTRADICT * lax
    return decline, decline + ramble, decline + ramble + contradict


def _stubborn(key: bytes, wording: str) -> bool:
    digest = blake2b(wording.encode(), key=key, digest_size=4).digest()
    return int.from_bytes(digest, "big") < _STUBBORN_SHARE * 2**32


class _Answers:
    """The answers to one request, each worded when it is first drawn.

    Parameters
    ----------
    request
        The request.
    said
        How options are named.
    likely
        How likely each option is.
    kinds
        As `_kinds` returns them.
    """

    def __init__(
        self,
        request: Request,
        said: Forms,
        likely: list[float],
        kinds: tuple[float, float, float],
    ) -> None:
        self._request, self._said, self._likely, self._kinds = request, said, likely, kinds
        self._drawn: dict[tuple[int, int, str], Completion] = {}

    def draw(self, position: int, kind: float, form: float, lead: str) -> Completion:
        """Return what is said for an option, given two uniform numbers and a thought before it."""
        decline, ramble, contradict = self._kinds
        if kind < decline:
            return self._badly(0, DECLINES, decline, form, "")
        if kind < ramble:
            return self._badly(1, RAMBLES, ramble - decline, form, "")
        if kind < contradict:
            return self._badly(2, self._said.contradictory, contradict - ramble, form, lead)
        place = bisect_left(_GOOD_EDGES, form) if self._request.sampling.temperature else 0
        key = (position, place, lead)
        if key not in self._drawn:
            share = self._likely[position] * (1 - contradict)
            text, odds = self._said.good[position][place], share * GOOD_ODDS[place]
            self._drawn[key] = self._worded(lead + text, odds)
        return self._drawn[key]

    def _badly(
        self, sort: int, pool: tuple[str, ...], share: float, form: float, lead: str
    ) -> Completion:
        place = int(form * len(pool))
        key = (-1 - sort, place, lead)
        if key not in self._drawn:
            self._drawn[key] = self._worded(lead + pool[place], share / len(pool))
        return self._drawn[key]

    def _worded(self, text: str, odds: float) -> Completion:
        # A text goes on with a space before the answer, a chat does not.
        led = f" {text}" if isinstance(self._request.prompt, str) else text
        return finished(led, self._request, math.log(odds))


def among(request: Request, likely: Array, rng: np.random.Generator) -> Reply:
    """Answer with one of a request's choices, of these odds, or tell how probable each is."""
    shares = (likely + _UNLIKELY) / (likely + _UNLIKELY).sum()
    if request.logprobs:
        return Reply(
            label_probs=LabelProbs(tuple((shares * (1 - _LEAK)).tolist())), completion_tokens=1
        )
    picks = rng.choice(len(shares), size=request.n, p=shares)
    logs = np.log(shares * (1 - _LEAK)).tolist()
    draws = tuple(Completion(request.choices[i], "stop", 1, logs[i]) for i in picks)
    return Reply(draws, completion_tokens=request.n)

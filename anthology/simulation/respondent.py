"""Answering a question with options as a given persona."""

import math
import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from anthology.config.population import DIMENSIONS
from anthology.models.base import Completion, LabelProbs, Reply, Request
from anthology.simulation.dice import hash_of
from anthology.simulation.opinions import opinion_odds
from anthology.simulation.parse_options import OptionList
from anthology.simulation.parse_prompt import strip_frame
from anthology.simulation.persona import Persona
from anthology.simulation.replies import Forms, end_text, option_forms, think
from anthology.simulation.society import Array, words
from anthology.simulation.topics import declines, membership, party_step, trait_of

DECLINE, RAMBLE, CONTRADICT = 0.030, 0.040, 0.015
"""How often a model declines, rambles, or names two options."""
_STUBBORN, _STUBBORN_SHARE = 0.97, 0.008
"""How often a stubborn persona declines, and the share of personas and questions that are so."""
_LEAK = 0.03
"""Probability that the first token of a free answer is none of the labels."""
_UNLIKELY = 1e-6
"""What even a choice that nobody would make is given."""
_YES = 0.96
"""How often a plain question of fact, such as citizenship, is answered with yes."""
_CONSERVATISM = DIMENSIONS.index("conservatism")
_NEITHER = 0.25
"""How often somebody is closer to neither party."""
_WIDTH = 0.8
"""How far from their views people still call themselves something, in steps of a scale of five."""


def choose(
    request: Request,
    question: OptionList,
    persona: Persona,
    rng: np.random.Generator,
    marker: str,
) -> Reply:
    """Answer a question with options as often as the request wants.

    Parameters
    ----------
    request
        How it is to be answered.
    question
        The question.
    persona
        As whom.
    rng
        Decides the draws.
    marker
        With which words an answer that was thought over is to begin; empty where it
        comes without a thought.
    """
    wording = _question(question.wording)
    believed = option_odds(wording, question.texts, persona)
    likely = believed if request.logprobs else _tempered(believed, request)
    if request.choices:
        places = [question.position(choice) for choice in request.choices]
        return among(request, np.array([0.0 if p is None else likely[p] for p in places]), rng)
    uniforms = rng.random((3, request.n))
    positions = np.cumsum(likely)[:-1].searchsorted(uniforms[0]).tolist()
    leads = [""] * request.n
    if marker:
        free = 0.0 if request.sampling.temperature == 0 else 1.0
        numbers = (rng.random(request.n) * free).tolist()
        thoughts = (think(question, p, n) for p, n in zip(positions, numbers, strict=True))
        leads = [f"{text} {marker} " for text in thoughts]
    failures = _failures(request, wording, persona)
    answers = _Answers(request, option_forms(question), likely.tolist(), failures)
    draws = tuple(map(answers.draw, positions, *uniforms[1:].tolist(), leads))
    return Reply(draws, completion_tokens=sum([draw.tokens for draw in draws]))


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


_question = lru_cache(maxsize=8192)(strip_frame)


@dataclass(frozen=True, slots=True, eq=False)
class _Sort:
    """What sort of question one is, which is the same whoever answers.

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
    offers = np.array([declines(option) for option in options])
    rest = tuple(option for option, offer in zip(options, offers, strict=True) if not offer)
    step = party_step(wording, rest)
    trait = None if step else trait_of(wording, options)
    mixed = trait is None and offers.any() and not offers.all()
    first = [option.lower().strip(" .")[:3].rstrip(",") for option in options]
    yes = np.array([word == "yes" for word in first])
    fact = np.where(yes, _YES, 1 - _YES) if sorted(first) == ["no", "yes"] else None
    return _Sort(step, trait, (offers, rest) if mixed else None, fact)


def option_odds(wording: str, options: tuple[str, ...], persona: Persona) -> Array:
    """Return the probability of each option of any question. Shape: options."""
    sort = _sort(wording, options)
    if sort.offers is not None:
        offers, rest = sort.offers
        shares = np.where(offers, DECLINE / offers.sum(), 0.0)
        shares[~offers] = (1 - DECLINE) * option_odds(wording, rest, persona)
        return shares
    if sort.step is not None:
        return party_odds(sort.step, options, persona)
    if sort.trait is not None:
        belief: Array = membership(sort.trait, options) @ persona.traits[sort.trait]
        return belief
    return opinion_odds(wording, options, persona) if sort.fact is None else sort.fact


def party_odds(step: str, options: tuple[str, ...], persona: Persona) -> Array:
    """Return the probability of each option of a step in politics. Shape: options."""
    right = float(persona.attitudes[_CONSERVATISM])
    lower = [option.lower() for option in options]
    if step == "views":
        signs = [("conservative" in o) - ("liberal" in o) for o in lower]
        places = np.array(signs) * [2 if "very" in o else 1 for o in lower]
        odds = np.exp(-(((places - 1.2 * right) / _WIDTH) ** 2) / 2)
    elif step == "strength":
        strong = 1 / (1 + math.exp(0.5 - 1.5 * abs(right)))
        odds = np.array([1 - strong if re.search(r"\bnot\b|\bweak", o) else strong for o in lower])
    else:
        republican = (1 - _NEITHER) / (1 + math.exp(-2.5 * right))
        sides = {"republican": republican, "democrat": 1 - _NEITHER - republican}
        odds = np.array(
            [next((share for side, share in sides.items() if side in o), _NEITHER) for o in lower]
        )
    scaled: Array = odds / odds.sum()
    return scaled


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


def _failures(request: Request, wording: str, persona: Persona) -> tuple[float, float, float]:
    """Return where, of a uniform number, declining, rambling and contradicting end."""
    if persona.key and hash_of(wording, str(persona.key)) < _STUBBORN_SHARE * 2**64:
        return _STUBBORN, _STUBBORN, _STUBBORN
    lax = min(1.0, request.sampling.temperature)
    decline, ramble, contradict = DECLINE * lax, RAMBLE * lax, CONTRADICT * lax
    return decline, decline + ramble, decline + ramble + contradict


@cache
def _good() -> tuple[list[float], list[float]]:
    """Return how common each good form is, and where each but the last ends."""
    odds = np.array(list(words("words")["good"].values()))
    odds /= odds.sum()
    return odds.tolist(), np.cumsum(odds)[:-1].tolist()


class _Answers:
    """The answers to one request, each worded when it is first drawn.

    Parameters
    ----------
    request
        The request.
    forms
        How options are named.
    likely
        How likely each option is.
    failures
        As `_failures` returns them.
    """

    def __init__(
        self,
        request: Request,
        forms: Forms,
        likely: list[float],
        failures: tuple[float, float, float],
    ) -> None:
        self._request, self._forms, self._likely, self._failures = request, forms, likely, failures
        self._drawn: dict[tuple[int, int, str], Completion] = {}

    def draw(self, position: int, kind: float, form: float, lead: str) -> Completion:
        """Return what is said for an option, given two uniform numbers and a thought before it."""
        decline, ramble, contradict = self._failures
        if kind < decline:
            return self._badly(-1, words("words")["declines"], decline, form, "")
        if kind < ramble:
            return self._badly(-2, words("words")["rambles"], ramble - decline, form, "")
        if kind < contradict:
            pool = self._forms.contradictory
            return self._badly(-3, pool, contradict - ramble, form, lead)
        odds, edges = _good()
        place = bisect_left(edges, form) if self._request.sampling.temperature else 0
        share = self._likely[position] * (1 - contradict) * odds[place]
        return self._worded(position, place, lead, self._forms.good[position], share)

    def _badly(
        self, sort: int, pool: Sequence[str], share: float, form: float, lead: str
    ) -> Completion:
        return self._worded(sort, int(form * len(pool)), lead, pool, share / len(pool))

    def _worded(
        self, sort: int, place: int, lead: str, pool: Sequence[str], odds: float
    ) -> Completion:
        key = (sort, place, lead)
        if key not in self._drawn:
            # A text goes on with a space before the answer, a chat does not.
            led = " " if isinstance(self._request.prompt, str) else ""
            self._drawn[key] = end_text(led + lead + pool[place], self._request, math.log(odds))
        return self._drawn[key]

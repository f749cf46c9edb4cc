"""Answering a multiple-choice question as a given person."""

import math
from functools import lru_cache
from hashlib import blake2b

import numpy as np

from anthology.models import Draw, Reply, Request, Shares
from anthology.models.options import Listed
from anthology.simulation.finishing import finished
from anthology.simulation.forms import (
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
from anthology.simulation.opinions import odds
from anthology.simulation.person import Person
from anthology.simulation.politics import step_odds, step_of
from anthology.simulation.prompt import unnamed
from anthology.simulation.reasoning import thought
from anthology.simulation.society import Array
from anthology.simulation.topics import is_yes_no, membership, offers_to_decline, trait_of

_LEAK = 0.03
"""Probability that the first token of a free answer is none of the labels."""
_UNLIKELY = 1e-6
"""What even a choice that nobody would make is given."""
_STUBBORN_SHARE = 0.008
"""Share of pairs of persona and question on which the persona will not be drawn."""
_YES = 0.96
"""How often a plain question of fact, such as citizenship, is answered with yes."""
_GOOD_EDGES = np.cumsum(GOOD_ODDS)[:-1] / sum(GOOD_ODDS)


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
    uniforms = rng.random((3, request.draws))
    positions = np.searchsorted(np.cumsum(likely)[:-1], uniforms[0]).tolist()
    kinds = _kinds(request, wording, who)
    said = forms(asked)
    leads = [""] * request.draws
    if conclude:
        free = 0.0 if request.sampling.temperature == 0 else 1.0
        numbers = (rng.random(request.draws) * free).tolist()
        thoughts = (thought(asked, p, n) for p, n in zip(positions, numbers, strict=True))
        leads = [f"{words} {conclude} " for words in thoughts]
    draws = tuple(
        _draw(position, kind, form, likely, said, kinds, request, lead)
        for position, kind, form, lead in zip(positions, *uniforms[1:].tolist(), leads, strict=True)
    )
    return Reply(draws, completion_tokens=sum(draw.tokens for draw in draws))


@lru_cache(maxsize=8192)
def question_words(wording: str) -> str:
    """Take a question out of the lines above its options."""
    return unnamed(wording)


def _odds(wording: str, options: tuple[str, ...], who: Person) -> Array:
    offers = np.array([offers_to_decline(option) for option in options])
    rest = tuple(option for option, offer in zip(options, offers, strict=True) if not offer)
    step = step_of(wording, rest)
    trait = None if step else trait_of(wording, options)
    if trait is None and offers.any() and not offers.all():
        shares = np.where(offers, DECLINE / offers.sum(), 0.0)
        shares[~offers] = (1 - DECLINE) * _odds(wording, rest, who)
        return shares
    if step is not None:
        return step_odds(step, options, who)
    if trait is not None:
        belief: Array = membership(trait, options) @ who.traits[trait]
        return belief
    if is_yes_no(options):
        yes = np.array([option.lower().startswith("yes") for option in options])
        fact: Array = np.where(yes, _YES, 1 - _YES)
        return fact
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


def _draw(
    position: int,
    kind: float,
    form: float,
    likely: Array,
    said: Forms,
    kinds: tuple[float, float, float],
    request: Request,
    lead: str,
) -> Draw:
    decline, ramble, contradict = kinds
    if kind < decline:
        pool, share = DECLINES, decline
    elif kind < ramble:
        pool, share = RAMBLES, ramble - decline
    elif kind < contradict:
        pool, share = tuple(lead + text for text in said.contradictory), contradict - ramble
    else:
        pool, share = said.good[position], float(likely[position]) * (1 - contradict)
        place = int(np.searchsorted(_GOOD_EDGES, form)) if request.sampling.temperature else 0
        text = lead + pool[place]
        return finished(_led(text, request), request, math.log(share * GOOD_ODDS[place]))
    text = pool[int(form * len(pool))]
    return finished(_led(text, request), request, math.log(share / len(pool)))


def _led(text: str, request: Request) -> str:
    """Put the space before an answer with which a text, but not a chat, goes on."""
    return f" {text}" if isinstance(request.prompt, str) else text


def among(request: Request, likely: Array, rng: np.random.Generator) -> Reply:
    """Answer with one of a request's choices, of these odds, or tell how probable each is."""
    shares = (likely + _UNLIKELY) / (likely + _UNLIKELY).sum()
    if request.logprobs:
        return Reply(shares=Shares(tuple((shares * (1 - _LEAK)).tolist())), completion_tokens=1)
    picks = rng.choice(len(shares), size=request.draws, p=shares)
    logs = np.log(shares * (1 - _LEAK)).tolist()
    draws = tuple(Draw(request.choices[i], "stop", 1, logs[i]) for i in picks)
    return Reply(draws, completion_tokens=request.draws)

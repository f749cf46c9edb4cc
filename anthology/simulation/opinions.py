"""What a person thinks of a question: its topic, its scale, and the odds of each option."""

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

import numpy as np

from anthology.config.population import DIMENSIONS
from anthology.simulation.society import Array

_TOPICS: tuple[tuple[str, float, dict[str, float]], ...] = (
    (r"cheap|afford|price", 0.2, {"enthusiasm": 0.3, "caution": -0.1}),
    (r"genetic|\bgmo?\b|bioengineer", 0.3, {"naturalness": 0.6, "caution": 0.35}),
    (r"organic", -0.3, {"naturalness": 0.35, "caution": 0.3}),
    (r"antibiotic|hormone|pesticid", 0.6, {"caution": 0.65}),
    (r"preservativ|colou?ring|additive", 0.4, {"caution": 0.65}),
    (r"transgender|\btrans\b", 0.1, {"conservatism": -0.95}),
    (r"same[- ]sex|same sex|\bgay\b|lesbian", 0.3, {"conservatism": -0.95}),
    (r"slavery|racis|racial", 0.6, {"conservatism": -0.85}),
    (r"white (?:people|americans)|share of white", 0.0, {"conservatism": -0.6}),
    (r"\bgod\b|moral", 0.0, {"conservatism": 0.6}),
    (r"church|organi[sz]ed religion|religious", -0.4, {"conservatism": -0.8}),
    (r"\bguns?\b", -0.5, {"conservatism": 0.3}),
    (r"college degree|\bjobs?\b", 0.9, {"trust": 0.1}),
    (r"immigra", 0.0, {"conservatism": -0.6}),
    (r"republican|conservative", 0.0, {"conservatism": 0.7}),
    (r"democrat|liberal", 0.0, {"conservatism": -0.7}),
    (r"\bthink|thought|decision", -0.9, {"enthusiasm": 0.5}),
    (r"chores?\b|repea?t|repetitive|dull", 0.3, {"enthusiasm": 0.6}),
    (
        r"artificial intelligence|\bai\b|comput|robot|machine|automat",
        -0.1,
        {"enthusiasm": 0.6},
    ),
    (r"harass|women at work|men at work", 0.2, {"trust": 0.45, "conservatism": -0.2}),
    (r"internet|online|social media", 0.5, {"trust": 0.6, "enthusiasm": 0.2}),
    (r"safe|crime|trust", 0.1, {"trust": 0.6}),
)
"""Words of a topic, the first found counting; how popular saying yes is; what goes into it."""

_UNKNOWN = 0.45
"""Length of the loadings that a question of no known topic gets."""

_NEUTRAL = r"no difference|neither|equal|about the same|no effect|half and half|both|unsure"
_NOTHING = r"\bnone\b|\bnever\b|^no\b|not (?:\w+ )?at all"
_LITTLE = r"not too|not very|not much|hardly|rarely|slightly|only a little"
_MUCH = r"\bvery|great deal|\bmost\b|extremely|strongly|always|completely|a lot|\btoo\b"
_SOME = r"somewhat|fairly|\bsome|mostly|a little|moderately|leans?\b"
_UP = (
    r"more|easier|positive|good|likely|excited|safe|agree|favou?r|support|better|increas"
    r"|conservative|approve|yes|risk|satisf|important"
)
_DOWN = (
    r"\b(?:bad|concern|unlikely|unsafe|harder|less|fewer|negative|worse|oppos|disagree|liberal"
    r"|wrong|decreas|worr|unimportant|disapprove|dissatisf)"
)
_STRENGTHS: tuple[tuple[str, float], ...] = (
    (_NEUTRAL, 0.0),
    (_NOTHING, -1.0),
    (_LITTLE, -0.4),
    (_MUCH, 1.0),
    (_SOME, 0.5),
    (f"{_UP}|{_DOWN}", 0.8),
)

_BIAS = 0.26
"""Spread of what the model gets wrong about how popular each view is."""
_NOISE = 0.72
"""Standard deviation of what neither attitudes nor popularity decide."""
_OUTERMOST = {2: 0.0, 3: 0.45, 4: 1.05}
"""For so many options, how far from the middle the outermost cut between them lies."""
_OUTERMOST_OF_MORE = 1.25


@dataclass(frozen=True, slots=True, eq=False)
class Stand:
    """How attitudes decide a question: loadings on them, and the popularity of saying yes."""

    loadings: Array
    bias: float


@lru_cache(maxsize=4096)
def stand(wording: str) -> Stand:
    """Tell what a question is about; of an unknown topic its own wording decides."""
    lower = wording.lower()
    rng = np.random.Generator(np.random.PCG64(_number(lower)))
    bias = _BIAS * float(rng.standard_normal())
    for words, popular, loadings in _TOPICS:
        if re.search(words, lower):
            mix = np.array([loadings.get(dimension, 0.0) for dimension in DIMENSIONS])
            return Stand(mix, popular + bias)
    random = rng.standard_normal(len(DIMENSIONS))
    return Stand(_UNKNOWN * random / np.linalg.norm(random), bias)


@lru_cache(maxsize=4096)
def ranks(options: tuple[str, ...]) -> tuple[int, ...]:
    """Rank options from the one that says yes most, 0, whatever order they are shown in."""
    found = [_score(option) for option in options]
    if None in found:
        found = [float(_number(option.lower())) for option in options]
    order = sorted(range(len(options)), key=lambda i: (-(found[i] or 0.0), options[i]))
    places = {position: rank for rank, position in enumerate(order)}
    return tuple(places[i] for i in range(len(options)))


def odds(wording: str, options: tuple[str, ...], attitudes: Array) -> Array:
    """Return the probability of each option for somebody of these attitudes.

    Parameters
    ----------
    wording
        The question, without its options.
    options
        The options' words, in the order shown.
    attitudes
        The person's attitudes. Shape: dimensions.

    Returns
    -------
    array
        Probabilities adding up to 1. Shape: options.
    """
    view = stand(wording)
    latent = float(attitudes @ view.loadings) + view.bias
    above = [0.0, *(_phi((latent - cut) / _NOISE) for cut in _cuts(len(options))), 1.0]
    return np.array([above[rank + 1] - above[rank] for rank in ranks(options)])


@lru_cache(maxsize=16)
def _cuts(count: int) -> tuple[float, ...]:
    """Lay the cuts between options evenly, the highest first."""
    outermost = _OUTERMOST.get(count, _OUTERMOST_OF_MORE)
    return tuple(np.linspace(outermost, -outermost, count - 1).tolist())


def _score(option: str) -> float | None:
    lower = option.lower().replace("\u2019", "'")
    for words, strength in _STRENGTHS:
        if re.search(words, lower):
            return -strength if strength > 0 and re.search(_DOWN, lower) else strength
    return None


def _number(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=6).digest(), "big")


def _phi(x: float) -> float:
    return 0.5 * (1 + math.erf(x / math.sqrt(2)))

"""What a person thinks of a question: its topic, its scale, and the odds of each option."""

import math
import re
from functools import cache, lru_cache

import numpy as np

from anthology.config.population import DIMENSIONS
from anthology.simulation.dice import hash_of
from anthology.simulation.persona import Persona
from anthology.simulation.society import Array, words

_UNKNOWN = 0.45
"""Length of the loadings that a question of no known topic gets."""
_NOISE = 0.9
"""Standard deviation of what neither attitudes nor popularity decide."""
_OUTERMOST = {2: 0.0, 3: 0.45, 4: 1.05}
"""For so many options, how far from the middle the outermost cut between them lies."""
_OUTERMOST_OF_MORE = 1.25


def opinion_odds(wording: str, options: tuple[str, ...], persona: Persona) -> Array:
    """Return the probability of each option for somebody of these attitudes.

    A person answers from attitudes as often as these are firm, and otherwise agrees with
    emphasis, whatever the question is: the habit of saying yes that surveys call acquiescence.

    Parameters
    ----------
    wording
        The question, without its options.
    options
        The options' words, in the order shown.
    persona
        The person.

    Returns
    -------
    array
        Probabilities adding up to 1. Shape: options.
    """
    loadings, popular = _topic(wording)
    latent = float(persona.attitudes @ loadings) + popular
    above = [0.0, *(_phi((latent - cut) / _NOISE) for cut in _cuts(len(options))), 1.0]
    odds = persona.firmness * np.diff(above)
    odds[0] += 1 - persona.firmness
    return odds[list(rank_options(options))]


@lru_cache(maxsize=4096)
def rank_options(options: tuple[str, ...]) -> tuple[int, ...]:
    """Rank options from the one that says yes most, 0, whatever order they are shown in.

    Options in words that are not understood, of another language, say, get an order of
    their own that is always the same.
    """
    strengths = [_strength(option) for option in options]
    if None in strengths:
        strengths = [float(hash_of(option.lower())) for option in options]
    order = sorted(range(len(options)), key=lambda i: (-(strengths[i] or 0.0), options[i]))
    return tuple(order.index(i) for i in range(len(options)))


@lru_cache(maxsize=4096)
def _topic(wording: str) -> tuple[Array, float]:
    """Tell which attitudes decide a question, and how popular it is to say yes to it.

    Of an unknown topic its own wording decides.
    """
    lower = wording.lower()
    for topic in words("words")["topics"]:
        if re.search(topic["words"], lower):
            mix = [topic["loadings"].get(dimension, 0.0) for dimension in DIMENSIONS]
            return np.array(mix), topic["popular"]
    random = np.random.Generator(np.random.PCG64(hash_of(lower))).standard_normal(len(DIMENSIONS))
    return _UNKNOWN * random / np.linalg.norm(random), 0.0


@cache
def _cuts(count: int) -> list[float]:
    """Lay the cuts between options evenly, the highest first."""
    outermost = _OUTERMOST.get(count, _OUTERMOST_OF_MORE)
    cuts: list[float] = np.linspace(outermost, -outermost, count - 1).tolist()
    return cuts


def _strength(option: str) -> float | None:
    """Say how strongly an option says yes; None where its words are not understood."""
    lower = option.lower().replace("\u2019", "'")
    down = bool(re.search(words("words")["down"], lower))
    for entry in words("words")["strengths"]:
        if re.search(entry["words"], lower) and (down or "only" not in entry):
            strength: float = entry["is"]
            return -strength if strength > 0 and down else strength
    return None


def _phi(x: float) -> float:
    return 0.5 * (1 + math.erf(x / math.sqrt(2)))

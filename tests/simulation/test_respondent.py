"""How the embedded model chooses an option: temperature, nucleus, choices."""

import math
from collections import Counter
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from anthology.config.formats import Format
from anthology.config.model import Sampling
from anthology.interview.answers import read_answer
from anthology.interview.question import Option, Question
from anthology.models.base import Reply, Request
from anthology.seeds import rng_for
from anthology.simulation.parse_options import OptionList, parse_options
from anthology.simulation.persona import Persona, read_persona
from anthology.simulation.respondent import choose
from tests.support.simulated import somebody, story_of

LAYOUT = Format()
TEXTS = ("A great deal", "Some", "Not too much", "None")
LABELS = ("(A)", "(B)", "(C)", "(D)")
DRAWS = 3000


@cache
def asked() -> OptionList:
    options = tuple(Option(code, text) for code, text in enumerate(TEXTS))
    written = Question("How much do you care about genetically modified food?", options)
    found = parse_options(written.written(LAYOUT))
    assert found is not None
    return found


@cache
def firm() -> Persona:
    """Somebody whose life voices views, so that answers differ."""
    return read_persona(story_of(somebody(4), 4).split("\n\n"))


def reply(
    *,
    temperature: float = 1.0,
    top_p: float = 1.0,
    choices: tuple[str, ...] = (),
    logprobs: bool = False,
) -> Reply:
    sampling = Sampling(temperature=temperature, top_p=top_p, max_tokens=64)
    request = Request("", sampling, n=DRAWS, choices=choices, logprobs=logprobs)
    return choose(request, asked(), firm(), rng_for(1, "choosing"), "")


def counts(temperature: float = 1.0, top_p: float = 1.0) -> Counter[str]:
    """Count which options were answered; an answer that names none counts for nothing."""
    draws = reply(temperature=temperature, top_p=top_p).completions
    found = (read_answer(draw.text, TEXTS, LAYOUT).position for draw in draws)
    return Counter(TEXTS[position] for position in found if position is not None)


def odds(temperature: float = 1.0, top_p: float = 1.0) -> NDArray[np.float64]:
    """The probability with which each label is drawn, as the draws say it."""
    drawn = reply(choices=LABELS, temperature=temperature, top_p=top_p).completions
    logs = {draw.text: draw.logprob for draw in drawn}
    shares = np.array([math.exp(logs.get(label) or -math.inf) for label in LABELS])
    return np.asarray(shares / shares.sum())


def shares(choices: tuple[str, ...], **how: float) -> tuple[float, ...]:
    """The probabilities that the model tells of labels."""
    found = reply(choices=choices, logprobs=True, **how)
    assert found.completions == ()
    assert found.label_probs is not None
    assert found.label_probs.unseen == 0
    return found.label_probs.probs


def test_temperature_raises_odds_to_its_inverse() -> None:
    squared = odds() ** 2
    assert odds(temperature=0.5) == pytest.approx(squared / squared.sum(), abs=1e-4)


def test_at_temperature_nought_every_answer_is_the_likeliest() -> None:
    likeliest = TEXTS[int(odds().argmax())]
    assert counts(temperature=0) == {likeliest: DRAWS}
    assert len({draw.text for draw in reply(temperature=0).completions}) == 1


def test_a_nucleus_keeps_the_likeliest_that_make_it_up() -> None:
    plain = odds()
    order = np.argsort(-plain)
    enough = float(plain[order[:2]].sum())
    found = odds(top_p=enough - 0.01)
    kept = np.zeros(len(plain))
    kept[order[:2]] = plain[order[:2]] / enough
    assert found == pytest.approx(kept, abs=1e-4)
    one_more = odds(top_p=enough + 0.01)
    assert (one_more > 1e-3).sum() == 3


@pytest.mark.parametrize("temperature", [0.0, 0.5, 1.0])
def test_choices_are_all_that_is_answered(temperature: float) -> None:
    found = reply(choices=LABELS, temperature=temperature)
    drawn = Counter(draw.text for draw in found.completions)
    assert set(drawn) <= set(LABELS)
    assert len(found.completions) == DRAWS
    for label, probability in zip(LABELS, odds(temperature), strict=True):
        assert drawn[label] / DRAWS == pytest.approx(probability, abs=0.05)


def test_a_choice_that_is_no_option_is_next_to_never_made() -> None:
    found = reply(choices=("(A)", "(Z)"))
    assert {draw.text for draw in found.completions} == {"(A)"}
    assert shares(("(A)", "(Z)"))[1] < 1e-4

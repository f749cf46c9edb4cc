"""The model that answers at random."""

import asyncio
from collections import Counter
from dataclasses import replace
from typing import Literal

import pytest

from anthology.config.model import Sampling
from anthology.errors import ModelError
from anthology.interview.transcript import Ask, render_messages, render_text
from anthology.models.base import LabelProbs, Request
from anthology.providers.uniform import Uniform
from tests.support.simulated import LAYOUT, OPEN, OPINION, persona


@pytest.mark.parametrize("api", ["text", "chat"])
def test_uniform_answers_are_uniform(api: Literal["text", "chat"]) -> None:
    turns, ask = persona(1), Ask(OPINION.written(LAYOUT), after="Give one label.")
    prompt = render_text(turns, ask, LAYOUT) if api == "text" else render_messages(turns, ask)
    request = Request(prompt, Sampling(), n=4000, seed=1)
    counts = Counter(draw.text for draw in asyncio.run(Uniform().sample(request)).completions)
    assert set(counts) == {"(A)", "(B)", "(C)", "(D)"}
    assert max(abs(count / 4000 - 0.25) for count in counts.values()) < 0.03


def test_uniform_answers_only_with_the_choices() -> None:
    request = Request("?", Sampling(), n=50, choices=("x", "y"), seed=1)
    reply = asyncio.run(Uniform().sample(request))
    assert {draw.text for draw in reply.completions} == {"x", "y"}
    told = asyncio.run(Uniform().sample(replace(request, logprobs=True)))
    assert told.label_probs == LabelProbs((0.5, 0.5))


def test_uniform_writes_no_stories() -> None:
    request = Request(render_text((), Ask(OPEN), LAYOUT), Sampling())
    with pytest.raises(ModelError, match="without options"):
        asyncio.run(Uniform().sample(request))

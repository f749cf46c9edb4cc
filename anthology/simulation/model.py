"""The embedded toy model: it needs no key, no download and no network.

It acts only on what stands in its prompt, as a language model does: it reads who is speaking, and
writes, judges and answers as such a person might. Its answers are synthetic and have no evidential
value.
"""

from collections.abc import Callable

import numpy as np

from anthology.models.base import Reply, Request
from anthology.models.in_process import InProcess
from anthology.simulation.dice import Dice, request_generator
from anthology.simulation.parse_options import OptionList, parse_options
from anthology.simulation.parse_prompt import ParsedPrompt, parse_prompt
from anthology.simulation.perplexity import score_text
from anthology.simulation.persona import read_persona
from anthology.simulation.replies import count_tokens, end_text, find_marker
from anthology.simulation.respondent import among, choose
from anthology.simulation.tasks import (
    Task,
    answer_freely,
    code_answer,
    judge,
    read_statement,
    task_of,
)

_CHARACTERS_PER_TOKEN = 4
_UNSURE = 0.02
"""Probability of the verdict that a judge does not hold."""
_NATS_PER_TOKEN = (2.2, 0.8)
"""Least and further surprise of a token of prose."""


class Simulated(InProcess):
    """Implements `anthology.models.base.Model` by a toy society."""

    async def sample(self, request: Request) -> Reply:
        """Answer one request with as many draws as it asks for."""
        if request.score_text:
            return score_text(request)
        prompt, rng = parse_prompt(request.prompt), request_generator(request)
        reply = _ANSWERS[task_of(prompt, choices=bool(request.choices))](request, prompt, rng)
        read = _length(request) // _CHARACTERS_PER_TOKEN
        return Reply(reply.completions, reply.label_probs, read, reply.completion_tokens)


def _length(request: Request) -> int:
    if isinstance(request.prompt, str):
        return len(request.prompt)
    return sum(len(message.content) for message in request.prompt)


def _choose(request: Request, prompt: ParsedPrompt, rng: np.random.Generator) -> Reply:
    """Answer a question with options as the person spoken of."""
    bare = OptionList(prompt.question, request.choices, request.choices, request.choices, "")
    question, persona = parse_options(prompt.question) or bare, read_persona(prompt.context)
    return choose(request, question, persona, rng, find_marker(prompt))


def _judge(request: Request, prompt: ParsedPrompt, rng: np.random.Generator) -> Reply:
    """Say yes or no about a text, in one of the choices where there are any."""
    holds, (yes, no) = judge(prompt, Dice(rng))
    verdict = yes if holds else no
    if not request.choices:
        return _reply(request, prompt, [f"{verdict}."] * request.n, rng)
    question = parse_options(prompt.question)
    places = [question.position(choice) if question else None for choice in request.choices]
    labels = [
        choice if question is None or place is None else question.texts[place]
        for choice, place in zip(request.choices, places, strict=True)
    ]
    fits = [word.strip().lower().startswith(verdict.lower()) for word in labels]
    return among(request, np.where(fits, 1 - _UNSURE, _UNSURE), rng)


def _write(
    answer: Callable[[ParsedPrompt, Dice, np.random.Generator], str],
) -> Callable[[Request, ParsedPrompt, np.random.Generator], Reply]:
    """Let a text be written for each draw."""

    def written(request: Request, prompt: ParsedPrompt, rng: np.random.Generator) -> Reply:
        dice = Dice(rng)
        return _reply(request, prompt, [answer(prompt, dice, rng) for _ in range(request.n)], rng)

    return written


def _reply(
    request: Request, prompt: ParsedPrompt, texts: list[str], rng: np.random.Generator
) -> Reply:
    """Put texts into a reply, each ended where the request wants it to end."""
    least, more = _NATS_PER_TOKEN
    draws = []
    for text in texts:
        # After the mark of a turn a text goes on with a space; a chat's message does not.
        led = f" {text}" if prompt.open and not prompt.chat else text
        surprise = (least + more * rng.random()) * count_tokens(text)
        draws.append(end_text(led, request, -surprise))
    return Reply(tuple(draws), completion_tokens=sum(draw.tokens for draw in draws))


_ANSWERS = {
    Task.CHOOSE: _choose,
    Task.JUDGE: _judge,
    Task.READ: _write(lambda prompt, dice, _: read_statement(prompt, dice)),
    Task.CODE: _write(lambda prompt, dice, _: code_answer(prompt, dice)),
    Task.TELL: _write(answer_freely),
}

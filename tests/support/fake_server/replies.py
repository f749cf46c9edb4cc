"""A fake server's answers to one request, by the simulated model."""

import json
import math
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from pydantic import ValidationError

from anthology.config.model import Sampling
from anthology.models.base import Completion, Message, Request
from anthology.seeds import rng_for
from anthology.simulation.model import Simulated
from anthology.simulation.parse_options import parse_options
from anthology.simulation.parse_prompt import parse_prompt
from tests.support.fake_server.json_shapes import Spoken, Wanted, reply
from tests.support.fake_server.requests import (
    Body,
    ChatBody,
    CompletionBody,
    RefusalError,
    Said,
    Serving,
    heeded,
    held,
)
from tests.support.token_model import BEGIN, END, NEVER, Speech, id_of, piece_of, pieces

_MODEL = Simulated()
_VERDICTS = ("Yes", "No")
"""What an answer begins with where a question lists no options."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One prompt of a request: the text or the messages, and how the answer begins already."""

    prompt: str | tuple[Message, ...]
    written: str = ""

    @property
    def tokens(self) -> int:
        """How long it is, with the token that every text begins with."""
        text = self.prompt if isinstance(self.prompt, str) else rendered(self.prompt)
        return len(pieces(text + self.written)) + 1


def rendered(messages: tuple[Message, ...]) -> str:
    """Return a chat as the text that stands for it as far as counting tokens goes."""
    return "".join(f"{said.role}: {said.content}\n" for said in messages) + "assistant:"


def tokenized(body: Mapping[str, Any], settings: Serving) -> dict[str, Any]:
    """Answer vLLM's `/tokenize`, which puts a token before a text unless told otherwise."""
    chat = "messages" in body
    said = [Said.model_validate(one).message() for one in body["messages"]] if chat else []
    text = rendered(tuple(said)) if chat else str(body["prompt"])
    first = [BEGIN] if body.get("add_special_tokens", not chat) else []
    tokens = [*first, *map(id_of, pieces(text))]
    shown = [piece_of(token) for token in tokens] if body.get("return_token_strs") else None
    counted = {"count": len(tokens), "max_model_len": settings.context}
    return {**counted, "tokens": tokens, "token_strs": shown}


async def replied(said: Mapping[str, Any], *, chat: bool, settings: Serving) -> dict[str, Any]:
    """Answer the body of a request to `/v1/completions` or `/v1/chat/completions`.

    Raises
    ------
    RefusalError
        If a real server would not answer it.
    """
    try:
        body = ChatBody.model_validate(said) if chat else CompletionBody.model_validate(said)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise RefusalError(400, f"{place}: {first['msg']}", param=place) from error
    _check_model(body, chat=chat, settings=settings)
    wanted, asked = _wanted(body, settings), _prompt(body)
    if settings.dialect == "vllm" and body.temperature == 0 and body.n > 1:
        raise RefusalError(400, f"n must be 1 when using greedy sampling, got {body.n}.")
    if asked.tokens + (body.max_tokens or 0) > settings.context:
        message = f"This model's maximum context length is {settings.context} tokens."
        raise RefusalError(400, message, code="context_length_exceeded")
    wanted = replace(wanted, limit=min(wanted.limit, settings.context - asked.tokens))
    if isinstance(body, CompletionBody) and heeded("echo", settings.echo, given=body.echo):
        answers = [_repeated(asked.prompt)]
    else:
        answers = await _spoken(asked, body, wanted, settings)
    return reply(said, body, answers, wanted, asked.tokens, settings)


def _check_model(body: Body, *, chat: bool, settings: Serving) -> None:
    name = body.model or next(iter(settings.models))
    if name not in settings.models:
        message = f"The model `{name}` does not exist."
        raise RefusalError(404, message, code="model_not_found", kind="NotFoundError")
    if chat and settings.models[name] == "completions":
        raise RefusalError(400, "you must provide a chat template if the tokenizer has none.")


def _wanted(body: CompletionBody | ChatBody, settings: Serving) -> Wanted:
    chat = isinstance(body, ChatBody)
    tops = (body.top_logprobs if isinstance(body, ChatBody) else body.logprobs) or 0
    asked = body.logprobs if isinstance(body, ChatBody) else body.logprobs is not None
    scored = heeded("logprobs", settings.logprobs, given=asked)
    ids = body.logprob_token_ids
    named = heeded("logprob_token_ids", settings.labels, given=ids is not None)
    if named and not asked:
        message = "when using `logprob_token_ids`, `logprobs` must be set."
        raise RefusalError(400, message, param="logprob_token_ids")
    if tops > settings.most_logprobs:
        message = (
            f"Requested sample logprobs of {tops}, which is greater than max allowed: "
            f"{settings.most_logprobs}"
        )
        raise RefusalError(400, message, param="top_logprobs" if chat else "logprobs")
    if chat and tops and not asked:
        message = "when using `top_logprobs`, `logprobs` must be set to true."
        raise RefusalError(400, message, param="top_logprobs")
    return Wanted(
        held=held(body, settings),
        limit=body.max_completion_tokens or body.max_tokens or (settings.context if chat else 16),
        scored=scored,
        tops=tops,
        named=tuple(map(piece_of, ids or ())) if named and scored else None,
    )


def _prompt(body: CompletionBody | ChatBody) -> Asked:
    if isinstance(body, CompletionBody):
        return Asked(body.prompt)
    messages = tuple(said.message() for said in body.messages)
    if not body.continue_final_message:
        return Asked(messages)
    if body.add_generation_prompt:
        message = "Cannot set both `continue_final_message` and `add_generation_prompt` to True."
        raise RefusalError(400, message)
    return Asked(messages[:-1], messages[-1].content)


def toy_logprob(piece: str) -> float:
    """Return the log-probability of a token in a text that is repeated, whatever is before it."""
    return -0.5 - id_of(piece) % 997 / 400


def _repeated(prompt: str | tuple[Message, ...]) -> Spoken:
    """Give a text back, with the mark that it is read with."""
    assert isinstance(prompt, str)
    found = pieces(prompt)
    logprobs = (None, *map(toy_logprob, found))
    return Spoken(prompt, "length", (piece_of(BEGIN), *found), logprobs, ({},) * len(logprobs))


async def _speech(asked: Asked, choices: tuple[str, ...], bare: float) -> Speech:
    """Return how probable it is that an answer begins with each label of a question."""
    options = parse_options(parse_prompt(asked.prompt).question)
    labels = choices or (options.labels if options else _VERDICTS)
    request = Request(asked.prompt, Sampling(max_tokens=1), choices=labels, logprobs=True)
    shares = (await _MODEL.sample(request)).label_probs
    assert shares is not None
    odds = tuple(zip(labels, shares.probs, strict=True))
    if choices or not isinstance(asked.prompt, str):
        return Speech(odds)
    spaced = tuple((f" {label}", share * (1 - bare)) for label, share in odds)
    return Speech((*spaced, *((label, share * bare) for label, share in odds)), " ")


async def _parted(asked: Asked, wanted: Wanted, bare: float) -> tuple[Asked, Speech]:
    """Take the beginning of an answer off a text that goes beyond the mark of a turn."""
    if isinstance(asked.prompt, str):
        head, mark, tail = asked.prompt.rpartition(":")
        if mark and tail and "\n" not in tail:
            shorter = Asked(head + mark, tail)
            speech = await _speech(shorter, wanted.held.choices, bare)
            if speech.begun(tail):
                return shorter, speech
    return asked, await _speech(asked, wanted.held.choices, bare)


async def _spoken(asked: Asked, body: Body, wanted: Wanted, settings: Serving) -> list[Spoken]:
    """Answer one prompt as often as the request wants."""
    speech = None
    if wanted.scored and (wanted.named is not None or wanted.tops > 1):
        asked, speech = await _parted(asked, wanted, settings.bare)
    many = heeded("n", settings.n, given=body.n > 1)
    seeded = heeded("seed", settings.seed, given=body.seed is not None)
    random = 0 if settings.seed == "honoured" else secrets.randbits(62)
    request = Request(
        asked.prompt,
        Sampling(temperature=body.temperature, top_p=body.top_p, max_tokens=wanted.limit),
        stop=tuple(body.stop),
        n=body.n if many else 1,
        choices=wanted.held.choices,
        seed=body.seed or 0 if seeded else random,
    )
    if asked.written:
        speech = speech or await _speech(asked, wanted.held.choices, settings.bare)
        draws = _continued(speech, asked.written, request)
    else:
        draws = (await _MODEL.sample(request)).completions
    return [_told(draw, asked.written, speech, wanted) for draw in draws]


def _continued(speech: Speech, written: str, request: Request) -> tuple[Completion, ...]:
    """Go on with an answer that has begun, token by token."""
    how, draws = request.sampling, []
    rng = rng_for(request.seed, repr(request.prompt), written, how.model_dump_json())
    for _ in range(request.n):
        text = ""
        for _ in range(how.max_tokens):
            odds = speech.following(written + text)
            shares = np.array(list(odds.values()))
            drawn = rng.choice(len(shares), p=shares / shares.sum())
            text += list(odds)[int(drawn if how.temperature else shares.argmax())]
            if speech.ended(written + text):
                break
        draws.append(Completion(text, "stop" if speech.ended(written + text) else "length"))
    return tuple(draws)


def _told(draw: Completion, written: str, speech: Speech | None, wanted: Wanted) -> Spoken:
    """Cut an answer to its longest length and say how probable its tokens were.

    Without a speech they add up to what the embedded model says of the whole text.
    """
    text, place = draw.text, wanted.held.property
    if place is not None:
        text = json.dumps({place: text} if place else text, ensure_ascii=False)
    every = pieces(text)
    kept = tuple(every[: wanted.limit])
    finish = draw.finish if len(kept) == len(every) else "length"
    tokens = kept or (piece_of(END),)
    if speech is None:
        each = (draw.logprob or 0.0) / max(1, len(every))
        alone = tuple({token: each} if wanted.tops else {} for token in tokens)
        return Spoken("".join(kept), finish, tokens, (each,) * len(tokens), alone)
    logprobs: list[float] = []
    tops: list[dict[str, float]] = []
    for i, token in enumerate(tokens):
        odds = speech.following(written + "".join(tokens[:i]))
        own = odds.get(token, 1 - sum(odds.values()))
        others = wanted.named
        if others is None:
            others = tuple(sorted(odds, key=lambda other: -odds[other])[: wanted.tops])
        logprobs.append(math.log(max(own, NEVER)))
        shown = {other: math.log(max(odds.get(other, 0), NEVER)) for other in others}
        tops.append({token: logprobs[-1]} | shown | {token: logprobs[-1]})
    return Spoken("".join(kept), finish, tokens, tuple(logprobs), tuple(tops))

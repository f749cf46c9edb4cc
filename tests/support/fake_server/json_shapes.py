"""The JSON of a fake server's replies."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

from anthology.records import canonical_json
from tests.support.fake_server.requests import Body, ChatBody, Held, Serving
from tests.support.token_model import END, id_of, piece_of

_CREATED = 1_700_000_000
"""One time for all replies, so that equal requests get equal bytes."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a request wants of each of its prompts.

    Parameters
    ----------
    held
        What the answers are held to.
    limit
        The longest answer, in tokens.
    scored
        Whether log-probabilities are wanted.
    tops
        How many of the likeliest tokens.
    named
        Which tokens instead; None where none are named.
    """

    held: Held
    limit: int
    scored: bool
    tops: int
    named: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Spoken:
    """One answer with its tokens; `tops` holds, for each, what else it might have been."""

    text: str
    finish: str
    tokens: tuple[str, ...]
    logprobs: tuple[float | None, ...]
    tops: tuple[dict[str, float], ...]


def reply(
    said: Mapping[str, Any],
    body: Body,
    answers: list[Spoken],
    wanted: Wanted,
    read: int,
    settings: Serving,
) -> dict[str, Any]:
    """Return the reply to a request.

    Parameters
    ----------
    said, body
        The request, as it came and as it was understood.
    answers
        The answers to all its prompts.
    wanted
        What of them is shown.
    read
        How many tokens the prompts have.
    settings
        Whose fields it has, and which model is meant where none is named.
    """
    chat = isinstance(body, ChatBody)
    digest = blake2b(canonical_json(dict(said)).encode("utf-8", "surrogatepass"), digest_size=16)
    written = sum(len(one.tokens) for one in answers)
    counted = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
    return {
        "id": f"{'chatcmpl' if chat else 'cmpl'}-{digest.hexdigest()}",
        "object": "chat.completion" if chat else "text_completion",
        "created": _CREATED,
        "model": body.model or next(iter(settings.models)),
        "choices": [_choice(i, one, body, wanted) for i, one in enumerate(answers)],
        "system_fingerprint": "fp_toy",
        "usage": counted,
    }


def model_list(settings: Serving) -> dict[str, Any]:
    """Return the list of models."""
    data = [
        {"id": name, "object": "model", "created": _CREATED, "owned_by": "tests"}
        for name in settings.models
    ]
    return {"object": "list", "data": data}


def _choice(index: int, one: Spoken, body: Body, wanted: Wanted) -> dict[str, Any]:
    """Return one answer as it stands in a reply."""
    chat = isinstance(body, ChatBody)
    if body.return_tokens_as_token_ids:
        one = replace(
            one,
            tokens=tuple(map(_placeholder, one.tokens)),
            tops=tuple({_placeholder(t): p for t, p in top.items()} for top in one.tops),
        )
    probable = None
    if wanted.scored:
        probable = _chat_logprobs(one, wanted) if chat else _logprobs(one)
    said: dict[str, Any] = {"text": one.text}
    if chat:
        said = {"message": {"role": "assistant", "content": one.text, "refusal": None}}
    return {"index": index, **said, "logprobs": probable, "finish_reason": one.finish}


def _placeholder(token: str) -> str:
    return f"token_id:{END if token == piece_of(END) else id_of(token)}"


def _logprobs(one: Spoken) -> dict[str, Any]:
    offsets = [sum(map(len, one.tokens[:i])) for i in range(len(one.tokens))]
    return {
        "text_offset": offsets,
        "token_logprobs": list(one.logprobs),
        "tokens": list(one.tokens),
        "top_logprobs": [dict(top) for top in one.tops],
    }


def _chat_logprobs(one: Spoken, wanted: Wanted) -> dict[str, Any]:
    def entry(token: str, logprob: float | None) -> dict[str, Any]:
        return {"token": token, "logprob": logprob, "bytes": list(token.encode())}

    # To vLLM the token that was written is one of the likeliest, whether it is or not.
    most = None if wanted.named is not None else wanted.tops
    content = [
        {
            **entry(token, logprob),
            "top_logprobs": [entry(*pair) for pair in list(top.items())[:most]],
        }
        for token, logprob, top in zip(one.tokens, one.logprobs, one.tops, strict=True)
    ]
    return {"content": content, "refusal": None}

"""The JSON of a test server's replies: OpenAI's fields, and those that vLLM adds."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

from anthology.records import canonical_json
from tests.support.fake_server.requests import Body, ChatBody, Held, Serving
from tests.support.token_model import END, id_of, piece_of

_CREATED = 1_700_000_000
"""One time for all replies, so that equal requests get equal bytes."""


def _nulls(names: str) -> dict[str, None]:
    return dict.fromkeys(names.split())


_REPLY = _nulls("service_tier kv_transfer_params ec_transfer_params metrics")
_CHAT_REPLY = _REPLY | _nulls("prompt_logprobs prompt_token_ids prompt_text")
_USAGE = _nulls("prompt_tokens_details completion_tokens_details")
_CHAT_CHOICE = _nulls("stop_reason token_ids routed_experts")
_CHOICE = _CHAT_CHOICE | _nulls("prompt_logprobs prompt_token_ids")
_MESSAGE = _nulls("annotations audio function_call reasoning")


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
    chat, vllm = isinstance(body, ChatBody), settings.dialect == "vllm"
    digest = blake2b(canonical_json(dict(said)).encode("utf-8", "surrogatepass"), digest_size=16)
    written = sum(len(one.tokens) for one in answers)
    counted = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
    further = (_CHAT_REPLY if chat else _REPLY) if vllm else {}
    return {
        "id": f"{'chatcmpl' if chat else 'cmpl'}-{digest.hexdigest()}",
        "object": "chat.completion" if chat else "text_completion",
        "created": _CREATED,
        "model": body.model or next(iter(settings.models)),
        "choices": [_choice(i, one, body, wanted, vllm=vllm) for i, one in enumerate(answers)],
        "system_fingerprint": "fp_toy",
        "usage": counted | (_USAGE if vllm else {}),
        **further,
    }


def model_list(settings: Serving) -> dict[str, Any]:
    """Return the list of models."""
    data: list[dict[str, Any]] = [
        {"id": name, "object": "model", "created": _CREATED, "owned_by": "tests"}
        for name in settings.models
    ]
    if settings.dialect == "vllm":
        for model in data:
            model |= {"root": model["id"], "parent": None, "permission": []}
            model["max_model_len"] = settings.context
    return {"object": "list", "data": data}


def _choice(index: int, one: Spoken, body: Body, wanted: Wanted, *, vllm: bool) -> dict[str, Any]:
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
        probable = _chat_logprobs(one, wanted, vllm=vllm) if chat else _logprobs(one)
    further = (_CHAT_CHOICE if chat else _CHOICE) if vllm else {}
    said: dict[str, Any] = {"text": one.text}
    if chat:
        also: dict[str, Any] = dict(_MESSAGE) if vllm else {"annotations": []}
        said = {"message": {"role": "assistant", "content": one.text, "refusal": None, **also}}
    ended = {"logprobs": probable, "finish_reason": one.finish}
    return {"index": index, **said, **ended, **further}


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


def _chat_logprobs(one: Spoken, wanted: Wanted, *, vllm: bool) -> dict[str, Any]:
    def entry(token: str, logprob: float | None) -> dict[str, Any]:
        return {"token": token, "logprob": logprob, "bytes": list(token.encode())}

    def shown(top: dict[str, float]) -> list[tuple[str, float]]:
        """To vLLM the token that was written is one of the likeliest, whether it is or not."""
        if wanted.named is not None:
            return list(top.items())
        if not vllm:
            return sorted(top.items(), key=lambda pair: -pair[1])[: wanted.tops]
        return list(top.items())[: wanted.tops]

    content = [
        {**entry(token, logprob), "top_logprobs": [entry(*pair) for pair in shown(top)]}
        for token, logprob, top in zip(one.tokens, one.logprobs, one.tops, strict=True)
    ]
    return {"content": content, "refusal": None}

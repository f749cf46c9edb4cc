"""OpenAI's format: a `Request` becomes JSON, and JSON becomes a `Reply`."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from anthology.config.model import Endpoint
from anthology.config.model_identity import ModelIdentity
from anthology.errors import ConfigurationError, ModelError, TransientError
from anthology.models.base import Completion, Reply, Request
from anthology.providers.http.constrained_output import (
    JSON_OVERHEAD,
    gbnf_grammar,
    json_schema,
    match_choice,
)
from anthology.providers.http.errors import error_in_reply
from anthology.providers.http.label_tree import EMPTY_PREFIX, LabelTokens, Prefix, TokenLogprobs

LOOKAHEAD_TOKENS = 4
"""Tokens to request where a label's length in tokens is unknown: "(A)" takes up to three, and a
space or an empty line may stand before it."""

_RESERVED = frozenset(
    [
        "model",
        "prompt",
        "messages",
        "n",
        "temperature",
        "top_p",
        "stop",
        "seed",
        "stream",
        "max_tokens",
        "max_completion_tokens",
        "logprobs",
        "top_logprobs",
        "logprob_token_ids",
        "return_tokens_as_token_ids",
        "structured_outputs",
        "grammar",
        "response_format",
        "continue_final_message",
        "add_generation_prompt",
        "echo",
    ]
)
_SEEDS = 2**31  # Some servers keep a seed in a signed 32-bit integer.
_MAX_TOTAL = 1.05  # Rounded probabilities add up to 1.01; scores of another kind to far more.
_NUMBER = "token_id:"
_BROKEN_OFF = ("abort", "error")


def check_body_fields(identity: ModelIdentity, endpoint: Endpoint) -> None:
    """Refuse a `body` in a model's file that sets a field which requests set themselves.

    Raises
    ------
    ConfigurationError
        If one does.
    """
    reserved = _RESERVED | {endpoint.max_tokens_field}
    for field in identity.body:
        if field in reserved:
            raise ConfigurationError(
                f'`body` sets "{field}", which every request sets by itself',
                where=f"model {identity.name}",
                hint="Take it out of `body`; sampling is set with the stage, the rest in "
                "`endpoint`.",
            )


def completion_body(
    request: Request, identity: ModelIdentity, endpoint: Endpoint, model: str
) -> dict[str, Any]:
    """Return the JSON body of a request for answers.

    At temperature 0 one answer is requested, as all would be the same.

    Parameters
    ----------
    request
        What is wanted.
    identity
        The model's further fields, and whether it continues texts or chats.
    endpoint
        What the server understands.
    model
        What the server calls the model.

    Raises
    ------
    ModelError
        If the answer is constrained to choices and the server cannot do that.
    """
    sampling = request.sampling
    fields: dict[str, Any] = {
        **base_body(request, identity, model),
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        endpoint.max_tokens_field: sampling.max_tokens,
    }
    if sampling.temperature > 0:
        if request.n > 1:
            fields["n"] = request.n
        if endpoint.seed:
            fields["seed"] = request.seed % _SEEDS
    if request.want_logprobs and endpoint.returns_logprobs:
        # 0 would do for completions, but some servers read it as no.
        fields["logprobs"] = 1 if identity.api == "completions" else True
    if not request.choices:
        if request.stop:
            fields["stop"] = list(request.stop)
    elif endpoint.constrained_output == "structured_outputs":
        fields["structured_outputs"] = {"choice": list(request.choices)}
    elif endpoint.constrained_output == "grammar":
        fields["grammar"] = gbnf_grammar(request.choices)
    elif endpoint.constrained_output == "json_schema" and identity.api == "chat":
        fields["response_format"] = json_schema(request.choices)
        fields[endpoint.max_tokens_field] = sampling.max_tokens + JSON_OVERHEAD
    else:
        raise ModelError(
            "has no constrained output for labels"
            + (" as a base model" if endpoint.constrained_output else " at its endpoint"),
            hint="Set `endpoint.constrained_output` in the model's file: structured_outputs for "
            "a vLLM server, grammar for llama.cpp, json_schema for OpenAI's chats; or ask by "
            "`sample`.",
        )
    return fields


def label_body(
    request: Request,
    identity: ModelIdentity,
    endpoint: Endpoint,
    model: str,
    needed: LabelTokens | None,
    start: Prefix = EMPTY_PREFIX,
) -> dict[str, Any]:
    """Return the JSON body of a request for the probabilities of labels.

    Parameters
    ----------
    request, identity, endpoint, model
        As for `completion_body`.
    needed
        The tokens to ask for; None to ask for the most probable ones.
    start
        The prefix of the answer to continue.

    Raises
    ------
    ModelError
        If the server gives no probabilities.
    """
    chat = identity.api == "chat"
    fields = {
        **base_body(request, identity, model),
        "temperature": 0,
        endpoint.max_tokens_field: needed.depth if needed else LOOKAHEAD_TOKENS,
    }
    if needed:
        fields["logprobs"] = True if chat else 1
        fields["logprob_token_ids"] = list(needed.texts)
        fields["return_tokens_as_token_ids"] = True
    elif endpoint.top_logprobs == 0:
        raise ModelError(
            "gives no probabilities of tokens, as its file says",
            hint="Set `endpoint.top_logprobs` in the model's file to the number that the server "
            "gives (OpenAI: 20 for chats, 5 for completions), `endpoint.label_logprobs` for a "
            "vLLM server, or ask by `sample`.",
        )
    elif chat:
        fields |= {"logprobs": True, "top_logprobs": endpoint.top_logprobs}
    else:
        fields["logprobs"] = endpoint.top_logprobs
    if start.text and chat:
        fields["messages"].append({"role": "assistant", "content": start.text})
        fields |= {"continue_final_message": True, "add_generation_prompt": False}
    elif start.text:
        fields["prompt"] += start.text
    return fields


def read_reply(payload: Any, request: Request, endpoint: Endpoint) -> Reply:
    """Read the answers to a request that `completion_body` made.

    Parameters
    ----------
    payload
        The reply, parsed.
    request
        What was wanted.
    endpoint
        What the server was asked for.

    Raises
    ------
    TransientError
        If the reply is not whole: too few answers, or one without text.
    ModelError
        If an answer is withheld, or is none of the allowed choices.
    """
    copies = request.n if request.sampling.temperature == 0 else 1
    answers = read_choices(payload, request.n // copies)
    scored = request.want_logprobs and endpoint.returns_logprobs
    draws = tuple(_draw(answer, request, scored) for answer in answers)
    prompt_tokens, completion_tokens = read_usage(payload)
    return Reply(draws * copies, None, prompt_tokens, completion_tokens)


def read_positions(payload: Any, needed: LabelTokens | None) -> list[TokenLogprobs]:
    """Read the log-probabilities of each token from a reply to a request of `label_body`.

    Raises
    ------
    TransientError
        If the reply is not whole.
    ModelError
        If it lacks the probabilities that were asked for, or they are none.
    """
    (answer,) = read_choices(payload, 1)
    tokens = _tokens(answer.get("logprobs"))
    if tokens is None or (not tokens and _has_text(answer)):
        raise ModelError(
            "gave no probabilities of tokens, although they were asked for",
            hint="Its server may not support that: correct `endpoint.top_logprobs` and "
            "`endpoint.label_logprobs` in the model's file, or ask by `sample`.",
        )
    return [_position(token, shown, needed) for token, shown in tokens]


def read_usage(payload: Any) -> tuple[int, int]:
    """Return the tokens of prompt and completion; 0 where the server does not count them."""
    counts = payload.get("usage")
    if not isinstance(counts, dict):
        return 0, 0
    read_tokens, written = counts.get("prompt_tokens"), counts.get("completion_tokens")
    return (
        read_tokens if isinstance(read_tokens, int) else 0,
        written if isinstance(written, int) else 0,
    )


def base_body(request: Request, identity: ModelIdentity, model: str) -> dict[str, Any]:
    """Return the fields of every request: the model, the prompt, and the `body` of its file.

    Raises
    ------
    ModelError
        If a model that continues texts is given messages, or the other way round.
    """
    if isinstance(request.prompt, str) != (identity.api == "completions"):
        raise ModelError(
            f"was given {'a text' if identity.api == 'chat' else 'messages'}, but its file says "
            f"`api: {identity.api}`"
        )
    fields = {**identity.body, "model": model}
    if isinstance(request.prompt, str):
        fields["prompt"] = request.prompt
    else:
        fields["messages"] = [
            {"role": message.role, "content": message.content} for message in request.prompt
        ]
    return fields


def read_choices(payload: Any, wanted: int) -> list[dict[str, Any]]:
    """Return the choices in a reply, ordered by their index.

    Raises
    ------
    TransientError
        If the reply is not whole.
    """
    if not isinstance(payload, dict):
        raise TransientError("the server sent something else than answers")
    if payload.get("error"):
        raise error_in_reply(payload["error"])
    answers = payload.get("choices")
    if not isinstance(answers, list) or not all(isinstance(one, dict) for one in answers):
        hint = "Check the address, up to and including /v1." if answers is None else ""
        raise TransientError("the server sent no answers", hint=hint)
    if len(answers) != wanted:
        raise TransientError(f"the server sent {len(answers)} answers instead of {wanted}")
    if wanted > 1:
        answers.sort(key=_place)
    return answers


def _place(answer: dict[str, Any]) -> int:
    index = answer.get("index")
    return index if isinstance(index, int) else 0


def _has_text(answer: dict[str, Any]) -> bool:
    message = answer.get("message")
    return bool(message.get("content") if isinstance(message, dict) else answer.get("text"))


def _draw(answer: dict[str, Any], request: Request, scored: bool) -> Completion:
    finish = answer.get("finish_reason")
    if isinstance(request.prompt, str):
        text, refusal = answer.get("text"), None
    else:
        said = answer.get("message")
        if not isinstance(said, dict):
            raise TransientError("the server sent an answer without a message")
        text, refusal = said.get("content"), said.get("refusal")
    if finish == "content_filter":
        raise ModelError("its server withheld an answer (content filter)")
    if refusal:
        # To refuse is an answer, also where a label was wanted, and is counted as one.
        return Completion(str(refusal))
    if finish in _BROKEN_OFF:
        raise TransientError(f"the server broke an answer off ({finish})")
    if not isinstance(text, str):
        raise TransientError("the server sent an answer without text")
    if request.choices:
        text = match_choice(text, request.choices)
    tokens, logprob = _score(answer.get("logprobs")) if scored else (0, None)
    return Completion(text, "length" if finish == "length" else "stop", tokens, logprob)


def _score(logprobs: Any) -> tuple[int, float]:
    """Return an answer's number of tokens and log-probability."""
    try:
        if isinstance(logprobs.get("content"), list):
            each = [entry["logprob"] for entry in logprobs["content"]]
        else:
            each = logprobs["token_logprobs"]
        return len(each), math.fsum(each)
    except (AttributeError, TypeError, KeyError):
        raise ModelError(
            "gave no log-probabilities of an answer, although they were asked for",
            hint="Set `endpoint.returns_logprobs: false` in the model's file, and do without them.",
        ) from None


def _tokens(logprobs: Any) -> list[tuple[str, dict[str, float]]] | None:
    """Return each token with the log-probabilities shown for its position; None without any."""
    try:
        if isinstance(logprobs.get("content"), list):
            return [_entry(entry) for entry in logprobs["content"]]
        written = zip(
            logprobs["tokens"], logprobs["token_logprobs"], logprobs["top_logprobs"], strict=True
        )
        return [(token, {token: chance, **shown}) for token, chance, shown in written]
    except (AttributeError, TypeError, KeyError, ValueError):
        return None


def _entry(entry: dict[str, Any]) -> tuple[str, dict[str, float]]:
    """Read one token of a chat's answer."""
    shown = _together((each["token"], each["logprob"]) for each in entry["top_logprobs"])
    return entry["token"], {entry["token"]: entry["logprob"], **shown}


def _position(token: str, shown: Mapping[str, float], needed: LabelTokens | None) -> TokenLogprobs:
    total = math.fsum(math.exp(min(logprob, 1.0)) for logprob in shown.values())
    if total > _MAX_TOTAL:
        raise ModelError(
            f"gave probabilities that add up to {total:.3g}",
            hint="Its server has to show log-probabilities as they are before sampling "
            "(vLLM: --logprobs-mode raw_logprobs).",
        )
    if needed is None:
        return TokenLogprobs(token, shown)
    numbered = {_number(name): logprob for name, logprob in shown.items()}
    if not needed.texts.keys() <= numbered.keys():
        raise ModelError(
            "did not give the probabilities of the tokens it was asked for",
            hint="Set `endpoint.label_logprobs: false` in the model's file, and "
            "`endpoint.top_logprobs` to how many of the likeliest tokens its server gives.",
        )
    asked = _together((text, numbered[number]) for number, text in needed.texts.items())
    return TokenLogprobs(needed.texts.get(_number(token)), asked, exact=True)


def _together(shown: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Add up the probabilities of tokens with the same text; leave out those of probability 0."""
    chances: dict[str, float] = {}
    for text, logprob in shown:
        chances[text] = chances.get(text, 0.0) + math.exp(min(logprob, 1.0))
    return {text: math.log(chance) for text, chance in chances.items() if chance > 0}


def _number(token: str) -> int:
    """Return the token id from vLLM's `token_id:17`; -1 where the text is something else."""
    number = token.removeprefix(_NUMBER)
    return int(number) if number != token and number.isdecimal() else -1

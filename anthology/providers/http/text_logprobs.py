"""The log-probability of a given text, from a server that echoes the prompt with its tokens."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from anthology.config.model import Endpoint
from anthology.config.model_identity import ModelIdentity
from anthology.errors import EndpointError, RefusedError
from anthology.models.ask import text_prompt
from anthology.models.base import Completion, Reply, Request
from anthology.providers.http.label_probs import SendRequest
from anthology.providers.http.openai_format import base_body, read_choices, read_usage

_HINT = (
    "Its server may not support that: set `endpoint.echo_logprobs: false` in the model's file, and "
    "name another model under backstories.perplexity."
)
_ROUNDING = 0.05
"""How far above 0 a log-probability may be."""


@dataclass(frozen=True, slots=True)
class EchoedText:
    """A text with the log-probabilities of its tokens, as a server echoes it.

    Parameters
    ----------
    tokens
        The texts of its tokens.
    logprobs
        Their natural log-probabilities; None for the first, which follows on nothing.
    prompt_tokens, completion_tokens
        What reading it took.
    """

    tokens: tuple[str, ...]
    logprobs: tuple[float | None, ...]
    prompt_tokens: int
    completion_tokens: int


class TextScorer:
    """Reads the log-probabilities of given texts from one model.

    Parameters
    ----------
    identity
        The model.
    endpoint
        Whether its server gives them.
    model
        What its server calls it.
    send
        Sends requests.
    """

    def __init__(
        self, identity: ModelIdentity, endpoint: Endpoint, model: str, send: SendRequest
    ) -> None:
        self._identity, self._endpoint, self._model = identity, endpoint, model
        self._send = send

    async def score(self, request: Request) -> Reply:
        """Return the number of tokens and the log-probability of the text to score.

        Raises
        ------
        EndpointError
            If the server does not support that.
        RefusedError
            If the server does not take the text, or gives no log-probability of any of it.
        """
        if not self._endpoint.echo_logprobs:
            raise EndpointError(
                "gives no log-probabilities of given texts, as its file says",
                hint="Set `endpoint.echo_logprobs` in the model's file, if its server does "
                f"(`anthology models check {self._identity.name}` tells).",
            )
        prompt = text_prompt(request)
        whole = await self._repeated(request, prompt + request.score_text)
        read, written = whole.prompt_tokens, whole.completion_tokens
        first = first_token_beyond(whole.tokens, prompt)
        if first is None:
            # The tokens are shown in another spelling than that of the text.
            alone = await self._repeated(request, prompt)
            read, written = read + alone.prompt_tokens, written + alone.completion_tokens
            first = common_prefix_length(whole.tokens, alone.tokens)
        tokens, logprob = sum_logprobs(whole.logprobs, first)
        return Reply(
            (Completion(request.score_text, "stop", tokens, logprob),), None, read, written
        )

    async def _repeated(self, request: Request, text: str) -> EchoedText:
        fields = echo_body(request, text, self._identity, self._endpoint, self._model)
        return await self._send("", fields, lambda payload: read_echo(payload, text))


def echo_body(
    request: Request, text: str, identity: ModelIdentity, endpoint: Endpoint, model: str
) -> dict[str, Any]:
    """Return the JSON body of a request that echoes a text with its log-probabilities.

    Raises
    ------
    ModelError
        If the model is asked in chats.
    """
    return {
        **base_body(replace(request, prompt=text), identity, model),
        "temperature": 0,
        "echo": True,
        # 0 would do, but some servers read it as no.
        "logprobs": 1,
        endpoint.max_tokens_field: 0,
    }


def read_echo(payload: Any, text: str) -> EchoedText:
    """Read the reply to a request that `echo_body` made.

    Raises
    ------
    TransientError
        If the reply is not whole.
    EndpointError
        If the server did not repeat the text, or lacks log-probabilities, or they are none.
    """
    (answer,) = read_choices(payload, 1)
    repeated = answer.get("text")
    if not isinstance(repeated, str) or not repeated.startswith(text):
        raise EndpointError("did not repeat the text that it was given (echo)", hint=_HINT)
    try:
        tokens = tuple(map(str, answer["logprobs"]["tokens"]))
        each = tuple(answer["logprobs"]["token_logprobs"])
    except (TypeError, KeyError):
        tokens, each = (), ()
    prompt_tokens, completion_tokens = read_usage(payload)
    if len(repeated) > len(text):
        # The server wrote something although it should not.
        tokens, each = (part[: len(part) - completion_tokens] for part in (tokens, each))
    # Some count the mark that begins a text, and do not show it.
    if not tokens or len(tokens) != len(each) or len(tokens) + 1 < prompt_tokens:
        of = f" of {prompt_tokens}" if prompt_tokens else ""
        raise EndpointError(
            f"gave log-probabilities of {len(each)}{of} tokens of a text", hint=_HINT
        )
    known = each[1:] if each[0] is None else each
    if not all(isinstance(logprob, int | float) for logprob in known):
        raise EndpointError("left out the log-probability of a token of a text", hint=_HINT)
    if max(known, default=0) > _ROUNDING:
        raise EndpointError(
            "gave scores of a text that are no log-probabilities",
            hint="Its server has to show log-probabilities as they are before sampling "
            "(vLLM: --logprobs-mode raw_logprobs).",
        )
    return EchoedText(tokens, each, prompt_tokens, completion_tokens)


def first_token_beyond(tokens: Sequence[str], prompt: str) -> int | None:
    """Return the index of the first token that reaches beyond a prompt.

    Parameters
    ----------
    tokens
        The tokens of a text that begins with the prompt. The first may be a mark that
        stands in no text.
    prompt
        The prompt.

    Returns
    -------
    int or None
        None where the tokens up to there do not make up the prompt.
    """
    rest = prompt
    for place, token in enumerate(tokens):
        if not rest:
            return place
        if rest.startswith(token):
            rest = rest[len(token) :]
        elif token.startswith(rest):
            return place
        elif place > 0:
            return None
    return None if rest else len(tokens)


def common_prefix_length(some: Sequence[object], others: Sequence[object]) -> int:
    """Return the number of tokens that two texts have in common at their start."""
    pairs = enumerate(zip(some, others, strict=False))
    return next((i for i, (one, other) in pairs if one != other), min(len(some), len(others)))


def sum_logprobs(logprobs: Sequence[float | None], first: int) -> tuple[int, float]:
    """Return the number of tokens from an index on, and their joint log-probability.

    The first token of a text that follows on nothing has none, and is not counted.

    Raises
    ------
    RefusedError
        If there is no other token.
    """
    known = [logprob for logprob in logprobs[first:] if logprob is not None]
    if not known:
        raise RefusedError("no token of the text follows on anything")
    return len(known), math.fsum(known)

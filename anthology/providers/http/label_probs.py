"""Requests for label probabilities: which tokens to ask for, and which prefixes to follow."""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from anthology.config.model import Endpoint
from anthology.config.model_identity import ModelIdentity
from anthology.errors import EndpointError, ModelError
from anthology.models.base import LabelProbs, Reply, Request
from anthology.providers.http.label_tree import (
    EMPTY_PREFIX,
    LabelSet,
    LabelTokens,
    Prefix,
    Token,
    TokenLogprobs,
    sum_label_probs,
    walk_tokens,
)
from anthology.providers.http.openai_format import label_body, read_positions, read_usage

T = TypeVar("T")

MIN_BRANCH_SHARE = 1e-3
"""A prefix with less than this share of the labels' joint probability is not followed, since it can
move no label's share by more than a tenth of a percentage point."""
_NO_VLLM = (
    "The exact probabilities of labels need a server of vLLM. Set `endpoint.label_logprobs: false` "
    "in the model's file where there is none."
)
MAX_REQUESTS = 8
"""Limit of requests for one distribution; a model that writes only spaces would never end."""
_MOST_TOKENS = 128
"""The most tokens whose probabilities vLLM gives at once."""
# The tokens of a label depend on the text before it: a tokenizer may merge ":" with a bracket, or
# the end of a line with another. So each label is tokenized after several contexts.
_CONTEXTS = ("Answer:", "Answer\n", "Answer")
_LEADS = ("", " ", "\n")


class SendRequest(Protocol):
    """Sends one request and reads the reply, with retries."""

    async def __call__(self, path: str, fields: dict[str, Any], read: Callable[[Any], T]) -> T:
        """Post fields to a path of the server; "" is where the model answers."""
        ...


class LabelProbReader:
    """Reads the probabilities of labels from one model.

    Parameters
    ----------
    identity
        The model.
    endpoint
        Whether its server gives the probabilities of any tokens, or of the likeliest.
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
        self._lookup_lock = asyncio.Lock()
        self._spellings: dict[str, list[list[Token]]] = {}
        self._texts: dict[int, str] = {}
        self._contexts: dict[str, list[int]] = {}
        self._anchor = ""
        self._needed: dict[frozenset[str], LabelTokens] = {}

    async def read(self, request: Request) -> Reply:
        """Return the probability of each of a request's choices.

        The first request shows the likeliest answer and what branches off it; each further one
        follows the most probable prefix that is still open.
        """
        labels = LabelSet(request.choices)
        needed = await self._tokens_of(labels) if self._endpoint.label_logprobs else None
        none = (0.0,) * len(labels.choices)
        parts: list[LabelProbs] = []
        read_tokens = written = sent = 0
        open_ends = [EMPTY_PREFIX]
        while open_ends and sent < MAX_REQUESTS:
            known = sum(sum(part.probs) for part in parts)
            known += sum(branch.mass for branch in open_ends)
            if self._worth(open_ends[0]) < MIN_BRANCH_SHARE * known:
                break
            start = open_ends.pop(0)
            positions, (taken, given) = await self._positions(request, needed, start)
            sent, read_tokens, written = sent + 1, read_tokens + taken, written + given
            if not positions:  # The answer ended before its first token.
                parts.append(LabelProbs(none, start.mass))
                continue
            found = walk_tokens(positions, labels, start)
            parts.append(found.label_probs)
            open_ends = sorted([*open_ends, *found.open_prefixes], key=self._worth, reverse=True)
        parts += [LabelProbs(none, branch.mass) for branch in open_ends]
        return Reply((), sum_label_probs(parts), read_tokens, written)

    def _worth(self, branch: Prefix) -> float:
        """Return the probability that following a prefix can assign."""
        if branch == EMPTY_PREFIX:
            return branch.mass
        if not self._endpoint.label_logprobs:
            return 0.0
        # A chat template strips messages, so of a prefix of spaces nothing would remain.
        nothing = self._identity.api == "chat" and not branch.text.strip()
        return 0.0 if nothing else branch.mass

    async def _positions(
        self, request: Request, needed: LabelTokens | None, start: Prefix
    ) -> tuple[list[TokenLogprobs], tuple[int, int]]:
        fields = label_body(request, self._identity, self._endpoint, self._model, needed, start)
        return await self._send(
            "", fields, lambda payload: (read_positions(payload, needed), read_usage(payload))
        )

    async def _tokens_of(self, labels: LabelSet) -> LabelTokens:
        key = frozenset(labels.choices)
        if key not in self._needed:
            async with self._lookup_lock:
                await self._look_up(labels)
            self._needed[key] = labels.tokens_needed(
                spelling
                for choice in labels.choices
                for spelling in self._spellings[choice.strip()]
            )
        needed = self._needed[key]
        if len(needed.texts) > _MOST_TOKENS:
            raise ModelError(
                f"{len(labels.choices)} choices take {len(needed.texts)} tokens to tell apart, "
                f"and a server gives the probabilities of {_MOST_TOKENS} at most",
                hint="Ask for shorter labels or fewer options, or ask by `sample`.",
            )
        return needed

    async def _look_up(self, labels: LabelSet) -> None:
        """Tokenize the choices after each context, with each lead."""
        if not self._anchor:
            first, *others = await asyncio.gather(*map(self._tokenize, _CONTEXTS))
            self._contexts = dict(zip(_CONTEXTS, (first, *others), strict=True))
            self._anchor = await self._detokenize(first)
        new = {choice.strip() for choice in labels.choices} - self._spellings.keys()
        found = await asyncio.gather(*map(self._spell, sorted(new)))
        self._spellings.update(zip(sorted(new), found, strict=True))

    async def _spell(self, label: str) -> list[list[Token]]:
        ways = [(context, lead) for context in _CONTEXTS for lead in _LEADS]
        tokens = await asyncio.gather(
            *(self._tokenize(context + lead + label) for context, lead in ways)
        )
        spellings = []
        for (context, lead), numbers in zip(ways, tokens, strict=True):
            before = self._contexts[context]
            if numbers[: len(before)] != before:
                continue
            pieces = [Token(n, await self._text(n)) for n in numbers[len(before) :]]
            if "".join(piece.text for piece in pieces) == lead + label:
                spellings.append(pieces)
        if not spellings:
            raise ModelError(
                f"its tokens do not make up the label {label!r}",
                hint="Use plain letters or digits as labels, or ask by `sample`.",
            )
        return spellings

    async def _text(self, number: int) -> str:
        """Return a token's text within a text; detokenized alone, some lose their leading space."""
        if number not in self._texts:
            longer = await self._detokenize([*self._contexts[_CONTEXTS[0]], number])
            self._texts[number] = longer.removeprefix(self._anchor)
        return self._texts[number]

    async def _tokenize(self, text: str) -> list[int]:
        fields = {"model": self._model, "prompt": text, "add_special_tokens": False}
        return await self._tool("/tokenize", fields, "tokens", list)

    async def _detokenize(self, numbers: list[int]) -> str:
        fields = {"model": self._model, "tokens": numbers}
        return await self._tool("/detokenize", fields, "prompt", str)

    async def _tool(self, path: str, fields: dict[str, Any], key: str, kind: type[T]) -> T:
        def read(payload: Any) -> T:
            value = payload.get(key) if isinstance(payload, dict) else None
            if not isinstance(value, kind):
                raise ModelError(f"the server sent no {key} from {path}", hint=_NO_VLLM)
            return value

        try:
            return await self._send(path, fields, read)
        except EndpointError as error:
            raise EndpointError(
                f"{path} failed: {error.what}",
                where=error.where,
                hint=_NO_VLLM,
            ) from None

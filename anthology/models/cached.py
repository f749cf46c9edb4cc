"""A model whose answers are kept, so that none is paid for twice."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from hashlib import blake2b
from typing import Any, Protocol

import orjson

from anthology.config.model import ModelSpec
from anthology.config.model_identity import ModelIdentity
from anthology.models.ask import ask_model
from anthology.models.base import Completion, LabelProbs, Model, Reply, Request
from anthology.models.registry import capabilities
from anthology.models.usage import Usage
from anthology.seeds import derive_seed


class Answers(Protocol):
    """Where answers are kept; see `anthology.journal.journal.Journal`."""

    def find(self, key: bytes) -> list[bytes]:
        """Return what was kept under a key."""
        ...

    def add(self, key: bytes, model: str, payload: bytes) -> None:
        """Keep an answer."""
        ...

    def refresh(self) -> bool:
        """Look for what others have kept by now, and say whether there is anything."""
        ...

    def name(self, model: str, name: str) -> None:
        """Say how a model is called."""
        ...


class CachedModel:
    """Looks a request up in the journal, and asks the model for what is not there.

    Parameters
    ----------
    model
        What answers.
    identity
        What makes its answers its own.
    spec
        How many draws a request may ask for, and what a token costs.
    journal
        Where answers are kept. An answer is written there before it is used.
    meter
        Counts what was found and what was asked.
    ready
        Called before a request is sent; makes sure that models can be asked.
    version
        Tells what is known of the version that answers, which is kept with its answers.

    Attributes
    ----------
    versions
        What is known of the versions that gave the answers from the journal.
    """

    def __init__(
        self,
        model: Model,
        identity: ModelIdentity,
        spec: ModelSpec,
        journal: Answers,
        meter: Usage,
        ready: Callable[[], Awaitable[None]],
        version: Callable[[], str | None] = lambda: None,
    ) -> None:
        self._asked, self._spec, self._identity = model, spec, identity
        self._journal, self._meter, self._ready = journal, meter, ready
        self._version, self.versions = version, dict[str, None]()
        self._counted: set[int] = set()
        self._under_way: dict[bytes, asyncio.Future[None]] = {}
        self._name()

    @property
    def unknown(self) -> bool:
        """Whether the model is whatever its server offers, and the server was not asked yet."""
        return self._identity.model is None

    def identify(self, served: str | None) -> None:
        """Say what the server calls the model, where nothing else does."""
        if self.unknown:
            self._identity = self._identity.model_copy(update={"model": served})
            self._name()

    def _name(self) -> None:
        self._model = self._identity.fingerprint()
        self._salt = self._model.encode()
        if not self.unknown:
            self._journal.name(self._model, self._identity.model or self._identity.name)

    async def sample(self, request: Request) -> Reply:
        """Answer from the journal as far as it goes, and from the model beyond that."""
        key = blake2b(self._wording(request), key=self._salt, digest_size=16).digest()
        while key in self._under_way:
            # Two interviews ask the same thing: the second waits for the first one's answer.
            await asyncio.wait([self._under_way[key]])
        found = self._found(key, request)
        if found is None and self._journal.refresh():
            found = self._found(key, request)
        if found is not None:
            return found
        self._under_way[key] = asyncio.get_running_loop().create_future()
        try:
            return await self._answered(key, request)
        finally:
            self._under_way.pop(key).set_result(None)

    def _wording(self, request: Request) -> bytes:
        """Return a request's words with how its server is held to them, where that matters."""
        endpoint, words = self._spec.endpoint, request_key_parts(request)
        if request.logprobs:
            # A server that is asked to show more tokens may tell more of the same probabilities.
            exact = endpoint.label_logprobs or capabilities(self._spec).exact_label_probs
            return words + (b"exact" if exact else b"%d" % endpoint.top_logprobs)
        if request.choices:
            words += str(endpoint.constrained_output).encode()
        if request.want_logprobs and not endpoint.returns_logprobs:
            words += b"unscored"
        return words

    def _found(self, key: bytes, request: Request) -> Reply | None:
        """Return the answer if the journal has all of it."""
        replies = _in_line(self._journal.find(key))
        have = sum(len(reply.completions) for reply in replies)
        if not replies or (have < request.n and not request.logprobs):
            return None
        self._meter.hits += len(replies)
        self._count(key, replies)
        return _joined(replies, request)

    async def _answered(self, key: bytes, request: Request) -> Reply:
        """Ask for what the journal has not, and keep it."""
        found = _in_line(self._journal.find(key))
        have = sum(len(reply.completions) for reply in found)
        await self._ready()
        self._count(key, found)
        if request.logprobs:
            self._counted.add(_place(key, 0))
            return await self._ask(key, request, 0)
        while have < request.n:
            part = await self._ask(key, self._part(request, have), have)
            self._counted.add(_place(key, len(found)))
            found.append(part)
            have += len(part.completions)
        return _joined(found, request)

    def _count(self, key: bytes, found: list[Reply]) -> None:
        """Count what answers from the journal had taken, but for those that are counted already.

        Interviews that ask the same thing share an answer, which was paid for once.
        """
        for number, reply in enumerate(found):
            if (place := _place(key, number)) not in self._counted:
                self._counted.add(place)
                self._meter.earlier_prompt_tokens += reply.prompt_tokens
                self._meter.earlier_completion_tokens += reply.completion_tokens
                self._meter.earlier_dollars += self._price(reply)
                if reply.version is not None:
                    self.versions[reply.version] = None

    def _part(self, request: Request, first: int) -> Request:
        """Return the request for the draws from `first` on, as many as go into one."""
        draws = min(request.n - first, self._spec.endpoint.max_n)
        seed = derive_seed(request.seed, "draws", first) if first else request.seed
        return replace(request, n=draws, seed=seed)

    async def _ask(self, key: bytes, request: Request, first: int) -> Reply:
        if request.logprobs:
            reply = await self._asked.sample(request)
        else:
            reply = await ask_model(self._asked, request)
        reply = replace(reply, version=self._version())
        self._journal.add(key, self._model, encode_reply(reply, first))
        self._meter.requests += 1
        self._meter.prompt_tokens += reply.prompt_tokens
        self._meter.completion_tokens += reply.completion_tokens
        self._meter.dollars += self._price(reply)
        return reply

    def _price(self, reply: Reply) -> float:
        price = self._spec.price
        if price is None:
            return 0.0
        tokens = reply.prompt_tokens * price.prompt + reply.completion_tokens * price.completion
        return tokens / 1e6


def request_key_parts(request: Request) -> bytes:
    """Return everything that decides an answer, except how many are wanted.

    Seeds count only where something is drawn: the likeliest answer, the
    probabilities of labels and those of a given text are the same under every seed.
    """
    how, prompt, given = request.sampling, request.prompt, request.score_text
    drawn = how.temperature > 0 and not request.logprobs and not given
    words = (
        prompt if isinstance(prompt, str) else [(m.role, m.content) for m in prompt],
        (how.temperature, how.top_p, how.max_tokens),
        request.stop,
        request.choices,
        request.logprobs,
        request.want_logprobs,
        request.seed if drawn else 0,
    )
    # Only where there is one, so that what is kept of all other requests is found again.
    return orjson.dumps((*words, given) if given else words)


def encode_reply(reply: Reply, first: int) -> bytes:
    """Write a reply, whose draws are counted from `first`, as one line of JSON."""
    entry: dict[str, Any] = {
        "first": first,
        "draws": [(d.text, d.finish, d.tokens, d.logprob) for d in reply.completions],
        "tokens": (reply.prompt_tokens, reply.completion_tokens),
    }
    if reply.label_probs is not None:
        entry["shares"] = (reply.label_probs.probs, reply.label_probs.unseen)
    if reply.version is not None:
        entry["version"] = reply.version
    return orjson.dumps(entry)


def decode_reply(entry: bytes) -> tuple[int, Reply]:
    """Read what `encode_reply` wrote: the number of the first draw, and the reply."""
    found = orjson.loads(entry)
    shares = found.get("shares")
    prompt_tokens, completion_tokens = found["tokens"]
    return found["first"], Reply(
        tuple(Completion(*draw) for draw in found["draws"]),
        None if shares is None else LabelProbs(tuple(shares[0]), shares[1]),
        prompt_tokens,
        completion_tokens,
        # Entries of earlier versions of the project have none.
        found.get("version"),
    )


def _place(key: bytes, number: int) -> int:
    """Return what stands for one of the entries under a key, in little memory."""
    return int.from_bytes(key[:8], "big") + number


def _in_line(entries: list[bytes]) -> list[Reply]:
    """Return the replies whose draws follow on one another from the first.

    Two writers may have asked for the same draws at the same time; of those that begin
    with the same draw, those that were written down first count.
    """
    if len(entries) <= 1:
        return [reply for first, reply in map(decode_reply, entries) if first == 0]
    # In the order of their first draws, and of writing where those are the same.
    parts = sorted(map(decode_reply, entries), key=lambda part: part[0])
    found: list[Reply] = []
    have = 0
    for first, reply in parts:
        if first == 0 and not found:
            found.append(reply)
        elif found and first <= have < first + len(reply.completions):
            found.append(replace(reply, completions=reply.completions[have - first :]))
        have = sum(len(part.completions) for part in found)
    return found


def _joined(replies: list[Reply], request: Request) -> Reply:
    """Return one reply with the first draws of several, as many as are wanted."""
    if len(replies) == 1 and len(replies[0].completions) in (0, request.n):
        return replies[0]
    draws = tuple(draw for reply in replies for draw in reply.completions)
    return Reply(
        draws[: request.n],
        None,
        sum(reply.prompt_tokens for reply in replies),
        sum(reply.completion_tokens for reply in replies),
    )

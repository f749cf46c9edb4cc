"""A model behind a cache: no answer is paid for twice."""

import asyncio
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


class ReplyStore(Protocol):
    """Where replies are stored; see `anthology.journal.journal.Journal`."""

    def find(self, key: bytes) -> list[bytes]:
        """Return what is stored under a key."""
        ...

    def add(self, key: bytes, model: str, payload: bytes) -> None:
        """Store a reply."""
        ...

    def refresh(self) -> bool:
        """Look for what other processes have stored by now; return whether there is anything."""
        ...

    def name(self, model: str, name: str) -> None:
        """Store the name that people use for a model."""
        ...


class NamedModel(Model, Protocol):
    """A model that knows, at the latest once it is open, what its server calls it."""

    @property
    def served(self) -> str | None:
        """What the server calls the model."""
        ...

    @property
    def version(self) -> str | None:
        """What is known of the version that answers."""
        ...

    async def open(self) -> None:
        """Make sure that the model can be asked."""
        ...


class CachedModel:
    """Looks requests up in the journal, and asks the model for what is not there.

    Parameters
    ----------
    model
        What answers; it opens itself when it is first asked.
    identity
        What makes its answers its own.
    spec
        How many completions a request may ask for, and what a token costs.
    journal
        Where replies are stored. A reply is written there before it is used.
    usage
        Counts cache hits and requests.

    Attributes
    ----------
    versions
        The versions that gave the answers found in the journal.
    """

    def __init__(
        self,
        model: NamedModel,
        identity: ModelIdentity,
        spec: ModelSpec,
        journal: ReplyStore,
        usage: Usage,
    ) -> None:
        self._model, self._spec, self._identity = model, spec, identity
        self._journal, self._usage = journal, usage
        self.versions = dict[str, None]()
        self._counted: set[int] = set()
        self._under_way: dict[bytes, asyncio.Future[None]] = {}
        self._salt = b""
        if identity.model is not None:
            self._set_salt()

    async def sample(self, request: Request) -> Reply:
        """Answer from the journal as far as it goes, and from the model beyond that."""
        if not self._salt:
            # The model is whatever its server offers, and keys hold its name.
            await self._model.open()
            self._identity = self._identity.model_copy(update={"model": self._model.served})
            self._set_salt()
        key = blake2b(self._key_parts(request), key=self._salt, digest_size=16).digest()
        while key in self._under_way:
            # Two interviews ask the same thing: the second waits for the first one's answer.
            await asyncio.wait([self._under_way[key]])
        stored = self._stored(key)
        if not _enough(stored, request) and self._journal.refresh():
            stored = self._stored(key)
        if _enough(stored, request):
            self._usage.hits += len(stored)
            self._count_earlier(key, stored)
            return _join(stored, request)
        under_way = self._under_way[key] = asyncio.get_running_loop().create_future()
        try:
            return await self._complete(key, request, stored)
        finally:
            del self._under_way[key]
            under_way.set_result(None)

    def _set_salt(self) -> None:
        identity = self._identity
        self._fingerprint = identity.fingerprint()
        self._salt = self._fingerprint.encode()
        if identity.model is not None:
            self._journal.name(self._fingerprint, identity.model)

    def _key_parts(self, request: Request) -> bytes:
        """Return what decides the answer: the request, and how its server restricts answers."""
        endpoint, parts = self._spec.endpoint, request_key_parts(request)
        if request.logprobs:
            # A server that shows more tokens may give more of the same probabilities.
            exact = endpoint.label_logprobs or capabilities(self._spec).exact_label_probs
            return parts + (b"exact" if exact else b"%d" % endpoint.top_logprobs)
        if request.choices:
            parts += str(endpoint.constrained_output).encode()
        if request.want_logprobs and not endpoint.returns_logprobs:
            parts += b"unscored"
        return parts

    def _stored(self, key: bytes) -> list[Reply]:
        """Return the replies under a key, as far as their completions follow on one another."""
        entries = self._journal.find(key)
        return _in_order(entries) if entries else []

    async def _complete(self, key: bytes, request: Request, replies: list[Reply]) -> Reply:
        """Ask for what is not stored, and store it."""
        self._count_earlier(key, replies)
        while not _enough(replies, request):
            first = _count_completions(replies)
            reply = await self._ask(key, self._remaining(request, first), first)
            self._counted.add(_entry_id(key, len(replies)))
            replies.append(reply)
        return _join(replies, request)

    def _count_earlier(self, key: bytes, replies: list[Reply]) -> None:
        """Count what stored replies had cost, each once however many interviews share it."""
        for number, reply in enumerate(replies):
            if (entry := _entry_id(key, number)) not in self._counted:
                self._counted.add(entry)
                self._usage.earlier_prompt_tokens += reply.prompt_tokens
                self._usage.earlier_completion_tokens += reply.completion_tokens
                self._usage.earlier_dollars += self._price(reply)
                if reply.version is not None:
                    self.versions[reply.version] = None

    def _remaining(self, request: Request, first: int) -> Request:
        """Return the request for the completions from `first` on, as many as go into one."""
        most = self._spec.endpoint.max_n
        if not first and request.n <= most:
            return request
        seed = derive_seed(request.seed, "draws", first) if first else request.seed
        return replace(request, n=min(request.n - first, most), seed=seed)

    async def _ask(self, key: bytes, request: Request, first: int) -> Reply:
        if request.logprobs:
            reply = await self._model.sample(request)
        else:
            reply = await ask_model(self._model, request)
        version = self._model.version
        self._journal.add(key, self._fingerprint, encode_reply(reply, first, version))
        self._usage.requests += 1
        self._usage.prompt_tokens += reply.prompt_tokens
        self._usage.completion_tokens += reply.completion_tokens
        self._usage.dollars += self._price(reply)
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
    # Frozen: journals hold answers under hashes of these bytes, so their order, form and values
    # must not change, whatever the fields are called (tests/journal/test_frozen.py).
    how, prompt, given = request.sampling, request.prompt, request.score_text
    drawn = how.temperature > 0 and not request.logprobs and not given
    parts = (
        prompt if isinstance(prompt, str) else [(m.role, m.content) for m in prompt],
        (how.temperature, how.top_p, how.max_tokens),
        request.stop,
        request.choices,
        request.logprobs,
        request.want_logprobs,
        request.seed if drawn else 0,
    )
    # Only where there is one, so that what is kept of all other requests is found again.
    return orjson.dumps((*parts, given) if given else parts)


def encode_reply(reply: Reply, first: int, version: str | None) -> bytes:
    """Write a reply, whose completions are counted from `first`, as one line of JSON."""
    entry: dict[str, Any] = {
        "first": first,
        "draws": [(d.text, d.finish, d.tokens, d.logprob) for d in reply.completions],
        "tokens": (reply.prompt_tokens, reply.completion_tokens),
    }
    if reply.label_probs is not None:
        entry["shares"] = (reply.label_probs.probs, reply.label_probs.unseen)
    if version is not None:
        entry["version"] = version
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


def _entry_id(key: bytes, number: int) -> int:
    """Return what stands for one of the entries under a key, in little memory."""
    return int.from_bytes(key[:8], "big") + number


def _count_completions(replies: list[Reply]) -> int:
    return sum([len(reply.completions) for reply in replies])


def _enough(replies: list[Reply], request: Request) -> bool:
    """Say whether replies hold everything that a request asks for."""
    return bool(replies) and (request.logprobs or _count_completions(replies) >= request.n)


def _in_order(entries: list[bytes]) -> list[Reply]:
    """Return the replies whose completions follow on one another from the first.

    Two processes may have asked for the same completions at the same time; of the replies
    that begin with the same one, the reply that was written first counts.
    """
    if len(entries) == 1:
        first, reply = decode_reply(entries[0])
        return [] if first else [reply]
    # In the order of their first completions, and of writing where those are the same.
    parts = sorted(map(decode_reply, entries), key=lambda part: part[0])
    replies: list[Reply] = []
    have = 0
    for first, reply in parts:
        if first == 0 and not replies:
            replies.append(reply)
        elif replies and first <= have < first + len(reply.completions):
            replies.append(replace(reply, completions=reply.completions[have - first :]))
        have = _count_completions(replies)
    return replies


def _join(replies: list[Reply], request: Request) -> Reply:
    """Return one reply with the first completions of several, as many as are wanted."""
    if len(replies) == 1 and len(replies[0].completions) in (0, request.n):
        return replies[0]
    completions = tuple(one for reply in replies for one in reply.completions)
    return Reply(
        completions[: request.n],
        None,
        sum(reply.prompt_tokens for reply in replies),
        sum(reply.completion_tokens for reply in replies),
    )

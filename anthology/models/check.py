"""Lists the declared models, and finds out what the server of one can do."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from textwrap import shorten
from typing import Any

from anthology.config.model import Endpoint, ModelSpec, Sampling
from anthology.config.model_identity import ModelIdentity
from anthology.errors import ConfigurationError, ModelError
from anthology.io.tables import align_columns
from anthology.io.yaml import read_record
from anthology.models.base import Message, Provider, Reply, Request
from anthology.models.load_spec import load_model_spec
from anthology.models.registry import capabilities, load_provider
from anthology.models.usage import Usage

_SECONDS = 30.0
"""How long one question may take; a laptop is slow."""
_QUICK = 0.5
"""Seconds for a first answer, within which a server is asked many things at once."""
_PACE_SECONDS = 1.0
_PACE_IN_FLIGHT = 32
_QUESTION = "Is snow white?\n(A) Yes\n(B) No\n(C) It depends"
_LABELS = ("(A)", "(B)", "(C)")
_ODD = ("[QX]", "[QZ]")
"""Labels that no model would answer with unless its output is constrained to them."""
_COUNTS = (20, 5)
"""How many likely tokens servers give: OpenAI's chats and vLLM, and OpenAI's completions."""
_OPEN = "Tell me about the place where you grew up."
_GIVEN = " I grew up in a small town by a river."
_DRAWS = (40, 4)
"""How many answers are asked for at once; llama.cpp gives as many as it has slots."""
_JSON_TOKENS = 64


Settings = dict[str, Any]
"""Keys under `endpoint` in a model's file."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether a server has one ability.

    Parameters
    ----------
    ability
        The ability.
    supported
        Whether the server has it.
    details
        What was seen.
    settings
        How the model's file says so.
    """

    ability: str
    supported: bool
    details: str
    settings: Settings


def list_models(folder: Path) -> str:
    """List the models that are declared."""
    rows = []
    for path in sorted(folder.glob("*.yaml")):
        spec = read_record(path, ModelSpec)
        where = (
            spec.endpoint.base_url or spec.endpoint.address_file or spec.endpoint.base_url_env or ""
        )
        rows.append([path.stem, spec.provider, spec.api, spec.model or "", where])
    if not rows:
        raise ConfigurationError("has no models", where=str(folder))
    return align_columns(["name", "provider", "api", "model", "address"], rows)


def check_model(folder: Path, name: str) -> str:
    """Ask one model what it can do.

    Parameters
    ----------
    folder
        Where models are declared.
    name
        The model.

    Raises
    ------
    ModelError
        If it does not answer.
    """
    return asyncio.run(_Check(name, load_model_spec(folder, name)).report(folder / f"{name}.yaml"))


class _Check:
    """Puts a few short questions to one model."""

    def __init__(self, name: str, spec: ModelSpec) -> None:
        known = spec.model_dump(include={"provider", "api", "model", "revision", "body", "engine"})
        self._identity, self._endpoint = ModelIdentity(name=name, **known), spec.endpoint

    async def report(self, path: Path) -> str:
        """Return what was found, and where the model's file says otherwise."""
        async with self._opened() as model:
            started = time.monotonic()
            reply = await model.sample(_request(self._identity, _OPEN, max_tokens=16))
            seconds = time.monotonic() - started
            served = model.served or self._identity.model or self._identity.provider
            said = " ".join(reply.completions[0].text.split())[:60]
            lines = [f"{self._identity.name}: {served} answered {said!r} after {seconds:.1f} s"]
            quick = seconds < _QUICK
            lines.append(await self._pace(model, _PACE_IN_FLIGHT if quick else 4))
        if not capabilities(self._identity).remote:
            return "\n".join(lines)
        # Seeds come first and alone, since other requests at the time may change the rounding.
        found = [await self._seeds()]
        others = [
            self._probe("several answers to a request (n)", self._several_answers(), {"max_n": 1}),
            self._probe(
                "log-probabilities of what it writes",
                self._logprobs("returns_logprobs", want_logprobs=True, max_tokens=8),
                {"returns_logprobs": False},
            ),
            self._probe(
                "log-probabilities of given texts",
                self._logprobs("echo_logprobs", score_text=_GIVEN),
                {"echo_logprobs": False},
            ),
            self._probe(
                "probabilities of the likeliest tokens", self._top_logprobs(), {"top_logprobs": 0}
            ),
            self._probe(
                "exact probabilities of labels",
                self._label_probs({"label_logprobs": True}),
                {"label_logprobs": False},
            ),
            *(
                self._probe(f"constrained output ({way})", self._constrained(way), {})
                for way in ("structured_outputs", "json_schema", "grammar")
            ),
        ]
        if quick:
            found += await asyncio.gather(*others)
        else:
            found += [await other for other in others]
        rows = [[f.ability, "yes" if f.supported else "no", f.details] for f in found]
        table = align_columns(["ability", "", "seen"], rows)
        return "\n".join([*lines, "", table, *_advice(path, self._endpoint, found)])

    @asynccontextmanager
    async def _opened(self, **changes: Any) -> AsyncIterator[Provider]:
        """Open the model as if it had some abilities, and without retries."""
        brief = {"retries": 0, "timeout": _SECONDS, "give_up_after": _SECONDS}
        endpoint = self._endpoint.model_copy(update={**brief, **changes})
        provider = load_provider(self._identity.provider)
        model = provider.open_model(self._identity, endpoint, Usage())
        await model.open()
        try:
            yield model
        finally:
            await model.close()

    async def _ask(self, question: str, settings: Settings | None = None, **how: Any) -> Reply:
        """Ask one question of the model, opened with the settings that are tried."""
        async with self._opened(**settings or {}) as model:
            return await model.sample(_request(self._identity, question, **how))

    async def _probe(
        self, ability: str, ask: Awaitable[tuple[str, Settings]], otherwise: Settings
    ) -> Finding:
        """Try one ability; an error means that the server lacks it."""
        try:
            details, settings = await ask
        except ModelError as error:
            return Finding(ability, False, _short(error), otherwise)
        return Finding(ability, True, details, settings)

    async def _seeds(self) -> Finding:
        ability, settings = "seeds", {"seed": True}
        try:
            replies = [
                await self._ask(_OPEN, settings, seed=seed, max_tokens=12) for seed in (1, 1, 2)
            ]
        except ModelError as error:
            return Finding(ability, False, _short(error), {"seed": False})
        first, again, other = (reply.completions[0].text for reply in replies)
        if first != again:
            return Finding(ability, False, "one seed gave two answers", {"seed": False})
        if first == other:
            return Finding(ability, False, "two seeds gave one answer", {"seed": False})
        return Finding(ability, True, "equal seeds gave equal answers", settings)

    async def _several_answers(self) -> tuple[str, Settings]:
        many, few = _DRAWS
        try:
            n, reply = many, await self._ask(_OPEN, n=many, max_tokens=8)
        except ModelError:
            n, reply = few, await self._ask(_OPEN, n=few, max_tokens=8)
        different = len({completion.text for completion in reply.completions})
        enough = n == many and self._endpoint.max_n >= n
        return f"{n} asked for, {different} different", {} if enough else {"max_n": n}

    async def _logprobs(self, key: str, **how: Any) -> tuple[str, Settings]:
        (completion,) = (await self._ask(_OPEN, {key: True}, **how)).completions
        details = f"{completion.tokens} tokens, {completion.logprob or 0:.1f} together"
        return details, {key: True}

    async def _top_logprobs(self) -> tuple[str, Settings]:
        for top in _COUNTS:
            try:
                settings = {"top_logprobs": top, "label_logprobs": False}
                details, _ = await self._label_probs(settings)
            except ModelError:
                if top == _COUNTS[-1]:
                    raise
            else:
                break
        return f"{top} of them; {details}", {"top_logprobs": top}

    async def _label_probs(self, settings: Settings) -> tuple[str, Settings]:
        lead = "" if self._identity.api == "chat" else " "
        labels = tuple(lead + label for label in _LABELS)
        reply = await self._ask(_QUESTION, settings, choices=labels, logprobs=True)
        assert reply.label_probs is not None
        each = zip(_LABELS, reply.label_probs.probs, strict=True)
        shown = ", ".join(f"{label} {prob:.2f}" for label, prob in each)
        return f"{shown}, not shown {reply.label_probs.unseen:.2f}", settings

    async def _constrained(self, way: str) -> tuple[str, Settings]:
        settings = {"constrained_output": way}
        reply = await self._ask(_QUESTION, settings, choices=_ODD, max_tokens=_JSON_TOKENS)
        answer = reply.completions[0].text
        if answer not in _ODD:
            raise ModelError(f"answered {answer[:40]!r}")
        return f"answered {answer!r} of {', '.join(_ODD)}", settings

    async def _pace(self, model: Provider, at_once: int) -> str:
        """Ask short questions for a second, many at once, and say how many were answered."""
        started, answered = time.monotonic(), 0

        async def ask(first: int) -> None:
            nonlocal answered
            for seed in count(first, at_once):
                if time.monotonic() - started > _PACE_SECONDS:
                    return
                request = _request(self._identity, _QUESTION, seed=seed, max_tokens=8)
                await model.sample(request)
                answered += 1

        done = await asyncio.gather(*map(ask, range(at_once)), return_exceptions=True)
        pace = answered / (time.monotonic() - started)
        failed = next((error for error in done if isinstance(error, ModelError)), None)
        trouble = f"; not all of them: {_short(failed)}" if failed else ""
        return f"{pace:,.1f} short answers a second, {at_once} at a time{trouble}"


def _request(identity: ModelIdentity, question: str, *, max_tokens: int = 8, **how: Any) -> Request:
    chat = identity.api == "chat"
    prompt = (Message("user", question),) if chat else f"Question: {question}\nAnswer:"
    return Request(prompt, Sampling(max_tokens=max_tokens), **how)


def _short(error: ModelError) -> str:
    return shorten(error.what, 70, placeholder=" ...")


def _advice(path: Path, endpoint: Endpoint, found: Sequence[Finding]) -> list[str]:
    """Say what the model's file should say otherwise."""
    wanted: Settings = {}
    for finding in found:
        wanted.update(finding.settings)
    ways = [f.settings["constrained_output"] for f in found if "constrained_output" in f.settings]
    own = endpoint.constrained_output
    wanted["constrained_output"] = own if own in ways else next(iter(ways), None)
    others = {key: value for key, value in wanted.items() if getattr(endpoint, key) != value}
    if not others:
        return ["", f"{path} says the same."]
    return [
        "",
        f"To be written under endpoint: in {path}:",
        *(f"  {k}: {json.dumps(v)}" for k, v in others.items()),
    ]

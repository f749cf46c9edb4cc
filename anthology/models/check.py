"""What models can be asked, and what the server of one can do."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from textwrap import shorten
from typing import Any

from anthology.config.model import Endpoint, ModelSpec, Sampling
from anthology.config.model_identity import ModelIdentity
from anthology.errors import ConfigurationError, ModelError
from anthology.io.tables import align_columns
from anthology.io.yaml import read_record
from anthology.models.base import LabelProbs, Message, Provider, Reply, Request
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
"""Labels that no model would answer with unless it is held to them."""
_COUNTS = (20, 5)
"""How many likely tokens servers give: OpenAI's chats and vLLM, and OpenAI's completions."""
_OPEN = "Tell me about the place where you grew up."
_GIVEN = " I grew up in a small town by a river."
_DRAWS = (40, 4)
"""How many answers are asked for at once; llama.cpp gives as many as it has slots."""
_JSON_TOKENS = 64


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found out about one ability.

    Parameters
    ----------
    what
        The ability.
    able
        Whether the server has it.
    told
        What was seen.
    setting
        How the model's file says so, under `endpoint`.
    """

    what: str
    able: bool
    told: str
    setting: dict[str, Any] = field(default_factory=dict)


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
        """Say what was found, and where the model's file says otherwise."""
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
        # Seeds come first and alone: what else a server does at the time may change its rounding.
        found = [await self._seeds(), *await _gathered(self._abilities(), at_once=quick)]
        rows = [[f.what, "yes" if f.able else "no", f.told] for f in found]
        table = align_columns(["ability", "", "seen"], rows)
        return "\n".join([*lines, "", table, *_advice(path, self._endpoint, found)])

    def _abilities(self) -> list[Awaitable[Finding]]:
        ways = ("structured_outputs", "json_schema", "grammar")
        return [
            self._draws(), self._scores(), self._texts(), self._likeliest(), self._labels(),
            *map(self._choices, ways),
        ]  # fmt: skip

    @asynccontextmanager
    async def _opened(self, **changes: Any) -> AsyncIterator[Provider]:
        """Open the model with some abilities taken as given, and with little patience."""
        brief = {"retries": 0, "timeout": _SECONDS, "give_up_after": _SECONDS}
        endpoint = self._endpoint.model_copy(update={**brief, **changes})
        provider = load_provider(self._identity.provider)
        model = provider.open_model(self._identity, endpoint, Usage())
        await model.open()
        try:
            yield model
        finally:
            await model.close()

    async def _ask(self, question: str, **how: Any) -> Reply:
        """Ask one thing of the model opened with the abilities that are tried."""
        changes = how.pop("endpoint", {})
        async with self._opened(**changes) as model:
            return await model.sample(_request(self._identity, question, **how))

    async def _draws(self) -> Finding:
        what = "several answers to a request (n)"
        for draws in _DRAWS:
            try:
                reply = await self._ask(_OPEN, n=draws, max_tokens=8)
            except ModelError as error:
                reason = _short(error)
            else:
                different = len({draw.text for draw in reply.completions})
                told = f"{draws} asked for, {different} different"
                enough = draws == _DRAWS[0] and self._endpoint.max_n >= draws
                return Finding(what, True, told, {} if enough else {"max_n": draws})
        return Finding(what, False, reason, {"max_n": 1})

    async def _seeds(self) -> Finding:
        what = "seeds"
        try:
            replies = [
                await self._ask(_OPEN, seed=seed, max_tokens=12, endpoint={"seed": True})
                for seed in (1, 1, 2)
            ]
        except ModelError as error:
            return Finding(what, False, _short(error), {"seed": False})
        first, again, other = (reply.completions[0].text for reply in replies)
        if first != again:
            return Finding(what, False, "one seed gave two answers", {"seed": False})
        if first == other:
            return Finding(what, False, "two seeds gave one answer", {"seed": False})
        return Finding(what, True, "equal seeds gave equal answers", {"seed": True})

    async def _scores(self) -> Finding:
        what = "log-probabilities of what it writes"
        try:
            reply = await self._ask(
                _OPEN, want_logprobs=True, max_tokens=8, endpoint={"returns_logprobs": True}
            )
        except ModelError as error:
            return Finding(what, False, _short(error), {"returns_logprobs": False})
        draw = reply.completions[0]
        told = f"{draw.tokens} tokens, {draw.logprob or 0:.1f} together"
        return Finding(what, True, told, {"returns_logprobs": True})

    async def _texts(self) -> Finding:
        what = "log-probabilities of given texts"
        if self._identity.api == "chat":
            return Finding(what, False, "chats give none", {"echo_logprobs": False})
        try:
            reply = await self._ask(_OPEN, score_text=_GIVEN, endpoint={"echo_logprobs": True})
        except ModelError as error:
            return Finding(what, False, _short(error), {"echo_logprobs": False})
        draw = reply.completions[0]
        told = f"{draw.tokens} tokens, {draw.logprob or 0:.1f} together"
        return Finding(what, True, told, {"echo_logprobs": True})

    async def _likeliest(self) -> Finding:
        what = "probabilities of the likeliest tokens"
        for likeliest in _COUNTS:
            endpoint = {"top_logprobs": likeliest, "label_logprobs": False}
            try:
                reply = await self._weighed(endpoint)
            except ModelError as error:
                reason = _short(error)
            else:
                return Finding(
                    what, True, f"{likeliest} of them; {reply}", {"top_logprobs": likeliest}
                )
        return Finding(what, False, reason, {"top_logprobs": 0})

    async def _labels(self) -> Finding:
        what = "exact probabilities of labels"
        try:
            told = await self._weighed({"label_logprobs": True})
        except ModelError as error:
            return Finding(what, False, _short(error), {"label_logprobs": False})
        return Finding(what, True, told, {"label_logprobs": True})

    async def _weighed(self, endpoint: dict[str, Any]) -> str:
        lead = "" if self._identity.api == "chat" else " "
        labels = tuple(lead + label for label in _LABELS)
        reply = await self._ask(_QUESTION, choices=labels, logprobs=True, endpoint=endpoint)
        shares = reply.label_probs or LabelProbs(())
        each = ", ".join(
            f"{label} {share:.2f}" for label, share in zip(_LABELS, shares.probs, strict=False)
        )
        return f"{each}, not shown {shares.unseen:.2f}"

    async def _choices(self, way: str) -> Finding:
        what = f"nothing but labels ({way})"
        try:
            how = {
                "choices": _ODD,
                "max_tokens": _JSON_TOKENS,
                "endpoint": {"constrained_output": way},
            }
            reply = await self._ask(_QUESTION, **how)
        except ModelError as error:
            return Finding(what, False, _short(error))
        answer = reply.completions[0].text
        if answer not in _ODD:
            return Finding(what, False, f"answered {answer[:40]!r}")
        told = f"answered {answer!r} of {', '.join(_ODD)}"
        return Finding(what, True, told, {"constrained_output": way})

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


async def _gathered(found: list[Awaitable[Finding]], *, at_once: bool) -> list[Finding]:
    """Find several things out, together or one after another."""
    return list(await asyncio.gather(*found)) if at_once else [await finding for finding in found]


def _request(identity: ModelIdentity, question: str, *, max_tokens: int = 8, **how: Any) -> Request:
    chat = identity.api == "chat"
    prompt = (Message("user", question),) if chat else f"Question: {question}\nAnswer:"
    return Request(prompt, Sampling(max_tokens=max_tokens), **how)


def _short(error: ModelError) -> str:
    return shorten(error.what, 70, placeholder=" ...")


def _advice(path: Path, endpoint: Endpoint, found: Sequence[Finding]) -> list[str]:
    """Say what the model's file should say otherwise."""
    wanted: dict[str, Any] = {}
    for finding in found:
        wanted.update(finding.setting)
    held = [f.setting["constrained_output"] for f in found if "constrained_output" in f.setting]
    wanted["constrained_output"] = held[0] if held else None
    if endpoint.constrained_output in held:
        wanted["constrained_output"] = endpoint.constrained_output
    others = {key: value for key, value in wanted.items() if getattr(endpoint, key) != value}
    if not others:
        return ["", f"{path} says the same."]
    return [
        "",
        f"To be written under endpoint: in {path}:",
        *(f"  {k}: {json.dumps(v)}" for k, v in others.items()),
    ]

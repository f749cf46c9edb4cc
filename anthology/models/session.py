"""The asking of one stage: its models, the journal of their answers, and what it takes."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from anthology.config.model import Price
from anthology.config.model_identity import ModelIdentity
from anthology.errors import EndpointError, ModelError
from anthology.io.shards import Shard
from anthology.journal.journal import Journal, JournalError
from anthology.models.base import Model, Provider
from anthology.models.cached import CachedModel
from anthology.models.concurrency import map_concurrently
from anthology.models.load_spec import load_model_spec
from anthology.models.progress import Progress
from anthology.models.registry import capabilities, load_provider, source_label
from anthology.models.usage import ModelUsage, Usage, join_versions

T = TypeVar("T")
R = TypeVar("R")
_SECONDS = 5.0


class ModelSession:
    """Opens models, and holds many interviews with them at once.

    Parameters
    ----------
    models
        The folder that says where each model is served.
    journal
        The folder of what was answered before.
    max_concurrency
        How many interviews are under way at the same time.
    part
        Which part of the things is asked, such as `2-of-4`.
    parts
        The parts that were asked by other jobs; where there are any, nothing is asked.
    """

    def __init__(
        self,
        *,
        models: Path,
        journal: Path,
        max_concurrency: int,
        part: str = "whole",
        parts: list[Path] | None = None,
    ) -> None:
        self.part, self.parts = Shard.parse(part), parts or []
        self._models, self._folder, self._max_concurrency = models, journal, max_concurrency
        self._meter = Usage()
        self._providers: dict[str, Provider] = {}
        self._asked: dict[str, Model] = {}
        self._wanted: dict[str, tuple[ModelIdentity, Price | None]] = {}
        self._opening: asyncio.Task[None] | None = None

    @cached_property
    def _journal(self) -> Journal:
        return Journal(self._folder)

    def model(self, identity: ModelIdentity) -> Model:
        """Return the model that an identity names; the same one each time."""
        if identity.name not in self._asked:
            self._asked[identity.name] = self._prepared(identity)
        return self._asked[identity.name]

    def source(self, identity: ModelIdentity) -> str:
        """Say what tables are to name as the source of a model's answers."""
        provider = self._providers.get(identity.name)
        found = provider.served if provider and identity.model is None else None
        label = source_label(identity)
        return f"{label} ({found})" if found else label

    def asked(self) -> list[ModelUsage]:
        """Return the models that were to be asked, and what that has taken so far."""
        return [
            ModelUsage(
                identity,
                provider.served,
                join_versions([*self._earlier(name), provider.version]),
                provider.address,
                price,
                self._meter.of(name),
            )
            for name, (identity, price) in self._wanted.items()
            for provider in (self._providers[name],)
        ]

    def _earlier(self, name: str) -> Iterable[str]:
        """Return the versions of a model that gave the answers from the journal."""
        model = self._asked[name]
        return model.versions if isinstance(model, CachedModel) else ()

    def run(
        self,
        do: Callable[[T], Awaitable[R]],
        things: Iterable[T],
        keep: Callable[[T, R], None],
        *,
        total: int,
        label: str,
        name: Callable[[T], str] = str,
    ) -> None:
        """Hold the same interview with each of many things, and close everything after it.

        Parameters
        ----------
        total
            How many things there are.
        label
            What is being done.

        Notes
        -----
        A session runs once; see `anthology.models.concurrency.map_concurrently` for the rest.
        """
        asyncio.run(self._run(do, things, keep, total, label, name))

    async def _run(
        self,
        do: Callable[[T], Awaitable[R]],
        things: Iterable[T],
        keep: Callable[[T, R], None],
        total: int,
        label: str,
        name: Callable[[T], str],
    ) -> None:
        progress = Progress(label, total, self._meter)
        ticking = asyncio.create_task(_tick(progress))
        try:
            if any(isinstance(m, CachedModel) and m.unknown for m in self._asked.values()):
                await self._ready()
            await map_concurrently(
                do,
                things,
                keep=keep,
                max_concurrency=self._max_concurrency,
                progress=progress,
                name=name,
            )
        finally:
            ticking.cancel()
            for provider in self._providers.values():
                await provider.close()
            self._end(label)

    def _end(self, label: str) -> None:
        """Say what asking took, and let go of the journal."""
        meter = self._meter.total()
        if meter.requests or meter.hits:
            print(meter.summary(), file=sys.stderr)
            # A count of hits is not worth a failure.
            with suppress(JournalError):
                self._journal.add_run(label, meter.hits, meter.requests)
        if "_journal" in self.__dict__:
            self._journal.close()

    def _prepared(self, identity: ModelIdentity) -> Model:
        """Return a model, its answers kept if they cost anything."""
        spec = load_model_spec(self._models, identity.name)
        meter = self._meter.of(identity.name)
        provider = load_provider(identity.provider).open_model(identity, spec.endpoint, meter)
        self._providers[identity.name] = provider
        self._wanted[identity.name] = identity, spec.price
        if not capabilities(identity).paid:
            return provider
        return CachedModel(
            *(provider, identity, spec, self._journal, meter, self._ready),
            version=lambda: provider.version,
        )

    async def _ready(self) -> None:
        """Make sure, before anything is sent, that all models of the stage can be asked."""
        if self._opening is None:
            self._opening = asyncio.create_task(self._open())
        if not self._opening.done() or self._opening.exception():
            await asyncio.shield(self._opening)

    async def _open(self) -> None:
        for name, provider in self._providers.items():
            try:
                await provider.open()
            except EndpointError:
                raise
            except ModelError as error:
                raise EndpointError(error.what, where=error.where, hint=error.hint) from error
            model = self._asked.get(name)
            if isinstance(model, CachedModel):
                model.identify(provider.served)


async def _tick(progress: Progress) -> None:
    """Have a line written now and then although nothing is finished, as in an outage."""
    while True:
        await asyncio.sleep(_SECONDS)
        progress.tick()

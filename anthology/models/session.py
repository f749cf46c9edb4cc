"""The models of one stage, the cache of their answers, and what asking them costs."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from anthology.config.model import Price
from anthology.config.model_identity import ModelIdentity
from anthology.io.shards import Shard
from anthology.journal.journal import Journal, JournalError
from anthology.models.base import Model
from anthology.models.cached import CachedModel
from anthology.models.concurrency import map_concurrently
from anthology.models.lazy import LazyModel, OpenTogether
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
    shard
        Which shard is asked, such as `2-of-4`.
    shards
        The shards that other jobs asked; where there are any, nothing is asked.
    """

    def __init__(
        self,
        *,
        models: Path,
        journal: Path,
        max_concurrency: int,
        shard: str = "whole",
        shards: list[Path] | None = None,
    ) -> None:
        self.shard, self.shards = Shard.parse(shard), shards or []
        self._specs, self._folder, self._max_concurrency = models, journal, max_concurrency
        self._usage = Usage()
        self._together = OpenTogether()
        self._lazy: dict[str, LazyModel] = {}
        self._models: dict[str, Model] = {}
        self._wanted: dict[str, tuple[ModelIdentity, Price | None]] = {}

    @cached_property
    def _journal(self) -> Journal:
        return Journal(self._folder)

    def model(self, identity: ModelIdentity) -> Model:
        """Return the model that an identity names; the same one each time."""
        if identity.name not in self._models:
            self._models[identity.name] = self._prepare(identity)
        return self._models[identity.name]

    def source(self, identity: ModelIdentity) -> str:
        """Say what tables are to name as the source of a model's answers."""
        model = self._lazy.get(identity.name)
        found = model.served if model and identity.model is None else None
        label = source_label(identity)
        return f"{label} ({found})" if found else label

    def asked(self) -> list[ModelUsage]:
        """Return the models that were to be asked, and what that has taken so far."""
        return [
            ModelUsage(
                identity,
                model.served,
                join_versions([*self._earlier_versions(name), model.version]),
                model.address,
                price,
                self._usage.of(name),
            )
            for name, (identity, price) in self._wanted.items()
            for model in (self._lazy[name],)
        ]

    def _earlier_versions(self, name: str) -> Iterable[str]:
        """Return the versions of a model that gave the answers from the journal."""
        model = self._models[name]
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
        progress = Progress(label, total, self._usage)
        ticking = asyncio.create_task(_tick(progress))
        try:
            # What a server calls its model goes into the artifact, even if this shard asks nothing.
            if any(i.model is None and capabilities(i).paid for i, _ in self._wanted.values()):
                await self._together.open()
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
            await self._together.close()
            self._end(label)

    def _end(self, label: str) -> None:
        """Say what asking took, and let go of the journal."""
        usage = self._usage.total()
        if usage.requests or usage.hits:
            print(usage.summary(), file=sys.stderr)
            # A count of hits is not worth a failure.
            with suppress(JournalError):
                self._journal.add_run(label, usage.hits, usage.requests)
        if "_journal" in self.__dict__:
            self._journal.close()

    def _prepare(self, identity: ModelIdentity) -> Model:
        """Return a model, behind the cache if its answers cost anything."""
        spec = load_model_spec(self._specs, identity.name)
        usage = self._usage.of(identity.name)
        provider = load_provider(identity.provider).open_model(identity, spec.endpoint, usage)
        lazy = self._lazy[identity.name] = self._together.add(provider)
        self._wanted[identity.name] = identity, spec.price
        if not capabilities(identity).paid:
            return lazy
        return CachedModel(lazy, identity, spec, self._journal, usage)


async def _tick(progress: Progress) -> None:
    """Have a line written now and then although nothing is finished, as in an outage."""
    while True:
        await asyncio.sleep(_SECONDS)
        progress.tick()

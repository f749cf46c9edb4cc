"""Models that are opened when the first of them is asked."""

import asyncio

from anthology.errors import EndpointError, ModelError
from anthology.models.base import Provider, Reply, Request


class OpenTogether:
    """The providers of one stage, all of which are opened before the first request to any.

    So a wrong key or address of a model that is needed late is found before anything is paid for.
    """

    def __init__(self) -> None:
        self._providers: list[Provider] = []
        self._opening: asyncio.Task[None] | None = None
        self.done = False

    def add(self, provider: Provider) -> "LazyModel":
        """Take in a provider and return it as a model that opens itself."""
        self._providers.append(provider)
        return LazyModel(provider, self)

    async def open(self) -> None:
        """Open all providers once.

        Raises
        ------
        EndpointError
            If one of them cannot be asked.
        """
        if self._opening is None:
            self._opening = asyncio.create_task(self._open())
        # One interview that is cancelled leaves the opening to the others.
        await asyncio.shield(self._opening)

    async def close(self) -> None:
        """Close all providers."""
        for provider in self._providers:
            await provider.close()

    async def _open(self) -> None:
        for provider in self._providers:
            try:
                await provider.open()
            except EndpointError:
                raise
            except ModelError as error:
                raise EndpointError(error.what, where=error.where, hint=error.hint) from error
        self.done = True


class LazyModel:
    """A provider's model, which opens itself before its first request."""

    def __init__(self, provider: Provider, together: OpenTogether) -> None:
        self._provider, self._together = provider, together

    @property
    def served(self) -> str | None:
        """What the server calls the model, once it is open."""
        return self._provider.served

    @property
    def version(self) -> str | None:
        """What is known of the version that answers."""
        return self._provider.version

    @property
    def address(self) -> str | None:
        """Where the model is served, once it is open."""
        return self._provider.address

    async def open(self) -> None:
        """Open it, and with it the other models of its stage."""
        if not self._together.done:
            await self._together.open()

    async def sample(self, request: Request) -> Reply:
        """Answer one request."""
        if not self._together.done:
            await self._together.open()
        return await self._provider.sample(request)

"""Base of the models that run in this process and are part of this package."""

from anthology import __version__


class InProcess:
    """There is nothing to open and nothing to close."""

    served: str | None = None
    """No server calls it anything."""
    version: str | None = f"anthology {__version__}"
    """It is as old as the package."""
    address: str | None = None
    """Nobody serves it."""

    async def open(self) -> None:
        """Be ready at once."""

    async def close(self) -> None:
        """Hold on to nothing."""

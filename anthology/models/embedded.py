"""Models that are part of this package."""


class Embedded:
    """There is nothing to open and nothing to close."""

    served: str | None = None
    """No server calls it anything."""

    async def open(self) -> None:
        """Be ready at once."""

    async def close(self) -> None:
        """Hold on to nothing."""

"""The identity of a model, which its answers are cached under; not where it is served."""

from hashlib import blake2b
from typing import Any, Literal

from anthology.records import Record, canonical_json


class ModelIdentity(Record):
    """All that decides which model an answer comes from."""

    name: str
    """The name of its file in `config/models/`."""
    provider: str
    """Who answers, by the name of a file in `anthology/providers/`."""
    api: Literal["completions", "chat"]
    """Whether it continues texts or replies to messages."""
    model: str | None = None
    """The server's name for it; null for the only model of a server."""
    revision: str | None = None
    """The version of its weights."""
    body: dict[str, Any] = {}
    """Further fields of every request."""
    engine: dict[str, Any] = {}
    """Options of the engine that may change what it answers."""

    def fingerprint(self) -> str:
        """Return 16 hex digits that identify the model, whatever its file or address is called."""
        # These words are data: journals hold answers under them, whatever the fields are called.
        known = {
            "provider": self.provider,
            "api": self.api,
            "model": self.model,
            "revision": self.revision,
            "body": self.body,
            "engine": self.engine,
        }
        return blake2b(canonical_json(known).encode(), digest_size=8).hexdigest()

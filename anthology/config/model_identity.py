"""Which model a stage asks, apart from where it is served."""

from hashlib import blake2b
from typing import Any, Literal

from anthology.records import Record, canonical_json


class ModelIdentity(Record):
    """What makes an answer this model's and no other's."""

    name: str
    """The name of its file in `config/models/`."""
    provider: str
    """Who runs it."""
    api: Literal["completions", "chat"]
    """Whether it continues texts or replies to messages."""
    model: str | None = None
    """What its server calls it; null for whatever a server offers."""
    revision: str | None = None
    """The version of its weights."""
    body: dict[str, Any] = {}
    """Further fields of every request."""
    engine: dict[str, Any] = {}
    """Options of the engine that may change what it answers."""

    def fingerprint(self) -> str:
        """Return 16 hex digits that stand for the model wherever it is served and named."""
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

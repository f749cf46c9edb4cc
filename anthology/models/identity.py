"""Which model a stage asks, apart from where it is served."""

from importlib import import_module
from typing import Literal

from anthology.models import Model
from anthology.records import Record


class ModelIdentity(Record):
    """What makes an answer this model's and no other's."""

    name: str
    """The name of its file in `config/models/`."""
    provider: Literal["simulated", "uniform"]
    """Who runs it."""
    api: Literal["completions", "chat"]
    """Whether it continues texts or replies to messages."""

    @property
    def source(self) -> str:
        """What tables say that answers come from."""
        return self.provider


def open_model(identity: ModelIdentity) -> Model:
    """Return the model that an identity names, ready to be asked.

    A provider's module is imported by its name, so that a stage's code hash holds the
    provider that it asks and no other.
    """
    module = import_module(f"anthology.models.{identity.provider}")
    model: Model = module.open_model()
    return model

"""The registry of providers: each is one file in `anthology/providers/`, imported by its name.

Nothing imports a provider by an import statement. So the code hash of a stage holds the provider
that the stage asks and no other, and adding a provider makes no result stale.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import Literal, Protocol

from anthology.config.model import AnswerMode, Endpoint, ModelSpec
from anthology.config.model_identity import ModelIdentity
from anthology.errors import ConfigurationError
from anthology.models.base import Provider
from anthology.models.usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What the models of one provider can do, as the provider's own file states it.

    Parameters
    ----------
    paid
        Whether answers cost money or time, and so are kept in the journal.
    source
        What tables name as the source of answers; None for the name of the model.
    remote
        Whether a server answers. Then the keys under `endpoint` in the model's file say which
        of the abilities below the server really has.
    needs_model
        Whether the model's file must name its `model`.
    apis
        Whether models continue texts, reply to messages, or do both.
    answer_modes
        In which ways a multiple-choice question can be asked.
    exact_label_probs
        Whether the probabilities of labels are exact without more being said in the model's file.
    writes_text
        Whether models write texts of their own, and do not only choose among options.
    scores_text
        Whether models give the log-probability of a text that is shown to them.
    """

    paid: bool = True
    source: str | None = None
    remote: bool = False
    needs_model: bool = False
    apis: tuple[Literal["completions", "chat"], ...] = ("completions", "chat")
    answer_modes: tuple[AnswerMode, ...] = ("sample", "choice", "logprobs")
    exact_label_probs: bool = False
    writes_text: bool = True
    scores_text: bool = True


class ProviderModule(Protocol):
    """What the file of a provider defines."""

    CAPABILITIES: Capabilities

    def open_model(self, identity: ModelIdentity, endpoint: Endpoint, meter: Usage) -> Provider:
        """Return a model that is not yet opened; what takes long to import is imported here."""
        ...


def load_provider(name: str) -> ProviderModule:
    """Import the file of a provider."""
    module: ProviderModule = import_module(f"anthology.providers.{name}")
    return module


def capabilities(model: ModelIdentity | ModelSpec) -> Capabilities:
    """Return what the provider of a model can do."""
    return load_provider(model.provider).CAPABILITIES


def source_label(identity: ModelIdentity) -> str:
    """Return what tables name as the source of a model's answers."""
    return capabilities(identity).source or identity.name


def check_spec(spec: ModelSpec, where: str) -> None:
    """Refuse a declaration of a model that its provider cannot open.

    Raises
    ------
    ConfigurationError
        If the provider needs a `model` and none is named, or does not have the `api`.
    """
    can = capabilities(spec)
    if can.needs_model and spec.model is None:
        what = "needs `model`, a name or a folder"
    elif spec.api not in can.apis:
        what = f"cannot be asked with `api: {spec.api}`"
    else:
        return
    raise ConfigurationError(f"a model of the provider {spec.provider} {what}", where=where)

"""Counts of requests, cache hits, retries, tokens and dollars."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, Self, runtime_checkable

if TYPE_CHECKING:
    from anthology.config.model import Price
    from anthology.config.model_identity import ModelIdentity

COUNTS = (
    "requests",
    "hits",
    "retries",
    "prompt_tokens",
    "completion_tokens",
    "dollars",
    "earlier_prompt_tokens",
    "earlier_completion_tokens",
    "earlier_dollars",
)
"""What is counted of a model."""


@dataclass(slots=True)
class Usage:
    """Requests, cache hits, retries, tokens and dollars of one model, or of all models of a stage.

    Parameters
    ----------
    requests
        Requests that a model answered; one for probabilities may take several messages.
    hits
        Requests that the journal answered.
    retries
        Requests that were sent once more.
    prompt_tokens, completion_tokens
        Tokens that servers read and wrote.
    dollars
        What they cost by the models' prices.
    earlier_prompt_tokens, earlier_completion_tokens, earlier_dollars
        The same of the answers that earlier runs left in the journal, each once however often
        it was found.
    models
        The counts of single models, which come on top of its own.
    """

    requests: int = 0
    hits: int = 0
    retries: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    dollars: float = 0.0
    earlier_prompt_tokens: int = 0
    earlier_completion_tokens: int = 0
    earlier_dollars: float = 0.0
    models: dict[str, Self] = field(default_factory=dict)

    def of(self, model: str) -> Self:
        """Return the counts of one model, by its name; the same ones each time."""
        return self.models.setdefault(model, type(self)())

    def total(self) -> Self:
        """Return its own counts and those of its models, added up."""
        every = [self, *(counts.total() for counts in self.models.values())]
        return type(self)(*(sum(getattr(counts, key) for counts in every) for key in COUNTS))

    def describe(self, seconds: float) -> str:
        """Describe the rates over so many seconds; empty where nothing was counted."""
        whole = self.total()
        tokens = whole.prompt_tokens + whole.completion_tokens
        pace = max(seconds, 1e-9)
        counts = [
            f"{whole.requests / pace:,.0f} requests/s" if whole.requests else "",
            f"{tokens / pace:,.0f} tokens/s" if tokens else "",
            f"{whole.hits:,} from the journal" if whole.hits else "",
            f"{whole.retries:,} sent again" if whole.retries else "",
            f"${whole.dollars:,.2f}" if whole.dollars else "",
        ]
        return ", ".join(filter(None, counts))

    def summary(self) -> str:
        """Sum everything up in one line."""
        whole = self.total()
        share = whole.hits / max(1, whole.hits + whole.requests)
        return (
            f"{whole.requests:,} requests answered by models, {whole.retries:,} sent again, "
            f"{whole.hits:,} from the journal ({share:.0%}); {whole.prompt_tokens:,} tokens read, "
            f"{whole.completion_tokens:,} written"
            + (f", ${whole.dollars:,.2f}" * bool(whole.dollars))
            + (f" (and ${whole.earlier_dollars:,.2f} before)" * bool(whole.earlier_dollars))
        )


@dataclass(frozen=True, slots=True)
class ModelUsage:
    """One model that a stage was to ask, and what that took.

    Parameters
    ----------
    identity
        Which model.
    served, version, address
        What its server called it, what is known of the versions that answered, now and in
        earlier runs, and where it is; None where nothing was sent, or it does not say.
    price
        What its file says that tokens cost.
    meter
        The counts.
    """

    identity: "ModelIdentity"
    served: str | None = None
    version: str | None = None
    address: str | None = None
    price: "Price | None" = None
    meter: Usage = field(default_factory=Usage)


@runtime_checkable
class UsesModels(Protocol):
    """Whatever asks models for a stage."""

    def asked(self) -> Sequence[ModelUsage]:
        """Return the models that it was to ask, and what that took so far."""
        ...


def join_versions(versions: Iterable[str | None]) -> str | None:
    """Join the versions that several runs recorded, which may be lists, each part once."""
    parts = dict.fromkeys(part for text in versions if text for part in text.split(", "))
    return ", ".join(parts) or None

"""Models that are to say how probable stories are, and cannot."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from anthology.checking.findings import Mistake
from anthology.models.spec import ModelSpec

if TYPE_CHECKING:
    from anthology.study import Study


def unable_scorers(study: Study) -> Iterator[Mistake]:
    """Find models under `backstories.perplexity` that score no given texts."""
    for i, name in enumerate(study.experiment.backstories.perplexity):
        reason = _reason(name, study.model(name))
        if reason is not None:
            known = study.catalogue.names("models")
            able = [other for other in known if _reason(other, study.model(other)) is None]
            file = study.catalogue.path("models", name)
            sentence = f"{file}: {reason}. Models that can: {', '.join(able)}"
            yield Mistake(("backstories", "perplexity", i), name, sentence)


def _reason(name: str, spec: ModelSpec) -> str | None:
    """Say why a model gives no log-probabilities of given texts; None where it does."""
    if spec.api == "chat":
        return "is asked in chats, in which the log-probability of a given text cannot be told"
    if spec.provider == "uniform":
        return "chooses among the options of a question, and has no log-probability for a text"
    if spec.provider == "openai" and not spec.endpoint.text_logprobs:
        return (
            "does not say that its server tells the log-probabilities of given texts; set "
            f"endpoint.text_logprobs, if it does (`anthology models check {name}` tells)"
        )
    return None

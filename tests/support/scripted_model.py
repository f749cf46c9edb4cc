"""A model that answers as a test says, and remembers what it was asked."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from anthology.config.model_identity import ModelIdentity
from anthology.models.base import Completion, LabelProbs, Model, Reply, Request
from anthology.models.session import ModelSession

IDENTITY = ModelIdentity(name="scripted", provider="simulated", api="completions")
CHAT = ModelIdentity(name="scripted", provider="simulated", api="chat")


@dataclass
class ScriptedModel:
    """Answers each request with the texts, or the probabilities, that `answer` gives for it."""

    answer: Callable[[Request], list[str] | LabelProbs]
    requests: list[Request] = field(default_factory=list)

    async def sample(self, request: Request) -> Reply:
        self.requests.append(request)
        answer = self.answer(request)
        if isinstance(answer, LabelProbs):
            return Reply(label_probs=answer)
        return Reply(tuple(Completion(text, tokens=len(text.split())) for text in answer))


class ScriptedSession(ModelSession):
    """ModelSession in which every model is one and the same."""

    def __init__(self, model: Model, max_concurrency: int = 1, shard: str = "whole") -> None:
        nowhere = Path("none")
        super().__init__(
            models=nowhere, journal=nowhere, max_concurrency=max_concurrency, shard=shard
        )
        self._scripted = model

    def model(self, identity: ModelIdentity) -> Model:  # noqa: ARG002
        return self._scripted


def prompt_text(request: Request) -> str:
    """Return everything that a request shows."""
    if isinstance(request.prompt, str):
        return request.prompt
    return "\n".join(message.content for message in request.prompt)

"""A model that answers as a test says, and remembers what it was asked."""

from collections.abc import Callable
from dataclasses import dataclass, field

from anthology.models import Draw, Reply, Request
from anthology.models.identity import ModelIdentity

IDENTITY = ModelIdentity(name="scripted", provider="simulated", api="completions")
CHAT = ModelIdentity(name="scripted", provider="simulated", api="chat")


@dataclass
class Scripted:
    """Answers each request with the texts that `answer` gives for it."""

    answer: Callable[[Request], list[str]]
    requests: list[Request] = field(default_factory=list)

    async def sample(self, request: Request) -> Reply:
        self.requests.append(request)
        return Reply(tuple(Draw(text, tokens=len(text.split())) for text in self.answer(request)))


def text_of(request: Request) -> str:
    """Return everything that a request shows."""
    if isinstance(request.prompt, str):
        return request.prompt
    return "\n".join(message.content for message in request.prompt)

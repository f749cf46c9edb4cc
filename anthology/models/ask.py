"""Asking a model and holding it to what was asked."""

from anthology.errors import ModelError
from anthology.models.base import Message, Model, Reply, Request


async def ask_model(model: Model, request: Request) -> Reply:
    """Ask a model and check that it gave as many draws as it was asked for."""
    reply = await model.sample(request)
    if len(reply.completions) != request.n:
        raise ModelError(f"gave {len(reply.completions)} draws, {request.n} were asked for")
    return reply


def text_prompt(request: Request) -> str:
    """Return the text that a request's continuation follows on.

    Raises
    ------
    ModelError
        If it is a chat.
    """
    if not isinstance(request.prompt, str):
        raise ModelError(
            "was given messages, and the log-probability of what follows on them cannot be told",
            hint="Ask a model that continues texts (api: completions).",
        )
    return request.prompt


def chat_prompt(system: str, message: str) -> tuple[Message, ...]:
    """Return the chat that asks one thing, behind what the model is told about its task."""
    asked = Message("user", message)
    return (Message("system", system), asked) if system else (asked,)

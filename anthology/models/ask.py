"""Asking a model, checking its reply, and the two forms of a prompt."""

from anthology.errors import ModelError
from anthology.models.base import Message, Model, Reply, Request


async def ask_model(model: Model, request: Request) -> Reply:
    """Ask a model and check that it gave as many completions as were asked for."""
    reply = await model.sample(request)
    if len(reply.completions) != request.n:
        raise ModelError(f"gave {len(reply.completions)} completions, {request.n} were asked for")
    return reply


def text_prompt(request: Request) -> str:
    """Return the prompt that a scored text follows on.

    Raises
    ------
    ModelError
        If it is a chat.
    """
    if not isinstance(request.prompt, str):
        raise ModelError(
            "was given messages, and cannot score a text that follows on messages",
            hint="Ask a model that continues texts (api: completions).",
        )
    return request.prompt


def chat_prompt(system: str, message: str) -> tuple[Message, ...]:
    """Return a chat of one message, behind a system message where there is one."""
    asked = Message("user", message)
    return (Message("system", system), asked) if system else (asked,)

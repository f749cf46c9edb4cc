"""Language models: what is asked of one, and what it gives back."""

from dataclasses import dataclass
from typing import Literal, Protocol

from anthology.models.spec import Sampling


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Request:
    """Everything that decides what a model may answer.

    Parameters
    ----------
    prompt
        The text to continue (base model) or the messages to reply to (chat).
    sampling
        Temperature, nucleus and length limit.
    stop
        Texts at which an answer ends; they are not part of it.
    draws
        How many independent answers are wanted.
    choices
        When given, an answer can only be one of these texts.
    logprobs
        Whether the probability of each of the `choices` is wanted as well.
    seed
        Decides the draws on a model that honours seeds.
    """

    prompt: str | tuple[Message, ...]
    sampling: Sampling
    stop: tuple[str, ...] = ()
    draws: int = 1
    choices: tuple[str, ...] = ()
    logprobs: bool = False
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Draw:
    """One answer: its text, why it ended, its length and total log-probability."""

    text: str
    finish: Literal["stop", "length"] = "stop"
    tokens: int = 0
    logprob: float | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """A model's answers to one request.

    Parameters
    ----------
    draws
        As many as the request asked for.
    choice_logprobs
        Natural log-probability of each choice, in the request's order, where
        they were asked for. They need not sum to one: what is missing is the
        probability of an answer that is none of the choices.
    prompt_tokens, completion_tokens
        Tokens read and written.
    """

    draws: tuple[Draw, ...]
    choice_logprobs: tuple[float, ...] = ()
    prompt_tokens: int = 0
    completion_tokens: int = 0


class Model(Protocol):
    """Anything that answers requests."""

    async def sample(self, request: Request) -> Reply:
        """Answer one request with as many draws as it asks for."""
        ...

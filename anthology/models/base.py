"""The protocol of language models: requests, replies, and what a provider must do."""

from dataclasses import dataclass
from typing import Literal, Protocol

from anthology.config.model import Sampling


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
    n
        How many independent answers are wanted.
    choices
        When given, an answer can only be one of these texts.
    logprobs
        Whether, instead of answers, the probability of each of the `choices` is
        wanted. They are the model's own, at temperature 1, with nothing cut off.
    seed
        Decides the draws on a model that honours seeds.
    want_logprobs
        Whether the log-probability and length of each answer are wanted as well,
        where the model gives them; among the `choices` alone, where there are any.
    score_text
        When given, nothing is drawn: this text is the one draw of the reply, with its
        length and log-probability as what follows on the prompt, at temperature 1.
        Its tokens are those that reach beyond the prompt; what would come after it
        plays no part. Only a model that continues texts can be asked so.
    """

    prompt: str | tuple[Message, ...]
    sampling: Sampling
    stop: tuple[str, ...] = ()
    n: int = 1
    choices: tuple[str, ...] = ()
    logprobs: bool = False
    seed: int = 0
    want_logprobs: bool = False
    score_text: str = ""


@dataclass(frozen=True, slots=True)
class Completion:
    """One answer: its text, why it ended, its length and total log-probability.

    The length is 0 and the log-probability None where the model does not say them.
    """

    text: str
    finish: Literal["stop", "length"] = "stop"
    tokens: int = 0
    logprob: float | None = None


@dataclass(frozen=True, slots=True)
class LabelProbs:
    """How probable it is that an answer begins with each of some choices.

    Parameters
    ----------
    probs
        The probability of each choice, in the request's order. What is missing
        from one is the probability of anything else.
    unseen
        How much of what is missing the model did not show, and so may belong to
        the choices after all; 0 where the probabilities are exact.
    """

    probs: tuple[float, ...]
    unseen: float = 0.0


@dataclass(frozen=True, slots=True)
class Reply:
    """A model's answers to one request.

    Parameters
    ----------
    completions
        As many as the request asked for; none where it asked for probabilities.
    label_probs
        The probabilities of the choices, where the request asked for them.
    prompt_tokens, completion_tokens
        Tokens read and written.
    version
        What was known of the version that answered, where the journal keeps it.
    """

    completions: tuple[Completion, ...] = ()
    label_probs: LabelProbs | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0
    version: str | None = None


class Model(Protocol):
    """Anything that answers requests."""

    async def sample(self, request: Request) -> Reply:
        """Answer one request with as many draws as it asks for."""
        ...


class Provider(Model, Protocol):
    """A model with something behind it that is opened before and closed after use."""

    @property
    def served(self) -> str | None:
        """What the server calls the model, at the latest once it is open; None for no name."""
        ...

    @property
    def version(self) -> str | None:
        """The engine with its version, or what else is known of the version that answers."""
        ...

    @property
    def address(self) -> str | None:
        """Where the model is served, once it is open; None where it is in this process."""
        ...

    async def open(self) -> None:
        """Make sure that the model can be asked, before anything is.

        Raises
        ------
        EndpointError
            If it cannot: no key, a wrong key or address, another model there.
        ConfigurationError
            If its file sets what requests set themselves.
        """
        ...

    async def close(self) -> None:
        """Let go of everything that was opened."""
        ...

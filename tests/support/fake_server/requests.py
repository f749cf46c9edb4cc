"""The requests that a fake server understands, and what it can be told to ignore or refuse."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from anthology.models.base import Message
from anthology.records import Record

Support = Literal["honoured", "ignored", "refused"]
"""What a server does with a field: as it says, nothing, or answer 400."""


class Serving(Record):
    """What a server serves, and how much of the language it understands."""

    models: dict[str, Literal["completions", "chat"]] = {"toy": "completions", "toy-chat": "chat"}
    """The models and what they are made for."""
    dialect: Literal["vllm", "openai"] = "vllm"
    """Whose errors and further fields it has."""
    key: str | None = None
    """The key that it wants; null for none."""
    latency: Annotated[float, Field(ge=0)] = 0.0
    """Seconds before it answers."""
    n: Support = "honoured"
    """More than one answer to a request; where ignored, one comes."""
    seed: Support = "honoured"
    """Seeds; where ignored, answers are drawn at random, and differ each time."""
    logprobs: Support = "honoured"
    """Log-probabilities of the tokens written and of the likeliest others."""
    labels: Support = "honoured"
    """Log-probabilities of tokens asked for, `logprob_token_ids`."""
    structured_outputs: Support = "honoured"
    """Holding answers to choices as vLLM does it."""
    response_format: Support = "honoured"
    """Holding answers to a JSON schema as OpenAI does it."""
    echo: Support = "honoured"
    """Repeating a text, with the log-probabilities of its tokens."""
    most_logprobs: int = 20
    """The most likeliest tokens that may be asked for."""
    context: int = 32_768
    """Tokens of the longest prompt and answer together."""
    bare: Annotated[float, Field(ge=0, le=1)] = 0.1
    """Share of a base model's labels that it writes without a space before them."""
    indiscreet: bool = False
    """Whether errors repeat the request's Authorization header."""


class RefusalError(Exception):
    """A request that the server answers with an error."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        param: str | None = None,
        kind: str = "invalid_request_error",
        code: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.param = status, message, param
        self.kind, self.code = kind, code


class Body(BaseModel):
    """What completions and chats have in common."""

    model_config = ConfigDict(extra="allow")

    model: str | None = None
    n: Annotated[int, Field(ge=1, le=16_384)] = 1
    temperature: Annotated[float, Field(ge=0, le=2)] = 1.0
    top_p: Annotated[float, Field(gt=0, le=1)] = 1.0
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    stop: list[str] = []
    seed: int | None = None
    stream: Literal[False] = False
    structured_outputs: dict[str, Any] | None = None
    response_format: dict[str, Any] | None = None
    logprob_token_ids: Annotated[list[int], Field(max_length=128)] | None = None
    return_tokens_as_token_ids: bool = False

    @model_validator(mode="before")
    @classmethod
    def _null_is_unsaid(cls, said: Any) -> Any:
        if not isinstance(said, Mapping):
            return said
        return {key: value for key, value in said.items() if value is not None}


class CompletionBody(Body):
    """A text to continue."""

    prompt: str
    logprobs: Annotated[int, Field(ge=0)] | None = None
    max_tokens: Annotated[int, Field(ge=0)] | None = None
    echo: bool = False


class Said(BaseModel):
    """A message."""

    role: Literal["system", "user", "assistant"]
    content: str

    def message(self) -> Message:
        """Return it as the project has it."""
        return Message(self.role, self.content)


class ChatBody(Body):
    """Messages to reply to."""

    messages: Annotated[list[Said], Field(min_length=1)]
    logprobs: bool = False
    top_logprobs: Annotated[int, Field(ge=0)] = 0
    add_generation_prompt: bool = True
    continue_final_message: bool = False


class Held(Record):
    """What an answer is held to.

    `property` is where it stands in a JSON object: "" for a bare JSON string, None for plain text.
    """

    choices: tuple[str, ...] = ()
    property: str | None = None


def heeded(field: str, support: Support, *, given: bool) -> bool:
    """Tell whether a field counts; refuse it where it was given and the server refuses it."""
    if given and support == "refused":
        raise RefusalError(400, f"Unrecognized request argument supplied: {field}", param=field)
    return given and support == "honoured"


def held(body: Body, settings: Serving) -> Held:
    """Return what the answers to a request are held to."""
    wanted, shape = body.structured_outputs, body.response_format
    given = wanted is not None
    if heeded("structured_outputs", settings.structured_outputs, given=given) and wanted:
        choices = wanted.get("choice")
        if not isinstance(choices, list) or not choices:
            raise RefusalError(400, "only `choice` is known here", param="structured_outputs")
        return Held(choices=tuple(map(str, choices)))
    given = shape is not None and shape.get("type") != "text"
    if heeded("response_format", settings.response_format, given=given) and shape:
        schema = (shape.get("json_schema") or {}).get("schema") or {}
        for name, part in {"": schema, **(schema.get("properties") or {})}.items():
            if isinstance(part, dict) and part.get("enum"):
                return Held(choices=tuple(map(str, part["enum"])), property=name)
        raise RefusalError(400, "only a schema with an enum is known", param="response_format")
    return Held()

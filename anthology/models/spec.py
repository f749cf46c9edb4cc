"""How a model and its sampling are declared."""

from typing import Annotated, Literal

from pydantic import Field

from anthology.records import Record


class Sampling(Record):
    """How an answer is drawn from a model's probabilities."""

    temperature: Annotated[float, Field(ge=0, le=2)] = 1.0
    """Divides the log-odds of the next token; 0 takes the likeliest."""
    top_p: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Share of probability that may be drawn from, likeliest tokens first."""
    max_tokens: Annotated[int, Field(ge=1)] = 32
    """Longest answer, in tokens."""


class Endpoint(Record):
    """Where and how fast a model is asked. Changing it makes no result stale."""

    in_flight: Annotated[int, Field(ge=1, le=10_000)] = 64
    """How many interviews run at the same time."""


class ModelSpec(Record):
    """One file in `config/models/`: a model that can be asked."""

    provider: Literal["simulated", "uniform"]
    """`simulated`: the embedded toy model. `uniform`: every allowed answer equally likely."""
    api: Literal["completions", "chat"] = "completions"
    """`completions` continues a text (base models); `chat` replies to messages."""
    endpoint: Endpoint = Endpoint()
    """Where and how fast it is asked; not part of what makes a result stale."""

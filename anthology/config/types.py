"""The kinds of value that the experiment language is made of: names, counts, values by survey."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field

T = TypeVar("T")
DEFAULT = "default"
"""The key of a value that holds for every survey without one of its own."""


@dataclass(frozen=True, slots=True)
class RefersTo:
    """Marks a name that must stand elsewhere, so that a misspelt one is found.

    Parameters
    ----------
    place
        A folder of files such as ``prompts/critics``, or one of ``trait``, ``condition``,
        ``matching``, ``format``, ``survey`` and ``survey or default``. What stands in braces is
        an attribute of the record.
    """

    place: str


BY_SURVEY = object()
"""Marks a mapping from surveys, and `default`, to values."""
ModelName = Annotated[str, RefersTo("models")]
PromptName = Annotated[str, RefersTo("prompts/surveys")]
FormatName = Annotated[str, RefersTo("format")]
_Survey = Annotated[str, RefersTo("survey or default")]


def spread(value: Any) -> Any:
    """Take a value that is no mapping as the one for every survey."""
    return value if isinstance(value, dict) else {DEFAULT: value}


def _all(value: Any) -> Any:
    if isinstance(value, str) and value != "all" and not value.strip().isdigit():
        raise ValueError("expected a number of 1 or more, or all")
    return None if value == "all" else value


Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_]*$")]
"""A name that becomes part of a file's path."""


def different(values: list[str]) -> list[str]:
    """Refuse a list that names something twice."""
    for value in values:
        if values.count(value) > 1:
            raise ValueError(f"{value} is named more than once")
    return values


Names = Annotated[list[str], Field(min_length=1), AfterValidator(different)]
"""One or more different names."""
TraitName = Annotated[str, RefersTo("trait")]
TraitNames = Annotated[list[TraitName], Field(min_length=1), AfterValidator(different)]
"""One or more different traits."""

Count = Annotated[
    Annotated[int, Field(ge=1)] | None,
    BeforeValidator(_all, json_schema_input_type=Annotated[int, Field(ge=1)] | Literal["all"]),
]
"""A number of things, or `all` of them."""

CountBySurvey = Annotated[
    dict[_Survey, Count],
    BY_SURVEY,
    BeforeValidator(
        spread,
        json_schema_input_type=Annotated[int, Field(ge=1)]
        | Literal["all"]
        | dict[str, Annotated[int, Field(ge=1)] | Literal["all"]],
    ),
]
SizeBySurvey = Annotated[
    dict[_Survey, Annotated[int, Field(ge=2)]],
    BY_SURVEY,
    BeforeValidator(
        spread,
        json_schema_input_type=Annotated[int, Field(ge=2)] | dict[str, Annotated[int, Field(ge=2)]],
    ),
]
TraitsBySurvey = Annotated[
    dict[_Survey, TraitNames],
    BY_SURVEY,
    BeforeValidator(spread, json_schema_input_type=list[str] | dict[str, list[str]]),
]


def for_survey(values: dict[str, T], survey: str) -> T:
    """Return the value that holds for a survey: its own, or the default."""
    return values[survey] if survey in values else values[DEFAULT]

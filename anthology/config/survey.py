"""What the study reads of a survey, declared in `config/surveys/`."""

from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from anthology.config.renamed import SURVEY
from anthology.records import Record

SIMULATED_LABEL = "Simulated population"
"""The label of a survey file that holds no people but a simulated population."""

Code = Annotated[int, Field(ge=-(2**15), lt=2**15)]
"""A value of a survey variable."""


class TraitSource(Record):
    """Where a survey keeps one trait of its respondents."""

    variable: str
    """The variable's name in the survey file."""
    codes: Annotated[list[Code], Field(min_length=2)]
    """The codes that are categories, in the survey's order. What else occurs must be labelled as
    a refusal, or be missing."""
    labels: dict[int, str] = {}
    """Our own words for categories, where the file's are not fit to be read out."""
    recode: dict[str, int | dict[int, float]]
    """For each option a backstory is asked, the code it falls into, or shares of several
    codes; options of the question's other variants may stand there too. An option that the
    survey does not know has an empty mapping: `{}`."""

    @model_validator(mode="after")
    def _codes_exist(self) -> Self:
        _once(self.codes)
        for option in self.recode:
            for code, share in self.shares(option).items():
                if code not in self.codes:
                    raise ValueError(f"recode.{option} names code {code}, which is not in codes")
                if not 0 < share <= 1:
                    raise ValueError(f"recode.{option} gives code {code} a share of {share}")
            if sum(self.shares(option).values()) > 1 + 1e-9:
                raise ValueError(f"recode.{option} gives away more than all of it")
        for code in self.labels:
            if code not in self.codes:
                raise ValueError(f"labels names code {code}, which is not in codes")
        return self

    def shares(self, option: str) -> dict[int, float]:
        """Return which share of an asked option falls into which code."""
        target = self.recode[option]
        return {target: 1.0} if isinstance(target, int) else dict(target)

    def holding(self, options: Iterable[str]) -> list[int]:
        """Return the codes into which any of some asked options falls, in the survey's order."""
        found = {code for option in options for code in self.shares(option)}
        return [code for code in self.codes if code in found]


def _once(codes: list[int]) -> None:
    if len(set(codes)) != len(codes):
        raise ValueError(f"codes repeats a code: {codes}")


class Item(Record):
    """One opinion question of a survey."""

    variable: str
    """The variable's name in the survey file."""
    codes: Annotated[list[Code], Field(min_length=2)]
    """The codes of the options in the survey's order. What else occurs must be labelled as a
    refusal, or be missing."""
    scale: Literal["ordinal", "nominal"] = "ordinal"
    """Options of an ordinal scale are only ever reversed, never mixed."""
    last: list[int] = []
    """Codes of options that always stand last, such as "neither"."""
    reverse_coded: bool = False
    """Whether the item runs against the others, and is turned round for the keyed alpha."""
    wording: str | None = None
    """Our own wording, where the file holds only a fragment."""
    labels: dict[int, str] = {}
    """Our own words for options, where the file's are not fit to be read out."""

    @model_validator(mode="after")
    def _codes_exist(self) -> Self:
        _once(self.codes)
        for name, codes in (("last", self.last), ("labels", list(self.labels))):
            for code in codes:
                if code not in self.codes:
                    raise ValueError(f"{name} names code {code}, which is not in codes")
        return self


class Survey(Record):
    """One survey: where its file keeps people, weights, traits and items."""

    renamed: ClassVar = SURVEY

    id: str
    """The variable that identifies a respondent."""
    weight: str
    """The variable that holds a respondent's weight."""
    traits: dict[str, TraitSource]
    """The traits it asked, by the names of `config/traits.yaml`."""
    items: Annotated[list[Item], Field(min_length=1)]
    """The opinion questions of the study, in the survey's order."""

    @model_validator(mode="after")
    def _items_differ(self) -> Self:
        names = [item.variable for item in self.items]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"items names the variable {name} more than once")
        return self

"""What the study reads of a survey, declared in `config/surveys/`."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from anthology.records import Record


class TraitSource(Record):
    """Where a survey keeps one trait of its respondents."""

    variable: str
    """The variable's name in the survey file."""
    codes: Annotated[list[int], Field(min_length=2)]
    """The codes that are categories, in the survey's order; all others are no answer."""
    labels: dict[int, str] = {}
    """Our own words for categories, where the file's are not fit to be read out."""
    fold: dict[str, int | dict[int, float]]
    """For each option a backstory is asked, the code it falls into, or shares of several
    codes. An option that the survey does not know has an empty mapping: `{}`."""

    @model_validator(mode="after")
    def _codes_exist(self) -> Self:
        for option in self.fold:
            for code, share in self.shares(option).items():
                if code not in self.codes:
                    raise ValueError(f"fold.{option} names code {code}, which is not in codes")
                if not 0 < share <= 1:
                    raise ValueError(f"fold.{option} gives code {code} a share of {share}")
            if sum(self.shares(option).values()) > 1 + 1e-9:
                raise ValueError(f"fold.{option} gives away more than all of it")
        for code in self.labels:
            if code not in self.codes:
                raise ValueError(f"labels names code {code}, which is not in codes")
        return self

    def shares(self, option: str) -> dict[int, float]:
        """Return which share of an asked option falls into which code."""
        target = self.fold[option]
        return {target: 1.0} if isinstance(target, int) else dict(target)


class Item(Record):
    """One opinion question of a survey."""

    variable: str
    """The variable's name in the survey file."""
    codes: Annotated[list[int], Field(min_length=2)]
    """The codes of the options in the survey's order; all others are no answer."""
    scale: Literal["ordinal", "nominal"] = "ordinal"
    """Options of an ordinal scale are only ever reversed, never mixed."""
    last: list[int] = []
    """Codes of options that always stand last, such as "neither"."""
    wording: str | None = None
    """Our own wording, where the file holds only a fragment."""
    labels: dict[int, str] = {}
    """Our own words for options, where the file's are not fit to be read out."""

    @model_validator(mode="after")
    def _codes_exist(self) -> Self:
        if len(set(self.codes)) != len(self.codes):
            raise ValueError(f"codes repeats a code: {self.codes}")
        for name, codes in (("last", self.last), ("labels", list(self.labels))):
            for code in codes:
                if code not in self.codes:
                    raise ValueError(f"{name} names code {code}, which is not in codes")
        return self


class Survey(Record):
    """One survey: where its file keeps people, weights, traits and items."""

    title: str
    """What the survey is called in tables and reports."""
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

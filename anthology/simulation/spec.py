"""How a simulated survey is declared in `config/populations/`."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from anthology.records import Record

Share = Annotated[float, Field(ge=0, le=100)]


class Refusal(Record):
    """The labelled value under which a variable keeps those who did not answer."""

    code: int = 99
    """The value."""
    label: str = "Refused"
    """Its label, in whatever spelling the file is to show."""
    share: Share = 0.0
    """Percent of people who refuse."""


class Category(Record):
    """One category of a trait, as the survey's file keeps it."""

    label: str
    """The value's label."""
    share: Share
    """Percent of the population, weighted."""
    options: Annotated[list[str], Field(min_length=1)]
    """The options of `config/traits.yaml` that the category stands for."""
    reach: Annotated[float, Field(gt=0)] = 1.0
    """How much more often than its share the panel holds the category; weights undo it."""


class Column(Record):
    """What all variables with labelled values have."""

    variable: str
    """The variable's name."""
    label: str
    """The variable's label, as it stands in the file."""


class TraitColumn(Column):
    """One trait variable."""

    codes: Annotated[dict[int, Category], Field(min_length=2)]
    """The categories by code."""
    refused: Refusal | None = None
    """The value for a refusal, where the variable has one."""
    missing: Share = 0.0
    """Percent of people with no value at all."""

    @property
    def values(self) -> dict[int, str]:
        """The label of each code, a refusal's among them."""
        labels = {code: category.label for code, category in self.codes.items()}
        return labels | ({self.refused.code: self.refused.label} if self.refused else {})


class ItemColumn(Column):
    """One opinion variable: an ordered scale cut out of the society's attitudes."""

    options: Annotated[dict[int, str], Field(min_length=2)]
    """The options by code."""
    shares: list[Share]
    """Percent of the population for each option, in the order of `options`, weighted."""
    refused: Refusal = Refusal()
    """The value for a refusal."""
    loadings: dict[str, Annotated[float, Field(ge=-1, le=1)]] = {}
    """How much of each attitude goes into the answer; positive: towards the last option."""

    @property
    def values(self) -> dict[int, str]:
        """The label of each code, a refusal's among them."""
        return self.options | {self.refused.code: self.refused.label}

    @model_validator(mode="after")
    def _shares_fit(self) -> Self:
        if len(self.shares) != len(self.options):
            raise ValueError(
                f"shares has {len(self.shares)} values for {len(self.options)} options"
            )
        if sum(loading**2 for loading in self.loadings.values()) >= 1:
            raise ValueError("loadings leave nothing to the person: their squares add up to 1")
        return self


class PopulationSpec(Record):
    """One file in `config/populations/`: the file of a simulated survey."""

    id: str = "QKEY"
    """The variable that identifies a respondent."""
    weight: str
    """The variable that holds a respondent's weight."""
    absent: Share = 0.0
    """Percent of people who were not asked: neither weight nor answers."""
    traits: dict[str, TraitColumn]
    """The trait variables, by the names of `config/traits.yaml`."""
    items: Annotated[list[ItemColumn], Field(min_length=1)]
    """The opinion variables."""

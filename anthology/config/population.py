"""How a simulated survey is declared in `config/populations/`.

Whatever has an order is a list here: settings reach a stage as JSON with sorted
keys, which keeps the order of a list and of nothing else.
"""

from collections.abc import Iterable
from typing import Annotated, Self, TypeVar

from pydantic import AfterValidator, Field, field_validator, model_validator

from anthology.records import Record
from anthology.spelling import suggest

DIMENSIONS: tuple[str, ...] = ("caution", "naturalness", "conservatism", "enthusiasm", "trust")
"""The attitudes: wariness of what is added to food, of what is bred into it, social
conservatism, enthusiasm about technology, trust in others and in institutions."""

OPTIONS: dict[str, tuple[str, ...]] = {
    "age": ("18-29", "30-49", "50-64", "65+"),
    "gender": ("man", "woman", "other"),
    "race": ("native", "asian", "black", "hispanic", "mideast", "pacific", "white", "other"),
    "education": (
        "none", "highschool", "some-college", "associate",
        "bachelor", "master", "professional", "doctorate",
    ),
    "income": (
        "0-10k", "10-20k", "20-30k", "30-40k", "40-50k", "50-60k", "60-70k", "70-80k",
        "80-90k", "90-100k", "100-150k", "150-200k", "200k+",
    ),
    "region": ("northeast", "midwest", "south", "west"),
    "religion": (
        "protestant", "catholic", "mormon", "orthodox", "jewish", "muslim",
        "buddhist", "hindu", "atheist", "agnostic", "else", "nothing",
    ),
    "party": ("republican", "democrat", "independent", "other"),
}  # fmt: skip
"""For each trait, the options of `config/traits.yaml`."""


Share = Annotated[float, Field(ge=0, le=100)]

_ROUNDING = 3.0
"""How far from 100 percent rounded shares may add up to."""


class Refusal(Record):
    """The labelled value under which a variable keeps those who did not answer."""

    code: int = 99
    """The value."""
    label: str = "Refused"
    """Its label, in whatever spelling the file is to show."""
    share: Share = 0.0
    """Percent of people who refuse."""


class Option(Record):
    """One labelled value of a variable."""

    code: int
    """The value."""
    label: str
    """The value's label."""
    share: Share
    """Percent of those who answer, weighted."""


class Category(Option):
    """One category of a trait, as the survey's file keeps it."""

    options: Annotated[list[str], Field(min_length=1)]
    """The options of `config/traits.yaml` that the category stands for."""
    reach: Annotated[float, Field(gt=0)] = 1.0
    """How much more often than its share the panel holds the category; weights undo it."""


AnyOption = TypeVar("AnyOption", bound=Option)


def _check_shares(options: list[AnyOption]) -> list[AnyOption]:
    """Check that options differ and that all people together are about 100 percent."""
    codes = [option.code for option in options]
    for code in codes:
        if codes.count(code) > 1:
            raise ValueError(f"the code {code} is given more than once")
    total = sum(option.share for option in options)
    if abs(total - 100) > _ROUNDING + 1e-9:
        raise ValueError(f"the shares add up to {total:g}; expected about 100")
    return options


def _check_refusal(options: Iterable[Option], refused: Refusal | None) -> None:
    """Check that a refusal cannot be taken for an option."""
    for option in options:
        if refused is not None and option.code == refused.code:
            raise ValueError(
                f'the code {option.code} is both the option "{option.label}" and the refusal; '
                "give refused.code a value of its own"
            )


def _check_attitude(name: str) -> str:
    if name not in DIMENSIONS:
        raise ValueError(f'unknown attitude "{name}"; {suggest(name, DIMENSIONS)}')
    return name


def _check_trait(name: str) -> str:
    if name not in OPTIONS:
        raise ValueError(f'unknown trait "{name}"; {suggest(name, OPTIONS)}')
    return name


class Column(Record):
    """What all variables with labelled values have."""

    variable: str
    """The variable's name."""
    label: str
    """The variable's label, as it stands in the file."""


class TraitColumn(Column):
    """One trait variable."""

    categories: Annotated[list[Category], Field(min_length=2), AfterValidator(_check_shares)]
    """The categories."""
    refused: Refusal | None = None
    """The value for a refusal, where the variable has one."""
    missing: Share = 0.0
    """Percent of people with no value at all."""

    @property
    def values(self) -> dict[int, str]:
        """The label of each code, a refusal's among them."""
        labels = {category.code: category.label for category in self.categories}
        return labels | ({self.refused.code: self.refused.label} if self.refused else {})

    @model_validator(mode="after")
    def _check_codes(self) -> Self:
        _check_refusal(self.categories, self.refused)
        return self


class ItemColumn(Column):
    """One opinion variable: an ordered scale cut from a mix of the society's attitudes."""

    options: Annotated[list[Option], Field(min_length=2), AfterValidator(_check_shares)]
    """The options as they follow each other along the scale, whatever their codes are."""
    refused: Refusal = Refusal()
    """The value for a refusal."""
    loadings: dict[
        Annotated[str, AfterValidator(_check_attitude)], Annotated[float, Field(ge=-1, le=1)]
    ] = {}
    """How much of each attitude goes into the answer; positive: towards the last option."""

    @property
    def values(self) -> dict[int, str]:
        """The label of each code, a refusal's among them."""
        labels = {option.code: option.label for option in self.options}
        return labels | {self.refused.code: self.refused.label}

    @model_validator(mode="after")
    def _check_codes(self) -> Self:
        _check_refusal(self.options, self.refused)
        return self

    @field_validator("loadings")
    @classmethod
    def _check_loadings(cls, loadings: dict[str, float]) -> dict[str, float]:
        if sum(loading**2 for loading in loadings.values()) >= 1:
            raise ValueError("loadings leave nothing to the person: their squares add up to 1")
        return loadings


class PopulationSpec(Record):
    """One file in `config/populations/`: the file of a simulated survey."""

    id: str = "QKEY"
    """The variable that identifies a respondent."""
    weight: str
    """The variable that holds a respondent's weight."""
    absent: Share = 0.0
    """Percent of people who were not asked: neither weight nor answers."""
    traits: dict[Annotated[str, AfterValidator(_check_trait)], TraitColumn]
    """The trait variables, by the names of `config/traits.yaml`."""
    items: Annotated[list[ItemColumn], Field(min_length=1)]
    """The opinion variables."""

    @field_validator("traits")
    @classmethod
    def _check_options(cls, traits: dict[str, TraitColumn]) -> dict[str, TraitColumn]:
        wrong = [
            f'{trait}: code {category.code} has the unknown option "{option}"; '
            f"{suggest(option, OPTIONS[trait])}"
            for trait, column in traits.items()
            for category in column.categories
            for option in category.options
            if option not in OPTIONS[trait]
        ]
        if wrong:
            raise ValueError("\n  ".join(wrong))
        return traits

    @model_validator(mode="after")
    def _check_variables(self) -> Self:
        columns = [*self.traits.values(), *self.items]
        names = [self.id, self.weight, *(column.variable for column in columns)]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"the variable {name} stands in more than one place")
        return self

"""The traits of `config/traits.yaml`: what stories are asked about who they are, and how."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, ValidationError, model_validator

from anthology.config.renamed import TRAIT
from anthology.config.types import Name, different
from anthology.records import Record

Unit = Literal["years", "dollars"]
"""What numbers count: the years of an age, or the dollars of a year's income."""


class TraitOption(Record):
    """One option of a trait's question."""

    id: str
    """The name by which surveys recode it."""
    text: str
    """The option as it is read out."""
    low: float | None = None
    """For numeric traits: the smallest number that falls into the option."""
    high: float | None = None
    """For numeric traits: the first number above the option."""
    counts_as: str | None = None
    """In a step: the trait's option that this answer counts as."""


class TraitQuestion(Record):
    """A question with options, or put without them."""

    question: str
    """The question."""
    open_question: str | None = None
    """How it is put without options, where the question itself speaks of them."""
    unit: Unit | None = None
    """For numeric traits: what an answer's numbers count. Others are not read: 60k is no age."""
    options: Annotated[list[TraitOption], Field(min_length=2)]
    """What can be answered, in order."""

    @property
    def ids(self) -> list[str]:
        """The options' names, in order."""
        return [option.id for option in self.options]

    @model_validator(mode="after")
    def _numbers_have_a_unit(self) -> Self:
        bounded = any((option.low, option.high) != (None, None) for option in self.options)
        if bounded and self.unit is None:
            raise ValueError("options with low or high need a unit: years or dollars")
        different(self.ids)
        return self


class TraitStep(TraitQuestion):
    """A further question of a trait, put after the answer to the one before."""

    name: Name
    """What its answers are called in tables, behind the trait's name and a dot."""
    when: list[str] = []
    """Ask only those who chose one of these options, of the trait or an earlier step; empty: ask
    all."""


class TraitVariant(Record):
    """Another way of asking for a trait: what is given here is laid over the trait."""

    question: str | None = None
    """The question instead."""
    open_question: str | None = None
    """How it is put without options instead."""
    look_in_story: bool | None = None
    """Whether a reader looks first instead."""
    unit: Unit | None = None
    """The unit instead."""
    options: list[TraitOption] | None = None
    """All options instead."""
    steps: list[TraitStep] | None = None
    """The further questions instead."""


class Trait(TraitQuestion):
    """One trait of `config/traits.yaml`, as backstories and personas are asked for it."""

    renamed: ClassVar = TRAIT

    look_in_story: bool = False
    """Whether a reader first looks if the story states the trait."""
    steps: list[TraitStep] = []
    """Further questions, each after the answer to the one before."""
    variants: dict[Name, TraitVariant] = {}
    """Other ways of asking, by the names that `traits.variants` gives them."""

    def variant(self, name: str | None) -> "Trait":
        """Return the trait as it is asked in one of its variants; None for none of them."""
        own = self.model_dump(exclude={"variants"})
        laid = {} if name is None else self.variants[name].model_dump(exclude_unset=True)
        return Trait.model_validate(own | laid)

    @property
    def every_id(self) -> set[str]:
        """The options' names in all variants."""
        ways = [self, *map(self.variant, self.variants)]
        return {name for way in ways for name in way.ids}

    @model_validator(mode="after")
    def _steps_follow(self) -> Self:
        different([step.name for step in self.steps])
        known = list(self.ids)
        for step in self.steps:
            for name in step.when:
                if name not in known:
                    raise ValueError(f"steps.{step.name}.when names {name}, no option before it")
            for option in step.options:
                if option.counts_as is not None and option.counts_as not in self.ids:
                    raise ValueError(
                        f"steps.{step.name} counts {option.id} as {option.counts_as}, which is no "
                        "option of the trait"
                    )
            known = different([*known, *step.ids])
        if any(option.counts_as is not None for option in self.options):
            raise ValueError("counts_as is for the options of steps")
        return self

    @model_validator(mode="after")
    def _variants_make_traits(self) -> Self:
        for name in self.variants:
            try:
                self.variant(name)
            except ValidationError as error:
                found = error.errors()[0]["msg"].removeprefix("Value error, ")
                raise ValueError(f"variants.{name}: {found}") from None
        return self

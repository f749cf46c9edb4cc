"""The named templates of `config/prompts/`, one small record a kind.

A template holds placeholders in braces, such as ``{story}``; a brace that is
meant as a brace is doubled.
"""

from string import Formatter
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from anthology.numbers import Unit
from anthology.records import Record


def placeholders(template: str) -> list[str]:
    """List the names that a template leaves open.

    Raises
    ------
    ValueError
        If a brace is left open or a placeholder has no plain name.
    """
    try:
        fields = [field for field in Formatter().parse(template) if field[1] is not None]
    except ValueError as error:
        raise ValueError(f"{error} (a brace that is meant as a brace is doubled)") from None
    names = []
    for _, name, form, conversion in fields:
        if name is None or not name.isidentifier() or form or conversion:
            raise ValueError(
                f"the braces around {name!r} hold no plain name (a literal brace is doubled)"
            )
        names.append(name)
    return names


def _template(*required: str, may: tuple[str, ...] = ()) -> AfterValidator:
    """Check that a template has the placeholders it needs, and none that nothing fills."""
    known = (*required, *may)

    def check(template: str) -> str:
        names = placeholders(template)
        for name in names:
            if name not in known:
                expected = ", ".join(f"{{{k}}}" for k in known) or "none"
                raise ValueError(f"unknown placeholder {{{name}}}; expected: {expected}")
        for name in required:
            if name not in names:
                raise ValueError(f"the placeholder {{{name}}} is missing")
        return template

    return AfterValidator(check)


class StoryPrompt(Record):
    """`prompts/stories/`: the open question that a natural backstory answers."""

    question: str
    """The question, as an interviewer would put it."""


class CriticPrompt(Record):
    """`prompts/critics/`: asks a chat model whether a story may be kept."""

    system: str = ""
    """What the model is told about its task."""
    message: Annotated[str, _template("story")]
    """The request; `{story}` stands for the story."""
    accept: str = "yes"
    """The word that a reply must begin with for the story to be kept."""


class ReaderPrompt(Record):
    """`prompts/readers/`: asks a chat model whether a story states a trait."""

    system: str = ""
    """What the model is told about its task."""
    message: Annotated[str, _template("story", "question", may=("options",))]
    """The request; `{question}` is the trait's question, `{options}` its options."""
    absent: str
    """What a reply begins with where the story does not state the trait."""


class Style(Record):
    """`prompts/styles/`: how a respondent's traits are put into words for a persona.

    In form `questions` every trait is an answered question of its own. In form
    `answer` all traits together are the answer to one question, `opening`. In form
    `instruction` they are one passage that tells the model whom to speak for.
    """

    form: Literal["questions", "answer", "instruction"]
    """One answered question for each trait, or one passage for all of them."""
    opening: str = ""
    """For an answer: the question. For an instruction: what stands before the traits."""
    options: bool = False
    """For questions: whether the options are listed and the answer names one."""
    joiner: str = " "
    """For a passage: what stands between two traits, and around them."""
    traits: dict[str, Annotated[str, _template("answer")]]
    """For each trait its sentence; `{answer}` is the respondent's category."""


class WriterPrompt(Record):
    """`prompts/writers/`: asks a chat model for the life story of a given person."""

    system: str = ""
    """What the model is told about its task."""
    message: Annotated[str, _template("person")]
    """The request; `{person}` stands for the traits as `style` words them."""
    style: Style
    """How the traits are worded for the writer."""


class SurveyPrompt(Record):
    """`prompts/surveys/`: what frames each item that a persona is asked."""

    before: Annotated[str, _template()] = ""
    """A line before each question, such as a call for consistent answers."""
    after: Annotated[str, _template(may=("labels",))] = ""
    """A line after the options; `{labels}` lists the allowed labels."""


class TraitOption(Record):
    """One option of a trait's question."""

    id: str
    """The name by which surveys fold it."""
    text: str
    """The option as it is read out."""
    low: float | None = None
    """For numeric traits: the smallest number that falls into the option."""
    high: float | None = None
    """For numeric traits: the first number above the option."""


class Trait(Record):
    """One trait of `config/traits.yaml`, as backstories and personas are asked for it."""

    question: str
    """The question."""
    read: bool = False
    """Whether a reader first looks if the story states the trait."""
    unit: Unit | None = None
    """For numeric traits: what an answer's numbers count. Others are not read: 60k is no age."""
    options: Annotated[list[TraitOption], Field(min_length=2)]
    """What can be answered, in order."""

    @model_validator(mode="after")
    def _numbers_have_a_unit(self) -> Self:
        bounded = any((option.low, option.high) != (None, None) for option in self.options)
        if bounded and self.unit is None:
            raise ValueError("options with low or high need a unit: years or dollars")
        return self

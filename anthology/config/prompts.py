"""The named templates of `config/prompts/`, one small record a kind.

A template holds placeholders in braces, such as ``{story}``; a brace that is
meant as a brace is doubled.
"""

from string import Formatter
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from anthology.config.renamed import READER_PROMPT, SURVEY_PROMPT
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


def _worded(text: str) -> str:
    if not any(character.isalnum() for character in text):
        raise ValueError("holds no word")
    return text


def _wordy(text: str) -> str:
    if text and not text.strip():
        raise ValueError("expected words, or nothing at all")
    return text


Worded = Annotated[str, AfterValidator(_worded)]
"""A text that holds a word, at least."""


class StoryPrompt(Record):
    """`prompts/stories/`: the open question that a natural backstory answers, or an interview.

    An interview has several `questions`; each answer stands before the next question, and all
    answers together are the story.
    """

    question: Worded | None = None
    """The question, as an interviewer would put it."""
    questions: list[Worded] = []
    """Instead of one question, those of an interview, in order."""
    system: str = ""
    """Role description for a chat model; base models do not see it."""

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if (self.question is None) == (not self.questions):
            raise ValueError("give either a question or the questions of an interview")
        return self

    @property
    def asked(self) -> list[str]:
        """The questions, one or more, in order."""
        return self.questions if self.question is None else [self.question]


class PreamblePrompt(Record):
    """`prompts/preambles/`: a question that the writer must answer as wanted before a story."""

    question: Worded
    """The question, such as one for a condition that speakers have to meet."""
    accept: Worded = "yes"
    """The word that the reply must begin with; case does not matter."""
    max_tokens: Annotated[int, Field(ge=1)] = 32
    """Longest reply, in tokens."""


class CriticPrompt(Record):
    """`prompts/critics/`: asks a chat model whether a story may be kept."""

    system: str = ""
    """System message: the model's task."""
    message: Annotated[str, _template("story")]
    """The request; `{story}` stands for the story."""
    accept: Worded = "yes"
    """The word that a reply must begin with for the story to be kept."""


class ReaderPrompt(Record):
    """`prompts/readers/`: asks a chat model whether a story states a trait."""

    renamed: ClassVar = READER_PROMPT

    system: str = ""
    """System message: the model's task."""
    message: Annotated[str, _template("story", "question", may=("options",))]
    """The request; `{question}` is the trait's question, `{options}` its options."""
    not_stated: Worded
    """What a reply begins with where the story does not state the trait."""


class CoderPrompt(Record):
    """`prompts/coders/`: asks a chat model which option a free answer to a trait comes to."""

    renamed: ClassVar = READER_PROMPT

    system: str = ""
    """System message: the model's task."""
    message: Annotated[str, _template("options", "answer", may=("question",))]
    """The request; `{question}` is what was asked, `{options}` the options, `{answer}` what was
    answered."""
    not_stated: Worded
    """What a reply begins with where the answer comes to none of the options."""


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
    """System message: the model's task."""
    message: Annotated[str, _template("person")]
    """The request; `{person}` stands for the traits as `style` words them."""
    style: Style
    """How the traits are worded for the writer."""


class SurveyPrompt(Record):
    """`prompts/surveys/`: what frames each item that a persona is asked."""

    renamed: ClassVar = SURVEY_PROMPT

    system: str = ""
    """Role description for a chat model; base models do not see it."""
    before: Annotated[str, _template()] = ""
    """A line before each question, such as a call for consistent answers."""
    after: Annotated[str, _template(may=("labels",))] = ""
    """A line after the options; `{labels}` lists the allowed labels. Left out where
    `require_label` is false."""
    answer_marker: Annotated[
        str, AfterValidator(_wordy), Field(json_schema_extra={"pattern": r"^$|\S"})
    ] = ""
    """The words behind which the answer stands in a reply that thinks aloud: what follows the last
    of them is read, and a reply without them cannot be. Empty where replies are answers."""

"""How questions and options look on the page."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from anthology.records import Record


def _in_one_line(name: str) -> str:
    if not name or name != name.strip() or "\n" in name:
        raise ValueError("expected a name in one line, with no spaces around it")
    return name


_Speaker = Annotated[
    str,
    AfterValidator(_in_one_line),
    Field(json_schema_extra={"pattern": r"^\S([^\n]*\S)?$"}),
]

_BRACKETS = {"round": "({})", "square": "[{}]", "dot": "{}.", "none": "{}"}


class Format(Record):
    """How a multiple-choice question is laid out."""

    symbols: Literal["upper", "lower", "number"] = "upper"
    """What options are labelled with: A B C, a b c, or 1 2 3."""
    brackets: Literal["round", "square", "dot", "none"] = "round"
    """What stands around a label: (A), [A], A., or A."""
    asker: _Speaker = "Question"
    """The name before a question; chats have turns in its place."""
    answerer: _Speaker = "Answer"
    """The name before an answer; chats have turns in its place."""

    def symbol(self, position: int) -> str:
        """Return the bare symbol of an option, counted from 0."""
        if self.symbols == "number":
            return str(position + 1)
        return chr(ord("A" if self.symbols == "upper" else "a") + position)

    def label(self, position: int) -> str:
        """Return the symbol in its brackets."""
        return _BRACKETS[self.brackets].format(self.symbol(position))

"""The prompt of an interview, as text or chat: the conversation so far and the next question."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from anthology.config.formats import Format
from anthology.errors import DataError
from anthology.models.base import Message


@dataclass(frozen=True, slots=True)
class Turn:
    """A question with its answer, or, where the answer is None, a plain passage."""

    question: str
    answer: str | None = None


def turns_from_rows(rows: Iterable[Mapping[str, Any]]) -> tuple[Turn, ...]:
    """Return turns from the rows that hold them in a table."""
    return tuple(Turn(row["question"], row["answer"]) for row in rows)


@dataclass(frozen=True, slots=True)
class Ask:
    """The question that is asked now, with the lines that frame it."""

    question: str
    before: str = ""
    after: str = ""


def stop_texts(layout: Format) -> tuple[str, ...]:
    """Return the text at which an answer ends: the marker of the next question."""
    return (f"\n{layout.asker}:",)


def render_text(turns: tuple[Turn, ...], ask: Ask, layout: Format) -> str:
    """Render what was said and what is asked as one text for a base model to continue."""
    return render_turns(turns, layout) + render_ask(ask, layout)


def render_turn(turn: Turn, layout: Format) -> str:
    """Render one turn, with the blank line that ends it."""
    if turn.answer is None:
        return f"{turn.question}\n\n"
    return f"{layout.asker}: {turn.question}\n{layout.answerer}: {turn.answer}\n\n"


def render_messages(turns: tuple[Turn, ...], ask: Ask, system: str = "") -> tuple[Message, ...]:
    """Render the same as a chat: passages join the next question, answers are the assistant's.

    The system message, where there is one, stands first.
    """
    messages = [Message("system", system)] if system else []
    pending = ""
    for turn in turns:
        if turn.answer is None:
            pending += f"{turn.question}\n\n"
            continue
        messages += [Message("user", pending + turn.question), Message("assistant", turn.answer)]
        pending = ""
    lines = [line for line in (ask.before, ask.question, ask.after) if line]
    return (*messages, Message("user", pending + "\n".join(lines)))


def render_turns(turns: tuple[Turn, ...], layout: Format) -> str:
    """Render what was said as the text that a question follows."""
    return "".join([render_turn(turn, layout) for turn in turns])


def render_ask(ask: Ask, layout: Format) -> str:
    """Render what is asked, up to where the answer begins."""
    before = f"{ask.before}\n" if ask.before else ""
    after = f"{ask.after}\n" if ask.after else ""
    return f"{before}{layout.asker}: {ask.question}\n{after}{layout.answerer}:"


def story_turns(
    openings: Sequence[str], answers: Sequence[str], *, where: str = ""
) -> tuple[Turn, ...]:
    """Return a story as what was said: each question with its answer.

    Parameters
    ----------
    openings
        The questions that stories answer, in order.
    answers
        One story's answers. One alone is taken as the answer to the first question,
        since stories from a file and those written for a respondent are in one piece.
    where
        The file they stand in, for an error.

    Raises
    ------
    DataError
        If there are neither as many answers as questions nor one.
    """
    if len(answers) == 1 and openings:
        return (Turn(openings[0], answers[0]),)
    if len(answers) != len(openings):
        raise DataError(
            f"a story has {len(answers)} answers, and there are {len(openings)} questions",
            where=where,
            hint="Remove the stories; the workflow makes them again.",
        )
    return tuple(map(Turn, openings, answers))

"""The table that life stories stand in, whoever wrote them, and stories as what was said."""

from collections.abc import Sequence

import pyarrow as pa

from anthology.errors import DataError
from anthology.transcripts import Turn

COLUMNS = pa.schema(
    [
        ("backstory", pa.int64()),
        ("text", pa.string()),
        ("answers", pa.list_(pa.string())),
        ("tokens", pa.int32()),
        ("finish", pa.string()),
        ("logprob", pa.float64()),
        ("tries", pa.int32()),
    ]
)
"""A story's number, its text, and the answers that it is made of: one for each question of an
interview, and one alone for any other story. And, where we had it written, its length in tokens,
why it ended, its total log-probability, and how many tries it took."""


def joined(answers: Sequence[str]) -> str:
    """Return the text of a story that was told in these answers: a blank line between them."""
    return "\n\n".join(answers)


def story_turns(
    openings: Sequence[str], answers: Sequence[str], *, where: str = ""
) -> tuple[Turn, ...]:
    """Return a story as what was said: each question with its answer.

    Parameters
    ----------
    openings
        The questions that stories are told in answer to, in order.
    answers
        One story's answers. One alone is taken as the answer to the first question,
        since stories from a file and those written for a respondent are told in one.
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

"""The table that life stories stand in, whoever wrote them, and stories as what was said."""

from collections.abc import Sequence

import pyarrow as pa

BACKSTORY_COLUMNS = pa.schema(
    [
        ("backstory", pa.int64()),
        ("text", pa.string()),
        ("answers", pa.list_(pa.string())),
        ("tokens", pa.int32()),
        ("finish", pa.string()),
        ("logprob", pa.float64()),
        ("attempts", pa.int32()),
    ]
)
"""A story's number, its text, and the answers that it is made of: one for each question of an
interview, and one alone for any other story. And, where we had it written, its length in tokens,
why it ended, its total log-probability, and how many attempts it took."""


def join_answers(answers: Sequence[str]) -> str:
    """Return the text of a story that was told in these answers: a blank line between them."""
    return "\n\n".join(answers)

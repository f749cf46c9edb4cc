"""The table of backstories, generated or imported."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from anthology.io.parquet import read_metadata, read_table

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
interview, and one alone for any other story. For generated stories also its length in tokens,
why it ended, its total log-probability, and how many attempts it took."""


def join_answers(answers: Sequence[str]) -> str:
    """Return the text of a story: its answers, with a blank line between them."""
    return "\n\n".join(answers)


def rejection_metadata(rejected: Counter[str]) -> dict[str, dict[str, int]]:
    """Return, as a fact, how many attempts were not kept, by reason."""
    return {"rejected": dict(sorted(rejected.items()))}


def summarize_attempts(output: Path) -> str:
    """Say how many attempts the stories took, and why the others were rejected."""
    attempts = read_table(output, ["attempts"])["attempts"]
    reasons = "".join(f"; {n} {reason}" for reason, n in read_metadata(output)["rejected"].items())
    return f"{len(attempts)} stories kept of {pc.sum(attempts).as_py() or 0} attempts{reasons}"

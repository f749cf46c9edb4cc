"""The table that life stories stand in, whoever wrote them."""

import pyarrow as pa

COLUMNS = pa.schema(
    [
        ("backstory", pa.int64()),
        ("text", pa.string()),
        ("tokens", pa.int32()),
        ("finish", pa.string()),
        ("logprob", pa.float64()),
        ("tries", pa.int32()),
    ]
)
"""A story's number and text; and, where we had it written, its length in tokens, why it ended,
its total log-probability, and how many tries it took."""

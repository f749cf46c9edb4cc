"""A toy survey for tables of items: people and personas given by the positions they answer."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from anthology.io.parquet import write_table, write_text
from anthology.records import Record
from anthology.stages import items
from anthology.survey.codebook import Codebook, Entry

Answers = npt.NDArray[np.float64]
"""People x items, 1..k in the survey's order, NaN where there is no answer."""

CODES = {"TRUST": [1, 2, 3], "PRIDE": [20, 10]}
WORDS = {1: "Much", 2: "Some", 3: "None", 10: "Yes", 20: "No"}
BOOK = Codebook(
    survey="toy",
    source="toy people",
    traits={},
    items={
        name: Entry(wording=f"{name}?", options=tuple((code, WORDS[code]) for code in codes))
        for name, codes in CODES.items()
    },
)


class Made(Record):
    """No settings."""


def item_settings(conditions: list[str], **changes: Any) -> items.Settings:
    given = {
        "survey": "toy",
        "items": [{"variable": name, "codes": codes} for name, codes in CODES.items()],
        "rows": [["llama", name] for name in conditions],
        "labels": {"TRUST": {"3": "None at all"}},
        "persona_weights": "none",
        "confidence": 0.95,
        **changes,
    }
    return items.Settings.model_validate(given)


def tabulate_items(
    folder: Path,
    people: Answers,
    weights: npt.ArrayLike | None = None,
    personas: Mapping[str, Answers] | None = None,
    **changes: Any,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return `items.csv` and `correlations.csv` of people and of conditions of one model."""
    folder.mkdir(exist_ok=True)
    ids = [f"p{i:03}" for i in range(len(people))]
    columns = {
        "respondent": pa.array(ids),
        "weight": pa.array(np.ones(len(ids)) if weights is None else np.asarray(weights, float)),
    }
    for i, (name, codes) in enumerate(CODES.items()):
        columns[name] = pa.array([_code(codes, value) for value in people[:, i]], pa.int16())
    told = {"source": "toy people"}
    humans = folder / "humans.parquet"
    write_table(humans, pa.table(columns), stage="humans", settings=Made(), metadata=told)
    write_text(folder / "codebook.json", BOOK.as_json())
    conditions = dict(personas or {})
    for condition, positions in conditions.items():
        rows = {
            "respondent": [who for who in ids for _ in CODES],
            "item": list(CODES) * len(ids),
            "code": pa.array(
                [
                    _code(codes, value)
                    for answers in positions
                    for codes, value in zip(CODES.values(), answers, strict=True)
                ],
                pa.int16(),
            ),
        }
        about = {"survey": "toy", "model": "llama", "condition": condition}
        path = folder / f"{condition}.parquet"
        write_table(path, pa.table(rows), stage="responses", settings=Made(), metadata=about)
    items.run(
        item_settings(list(conditions), **changes),
        humans=humans,
        codebook=folder / "codebook.json",
        responses=[folder / f"{condition}.parquet" for condition in conditions],
        items=folder / "items.csv",
        correlations=folder / "correlations.csv",
    )
    return pd.read_csv(folder / "items.csv"), pd.read_csv(folder / "correlations.csv")


def _code(codes: list[int], position: float) -> int | None:
    return None if np.isnan(position) else codes[int(position) - 1]

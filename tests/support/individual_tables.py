"""A toy survey whose personas are compared with their people, one by one."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from anthology.io.parquet import read_table, write_table
from anthology.records import Record
from anthology.stages import individuals

PEOPLE = 80
CODES = {"TRUST": [1, 2, 3, 4], "PRIDE": [3, 1, 2], "HOPE": [10, 20, 30, 40, 50], "TEAM": [7, 8, 9]}
NAMES = list(CODES)
ROWS = [("llama", "told"), ("llama", "asked")]

OUTPUTS = {
    "individuals": "individuals.csv",
    "persons": "individuals.parquet",
    "calibration": "calibration.csv",
    "reliability": "reliability.csv",
}


Frame = Any
"""A data frame; what its cells are, its columns say."""
Tables = dict[str, Frame]


class Made(Record):
    """No settings."""


def individual_settings(**changes: Any) -> individuals.Settings:
    given = {
        "seed": 5,
        "survey": "toy",
        "items": [{"variable": name, "codes": codes} for name, codes in CODES.items()],
        "rows": ROWS,
        "bootstrap_resamples": 200,
        "confidence": 0.95,
        "nominal": ["TEAM"],
        "traits": {"age": [1, 2, 3], "gender": [1, 2]},
        **changes,
    }
    return individuals.Settings.model_validate(given)


def draw_respondents(missing: float = 0.05) -> Frame:
    """People whose answers go with their age, some missing."""
    rng = np.random.default_rng(1)
    age = rng.integers(1, 4, PEOPLE)
    columns: dict[str, Any] = {
        "respondent": [f"p{i:03}" for i in range(PEOPLE)],
        "weight": rng.gamma(2, size=PEOPLE),
        "trait:age": pd.Series(age).mask(rng.random(PEOPLE) < 0.1),
        "trait:gender": rng.integers(1, 3, PEOPLE),
    }
    for name in NAMES:
        columns[name] = _drawn(name, age, rng, missing)
    return pd.DataFrame(columns)


def _drawn(name: str, age: Any, rng: Any, missing: float) -> list[int | None]:
    codes = CODES[name]
    places = (age / 3 * len(codes) - 1 + rng.normal(size=len(age))).clip(0, len(codes) - 1)
    return [None if rng.random() < missing else codes[int(place)] for place in places]


def draw_responses(seed: int, people: Frame, *, shares: bool = False) -> Frame:
    """Rows of responses of the personas of most people."""
    rng = np.random.default_rng(seed)
    age = people["trait:age"].fillna(2).astype(int).to_numpy()
    parts = []
    for name in NAMES:
        codes = _drawn(name, age, rng, 0.1)
        odds = rng.dirichlet(np.ones(len(CODES[name])), size=len(people)) * 0.9
        parts.append(
            pd.DataFrame(
                {
                    "respondent": people["respondent"],
                    "item": name,
                    "code": codes,
                    "option_probs": list(odds) if shares else None,
                    "unseen": 0.05 if shares else None,
                }
            )
        )
    return pd.concat(parts)[lambda rows: rows["respondent"] < "p070"].reset_index(drop=True)


def write(path: Path, frame: Frame, **metadata: str) -> Path:
    types = {"option_probs": pa.list_(pa.float64()), "weight": pa.float64(), "unseen": pa.float64()}
    columns = {}
    for name in frame:
        text = name in ("respondent", "item")
        values = [None if np.ndim(v) == 0 and pd.isna(v) else v for v in frame[name]]
        columns[name] = pa.array(values, types.get(str(name), pa.string() if text else pa.int16()))
    write_table(path, pa.table(columns), stage="toy", settings=Made(), metadata=metadata)
    return path


def run_individuals(
    folder: Path, given: individuals.Settings, people: Frame, frames: list[Frame]
) -> Tables:
    """Run the stage and read what it made."""
    folder.mkdir(exist_ok=True)
    responses = [
        write(folder / f"{i}.parquet", frame, survey="toy", model=row[0], condition=row[1])
        for i, (row, frame) in enumerate(zip(given.rows, frames, strict=True))
    ]
    outputs = {name: folder / file for name, file in OUTPUTS.items()}
    humans = write(folder / "humans.parquet", people, source="toy people")
    individuals.run(given, humans=humans, responses=responses, **outputs)
    return {
        name: read_table(path).to_pandas() if path.suffix == ".parquet" else pd.read_csv(path)
        for name, path in outputs.items()
    }


def draw_both_rows(people: Frame) -> list[Frame]:
    return [draw_responses(1, people), draw_responses(2, people, shares=True)]

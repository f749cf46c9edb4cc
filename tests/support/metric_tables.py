"""A toy survey of three items, with respondents and personas, and the stages that measure them."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from anthology.io.parquet import write_table
from anthology.records import Record
from anthology.stages import comparisons, metrics
from tests.support import reference_metrics as reference

Table = list[dict[str, str]]
ITEMS: list[dict[str, Any]] = [
    {"variable": "TRUST", "codes": [1, 2, 3, 4]},
    {"variable": "PRIDE", "codes": [3, 1, 2]},
    {"variable": "HOPE", "codes": [10, 20, 30, 40, 50]},
]
NAMES = ["TRUST", "PRIDE", "HOPE"]
SIZES = [4, 3, 5]
ROWS = [("llama", "bio"), ("llama", "greedy_bio"), ("uniform", "bio")]
PEOPLE = 60


class Made(Record):
    """No settings."""


def settings_for(**changes: Any) -> metrics.Settings:
    given = {
        "seed": 5,
        "survey": "toy",
        "items": ITEMS,
        "splits": 20,
        "persona_weights": "none",
        "rows": [list(row) for row in ROWS],
        **changes,
    }
    return metrics.Settings.model_validate(given)


def population(people: int = PEOPLE, missing: float = 0.05) -> pd.DataFrame:
    """Respondents with weights and codes, some missing."""
    rng = np.random.default_rng(people)
    common = rng.normal(size=people)
    columns: dict[str, Any] = {
        "respondent": [f"p{i:03}" for i in rng.permutation(people)],
        "weight": rng.gamma(2, size=people),
    }
    for item in ITEMS:
        codes: list[int] = item["codes"]
        drawn = (len(codes) / 2 + common + rng.normal(size=people)).clip(0, len(codes) - 1)
        values: list[int | None] = [codes[int(place)] for place in drawn]
        columns[item["variable"]] = [None if rng.random() < missing else value for value in values]
    return pd.DataFrame(columns).astype(dict.fromkeys(NAMES, "Int16"))


def positions_of(frame: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.stack(
        [
            frame[item["variable"]]
            .map({code: place for place, code in enumerate(item["codes"], 1)})
            .astype(float)
            .to_numpy()
            for item in ITEMS
        ],
        axis=1,
    )


def write_humans(path: Path, frame: pd.DataFrame) -> Path:
    table = pa.table(
        {
            "respondent": pa.array(frame["respondent"], pa.string()),
            "weight": pa.array(frame["weight"], pa.float64()),
            **{name: pa.array(frame[name], pa.int16()) for name in NAMES if name in frame},
        }
    )
    told = {"survey": "toy", "source": "toy people"}
    write_table(path, table, stage="humans", settings=Made(), metadata=told)
    return path


def answered(seed: int, stories: bool, people: int = 40) -> pd.DataFrame:
    """Rows of responses of personas of some respondents."""
    rng = np.random.default_rng(seed)
    rows = []
    for name in sorted(population()["respondent"])[:people]:
        story = int(rng.integers(10)) if stories else None
        for item in ITEMS:
            codes: list[int] = item["codes"]
            valid = rng.random() < 0.9
            rows.append(
                {
                    "respondent": name,
                    "backstory": story,
                    "item": item["variable"],
                    "code": codes[rng.integers(len(codes))] if valid else None,
                    "valid": int(valid),
                    "declined": 0,
                    "refused": int(rng.integers(3)),
                    "unreadable": int(rng.integers(2)) + (not valid),
                    "contradictory": int(rng.integers(2)),
                    "out_of_attempts": not valid,
                }
            )
    return pd.DataFrame(rows)


def write_responses(path: Path, frame: pd.DataFrame, row: tuple[str, str], **changes: str) -> Path:
    integers = ("code", "valid", "declined", "refused", "unreadable", "contradictory")
    types = {
        **dict.fromkeys(integers, pa.int16()),
        "backstory": pa.int64(),
        "out_of_attempts": pa.bool_(),
    }
    table = pa.table(
        {
            name: pa.array(
                [None if pd.isna(v) else v for v in frame[name]], types.get(name, pa.string())
            )
            for name in frame
        }
    )
    told = {
        "survey": "toy",
        "model": row[0],
        "condition": row[1],
        "answers": f"{row[0]}-0.1",
        "backstories": "toy stories" if "greedy" in row[1] else "",
        "traits": "toy reader" if "greedy" in row[1] else "",
        **changes,
    }
    write_table(path, table, stage="responses", settings=Made(), metadata=told)
    return path


def frames() -> dict[tuple[str, str], pd.DataFrame]:
    return {row: answered(i, "greedy" in row[1]) for i, row in enumerate(ROWS)}


def run_metrics(
    folder: Path,
    given: metrics.Settings,
    people: pd.DataFrame,
    responses: Mapping[tuple[str, str], pd.DataFrame],
) -> tuple[Table, Table]:
    """Run the stage and read both tables."""
    folder.mkdir(exist_ok=True)
    files = [
        write_responses(folder / f"{i}.parquet", frame, row)
        for i, (row, frame) in enumerate(responses.items())
    ]
    table, account = folder / "metrics.csv", folder / "answers.csv"
    metrics.run(
        given,
        humans=write_humans(folder / "humans.parquet", people),
        responses=files,
        metrics=table,
        answers=account,
    )
    return read(table), read(account)


def read(path: Path) -> Table:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def numbers(row: Mapping[str, str], names: Sequence[str] = reference.MEASURES) -> list[float]:
    return [float(row[name]) for name in names]


def persona_positions(frame: pd.DataFrame) -> tuple[Any, list[str]]:
    wide = frame.pivot(index="respondent", columns="item", values="code")
    return positions_of(wide.astype("Int16")), wide.index.tolist()


def write_people(path: Path, frame: pd.DataFrame) -> Path:
    """Write respondents who have an age and a sex."""

    def codes(name: str) -> pa.Array:
        return pa.array([None if pd.isna(v) else int(v) for v in frame[name]], pa.int16())

    columns = {
        "respondent": pa.array(frame["respondent"], pa.string()),
        "weight": pa.array(frame["weight"], pa.float64()),
        **{f"trait:{name}": codes(name) for name in ("age", "sex")},
        **{name: codes(name) for name in NAMES},
    }
    told = {"survey": "toy", "source": "toy people"}
    write_table(path, pa.table(columns), stage="humans", settings=Made(), metadata=told)
    return path


def answer(frame: pd.DataFrame, item: str, code: int | None) -> pd.DataFrame:
    """Have everybody give the same answer to an item, or to all, or none."""
    chosen = frame["item"].isin([item] if item else NAMES)
    codes: Any = frame["code"].astype(object).mask(chosen, code)
    return frame.assign(code=codes)


def comparison_settings(**changes: Any) -> comparisons.Settings:
    given = settings_for().model_dump() | {
        "bootstrap_resamples": 200,
        "confidence": 0.9,
        **changes,
    }
    return comparisons.Settings.model_validate(given)


def run_comparisons(
    folder: Path,
    given: comparisons.Settings,
    people: pd.DataFrame,
    responses: Mapping[tuple[str, str], pd.DataFrame],
    jobs: int = 1,
) -> tuple[Table, Table]:
    """Run the stage and read both tables."""
    folder.mkdir(exist_ok=True)
    files = [
        write_responses(folder / f"{i}.parquet", frame, row)
        for i, (row, frame) in enumerate(responses.items())
    ]
    intervals, pairs = folder / "intervals.csv", folder / "comparisons.csv"
    comparisons.run(
        given,
        humans=write_humans(folder / "humans.parquet", people),
        responses=files,
        intervals=intervals,
        comparisons=pairs,
        jobs=jobs,
    )
    return read(intervals), read(pairs)

"""An old key gets one line that names the new one."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from anthology.config import renamed
from tests.support.project import Project

TABLES = [
    table
    for table in vars(renamed).values()
    if isinstance(table, Mapping) and "__name__" not in table
]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: next(iter(table)))
def test_no_key_is_renamed_to_itself(table: Mapping[str, str]) -> None:
    assert all(old.rpartition(".")[2] != new for old, new in table.items())


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("config/config.yaml", "questions: {tries: 3}", "max_attempts"),
        ("config/config.yaml", "backstories: {keep: {at_most: {interview: 2}}}", "max_mentions"),
        ("config/models/simulated.yaml", "endpoint: {in_flight: 3}", "max_concurrency"),
    ],
)
def test_an_old_key_is_answered_with_the_new_one(
    fresh: Project, tmp_path: Path, file: str, old: str, new: str
) -> None:
    if file == "config/config.yaml":
        overlay = tmp_path / "old.yaml"
        overlay.write_text(old + "\n")
        done = fresh.snakemake("-n", "--configfile", file, str(overlay))
    else:
        (fresh.path / file).write_text(f"provider: simulated\napi: completions\n{old}\n")
        done = fresh.snakemake("-n")
    assert done.status != 0
    assert "is now called" in done.text
    assert new in done.text
    assert "Traceback" not in done.text

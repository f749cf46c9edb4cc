"""A stage that a test makes up, watched."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from anthology.config.model import Price
from anthology.config.model_identity import ModelIdentity
from anthology.io.parquet import write_text
from anthology.models.usage import ModelUsage, Usage
from anthology.provenance.record_files import read_record
from anthology.provenance.recorder import StageRecorder
from anthology.provenance.schema import ProvenanceRecord

SETTINGS = {"seed": 7, "code": "0123abcd", "survey": "w34"}


def run_stage(
    given: Mapping[str, Path | list[Path]],
    made: Mapping[str, Path],
    *,
    name: str = "toy",
    settings: Mapping[str, Any] = SETTINGS,
    asked: Sequence[ModelUsage] = (),
    text: str = "a,b\n1,2\n3,4\n",
) -> None:
    """Do what a command does: look, write, record."""
    watch = StageRecorder(name)
    watch.look({**given, **made, "max_concurrency": 3, "models": None})
    for path in made.values():
        write_text(path, text)
    watch.record(settings, asked)


def record_of(path: Path) -> ProvenanceRecord:
    """Return the record of a file, which there must be."""
    found = read_record(path)
    assert found is not None
    return found


def usage_of(name: str = "paid", **counts: float) -> ModelUsage:
    """Return what asking a model took."""
    return ModelUsage(
        ModelIdentity(name=name, provider="openai", api="chat", model="m-1", revision="r2"),
        "m-1",
        "vllm 0.32.0",
        "http://jane:hunter2@node7:8000/v1",
        Price(prompt=1.0, completion=4.0),
        Usage(**counts),  # type: ignore[arg-type]
    )

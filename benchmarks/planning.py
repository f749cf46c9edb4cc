"""How long Snakemake takes to find out what is to be made, beside what it takes for nothing.

`python -m benchmarks.planning` measures this alone.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

from benchmarks.rows import Limit, limits
from benchmarks.taking import Grown, Taken
from benchmarks.workflow import copied, snakemake

TIMES = 3
"""How often each is measured; the least counts, since other work only ever adds."""
EMPTY, PLANNING, NOTHING = "Snakemake itself", "planning, nothing made", "nothing to do"
MOST = {EMPTY: None, PLANNING: 5, NOTHING: 2}
"""Seconds, in the order in which they are told."""
MODELS = 5
FURTHER = {
    f"{style}_{way}": {"persona": "traits", "style": style, **asked}
    for style in ("qa", "bio")
    for way, asked in (("alone", {"series": False}), ("cold", {"temperature": 0.5}))
}
"""What makes twenty of the declared conditions, less the one with a model of its own."""


def measure() -> list[Limit]:
    """Hold each against the most seconds that it may take."""
    return [
        Limit(f"{one.stage}: {one.size}", one.took.wall, MOST[one.stage], "s") for one in growth()
    ]


def growth() -> list[Grown]:
    """Plan nothing, the study as it is, and one of five models in twenty conditions."""
    with tempfile.TemporaryDirectory() as scratch:
        (Path(scratch) / "Snakefile").write_text("rule nothing:\n")
        found = [Grown(EMPTY, "an empty Snakefile", _least(Path(scratch)))]
    for enlarged in (False, True):
        with copied() as folder:
            size = _enlarge(folder) if enlarged else "the study of four waves"
            found.append(Grown(PLANNING, size, _least(folder, "-n")))
            _make_believe(folder)
            found.append(Grown(NOTHING, size, _least(folder)))
    return sorted(found, key=lambda one: list(MOST).index(one.stage))


def _least(folder: Path, *arguments: str) -> Taken:
    took = (snakemake(folder, "--cores", "2", *arguments) for _ in range(TIMES))
    return min(took, key=lambda one: one.wall)


def _enlarge(folder: Path) -> str:
    """Have a study compare more models and conditions; return how many of each."""
    names = [f"simulated_{number}" for number in range(1, MODELS + 1)]
    for name in names:
        (folder / f"config/models/{name}.yaml").write_text("provider: simulated\n")
    path = folder / "config/config.yaml"
    config: dict[str, Any] = yaml.safe_load(path.read_text())
    conditions = {**config["conditions"], **FURTHER}
    compare = [name for name, condition in conditions.items() if "model" not in condition]
    config |= {"models": names, "conditions": conditions, "compare": compare}
    path.write_text(yaml.safe_dump(config, sort_keys=False))
    return f"4 waves, {MODELS} models, {len(compare)} conditions"


def _make_believe(folder: Path) -> None:
    """Put something in the place of every file, and have Snakemake take it for made."""
    command = [str(Path(sys.executable).with_name("snakemake")), "--summary"]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run(
        command, cwd=folder, env=environment, check=True, capture_output=True, text=True
    )
    for line in done.stdout.splitlines()[1:]:
        file = folder / line.split("\t")[0]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(line)
    snakemake(folder, "--cores", "2", "--touch", "--forceall")


if __name__ == "__main__":
    print(limits(measure()))

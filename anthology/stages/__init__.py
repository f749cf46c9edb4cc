"""One file a stage: its `Settings`, which are all it may know of the experiment, and its `run`.

Imports every room above it but `providers`, which are loaded by name. What it computes lives
there.
"""

from pathlib import Path


def stage_descriptions() -> dict[str, str]:
    """Return the first line of each stage's module, by the stage's name."""
    files = sorted(Path(__file__).parent.glob("[!_]*.py"))
    return {file.stem: file.read_text(encoding="utf-8").split("\n")[0].strip('"') for file in files}

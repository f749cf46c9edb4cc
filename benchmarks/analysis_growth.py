"""What the analysis takes as people, or stories, grow tenfold and a hundredfold.

Thirty-two conditions, half of them with stories, and 2,000 draws: 496 pairs of conditions are
tested. Each stage is the project's own command in a process of its own, so that its figures
hold what a process takes to start. For duplicates, stories are of 300 words each, drawn
from 20,000 of unequal frequency, and one in a hundred is an earlier one with 20 words changed.
"""

import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa

from anthology.config.stage import StageSettings
from anthology.io.parquet import write_table
from anthology.records import canonical_json
from benchmarks.panel import STAGES, command, make
from benchmarks.taking import Grown, Taken, judged, taken

SIZES = (1_000, 10_000, 100_000)
CONDITIONS = 32
CHANGES = ["metrics={bootstrap_resamples: 2000, subgroups: [age, gender, [age, gender]]}"]
NAMED = ("metrics", "comparisons")
"""The stages that together have a most, at the largest size."""
MOST_SECONDS, MOST_MEMORY = 120.0, 3_000.0
_WORDS, _VOCABULARY = 300, 20_000


def growth(*, quick: bool = False) -> list[Grown]:
    """Run every stage at each size, without the largest if `quick`."""
    found = []
    for people in SIZES[: 2 if quick else None]:
        size = f"{people:,} people, {CONDITIONS} conditions"
        with tempfile.TemporaryDirectory() as scratch:
            panel = make(Path(scratch), people, CONDITIONS, CHANGES)
            took = {stage: panel.run(stage) for stage in STAGES}
            named = [took[stage] for stage in NAMED]
            both = Taken(
                sum(one.wall for one in named),
                sum(one.processor for one in named),
                max(one.memory for one in named),
            )
            kept = both.wall <= MOST_SECONDS and both.memory <= MOST_MEMORY
            met = judged(met=kept) if people == SIZES[-1] else ""
            found += [Grown(" and ".join(NAMED), size, both, met)]
            found += [Grown(stage, size, one) for stage, one in took.items()]
            copied = _duplicates(Path(scratch), people)
            found.append(Grown("duplicates", f"{people:,} stories", copied))
    return sorted(found, key=lambda one: one.stage)


def _duplicates(folder: Path, stories: int) -> Taken:
    source, output = folder / "stories.parquet", folder / "duplicates.csv"
    rng = np.random.default_rng(4)
    words = np.array([f"w{number}" for number in range(_VOCABULARY)])
    texts: list[str] = []
    for number in range(stories):
        said = words[(_VOCABULARY * rng.random(_WORDS) ** 3).astype(np.int64)]
        if number % 100 == 99:
            said = np.array(texts[-50].split(" "))
            said[40:60] = words[rng.integers(_VOCABULARY, size=20)]
        texts.append(" ".join(said))
    rows = pa.table({"backstory": np.arange(stories), "text": texts})
    write_table(source, rows, stage="backstories", settings=StageSettings(), metadata={})
    settings = canonical_json({"shingle_words": 5, "min_similarity": 0.5})
    files = ["--backstories", str(source), "--output", str(output)]
    return taken(command("duplicates", "--settings", settings, *files))

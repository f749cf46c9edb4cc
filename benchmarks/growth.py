"""What every stage takes as its work grows tenfold and a hundredfold, as one table.

Run it as `python -m benchmarks.growth`; with `--quick` it leaves the largest sizes out.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from anthology.tables import aligned
from benchmarks import analysis_growth, growth_stages, matching_growth


@dataclass(frozen=True, slots=True)
class Grown:
    """What one stage took at one size.

    Parameters
    ----------
    stage
        The stage.
    size
        Of what, and how much there was.
    wall, processor
        Its seconds, by the clock and by the processor.
    memory
        The most that its process held, in MB.
    note
        Whether a target was met, and what else is to be known.
    """

    stage: str
    size: str
    wall: float
    processor: float
    memory: float
    note: str = ""


def measure(*, quick: bool) -> Iterator[Grown]:
    """Run every stage at each size, each in a process of its own."""
    for step in growth_stages.measure(2 if quick else 3):
        of = "stories" if step.stage in growth_stages.OF_STORIES else "people"
        yield Grown(step.stage, f"{step.size:,} {of}", step.wall, step.processor, step.memory)
    for match in matching_growth.growth(quick=quick):
        proven = "" if match.gap is None else f"within {match.gap:.2g} of the bound"
        yield Grown(
            f"matching, {match.method}",
            f"{match.people:,} x {match.stories:,}",
            match.seconds,
            match.processor,
            match.memory,
            ", ".join(filter(None, (proven, match.met))),
        )
    for one in analysis_growth.growth(quick=quick):
        of = "stories" if one.stage == "duplicates" else "people, 32 conditions"
        took = one.took
        yield Grown(
            one.stage, f"{one.size:,} {of}", took.wall, took.processor, took.memory, one.met
        )


def table(rows: Sequence[Grown]) -> str:
    """Write the rows as one aligned table, with how a stage's processor time has grown."""
    lines = []
    for before, row in zip((None, *rows), rows, strict=False):
        same = before is not None and before.stage == row.stage
        grown = f"x{row.processor / before.processor:.1f}" if before and same else ""
        lines.append(
            [
                row.stage,
                row.size,
                f"{row.wall:.1f}",
                f"{row.processor:.1f}",
                grown,
                f"{row.memory:.0f}",
                row.note,
            ]
        )
    return aligned(["stage", "size", "wall s", "CPU s", "grown", "peak MB", ""], lines)


if __name__ == "__main__":
    print(table(list(measure(quick="--quick" in sys.argv[1:]))))

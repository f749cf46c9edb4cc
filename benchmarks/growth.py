"""What every stage takes as its work grows tenfold and a hundredfold, as one table.

Run it as `python -m benchmarks.growth`; with `--quick` it leaves the largest sizes out. Every row
is a process of its own, and holds what a process takes to start; of Snakemake, the largest of its
processes counts for memory.

Not here is what does not grow with a study but with what it runs on: how fast a served model is
asked (`benchmarks.asking`), or answers again from the journal (`benchmarks.fromjournal`), what a
server's cache saves (`benchmarks.prefix`, `benchmarks.sharing`), what a cluster adds to a job
(`benchmarks.slurm`). Nor are stages that only join small tables (summary, report, record), more
surveys at once, which repeat all of it, or files that are read for the first time since the
machine was started.
"""

import sys
from collections.abc import Iterator

from benchmarks import analysis_growth, growth_stages, journal, matching_growth, planning
from benchmarks.taking import Grown, table


def measure(*, quick: bool) -> Iterator[Grown]:
    """Run every stage at each size."""
    yield from growth_stages.measure(2 if quick else 3)
    yield from matching_growth.growth(quick=quick)
    yield from analysis_growth.growth(quick=quick)
    yield from journal.growth(quick=quick)
    yield from planning.growth()


if __name__ == "__main__":
    print(table(list(measure(quick="--quick" in sys.argv[1:]))))

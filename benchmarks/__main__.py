"""Measure everything side by side and print the table: `python -m benchmarks`."""

import argparse
import os

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def main() -> None:
    """Run the benchmarks and print their table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="leave out what takes long")
    quick = parser.parse_args().quick
    # Jobs of the workflow get one core each, so what is compared here gets no more; NumPy looks
    # at these variables when it is imported.
    os.environ.update(dict.fromkeys(THREADS, "1"))
    from benchmarks import (
        analysis,
        asking,
        fromjournal,
        human_row,
        journal,
        matching,
        planning,
        prefix,
        workflow,
    )
    from benchmarks.results import table

    # First, since a process starts with the memory of the one that it is forked from.
    results = workflow.measure(paper=not quick)
    results += planning.measure()
    results += journal.measure(*journal.SIZES[: 1 if quick else None])
    if not quick:
        results += asking.memory()
    results += asking.measure(quick=quick)
    results += fromjournal.measure(quick=quick)
    results += [*human_row.measure(), *analysis.measure(), *matching.measure()]
    if "ANTHOLOGY_VLLM" in os.environ:
        results += prefix.measure()
    print(table(results))


if __name__ == "__main__":
    main()

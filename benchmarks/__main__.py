"""Measure everything side by side and print the tables: `python -m benchmarks`."""

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
        growth,
        human_row,
        journal,
        matching,
        planning,
        rows,
        slurm,
        taking,
        workflow,
    )

    # First, since a process starts with the memory of the one that it is forked from.
    limits = workflow.measure(paper=not quick)
    limits += analysis.whole()
    limits += planning.measure()
    limits += journal.measure(*journal.SIZES[: 2 if quick else None])
    if not quick:
        limits += asking.memory()
    paces = asking.measure(quick=quick)
    rates = fromjournal.measure(quick=quick)
    print(rows.table([*human_row.measure(), *analysis.measure(), *matching.measure()]))
    print()
    print(rows.limits(limits))
    print()
    print(rows.paces(paces))
    print()
    print(rows.rates(rates))
    if not quick:
        print()
        print(taking.table(list(growth.measure(quick=False))))
        print()
        slurm.main()
    if "ANTHOLOGY_VLLM" in os.environ:
        from benchmarks import prefix

        print()
        prefix.main()
        if not quick:
            from benchmarks import sharing

            print()
            sharing.main()


if __name__ == "__main__":
    main()

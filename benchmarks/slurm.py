"""What a job costs through Slurm over running it here, beside the plugin's own floor.

`python -m benchmarks.slurm`, on a machine with a Slurm (.ci/slurm start). The floor is a rule that
only touches a file, in a workflow without imports, sent by the same plugin with the same settings.
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median
from time import perf_counter, time

from tests.support.project import new_project
from tests.support.slurm import SENT, missing, scontrol

RUNS = 3
STAGE = "results/w34/responses/simulated/qa.parquet"
TOUCH = 'rule touch:\n    output: "touched"\n    shell: "touch {output}"\n'
HERE = ("--cores", "1")
AWAY = ("--workflow-profile", "slurm", "--slurm-init-seconds-before-status-checks", "1")


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of one job from the start of Snakemake, in the median of the runs.

    Parameters
    ----------
    what
        The job.
    here
        Until Snakemake ends, where the job runs beside it.
    done
        Until the job has ended, where it runs through Slurm, which tells whole seconds.
    known
        Until Snakemake ends, where it runs through Slurm.
    """

    what: str
    here: float
    done: float
    known: float


def measure() -> list[Cost]:
    """Time a touched file, and one stage of a small study of thirty people."""
    with tempfile.TemporaryDirectory() as scratch:
        project = new_project(Path(scratch) / "study")
        project.make(STAGE)
        bare = Path(scratch) / "bare"
        (bare / "profiles").mkdir(parents=True)
        (bare / "profiles/slurm").symlink_to(project.path / "profiles/slurm")
        (bare / "Snakefile").write_text(TOUCH)
        return [
            _cost("a touched file: the plugin's own floor", bare, "touched"),
            _cost("a stage that asks the simulated model", project.path, STAGE),
        ]


def table(costs: Sequence[Cost]) -> str:
    """Write costs as one aligned table."""
    head = f"{'one job, seconds':<40}{'here':>7}{'Slurm: done':>13}{'known':>7}{'overhead':>10}"
    rows = [
        f"{cost.what:<40}{cost.here:>7.1f}{cost.done:>13.1f}{cost.known:>7.1f}"
        f"{cost.done - cost.here:>10.1f}"
        for cost in costs
    ]
    return "\n".join([head, *rows])


def _cost(what: str, folder: Path, target: str) -> Cost:
    here = [_run(folder, target, HERE)[1] for _ in range(RUNS)]
    sent = [_run(folder, target, AWAY) for _ in range(RUNS)]
    done, known = zip(*sent, strict=True)
    return Cost(what, median(here), median(done), median(known))


def _run(folder: Path, target: str, arguments: Sequence[str]) -> tuple[float, float]:
    """Make a file again; return the seconds until its job and until Snakemake ended."""
    (folder / target).unlink(missing_ok=True)
    command = [str(Path(sys.executable).parent / "snakemake"), target, *arguments]
    since, start = time(), perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    whole = perf_counter() - start
    # The file's own time is of no use: Snakemake sets it once more when it knows of the job's end.
    jobs = SENT.findall(done.stderr)
    return (_ended(jobs[-1]) - since if jobs else whole), whole


def _ended(job: str) -> float:
    """Return when a job ended, in seconds since 1970."""
    told = re.search(r"EndTime=(\S+)", scontrol("show", "job", job))
    assert told is not None
    return datetime.fromisoformat(told[1]).timestamp()


def main() -> None:
    """Print the table, or why there is none."""
    reason = missing()
    print(f"overhead of jobs through Slurm: left out, {reason}" if reason else table(measure()))


if __name__ == "__main__":
    main()

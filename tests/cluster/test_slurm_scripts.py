"""What the scripts for Slurm run, told by programs that only say how they were called."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "profiles/slurm"
SAYS = '#!/bin/sh\necho "$(basename "$0") $*"\n'


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder with the programs that the scripts run."""
    for name in ("anthology", "snakemake"):
        (tmp_path / name).write_text(SAYS)
        (tmp_path / name).chmod(0o755)
    return tmp_path


def run(programs: Path, script: str, *words: str, **environment: str) -> list[str]:
    """Run a script as Slurm does, from a copy elsewhere; return what it ran."""
    copy = shutil.copy(SCRIPTS / script, programs / "slurm_script")
    done = subprocess.run(
        ["bash", copy, *words],
        env={"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def test_all_jobs_beside_a_server_share_its_interviews(programs: Path) -> None:
    (ran,) = run(programs, "beside.sbatch", "tiny", "a.csv", JOBS="4", IN_FLIGHT="100")
    assert ran == (
        "anthology models serve tiny --vllm vllm --beside snakemake "
        "--resources max_concurrency=100 --set-resources responses:max_concurrency=25 "
        "responses_part:max_concurrency=25 --cores 4 a.csv"
    )


def test_an_allocation_that_starts_again_unlocks_what_it_had_locked(programs: Path) -> None:
    unlocked, ran = run(programs, "beside.sbatch", "tiny", "a.csv", SLURM_RESTART_COUNT="1")
    assert unlocked == "snakemake --unlock a.csv"
    assert ran.startswith("anthology models serve tiny ")
    assert len(run(programs, "beside.sbatch", "tiny", SLURM_RESTART_COUNT="0")) == 1


def test_a_server_is_reached_by_the_name_of_its_node(programs: Path) -> None:
    (ran,) = run(programs, "server.sbatch", "tiny", SLURMD_NODENAME="gpu7", VLLM="/opt/vllm")
    assert ran == "anthology models serve tiny --vllm /opt/vllm --host gpu7"


def test_a_setting_that_would_be_lost_is_refused(programs: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError) as caught:
        run(programs, "engines.sh", "tiny", "a.csv", "--config", "seed=1")
    assert caught.value.returncode == 2
    assert "--configfile" in caught.value.stderr

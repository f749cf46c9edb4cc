"""A run that is killed goes on where it was."""

import multiprocessing
import random
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from anthology.journal.prune import overview
from anthology.records import merge_json
from anthology.study.settings import settings
from anthology.study.study import load
from tests.support.fake_server.requests import Serving
from tests.support.fake_server.server import apart
from tests.support.killable_stage import PRELOAD, take_the_survey
from tests.support.project import Project
from tests.support.served_study import KEY, VARIABLE, serve

KILLS = 100
IN_FLIGHT = 8


def responses_settings(project: Project) -> dict[str, Any]:
    config = yaml.safe_load((project.path / "config/config.yaml").read_text())
    wildcards = SimpleNamespace(survey="w34", model="toy", condition="greedy_bio")
    slices = settings(load(config, project.path / "config"), "responses")
    return merge_json(setting(wildcards) for setting in slices.values())


@pytest.mark.slow
def test_killed_runs_resume_without_losing_or_changing_answers(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, KEY)
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(PRELOAD)
    rng = random.Random(1)

    def study(number: int, longest: float | None) -> tuple[bytes, int, tuple[int, int], float]:
        """Take the survey to its end, killed after so many seconds at most each time.

        Returns the answers' bytes, how many were kept, how often it was killed and how
        often while it was being answered, and how many seconds the last process took.
        """
        journal, output = tmp_path / f"journal{number}", tmp_path / f"answers{number}.parquet"
        killed = hit = lost = kept = 0
        with apart(Serving(key=KEY, latency=0.01)) as server:
            serve(project, server.url, max_concurrency=IN_FLIGHT)
            told = responses_settings(project)
            while True:
                process = processes.Process(
                    target=take_the_survey, args=(project.path, told, journal, output, IN_FLIGHT)
                )
                process.start()
                started = time.monotonic()
                process.join(None if longest is None else rng.uniform(0, longest))
                process.kill()
                process.join()
                counts, before = server.counts(), kept
                kept = overview(journal).total.entries.total()
                killed += process.exitcode != 0
                hit += process.exitcode != 0 and before < kept
                # What was being written down at the kill is asked once more, and nothing else.
                assert 0 <= sum(counts["answered"].values()) - kept - lost <= IN_FLIGHT
                lost = sum(counts["answered"].values()) - kept
                if process.exitcode == 0:
                    assert counts["again"] <= lost
                    return output.read_bytes(), kept, (killed, hit), time.monotonic() - started

    expected, answers, _, seconds = study(0, longest=None)
    assert answers > 200
    kills = hits = runs = 0
    while kills < KILLS:
        runs += 1
        found, kept, (killed, hit), _ = study(runs, longest=seconds)
        assert found == expected
        assert kept == answers
        kills, hits = kills + killed, hits + hit
    assert hits > KILLS / 5

"""A stage that a test kills: little to import, so that it is soon under way."""

import os
import sys
from pathlib import Path
from typing import Any

from anthology.interview.survey_interview import Settings
from anthology.models.session import ModelSession
from anthology.stages.responses import run

PRELOAD = ["__main__", "tests.support.killable_stage", "anthology.providers.http.client", "openai"]
"""What processes that run it share."""


def take_the_survey(
    study: Path, told: dict[str, Any], journal: Path, output: Path, max_concurrency: int
) -> None:
    """Ask the personas of a study, as the stage's command does, and say nothing."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    run(
        Settings.model_validate(told),
        personas=study / "results/w34/personas/greedy_bio.parquet",
        codebook=study / "results/w34/codebook.json",
        output=output,
        session=ModelSession(
            models=study / "config/models", journal=journal, max_concurrency=max_concurrency
        ),
    )

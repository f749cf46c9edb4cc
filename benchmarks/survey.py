"""A study whose models cost something, for measuring how fast they are asked.

Its people, wordings, prompts and settings are those of the study in `config/`; its stories are
words.
"""

import shutil
from contextlib import redirect_stderr
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import TypeVar

import numpy as np
import pyarrow as pa
import yaml

from anthology.config.stage import StageSettings
from anthology.io.parquet import read_table, write_table
from anthology.records import merge_json
from anthology.stages import humans, personas, population
from anthology.study.command_line import read_workflow
from anthology.study.workflow import Workflow
from anthology.survey.reader import Settings as SurveySettings

S = TypeVar("S", bound=StageSettings)

CONFIG = Path(__file__).parents[1] / "config"
MODEL, READER = "toy", "toy-chat"
STORY = 2_500
"""Characters of a story; what a persona is told besides and an item take 700 more."""
_TALE = (
    "I was born in a small town by the river and my mother worked at the school there while my "
    "father drove a truck across the state so we moved when he lost that job in the winter of "
    "the year that my sister left for college and since then I have lived with friends or alone"
)


@dataclass(frozen=True, slots=True)
class Inputs:
    """The files that the stages read which ask models.

    Parameters
    ----------
    folder
        Where they are.
    """

    folder: Path

    @property
    def models(self) -> Path:
        """The folder of the models' files."""
        return self.folder / "config/models"

    @property
    def personas(self) -> Path:
        """The personas of one condition."""
        return self.folder / "personas.parquet"

    @property
    def codebook(self) -> Path:
        """The survey's words."""
        return self.folder / "codebook.json"

    @property
    def stories(self) -> Path:
        """The natural stories."""
        return self.folder / "stories.parquet"

    @property
    def journal(self) -> Path:
        """The folder of what was answered before."""
        return self.folder / "journal"

    def settings(self, stage: str, kind: type[S]) -> S:
        """Return a stage's settings, as its command gets them."""
        names = SimpleNamespace(survey="w34", condition="greedy_bio", model=MODEL)
        given = self._workflow().settings(stage)
        return kind.model_validate(merge_json(setting(names) for setting in given.values()))

    def declare(self, url: str, max_concurrency: int) -> None:
        """Say where the models are served, and how many requests they get at a time."""
        for name, api in ((MODEL, "completions"), (READER, "chat")):
            endpoint = {"base_url": url, "max_concurrency": max_concurrency}
            spec = {"provider": "openai", "api": api, "model": "toy", "endpoint": endpoint}
            (self.models / f"{name}.yaml").write_text(yaml.safe_dump(spec))

    def make(self, people: int, story: int = STORY) -> None:
        """Write a file of people, a story of so many characters for each, and their personas."""
        shutil.copytree(CONFIG, self.folder / "config")
        self.declare("http://127.0.0.1:1/v1", 64)
        sav, table = self.folder / "population.sav", self.folder / "humans.parquet"
        drawn = self.settings("population", population.Settings)
        drawn = drawn.model_copy(update={"size": people})
        with redirect_stderr(StringIO()):
            population.run(drawn, output=sav)
            humans.run(
                self.settings("humans", SurveySettings),
                sav=sav,
                humans=table,
                codebook=self.codebook,
            )
            self._tell(read_table(table)["respondent"], story)
            personas.run(
                self.settings("personas", personas.Settings),
                humans=table,
                codebook=self.codebook,
                backstories=self.stories,
                output=self.personas,
            )

    def _tell(self, respondents: pa.ChunkedArray, story: int) -> None:
        """Write a story for each respondent."""
        numbers = range(len(respondents))
        texts = [_story(number, story) for number in numbers]
        columns = {
            "respondent": respondents,
            "backstory": pa.array(numbers, pa.int64()),
            "text": pa.array(texts, pa.string()),
            "answers": pa.array([[text] for text in texts], pa.list_(pa.string())),
        }
        metadata = {"source": MODEL}
        made = StageSettings()
        write_table(
            self.stories, pa.table(columns), stage="backstories", settings=made, metadata=metadata
        )

    def _workflow(self) -> Workflow:
        changes = [
            f"models=[{MODEL}]",
            "compare=[greedy_bio]",
            f"traits={{model: {MODEL}, reader_model: {READER}}}",
        ]
        return read_workflow([self.folder / "config/config.yaml"], changes)


def _story(number: int, length: int) -> str:
    words = np.random.default_rng(number).choice(_TALE.split(), length // 2)
    return " ".join(words.tolist())[:length]

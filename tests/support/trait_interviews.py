"""What the tests of the trait survey share: settings, and a survey of a few stories."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from anthology.config.formats import Format
from anthology.config.model import Sampling
from anthology.config.prompts import CoderPrompt, ReaderPrompt, SurveyPrompt
from anthology.config.traits import Trait, TraitOption
from anthology.interview.trait_interview import Settings
from anthology.io.parquet import read_metadata, read_table, write_table
from anthology.models.base import LabelProbs, Model, Request
from anthology.stages.traits import run
from anthology.study.study import Study, load
from tests.support.scripted_model import CHAT, IDENTITY, ScriptedModel, ScriptedSession

CONFIG = Path(__file__).parents[2] / "config"
STORY = "I was born on a farm."

DECLARED = {
    name: Trait.model_validate(trait)
    for name, trait in yaml.safe_load((CONFIG / "traits.yaml").read_text(encoding="utf-8")).items()
}

AGE = Trait(
    question="How old are you?",
    look_in_story=True,
    unit="years",
    options=[
        TraitOption(id="young", text="Under 40", low=0, high=40),
        TraitOption(id="old", text="40 or older", low=40),
    ],
)
SEX = Trait(
    question="What is your gender?",
    options=[TraitOption(id="man", text="A man"), TraitOption(id="woman", text="A woman")],
)


def study(**traits: Any) -> Study:
    """Return the project's study with some of its settings of traits changed."""
    config = yaml.safe_load((CONFIG / "config.yaml").read_text(encoding="utf-8"))
    config["traits"] |= traits
    return load(config, CONFIG)


Answer = Callable[[Request], list[str] | LabelProbs]


def trait_settings(**changes: Any) -> Settings:
    base = {
        "seed": 1,
        "openings": ["Tell me about yourself."],
        "traits": {"age": AGE, "sex": SEX},
        "open_ended": [],
        "model": IDENTITY,
        "answer_mode": "sample",
        "samples": 6,
        "sampling": Sampling(),
        "frame": SurveyPrompt(after="One of {labels}."),
        "require_label": True,
        "decline_option": "Prefer not to answer",
        "layout": Format(),
        "reader": ReaderPrompt(
            message="{story}\nStated? {question}\n{options}", not_stated="Not stated"
        ),
        "reader_model": CHAT,
        "coder": CoderPrompt(
            message="Coded? {question}\nSaid: {answer}\n{options}", not_stated="None of them"
        ),
        "coder_model": CHAT,
    }
    return Settings.model_validate({**base, **changes})


@dataclass(frozen=True)
class TraitSurvey:
    """What a trait survey left behind.

    Parameters
    ----------
    rows
        One for each story.
    sources
        The rows of the sources, by trait and source.
    metadata
        What the artifact says of itself.
    """

    rows: list[dict[str, Any]]
    sources: dict[tuple[str, str], dict[str, str]]
    metadata: dict[str, Any]

    def share(self, trait: str, source: str) -> float:
        return float(self.sources[trait, source]["share"])


def survey_traits(
    folder: Path,
    model: Model,
    /,
    *,
    stories: Sequence[str] = (STORY,),
    max_concurrency: int = 1,
    **changes: Any,
) -> TraitSurvey:
    """Ask some stories who they are."""
    chosen = trait_settings(**changes)
    source, output, sources = (folder / name for name in ("stories", "traits", "sources.csv"))
    table = {
        "backstory": list(range(len(stories))),
        "text": list(stories),
        "answers": [[story] for story in stories],
    }
    write_table(source, pa.table(table), stage="b", settings=chosen, metadata={"source": "a file"})
    session = ScriptedSession(model, max_concurrency)
    run(chosen, backstories=source, output=output, sources=sources, session=session)
    with sources.open(newline="") as file:
        found = {(row["trait"], row["source"]): row for row in csv.DictReader(file)}
    return TraitSurvey(read_table(output).to_pylist(), found, dict(read_metadata(output)))


def survey_scripted(
    folder: Path, answer: Answer, **changes: Any
) -> tuple[TraitSurvey, list[Request]]:
    """Ask a model that answers as a test says, and return what it was asked as well."""
    model = ScriptedModel(answer)
    return survey_traits(folder, model, **changes), model.requests

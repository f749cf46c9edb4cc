"""What the tests of responses share: a small survey, and interviews on it with a scripted model."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa

from anthology.config.formats import Format
from anthology.config.model import Sampling
from anthology.config.prompts import SurveyPrompt
from anthology.config.survey import Item
from anthology.interview.survey_interview import Settings
from anthology.io.parquet import read_metadata, read_table, write_table
from anthology.models.base import LabelProbs, Request
from anthology.stages.responses import run
from anthology.survey.codebook import Codebook, Entry
from tests.support.scripted_model import IDENTITY, ScriptedModel, ScriptedSession

Answering = Callable[[Request], list[str] | LabelProbs]

BOOK = Codebook(
    survey="w34",
    source="test",
    traits={},
    items={
        "FIRST": Entry(wording="Is it good?", options=((1, "Good"), (2, "So-so"), (3, "Bad"))),
        "SECOND": Entry(wording="Is it new?", options=((1, "New"), (2, "Old"), (9, "Neither"))),
    },
)
ITEMS = [
    Item(variable="FIRST", codes=[1, 2, 3]),
    Item(variable="SECOND", codes=[1, 2, 9], scale="nominal", last=[9]),
]


def interview_settings(**changes: Any) -> Settings:
    base = {
        "seed": 1,
        "survey": "w34",
        "condition": "bio",
        "model": IDENTITY,
        "items": ITEMS,
        "frame": SurveyPrompt(before="Be consistent.", after="One of {labels}."),
        "layout": Format(),
        "require_label": True,
        "decline_option": None,
        "series": True,
        "shuffle_items": False,
        "shuffle_options": False,
        "answer_mode": "sample",
        "max_attempts": 3,
        "sampling": Sampling(),
    }
    return Settings.model_validate({**base, **changes})


TURNS = pa.list_(pa.struct([("question", pa.string()), ("answer", pa.string())]))


def hold_survey(
    folder: Path,
    answer: Answering,
    people: int = 1,
    stories: list[int] | None = None,
    shard: str = "whole",
    **changes: Any,
) -> tuple[list[dict[str, Any]], list[Request]]:
    """Have people take the survey, and return the rows of responses and what was asked."""
    model = ScriptedModel(answer)
    names = [f"p{i}" for i in range(people)]
    turns = [[{"question": "Who are you?", "answer": f"I am {name}."}] for name in names]
    table = pa.table(
        {
            "respondent": names,
            "backstory": pa.array([None] * people if stories is None else stories, pa.int64()),
            "turns": pa.array(turns, TURNS),
        }
    )
    chosen = interview_settings(**changes)
    personas, book = folder / "personas.parquet", folder / "codebook.json"
    made_from = {"backstories": "a file", "traits": "a reader"}
    write_table(personas, table, stage="personas", settings=chosen, metadata=made_from)
    book.write_text(BOOK.as_json())
    output = folder / "responses.parquet"
    run(
        chosen,
        personas=personas,
        codebook=book,
        output=output,
        session=ScriptedSession(model, 2, shard),
    )
    assert read_metadata(output) == {
        "survey": "w34",
        "model": "scripted",
        "condition": "bio",
        "answers": "simulated",
        "backstories": "a file",
        "traits": "a reader",
    }
    return read_table(output).to_pylist(), model.requests

"""The perplexity stage: how surprising each natural backstory is to one model.

A story's log-probability is that of its words after the question it answers, put as it was asked;
for an interview, the sum over its answers, each after all that was said before. The end of a story
is no part of it.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from anthology.config.formats import Format
from anthology.config.model import Sampling
from anthology.config.model_identity import ModelIdentity
from anthology.config.stage import Derived, From, StageSettings
from anthology.errors import ModelError, RefusedError
from anthology.interview.transcript import Ask, Turn, render_text, story_turns
from anthology.io.parquet import count_rows, open_writer, read_metadata, read_rows, read_table
from anthology.io.shards import Shard, join_shards
from anthology.io.tables import align_columns
from anthology.models.ask import ask_model
from anthology.models.base import Model, Request
from anthology.models.session import ModelSession

COLUMNS = pa.schema(
    [
        ("model", pa.string()),
        ("backstory", pa.int64()),
        ("tokens", pa.int32()),
        ("logprob", pa.float64()),
        ("perplexity", pa.float64()),
        ("bits_per_word", pa.float64()),
    ]
)
"""The model and the story's number; the story's length in the model's tokens and its total natural
log-probability; exp(-logprob / tokens); and -log2 of its probability for each of its words, which
models with other tokens can be compared by. The figures are null where the model did not take the
story."""
_UNUSED = Sampling(temperature=0, max_tokens=1)
"""Stands in the request, in which nothing is drawn."""


class Settings(StageSettings):
    """What the perplexities of stories depend on."""

    model: Annotated[ModelIdentity, From("models/{scorer}")]
    openings: Annotated[list[str], Derived("openings")]
    """The questions that stories are told in answer to."""
    layout: Annotated[Format, From("formats.{traits.format}", "asker answerer")]
    """The names before questions and answers."""


@dataclass(frozen=True, slots=True)
class StoryScore:
    """What a model made of one story: its length in tokens and its total log-probability."""

    tokens: int
    logprob: float


def run(settings: Settings, *, backstories: Path, output: Path, session: ModelSession) -> None:
    """Have a model say how probable each story is.

    Raises
    ------
    ModelError
        If it took none of them.
    """
    if session.parts:
        join_shards(session.parts, output, stage="perplexity", settings=settings)
    else:
        _score(settings, backstories, output, session)
    table = read_table(output)
    if session.parts and len(table) and table["perplexity"].null_count == len(table):
        raise _none_taken(settings, f"{len(table)} stories; logs of the parts say why")
    print(summarize_perplexities(table), file=sys.stderr)


def _score(settings: Settings, backstories: Path, output: Path, session: ModelSession) -> None:
    """Have one part of the stories judged, or all, and write each one's figures as they come."""
    model = session.model(settings.model)

    async def scored(story: tuple[int, list[str]]) -> StoryScore | RefusedError:
        turns = story_turns(settings.openings, story[1])
        try:
            return await score_story(model, turns, settings.layout)
        except RefusedError as error:
            return error

    refused: list[str] = []
    with open_writer(output, COLUMNS, stage="perplexity", settings=settings) as sheet:

        def keep(story: tuple[int, list[str]], made: StoryScore | RefusedError) -> None:
            number, answers = story
            given = perplexity_row(made, answers)
            sheet.add(settings.model.name, number, *map(given.get, COLUMNS.names[2:]))
            if isinstance(made, RefusedError):
                refused.append(made.what)
                print(f"backstory {number} has no perplexity: {made}", file=sys.stderr)

        span = session.part.span(count_rows(backstories))
        session.run(
            scored,
            read_rows(backstories, ["backstory", "answers"], span),
            keep,
            total=len(span),
            label="perplexity",
            name=lambda story: f"backstory {story[0]}",
        )
        if refused and len(refused) == len(span) and session.part == Shard():
            raise _none_taken(settings, f"{len(span)} stories; the first: {refused[0]}")
        sheet.metadata = {
            "source": read_metadata(backstories)["source"],
            "perplexity": session.source(settings.model),
        }


def _none_taken(settings: Settings, told: str) -> ModelError:
    return ModelError(
        f"took none of the {told}",
        where=f"model {settings.model.name}",
        hint="Name another model under backstories.perplexity.",
    )


async def score_story(model: Model, turns: tuple[Turn, ...], layout: Format) -> StoryScore:
    """Ask how probable a story is that was told in some turns.

    Raises
    ------
    RefusedError
        If the model does not take it, as when it is too long, or it has no words.
    ModelError
        If the model could not be asked, or does not say.
    """
    tokens, logprob = 0, 0.0
    for place, turn in enumerate(turns):
        answer = (turn.answer or "").strip()
        if not answer:
            raise RefusedError("an answer of the story has no words")
        prompt = render_text(turns[:place], Ask(turn.question), layout)
        # After the mark of a turn a text goes on with a space.
        request = Request(prompt=prompt, sampling=_UNUSED, score_text=f" {answer}")
        draw = (await ask_model(model, request)).completions[0]
        if draw.logprob is None or not draw.tokens:
            raise ModelError("gave no log-probability of a story")
        tokens, logprob = tokens + draw.tokens, logprob + draw.logprob
    return StoryScore(tokens, logprob)


def perplexity_row(made: StoryScore | RefusedError, answers: list[str]) -> dict[str, int | float]:
    """Return the figures of one row; none for a story that the model did not take."""
    if isinstance(made, RefusedError):
        return {}
    words = sum(len(answer.split()) for answer in answers)
    with np.errstate(over="ignore"):
        perplexity = float(np.exp(-made.logprob / made.tokens))
    return {
        "tokens": made.tokens,
        "logprob": made.logprob,
        "perplexity": perplexity,
        "bits_per_word": -made.logprob / np.log(2) / words,
    }


def summarize_perplexities(table: pa.Table) -> str:
    """Return mean, median and quartiles of the perplexities, a line for each model."""
    rows = []
    for model in table["model"].unique().to_pylist():
        own = table.filter(pc.equal(table["model"], model))["perplexity"]
        given = own.drop_null().to_numpy()
        told = ["", "", "", ""]
        if len(given):
            with np.errstate(invalid="ignore"):
                # Between two perplexities beyond all numbers there is no number either.
                quartiles = np.nan_to_num(np.percentile(given, (25, 50, 75)), nan=np.inf)
            figures = (given.mean(), quartiles[1], quartiles[0], quartiles[2])
            told = [f"{figure:.2f}" for figure in figures]
        rows.append([model, str(len(given)), str(own.null_count), *told])
    head = ["model", "stories", "not taken", "mean", "median", "lower quartile", "upper quartile"]
    return f"perplexity\n{align_columns(head, rows)}"

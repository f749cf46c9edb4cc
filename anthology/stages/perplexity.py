"""The perplexity stage: how surprising each natural backstory is to one model."""

import sys
from pathlib import Path
from typing import Annotated

from anthology.config.formats import Format
from anthology.config.model_identity import ModelIdentity
from anthology.config.stage import Derived, From, StageSettings
from anthology.errors import ModelError, RefusedError
from anthology.interview.transcript import story_turns
from anthology.io.parquet import count_rows, open_writer, read_metadata, read_rows, read_table
from anthology.io.shards import Shard, join_shards
from anthology.models.session import ModelSession
from anthology.stories.perplexity import (
    PERPLEXITY_COLUMNS,
    StoryScore,
    perplexity_row,
    score_story,
    summarize_perplexities,
)


class Settings(StageSettings):
    """What the perplexities of stories depend on."""

    model: Annotated[ModelIdentity, From("models/{scorer}")]
    openings: Annotated[list[str], Derived("openings")]
    """The questions that stories answer."""
    layout: Annotated[Format, From("formats.{traits.format}", "asker answerer")]
    """The names before questions and answers."""


def run(settings: Settings, *, backstories: Path, output: Path, session: ModelSession) -> None:
    """Have a model give the log-probability of each story.

    Raises
    ------
    ModelError
        If it took none of them.
    """
    if session.shards:
        join_shards(session.shards, output, stage="perplexity", settings=settings)
    else:
        _score(settings, backstories, output, session)
    table = read_table(output)
    if session.shards and len(table) and table["perplexity"].null_count == len(table):
        raise _none_taken(settings, f"{len(table)} stories; see the shards' logs")
    print(summarize_perplexities(table), file=sys.stderr)


def _score(settings: Settings, backstories: Path, output: Path, session: ModelSession) -> None:
    """Score the stories of one shard, and write each row as it comes."""
    model = session.model(settings.model)

    async def score_one(story: tuple[int, list[str]]) -> StoryScore | RefusedError:
        turns = story_turns(settings.openings, story[1])
        try:
            return await score_story(model, turns, settings.layout)
        except RefusedError as error:
            return error

    refused: list[str] = []
    with open_writer(output, PERPLEXITY_COLUMNS, stage="perplexity", settings=settings) as sheet:

        def keep(story: tuple[int, list[str]], score: StoryScore | RefusedError) -> None:
            number, answers = story
            given = perplexity_row(score, answers)
            sheet.add(settings.model.name, number, *map(given.get, PERPLEXITY_COLUMNS.names[2:]))
            if isinstance(score, RefusedError):
                refused.append(score.what)
                print(f"backstory {number} has no perplexity: {score}", file=sys.stderr)

        span = session.shard.span(count_rows(backstories))
        session.run(
            score_one,
            read_rows(backstories, ["backstory", "answers"], span),
            keep,
            total=len(span),
            label="perplexity",
            name=lambda story: f"backstory {story[0]}",
        )
        if refused and len(refused) == len(span) and session.shard == Shard():
            raise _none_taken(settings, f"{len(span)} stories; the first: {refused[0]}")
        sheet.metadata = {
            "source": read_metadata(backstories)["source"],
            "perplexity": session.source(settings.model),
        }


def _none_taken(settings: Settings, stories: str) -> ModelError:
    return ModelError(
        f"took none of the {stories}",
        where=f"model {settings.model.name}",
        hint="Name another model under backstories.perplexity.",
    )

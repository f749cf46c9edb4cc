"""The backstories stage: life stories in answer to an open question or an interview."""

import sys
from collections import Counter
from pathlib import Path
from typing import Annotated

from anthology.config.formats import Format
from anthology.config.model import Sampling
from anthology.config.model_identity import ModelIdentity
from anthology.config.prompts import PreamblePrompt
from anthology.config.stage import Derived, From
from anthology.interview.transcript import Ask, Turn, render_messages, render_text, stop_texts
from anthology.io.parquet import open_writer
from anthology.io.shards import join_shards
from anthology.models.base import Request
from anthology.models.session import ModelSession
from anthology.stories.table import (
    BACKSTORY_COLUMNS,
    rejection_metadata,
    summarize_attempts,
)
from anthology.stories.writer import Story, WriterSettings


class Settings(WriterSettings):
    """What natural backstories depend on."""

    model: Annotated[ModelIdentity, From("models/{backstories.natural.model}")]
    sampling: Annotated[Sampling, From("backstories.natural.sampling")]
    count: Annotated[int, From("backstories.natural.count")]
    questions: Annotated[list[str], From("prompts/stories/{backstories.natural.prompt}.asked")]
    preamble: Annotated[
        PreamblePrompt | None, From("prompts/preambles/{backstories.natural.preamble}")
    ]
    system: Annotated[str, Derived("story_system")]
    """The system message of a chat model."""
    layout: Annotated[Format | None, Derived("story_names")]
    """The names before questions and answers; none for a chat model."""


def run(settings: Settings, *, output: Path, session: ModelSession) -> None:
    """Generate `count` stories; story i is the same whatever the count."""
    if session.shards:
        join_shards(session.shards, output, stage="backstories", settings=settings)
    else:
        _write(settings, output, session)
    print(summarize_attempts(output), file=sys.stderr)


def _write(settings: Settings, output: Path, session: ModelSession) -> None:
    """Generate the stories of one shard, and write each as it comes."""
    writer = settings.open_writer(session)
    layout = settings.layout
    ends = () if layout is None else stop_texts(layout)

    def request(said: tuple[Turn, ...], question: str, seed: int) -> Request:
        ask = Ask(question)
        prompt = (
            render_messages(said, ask, settings.system)
            if layout is None
            else render_text(said, ask, layout)
        )
        return Request(
            prompt=prompt, sampling=settings.sampling, stop=ends, want_logprobs=True, seed=seed
        )

    async def write(number: int) -> Story:
        return await writer.story(
            request,
            settings.questions,
            preamble=settings.preamble,
            seed=settings.seed,
            path=("backstories", "natural", number),
        )

    rejected: Counter[str] = Counter()
    with open_writer(output, BACKSTORY_COLUMNS, stage="backstories", settings=settings) as sheet:

        def keep(number: int, story: Story) -> None:
            sheet.add(number, *story.as_row())
            rejected.update(story.rejected)

        span = session.shard.span(settings.count)
        session.run(
            write, span, keep, total=len(span), label="backstories", name=lambda n: f"story {n}"
        )
        sheet.metadata = {"source": session.source(settings.model), **rejection_metadata(rejected)}

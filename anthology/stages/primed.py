"""The primed stage: for each respondent a life story generated from their traits."""

import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import pyarrow as pa

from anthology.config.formats import Format
from anthology.config.model import Sampling
from anthology.config.model_identity import ModelIdentity
from anthology.config.prompts import WriterPrompt
from anthology.config.stage import Derived, From
from anthology.interview.describe import (
    DescribedTrait,
    describe_as_text,
    look_up_categories,
    shuffle_categories,
)
from anthology.interview.transcript import Ask, render_text, stop_texts
from anthology.io.parquet import open_writer, read_table
from anthology.io.shards import join_shards
from anthology.models.ask import chat_prompt
from anthology.models.base import Request
from anthology.models.session import ModelSession
from anthology.seeds import rng_for
from anthology.stories.table import (
    BACKSTORY_COLUMNS,
    rejection_metadata,
    summarize_attempts,
)
from anthology.stories.writer import Story, WriterSettings
from anthology.survey.codebook import Codebook
from anthology.survey.respondents import list_respondents

_Person = tuple[int, tuple[str, Mapping[str, int | None]]]
"""A respondent's number, id and traits."""


class Settings(WriterSettings):
    """What primed backstories depend on."""

    model: Annotated[ModelIdentity, From("models/{backstories.primed.model}")]
    sampling: Annotated[Sampling, From("backstories.primed.sampling")]
    survey: Annotated[str, From("{survey}")]
    writer: Annotated[WriterPrompt, From("prompts/writers/{style}")]
    layout: Annotated[Format | None, Derived("primed_layout")]
    """How questions look; none where neither the writer nor its style shows any."""
    traits: Annotated[list[DescribedTrait], Derived("persona_traits")]
    shuffle: Annotated[bool, From("personas.shuffle")]


def run(
    settings: Settings, *, humans: Path, codebook: Path, output: Path, session: ModelSession
) -> None:
    """Generate a story for each respondent."""
    if session.shards:
        join_shards(session.shards, output, stage="primed", settings=settings)
    else:
        _write(settings, humans, Codebook.load(codebook), output, session)
    print(summarize_attempts(output), file=sys.stderr)


def _write(
    settings: Settings, humans: Path, book: Codebook, output: Path, session: ModelSession
) -> None:
    """Generate the stories of one shard of the respondents, and write each as it comes."""
    people = list(enumerate(list_respondents(read_table(humans))))
    writer = settings.open_writer(session)

    async def write(person: _Person) -> Story:
        _, (respondent, codes) = person
        path = ("backstories", settings.survey, "primed", respondent)
        rng = rng_for(settings.seed, *path, "order") if settings.shuffle else None
        found = shuffle_categories(look_up_categories(settings.traits, book, codes), rng)
        words = describe_as_text(found, settings.writer.style, settings.layout)
        message = settings.writer.message.format(person=words)
        return await writer.story(
            lambda _, asked, seed: _request(settings, asked, seed),
            [message],
            seed=settings.seed,
            path=path,
        )

    rejected: Counter[str] = Counter()
    columns = pa.schema([("respondent", pa.string()), *BACKSTORY_COLUMNS])
    with open_writer(output, columns, stage="primed", settings=settings) as sheet:

        def keep(person: _Person, story: Story) -> None:
            number, (respondent, _) = person
            sheet.add(respondent, number, *story.as_row())
            rejected.update(story.rejected)

        span = session.shard.span(len(people))
        session.run(
            write,
            people[span.start : span.stop],
            keep,
            total=len(span),
            label="primed backstories",
            name=lambda person: f"respondent {person[1][0]}",
        )
        sheet.metadata = {"source": session.source(settings.model), **rejection_metadata(rejected)}


def _request(settings: Settings, message: str, seed: int) -> Request:
    writer, layout = settings.writer, settings.layout
    if layout is None or settings.model.api == "chat":
        prompt = chat_prompt(writer.system, message)
        return Request(prompt=prompt, sampling=settings.sampling, want_logprobs=True, seed=seed)
    asked = render_text((), Ask(message), layout)
    ends = stop_texts(layout)
    return Request(
        prompt=asked, sampling=settings.sampling, stop=ends, want_logprobs=True, seed=seed
    )

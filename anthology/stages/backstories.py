"""Natural backstories: life stories told in answer to an open question, or in an interview."""

import sys
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import pyarrow.compute as pc

from anthology.config.formats import Format
from anthology.config.model import Sampling
from anthology.config.model_identity import ModelIdentity
from anthology.config.prompts import CriticPrompt, PreamblePrompt
from anthology.config.stage import Derived, From, StageSettings
from anthology.interview.transcript import Ask, Turn, render_messages, render_text, stop_texts
from anthology.io.parquet import open_writer, read_metadata, read_table
from anthology.io.shards import join_shards
from anthology.models.base import Request
from anthology.models.session import ModelSession
from anthology.stories.table import BACKSTORY_COLUMNS
from anthology.stories.writer import Story, StoryFilter, StoryWriter


class WrittenSettings(StageSettings):
    """What the writing of any story depends on."""

    seed: Annotated[int, From("seed")]
    model: ModelIdentity
    sampling: Sampling
    keep: Annotated[StoryFilter, From("backstories.keep", "min_words max_mentions max_attempts")]
    critic: Annotated[CriticPrompt | None, From("prompts/critics/{backstories.keep.critic}")]
    critic_model: Annotated[ModelIdentity | None, Derived("critic_model")]

    def editor(self, session: ModelSession) -> StoryWriter:
        """Return an editor that works by these settings."""
        judge = session.model(self.critic_model) if self.critic_model else None
        return StoryWriter(session.model(self.model), self.keep, self.critic, judge)


class Settings(WrittenSettings):
    """What natural backstories depend on."""

    model: Annotated[ModelIdentity, From("models/{backstories.natural.model}")]
    sampling: Annotated[Sampling, From("backstories.natural.sampling")]
    count: Annotated[int, From("backstories.natural.count")]
    questions: Annotated[list[str], From("prompts/stories/{backstories.natural.prompt}.asked")]
    preamble: Annotated[
        PreamblePrompt | None, From("prompts/preambles/{backstories.natural.preamble}")
    ]
    system: Annotated[str, Derived("story_system")]
    """What a chat model is told about its part."""
    layout: Annotated[Format | None, Derived("story_names")]
    """The names before questions and answers; none for a chat model."""


def run(settings: Settings, *, output: Path, session: ModelSession) -> None:
    """Have `count` stories written; story i is the same whatever the count."""
    if session.parts:
        join_shards(session.parts, output, stage="backstories", settings=settings)
    else:
        _write(settings, output, session)
    print(summarize_attempts(output), file=sys.stderr)


def _write(settings: Settings, output: Path, session: ModelSession) -> None:
    """Have one part of the stories written, or all, and keep each as it comes."""
    editor = settings.editor(session)
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
        return await editor.story(
            request,
            settings.questions,
            preamble=settings.preamble,
            seed=settings.seed,
            path=("backstories", "natural", number),
        )

    rejected: Counter[str] = Counter()
    with open_writer(output, BACKSTORY_COLUMNS, stage="backstories", settings=settings) as sheet:

        def keep(number: int, story: Story) -> None:
            sheet.add(number, *row_values(story))
            rejected.update(story.rejected)

        span = session.part.span(settings.count)
        session.run(
            write, span, keep, total=len(span), label="backstories", name=lambda n: f"story {n}"
        )
        sheet.metadata = {"source": session.source(settings.model), **rejection_metadata(rejected)}


def row_values(story: Story) -> tuple[Any, ...]:
    """Return what a kept story fills the columns with that follow its number."""
    return (
        story.text,
        list(story.answers),
        story.tokens,
        story.finish,
        story.logprob,
        1 + story.rejected.total(),
    )


def rejection_metadata(rejected: Counter[str]) -> dict[str, dict[str, int]]:
    """Return, as a fact, how many attempts were not kept, by reason."""
    return {"rejected": dict(sorted(rejected.items()))}


def summarize_attempts(output: Path) -> str:
    """Say how many attempts the stories took, and why the others were rejected."""
    attempts = read_table(output, ["attempts"])["attempts"]
    reasons = "".join(f"; {n} {reason}" for reason, n in read_metadata(output)["rejected"].items())
    return f"{len(attempts)} stories kept of {pc.sum(attempts).as_py() or 0} attempts{reasons}"

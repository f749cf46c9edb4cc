"""Natural backstories: life stories told in answer to an open question, or in an interview."""

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from anthology.artifacts import write_table
from anthology.fieldwork import Fieldwork
from anthology.formats import Format
from anthology.keeping import Editor, KeepRules, Story
from anthology.models import Request
from anthology.models.identity import ModelIdentity
from anthology.models.spec import Sampling
from anthology.prompts import CriticPrompt, PreamblePrompt
from anthology.records import Record
from anthology.stages import StageSettings
from anthology.stories import COLUMNS
from anthology.transcripts import Ask, Turn, as_messages, as_text, stops


class WrittenSettings(StageSettings):
    """What the writing of any story depends on."""

    seed: int
    model: ModelIdentity
    sampling: Sampling
    keep: KeepRules
    critic: CriticPrompt | None
    critic_model: ModelIdentity | None

    def editor(self, fieldwork: Fieldwork) -> Editor:
        """Return an editor that works by these settings."""
        judge = fieldwork.model(self.critic_model) if self.critic_model else None
        return Editor(fieldwork.model(self.model), self.keep, self.critic, judge)


class Settings(WrittenSettings):
    """What natural backstories depend on."""

    count: int
    questions: list[str]
    preamble: PreamblePrompt | None
    system: str
    """What a chat model is told about its part."""
    layout: Format | None
    """The names before questions and answers; none for a chat model."""


def run(settings: Settings, *, output: Path, fieldwork: Fieldwork) -> None:
    """Have `count` stories written; story i is the same whatever the count."""
    editor = settings.editor(fieldwork)
    layout = settings.layout
    ends = () if layout is None else stops(layout)

    def request(said: tuple[Turn, ...], question: str, seed: int) -> Request:
        ask = Ask(question)
        prompt = (
            as_messages(said, ask, settings.system)
            if layout is None
            else as_text(said, ask, layout)
        )
        return Request(prompt=prompt, sampling=settings.sampling, stop=ends, scored=True, seed=seed)

    async def write(number: int) -> Story:
        return await editor.story(
            request,
            settings.questions,
            preamble=settings.preamble,
            seed=settings.seed,
            path=("backstories", "natural", number),
        )

    numbers = range(settings.count)
    stories = fieldwork.run(write, numbers, label="backstories", name=lambda n: f"story {n}")
    table = pa.Table.from_pydict({"backstory": numbers, **columns(stories)}, schema=COLUMNS)
    facts = {"source": fieldwork.source(settings.model), **rejections(stories)}
    save(output, table, stories, settings, facts)


def columns(stories: Sequence[Story]) -> dict[str, list[Any]]:
    """Return the columns that kept stories fill."""
    return {
        "text": [story.text for story in stories],
        "answers": [list(story.answers) for story in stories],
        "tokens": [story.tokens for story in stories],
        "finish": [story.finish for story in stories],
        "logprob": [story.logprob for story in stories],
        "tries": [1 + story.rejected.total() for story in stories],
    }


def rejections(stories: Sequence[Story]) -> dict[str, dict[str, int]]:
    """Count the tries that were not kept, by reason."""
    return {"rejected": dict(sorted(sum((s.rejected for s in stories), Counter()).items()))}


def save(
    output: Path,
    table: pa.Table,
    stories: Sequence[Story],
    settings: Record,
    facts: dict[str, Any],
) -> None:
    """Write stories and say how many tries they took, and why."""
    write_table(output, table, stage="backstories", settings=settings, facts=facts)
    tries = sum(1 + story.rejected.total() for story in stories)
    reasons = "".join(f"; {n} {reason}" for reason, n in facts["rejected"].items())
    print(f"{len(stories)} stories kept of {tries} tries{reasons}", file=sys.stderr)

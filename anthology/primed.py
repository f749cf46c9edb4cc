"""Primed backstories: for each respondent a life story written from their traits."""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from anthology.artifacts import read_table
from anthology.backstories import WrittenSettings, columns, rejections, save
from anthology.codebook import Codebook
from anthology.descriptions import ToldTrait, categories, in_words, shuffled
from anthology.fieldwork import Fieldwork
from anthology.formats import Format
from anthology.keeping import Story
from anthology.models import Request
from anthology.models.asking import told
from anthology.prompts import WriterPrompt
from anthology.randomness import generator
from anthology.respondents import respondents
from anthology.stories import COLUMNS
from anthology.transcripts import Ask, as_text, stops


class Settings(WrittenSettings):
    """What primed backstories depend on."""

    survey: str
    writer: WriterPrompt
    layout: Format | None
    """How questions look; none where neither the writer nor its style shows any."""
    traits: list[ToldTrait]
    shuffle: bool


def run(
    settings: Settings, *, humans: Path, codebook: Path, output: Path, fieldwork: Fieldwork
) -> None:
    """Have a story written for each respondent."""
    book = Codebook.load(codebook)
    people = respondents(read_table(humans))
    editor = settings.editor(fieldwork)

    async def write(person: tuple[str, Mapping[str, int | None]]) -> Story:
        respondent, codes = person
        path = ("backstories", settings.survey, "primed", respondent)
        rng = generator(settings.seed, *path, "order") if settings.shuffle else None
        found = shuffled(categories(settings.traits, book, codes), rng)
        words = in_words(found, settings.writer.style, settings.layout)
        message = settings.writer.message.format(person=words)
        return await editor.story(
            lambda _, asked, seed: _request(settings, asked, seed),
            [message],
            seed=settings.seed,
            path=path,
        )

    stories = fieldwork.run(
        write, people, label="primed backstories", name=lambda person: f"respondent {person[0]}"
    )
    names = pa.array([respondent for respondent, _ in people])
    table = pa.Table.from_pydict(
        {"backstory": range(len(people)), **columns(stories)}, schema=COLUMNS
    ).add_column(0, "respondent", names)
    facts = {"source": fieldwork.source(settings.model), **rejections(stories)}
    save(output, table, stories, settings, facts)


def _request(settings: Settings, message: str, seed: int) -> Request:
    writer, layout = settings.writer, settings.layout
    if layout is None or settings.model.api == "chat":
        prompt = told(writer.system, message)
        return Request(prompt=prompt, sampling=settings.sampling, scored=True, seed=seed)
    asked = as_text((), Ask(message), layout)
    ends = stops(layout)
    return Request(prompt=asked, sampling=settings.sampling, stop=ends, scored=True, seed=seed)

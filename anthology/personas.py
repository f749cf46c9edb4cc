"""The personas stage: what stands in the context before a respondent's questions."""

import sys
from pathlib import Path

import pyarrow as pa

from anthology.artifacts import facts as facts_of
from anthology.artifacts import read_table, write_table
from anthology.codebook import Codebook
from anthology.descriptions import ToldTrait, categories, describe, shuffled
from anthology.errors import DataError
from anthology.formats import Format
from anthology.prompts import Style
from anthology.randomness import generator
from anthology.respondents import respondents
from anthology.stages import StageSettings
from anthology.stories import story_turns

_TURNS = pa.list_(pa.struct([("question", pa.string()), ("answer", pa.string())]))


class Settings(StageSettings):
    """What the personas of one condition depend on."""

    seed: int
    survey: str
    style: Style | None
    traits: list[ToldTrait]
    shuffle: bool
    layout: Format | None
    openings: list[str]
    """The questions that stories are told in answer to; none where there is no story."""


def run(
    settings: Settings,
    *,
    humans: Path,
    codebook: Path,
    stories: Path | None = None,
    matches: Path | None = None,
    output: Path,
) -> None:
    """Build a persona for each respondent.

    Parameters
    ----------
    settings
        The condition's settings.
    humans, codebook
        The respondents and the survey's words for their traits.
    stories
        Natural stories, with `matches`, or primed stories without.
    matches
        Which natural story stands for which respondent.
    output
        A row for each respondent: the story's number and similarity, where
        there is one, and the turns of the persona.
    """
    people = respondents(read_table(humans))
    book = Codebook.load(codebook)
    told = _stories(stories, matches)
    numbers, similarities, turns = [], [], []
    for respondent, codes in people:
        number, similarity, answers = told[respondent] if stories else (None, None, ())
        path = ("personas", settings.survey, respondent)
        rng = generator(settings.seed, *path) if settings.shuffle else None
        found = shuffled(categories(settings.traits, book, codes), rng)
        story = story_turns(settings.openings, answers, where=str(stories)) if stories else ()
        words = describe(found, settings.style, settings.layout) if settings.style else ()
        numbers.append(number)
        similarities.append(similarity)
        turns.append([{"question": t.question, "answer": t.answer} for t in (*story, *words)])
    table = pa.table(
        {
            "respondent": pa.array([respondent for respondent, _ in people], pa.string()),
            "backstory": pa.array(numbers, pa.int64()),
            "similarity": pa.array(similarities, pa.float64()),
            "turns": pa.array(turns, _TURNS),
        }
    )
    facts = {
        "stories": facts_of(stories)["source"] if stories else "",
        "traits": facts_of(matches)["traits"] if matches else "",
    }
    write_table(output, table, stage="personas", settings=settings, facts=facts)
    distinct = len(set(numbers) - {None})
    silent = sum(not persona for persona in turns)
    print(
        f"{len(people)} personas on {distinct} different stories, {silent} of nothing",
        file=sys.stderr,
    )


def _stories(
    stories: Path | None, matches: Path | None
) -> dict[str, tuple[int, float | None, list[str]]]:
    """Return number, similarity and answers of each respondent's story."""
    if stories is None:
        return {}
    table = read_table(stories)
    found = dict(zip(table["backstory"].to_pylist(), table["answers"].to_pylist(), strict=True))
    if matches is None:
        names = table["respondent"].to_pylist()
        pairs = zip(names, found.items(), strict=True)
        return {name: (number, None, answers) for name, (number, answers) in pairs}
    chosen = read_table(matches)
    rows = zip(
        chosen["respondent"].to_pylist(),
        chosen["backstory"].to_pylist(),
        chosen["similarity"].to_pylist(),
        strict=True,
    )
    missing = set(chosen["backstory"].to_pylist()) - set(found)
    if missing:
        raise DataError(f"has no story {min(missing)}, which {matches} names", where=str(stories))
    return {name: (number, similarity, found[number]) for name, number, similarity in rows}

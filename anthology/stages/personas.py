"""The personas stage: what stands in the context before a respondent's questions."""

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import pyarrow as pa

from anthology.config.formats import Format
from anthology.config.prompts import Style
from anthology.config.stage import Derived, From, StageSettings
from anthology.errors import DataError
from anthology.interview.describe import (
    DescribedTrait,
    describe,
    look_up_categories,
    shuffle_categories,
)
from anthology.interview.transcript import story_turns
from anthology.io.parquet import count_rows, open_writer, read_metadata, read_rows, read_table
from anthology.seeds import rng_for
from anthology.survey.codebook import Codebook
from anthology.survey.respondents import list_respondents

COLUMNS = pa.schema(
    [
        ("respondent", pa.string()),
        ("backstory", pa.int64()),
        ("similarity", pa.float64()),
        ("turns", pa.list_(pa.struct([("question", pa.string()), ("answer", pa.string())]))),
    ]
)
"""The respondent; the number of their story and its similarity, where there is one; and what stands
before the survey's questions."""


class Settings(StageSettings):
    """What the personas of one condition depend on."""

    seed: Annotated[int, Derived("seed_of_traits")]
    survey: Annotated[str, From("{survey}")]
    style: Annotated[Style | None, Derived("style")]
    traits: Annotated[list[DescribedTrait], Derived("styled_traits")]
    shuffle: Annotated[bool, Derived("shuffles_traits")]
    layout: Annotated[Format | None, Derived("style_layout")]
    openings: Annotated[list[str], Derived("persona_openings")]
    """The questions that stories answer; none where there is no story."""


def run(
    settings: Settings,
    *,
    humans: Path,
    codebook: Path,
    backstories: Path | None = None,
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
    backstories
        Natural stories, with `matches`, or primed stories without.
    matches
        Which natural story stands for which respondent.
    output
        A row for each respondent, see `COLUMNS`. Those who share a story stand together, in
        the order of the stories, so that it is stored once and read once.
    """
    people = dict(list_respondents(read_table(humans)))
    book = Codebook.load(codebook)
    metadata = {
        "backstories": read_metadata(backstories)["source"] if backstories else "",
        "traits": read_metadata(matches)["traits"] if matches else "",
    }
    distinct = silent = 0
    last: int | None = None
    with open_writer(output, COLUMNS, stage="personas", settings=settings) as sheet:
        sheet.metadata = metadata
        for respondent, number, similarity, answers in _told(people, backstories, matches):
            path = ("personas", settings.survey, respondent)
            rng = rng_for(settings.seed, *path) if settings.shuffle else None
            found = shuffle_categories(
                look_up_categories(settings.traits, book, people[respondent]), rng
            )
            story = (
                story_turns(settings.openings, answers, where=str(backstories))
                if backstories
                else ()
            )
            words = describe(found, settings.style, settings.layout) if settings.style else ()
            turns = [{"question": t.question, "answer": t.answer} for t in (*story, *words)]
            sheet.add(respondent, number, similarity, turns)
            distinct += number != last
            silent += not turns
            last = number
    print(
        f"{len(people)} personas on {distinct} different stories, {silent} of nothing",
        file=sys.stderr,
    )


def _told(
    people: Iterable[str], backstories: Path | None, matches: Path | None
) -> Iterator[tuple[str, int | None, float | None, list[str]]]:
    """Yield each respondent with number, similarity and answers of their story, story by story.

    Respondents of one story keep their order. What has to be held is who was matched with which
    story, and one group of rows of the stories.
    """
    if backstories is None:
        yield from ((respondent, None, None, []) for respondent in people)
        return
    span = range(count_rows(backstories))
    if matches is None:
        for respondent, number, answers in read_rows(
            backstories, ["respondent", "backstory", "answers"], span
        ):
            yield respondent, number, None, answers
        return
    chosen = read_table(matches, ["respondent", "backstory", "similarity"])
    matched = defaultdict(list)
    for respondent, number, similarity in zip(
        *(column.to_pylist() for column in chosen.columns), strict=True
    ):
        matched[number].append((respondent, similarity))
    for number, answers in read_rows(backstories, ["backstory", "answers"], span):
        for respondent, similarity in matched.pop(number, ()):
            yield respondent, number, similarity, answers
    if matched:
        raise DataError(
            f"has no story {min(matched)}, which {matches} names", where=str(backstories)
        )

"""Natural backstories that somebody else had written: read from a file instead of a model."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import pyarrow as pa

from anthology.config.stage import Derived, From, StageSettings
from anthology.errors import DataError
from anthology.io.parquet import open_writer
from anthology.seeds import derive_seed
from anthology.stories.story_files import read_stories
from anthology.stories.table import BACKSTORY_COLUMNS

_COLUMNS = BACKSTORY_COLUMNS.append(pa.field("row", pa.int64()))


class Settings(StageSettings):
    """What stories from a file depend on, beside the file."""

    seed: Annotated[int, Derived("seed_of_file")]
    count: Annotated[int | None, From("backstories.natural.count")]
    shuffle: Annotated[bool, From("backstories.natural.shuffle")]


def choose_stories(available: int, settings: Settings, where: str) -> list[int]:
    """Return which stories are taken, by their place in the file, in order.

    A shuffled choice of 101 stories begins with the shuffled choice of 100.

    Raises
    ------
    DataError
        If more are wanted than there are.
    """
    order = list(range(available))
    if settings.shuffle:
        order.sort(key=lambda place: derive_seed(settings.seed, "backstories", "shuffle", place))
    if settings.count is not None and settings.count > available:
        raise DataError(
            f"holds {available} stories, backstories.natural.count asks for {settings.count}",
            where=where,
            hint="Lower the count, or say `all`.",
        )
    return order[: settings.count]


def run(settings: Settings, *, stories: Path, output: Path) -> None:
    """Read the stories of a file and take as many as are wanted.

    The column `row` says which of the file's stories each is, from 1.
    """
    available = sum(1 for _ in read_stories(stories))
    places = choose_stories(available, settings, str(stories))
    with open_writer(output, _COLUMNS, stage="released", settings=settings) as sheet:
        sheet.metadata = {"source": stories.name, "available": available}
        for number, text in enumerate(_in_order(places, read_stories(stories))):
            sheet.add(number, text, [text], None, None, None, None, places[number] + 1)
    print(f"{len(places)} of {available} stories taken from {stories}", file=sys.stderr)


def _in_order(places: Sequence[int], stories: Iterator[str]) -> Iterator[str]:
    """Yield the stories at some places, holding those that come before their turn."""
    wanted = set(places)
    waiting: dict[int, str] = {}
    turn = 0
    for place, text in enumerate(stories):
        if place in wanted:
            waiting[place] = text
        while turn < len(places) and places[turn] in waiting:
            yield waiting.pop(places[turn])
            turn += 1

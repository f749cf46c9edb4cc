"""Natural backstories that somebody else had written: read from a file instead of a model."""

import sys
from pathlib import Path

import pyarrow as pa

from anthology.artifacts import write_table
from anthology.errors import DataError
from anthology.randomness import derive
from anthology.stages import StageSettings
from anthology.stories import COLUMNS
from anthology.storyfiles import read_stories


class Settings(StageSettings):
    """What stories from a file depend on, beside the file."""

    seed: int
    count: int | None
    shuffle: bool


def chosen(available: int, settings: Settings, where: str) -> list[int]:
    """Return which stories are taken, by their place in the file, in order.

    A shuffled choice of 101 stories begins with the shuffled choice of 100.

    Raises
    ------
    DataError
        If more are wanted than there are.
    """
    order = list(range(available))
    if settings.shuffle:
        order.sort(key=lambda place: derive(settings.seed, "backstories", "shuffle", place))
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
    texts = read_stories(stories)
    places = chosen(len(texts), settings, str(stories))
    taken = [texts[place] for place in places]
    table = pa.Table.from_pydict(
        {
            "backstory": range(len(places)),
            "text": taken,
            "answers": [[text] for text in taken],
            "tokens": [None] * len(places),
            "finish": [None] * len(places),
            "logprob": [None] * len(places),
            "tries": [None] * len(places),
        },
        schema=COLUMNS,
    )
    rows = pa.array([place + 1 for place in places], pa.int64())
    table = table.append_column("row", rows)
    facts = {"source": stories.name, "available": len(texts)}
    write_table(output, table, stage="released", settings=settings, facts=facts)
    print(f"{len(places)} of {len(texts)} stories taken from {stories}", file=sys.stderr)

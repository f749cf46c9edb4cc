"""How many stories a file holds, remembered, since every start of Snakemake asks for it."""

import json
from contextlib import suppress
from pathlib import Path

from anthology.io.parquet import write_text
from anthology.stories.story_files import read_stories
from anthology.study.codehash import code_hash


def stories_in(path: Path, cache: Path) -> int:
    """Check a file of stories and return how many it holds.

    Parameters
    ----------
    path
        The file.
    cache
        Where the count is kept, and believed while the file's size and time of change and the
        code that reads it are the same. Nothing is lost with it.

    Raises
    ------
    DataError
        As `anthology.stories.story_files.read_stories`.
    """
    known = _known(path)
    with suppress(OSError, ValueError):
        match json.loads(cache.read_bytes()):
            case {"file": file, "stories": int(stories)} if file == known:
                return stories
    stories = sum(1 for _ in read_stories(path))
    # A folder that cannot be written to costs a second at the next start.
    with suppress(OSError):
        write_text(cache, json.dumps({"file": known, "stories": stories}) + "\n")
    return stories


def _known(path: Path) -> list[str | int]:
    """Return what tells a file from others, from what it was before, and from none."""
    known: list[str | int] = [str(path.resolve()), code_hash("stories.story_files")]
    with suppress(OSError):
        found = path.stat()
        known += [found.st_size, found.st_mtime_ns]
    return known

"""SPSS files without the time at which they were written."""

from pathlib import Path

_CREATED_AT = 92
_CREATED = b"01 Jan 0000:00:00"
"""Where a .sav file's header keeps its day and time, and what stands there instead."""


def undate(sav: Path) -> None:
    """Take the time of making out of a `.sav` file, so that equal settings give equal bytes."""
    with sav.open("r+b") as file:
        file.seek(_CREATED_AT)
        file.write(_CREATED)

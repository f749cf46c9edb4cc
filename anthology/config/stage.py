"""What the commands of all stages share.

A stage module has a `Settings` record, which is all that it may know of the
experiment, and a function `run(settings, *, ...)` whose keyword arguments are
the files it reads and writes.
"""

from anthology.records import Record

INPUTS = "inputs"
"""A key beside the settings, for Snakemake alone: the names of files that a command is given by
options."""


class StageSettings(Record):
    """The slice of the experiment that one stage depends on."""

    code: str = ""
    """A content hash of the stage's own modules."""

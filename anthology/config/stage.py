"""What the modules of all stages share.

A stage's module has a `Settings` record, which is all that it may know of the experiment, and a
function `run(settings, *, ...)` whose keyword arguments are the files it reads and writes. Each
field of `Settings` says where its value comes from: `From` copies it, `Derived` computes it.
"""

from dataclasses import dataclass

from anthology.records import Record

INPUTS = "inputs"
"""A key beside the settings, for Snakemake alone: the names of files that a command is given by
options."""


@dataclass(frozen=True, slots=True)
class From:
    """Says which key of the configuration a setting is a copy of.

    Parameters
    ----------
    path
        A key of the experiment with its dots, such as ``metrics.splits``, or of a file beside it,
        such as ``surveys/{survey}.weight``. Braces hold a wildcard of the rule, or a key whose
        value is put there; where that is null, the setting is null. Below ``questions`` stands
        what holds for the rule's condition.
    only
        Of a section, of each in a list or of each in a mapping: the keys that are copied.
    """

    path: str
    only: str = ""


@dataclass(frozen=True, slots=True)
class Derived:
    """Says which function of `study/derived.py` computes a setting."""

    function: str


class StageSettings(Record):
    """All that one stage may know of the experiment."""

    code: str = ""
    """A content hash of the stage's own modules."""

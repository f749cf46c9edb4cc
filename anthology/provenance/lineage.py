"""From a study's tables back to what they were made from, along the records beside the files."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePath

from anthology.errors import DataError
from anthology.provenance.record_files import describes_file, read_record
from anthology.provenance.schema import FileHash, ProvenanceRecord

_MADE_HERE = ("results", "docs")


@dataclass(frozen=True, slots=True)
class Lineage:
    """All that stands behind some files.

    Parameters
    ----------
    made
        The records of these files and of what they were made from, by path, each after those
        that it stands on.
    given
        The files that no stage made: those of people and stories that somebody brought.
    """

    made: dict[str, ProvenanceRecord]
    given: dict[str, FileHash]


def trace_lineage(files: Iterable[Path]) -> Lineage:
    """Follow the records of some files to their beginnings.

    Raises
    ------
    DataError
        If a file that the workflow made has no record, or one that is not of this file, or a
        file was made from another one than there is now.
    """
    found = Lineage({}, {})
    for file in files:
        _follow(file, found)
        _check_unchanged(file, found)
    return found


def _follow(file: Path, found: Lineage) -> None:
    if str(file) in found.made:
        return
    made = read_record(file)
    if made is None:
        raise DataError("has no record of what made it", where=str(file), hint=_again(file))
    for used in made.inputs:
        if PurePath(used.path).parts[0] not in _MADE_HERE:
            found.given[used.path] = used
            continue
        _follow(Path(used.path), found)
        if found.made[used.path].file != used:
            # Where it was changed by hand, to make what stands on it again does not help.
            _check_unchanged(Path(used.path), found)
            raise DataError(
                f"was made from another {used.path} than the one whose record there is",
                where=str(file),
                hint=_again(file),
            )
    found.made[str(file)] = made


def _check_unchanged(file: Path, found: Lineage) -> None:
    if file.exists() and not describes_file(found.made[str(file)], file):
        raise DataError(
            "is not the file that its record is of: it was changed or replaced since",
            where=str(file),
            hint=_again(file),
        )


def _again(file: Path) -> str:
    return (
        f"`snakemake --force {file}` makes it again; what models answered before is not asked "
        "again."
    )

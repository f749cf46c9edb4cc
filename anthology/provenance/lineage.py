"""From a study's tables back to what they were made from, along the records beside the files."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from anthology.errors import DataError
from anthology.models.usage import join_versions
from anthology.provenance.record_files import describes_file, read_record
from anthology.provenance.schema import FileHash, ProvenanceRecord
from anthology.provenance.secrets import redact_secrets, strip_folders

_MADE_HERE = ("results", "docs")


@dataclass(frozen=True, slots=True)
class Lineage:
    """Everything that some files were made from.

    Parameters
    ----------
    records
        The records of these files and of what they were made from, by path, each after those
        that it depends on.
    originals
        The user's own files, which no stage made: survey files and backstories.
    """

    records: dict[str, ProvenanceRecord]
    originals: dict[str, FileHash]

    def anonymize(self) -> "Lineage":
        """Leave out the names of machines, servers and folders elsewhere."""
        hosts = dict.fromkeys(run.host for record in self.records.values() for run in record.runs)
        machines = {host: f"machine {number}" for number, host in enumerate(hosts, start=1)}
        return Lineage(
            {place: _anonymize(record, machines) for place, record in self.records.items()},
            {
                place: file.model_copy(update={"path": strip_folders(file.path)})
                for place, file in self.originals.items()
            },
        )


def _anonymize(record: ProvenanceRecord, machines: dict[str, str]) -> ProvenanceRecord:
    plain: dict[str, Any] = record.model_dump(mode="json")
    for run in (plain["run"], *plain["shards"]):
        run["host"] = machines[run["host"]]
    for usage in plain["models"]:
        usage["address"] = None
        for key in ("served", "version"):
            usage[key] = join_versions(map(strip_folders, (usage[key] or "").split(", ")))
    return ProvenanceRecord.model_validate(redact_secrets(strip_folders(plain)))


def trace_lineage(files: Iterable[Path]) -> Lineage:
    """Follow the records of some files to their beginnings.

    Raises
    ------
    DataError
        If a file of the workflow has no record, or one of another file, or was made from
        another version of a file than there is now.
    """
    lineage = Lineage({}, {})
    for file in files:
        _follow(file, lineage)
        _check_unchanged(file, lineage)
    return lineage


def _follow(file: Path, lineage: Lineage) -> None:
    if str(file) in lineage.records:
        return
    record = read_record(file)
    if record is None:
        raise _not_reproducible(file, "has no record of what made it")
    for used in record.inputs:
        if PurePath(used.path).parts[0] not in _MADE_HERE:
            lineage.originals[used.path] = used
            continue
        _follow(Path(used.path), lineage)
        if lineage.records[used.path].file != used:
            # Where the input was edited by hand, making this file again would not help.
            _check_unchanged(Path(used.path), lineage)
            what = f"was made from another {used.path} than the one whose record there is"
            raise _not_reproducible(file, what)
    lineage.records[str(file)] = record


def _check_unchanged(file: Path, lineage: Lineage) -> None:
    if file.exists() and not describes_file(lineage.records[str(file)], file):
        what = "is not the file that its record is of: it was changed or replaced since"
        raise _not_reproducible(file, what)


def _not_reproducible(file: Path, what: str) -> DataError:
    hint = f"`snakemake --force {file}` makes it again; the journal still has models' answers."
    return DataError(what, where=str(file), hint=hint)

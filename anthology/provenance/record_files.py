"""Records on disk: where one lies, and how it is read and written."""

import hashlib
import json
import os
from pathlib import Path

from pydantic import ValidationError

from anthology.errors import DataError
from anthology.provenance.schema import FORMAT, FileHash, ProvenanceRecord

FOLDER = ".made"


def record_path(file: Path) -> Path:
    """Return where the record of a file lies."""
    return file.parent / FOLDER / f"{file.name}.json"


def relative_path(file: Path) -> str:
    """Return a file's path as records have it: from the working directory, or else the whole."""
    whole, here = Path(os.path.abspath(file)), Path.cwd()  # noqa: PTH100 -- keeps links as they are
    return str(whole.relative_to(here) if whole.is_relative_to(here) else whole)


def hash_file(file: Path) -> FileHash:
    """Hash a file, a piece at a time."""
    with file.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
        return FileHash(path=relative_path(file), bytes=opened.tell(), sha256=digest)


def read_record(file: Path) -> ProvenanceRecord | None:
    """Return the record of a file; None where there is none.

    Raises
    ------
    DataError
        If it cannot be read as one.
    """
    record = record_path(file)
    try:
        found = json.loads(record.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise _unread(record, str(error)) from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise _unread(record, "another version of anthology may have written it")
    try:
        return ProvenanceRecord.model_validate(found)
    except ValidationError as error:
        raise _unread(
            record, f"{error.error_count()} of its values are not as they should be"
        ) from None


def describes_file(made: ProvenanceRecord, file: Path) -> bool:
    """Say whether a record is of a file as it is now."""
    return made.file.bytes == file.stat().st_size and made.file.sha256 == hash_file(file).sha256


def as_json(made: ProvenanceRecord) -> str:
    """Return a record as it is written."""
    return json.dumps(made.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n"


def write_record(made: ProvenanceRecord, file: Path) -> None:
    """Write the record of a file whole or not at all."""
    record = record_path(file)
    record.parent.mkdir(exist_ok=True)
    temporary = record.with_name(f".{record.name}.{os.getpid()}.part")
    try:
        temporary.write_text(as_json(made), encoding="utf-8")
        temporary.replace(record)
    finally:
        temporary.unlink(missing_ok=True)


def _unread(record: Path, why: str) -> DataError:
    return DataError(
        f"cannot be read as the record of a file ({why})",
        where=str(record),
        hint="Remove it; it is written again when the workflow makes the file again.",
    )

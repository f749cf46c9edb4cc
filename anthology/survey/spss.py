"""SPSS files: what one declares, and its columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import pyreadstat

from anthology.errors import DataError
from anthology.spelling import suggest

Value = float | str | None
"""What a row holds: a number, a text, or nothing."""

_FEW, _NAMED = 12, 6
"""How many variables are all named in an error, and how many are of more than that."""

_MAGIC = (b"$FL2", b"$FL3")


@dataclass(frozen=True, slots=True)
class Variable:
    """What a file declares about one variable.

    Parameters
    ----------
    label
        The variable's label; empty where it has none.
    options
        The labels of its values.
    text
        Whether it holds text instead of numbers.
    """

    label: str
    options: dict[float, str]
    text: bool


@dataclass(frozen=True, slots=True)
class Header:
    """What a file declares: its label, how many rows it has (None: unsaid), its variables."""

    path: Path
    label: str
    rows: int | None
    variables: dict[str, Variable]

    def find(self, name: str, what: str) -> Variable:
        """Return a variable; `what` says in the error what it was wanted for.

        Raises
        ------
        DataError
            If there is none of this name.
        """
        if name in self.variables:
            return self.variables[name]
        known = list(self.variables)
        # A real file has hundreds of variables: name those that come near, and count the others.
        lower = {variable.lower(): variable for variable in known}
        like = get_close_matches(name.lower(), lower, n=_NAMED, cutoff=0.4)
        near = known if len(known) <= _FEW else [lower[match] for match in like] or known[:_NAMED]
        others = [f"and {len(known) - len(near)} others"] if len(known) > len(near) else []
        raise DataError(
            f'has no variable "{name}", which is to hold {what}',
            where=str(self.path),
            hint=suggest(name, [*near, *others]),
        )

    def find_numeric(self, name: str, what: str) -> Variable:
        """Return a variable, as `find` does, that must hold numbers."""
        variable = self.find(name, what)
        if variable.text:
            raise DataError(f"{name} holds text, where numbers are expected", where=str(self.path))
        return variable


def read_header(path: Path) -> Header:
    """Read what an SPSS file declares, without its data.

    Raises
    ------
    DataError
        If there is no such file, it is no SPSS file, or it ends within its header.
    """
    _, meta = _read(path, metadataonly=True)
    return Header(
        path=path,
        label=meta.file_label or "",
        rows=meta.number_rows,
        variables={
            name: Variable(
                label=meta.column_names_to_labels.get(name) or "",
                options=dict(meta.variable_value_labels.get(name, {})),
                text=meta.readstat_variable_types[name] == "string",
            )
            for name in meta.column_names
        },
    )


def read_columns(header: Header, names: Sequence[str]) -> dict[str, list[Value]]:
    """Read some columns of the file a header stands in; user-missing values are missing.

    Raises
    ------
    DataError
        As `read_header`, and if the file ends before the last row of its header.
    """
    columns, _ = _read(header.path, usecols=list(dict.fromkeys(names)))
    read = {name: [_value(value) for value in column] for name, column in columns.items()}
    for values in read.values():
        if header.rows is not None and len(values) != header.rows:
            raise _cut_short(header.path, f"{header.rows} rows declared, {len(values)} found")
    return read


def as_text(value: float | str) -> str:
    """Write a value, a whole number without its decimal point."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _read(path: Path, **how: Any) -> tuple[dict[str, Any], Any]:
    _check_kind(path)
    try:
        columns, meta = pyreadstat.read_sav(
            path, output_format="dict", disable_datetime_conversion=True, **how
        )
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError) as error:
        raise _cut_short(path, str(error)) from None
    return columns, meta


def _check_kind(path: Path) -> None:
    """Tell apart what is no SPSS file at all, which the reader reports in one and the same way."""
    if path.is_dir():
        raise DataError("is a directory, where an SPSS file (.sav) is expected", where=str(path))
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except FileNotFoundError:
        raise DataError("does not exist", where=str(path)) from None
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror})", where=str(path)) from None
    if start in _MAGIC:
        return
    if not start:
        raise DataError("is empty, where an SPSS file (.sav) is expected", where=str(path))
    archive = start.startswith(b"PK")
    raise DataError(
        "is an archive, not an SPSS file (.sav)" if archive else "is no SPSS file (.sav)",
        where=str(path),
        hint="Unpack it, and name the .sav file in it."
        if archive
        else f"It begins with {start!r}; an SPSS file begins with $FL2 or $FL3.",
    )


def _cut_short(path: Path, found: str) -> DataError:
    return DataError(
        f"begins as an SPSS file, but is damaged or cut short ({found})",
        where=str(path),
        hint="Copy or download it again.",
    )


def _value(value: Any) -> Value:
    # NaN is the one value that differs from itself.
    return None if value is None or value != value else value


_CREATED_AT = 92
_CREATED = b"01 Jan 0000:00:00"
"""Where a .sav file's header keeps its day and time, and what stands there instead."""


def strip_creation_date(sav: Path) -> None:
    """Take the time of making out of a `.sav` file, so that equal settings give equal bytes."""
    with sav.open("r+b") as file:
        file.seek(_CREATED_AT)
        file.write(_CREATED)

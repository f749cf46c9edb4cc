"""A content hash of the modules that a stage runs.

Snakemake does not look into code that a command imports; this does, by
following the import statements of a stage's module through the package.
"""

import re
from collections.abc import Iterator
from functools import cache
from hashlib import blake2b
from pathlib import Path

_PACKAGE = Path(__file__).parents[1]

# Every start of Snakemake asks for the hashes of all stages, and this finds the statements in a
# tenth of the time that parsing takes. What it takes for one by mistake adds a module at most.
_COMMENT = re.compile(r"#[^\n]*")
_IMPORT = re.compile(
    r"""(?:^|[;:])[ \t]*(?:
        from[ \t]+([\w.]+)[ \t]+import[ \t]*(\([^)]*\)|(?:\\\n|[^\n;])+)
        | import[ \t]+((?:\\\n|[^\n;])+)
    )""",
    re.MULTILINE | re.VERBOSE,
)
_NAME = re.compile(r"([\w.]+)(?:\s+as\s+\w+)?")


def modules(*names: str) -> list[Path]:
    """List the files of this package that some modules import, themselves included."""
    found: set[Path] = set()
    pending = [_PACKAGE.joinpath(*name.split(".")).with_suffix(".py") for name in names]
    while pending:
        path = pending.pop()
        if path not in found:
            found.add(path)
            pending += _imports(path)
    return sorted(found.union(*(_assets(folder) for folder in {path.parent for path in found})))


@cache
def _assets(folder: Path) -> list[Path]:
    """List the files that a package reads at run time, which no import statement names."""
    return [path for path in (folder / "assets").rglob("*") if path.is_file()]


@cache
def code_hash(*names: str) -> str:
    """Return a hash of the content of some modules and of all that they import.

    Parameters
    ----------
    names
        The stage's module, and what it imports by a name that is not in its code,
        such as the provider of its model.
    """
    digest = blake2b(digest_size=8)
    for path in modules(*names):
        digest.update(_content(path))
    return digest.hexdigest()


def imported(source: str) -> Iterator[str]:
    """List the names that a module's import statements may mean, with their dots."""
    for start, names, plain in _IMPORT.findall(_COMMENT.sub("", source)):
        if start:
            yield start
        for name in _NAME.findall(names or plain):
            yield f"{start}.{name}" if start else name


@cache
def _content(path: Path) -> bytes:
    return path.relative_to(_PACKAGE).as_posix().encode() + b"\n" + path.read_bytes()


@cache
def _files(package: Path) -> dict[str, Path]:
    """Return the files of a package by the names that they are imported by."""
    start = len(str(package.parent)) + 1
    return {
        str(path)[start:].removesuffix(".py").removesuffix("/__init__").replace("/", "."): path
        for path in package.rglob("*.py")
    }


@cache
def _imports(path: Path) -> list[Path]:
    files = _files(_PACKAGE)
    found: set[Path] = set()
    for name in imported(path.read_text(encoding="utf-8")):
        parts = name.split(".")
        if parts[0] == _PACKAGE.name:
            # Importing a.b.c runs a/__init__ and a/b/__init__ as well.
            above = (".".join(parts[:length]) for length in range(1, len(parts) + 1))
            found.update(files[module] for module in above if module in files)
    return list(found)

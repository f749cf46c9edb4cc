"""A content hash of the modules that a stage runs.

Snakemake does not look into code that a command imports; this does, by
following the import statements of a stage's module through the package.
"""

import ast
from functools import cache
from hashlib import blake2b
from pathlib import Path

_PACKAGE = Path(__file__).parent


def modules(*names: str) -> list[Path]:
    """List the files of this package that some modules import, themselves included."""
    found: set[Path] = set()
    pending = [_PACKAGE.joinpath(*name.split(".")).with_suffix(".py") for name in names]
    while pending:
        path = pending.pop()
        if path not in found:
            found.add(path)
            pending += _imports(path)
    return sorted(found)


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
        digest.update(path.relative_to(_PACKAGE).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


@cache
def _imports(path: Path) -> list[Path]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    package = _PACKAGE.name
    files: list[Path] = []
    for name in names:
        parts = name.split(".")
        if parts[0] != package:
            continue
        # Importing a.b.c runs a/__init__ and a/b/__init__ as well.
        for length in range(1, len(parts) + 1):
            module = _PACKAGE.joinpath(*parts[1:length])
            files += [
                file
                for file in (module.with_suffix(".py"), module / "__init__.py")
                if file.is_file()
            ]
    return files

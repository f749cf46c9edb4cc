"""The rooms of the package: a folder imports only folders on lower levels, so there is no cycle."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "anthology"
LEVELS = (
    {"errors", "records", "seeds", "spelling", "__init__"},
    {"config", "io"},
    {"survey", "journal", "matching"},
    {"models"},
    {"interview", "simulation", "provenance"},
    {"stories", "analysis", "providers"},
    {"figures", "explorer", "cluster"},
    {"stages"},
    {"study"},
    {"plan"},
    {"cli"},
    {"__main__"},
)
LEVEL = {room: level for level, rooms in enumerate(LEVELS) for room in rooms}
LOADED_BY_NAME = {("stages", "providers")}
"""Rooms that another may not import although they are lower: a stage must not depend on a model's
provider that it does not ask, nor be made again where another provider changes."""


def imported_rooms(file: Path) -> Iterator[str]:
    """Yield the room of each import of ours, also inside functions."""
    for node in ast.walk(ast.parse(file.read_text())):
        if not isinstance(node, ast.ImportFrom) or not node.module:
            continue
        names = node.module.split(".")
        if names[0] == "anthology":
            yield from names[1:2] or [a.name if a.name in LEVEL else "__init__" for a in node.names]


@pytest.mark.parametrize("file", sorted(PACKAGE.rglob("*.py")), ids=lambda f: f.stem)
def test_rooms_import_only_rooms_on_lower_levels(file: Path) -> None:
    room = file.relative_to(PACKAGE).parts[0].removesuffix(".py")
    for other in imported_rooms(file):
        assert other == room or LEVEL[other] < LEVEL[room], f"{room} imports {other}"
        assert (room, other) not in LOADED_BY_NAME


def test_every_room_says_what_lives_there() -> None:
    for room in (folder for folder in PACKAGE.iterdir() if (folder / "__init__.py").exists()):
        docstring = ast.get_docstring(ast.parse((room / "__init__.py").read_text())) or ""
        assert docstring.count(". ") + docstring.count(".\n") + docstring.endswith(".") >= 2, room

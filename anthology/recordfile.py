"""One record in one YAML file."""

from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from anthology.mistakes import explain
from anthology.records import Record
from anthology.yamlfile import read_yaml

R = TypeVar("R", bound=Record)


def read_record(path: Path, grammar: type[R]) -> R:
    """Read the record that a file holds.

    Raises
    ------
    ConfigurationError
        If the file is not what its record says.
    """
    return checked(read_yaml(path), grammar, str(path))


def checked(content: Any, grammar: type[R], where: str) -> R:
    """Return the record that some content makes, its mistakes told with their place."""
    try:
        return grammar.model_validate(content)
    except ValidationError as error:
        raise explain(error, grammar, content, where=lambda _: where) from None

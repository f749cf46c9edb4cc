"""Reading YAML strictly: a key given twice is an error, not a silent loss."""

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from anthology.errors import ConfigurationError
from anthology.io.validation_errors import explain_validation_error
from anthology.records import Record

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Strict(_Base):  # type: ignore[misc]
    """A safe loader that refuses a mapping with the same key twice."""


def _mapping(loader: Any, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: dict[Any, int] = {}
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        line = key_node.start_mark.line + 1
        if isinstance(key, bool):
            raise yaml.MarkedYAMLError(
                problem=f"the key {key_node.value} is read as yes or no; put it in quotes",
                problem_mark=key_node.start_mark,
            )
        if key in seen:
            raise yaml.MarkedYAMLError(
                problem=f'the key "{key}" stands in lines {seen[key]} and {line}',
                problem_mark=key_node.start_mark,
            )
        seen[key] = line
    loader.flatten_mapping(node)
    return dict(loader.construct_pairs(node, deep=True))


_Strict.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read_mapping(path: Path) -> dict[str, Any]:
    """Return the mapping that a YAML file holds; what else it may hold is an error."""
    content = read_yaml(path)
    if not isinstance(content, dict):
        raise ConfigurationError("must hold a mapping of keys to values", where=str(path))
    return content


def read_yaml(path: Path) -> Any:
    """Return what a YAML file holds.

    Raises
    ------
    ConfigurationError
        If the file is not there, is not UTF-8, is no YAML, or repeats a key;
        the message names file and line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"cannot be read: {error.strerror}", where=str(path)) from None
    except UnicodeDecodeError as error:
        raise ConfigurationError(
            f"is not UTF-8 at byte {error.start}", where=str(path), hint="Save it as UTF-8."
        ) from None
    try:
        return yaml.load(text, _Strict)
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ConfigurationError(
            f"is no valid YAML: {error.problem}", where=f"{path}{line}"
        ) from None
    except yaml.YAMLError as error:
        raise ConfigurationError(f"is no valid YAML: {error}", where=str(path)) from None


R = TypeVar("R", bound=Record)


def read_record(path: Path, grammar: type[R]) -> R:
    """Read the record that a file holds.

    Raises
    ------
    ConfigurationError
        If the file is not what its record says.
    """
    return validate_record(read_yaml(path), grammar, str(path))


def validate_record(content: Any, grammar: type[R], where: str) -> R:
    """Return the record that some content makes, or raise an error that locates each mistake."""
    try:
        return grammar.model_validate(content)
    except ValidationError as error:
        raise explain_validation_error(error, grammar, content, where=lambda _: where) from None

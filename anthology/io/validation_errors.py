"""Pydantic's validation errors in words for the author of a YAML file."""

import re
from collections.abc import Callable, Iterable
from fnmatch import fnmatch
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from anthology.errors import ConfigurationError
from anthology.records import Record
from anthology.spelling import suggest

_SECRET = re.compile("key|token|secret|password", re.IGNORECASE)


def explain_validation_error(
    error: ValidationError,
    grammar: type[Record],
    data: Any,
    *,
    where: Callable[[tuple[str | int, ...]], str],
) -> ConfigurationError:
    """Turn all validation errors of one document into one message.

    Parameters
    ----------
    error
        What pydantic found.
    grammar
        The record that the document should be.
    data
        The document.
    where
        Names the file that a key stands in.
    """
    found: dict[tuple[str | int, ...], list[str]] = {}
    for finding in error.errors():
        path = _in_document(finding["loc"], data, missing=finding["type"] == "missing")
        sentence = _sentence(finding, grammar, path)
        if sentence not in found.setdefault(path, []):
            found[path].append(sentence)
    lines = [
        f"{where(path)}: {_key(path)}{_value(data, path)}\n  {'; or '.join(sentences)}"
        for path, sentences in found.items()
    ]
    return ConfigurationError("\n".join(lines))


def _in_document(
    location: Iterable[str | int], data: Any, *, missing: bool
) -> tuple[str | int, ...]:
    """Keep of a location what are keys of the document; pydantic adds names of union members."""
    path: list[str | int] = []
    *inner, last = list(location) or [""]
    for step in [*inner, last]:
        if isinstance(data, dict) and (step in data or (missing and step == last)):
            data = data.get(step)
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            data = data[step]
        else:
            continue
        path.append(step)
    return tuple(path)


def _sentence(finding: Any, grammar: type[Record], path: tuple[str | int, ...]) -> str:
    kind, context = finding["type"], finding.get("ctx", {})
    if kind == "extra_forbidden":
        for old, new in grammar.renamed.items():
            if fnmatch(_key(path), old):
                now = ".".join(map(str, (*path[:-1], new)))
                return f"`{_key(path)}` is now called `{now}`"
        return f"unknown key; {suggest(path[-1], _keys(grammar, path[:-1]))}"
    if kind == "missing":
        return "must be given"
    if kind == "literal_error":
        known = _literals(grammar, path)
        expected = f"expected {context['expected']}"
        return f"{expected}; {suggest(finding['input'], known)}" if known else expected
    if kind == "value_error":
        return str(context["error"])
    if kind == "string_pattern_mismatch":
        return "expected a name of small letters, digits and underscores"
    if kind in ("model_type", "dict_type", "model_attributes_type"):
        return "expected a mapping of keys to values"
    if kind == "too_short":
        return f"expected {context['min_length']} or more"
    message: str = finding["msg"]
    return message.replace("Input should be", "expected").replace("Input", "the value", 1)


def _key(path: tuple[str | int, ...]) -> str:
    return ".".join(map(str, path)) or "the whole file"


def _value(data: Any, path: tuple[str | int, ...]) -> str:
    if _SECRET.search(str(path[-1]) if path else ""):
        return ""  # It may hold an API key.
    for step in path:
        if isinstance(data, dict) and step not in data:
            return ""
        data = data[step]
    text = repr(data)
    return f" = {text}" if len(text) <= 60 else f" = {text[:57]}..."


def _keys(grammar: Any, path: tuple[str | int, ...]) -> list[str]:
    return [name for record in _records(_annotation(grammar, path)) for name in record.model_fields]


def _literals(grammar: Any, path: tuple[str | int, ...]) -> list[str]:
    return [
        str(value)
        for member in _members(_annotation(grammar, path))
        if get_origin(member) is Literal
        for value in get_args(member)
    ]


def _annotation(grammar: Any, path: tuple[str | int, ...]) -> Any:
    """Follow a path through records, mappings and lists to the type it ends at."""
    here = grammar
    for step in path:
        after: Any = None
        for member in _members(here):
            if isinstance(member, type) and issubclass(member, BaseModel):
                field = member.model_fields.get(str(step))
                after = field.annotation if field else after
            elif get_origin(member) in (dict, list):
                after = get_args(member)[-1]
        here = after
    return here


def _members(annotation: Any) -> list[Any]:
    if get_origin(annotation) is Annotated:
        return _members(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return [inner for member in get_args(annotation) for inner in _members(member)]
    return [annotation]


def _records(annotation: Any) -> list[type[BaseModel]]:
    return [
        member
        for member in _members(annotation)
        if isinstance(member, type) and issubclass(member, BaseModel)
    ]

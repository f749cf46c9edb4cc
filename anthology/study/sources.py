"""Copies of the configuration's keys, as the settings of stages."""

import re
from collections.abc import Mapping
from typing import Any

from anthology.config.stage import From
from anthology.config.types import DEFAULT
from anthology.records import Record
from anthology.study.study import Study

_BRACES = re.compile(r"\{([^}]*)\}")


def plain(record: Record, *only: str) -> dict[str, Any]:
    """Return a record, or some of its keys, as plain JSON types."""
    return record.model_dump(mode="json", include=set(only) or None)


def copy(study: Study, source: From, wildcards: Any) -> Any:
    """Return the value of a key for a rule's wildcards, as plain JSON types."""
    path = source.path
    if whole := _BRACES.fullmatch(path):
        return getattr(wildcards, whole[1])
    for inner in _BRACES.findall(path):
        named = getattr(wildcards, inner, None) or copy(study, From(inner), wildcards)
        if named is None:
            return None
        # A name may hold a dot.
        path = path.replace(f"{{{inner}}}", named.replace(".", "\0"))
    head, *steps = (step.replace("\0", ".") for step in path.split("."))
    value: Any = _head(study, head, wildcards)
    for step in steps:
        value = _below(value, step)
    return _as_json(value, source.only.split())


def _head(study: Study, head: str, wildcards: Any) -> Any:
    """Return what a path begins at: a file, or a section of the experiment."""
    folder, slash, name = head.rpartition("/")
    if folder == "models":
        return study.identity(name)
    if slash:
        return study.catalogue.load(folder, name)
    if head == "questions" and hasattr(wildcards, "condition"):
        return study.questions(wildcards.condition)
    if head == "published":
        return study.published()
    return getattr(study.experiment, head)


def _below(value: Any, step: str) -> Any:
    if isinstance(value, Mapping):
        return value[step] if step in value else value[DEFAULT]
    return getattr(value, step)


def _as_json(value: Any, only: list[str]) -> Any:
    if isinstance(value, Record):
        return plain(value, *only)
    if isinstance(value, Mapping):
        return {key: _as_json(entry, only) for key, entry in value.items()}
    if isinstance(value, list):
        return [_as_json(entry, only) for entry in value]
    return value

"""Names in the experiment that must stand elsewhere, found by the marks in its grammar."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin

from anthology.config.types import BY_SURVEY, DEFAULT, RefersTo
from anthology.records import Record
from anthology.spelling import suggest
from anthology.study.checks.problem import Key, Mistake
from anthology.study.files import FOLDERS

if TYPE_CHECKING:
    from anthology.study.study import Study

_ATTRIBUTE = re.compile(r"\{(\w+)\}")


def references(experiment: Record) -> Iterator[tuple[Key, str, str]]:
    """Yield the key, the name and the place of every name that must stand elsewhere."""
    for key, value, mark, record in _marked(experiment, ()):
        if isinstance(mark, RefersTo):
            fill = lambda match, record=record: getattr(record, match[1])  # noqa: E731
            yield key, value, _ATTRIBUTE.sub(fill, mark.place)


def unknown_references(study: Study) -> Iterator[Mistake]:
    """Find names for which there is no file, section or trait, and load the files there are."""
    e, catalogue = study.experiment, study.catalogue
    sections: dict[str, Sequence[str]] = {
        "trait": list(catalogue.traits()),
        "condition": list(e.conditions),
        "matching": list(e.matching.variants),
        "format": list(e.formats),
        "survey": catalogue.names("surveys"),
        "survey or default": [DEFAULT, *catalogue.names("surveys")],
    }
    for key, name, place in references(e):
        known = sections[place] if place in sections else catalogue.names(place)
        if name not in known and place in FOLDERS:
            missing = f"there is no {catalogue.path(place, name)}"
            yield Mistake(key, name, f"{missing}; {suggest(name, known)}")
        elif name not in known:
            yield Mistake(key, name, f"unknown name; {suggest(name, known)}")
        elif place in FOLDERS:
            catalogue.load(place, name)


def incomplete_mappings(study: Study) -> Iterator[Mistake]:
    """Find values by survey that say nothing for a survey of the study."""
    for key, values, mark, _ in _marked(study.experiment, ()):
        if mark is BY_SURVEY and DEFAULT not in values:
            for name in sorted(set(study.experiment.surveys) - set(values)):
                yield Mistake(key, values, f"says nothing for {name}; add it or a default")


def _marked(record: Record, key: Key) -> Iterator[tuple[Key, Any, Any, Record]]:
    """Yield each marked value below a record: its key, itself, its mark and its record."""
    for name, field in type(record).model_fields.items():
        value = getattr(record, name)
        yield from (((*key, name), value, mark, record) for mark in field.metadata)
        yield from _within(value, field.annotation, (*key, name), record)


def _within(
    value: Any, annotation: Any, key: Key, record: Record
) -> Iterator[tuple[Key, Any, Any, Record]]:
    kind, inner = get_origin(annotation), get_args(annotation)
    if kind is Annotated and value is not None:
        yield from ((key, value, mark, record) for mark in inner[1:])
        yield from _within(value, inner[0], key, record)
    elif kind in (Union, UnionType):
        for member in inner:
            yield from _within(value, member, key, record)
    elif kind is list and isinstance(value, list):
        for i, entry in enumerate(value):
            yield from _within(entry, inner[0], (*key, i), record)
    elif kind is dict and isinstance(value, dict):
        for name, entry in value.items():
            yield from _within(name, inner[0], (*key, name), record)
            yield from _within(entry, inner[1], (*key, name), record)
    elif isinstance(value, Record):
        yield from _marked(value, key)

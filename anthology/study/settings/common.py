"""What slices are put together from: records as plain JSON types."""

from collections.abc import Callable
from typing import Any

from anthology.study.study import Study

Setting = Callable[[Any], Any]
"""From a rule's wildcards to one setting's value, as plain JSON types."""

UNUSED_SEED = 0
"""Stands for the seed where a stage draws nothing, so that a new seed leaves it alone."""


def constant(value: Any) -> Setting:
    """Return a setting that is the same for all wildcards."""
    return lambda w: value


def plain(record: Any, *keys: str) -> dict[str, Any]:
    """Return a record, or some of its keys, as plain JSON types."""
    plain: dict[str, Any] = record.model_dump(mode="json", include=set(keys) or None)
    return plain


def layout_of(study: Study, name: str) -> dict[str, Any]:
    """Return how questions are laid out in a named format."""
    return plain(study.experiment.formats[name])


def names_of(study: Study, model: str, layout: str) -> dict[str, Any] | None:
    """Return the names before questions and answers, which a chat model is not shown."""
    if study.model(model).api == "chat":
        return None
    return plain(study.experiment.formats[layout], "asker", "answerer")


def frame_of(study: Study, prompt: str, model: str) -> dict[str, Any]:
    """Return what frames questions, less what a model that continues texts is not shown."""
    frame = plain(study.prompt("surveys", prompt))
    return frame if study.model(model).api == "chat" else frame | {"system": ""}


def identity_of(study: Study, name: str) -> dict[str, Any]:
    """Return what identifies a model; where it is served is no part of that."""
    known = plain(study.model(name), "provider", "api", "model", "revision", "body", "engine")
    return {"name": name, **known}


def told_of(study: Study, survey: str) -> list[dict[str, Any]]:
    """Return the traits that personas are told by, in order, with question and own labels."""
    return [
        {
            "name": name,
            "question": study.traits()[name].question,
            "labels": plain(study.survey(survey).traits[name], "labels")["labels"],
        }
        for name in study.told(survey)
    ]

"""The wording of the survey's items and of the trait questions, for the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from anthology.config.survey import Item
from anthology.interview.survey_interview import build_question
from anthology.io.parquet import read_metadata, read_producer
from anthology.survey.codebook import Codebook


@dataclass(frozen=True, slots=True)
class QuestionText:
    """One question: its name, its wording, and its options in order.

    Parameters
    ----------
    name
        The trait, or the item's variable.
    wording
        The question.
    options
        What can be answered.
    ordinal
        Whether the options are a scale.
    """

    name: str
    wording: str
    options: tuple[str, ...]
    ordinal: bool = True


def respondent_trait_texts(
    book: Codebook, labels: Mapping[str, Mapping[int, str]]
) -> list[QuestionText]:
    """Return respondents' traits in the survey's wording or, where given, in ours."""
    return [
        QuestionText(
            name, entry.wording, tuple((entry.texts | dict(labels.get(name, {}))).values())
        )
        for name, entry in book.traits.items()
    ]


def item_texts(items: Sequence[Item], book: Codebook) -> list[QuestionText]:
    """Return the items as personas are asked them, their options in the survey's order."""
    questions = [build_question(item, book, None) for item in items]
    return [
        QuestionText(item.variable, one.wording, tuple(o.text for o in one.options), one.ordinal)
        for item, one in zip(items, questions, strict=True)
    ]


def backstory_trait_texts(path: Path) -> list[QuestionText]:
    """Return the traits that stories were asked, as they were put to them; steps count in them."""
    asked: Mapping[str, Any] = read_producer(path)["settings"]["traits"]
    options: Mapping[str, Sequence[str]] = read_metadata(path)["options"]
    return [
        QuestionText(name, trait["question"], tuple(map(_texts(trait).__getitem__, options[name])))
        for name, trait in asked.items()
    ]


def _texts(trait: Mapping[str, Any]) -> dict[str, str]:
    return {option["id"]: option["text"] for option in trait["options"]}

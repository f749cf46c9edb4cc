"""A respondent's traits put into words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from anthology.config.formats import Format
from anthology.config.prompts import Style
from anthology.interview.question import Option, label_options
from anthology.interview.transcript import Turn, render_turn
from anthology.records import Record
from anthology.survey.codebook import Codebook


class DescribedTrait(Record):
    """A trait that personas are described by."""

    name: str
    question: str
    labels: dict[int, str]
    """Our own words for categories, in place of the survey file's."""


@dataclass(frozen=True, slots=True)
class Category:
    """One respondent's category of one trait, among all that it could be."""

    trait: str
    question: str
    options: tuple[Option, ...]
    position: int


def look_up_categories(
    traits: Sequence[DescribedTrait], codebook: Codebook, codes: Mapping[str, int | None]
) -> tuple[Category, ...]:
    """Look up what a respondent's codes mean; a refused trait is left out.

    Parameters
    ----------
    traits
        The traits to put into words, in order.
    codebook
        The survey's own words for its categories.
    codes
        The respondent's code for each trait, None where there is none.
    """
    found = []
    for trait in traits:
        code = codes[trait.name]
        if code is None:
            continue
        texts = codebook.traits[trait.name].texts | trait.labels
        options = tuple(Option(code, text) for code, text in texts.items())
        position = [option.code for option in options].index(code)
        found.append(Category(trait.name, trait.question, options, position))
    return tuple(found)


def shuffle_categories(
    found: tuple[Category, ...], rng: np.random.Generator | None
) -> tuple[Category, ...]:
    """Return categories in a random order, or as they are without a generator."""
    if rng is None:
        return found
    return tuple(found[i] for i in np.argsort(rng.random(len(found)), kind="stable"))


def describe(found: Sequence[Category], style: Style, layout: Format | None) -> tuple[Turn, ...]:
    """Put a respondent's categories into words in a style; nothing for no categories.

    Parameters
    ----------
    found
        The categories, in the order of the text.
    style
        The words.
    layout
        How options are listed; needed only by a style that lists them.
    """
    if not found:
        return ()
    if style.form == "questions":
        return tuple(_question(category, style, layout) for category in found)
    passage = style.joiner.join(_sentence(category, style) for category in found)
    if style.form == "answer":
        return (Turn(style.opening, passage),)
    opening = f"{style.opening}{style.joiner}" if style.opening else ""
    return (Turn(f"{opening}{passage}"),)


def describe_as_text(found: Sequence[Category], style: Style, layout: Format | None) -> str:
    """Put a respondent's categories into one text, as a writer is given them."""
    turns = describe(found, style, layout)
    if layout is None or style.form != "questions":
        return "".join(turn.question if turn.answer is None else turn.answer for turn in turns)
    return "".join(render_turn(turn, layout) for turn in turns).strip()


def _sentence(category: Category, style: Style) -> str:
    answer = category.options[category.position].text
    return style.traits[category.trait].format(answer=answer)


def _question(category: Category, style: Style, layout: Format | None) -> Turn:
    answer = _sentence(category, style)
    if not style.options or layout is None:
        return Turn(category.question, answer)
    lines = [category.question, *label_options(category.options, layout)]
    return Turn("\n".join(lines), f"{layout.label(category.position)} {answer}")

"""Writing the life stories of the toy society's people."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from anthology.config.population import DIMENSIONS, OPTIONS
from anthology.simulation.dice import Dice
from anthology.simulation.persona import LEVELS, Persona
from anthology.simulation.society import TRAITS, Array, signal, society, words
from anthology.simulation.values import BOUNDS

_STATES = {"age": 0.5, "income": 0.25, "education": 0.4}
"""How often a story states these traits outright; otherwise it only hints at them."""
_STATES_OTHERS = 0.3
_SILENT = {"gender": 0.15, "race": 0.2, "region": 0.12, "religion": 0.25, "party": 0.4}
"""How often a story says nothing of these, unless the writer was given a description."""
_SILENT_ANYWAY = 0.3
"""How much of that is left where the writer was given a description."""
_CHAPTERS: tuple[tuple[str, tuple[str, ...], int], ...] = (
    ("childhood", ("region", "race", "gender"), 2),
    ("school", ("education",), 1),
    ("work", ("income",), 1),
    ("life", ("religion", "party"), 1),
    ("life", ("age",), 1),
    ("life", (), 0),
)
"""Each chapter's stock of sentences, its traits, and how many sentences of the stock it has at
least; the last tells of anything that no other is about."""
_LENGTHS = (60, 110)
"""Fewest and most words of a chapter that was asked for."""
_ASTRAY = 0.02
"""How often what is written instead is no part of a life."""
_VIEWS, _VIEW_OF_CHAPTER = 4, 0.7
"""How many views a life voices, and how often a chapter that was asked for voices one."""
_FORMS = ("story", "short", "interview", "lists", "advert", "others", "dialogue")
_NATURAL = (0.775, 0.09, 0.03, 0.03, 0.02, 0.025, 0.03)
_ASKED_FOR = (0.965, 0.02, 0.005, 0.0, 0.0, 0.005, 0.005)
"""How often what is written is of each form: unasked, and for a given person."""


@dataclass(frozen=True, slots=True)
class Author:
    """Whose life a story tells.

    Parameters
    ----------
    traits
        The option of each trait.
    views
        What may be voiced: attitudes, each with "for" or "against".
    """

    traits: dict[str, str]
    views: tuple[tuple[str, str], ...]


def draw_author(rng: np.random.Generator) -> Author:
    """Draw one of the society's people, with attitudes of their own beyond what traits explain."""
    people = society().reference
    row = int(rng.integers(len(people.weights)))
    traits = {trait: OPTIONS[trait][int(people.categories[trait][row])] for trait in TRAITS}
    own = np.sqrt(1 - signal()) * rng.standard_normal(len(DIMENSIONS))
    views = _sides(people.attitudes[row] + own)
    return Author(traits, tuple(views[i] for i in rng.permutation(len(views))))


def imagine_author(persona: Persona, rng: np.random.Generator) -> Author:
    """Draw a person who fits a description: their views are those that go with the traits."""
    traits = {
        trait: OPTIONS[trait][int(rng.choice(len(odds), p=odds))]
        for trait, odds in persona.traits.items()
    }
    strongest = np.argsort(-np.abs(persona.attitudes), kind="stable")
    views = _sides(persona.attitudes)
    return Author(traits, tuple(views[i] for i in strongest))


def _sides(attitudes: Array) -> list[tuple[str, str]]:
    return [
        (dimension, "for" if attitude > 0 else "against")
        for dimension, attitude in zip(DIMENSIONS, attitudes.tolist(), strict=True)
    ]


def write(author: Author, dice: Dice, *, to_order: bool, views: int = _VIEWS) -> str:
    """Write a text in answer to the request for somebody's life.

    Parameters
    ----------
    author
        Whose life.
    dice
        What decides everything else.
    to_order
        Whether a described person is written about; if so, the writer seldom fails to
        write a life story.
    views
        How many views the person voices.

    Returns
    -------
    str
        Mostly a life story of 300 to 500 words; sometimes one that is too
        short, or no life story at all.
    """
    form = _FORMS[dice.weighted(_ASKED_FOR if to_order else _NATURAL)]
    slots = _slots(author, dice)
    if form in ("lists", "advert", "others", "dialogue"):
        return _other(form, dice, slots)
    stock = words("stories")
    least = dice.whole(120, 230) if form == "short" else dice.whole(300, 500)
    life = dice.shuffle(stock["life"])
    spare = [dice.shuffle(stock[name]) for name, _, _ in _CHAPTERS[:3]] + [life[::2], life[1::2]]
    spare[2].insert(0, dice.one(stock["job"]))
    chapters: list[list[str]] = []
    for left, (_, traits, count) in zip(spare, _CHAPTERS, strict=False):
        sentences = _tell_traits(author, dice, traits, _SILENT_ANYWAY if to_order else 1.0)
        chapters.append([*sentences, *(left.pop(0) for _ in range(count))])
    for dimension, side in author.views[:views]:
        chapters[dice.whole(3, 4)].append(dice.one(stock["views"][dimension][side]))
    if form == "interview":
        chapters[-1] += stock["interview"]
    _lengthen(chapters, spare, least, dice)
    closing = dice.one(stock["closing"])
    parts = [dice.shuffle(chapter) for chapter in chapters]
    parts[-1].append(closing)
    return "\n\n".join(" ".join(_fill(sentences, dice, slots)) for sentences in parts)


def tell(author: Author, place: int, dice: Dice) -> str:
    """Tell one chapter of a life, in answer to a question of an interview.

    Parameters
    ----------
    author
        Whose life.
    place
        Which chapter; one past the last is about no trait.
    dice
        What decides everything else.
    """
    slots = _slots(author, dice)
    if dice.hits(_ASTRAY):
        return _other(dice.one(("lists", "dialogue")), dice, slots)
    stock = words("stories")
    name, traits, _ = _CHAPTERS[place]
    sentences = _tell_traits(author, dice, traits)
    if dice.hits(_VIEW_OF_CHAPTER):
        dimension, side = author.views[place % len(author.views)]
        sentences.append(dice.one(stock["views"][dimension][side]))
    _lengthen([sentences], [dice.shuffle(stock[name])], dice.whole(*_LENGTHS), dice)
    return " ".join(_fill(dice.shuffle(sentences), dice, slots))


def state_trait(trait: str, option: str, dice: Dice) -> str:
    """State one trait outright, in a sentence."""
    author = Author({trait: option}, ())
    return _fill([_statement(trait, option, dice)], dice, _slots(author, dice))[0]


def draw_number(trait: str, option: str, dice: Dice) -> int:
    """Draw an age, or an income in thousand dollars, that falls into an option."""
    place = OPTIONS[trait].index(option)
    low, high = BOUNDS[trait][place : place + 2]
    thousand = 1 if trait == "age" else 1000
    return dice.whole(-(-low // thousand), high // thousand - 1)


def _slots(author: Author, dice: Dice) -> dict[str, Sequence[str]]:
    stock = words("stories")
    traits = author.traits
    slots: dict[str, Sequence[str]] = dict(stock["slots"])
    slots["field"] = (dice.one(stock["slots"]["field"]),)
    slots["job"] = (
        dice.one(stock["jobs"][_level("education", traits.get("education", "associate"))]),
    )
    if "age" in traits:
        slots["age"] = (str(draw_number("age", traits["age"], dice)),)
    if "income" in traits:
        amount = draw_number("income", traits["income"], dice)
        slots["thousands"], slots["money"] = (str(amount),), (f"{amount},000",)
    return slots


def _level(trait: str, option: str) -> str:
    """Return the step under which an option is hinted at: itself, for most traits."""
    return next((step for step, of in LEVELS.get(trait, {}).items() if option in of), option)


def _tell_traits(
    author: Author, dice: Dice, traits: tuple[str, ...], silence: float = 1.0
) -> list[str]:
    """Say something of each trait, or nothing, as often as people do."""
    sentences = []
    for trait in traits:
        option = author.traits[trait]
        if dice.hits(silence * _SILENT.get(trait, 0.0)):
            continue
        if dice.hits(_STATES.get(trait, _STATES_OTHERS)):
            sentences.append(_statement(trait, option, dice))
        else:
            sentences.append(dice.one(words("stories")["hinted"][trait][_level(trait, option)]))
    return sentences


def _statement(trait: str, option: str, dice: Dice) -> str:
    sentences: dict[str, list[str]] = words("stories")["stated"][trait]
    return dice.one(sentences.get(option) or sentences["any"])


def _fill(sentences: Sequence[str], dice: Dice, slots: dict[str, Sequence[str]]) -> list[str]:
    return [dice.fill(sentence, slots).replace("*", "") for sentence in sentences]


def _lengthen(chapters: list[list[str]], spare: list[list[str]], least: int, dice: Dice) -> None:
    """Add sentences that say nothing of traits until the story is long enough."""
    missing = least - sum(len(text.split()) for chapter in chapters for text in chapter)
    for place in dice.shuffle([place for place, left in enumerate(spare) for _ in left]):
        if missing <= 0:
            return
        chapters[place].append(spare[place].pop())
        missing -= len(chapters[place][-1].split())


def _other(form: str, dice: Dice, slots: dict[str, Sequence[str]]) -> str:
    """Write what is no life story."""
    lines = words("stories")[form]
    rounds = [lines if form == "dialogue" else dice.shuffle(lines) for _ in range(4)]
    between = "\n" if form in ("lists", "dialogue") else " "
    return between.join(_fill([line for part in rounds for line in part], dice, slots))

"""Writing the life stories of the toy society's people."""

from collections.abc import Sequence

from anthology.config.population import OPTIONS
from anthology.simulation import filler
from anthology.simulation.phrases import FIELDS, HINTED, JOBS, STATED
from anthology.simulation.sampler import Lot

_STATES = {"age": 0.5, "income": 0.25, "education": 0.4}
"""How often a story states these traits outright; otherwise it only hints at them."""
_STATES_OTHERS = 0.3
_SILENT = {"gender": 0.15, "race": 0.2, "region": 0.12, "religion": 0.25, "party": 0.4}
"""How often a story says nothing of these."""

_YEARS = {"18-29": (18, 29), "30-49": (30, 49), "50-64": (50, 64), "65+": (65, 88)}
_THOUSANDS = dict(
    zip(
        OPTIONS["income"],
        (*((i * 10 + 1, i * 10 + 9) for i in range(10)), (101, 149), (151, 199), (205, 320)),
        strict=True,
    )
)
_STEPS = {
    "income": ("low",) * 3 + ("middle",) * 6 + ("high",) * 4,
    "education": ("low",) * 2 + ("middle",) * 2 + ("high",) * 4,
}
"""Of traits that are hinted at in steps, the step of each option."""

_THEMES = (
    filler.CHILDHOOD,
    filler.SCHOOL,
    filler.WORK,
    filler.LIFE[::2],
    filler.LIFE[1::2],
)
_CHAPTERS: tuple[tuple[tuple[str, ...], int], ...] = (
    (("region", "race", "gender"), 2),
    (("education",), 1),
    (("income",), 1),
    (("religion", "party"), 1),
    (("age",), 1),
)
"""The traits that each chapter tells of, and its fewest sentences about nothing in particular."""

_ELSE: tuple[tuple[str, ...], int] = ((), 0)
"""What is told of anything that no chapter is about."""
_LENGTHS = (60, 50)
"""Fewest and further words of a chapter that was asked for."""
_ASTRAY = 0.02
"""How often what is written instead is no part of a life."""

_FORMS = ("story", "short", "interview", "list", "advert", "others", "dialogue")
_NATURAL = (0.775, 0.09, 0.03, 0.03, 0.02, 0.025, 0.03)
_ASKED_FOR = (0.965, 0.02, 0.005, 0.0, 0.0, 0.005, 0.005)
"""How often what is written is of each form: unasked, and for a given person."""


def write(person: dict[str, str], lot: Lot, *, given: bool) -> str:
    """Write a text in answer to the request for somebody's life.

    Parameters
    ----------
    person
        The option of each trait.
    lot
        What decides everything else.
    given
        Whether the person was described; if so, the writer seldom fails to
        write a life story.

    Returns
    -------
    str
        Mostly a life story of 300 to 500 words; sometimes one that is too
        short, or no life story at all.
    """
    form = _FORMS[lot.weighted(_ASKED_FOR if given else _NATURAL)]
    slots = _slots(person, lot)
    if form in ("list", "advert", "others", "dialogue"):
        return _other(form, lot, slots)
    words = 120 + int(110 * lot.number()) if form == "short" else 300 + int(200 * lot.number())
    spare = [lot.mixed(theme) for theme in _THEMES]
    spare[2].insert(0, lot.one(filler.JOB))
    chapters = [
        [*_told(person, lot, slots, *traits), *_filled(spare[place][:count], lot, slots)]
        for place, (traits, count) in enumerate(_CHAPTERS)
    ]
    if form == "interview":
        chapters[-1] += _filled(filler.INTERVIEW, lot, slots)
    chapters[-1].append(lot.one(filler.CLOSING))
    _lengthen(
        chapters, [s[c:] for s, (_, c) in zip(spare, _CHAPTERS, strict=True)], words, lot, slots
    )
    return "\n\n".join(" ".join(lot.mixed(chapter[:-1]) + chapter[-1:]) for chapter in chapters)


def tell(person: dict[str, str], place: int, lot: Lot) -> str:
    """Tell one chapter of a life, in answer to a question of an interview.

    Parameters
    ----------
    person
        The option of each trait.
    place
        Which chapter; one past the last is about no trait.
    lot
        What decides everything else.
    """
    slots = _slots(person, lot)
    if lot.hits(_ASTRAY):
        return _other(lot.one(("list", "dialogue")), lot, slots)
    traits, _ = (*_CHAPTERS, _ELSE)[place]
    told = _told(person, lot, slots, *traits)
    spare = lot.mixed((*_THEMES, filler.LIFE)[place])
    least, more = _LENGTHS
    _lengthen([told], [spare], least + int(more * lot.number()), lot, slots)
    return " ".join(lot.mixed(told))


def state(trait: str, option: str, lot: Lot) -> str:
    """State one trait outright, in a sentence."""
    sentences = STATED[trait].get(option) or STATED[trait][""]
    return lot.filled(lot.one(sentences), _slots({trait: option}, lot))


def years(option: str, lot: Lot) -> int:
    """Draw an age that falls into an option."""
    low, high = _YEARS[option]
    return low + int(lot.number() * (high - low + 1))


def thousands(option: str, lot: Lot) -> int:
    """Draw an income that falls into an option, in thousand dollars."""
    low, high = _THOUSANDS[option]
    return low + int(lot.number() * (high - low + 1))


def _slots(person: dict[str, str], lot: Lot) -> dict[str, tuple[str, ...]]:
    slots = dict(filler.SLOTS)
    slots["field"] = (lot.one(FIELDS),)
    slots["job"] = (lot.one(JOBS[_step("education", person.get("education", "associate"))]),)
    if "age" in person:
        slots["age"] = (str(years(person["age"], lot)),)
    if "income" in person:
        amount = thousands(person["income"], lot)
        slots["thousands"], slots["money"] = (str(amount),), (f"{amount},000",)
    return slots


def _step(trait: str, option: str) -> str:
    return _STEPS[trait][OPTIONS[trait].index(option)]


def _told(
    person: dict[str, str], lot: Lot, slots: dict[str, tuple[str, ...]], *traits: str
) -> list[str]:
    """Say something of each trait, or nothing, as often as people do."""
    told = []
    for trait in traits:
        option = person[trait]
        if lot.hits(_SILENT.get(trait, 0.0)):
            continue
        if lot.hits(_STATES.get(trait, _STATES_OTHERS)):
            sentences = STATED[trait].get(option) or STATED[trait][""]
        else:
            step = _step(trait, option) if trait in _STEPS else option
            sentences = HINTED[trait][step]
        told.append(lot.filled(lot.one(sentences), slots))
    return told


def _filled(sentences: Sequence[str], lot: Lot, slots: dict[str, tuple[str, ...]]) -> list[str]:
    return [lot.filled(sentence, slots) for sentence in sentences]


def _lengthen(
    chapters: list[list[str]],
    spare: list[list[str]],
    words: int,
    lot: Lot,
    slots: dict[str, tuple[str, ...]],
) -> None:
    """Add sentences that say nothing of traits until the story is long enough."""
    missing = words - sum(len(sentence.split()) for chapter in chapters for sentence in chapter)
    for place in lot.mixed([place for place, left in enumerate(spare) for _ in left]):
        if missing <= 0:
            return
        sentence = lot.filled(spare[place].pop(), slots)
        chapters[place].insert(0, sentence)
        missing -= len(sentence.split())


def _other(form: str, lot: Lot, slots: dict[str, tuple[str, ...]]) -> str:
    """Write what is no life story."""
    templates, between = {
        "list": (filler.LISTS, "\n"),
        "advert": (filler.ADVERT, " "),
        "others": (filler.OTHERS, " "),
        "dialogue": (filler.DIALOGUE, "\n"),
    }[form]
    rounds = [lot.mixed(templates) if form != "dialogue" else templates for _ in range(4)]
    lines = [lot.filled(template, slots) for part in rounds for template in part]
    return between.join(lines)

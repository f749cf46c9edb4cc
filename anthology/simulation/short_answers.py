"""Telling freely what a short question asks for: an age, a faith, a party."""

from collections.abc import Sequence

from anthology.config.population import OPTIONS
from anthology.simulation.classify_topic import open_trait
from anthology.simulation.party_steps import step_answer, step_of
from anthology.simulation.person import read_person
from anthology.simulation.reply_forms import DECLINE, DECLINES, RAMBLE, RAMBLES
from anthology.simulation.sampler import Lot
from anthology.simulation.write_story import state, thousands, years

_TENS = ("", "teens", "twenties", "thirties", "forties", "fifties", "sixties", "seventies")
_AGES = ("{}", "I'm {}.", "I am {} years old.", "{} last spring", "in my {tens}")
_INCOMES = (
    "${},000",
    "About {}k a year.",
    "around ${},000 a year",
    "{} thousand, give or take",
    "somewhere near ${},000",
)
_SHORT: dict[str, dict[str, tuple[str, ...]]] = {
    "gender": {"man": ("Male", "A man"), "woman": ("Female", "A woman"), "other": ("Nonbinary",)},
    "race": {
        "native": ("Native American",), "asian": ("Asian", "Chinese American"),
        "black": ("Black", "African American"), "hispanic": ("Hispanic", "Latino"),
        "mideast": ("Arab American",), "pacific": ("Samoan",),
        "white": ("White", "Caucasian"), "other": ("Mixed",),
    },
    "religion": {
        "protestant": ("Baptist", "Protestant"), "catholic": ("Catholic",),
        "nothing": ("None", "Nothing in particular"),
    },
    "party": {
        "republican": ("Republican", "The GOP"), "democrat": ("Democrat", "The Democratic Party"),
        "independent": ("Independent", "An independent"), "other": ("Neither one",),
    },
}  # fmt: skip
"""What people say in a word or two."""


def told_freely(question: str, said: Sequence[str], lot: Lot) -> str | None:
    """Answer a short open question about who one is.

    Parameters
    ----------
    question
        The question.
    said
        The paragraphs before it.
    lot
        Decides the answer.

    Returns
    -------
    str or None
        The answer, mostly to the point; None where something else is asked.
    """
    step, trait = step_of(question, ()), open_trait(question)
    if step is None and trait is None:
        return None
    who = read_person(said)
    if lot.hits(DECLINE):
        return lot.one(DECLINES)
    if lot.hits(RAMBLE):
        return lot.one(RAMBLES)
    if step is not None:
        return step_answer(step, who, lot)
    if trait is None:
        return None
    option = OPTIONS[trait][lot.weighted(who.traits[trait].tolist())]
    if trait == "age":
        age = years(option, lot)
        form = lot.one(_AGES if age < 10 * len(_TENS) else _AGES[:-1])
        return form.format(age, tens=_TENS[min(age // 10, len(_TENS) - 1)])
    if trait == "income":
        return lot.one(_INCOMES).format(thousands(option, lot))
    short = _SHORT.get(trait, {}).get(option)
    return lot.one(short) if short and lot.hits(0.5) else state(trait, option, lot)

"""The embedded model as a respondent: what it makes of a persona, and how it answers."""

import re
from collections import Counter

import numpy as np
import pytest

from anthology.config.formats import Format
from anthology.config.population import OPTIONS
from anthology.interview.answers import Outcome, read_answer
from anthology.interview.question import Option, Question
from anthology.interview.transcript import Ask, Turn, render_messages, render_text
from anthology.seeds import derive_seed
from anthology.simulation.opinions import rank_options
from anthology.simulation.parse_options import parse_options
from anthology.simulation.persona import read_persona
from anthology.simulation.replies import option_forms
from anthology.simulation.respondent import option_odds
from anthology.simulation.society import TRAITS, words
from anthology.simulation.values import read_value
from tests.support.simulated import (
    LAYOUT,
    LAYOUTS,
    OPEN,
    OPINION,
    after,
    opinion,
    outcomes,
    persona,
    question,
    sample,
    somebody,
    story_of,
    texts,
)


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda f: f"{f.symbols}-{f.brackets}-{f.asker}")
def test_trait_answers_follow_what_was_told(layout: Format) -> None:
    """A paragraph and answered questions, in a text and in a chat."""
    told = {"gender": "A woman", "income": "$30,000 to $39,999", "religion": "Jewish"}
    bio = f"My gender is {told['gender']}. I earn {told['income']}. My religion: Jewish."
    asked = {
        trait: Turn(
            question(trait).written(layout),
            f"{layout.label(texts(question(trait)).index(answer))} {answer}",
        )
        for trait, answer in told.items()
    }
    stubborn = 0
    for turns in ((Turn("Describe yourself.", bio),), tuple(asked.values())):
        for trait, answer in told.items():
            ask = Ask(question(trait).written(layout), after="Give one of the letters.")
            for prompt in (render_text(turns, ask, layout), render_messages(turns, ask)):
                found = outcomes(prompt, question(trait), layout, draws=30)
                named = sum(found[option] for option in texts(question(trait)))
                if found["refused"] > 25:
                    stubborn += 1
                else:
                    assert found[answer] > 0.85 * named > 12
    assert stubborn <= 4


def test_what_is_told_overrules_the_story() -> None:
    story = story_of(somebody(3) | {"gender": "man", "region": "south"}, 3)
    turns = (Turn(OPEN, story), Turn("Describe yourself.", "My gender is A woman."))
    found = outcomes(after(turns, question("gender")), question("gender"), LAYOUT, draws=100)
    assert found["A woman"] > 0.85 * 100 * 0.9


@pytest.mark.parametrize(
    ("trait", "value", "option"),
    [
        ("race", "Black non-Hispanic", "black"),
        ("race", "Hispanic", "hispanic"),
        ("income", "$30,000 to less than $40,000", "30-40k"),
        ("income", "100 to under $150,000", "100-150k"),
        ("income", "about $45k", "40-50k"),
        ("education", "College graduate/some postgrad", "bachelor"),
        ("age", "65+", "65+"),
        ("gender", "Female", "woman"),
        ("religion", "Nothing in particular", "nothing"),
    ],
)
def test_survey_labels_are_understood(trait: str, value: str, option: str) -> None:
    fit = read_value(trait, value, sure=True)
    assert fit is not None
    assert [OPTIONS[trait][i] for i in np.flatnonzero(fit == fit.max())] == [option]


@pytest.mark.parametrize(
    "asked",
    [OPINION, opinion("More", "Less", "No"), opinion("Easier", "Harder", "No difference")],
    ids=["amount", "more", "easier"],
)
def test_answers_come_in_every_form(asked: Question) -> None:
    found: Counter[Outcome] = Counter()
    for seed in range(2000):
        shown = asked.shuffled(derive_seed(seed, "order"))
        text = sample(after(persona(seed % 400), shown), seed=seed).completions[0].text
        found[read_answer(text, texts(shown), LAYOUT).outcome] += 1
    rates = {outcome: found[outcome] / 2000 for outcome in Outcome}
    wanted = {
        "valid": 0.907,
        "declined": 0,
        "refused": 0.038,
        "unreadable": 0.04,
        "contradictory": 0.015,
    }
    assert rates == pytest.approx(wanted, abs=0.02)


@pytest.mark.parametrize("layout", LAYOUTS[::2], ids=lambda f: f"{f.symbols}-{f.brackets}")
@pytest.mark.parametrize(
    "options",
    [
        texts(OPINION),
        ("More", "Less", "No"),
        ("Easier", "Harder", "No difference"),
        ("A great deal of health risk", "Some health risk", "No health risk at all"),
        *(texts(question(trait)) for trait in TRAITS),
    ],
    ids=lambda options: options[0],
)
def test_every_form_is_read_as_it_is_meant(options: tuple[str, ...], layout: Format) -> None:
    asked = parse_options(f"A question?\n{opinion(*options).written(layout)}")
    assert asked is not None
    said = option_forms(asked)

    def outcome(text: str) -> Outcome:
        return read_answer(text, options, layout).outcome

    for position, good in enumerate(said.good):
        assert {read_answer(text, options, layout).position for text in good} == {position}
    assert {
        text for text in words("words")["rambles"] if outcome(text) != Outcome.UNREADABLE
    } == set()
    assert {
        text for text in words("words")["declines"] if outcome(text) != Outcome.REFUSED
    } == set()
    # A bare "I" is the pronoun, not the ninth label.
    both = [text for text in said.contradictory if text[:2].lower() != "i "]
    assert {text for text in both if outcome(text) != Outcome.CONTRADICTORY} == set()


def test_some_will_not_be_drawn_on_some_questions() -> None:
    rates = [
        outcomes(after(persona(seed), OPINION), OPINION, LAYOUT, draws=60)["refused"] / 60
        for seed in range(500)
    ]
    stubborn = [rate for rate in rates if rate > 0.8]
    assert 0 < len(stubborn) < 0.03 * len(rates)
    assert not [rate for rate in rates if 0.3 < rate <= 0.8]


@pytest.mark.parametrize(
    "scale",
    [
        ("Very likely", "Fairly likely", "Not too likely", "Not at all likely"),
        ("Very good", "Somewhat good", "Neither good nor bad", "Somewhat bad", "Very bad"),
        ("More", "No difference", "Less"),
        ("Mostly positive", "Neither positive nor negative", "Mostly negative"),
    ],
)
def test_scales_are_understood_in_any_order(scale: tuple[str, ...]) -> None:
    assert rank_options(scale) == tuple(range(len(scale)))
    assert rank_options(scale[::-1]) == tuple(range(len(scale)))[::-1]


def marriage(*said: str) -> dict[str, float]:
    """Return how probable each opinion of same-sex marriage is for somebody who said this."""
    options = ("Very good", "Neither good nor bad", "Very bad")
    wording = "Is it good or bad for society that couples of the same sex can marry?"
    odds = option_odds(wording, options, read_persona(said))
    return dict(zip(options, odds.tolist(), strict=True))


def test_opinions_follow_from_views_that_a_story_voices() -> None:
    life = "I was good with numbers at school, and my wife says that I talk too little. "
    found = {
        side: marriage(life + re.sub(r"\*", "", sentences[0]))
        for side, sentences in words("stories")["views"]["conservatism"].items()
    }
    assert found["against"]["Very good"] > found["for"]["Very good"] + 0.02


def test_who_knows_little_of_himself_agrees_with_emphasis() -> None:
    """Nobody, a description, a life, a life that fits a description, and one that does not."""
    bio = "I am a man. I am in the age group 65+. My home is in the South of the United States."
    life, other = (story_of(somebody(7) | traits, 7).split("\n\n") for traits in (
        {"gender": "man", "age": "65+", "region": "south"},
        {"gender": "woman", "age": "18-29", "region": "west"},
    ))  # fmt: skip
    firm = [read_persona(said).firmness for said in ((), (bio,), (*other, bio), (*life, bio))]
    assert firm[0] < firm[1] <= firm[2] < firm[3]
    assert [marriage()["Very good"] > 0.9, marriage(*life, bio)["Very good"] > 0.9] == [True, False]


@pytest.mark.parametrize(
    ("wording", "options"),
    [
        ("Machen Maschinen das Leben leichter?", ("Ja, sehr", "Eher ja", "Eher nein", "Nein")),
        ("El campo, \u00bfest\u00e1 mejor que antes?", ("Mejor", "Igual", "Peor")),
        (
            "\u98df\u54c1\u306f\u5b89\u5168\u3067\u3059\u304b",
            ("\u306f\u3044", "\u3044\u3044\u3048"),
        ),
    ],
    ids=["German", "Spanish", "Japanese"],
)
def test_options_in_any_language_are_chosen_consistently(
    wording: str, options: tuple[str, ...]
) -> None:
    who = read_persona(())
    forth, back = (option_odds(wording, of, who) for of in (options, options[::-1]))
    assert forth == pytest.approx(back[::-1])
    asked = Question(wording, tuple(Option(i, text) for i, text in enumerate(options)))
    found = outcomes(after(persona(2), asked), asked, LAYOUT, draws=200)
    assert sum(found[text] for text in options) > 150


def test_equal_requests_get_equal_replies() -> None:
    prompt = after(persona(1), OPINION)
    assert sample(prompt, draws=20, seed=1) == sample(prompt, draws=20, seed=1)
    assert sample(prompt, draws=20, seed=1) != sample(prompt, draws=20, seed=2)
    chat = render_messages(persona(1), Ask(OPINION.written(LAYOUT)))
    assert sample(chat, draws=20, seed=1) == sample(chat, draws=20, seed=1)

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
from anthology.simulation.match_values import likelihood
from anthology.simulation.opinions import ranks
from anthology.simulation.parse_options import listed
from anthology.simulation.reply_forms import DECLINES, RAMBLES, forms
from anthology.simulation.society import TRAITS
from tests.support.simulated import (
    EXACT,
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


def test_listed_options_are_no_answers() -> None:
    """Who has only been shown the options of a question is not all of them."""
    turns = (Turn(question("religion").written(LAYOUT), "(E) Jewish"),)
    found = outcomes(after(turns, question("party")), question("party"), LAYOUT, draws=400)
    assert found["A Democrat"] > found["A Republican"] > 0


@pytest.mark.parametrize(
    ("trait", "words", "option"),
    [
        ("race", "Black non-Hispanic", "black"),
        ("race", "White non-Hispanic", "white"),
        ("race", "Hispanic", "hispanic"),
        ("income", "$30,000 to less than $40,000", "30-40k"),
        ("income", "Less than $10,000", "0-10k"),
        ("income", "100 to under $150,000", "100-150k"),
        ("income", "about $45k", "40-50k"),
        ("education", "College graduate/some postgrad", "bachelor"),
        ("education", "Associate\u2019s degree", "associate"),
        ("education", "Less than high school", "none"),
        ("age", "50-64", "50-64"),
        ("age", "65+", "65+"),
        ("gender", "A woman", "woman"),
        ("gender", "Female", "woman"),
        ("gender", "Male", "man"),
        ("religion", "Nothing in particular", "nothing"),
        ("party", "Something else", "other"),
    ],
)
def test_survey_labels_are_understood(trait: str, words: str, option: str) -> None:
    fit = likelihood(trait, words, sure=True)
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
    asked = listed(f"A question?\n{opinion(*options).written(layout)}")
    assert asked is not None
    said = forms(asked)

    def outcome(text: str) -> Outcome:
        return read_answer(text, options, layout).outcome

    for position, good in enumerate(said.good):
        assert {read_answer(text, options, layout).position for text in good} == {position}
    assert {text for text in RAMBLES if outcome(text) != Outcome.UNREADABLE} == set()
    assert {text for text in DECLINES if outcome(text) != Outcome.REFUSED} == set()
    # A bare "I" is the pronoun, not the ninth label.
    both = [text for text in said.contradictory if text[:2].lower() != "i "]
    assert {text for text in both if outcome(text) != Outcome.CONTRADICTORY} == set()


def test_some_rambles_hold_an_options_words() -> None:
    for words in (*texts(OPINION)[1:3], "More", "Less", "No", "Easier"):
        assert any(re.search(rf"\b{words}\b", text, re.IGNORECASE) for text in RAMBLES), words


def test_some_will_not_be_drawn_on_some_questions() -> None:
    rates = [
        outcomes(after(persona(seed), OPINION), OPINION, LAYOUT, draws=60)["refused"] / 60
        for seed in range(500)
    ]
    stubborn = [rate for rate in rates if rate > 0.8]
    assert 0 < len(stubborn) < 0.03 * len(rates)
    assert not [rate for rate in rates if 0.3 < rate <= 0.8]


def test_the_order_shown_does_not_decide_what_is_thought() -> None:
    turns = persona(8)
    back = Question(OPINION.wording, OPINION.options[::-1])
    forth = outcomes(after(turns, OPINION), OPINION, LAYOUT, draws=2000)
    turned = outcomes(after(turns, back), back, LAYOUT, draws=2000)
    for option in texts(OPINION):
        assert forth[option] / 2000 == pytest.approx(turned[option] / 2000, abs=0.05)


@pytest.mark.parametrize(
    "scale",
    [
        ("Very likely", "Fairly likely", "Not too likely", "Not at all likely"),
        ("Most of it", "Some of it", "Not too much", "None at all"),
        ("Very excited", "Somewhat excited", "Equal excitement and concern", "Very concerned"),
        ("Very good", "Somewhat good", "Neither good nor bad", "Somewhat bad", "Very bad"),
        ("Very safe", "Somewhat safe", "Not too safe", "Not safe at all"),
        ("More", "No difference", "Less"),
        ("Easier", "No difference", "Harder"),
        ("Mostly positive", "Neither positive nor negative", "Mostly negative"),
    ],
)
def test_scales_are_understood_in_any_order(scale: tuple[str, ...]) -> None:
    assert ranks(scale) == tuple(range(len(scale)))
    assert ranks(scale[::-1]) == tuple(range(len(scale)))[::-1]


def test_opinions_follow_from_who_somebody_is() -> None:
    asked = Question(
        "Is it good or bad for society that couples of the same sex can marry?",
        (Option(1, "Very good"), Option(2, "Neither good nor bad"), Option(3, "Very bad")),
    )

    def good(party: str) -> float:
        rates = []
        for number in range(40):
            bio = f"I am a {party}. I am number {number} in line."
            turns = (Turn("Describe yourself.", bio),)
            rates.append(outcomes(after(turns, asked), asked, LAYOUT, draws=20)["Very good"] / 20)
        return float(np.mean(rates))

    assert good("Democrat") > good("Republican") + 0.2


def test_equal_requests_get_equal_replies() -> None:
    prompt = after(persona(1), OPINION)
    assert sample(prompt, draws=20, seed=1) == sample(prompt, draws=20, seed=1)
    assert sample(prompt, draws=20, seed=1) != sample(prompt, draws=20, seed=2)
    chat = render_messages(persona(1), Ask(OPINION.written(LAYOUT)))
    assert sample(chat, draws=20, seed=1) == sample(chat, draws=20, seed=1)


def test_at_temperature_zero_there_is_one_answer() -> None:
    prompt = after(persona(1), OPINION)
    cold = sample(prompt, EXACT, draws=50)
    assert len({draw.text for draw in cold.completions}) == 1
    assert len({draw.text for draw in sample(prompt, draws=50).completions}) > 5


@pytest.mark.parametrize("choices", [("A", "B", "C", "D"), ("(A)", "(B)", "(C)", "(D)")])
def test_choices_are_kept_to(choices: tuple[str, ...]) -> None:
    prompt = after(persona(2), OPINION)
    reply = sample(prompt, choices=choices, draws=400)
    counts = Counter(draw.text for draw in reply.completions)
    assert set(counts) <= set(choices)
    told = sample(prompt, choices=choices, logprobs=True).label_probs
    assert told is not None
    probabilities = told.probs
    assert 0.9 < sum(probabilities) < 1
    for choice, probability in zip(choices, probabilities, strict=True):
        assert counts[choice] / 400 == pytest.approx(probability, abs=0.08)

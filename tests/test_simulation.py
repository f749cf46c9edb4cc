"""The embedded model: what it writes, reads, judges and answers."""

import asyncio
import math
import re
from collections import Counter
from functools import cache
from itertools import product
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import yaml

from anthology.answers import Outcome, read_answer
from anthology.errors import ModelError
from anthology.formats import Format
from anthology.models import Message, Reply, Request
from anthology.models.options import listed
from anthology.models.simulated import Simulated
from anthology.models.spec import Sampling
from anthology.models.uniform import Uniform
from anthology.prompts import CriticPrompt, ReaderPrompt, Trait
from anthology.questions import Option, Question, labelled
from anthology.randomness import generator
from anthology.simulation.forms import DECLINES, RAMBLES, forms
from anthology.simulation.lot import Lot
from anthology.simulation.names import OPTIONS
from anthology.simulation.opinions import ranks
from anthology.simulation.person import read_person
from anthology.simulation.society import SHARES, TRAITS, shares
from anthology.simulation.values import likelihood
from anthology.simulation.writer import write
from anthology.transcripts import Ask, Turn, as_messages, as_text, stops

CONFIG = Path(__file__).parents[1] / "config"
LAYOUT = Format()
LONG = Sampling(max_tokens=1024)
EXACT = Sampling(temperature=0, max_tokens=32)
OPEN = "Tell me about yourself."
LAYOUTS = [
    Format(symbols=symbols, brackets=brackets, asker=asker, answerer=answerer)
    for symbols, brackets, (asker, answerer) in product(
        ("upper", "lower", "number"),
        ("round", "square", "dot", "none"),
        (("Question", "Answer"), ("Interviewer", "Respondent")),
    )
]
OPINION = Question(
    "How much do you care about genetically modified food?",
    (Option(1, "A great deal"), Option(2, "Some"), Option(3, "Not too much"), Option(4, "None")),
)


def declared(path: str) -> dict[str, object]:
    content: dict[str, object] = yaml.safe_load((CONFIG / path).read_text(encoding="utf-8"))
    return content


TRAIT_QUESTIONS = {
    name: Trait.model_validate(trait) for name, trait in declared("traits.yaml").items()
}


def sample(
    prompt: str | tuple[Message, ...],
    sampling: Sampling = Sampling(),  # noqa: B008
    *,
    stop: tuple[str, ...] = (),
    draws: int = 1,
    choices: tuple[str, ...] = (),
    logprobs: bool = False,
    seed: int = 0,
) -> Reply:
    request = Request(prompt, sampling, stop, draws, choices, logprobs, seed)
    return asyncio.run(Simulated().sample(request))


def question(trait: str) -> Question:
    asked = TRAIT_QUESTIONS[trait]
    texts = [option.text for option in asked.options]
    return Question(asked.question, tuple(Option(i, text) for i, text in enumerate(texts)))


def texts(asked: Question) -> tuple[str, ...]:
    return tuple(option.text for option in asked.options)


def after(turns: tuple[Turn, ...], asked: Question, layout: Format = LAYOUT) -> str:
    return as_text(turns, Ask(asked.written(layout)), layout)


def story_of(person: dict[str, str], seed: int) -> str:
    return write(person, Lot(generator(seed, "story")), given=True)


def somebody(seed: int) -> dict[str, str]:
    rng = generator(seed, "somebody")
    return {t: OPTIONS[t][int(rng.choice(len(OPTIONS[t]), p=norm(shares(t))))] for t in TRAITS}


def norm(values: np.ndarray) -> np.ndarray:
    return np.asarray(values / values.sum())


@cache
def stories() -> tuple[str, ...]:
    prompt = as_text((), Ask(OPEN), LAYOUT)
    replies = [sample(prompt, LONG, stop=stops(LAYOUT), seed=seed) for seed in range(400)]
    return tuple(reply.draws[0].text.strip() for reply in replies)


@cache
def verdicts() -> tuple[str, ...]:
    critic = CriticPrompt.model_validate(declared("prompts/critics/narrative.yaml"))
    return tuple(
        sample((Message("user", critic.message.format(story=text)),), EXACT).draws[0].text
        for text in stories()
    )


def kept() -> list[str]:
    return [
        text
        for text, verdict in zip(stories(), verdicts(), strict=True)
        if len(text.split()) >= 250
        and text.lower().count("interview") <= 1
        and verdict.startswith("Yes")
    ]


def test_stories_differ() -> None:
    assert len(set(stories())) == len(stories())
    openings = Counter(" ".join(text.split()[:6]) for text in stories())
    assert openings.most_common(1)[0][1] < 0.1 * len(stories())


def test_some_stories_may_not_be_kept() -> None:
    assert 0.15 < 1 - len(kept()) / len(stories()) < 0.32
    short = sum(len(text.split()) < 250 for text in stories())
    talkative = sum(text.lower().count("interview") > 1 for text in stories())
    turned_down = sum(verdict == "No." for verdict in verdicts())
    assert min(short, talkative, turned_down) > 0


def test_kept_stories_are_of_the_right_length() -> None:
    lengths = [len(text.split()) for text in kept()]
    assert 300 < np.mean(lengths) < 500


def test_a_judge_knows_a_life_from_a_list() -> None:
    message = "Is this text somebody's life in the first person? Reply yes or no.\n\n"
    life = story_of(somebody(1), 1)
    chores = "\n".join(f"- {thing}" for thing in ("milk", "bread", "call the bank", "nails") * 20)
    found = [
        Counter(
            sample((Message("user", message + text),), seed=seed).draws[0].text
            for seed in range(20)
        ).most_common(1)[0][0]
        for text in (life, chores)
    ]
    assert found == ["Yes.", "No."]


def test_a_judgement_may_be_laid_down_as_a_choice() -> None:
    message = f"Is this text a life story, yes or no?\n\n{story_of(somebody(1), 1)}"
    reply = sample((Message("user", message),), choices=("no", "yes"), logprobs=True)
    assert reply.draws[0].text in ("no", "yes")
    assert reply.choice_logprobs[1] > reply.choice_logprobs[0]


def test_a_story_is_cut_at_its_limit_and_at_a_stop() -> None:
    prompt = as_text((), Ask(OPEN), LAYOUT)
    whole = sample(prompt, LONG, seed=2).draws[0]
    cut = sample(prompt, Sampling(max_tokens=40), seed=2).draws[0]
    stopped = sample(prompt, LONG, stop=(".",), seed=2).draws[0]
    assert whole.finish == "stop"
    assert cut.finish == "length"
    assert cut.tokens == 40
    assert len(cut.text.split()) == 30
    assert stopped.finish == "stop"
    assert "." not in stopped.text
    assert whole.logprob is not None
    assert whole.logprob < -whole.tokens


@pytest.mark.parametrize("trait", TRAITS)
def test_stories_tell_who_wrote_them(trait: str) -> None:
    people = [somebody(seed) for seed in range(300)]
    hits = [
        OPTIONS[trait][int(read_person(story_of(p, s).split("\n\n")).traits[trait].argmax())]
        == p[trait]
        for s, p in enumerate(people)
    ]
    assert np.mean(hits) > max(SHARES[trait].values()) + 0.15


def test_readers_find_what_is_stated_and_nothing_else() -> None:
    prompt = ReaderPrompt.model_validate(declared("prompts/readers/statement.yaml"))

    def read(story: str, trait: str, seed: int) -> str:
        options = "\n".join(labelled(question(trait).options, LAYOUT))
        message = prompt.message.format(
            story=story, question=question(trait).wording, options=options
        )
        return sample((Message("user", message),), EXACT, seed=seed).draws[0].text

    story = "I was born by the sea.\n\nI'm 34, and I have a bachelor's degree in biology."
    ages = Counter(read(story, "age", seed) for seed in range(60))
    assert ages["Not stated"] < 10
    assert sum("34" in reply or "30 to 49" in reply or "(B)" in reply for reply in ages) >= 3
    degrees = Counter(read(story, "education", seed) for seed in range(60))
    assert degrees["A bachelor's degree"] > 5
    assert {read(story, "income", seed) for seed in range(30)} == {"Not stated"}
    stated = {
        trait: np.mean([read(s, trait, 1) != prompt.absent for s in kept()[:200]])
        for trait in ("age", "income", "education")
    }
    wanted = {"age": 0.5, "income": 0.25, "education": 0.4}
    assert stated == pytest.approx(wanted, abs=0.12)


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
            for prompt in (as_text(turns, ask, layout), as_messages(turns, ask)):
                found = outcomes(prompt, question(trait), layout, draws=30)
                named = sum(found[option] for option in texts(question(trait)))
                if found["refused"] > 25:
                    stubborn += 1
                else:
                    assert found[answer] > 0.85 * named > 12
    assert stubborn <= 4


def outcomes(
    prompt: str | tuple[Message, ...], asked: Question, layout: Format, *, draws: int
) -> Counter[str]:
    """Count the options that were answered, and the reasons why none was."""
    found: Counter[str] = Counter()
    for draw in sample(prompt, draws=draws, stop=stops(layout), seed=5).draws:
        answer = read_answer(draw.text, texts(asked), layout)
        found[
            answer.outcome.value if answer.position is None else texts(asked)[answer.position]
        ] += 1
    return found


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


@pytest.mark.parametrize("form", ["bio", "portray", "qa"])
@pytest.mark.parametrize("chat", [True, False])
def test_a_described_person_gets_a_fitting_story(form: str, chat: bool) -> None:
    person = {
        "bio": "I belong to the age group 65+. My gender: A woman. I live in the South.",
        "portray": "- Age group: 65+\n- Gender: A woman\n- Part of the United States: South",
        "qa": "Question: How old are you?\n(A) 18-29\n(B) 65+\nAnswer: (B) 65+\n\n"
        "Question: How do you describe your gender?\n(A) A man\n(B) A woman\nAnswer: (B) A woman\n"
        "\nQuestion: In which part of the United States do you live?\n(A) West\n(B) South\n"
        "Answer: (B) South",
    }[form]
    template = declared(f"prompts/writers/{form}.yaml")["message"]
    message = str(template).format(person=person)
    prompt = (Message("user", message),) if chat else f"{message}\n\nAnswer:"
    right: Counter[str] = Counter()
    for seed in range(25):
        story = sample(prompt, LONG, seed=seed).draws[0].text
        believed = read_person(story.strip().split("\n\n")).traits
        for trait, option in (("age", "65+"), ("gender", "woman"), ("region", "south")):
            right[trait] += OPTIONS[trait][int(believed[trait].argmax())] == option
    assert min(right.values()) >= 18


def persona(seed: int) -> tuple[Turn, ...]:
    return (Turn(OPEN, story_of(somebody(seed), seed)),)


def opinion(*options: str) -> Question:
    wording = "What will genetically modified food do to prices?"
    return Question(wording, tuple(Option(i, text) for i, text in enumerate(options)))


@pytest.mark.parametrize(
    "asked",
    [OPINION, opinion("More", "Less", "No"), opinion("Easier", "Harder", "No difference")],
    ids=["amount", "more", "easier"],
)
def test_answers_come_in_every_form(asked: Question) -> None:
    found: Counter[Outcome] = Counter()
    for seed in range(2000):
        shown = asked.shuffled(generator(seed, "order"))
        text = sample(after(persona(seed % 400), shown), seed=seed).draws[0].text
        found[read_answer(text, texts(shown), LAYOUT).outcome] += 1
    rates = {outcome: found[outcome] / 2000 for outcome in Outcome}
    wanted = {"valid": 0.907, "refused": 0.038, "unreadable": 0.04, "contradictory": 0.015}
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
    chat = as_messages(persona(1), Ask(OPINION.written(LAYOUT)))
    assert sample(chat, draws=20, seed=1) == sample(chat, draws=20, seed=1)


def test_at_temperature_zero_there_is_one_answer() -> None:
    prompt = after(persona(1), OPINION)
    cold = sample(prompt, EXACT, draws=50)
    assert len({draw.text for draw in cold.draws}) == 1
    assert len({draw.text for draw in sample(prompt, draws=50).draws}) > 5


@pytest.mark.parametrize("choices", [("A", "B", "C", "D"), ("(A)", "(B)", "(C)", "(D)")])
def test_choices_are_kept_to(choices: tuple[str, ...]) -> None:
    prompt = after(persona(2), OPINION)
    reply = sample(prompt, choices=choices, draws=400, logprobs=True)
    counts = Counter(draw.text for draw in reply.draws)
    assert set(counts) <= set(choices)
    probabilities = np.exp(reply.choice_logprobs)
    assert 0.9 < probabilities.sum() < 1
    for choice, probability in zip(choices, probabilities, strict=True):
        assert counts[choice] / 400 == pytest.approx(probability, abs=0.08)


def test_open_questions_of_fact_get_short_answers() -> None:
    turns = (Turn("Describe yourself.", "I am 34 years old. I earn $52,000 a year."),)
    age = sample(as_text(turns, Ask("How old are you?"), LAYOUT)).draws[0].text
    assert any(str(years) in age for years in range(30, 50))
    fact = sample(as_text((), Ask("Are you a citizen of the United States?"), LAYOUT)).draws[0]
    assert fact.text.strip().startswith("Yes")


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda f: f"{f.symbols}-{f.brackets}-{f.asker}")
def test_options_are_found_in_every_layout(layout: Format) -> None:
    found = listed(f"A question?\n{OPINION.written(layout)}\nGive one of the labels.")
    assert found is not None
    assert found.texts == texts(OPINION)
    assert found.labels == tuple(layout.label(i) for i in range(4))


@pytest.mark.parametrize("text", ["I think so.", "A man walked in.\nHe sat.", "B. first\nA. last"])
def test_no_options_are_found_where_none_are(text: str) -> None:
    assert listed(text) is None


@pytest.mark.parametrize("api", ["text", "chat"])
def test_uniform_answers_are_uniform(api: Literal["text", "chat"]) -> None:
    turns, ask = persona(1), Ask(OPINION.written(LAYOUT), after="Give one label.")
    prompt = as_text(turns, ask, LAYOUT) if api == "text" else as_messages(turns, ask)
    request = Request(prompt, Sampling(), draws=4000, seed=1)
    counts = Counter(draw.text for draw in asyncio.run(Uniform().sample(request)).draws)
    assert set(counts) == {"(A)", "(B)", "(C)", "(D)"}
    assert max(abs(count / 4000 - 0.25) for count in counts.values()) < 0.03


def test_uniform_keeps_to_choices() -> None:
    request = Request("?", Sampling(), draws=50, choices=("x", "y"), logprobs=True, seed=1)
    reply = asyncio.run(Uniform().sample(request))
    assert {draw.text for draw in reply.draws} == {"x", "y"}
    assert reply.choice_logprobs == pytest.approx((math.log(0.5), math.log(0.5)))


def test_uniform_tells_no_stories() -> None:
    request = Request(as_text((), Ask(OPEN), LAYOUT), Sampling())
    with pytest.raises(ModelError, match="without options"):
        asyncio.run(Uniform().sample(request))

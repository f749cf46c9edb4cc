"""The embedded model as a writer, a critic and a reader of life stories."""

from collections import Counter
from functools import cache

import numpy as np
import pytest

from anthology.config.model import Sampling
from anthology.config.population import OPTIONS
from anthology.config.prompts import CriticPrompt, ReaderPrompt, StoryPrompt
from anthology.interview.question import label_options
from anthology.interview.transcript import Ask, Turn, render_messages, render_text, stop_texts
from anthology.models.base import Message
from anthology.simulation.persona import read_persona
from anthology.simulation.society import TRAITS, shares
from tests.support.simulated import (
    EXACT,
    LAYOUT,
    LONG,
    OPEN,
    declared,
    question,
    sample,
    somebody,
    story_of,
)


@cache
def stories() -> tuple[str, ...]:
    prompt = render_text((), Ask(OPEN), LAYOUT)
    replies = [sample(prompt, LONG, stop=stop_texts(LAYOUT), seed=seed) for seed in range(400)]
    return tuple(reply.completions[0].text.strip() for reply in replies)


@cache
def verdicts() -> tuple[str, ...]:
    critic = CriticPrompt.model_validate(declared("prompts/critics/narrative.yaml"))
    return tuple(
        sample((Message("user", critic.message.format(story=text)),), EXACT).completions[0].text
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


def test_some_stories_may_not_be_kept() -> None:
    assert 0.15 < 1 - len(kept()) / len(stories()) < 0.32
    short = sum(len(text.split()) < 250 for text in stories())
    talkative = sum(text.lower().count("interview") > 1 for text in stories())
    turned_down = sum(verdict == "No." for verdict in verdicts())
    assert min(short, talkative, turned_down) > 0


def test_a_judge_knows_a_life_from_a_list() -> None:
    message = "Is this text somebody's life in the first person? Reply yes or no.\n\n"
    life = story_of(somebody(1), 1)
    chores = "\n".join(f"- {thing}" for thing in ("milk", "bread", "call the bank", "nails") * 20)
    found = [
        Counter(
            sample((Message("user", message + text),), seed=seed).completions[0].text
            for seed in range(20)
        ).most_common(1)[0][0]
        for text in (life, chores)
    ]
    assert found == ["Yes.", "No."]


def test_a_judgement_may_be_laid_down_as_a_choice() -> None:
    message = f"Is this text a life story, yes or no?\n\n{story_of(somebody(1), 1)}"
    reply = sample((Message("user", message),), choices=("no", "yes"))
    assert reply.completions[0].text in ("no", "yes")
    told = sample((Message("user", message),), choices=("no", "yes"), logprobs=True)
    assert told.label_probs is not None
    assert told.label_probs.probs[1] > told.label_probs.probs[0]


def test_a_story_is_cut_at_its_limit_and_at_a_stop() -> None:
    prompt = render_text((), Ask(OPEN), LAYOUT)
    whole = sample(prompt, LONG, seed=2).completions[0]
    cut = sample(prompt, Sampling(max_tokens=40), seed=2).completions[0]
    stopped = sample(prompt, LONG, stop=(".",), seed=2).completions[0]
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
        OPTIONS[trait][int(read_persona(story_of(p, s).split("\n\n")).traits[trait].argmax())]
        == p[trait]
        for s, p in enumerate(people)
    ]
    assert np.mean(hits) > shares(trait).max() + 0.15


def test_readers_find_what_is_stated_and_nothing_else() -> None:
    prompt = ReaderPrompt.model_validate(declared("prompts/readers/statement.yaml"))

    def read(story: str, trait: str, seed: int) -> str:
        options = "\n".join(label_options(question(trait).options, LAYOUT))
        message = prompt.message.format(
            story=story, question=question(trait).wording, options=options
        )
        return sample((Message("user", message),), EXACT, seed=seed).completions[0].text

    story = "I was born by the sea.\n\nI'm 34, and I have a bachelor's degree in biology."
    ages = Counter(read(story, "age", seed) for seed in range(60))
    assert ages["Not stated"] < 10
    assert sum("34" in reply or "30 to 49" in reply or "(B)" in reply for reply in ages) >= 3
    degrees = Counter(read(story, "education", seed) for seed in range(60))
    assert degrees["A bachelor's degree"] > 5
    assert {read(story, "income", seed) for seed in range(30)} == {"Not stated"}
    stated = {
        trait: np.mean([read(s, trait, 1) != prompt.not_stated for s in kept()[:200]])
        for trait in ("age", "income", "education")
    }
    wanted = {"age": 0.5, "income": 0.25, "education": 0.4}
    assert stated == pytest.approx(wanted, abs=0.12)


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
        story = sample(prompt, LONG, seed=seed).completions[0].text
        believed = read_persona(story.strip().split("\n\n")).traits
        for trait, option in (("age", "65+"), ("gender", "woman"), ("region", "south")):
            right[trait] += OPTIONS[trait][int(believed[trait].argmax())] == option
    assert min(right.values()) >= 18


INTERVIEW = StoryPrompt.model_validate(declared("prompts/stories/interview.yaml"))


@cache
def interviews(api: str) -> tuple[tuple[Turn, ...], ...]:
    """Hold the interview that is declared with sixty people, without turning any down."""
    held = []
    for seed in range(60):
        said: tuple[Turn, ...] = ()
        for asked in INTERVIEW.asked:
            chat = api == "chat"
            ask = Ask(asked)
            prompt = (
                render_messages(said, ask, INTERVIEW.system)
                if chat
                else render_text(said, ask, LAYOUT)
            )
            ends = () if chat else stop_texts(LAYOUT)
            text = sample(prompt, LONG, stop=ends, seed=seed).completions[0].text.strip()
            said = (*said, Turn(asked, text))
        held.append(said)
    return tuple(held)


@pytest.mark.parametrize("api", ["completions", "chat"])
def test_each_question_of_an_interview_gets_a_chapter(api: str) -> None:
    lengths = [len(str(turn.answer).split()) for said in interviews(api) for turn in said]
    assert np.mean([30 <= length <= 160 for length in lengths]) > 0.95
    assert len({turn.answer for said in interviews(api) for turn in said}) == len(lengths)


@pytest.mark.parametrize("api", ["completions", "chat"])
def test_whoever_is_interviewed_stays_the_same_person(api: str) -> None:
    def believed(turns: tuple[Turn, ...]) -> dict[str, str]:
        traits = read_persona(f"Q: {t.question}\nA: {t.answer}" for t in turns).traits
        return {trait: OPTIONS[trait][int(odds.argmax())] for trait, odds in traits.items()}

    kept = Counter(
        trait
        for said in interviews(api)
        for trait in ("gender", "race", "region")
        if believed(said[:1])[trait] == believed(said)[trait]
    )
    assert min(kept.values()) >= 50


def test_a_preamble_is_mostly_answered_with_yes() -> None:
    prompt = render_text((), Ask("Are you a citizen of the United States?"), LAYOUT)
    replies = [sample(prompt, seed=seed).completions[0].text.strip()[:3] for seed in range(200)]
    assert 0.8 < np.mean([reply == "Yes" for reply in replies]) < 1

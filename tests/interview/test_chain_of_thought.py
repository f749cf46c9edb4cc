"""Personas think aloud, and what follows their conclusion is read."""

import asyncio
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from anthology.config.formats import Format
from anthology.config.model import Sampling
from anthology.config.prompts import SurveyPrompt
from anthology.interview.answers import Outcome, extract_answer, read_answer
from anthology.interview.interviewer import Interviewer
from anthology.interview.question import Option, Question
from anthology.models.base import Request
from anthology.plan.dry_run import _StandIn
from anthology.providers.uniform import Uniform
from anthology.simulation.model import Simulated
from tests.support.project import ROOT
from tests.support.scripted_model import CHAT, IDENTITY, prompt_text
from tests.support.simulated import OPINION, persona
from tests.support.survey_interviews import hold_survey

REASONED = SurveyPrompt.model_validate(
    yaml.safe_load((ROOT / "config/prompts/surveys/reasoned.yaml").read_text())
)
ROOM = Sampling(max_tokens=128)
THOUGHT = "At first (A) sounds right, though (C) is what my neighbours say. "


@pytest.fixture
def survey(tmp_path: Path) -> Any:
    return partial(hold_survey, tmp_path, frame=REASONED, sampling=ROOM)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("It is fine. My answer: (B)", " (B)"),
        ("My answer: (A)? No. My answer: (B)", " (B)"),
        ("So:\n\n**My answer:** (B) Some", "** (B) Some"),
        ("So: **My Answer**: (B)", " (B)"),
        ("my  answer : B", " B"),
        ("My answer:B", "B"),
        ("My answer is (B)", None),
        ("Tommy answer: (B)", None),
        ("(B)", None),
        ("", None),
    ],
)
def test_an_answer_stands_behind_the_last_conclusion(text: str, answer: str | None) -> None:
    assert extract_answer(text, "My answer:") == answer


def test_words_that_conclude_are_whole_words() -> None:
    assert extract_answer("All in all, I can't say. In all (B)", "in all") == " (B)"
    assert extract_answer("in allocation (B)", "in all") is None
    assert extract_answer("That\u2019s it (B)", "That's it") == " (B)"
    assert extract_answer("x #### B", "####") == " B"


@given(st.text())
def test_without_such_words_a_whole_reply_is_its_answer(text: str) -> None:
    assert extract_answer(text, "") == text


@given(st.text(), st.text().filter(lambda text: "answer" not in text.casefold()))
def test_what_stands_before_a_conclusion_is_never_read(before: str, after: str) -> None:
    assert extract_answer(f"{before}\nMy answer:{after}", "My answer:") == after


@pytest.mark.parametrize("model", [IDENTITY, CHAT], ids=["text", "chat"])
def test_labels_in_a_thought_are_no_answer(survey: Any, model: Any) -> None:
    replies = iter([f"{THOUGHT}My answer: (B)", THOUGHT, f"{THOUGHT}My answer: (A)"])
    rows, requests = survey(lambda request: [next(replies)], model=model)
    assert [row["code"] for row in rows] == [2, 1]
    assert [row["unreadable"] for row in rows] == [0, 1]
    assert [row["reply"] for row in rows] == [
        f"{THOUGHT}My answer: (B)",
        f"{THOUGHT}My answer: (A)",
    ]
    seen = prompt_text(requests[-1])
    assert "(B) So-so" in seen
    assert "neighbours" not in seen


def test_two_options_behind_a_conclusion_contradict(survey: Any) -> None:
    rows, _ = survey(lambda request: ["My answer: (A) or (B)"], max_attempts=1)
    assert [row["contradictory"] for row in rows] == [1, 1]


def test_a_thought_may_have_lines_and_ends_only_at_another_question(survey: Any) -> None:
    _, requests = survey(lambda request: ["My answer: (A)"])
    for stop in requests[0].stop:
        assert stop not in f"First.\n\nSecond.\nA question: why?\n{THOUGHT}\n\nMy answer: (A)"
    going_on = requests[1].prompt.removeprefix(str(requests[0].prompt))
    invented = f" {THOUGHT}My answer: (A)\n\n{REASONED.before}\nQuestion: And?{going_on}"
    ends = [invented.find(stop) for stop in requests[0].stop if stop in invented]
    assert extract_answer(invented[: min(ends)], REASONED.answer_marker) == " (A)\n"


def test_the_default_prompts_end_answers_as_before(survey: Any) -> None:
    _, requests = survey(lambda request: ["(A)"], frame=SurveyPrompt(before="Be consistent."))
    assert requests[0].stop == ("\nQuestion:",)


def interviewer(model: Any, api: str, *, require_label: bool = True, **changes: Any) -> Interviewer:
    sampling = ROOM.model_copy(update=changes)
    return Interviewer(
        model, api, Format(), REASONED, sampling, "sample", require_label=require_label
    )


@pytest.mark.parametrize("api", ["completions", "chat"])
@pytest.mark.parametrize("require_label", [True, False])
def test_the_simulated_model_thinks_and_concludes(api: str, require_label: bool) -> None:
    asker = interviewer(Simulated(), api, require_label=require_label)
    texts = [
        text
        for seed in range(40)
        for text in asyncio.run(asker.ask(persona(seed), OPINION, draws=10, seed=seed))
    ]
    found = Counter(asker.read(text, OPINION).outcome for text in texts)
    assert 0.8 < found[Outcome.VALID] / len(texts) < 1
    assert found[Outcome.CONTRADICTORY] > 0
    thought = [text for text in texts if "My answer:" in text]
    assert all(len(text.partition("My answer:")[0].split()) > 5 for text in thought)
    # Read whole, many of the same replies would name the option that was only thought of.
    options = tuple(option.text for option in OPINION.options)
    assert sum(read_answer(t, options, Format()) != asker.read(t, OPINION) for t in thought) > 20


def test_the_simulated_model_is_sure_at_temperature_0() -> None:
    asker = interviewer(Simulated(), "completions", temperature=0)
    texts = {asyncio.run(asker.ask(persona(3), OPINION, seed=seed)) for seed in range(5)}
    assert len(texts) == 1


def test_an_item_that_speaks_of_an_end_asks_for_no_thought() -> None:
    asked = OPINION.__class__('Should we end the "war on drugs"?', OPINION.options)
    plain = Interviewer(Simulated(), "chat", Format(), SurveyPrompt(), ROOM, "sample")
    texts = asyncio.run(plain.ask((), asked, draws=100, seed=1))
    assert not any("war on drugs" in text for text in texts)


@pytest.mark.parametrize("api", ["completions", "chat"])
@pytest.mark.parametrize(
    "model", [Uniform(), _StandIn((), 0, REASONED.answer_marker)], ids=["uniform", "stand-in"]
)
def test_models_that_do_not_think_conclude_all_the_same(model: Any, api: str) -> None:
    asker = interviewer(model, api)
    (text,) = asyncio.run(asker.ask((), OPINION, seed=1))
    assert asker.read(text, OPINION).position is not None


def test_numbers_are_read_behind_the_answer_marker() -> None:
    options = (Option(0, "Young"), Option(1, "Older"))
    question = Question("Age?", options, unit="years", bounds=((18, 30), (30, None)))
    asker = interviewer(Simulated(), "chat")
    assert asker.read("I was 20 then. My answer: 34", question).position == 1
    assert asker.read("I was 20 then.", question).position is None


def test_requests_are_the_models_own(survey: Any) -> None:
    """Nothing but the prompt and the stop texts tells a model to think."""
    _, requests = survey(lambda request: ["My answer: (A)"])
    request = requests[0]
    assert isinstance(request, Request)
    assert (request.choices, request.logprobs, request.n) == ((), False, 1)

"""Every format of a question: put in it, answered in it, and read again."""

import asyncio
from itertools import product
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from anthology.config.formats import Format
from anthology.config.model import Sampling
from anthology.config.prompts import SurveyPrompt
from anthology.interview.interviewer import Interviewer
from anthology.interview.question import DECLINED, Option, Question
from anthology.models.base import LabelProbs, Message, Request
from anthology.simulation.model import Simulated
from anthology.simulation.parse_options import parse_options
from anthology.simulation.parse_prompt import parse_prompt
from tests.support.answer_cases import EASE, FAITH, LIKELY, YES_NO
from tests.support.project import ROOT
from tests.support.scripted_model import ScriptedModel

NAMES = (("Question", "Answer"), ("Surveyor", "Respondent"), ("Interviewer", "Interviewee"))
FORMATS = [
    Format.model_validate(
        {"symbols": symbols, "brackets": brackets, "asker": asker, "answerer": answerer}
    )
    for symbols, brackets, (asker, answerer) in product(
        ("upper", "lower", "number"), ("round", "square", "dot", "none"), NAMES
    )
]
IDS = [f"{f.symbols}-{f.brackets}-{f.asker}" for f in FORMATS]
FORMS = ("{label} {text}", "{label}", "{symbol}", "{symbol}.", "{text}", " {label} {text}.")
PLAIN = SurveyPrompt(after="Give your answer as one of {labels}.")

formats = st.sampled_from(FORMATS)
apis = st.sampled_from(("completions", "chat"))


@st.composite
def questions(draw: st.DrawFn) -> Question:
    """A question in one of the orders in which it may be put, with or without a way out."""
    texts = draw(st.sampled_from((LIKELY, EASE, FAITH, YES_NO)))
    codes = draw(st.permutations(range(1, len(texts) + 1)))
    last = draw(st.sets(st.sampled_from(codes), max_size=2))
    question = Question(
        "How do you see it?",
        tuple(Option(code, text) for code, text in zip(codes, texts, strict=True)),
        ordinal=draw(st.booleans()),
        last=frozenset(last),
    )
    if draw(st.booleans()):
        question = question.declinable("Prefer not to say")
    return question.shuffled(draw(st.integers(0, 1000)))


def interviewer(model: Any, layout: Format, api: str, asking: Any = "sample") -> Interviewer:
    return Interviewer(model, api, layout, PLAIN, Sampling(), asking)


def ask(wanted: str, form: str, layout: Format, api: str, question: Question) -> int | None:
    """Have a model that takes its prompt apart by itself name an option, and read its answer."""

    def answer(request: Request) -> list[str]:
        shown = parse_options(parse_prompt(request.prompt).question)
        assert shown is not None
        place = shown.texts.index(wanted)
        words = {"label": shown.labels, "symbol": shown.symbols, "text": shown.texts}
        return [form.format(**{name: found[place] for name, found in words.items()})]

    asker = interviewer(ScriptedModel(answer), layout, api)
    (text,) = asyncio.run(asker.ask((), question, seed=1))
    return asker.read(text, question).position


@pytest.mark.parametrize("layout", FORMATS, ids=IDS)
@settings(max_examples=25)
@given(question=questions(), api=apis, form=st.sampled_from(FORMS), data=st.data())
def test_what_is_answered_in_any_format_is_read_in_it(
    question: Question, layout: Format, api: str, form: str, data: st.DataObject
) -> None:
    wanted = data.draw(st.sampled_from(question.options))
    position = ask(wanted.text, form, layout, api, question)
    assert position is not None
    assert question.options[position] == wanted


@given(questions(), formats, apis, st.data())
def test_an_answer_stands_in_sight_as_it_was_read(
    question: Question, layout: Format, api: str, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(question.options) - 1))
    model = ScriptedModel(lambda request: ["hm"])
    asker = interviewer(model, layout, api)
    said = asker.answered(question, place)
    assert asker.read(str(said.answer), question).position == place
    asyncio.run(asker.ask((said,), Question("And now?", question.options[:2]), seed=1))
    (request,) = model.requests
    if isinstance(request.prompt, str):
        assert request.prompt.startswith(
            f"{layout.asker}: {said.question}\n{layout.answerer}: {said.answer}\n\n"
            f"{layout.asker}: And now?\n"
        )
        assert request.prompt.endswith(f"\n{layout.answerer}:")
        assert request.stop == (f"\n{layout.asker}:",)
    else:
        assert [message.content for message in request.prompt[:2]] == [said.question, said.answer]
        assert not any(layout.asker in message.content for message in request.prompt)


@given(questions(), formats, apis)
def test_labels_are_the_only_choices_and_each_is_its_option(
    question: Question, layout: Format, api: str
) -> None:
    model = ScriptedModel(lambda request: [request.choices[-1]])
    asker = interviewer(model, layout, api, "choice")
    (text,) = asyncio.run(asker.ask((), question, seed=1))
    assert asker.read(text, question).position == len(question.options) - 1
    assert len(set(model.requests[0].choices)) == len(question.options)
    weighing = ScriptedModel(lambda request: LabelProbs((0.1,) * len(request.choices)))
    asyncio.run(interviewer(weighing, layout, api, "logprobs").weigh((), question))
    assert weighing.requests[0].choices == model.requests[0].choices


@given(questions(), st.integers(0, 10**6))
def test_the_option_to_decline_is_last_in_every_order(question: Question, seed: int) -> None:
    codes = [option.code for option in question.shuffled(seed).options]
    assert DECLINED not in codes or codes[-1] == DECLINED
    assert [code for code in codes if code in question.last] == [
        option.code for option in question.options if option.code in question.last
    ]


@given(questions(), st.integers(0, 10**6))
def test_the_option_to_decline_leaves_the_order_of_the_others_alone(
    question: Question, seed: int
) -> None:
    if any(option.code == DECLINED for option in question.options):
        return
    more = question.declinable("No answer").shuffled(seed)
    assert more.options[:-1] == question.shuffled(seed).options


@pytest.mark.parametrize("layout", FORMATS, ids=IDS)
def test_the_simulated_model_answers_in_every_format(layout: Format) -> None:
    question = Question(
        "How likely is it that crops will be cheaper?",
        tuple(Option(code, text) for code, text in enumerate(LIKELY, 1)),
    ).declinable("Prefer not to say")
    for api in ("completions", "chat"):
        asker = interviewer(Simulated(), layout, api)
        texts = asyncio.run(asker.ask((), question, draws=200, seed=3))
        found = [asker.read(text, question).position for text in texts]
        assert sum(place is not None for place in found) > 0.8 * 200
        assert len({place for place in found if place is not None}) >= 3


def test_the_ready_made_formats_have_every_symbol_bracket_and_name() -> None:
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    ready = [Format.model_validate(values) for values in config["formats"].values()]
    assert {layout.symbols for layout in ready} == {"upper", "lower", "number"}
    assert {layout.brackets for layout in ready} == {"round", "square", "dot", "none"}
    assert {(layout.asker, layout.answerer) for layout in ready} == set(NAMES)


@pytest.mark.parametrize("name", ["", " ", "Question ", "Two\nlines"])
def test_a_name_that_marks_no_turn_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="asker"):
        Format(asker=name)


def test_the_default_question_is_put_in_these_very_words() -> None:
    """A word more or less, and whatever a journal keeps of models would be paid for again."""
    prompt = yaml.safe_load((ROOT / "config/prompts/surveys/consistent.yaml").read_text())
    frame = SurveyPrompt.model_validate(prompt)
    question = Question("Tea?", (Option(1, "Yes"), Option(2, "No")))
    before = "Answer the next question in keeping with everything you have said so far.\n"
    after = "Give your answer as one of (A) or (B)."
    wanted: dict[str, object] = {
        "completions": f"{before}Question: Tea?\n(A) Yes\n(B) No\n{after}\nAnswer:",
        "chat": (Message("user", f"{before}Tea?\n(A) Yes\n(B) No\n{after}"),),
    }
    for api, words in wanted.items():
        model = ScriptedModel(lambda request: ["(A)"])
        asker = Interviewer(model, api, Format(), frame, Sampling(), "sample")
        asyncio.run(asker.ask((), question, seed=4))
        stop = ("\nQuestion:",) if api == "completions" else ()
        assert model.requests == [Request(words, Sampling(), stop, seed=4)]  # type: ignore[arg-type]

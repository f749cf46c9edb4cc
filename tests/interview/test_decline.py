"""Personas may decline to answer where an option offers it, and line `after` may be left out."""

import asyncio
import json
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from anthology.config.formats import Format
from anthology.config.model import Sampling
from anthology.config.prompts import SurveyPrompt
from anthology.errors import DataError
from anthology.interview.interviewer import Interviewer
from anthology.interview.question import Option, Question
from anthology.models.base import LabelProbs, Message, Request
from tests.config.test_experiment import loaded, mistake
from tests.support.project import TABLE, Project
from tests.support.scripted_model import CHAT, IDENTITY, ScriptedModel, prompt_text
from tests.support.survey_interviews import BOOK, hold_survey

KINDS = ("valid", "declined", "refused", "unreadable", "contradictory")
OFFER = "Prefer not to say"


@pytest.fixture
def survey(tmp_path: Path) -> partial[tuple[list[dict[str, Any]], list[Request]]]:
    return partial(hold_survey, tmp_path, decline_option=OFFER)


def asked(request: Request) -> str:
    """Return the question that a request ends in, with what frames it."""
    if isinstance(request.prompt, str):
        return request.prompt.rsplit("Question:", 1)[1]
    return request.prompt[-1].content


def declines(request: Request) -> list[str]:
    lines = asked(request).splitlines()
    return [next(line for line in lines if line.endswith(OFFER))]


@pytest.mark.parametrize("model", [IDENTITY, CHAT], ids=["text", "chat"])
def test_a_declined_question_is_not_asked_again(survey: Any, model: Any) -> None:
    rows, requests = survey(declines, model=model)
    assert len(requests) == len(rows) == 2
    assert [[row[kind] for kind in KINDS] for row in rows] == [[0, 1, 0, 0, 0]] * 2
    assert [(row["code"], row["out_of_attempts"]) for row in rows] == [(None, False)] * 2
    assert [row["reply"] for row in rows] == ["(D) Prefer not to say"] * 2


def test_declining_in_other_words_is_a_refusal_and_asked_again(survey: Any) -> None:
    replies = iter(["I'd rather not tell.", "(D)", "No comment.", "hm", "(A)"])
    rows, _ = survey(lambda request: [next(replies)])
    assert [[row[kind] for kind in KINDS] for row in rows] == [[0, 1, 1, 0, 0], [1, 0, 1, 1, 0]]
    assert [row["code"] for row in rows] == [None, 1]


def test_a_declined_answer_stays_in_the_conversation(survey: Any) -> None:
    _, requests = survey(declines)
    assert (
        "Question: Is it good?\n(A) Good\n(B) So-so\n(C) Bad\n(D) Prefer not to say\n"
        "Answer: (D) Prefer not to say\n\n"
    ) in prompt_text(requests[1])
    _, requests = survey(declines, series=False)
    assert "Is it good?" not in prompt_text(requests[1])


def test_the_decline_option_comes_last(survey: Any) -> None:
    _, requests = survey(lambda request: ["(A)"], people=20, shuffle_options=True)
    shown = {asked(request).split("\nOne of")[0] for request in requests}
    assert all(text.endswith("(D) Prefer not to say") for text in shown)
    second = [text for text in shown if "new" in text]
    assert len(second) == 2
    assert all("(C) Neither\n(D) Prefer" in text for text in second)


def test_the_list_of_labels_includes_the_decline_option(survey: Any) -> None:
    _, requests = survey(lambda request: ["(A)"])
    assert "One of (A), (B), (C) or (D)." in prompt_text(requests[0])


def test_the_decline_option_can_be_chosen_under_constrained_output(survey: Any) -> None:
    rows, requests = survey(lambda request: [" (D)"], answer_mode="choice")
    assert requests[0].choices == (" (A)", " (B)", " (C)", " (D)")
    assert [(row["code"], row["declined"], row["reply"]) for row in rows] == [
        (None, 1, " (D)"),
        (None, 1, " (D)"),
    ]


def test_the_decline_option_has_a_probability(survey: Any) -> None:
    shares = LabelProbs((0.4, 0.2, 0.1, 0.3), unseen=0.0)
    rows, requests = survey(lambda request: shares, answer_mode="logprobs", people=200)
    assert len(requests) == 400
    assert all(len(request.choices) == 4 for request in requests)
    assert all(
        row["option_probs"] == [0.4, 0.2, 0.1] and row["decline_prob"] == 0.3 for row in rows
    )
    found = Counter((row["code"], row["declined"], row["valid"]) for row in rows[::2])
    assert found[None, 1, 0] / 200 == pytest.approx(0.3, abs=0.1)
    assert found[1, 0, 1] / 200 == pytest.approx(0.4, abs=0.1)
    assert not any(row["out_of_attempts"] for row in rows)


def test_without_a_decline_option_it_has_no_probability(survey: Any) -> None:
    shares = LabelProbs((0.5, 0.3, 0.1))
    rows, _ = survey(lambda request: shares, answer_mode="logprobs", decline_option=None)
    assert [row["decline_prob"] for row in rows] == [None, None]
    assert [row["declined"] for row in rows] == [0, 0]


def test_all_probability_on_declining_is_a_declined_answer(survey: Any) -> None:
    rows, _ = survey(lambda request: LabelProbs((0.0, 0.0, 0.0, 0.9)), answer_mode="logprobs")
    assert [(row["declined"], row["out_of_attempts"]) for row in rows] == [(1, False)] * 2


def test_every_question_ends_in_one_way_and_every_reply_is_of_one_kind(survey: Any) -> None:
    replies = ["(A)", "(D)", "I'd rather not say", "hm", "(A) or (B)"]

    def answer(request: Request) -> list[str]:
        return [replies[request.seed % len(replies)]]

    rows, requests = survey(answer, people=60, max_attempts=2)
    totals = {kind: sum(row[kind] for row in rows) for kind in (*KINDS, "out_of_attempts")}
    assert all(totals.values())
    assert totals["valid"] + totals["declined"] + totals["out_of_attempts"] == len(rows)
    assert sum(totals[kind] for kind in KINDS) == len(requests)


def test_a_decline_option_that_an_item_already_has_is_an_error(survey: Any) -> None:
    with pytest.raises(DataError, match="SECOND has an option 'neither' of its own"):
        survey(lambda request: ["(A)"], decline_option="neither")
    assert BOOK.items["SECOND"].options[2] == (9, "Neither")


def test_a_decline_option_that_a_trait_already_has_is_an_error() -> None:
    said = mistake(traits={"decline_option": "something else"})
    assert "traits.decline_option = 'something else'\n  is an option of religion already" in said
    steps = {"decline_option": "Moderate", "variants": {"party": "steps"}}
    assert "is an option of party already" in mistake(traits=steps)
    loaded(traits={"decline_option": "something else", "open_ended": ["religion", "party"]})


@pytest.mark.slow
def test_a_decline_option_that_a_survey_file_already_has_is_reported_before_the_run(
    made: Project, fresh: Project
) -> None:
    own = made.path / "results/w34/population.sav"
    book = json.loads((made.path / "results/w34/codebook.json").read_text())
    _, words = book["items"]["EAT5B_W34"]["options"][0]
    changes = ("--config", f"humans={{w34: {own}}}", "surveys=[w34]")
    for place in ("questions={{decline_option: {}}}", "conditions={{qa: {{decline_option: {}}}}}"):
        done = fresh.snakemake("-n", TABLE, *changes, place.format(json.dumps(words)))
        assert done.status == 1
        assert f"EAT5B_W34 has an option {words!r} of its own" in done.text
    assert fresh.snakemake("-n", TABLE, *changes).status == 0


def test_the_line_that_asks_for_a_label_can_be_left_out(survey: Any) -> None:
    _, requests = survey(lambda request: ["(A)"], require_label=False, decline_option=None)
    assert requests[0].prompt == (
        "Question: Who are you?\nAnswer: I am p0.\n\n"
        "Be consistent.\nQuestion: Is it good?\n(A) Good\n(B) So-so\n(C) Bad\nAnswer:"
    )
    _, requests = survey(
        lambda request: ["(A)"], require_label=False, decline_option=None, model=CHAT
    )
    assert requests[0].prompt[-1].content == (
        "Be consistent.\nIs it good?\n(A) Good\n(B) So-so\n(C) Bad"
    )


def test_only_chats_get_the_system_message(survey: Any) -> None:
    frame = SurveyPrompt(system="You take part in a survey.", after="One of {labels}.")
    _, requests = survey(lambda request: ["(A)"], frame=frame, model=CHAT)
    for request in requests:
        assert request.prompt[0].role == "system"
        assert request.prompt[0].content == "You take part in a survey."
        assert [message.role for message in request.prompt[1:3]] == ["user", "assistant"]
        assert request.prompt[-1].role == "user"
    _, requests = survey(lambda request: ["(A)"], frame=frame)
    assert "You take part" not in prompt_text(requests[0])


def test_a_prompt_may_add_nothing_at_all() -> None:
    model = ScriptedModel(lambda request: ["(A)"])
    question = Question("Tea?", (Option(1, "Yes"), Option(2, "No")))
    asker = Interviewer(model, "chat", Format(), SurveyPrompt(), Sampling(), "sample")
    asyncio.run(asker.ask((), question, seed=1))
    assert model.requests[0].prompt == (Message("user", "Tea?\n(A) Yes\n(B) No"),)

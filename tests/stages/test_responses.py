"""Personas take the survey."""

from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from anthology.config.model import Sampling
from anthology.errors import DataError
from anthology.io.parquet import write_table
from anthology.models.base import LabelProbs, Request
from anthology.models.session import ModelSession
from anthology.stages.responses import run
from tests.support.scripted_model import CHAT, ScriptedModel, ScriptedSession, prompt_text
from tests.support.survey_interviews import BOOK, TURNS, hold_survey, interview_settings


@pytest.fixture
def survey(tmp_path: Path) -> partial[tuple[list[dict[str, Any]], list[Request]]]:
    return partial(hold_survey, tmp_path)


def test_a_base_model_is_shown_persona_question_options_and_frame(survey: Any) -> None:
    _, requests = survey(lambda request: ["(A)"])
    assert requests[0].prompt == (
        "Question: Who are you?\nAnswer: I am p0.\n\n"
        "Be consistent.\nQuestion: Is it good?\n(A) Good\n(B) So-so\n(C) Bad\n"
        "One of (A), (B) or (C).\nAnswer:"
    )
    assert requests[0].stop == ("\nQuestion:",)


def test_in_series_earlier_answers_stay_in_sight(survey: Any) -> None:
    _, requests = survey(lambda request: ["I would say B."])
    assert "Question: Is it good?\n(A) Good\n(B) So-so\n(C) Bad\nAnswer: (B) So-so" in prompt_text(
        requests[1]
    )
    _, requests = survey(lambda request: ["(B)"], series=False)
    assert "Is it good?" not in prompt_text(requests[1])


def test_a_chat_model_is_shown_the_same_as_a_chat(survey: Any) -> None:
    _, requests = survey(lambda request: ["(A)"], model=CHAT)
    roles = [message.role for message in requests[1].prompt]
    assert roles == ["user", "assistant", "user", "assistant", "user"]
    assert requests[1].prompt[1].content == "I am p0."
    assert requests[1].prompt[3].content == "(A) Good"
    assert requests[1].stop == ()


def test_codes_are_the_surveys_own(survey: Any) -> None:
    rows, _ = survey(lambda request: ["(C)"])
    assert [row["code"] for row in rows] == [3, 9]


def test_what_cannot_be_read_is_asked_again_and_counted(survey: Any) -> None:
    replies = iter(["I'd rather not say", "(A) or (B)", "(B)", "hm", "hm", "hm"])
    rows, requests = survey(lambda request: [next(replies)])
    counts = ("valid", "refused", "unreadable", "contradictory")
    assert [rows[0][name] for name in counts] == [1, 1, 0, 1]
    assert rows[0]["code"] == 2
    assert not rows[0]["out_of_attempts"]
    assert [rows[1][name] for name in counts] == [0, 0, 3, 0]
    assert rows[1]["code"] is None
    assert rows[1]["out_of_attempts"]
    assert rows[1]["reply"] == "hm"
    assert len({request.seed for request in requests}) == len(requests)


def test_an_item_without_an_answer_is_not_shown_to_later_items(survey: Any) -> None:
    def answer(request: Request) -> list[str]:
        asked = prompt_text(request).rsplit("Question:", 1)[1]
        return ["hm"] if "good" in asked else ["(A)"]

    rows, requests = survey(answer)
    assert [row["code"] for row in rows] == [None, 1]
    assert "Is it good?" not in prompt_text(requests[-1])


def test_orders_differ_between_people_and_codes_follow(survey: Any) -> None:
    def always_bad_and_new(request: Request) -> list[str]:
        asked = prompt_text(request).rsplit("Question:", 1)[1]
        word = "Bad" if "good" in asked else "New"
        line = next(line for line in asked.splitlines() if line.endswith(word))
        return [line[:3]]

    rows, requests = survey(always_bad_and_new, people=40, shuffle_items=True, shuffle_options=True)
    assert {row["code"] for row in rows if row["item"] == "FIRST"} == {3}
    assert {row["code"] for row in rows if row["item"] == "SECOND"} == {1}
    first = [prompt_text(request).rsplit("Question:", 1)[1].strip() for request in requests]
    goods = {text.split("\nOne of")[0] for text in first if "good" in text}
    assert goods == {
        "Is it good?\n(A) Good\n(B) So-so\n(C) Bad",
        "Is it good?\n(A) Bad\n(B) So-so\n(C) Good",
    }
    assert all("(C) Neither" in text for text in first if "new" in text)
    shown_first = [request for request in requests if prompt_text(request).count("Question:") == 2]
    assert {"good" in prompt_text(r).rsplit("Question:", 1)[1] for r in shown_first} == {
        True,
        False,
    }


def test_rows_stand_by_respondent_and_item(survey: Any) -> None:
    rows, _ = survey(lambda request: ["(A)"], people=3, shuffle_items=True)
    assert [(row["respondent"], row["item"]) for row in rows] == [
        (f"p{i}", item) for i in range(3) for item in ("FIRST", "SECOND")
    ]


def test_by_choice_the_model_can_write_nothing_but_a_label(survey: Any) -> None:
    rows, requests = survey(lambda request: [" (C)"], answer_mode="choice")
    assert [row["code"] for row in rows] == [3, 9]
    assert requests[0].choices == (" (A)", " (B)", " (C)")
    _, requests = survey(lambda request: ["(C)"], answer_mode="choice", model=CHAT)
    assert requests[0].choices == ("(A)", "(B)", "(C)")


SHARES = LabelProbs((0.5, 0.3, 0.1), unseen=0.04)


def test_by_log_probabilities_one_request_gives_all_options(survey: Any) -> None:
    rows, requests = survey(lambda request: SHARES, answer_mode="logprobs", people=200)
    assert len(requests) == 400
    assert all(request.logprobs and request.n == 1 for request in requests)
    first = [row for row in rows if row["item"] == "FIRST"]
    assert all(row["option_probs"] == [0.5, 0.3, 0.1] and row["unseen"] == 0.04 for row in first)
    found = Counter(row["code"] for row in first)
    assert found[1] / 200 == pytest.approx(5 / 9, abs=0.1)
    assert found[2] / 200 == pytest.approx(3 / 9, abs=0.1)
    assert all(row["valid"] == 1 and not row["out_of_attempts"] for row in rows)


def test_probabilities_follow_the_options_through_any_order(survey: Any) -> None:
    def likes_bad(request: Request) -> LabelProbs:
        asked = prompt_text(request).rsplit("Question:", 1)[1]
        lines = [line for line in asked.splitlines() if line.startswith("(")]
        return LabelProbs(tuple(0.8 if line.endswith(("Bad", "New")) else 0.1 for line in lines))

    rows, _ = survey(likes_bad, answer_mode="logprobs", people=20, shuffle_options=True)
    assert {tuple(r["option_probs"]) for r in rows if r["item"] == "FIRST"} == {(0.1, 0.1, 0.8)}
    assert {tuple(r["option_probs"]) for r in rows if r["item"] == "SECOND"} == {(0.8, 0.1, 0.1)}


def test_the_temperature_is_applied_to_told_probabilities(survey: Any) -> None:
    cold = Sampling(temperature=0)
    rows, _ = survey(lambda request: SHARES, answer_mode="logprobs", people=30, sampling=cold)
    assert {row["reply"] for row in rows} == {"(A)"}


def test_labels_of_no_probability_are_no_answer(survey: Any) -> None:
    rows, _ = survey(
        lambda request: LabelProbs((0.0, 0.0, 0.0), unseen=0.2), answer_mode="logprobs"
    )
    assert [row["code"] for row in rows] == [None, None]
    assert [row["unreadable"] for row in rows] == [1, 1]


def test_personas_are_asked_in_the_order_in_which_they_are_stored(survey: Any) -> None:
    rows, requests = survey(lambda request: ["(A)"], people=6, stories=[0, 0, 1, 2, 2, 2])
    firsts = [prompt_text(r) for r in requests if prompt_text(r).count("Question:") == 2]
    assert [int(text.split("I am p")[1][0]) for text in firsts] == list(range(6))
    assert [row["respondent"] for row in rows[::2]] == [f"p{i}" for i in range(6)]


@pytest.mark.parametrize("parts", [1, 2, 3, 5])
def test_parts_joined_are_the_bytes_that_one_job_writes(tmp_path: Path, parts: int) -> None:
    stories = [0, 0, 0, 1, 2, 2, 3, 3, 3, 3]
    (tmp_path / "whole").mkdir()
    hold_survey(tmp_path / "whole", lambda request: ["(A)"], 10, stories, shuffle_items=True)
    files, told = [], []
    for number in range(1, parts + 1):
        folder = tmp_path / str(number)
        folder.mkdir()
        part = f"{number}-of-{parts}"
        rows, _ = hold_survey(
            folder, lambda request: ["(A)"], 10, stories, shard=part, shuffle_items=True
        )
        files.append(folder / "responses.parquet")
        told.append({row["backstory"] for row in rows})
    assert sum(map(len, told)) == len(set().union(*told)) == 4, "a story is in one part alone"
    run(
        interview_settings(shuffle_items=True),
        personas=tmp_path / "none",
        codebook=tmp_path / "none",
        output=tmp_path / "joined.parquet",
        session=ModelSession(models=tmp_path, journal=tmp_path, max_concurrency=1, shards=files),
    )
    joined = (tmp_path / "joined.parquet").read_bytes()
    assert joined == (tmp_path / "whole/responses.parquet").read_bytes()


def test_an_item_without_words_is_an_error_before_anything_is_asked(tmp_path: Path) -> None:
    book = tmp_path / "codebook.json"
    silent = BOOK.items["FIRST"].model_copy(update={"wording": ""})
    book.write_text(BOOK.model_copy(update={"items": {**BOOK.items, "FIRST": silent}}).as_json())
    personas = tmp_path / "personas.parquet"
    table = pa.table(
        {
            "respondent": ["p0"],
            "backstory": pa.array([None], pa.int64()),
            "turns": pa.array([[]], TURNS),
        }
    )
    write_table(
        personas,
        table,
        stage="personas",
        settings=interview_settings(),
        metadata={"backstories": "", "traits": ""},
    )
    model = ScriptedModel(lambda request: ["(A)"])
    with pytest.raises(DataError, match="FIRST has no wording"):
        run(
            interview_settings(),
            personas=personas,
            codebook=book,
            output=tmp_path / "o",
            session=ScriptedSession(model),
        )
    assert model.requests == []

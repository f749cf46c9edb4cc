"""Stories are asked who they are."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from anthology.config.formats import Format
from anthology.config.traits import Trait
from anthology.interview.answers import read_reply
from anthology.interview.coding import pose_question
from anthology.models.base import LabelProbs, Request
from tests.support.scripted_model import CHAT, prompt_text
from tests.support.trait_interviews import AGE, DECLARED, SEX, survey_scripted


@pytest.fixture
def survey(tmp_path: Path) -> Callable[..., Any]:
    def hold(
        said: str, answers: dict[str, list[str] | LabelProbs], **changes: Any
    ) -> tuple[dict[str, Any], list[Request]]:
        def answer(request: Request) -> list[str] | LabelProbs:
            if "Stated?" in prompt_text(request):
                return [said]
            return answers["age" if "How old" in prompt_text(request) else "sex"]

        found, requests = survey_scripted(tmp_path, answer, **changes)
        assert found.metadata["source"] == "a file"
        assert found.metadata["options"] == {"age": ["young", "old"], "sex": ["man", "woman"]}
        return found.rows[0], requests

    return hold


SEXES = ["(B)", "A woman", "(A)", "I prefer not to answer.", "(C)", "what?"]


def test_answers_make_a_distribution_and_the_rest_is_counted_apart(survey: Any) -> None:
    row, requests = survey("Not stated", {"age": ["(A)"] * 6, "sex": SEXES})
    assert row["sex"] == [1, 2]
    assert row["sex:declined"] == 2
    assert row["sex:unreadable"] == 1
    assert row["age"] == [6, 0]
    assert not row["age:stated"]
    asked = next(r for r in requests if "gender" in prompt_text(r))
    assert asked.n == 6
    assert asked.prompt == (
        "Question: Tell me about yourself.\nAnswer: I was born on a farm.\n\n"
        "Question: What is your gender?\n(A) A man\n(B) A woman\n(C) Prefer not to answer\n"
        "One of (A), (B) or (C).\nAnswer:"
    )


@pytest.mark.parametrize("statement", ["(B) 40 or older", "I am 52", "fifty-two", "40 or older"])
def test_a_stated_trait_is_not_asked(survey: Any, statement: str) -> None:
    row, requests = survey(statement, {"sex": SEXES})
    assert row["age"] == [0, 6]
    assert row["age:stated"]
    reading = next(r for r in requests if "Stated?" in prompt_text(r))
    assert reading.sampling.temperature == 0
    assert sum(r.n for r in requests) == 1 + 6


def test_a_statement_that_cannot_be_read_leads_to_asking(survey: Any) -> None:
    row, _ = survey("It depends.", {"age": ["(B)"] * 6, "sex": SEXES})
    assert row["age"] == [0, 6]
    assert not row["age:stated"]


def test_numbers_are_read_as_numbers(survey: Any) -> None:
    ages = ["I'm 34", "about 50", "thirty", "in my sixties", "nobody knows", "(A)"]
    row, _ = survey("Not stated", {"age": ages, "sex": SEXES})
    assert row["age"] == [3, 2]
    assert row["age:unreadable"] == 1


def test_amounts_are_no_ages(survey: Any) -> None:
    ages = ["about 60k", "under 25,000", "between 40,000 and 50,000", "$60", "500", "I'm 60"]
    row, _ = survey("Not stated", {"age": ages, "sex": SEXES})
    assert row["age"] == [0, 1]
    assert row["age:unreadable"] == 5


def test_numbers_need_a_unit() -> None:
    bounded = AGE.model_dump(exclude={"unit"})
    with pytest.raises(ValidationError, match="need a unit: years or dollars"):
        Trait.model_validate(bounded)


@pytest.mark.parametrize(
    ("trait", "text", "option"),
    [
        ("age", "I'm 34", "30-49"),
        ("age", "about 60k", None),
        ("age", "under 25,000", None),
        ("age", "between 40,000 and 50,000", None),
        ("income", "I'm 34", None),
        ("income", "12", None),
        ("income", "60", None),
        ("income", "$60", None),
        ("income", "$0", "0-10k"),
        ("income", "30-something thousand", "30-40k"),
        ("income", "about 60k", "60-70k"),
        ("income", "The person earns $52,000 a year.", "50-60k"),
        ("gender", "I am 34 and a woman", "woman"),
        ("gender", "I live with a woman named Rose", None),
        ("religion", "I was raised Protestant but left", None),
        ("religion", "my wife is Roman Catholic", None),
        ("education", "A bachelor's degree", "bachelor"),
        ("education", "A bachelor's degree in biology", "bachelor"),
        ("education", "(E) A bachelor's degree", "bachelor"),
        ("education", "I have a bachelor's degree in English.", "bachelor"),
        ("education", "The person has a master's degree", "master"),
        ("education", "This person states that they hold a doctorate.", "doctorate"),
        ("education", "The speaker finished some college, but no degree.", "some-college"),
        ("education", "My mother had a doctorate", None),
        ("education", "I teach people with a doctorate in biology.", None),
    ],
)
def test_statements_name_an_option(trait: str, text: str, option: str | None) -> None:
    question = pose_question(trait, DECLARED[trait], None, freely=False).closed
    found = read_reply(text, question, Format()).position
    assert (None if found is None else DECLARED[trait].options[found].id) == option


def test_by_choice_every_draw_is_a_label(survey: Any) -> None:
    labels = [" (A)", " (B)", " (B)", " (C)", " (B)", " (A)"]
    row, requests = survey("Not stated", {"age": labels, "sex": labels}, answer_mode="choice")
    assert row["sex"] == [2, 3]
    assert row["sex:declined"] == 1
    assert requests[-1].choices == (" (A)", " (B)", " (C)")


def test_by_log_probabilities_a_distribution_is_what_to_expect_of_the_draws(survey: Any) -> None:
    told = LabelProbs((0.5, 0.2, 0.1), unseen=0.05)
    row, requests = survey("Not stated", {"age": told, "sex": told}, answer_mode="logprobs")
    assert row["sex"] == pytest.approx([3.0, 1.2])
    assert row["sex:declined"] == pytest.approx(0.6)
    assert row["sex:unreadable"] == pytest.approx(6 * 0.15)
    assert row["sex:unseen"] == pytest.approx(0.3)
    assert sum(r.logprobs for r in requests) == 2


def test_without_a_reader_or_an_option_to_decline(survey: Any) -> None:
    row, requests = survey(
        "never", {"age": ["(A)"] * 6, "sex": ["(C)"] * 6}, reader=None, reader_model=None,
        decline_option=None,
    )  # fmt: skip
    assert row["sex"] == [0, 0]
    assert row["sex:unreadable"] == 6
    assert all("Prefer not" not in prompt_text(request) for request in requests)


def test_a_chat_is_asked_in_turns_and_its_labels_are_weighed(survey: Any) -> None:
    told = LabelProbs((0.6, 0.3, 0.1))
    row, requests = survey(
        "Not stated", {"age": told, "sex": told}, model=CHAT, answer_mode="logprobs"
    )  # fmt: skip
    assert row["sex"] == pytest.approx([3.6, 1.8])
    asked = requests[-1]
    assert not isinstance(asked.prompt, str)
    assert [m.role for m in asked.prompt] == ["user", "assistant", "user"]
    assert asked.choices == ("(A)", "(B)", "(C)")


def test_an_option_that_is_named_twice_is_refused() -> None:
    twice = SEX.model_dump() | {"options": [SEX.options[0], SEX.options[0]]}
    with pytest.raises(ValidationError, match="man is named more than once"):
        Trait.model_validate(twice)

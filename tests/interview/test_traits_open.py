"""Traits that stories tell in their own words: what is read by rule, and what a coder places."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anthology.config.prompts import SurveyPrompt
from anthology.config.traits import TraitQuestion
from anthology.interview.answers import Outcome, read_reply
from anthology.interview.coding import pose_question
from anthology.interview.question import Question
from anthology.models.base import LabelProbs, Request
from tests.support.scripted_model import CHAT, prompt_text
from tests.support.trait_interviews import AGE, DECLARED, SEX, TraitSurvey, survey_scripted

ASKED = {"race": DECLARED["race"], "income": DECLARED["income"]}


def asked_freely(
    folder: Path, said: list[str], placed: dict[str, str], trait: str = "race", **changes: object
) -> tuple[TraitSurvey, list[Request]]:
    """Ask one trait freely; `placed` is what the coder makes of answers."""

    def answer(request: Request) -> list[str] | LabelProbs:
        text = prompt_text(request)
        if "Coded?" not in text:
            return said
        words = next(line for line in text.splitlines() if line.startswith("Said: "))
        return [placed.get(words.removeprefix("Said: "), "None of them")]

    return survey_scripted(
        folder,
        answer,
        **{
            "traits": {trait: DECLARED[trait]},
            "open_ended": [trait],
            "reader": None,
            "reader_model": None,
            "samples": len(said),
            **changes,
        },
    )


def coded(requests: list[Request]) -> list[str]:
    return [prompt_text(r) for r in requests if "Coded?" in prompt_text(r)]


def test_the_question_is_put_without_options_labels_or_a_way_to_decline(tmp_path: Path) -> None:
    _, requests = asked_freely(tmp_path, ["Black or African American"], {})
    assert requests[0].prompt == (
        "Question: Tell me about yourself.\nAnswer: I was born on a farm.\n\n"
        "Question: What is your race or ethnicity?\nAnswer:"
    )


def test_a_chat_is_asked_freely_as_well(tmp_path: Path) -> None:
    found, requests = asked_freely(tmp_path, ["Black or African American"], {}, model=CHAT)
    assert not isinstance(requests[0].prompt, str)
    assert requests[0].prompt[-1].content == "What is your race or ethnicity?"
    assert found.rows[0]["race"] == [0, 0, 1, 0, 0, 0, 0, 0]


def test_words_are_read_by_rule_and_the_rest_is_coded(tmp_path: Path) -> None:
    said = ["Asian or Asian American", "Kenyan", "Kenyan", "My dog", "I'd rather not say."]
    found, requests = asked_freely(tmp_path, said, {"Kenyan": "(C) Black or African American"})
    row = found.rows[0]
    assert row["race"] == [0, 1, 2, 0, 0, 0, 0, 0]
    assert (row["race:declined"], row["race:unreadable"]) == (1, 1)
    assert len(coded(requests)) == 2
    sources = {
        source: float(found.sources["race", source]["answers"]) for _, source in found.sources
    }
    assert sources == {
        "stated": 0, "read": 1, "number": 0, "coded": 2,
        "declined": 1, "unreadable": 1, "unseen": 0,
    }  # fmt: skip


def test_the_coder_sees_question_options_and_answer_and_draws_nothing(tmp_path: Path) -> None:
    _, requests = asked_freely(tmp_path, ["  Kenyan,\n by birth "], {})
    request = next(r for r in requests if "Coded?" in prompt_text(r))
    lines = prompt_text(request).splitlines()
    assert lines[:3] == [
        "Coded? What is your race or ethnicity?",
        "Said: Kenyan, by birth",
        "(A) American Indian or Alaska Native",
    ]
    assert len(lines) == 2 + 8
    assert request.sampling.temperature == 0
    assert request.n == 1


@pytest.mark.parametrize("max_concurrency", [1, 8])
def test_each_distinct_answer_is_coded_once_for_all_stories(
    tmp_path: Path, max_concurrency: int
) -> None:
    said = ["Kenyan", "Kenyan", " Kenyan\n", "Swede", ""]
    placed = {"Kenyan": "C", "Swede": "White or European American"}
    stories = [f"Story {i}." for i in range(5)]
    found, requests = asked_freely(
        tmp_path, said, placed, stories=stories, max_concurrency=max_concurrency
    )
    assert len(coded(requests)) == 2
    assert [row["race"] for row in found.rows] == [[0, 0, 3, 0, 0, 0, 1, 0]] * 5
    assert [row["race:unreadable"] for row in found.rows] == [1] * 5


def test_labels_mean_nothing_where_none_were_shown(tmp_path: Path) -> None:
    found, requests = asked_freely(tmp_path, ["(B)", "C", "A.", "B) Asian or Asian American"], {})
    assert found.rows[0]["race"] == [0, 1, 0, 0, 0, 0, 0, 0]
    assert found.rows[0]["race:unreadable"] == 3
    assert len(coded(requests)) == 3


def test_without_a_coder_the_rest_is_unreadable(tmp_path: Path) -> None:
    found, requests = asked_freely(
        tmp_path, ["Kenyan", "Asian or Asian American"], {}, coder=None, coder_model=None
    )
    assert found.rows[0]["race:unreadable"] == 1
    assert len(requests) == 1


@pytest.mark.parametrize("asking", ["choice", "logprobs"])
def test_an_open_trait_is_sampled_however_the_others_are_asked(tmp_path: Path, asking: str) -> None:
    def answer(request: Request) -> list[str] | LabelProbs:
        if "How old" in prompt_text(request):
            return ["I'm 34"] * 6
        return LabelProbs((0.5, 0.25, 0.25)) if request.logprobs else [request.choices[1]] * 6

    found, requests = survey_scripted(
        tmp_path, answer, open_ended=["age"], answer_mode=asking, reader=None, reader_model=None
    )
    assert found.rows[0]["age"] == [6, 0]
    assert found.rows[0]["sex"] == ([3, 1.5] if asking == "logprobs" else [0, 6])
    aged = next(r for r in requests if "How old" in prompt_text(r))
    assert (aged.choices, aged.logprobs, aged.n) == ((), False, 6)


def test_what_a_story_states_is_not_asked_freely_either(tmp_path: Path) -> None:
    found, requests = survey_scripted(
        tmp_path, lambda _: ["I am 52"], traits={"age": AGE}, open_ended=["age"]
    )
    assert found.rows[0]["age"] == [0, 6]
    assert found.rows[0]["age:stated"]
    assert len(requests) == 1


def test_a_line_that_asks_to_conclude_names_labels_and_is_left_out(tmp_path: Path) -> None:
    frame = SurveyPrompt(
        after="Think, then write: So I say, and one of {labels}.", answer_marker="So I say"
    )
    found, requests = asked_freely(tmp_path, ["White or European American"], {}, frame=frame)
    assert "So I say" not in prompt_text(requests[0])
    assert found.rows[0]["race"][6] == 1


def test_models_that_coded_are_named_as_sources(tmp_path: Path) -> None:
    found, _ = asked_freely(tmp_path, ["Kenyan"], {}, coder_model=CHAT)
    assert "simulated" in found.metadata["traits"]


AGES = [
    ("I'm 34", "number", "30-49"),
    ("sixty-two", "number", "50-64"),
    ("sixtyish", "unreadable", None),
    ("in my forties", "number", "30-49"),
    ("late twenties", "number", "18-29"),
    ("somewhere in my early fifties", "number", "50-64"),
    ("between 30 and 40", "number", "30-49"),
    ("30 to 35", "number", "30-49"),
    ("under 30", "number", "18-29"),
    ("not yet thirty", "unreadable", None),
    ("just shy of 50", "unreadable", None),
    ("pushing 65", "unreadable", None),
    ("over sixty-five", "number", "65+"),
    ("65 or older", "read", "65+"),
    ("18 to 29", "read", "18-29"),
    ("in my sixties", "unreadable", None),
    ("about 60k", "unreadable", None),
    ("old enough", "unreadable", None),
    ("I'd rather not say", "declined", None),
    ("I won't say, but I'm over 18", "unreadable", None),
]
INCOMES = [
    ("about 60k", "number", "60-70k"),
    ("sixty-two thousand dollars", "number", "60-70k"),
    ("under 25,000", "number", "20-30k"),
    ("up to 30 thousand", "number", "30-40k"),
    ("over $200,000", "number", "200k+"),
    ("more than 150k", "number", "150-200k"),
    ("between 40,000 and 50,000", "number", "40-50k"),
    ("thirty to forty thousand", "number", "30-40k"),
    ("40-50k", "number", "40-50k"),
    ("1.2 million", "number", "200k+"),
    ("a quarter million", "unreadable", None),
    ("a hundred and twenty thousand", "number", "100-150k"),
    ("hundred twenty thousand", "unreadable", None),
    ("a hundred grand", "number", "100-150k"),
    ("$0", "number", "0-10k"),
    ("Under $10,000", "read", "0-10k"),
    ("a couple hundred thousand", "unreadable", None),
    ("$20 an hour", "unreadable", None),
    ("I'm 34", "unreadable", None),
    ("none of your business", "declined", None),
]


@pytest.mark.parametrize(
    ("trait", "text", "source", "option"),
    [("age", *row) for row in AGES] + [("income", *row) for row in INCOMES],
)
def test_numbers_are_read_from_free_answers(
    tmp_path: Path, trait: str, text: str, source: str, option: str | None
) -> None:
    found, _ = asked_freely(tmp_path, [text], {}, trait, coder=None, coder_model=None)
    counts = dict(zip(found.metadata["options"][trait], found.rows[0][trait], strict=True))
    assert [name for name, count in counts.items() if count] == ([option] if option else [])
    assert found.share(trait, source) == 1


@given(st.integers(18, 110))
def test_every_age_comes_to_the_bracket_that_holds_it(age: int) -> None:
    for trait in (DECLARED["age"], DECLARED["age"].variant("six")):
        answer = read_reply(f"I'm {age}.", closed(trait), None)
        assert answer.by_number
        assert answer.position is not None
        option = trait.options[answer.position]
        assert (option.low or 0) <= age < (option.high or 111)


@given(st.text(max_size=40))
def test_only_valid_answers_come_with_an_option(text: str) -> None:
    for trait in ASKED.values():
        answer = read_reply(text, closed(trait), None)
        assert (answer.position is not None) == (answer.outcome == Outcome.VALID)


def test_a_trait_without_a_unit_holds_no_numbers() -> None:
    assert read_reply("I'm 34", closed(SEX), None).position is None


def closed(trait: TraitQuestion) -> Question:
    return pose_question("trait", trait, None, freely=True).closed


def test_what_coders_are_asked_is_the_same_for_every_order_of_stories(tmp_path: Path) -> None:
    stories = [f"Story {i}." for i in range(6)]

    def answer(request: Request) -> list[str] | LabelProbs:
        text = prompt_text(request)
        if "Coded?" in text:
            return ["(C)"]
        return [f"Word {'abcdef'[int(text.split('Story ')[1][0]) // 2]}"]

    def asked(order: list[str], max_concurrency: int) -> Counter[Request]:
        (tmp_path / "x").mkdir(exist_ok=True)
        _, requests = survey_scripted(
            tmp_path / "x", answer, traits={"race": DECLARED["race"]}, open_ended=["race"],
            samples=1, stories=order, max_concurrency=max_concurrency,
        )  # fmt: skip
        return Counter(r for r in requests if "Coded?" in prompt_text(r))

    assert asked(stories, 1) == asked(stories[::-1], 4)
    assert set(asked(stories, 3).values()) == {1}

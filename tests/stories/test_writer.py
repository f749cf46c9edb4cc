"""Which stories are kept."""

import asyncio
from collections.abc import Callable
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anthology.config.formats import Format
from anthology.config.model import Sampling
from anthology.config.prompts import CriticPrompt, PreamblePrompt
from anthology.errors import ModelError
from anthology.interview.transcript import Ask, Turn, render_text
from anthology.models.base import Completion, Reply, Request
from anthology.seeds import derive_seed
from anthology.stories.writer import (
    Story,
    StoryFilter,
    StoryWriter,
    reason_to_reject,
    starts_with_word,
)
from tests.support.scripted_model import ScriptedModel, prompt_text

RULES = StoryFilter(min_words=5, max_mentions={"interview": 1}, max_attempts=4)
CRITIC = CriticPrompt(message="Keep this? {story}", accept="yes")
CITIZEN = PreamblePrompt(question="Are you a citizen?", accept="yes")
INTERVIEW = ("Where did you grow up?", "What do you do?", "What do you hope for?")


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("one two three four five", None),
        ("one two three four", "too short"),
        ("an interview with me and you", None),
        ("An Interview about my interviews, and more", "mentions interview"),
    ],
)
def test_counting_words(text: str, wrong: str | None) -> None:
    assert reason_to_reject(text, RULES) == wrong


def written(answer: Callable[[Request], list[str]]) -> tuple[ScriptedModel, Callable[[], Story]]:
    model = ScriptedModel(answer)
    editor = StoryWriter(model, RULES, CRITIC, model)

    def story() -> Story:
        return asyncio.run(
            editor.story(
                lambda _, asked, seed: Request(asked, Sampling(), seed=seed),
                ["Tell me."],
                seed=1,
                path=("stories", 3),
            )
        )

    return model, story


def test_the_first_story_that_passes_is_kept() -> None:
    stories = iter(["too short", "a story that is no good", " this one is a good story\n"])

    def answer(request: Request) -> list[str]:
        if "Keep this?" in prompt_text(request):
            return ["No." if "no good" in prompt_text(request) else "Yes, keep it."]
        return [next(stories)]

    model, story = written(answer)
    kept = story()
    assert kept.text == "this one is a good story"
    assert kept.rejected == {"too short": 1, "turned down by the critic": 1}
    seeds = [request.seed for request in model.requests]
    assert len(set(seeds)) == len(seeds)


def test_a_story_that_never_passes_is_an_error_that_says_why() -> None:
    _, story = written(lambda request: ["short"])
    with pytest.raises(ModelError, match=r"stories/3.*4 attempts.*too short 4 times"):
        story()


def test_a_model_that_gives_too_many_draws_is_not_believed() -> None:
    _, story = written(lambda request: ["one", "two"])
    with pytest.raises(ModelError, match="gave 2 completions, 1 were asked for"):
        story()


def request(said: tuple[Turn, ...], question: str, seed: int) -> Request:
    prompt = render_text(said, Ask(question), Format())
    return Request(prompt, Sampling(max_tokens=700), seed=seed, want_logprobs=True)


def interviewed(
    answer: Callable[[str], str],
    questions: tuple[str, ...] = INTERVIEW,
    preamble: PreamblePrompt | None = CITIZEN,
    **rules: Any,
) -> tuple[Story, list[Request]]:
    """Hold an interview with a writer that answers the question it is asked now."""

    def reply(asked: Request) -> list[str]:
        return [answer(prompt_text(asked).split("Question: ")[-1].removesuffix("\nAnswer:"))]

    model = ScriptedModel(reply)
    editor = StoryWriter(model, RULES.model_copy(update=rules), None, None)
    held = editor.story(request, questions, preamble=preamble, seed=1, path=("stories", 3))
    return asyncio.run(held), model.requests


def test_an_interview_goes_on_in_sight_of_what_was_answered() -> None:
    said = dict(zip(INTERVIEW, ["On a farm.", "I mend\n\nboats.", "Good weather."], strict=True))
    story, requests = interviewed(lambda question: f" {said.get(question, 'Yes, I am.')}\n")
    assert story.answers == tuple(said.values())
    assert story.text == "On a farm.\n\nI mend\n\nboats.\n\nGood weather."
    assert requests[-1].prompt == (
        "Question: Are you a citizen?\nAnswer: Yes, I am.\n\n"
        "Question: Where did you grow up?\nAnswer: On a farm.\n\n"
        "Question: What do you do?\nAnswer: I mend\n\nboats.\n\n"
        "Question: What do you hope for?\nAnswer:"
    )
    assert [r.sampling.max_tokens for r in requests] == [32, 700, 700, 700]
    assert [r.want_logprobs for r in requests] == [False, True, True, True]
    assert len({r.seed for r in requests}) == 4


def test_the_seed_of_a_story_is_the_same_with_and_without_more_questions() -> None:
    alone = interviewed(lambda _: "yes and a story it is", INTERVIEW[:1], None)[1]
    whole = interviewed(lambda _: "yes and a story it is")[1]
    assert alone[0].seed == whole[1].seed == derive_seed(1, "stories", 3, 0)


def test_a_wrong_answer_to_the_preamble_ends_the_try_and_is_a_reason_of_its_own() -> None:
    replies = iter(["No.", "Yesterday I was.", "YES, of course"])

    def answer(question: str) -> str:
        return next(replies) if question == CITIZEN.question else "words enough of an answer"

    story, requests = interviewed(answer)
    assert story.rejected == {"failed the preamble": 2}
    assert len(requests) == 3 + len(INTERVIEW)
    assert "citizen" not in story.text


def test_all_reasons_share_one_budget_of_tries() -> None:
    replies = iter(["No.", "Yes.", "Yes.", "Yes."])
    answers = iter(["", "an interview about interviews", *["short"] * len(INTERVIEW)])

    def answer(question: str) -> str:
        return next(replies if question == CITIZEN.question else answers)

    reasons = "(failed the preamble|no answer|mentions interview|too short) 1 times"
    with pytest.raises(ModelError, match=rf"stories/3: 4 attempts .*({reasons}(, )?){{4}}\)"):
        interviewed(answer)


def test_an_answer_that_spoils_a_story_is_the_last_that_is_paid_for() -> None:
    asked: list[str] = []

    def answer(question: str) -> str:
        asked.append(question)
        return "an interview about interviews" if len(asked) == 1 else "words enough of an answer"

    story, _ = interviewed(answer, preamble=None)
    assert story.rejected == {"mentions interview": 1}
    assert asked == [INTERVIEW[0], *INTERVIEW]


@pytest.mark.parametrize(
    ("finishes", "logprobs", "finish", "logprob"),
    [
        (("stop", "stop"), (-1.5, -2.0), "stop", -3.5),
        (("length", "stop"), (-1.5, None), "length", None),
    ],
)
def test_an_interview_is_as_long_and_as_likely_as_its_answers_together(
    finishes: tuple[Literal["stop", "length"], ...],
    logprobs: tuple[float | None, ...],
    finish: str,
    logprob: float | None,
) -> None:
    draws = iter(
        Completion("words enough of an answer", finish, tokens, score)
        for finish, tokens, score in zip(finishes, (7, 5), logprobs, strict=True)
    )

    class Writer:
        async def sample(self, _: Request) -> Reply:
            return Reply((next(draws),))

    held = StoryWriter(Writer(), RULES, None, None).story(
        request, INTERVIEW[:2], seed=1, path=("s",)
    )
    story = asyncio.run(held)
    assert (story.tokens, story.finish, story.logprob) == (12, finish, logprob)


@given(st.sampled_from(["yes", "Y", "Ja"]), st.sampled_from(["", ".", ", I am", "\n\nNo", "'s"]))
def test_a_reply_is_accepted_by_its_first_word_in_any_case(word: str, rest: str) -> None:
    for written in (word, word.upper(), word.lower()):
        assert starts_with_word(f" {written}{rest}", word)
        assert not starts_with_word(f"{written}terday{rest}", word)
        assert not starts_with_word(f"No, {written}{rest}", word)

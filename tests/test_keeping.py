"""Which stories are kept."""

import asyncio
from collections.abc import Callable

import pytest

from anthology.errors import ModelError
from anthology.keeping import Editor, KeepRules, Story, fault
from anthology.models import Request
from anthology.models.spec import Sampling
from anthology.prompts import CriticPrompt
from tests.scripted import Scripted, text_of

RULES = KeepRules(min_words=5, at_most={"interview": 1}, tries=4)
CRITIC = CriticPrompt(message="Keep this? {story}", accept="yes")


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
    assert fault(text, RULES) == wrong


def written(answer: Callable[[Request], list[str]]) -> tuple[Scripted, Callable[[], Story]]:
    model = Scripted(answer)
    editor = Editor(model, RULES, CRITIC, model)

    def story() -> Story:
        return asyncio.run(
            editor.story(
                lambda seed: Request("Tell me.", Sampling(), seed=seed), seed=1, path=("stories", 3)
            )
        )

    return model, story


def test_the_first_story_that_passes_is_kept() -> None:
    stories = iter(["too short", "a story that is no good", " this one is a good story\n"])

    def answer(request: Request) -> list[str]:
        if "Keep this?" in text_of(request):
            return ["No." if "no good" in text_of(request) else "Yes, keep it."]
        return [next(stories)]

    model, story = written(answer)
    kept = story()
    assert kept.text == "this one is a good story"
    assert kept.rejected == {"too short": 1, "turned down by the critic": 1}
    seeds = [request.seed for request in model.requests]
    assert len(set(seeds)) == len(seeds)


def test_a_story_that_never_passes_is_an_error_that_says_why() -> None:
    _, story = written(lambda request: ["short"])
    with pytest.raises(ModelError, match=r"stories/3.*4 tries.*too short 4 times"):
        story()


def test_a_model_that_gives_too_many_draws_is_not_believed() -> None:
    _, story = written(lambda request: ["one", "two"])
    with pytest.raises(ModelError, match="gave 2 draws, 1 were asked for"):
        story()

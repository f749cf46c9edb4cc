"""How probable a given text is: what servers are asked, and what of their replies counts."""

import asyncio
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anthology.config.model import Endpoint, Sampling
from anthology.config.model_identity import ModelIdentity
from anthology.errors import EndpointError, ModelError, RefusedError, TransientError
from anthology.models.base import Completion, Message, Reply, Request
from anthology.models.cached import request_key_parts
from anthology.models.usage import Usage
from anthology.providers.http.text_logprobs import (
    common_prefix_length,
    echo_body,
    first_token_beyond,
    read_echo,
    sum_logprobs,
)
from anthology.providers.openai import open_model
from anthology.providers.uniform import Uniform
from anthology.simulation.model import Simulated
from tests.support.fake_server.replies import toy_logprob
from tests.support.fake_server.requests import Serving
from tests.support.fake_server.server import serving
from tests.support.scripted_server import ask, identity, placed, plain
from tests.support.token_model import pieces

BASE = ModelIdentity(name="base", provider="openai", api="completions", model="b")
CHAT = (Message("user", "Who are you?"),)
PROMPT = "Question: Who are you?\nAnswer:"
STORY = " I was born in a small town."
WORDS = st.lists(st.text("abcé\u2019.", min_size=1, max_size=6), max_size=12)


def scoring(prompt: str | tuple[Message, ...], text: str) -> Request:
    return Request(prompt, Sampling(temperature=0, max_tokens=1), score_text=text)


def repeated(
    tokens: list[str], logprobs: Sequence[float | None], text: str | None = None, **usage: int
) -> dict[str, Any]:
    """Return a reply that repeats a text."""
    shown = {"tokens": tokens, "token_logprobs": logprobs}
    answer = {"text": "".join(tokens) if text is None else text, "logprobs": shown}
    return {"choices": [answer], "usage": usage}


def served(*replies: Any, request: Request, **endpoint: Any) -> tuple[Reply, list[Any]]:
    """Ask a server that answers so, and return what it was sent too."""

    async def run() -> tuple[Reply, list[Any]]:
        async with placed(*map(plain, replies)) as place:
            told = {"echo_logprobs": True, **endpoint}
            return await ask(place.url, request, **told), place.bodies

    return asyncio.run(run())


def simulated(prompt: str, text: str) -> Completion:
    (draw,) = asyncio.run(Simulated().sample(scoring(prompt, text))).completions
    return draw


# The journal.


def test_what_was_kept_of_other_requests_is_found_under_the_same_keys() -> None:
    assert request_key_parts(Request("Tell me.", Sampling(), n=4, seed=7)) == (
        b'["Tell me.",[1.0,1.0,32],[],[],false,false,7]'
    )
    cold = Request(
        (Message("user", "Which?"),),
        Sampling(temperature=0),
        ("\n",),
        1,
        ("a", "b"),
        want_logprobs=True,
    )
    assert request_key_parts(cold) == (
        b'[[["user","Which?"]],[0.0,1.0,32],["\\n"],["a","b"],false,true,0]'
    )


def test_another_text_is_another_key_and_another_seed_is_not() -> None:
    asked = Request(PROMPT, Sampling(), score_text=STORY)
    assert request_key_parts(asked) != request_key_parts(Request(PROMPT, Sampling()))
    assert request_key_parts(asked) != request_key_parts(
        Request(PROMPT, Sampling(), score_text=STORY + "!")
    )
    assert request_key_parts(asked) == request_key_parts(
        Request(PROMPT, Sampling(), score_text=STORY, seed=3)
    )


# What is sent, and what of a reply counts.


def test_a_text_is_sent_behind_its_prompt_to_be_repeated() -> None:
    assert echo_body(scoring("Who?", " Me."), "Who? Me.", BASE, Endpoint(), "b") == {
        "model": "b", "prompt": "Who? Me.", "temperature": 0, "echo": True, "logprobs": 1,
        "max_tokens": 0,
    }  # fmt: skip


def test_the_tokens_after_the_prompt_are_added_up() -> None:
    reply = repeated(["Who", "?", " Me", "."], [None, -9.0, -0.5, -0.25], prompt_tokens=4)
    found, sent = served(reply, request=scoring("Who?", " Me."))
    assert found == Reply((Completion(" Me.", "stop", 2, -0.75),), None, 4, 0)
    assert len(sent) == 1


def test_a_mark_before_the_text_is_no_part_of_it() -> None:
    reply = repeated(["<s>", "Who?", " Me."], [None, -9.0, -0.5], text="Who? Me.")
    found, _ = served(reply, request=scoring("Who?", " Me."))
    assert found.completions == (Completion(" Me.", "stop", 1, -0.5),)


def test_a_token_across_the_boundary_belongs_to_the_story() -> None:
    reply = repeated(["Who", "? M", "e."], [-7.0, -9.0, -0.5])
    found, _ = served(reply, request=scoring("Who?", " Me."))
    assert found.completions == (Completion(" Me.", "stop", 2, -9.5),)


def test_without_a_prompt_the_first_token_has_no_probability_and_is_not_counted() -> None:
    reply = repeated(["I", " am", "."], [None, -0.5, -0.25])
    found, _ = served(reply, request=scoring("", "I am."))
    assert found.completions == (Completion("I am.", "stop", 2, -0.75),)


def test_a_text_of_which_nothing_has_a_probability_is_not_taken() -> None:
    with pytest.raises(RefusedError, match="follows on anything"):
        served(repeated(["I"], [None]), request=scoring("", "I"))


def test_what_a_server_writes_although_it_should_not_is_left_out() -> None:
    tokens = ["Who?", " Me.", "\n"]
    logprobs: list[float | None] = [None, -0.5, -3.0]
    reply = repeated(tokens, logprobs, prompt_tokens=2, completion_tokens=1)
    found, _ = served(reply, request=scoring("Who?", " Me."))
    assert found.completions[0].logprob == -0.5


def test_tokens_that_are_no_letters_are_counted_by_those_of_the_prompt_alone() -> None:
    odd = ["Who", "bytes:\\xc3", "bytes:\\xa9", "?"]
    whole = repeated([*odd, " Me", "."], [*[-1.0] * 4, -0.5, -0.25], "Whoé? Me.", prompt_tokens=6)
    alone = repeated(odd, [-1.0] * 4, "Whoé?", prompt_tokens=4)
    found, sent = served(whole, alone, request=scoring("Whoé?", " Me."))
    assert found == Reply((Completion(" Me.", "stop", 2, -0.75),), None, 10, 0)
    assert [body["prompt"] for body in sent] == ["Whoé? Me.", "Whoé?"]


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ({"choices": [{"text": " and you"}]}, "did not repeat"),
        ({"choices": [{"text": "Who? Me.", "logprobs": None}]}, "0 tokens"),
        (repeated([], [], "Who? Me."), "0 tokens"),
        (repeated(["Who?", " Me."], [-1.0]), "1 tokens"),
        (repeated(["."], [-1.0], "Who? Me.", prompt_tokens=7), "1 of 7 tokens"),
        (repeated(["Who?", " Me."], [None, None]), "left out"),
        (repeated(["Who?", " Me."], [None, 7.5]), "no log-probabilities"),
    ],
)
def test_a_server_that_does_not_do_it_ends_it_at_once(reply: Any, said: str) -> None:
    with pytest.raises(EndpointError, match=said) as caught:
        served(reply, request=scoring("Who?", " Me."))
    assert "model mine at http://127.0.0.1" in caught.value.where
    assert caught.value.hint


def test_a_server_whose_file_says_that_it_cannot_is_not_asked() -> None:
    with pytest.raises(EndpointError, match="as its file says") as caught:
        served({}, request=scoring("Who?", " Me."), echo_logprobs=False)
    assert "models check mine" in caught.value.hint


def test_a_chat_is_not_asked_how_probable_a_text_is() -> None:
    with pytest.raises(ModelError, match="messages"):
        asyncio.run(Simulated().sample(scoring(CHAT, "I am.")))

    async def run() -> None:
        async with placed() as place:
            who = identity(api="chat")
            await ask(place.url, scoring("?", "I."), who=who, echo_logprobs=True)

    with pytest.raises(ModelError, match="was given a text"):
        asyncio.run(run())


def test_random_answers_have_no_probability_for_a_text() -> None:
    with pytest.raises(ModelError, match="no log-probability"):
        asyncio.run(Uniform().sample(scoring(PROMPT, STORY)))


def test_through_a_server_a_text_has_the_log_probability_of_its_tokens() -> None:
    async def run(url: str) -> Reply:
        place = Endpoint(base_url=url, echo_logprobs=True)
        named = ModelIdentity(name="toy", provider="openai", api="completions", model="toy")
        model = open_model(named, place, Usage())
        await model.open()
        try:
            return await model.sample(scoring(PROMPT, STORY))
        finally:
            await model.close()

    with serving(Serving()) as server:
        (draw,) = asyncio.run(run(server.url)).completions
    tokens = pieces(STORY)
    assert (draw.text, draw.tokens) == (STORY, len(tokens))
    assert draw.logprob == pytest.approx(sum(map(toy_logprob, tokens)))


# Where the text begins.


@given(WORDS, WORDS, st.booleans())
def test_tokens_that_make_up_the_text_are_parted_where_the_prompt_ends(
    before: list[str], after: list[str], marked: bool
) -> None:
    prompt, mark = "".join(before), ["<s>"] * marked
    first = first_token_beyond([*mark, *before, *after], prompt)
    # Where there is no prompt, the mark is what the text begins with.
    assert first == (len(mark) + len(before) if before else 0)


@given(WORDS.filter(lambda words: len("".join(words)) > 0), st.integers(0, 80))
def test_every_token_that_ends_beyond_the_prompt_counts(words: list[str], cut: int) -> None:
    text = "".join(words)
    prompt = text[: min(cut, len(text))]
    ends = list(accumulate(map(len, words)))
    inside = sum(end <= len(prompt) for end in ends)
    assert first_token_beyond(words, prompt) == inside


def test_tokens_that_do_not_spell_the_prompt_give_none() -> None:
    assert first_token_beyond(["Who", "is", "?"], "Who?") is None
    assert first_token_beyond(["Who"], "Who?") is None


def test_two_texts_have_the_tokens_in_common_that_they_begin_with() -> None:
    assert common_prefix_length([1, 2, 3], [1, 2, 4]) == 2
    assert common_prefix_length([1, 2, 3], [1, 2]) == 2
    assert common_prefix_length([], [1]) == 0


def test_a_total_counts_what_has_a_probability() -> None:
    assert sum_logprobs([None, -1.0, -0.5, -0.25], 0) == (3, -1.75)
    assert sum_logprobs([None, -1.0, -0.5, -0.25], 2) == (2, -0.75)


def test_a_reply_that_is_not_whole_may_be_the_next_time() -> None:
    with pytest.raises(TransientError):
        read_echo({"choices": []}, "Who?")


# The embedded model.


@given(WORDS, WORDS, WORDS)
def test_surprise_adds_up_word_by_word(
    prompt: list[str], first: list[str], second: list[str]
) -> None:
    """log p(ab | prompt) = log p(a | prompt) + log p(b | prompt a)."""
    texts = ["".join(f" {word}" for word in words) for words in (["Well", *prompt], first, second)]
    start, a, b = texts
    parts = [simulated(*told) for told in ((start, a), (start + a, b)) if told[1]]
    if a + b:
        whole = simulated(start, a + b)
        assert whole.tokens == sum(part.tokens for part in parts)
        assert whole.logprob == pytest.approx(sum(part.logprob or 0 for part in parts))


def test_surprise_depends_on_the_text_and_on_nothing_else() -> None:
    assert simulated(PROMPT, STORY) == simulated(PROMPT, STORY)
    assert simulated(PROMPT, STORY).logprob != simulated(PROMPT, STORY + " Yes.").logprob
    assert simulated("Other words:", STORY).logprob != simulated(PROMPT, STORY).logprob

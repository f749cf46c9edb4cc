"""The server that other tests ask: its shapes, its answers and what it refuses."""

import asyncio
import json
import math
import time
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Any, TypeVar

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anthology.interview.transcript import Ask, render_messages
from anthology.models.base import LabelProbs, Message
from tests.support.fake_server.requests import Serving
from tests.support.fake_server.server import Server, apart, identity_of, serving
from tests.support.simulated import LAYOUT, OPINION, after, persona, sample
from tests.support.token_model import id_of, piece_of, pieces

T = TypeVar("T")
KEY = "sk-a-key-for-tests"
TEXT = after(persona(3), OPINION)
CHAT = render_messages(persona(3), Ask(OPINION.written(LAYOUT)))
MESSAGES = [{"role": said.role, "content": said.content} for said in CHAT]
LABELS = tuple(map(LAYOUT.label, range(4)))
COMPLETION: dict[str, Any] = {"model": "toy", "prompt": TEXT, "max_tokens": 32}
TALK: dict[str, Any] = {"model": "toy-chat", "messages": MESSAGES, "max_tokens": 32}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving(Serving(key=KEY)) as server:
        yield server


def called(url: str, call: Callable[[openai.AsyncOpenAI], Awaitable[T]], key: str = KEY) -> T:
    """Return what a call of the SDK gives, its types checked and nothing tried twice."""

    async def within() -> T:
        options: dict[str, Any] = {"max_retries": 0, "_strict_response_validation": True}
        async with openai.AsyncOpenAI(base_url=url, api_key=key, timeout=5, **options) as client:
            return await call(client)

    return asyncio.run(within())


def posted(server: Server, body: dict[str, Any], path: str = "/v1/completions") -> dict[str, Any]:
    """Return what the server says to a body, whatever an SDK would make of it."""
    request = urllib.request.Request(
        server.url.removesuffix("/v1") + path,
        json.dumps(body).encode(),
        {"Authorization": f"Bearer {KEY}"},
    )
    with urllib.request.urlopen(request, timeout=5) as reply:
        said: dict[str, Any] = json.loads(reply.read())
    return said


def refusal(server: Server, body: dict[str, Any], path: str = "/v1/completions") -> dict[str, Any]:
    with pytest.raises(urllib.error.HTTPError) as caught:
        posted(server, body, path)
    error: dict[str, Any] = json.loads(caught.value.read())["error"]
    return error | {"status": caught.value.code}


def texts_of(reply: dict[str, Any]) -> list[str]:
    return [choice["text"] for choice in reply["choices"]]


def embedded(prompt: str | tuple[Message, ...], labels: tuple[str, ...] = LABELS) -> LabelProbs:
    shares = sample(prompt, choices=labels, logprobs=True).label_probs
    assert shares is not None
    return shares


def test_completions_have_the_shape_that_the_sdk_expects(server: Server) -> None:
    done = called(server.url, lambda c: c.completions.create(**COMPLETION, n=3, logprobs=2))
    assert [choice.index for choice in done.choices] == [0, 1, 2]
    probable = done.choices[0].logprobs
    assert probable is not None
    assert probable.tokens is not None
    assert "".join(probable.tokens) == done.choices[0].text
    assert done.usage is not None
    assert done.usage.total_tokens == done.usage.prompt_tokens + done.usage.completion_tokens


def test_chats_have_the_shape_that_the_sdk_expects(server: Server) -> None:
    talk = TALK | {"n": 2, "logprobs": True, "top_logprobs": 3}
    done = called(server.url, lambda c: c.chat.completions.create(**talk))
    assert len(done.choices) == 2
    probable = done.choices[1].logprobs
    assert probable is not None
    assert probable.content is not None
    assert "".join(entry.token for entry in probable.content) == done.choices[1].message.content
    assert all(len(entry.top_logprobs) <= 3 for entry in probable.content)


def test_completions_are_those_of_the_embedded_model(server: Server) -> None:
    drawn = sample(TEXT, draws=20, stop=("\nQuestion:",), seed=7).completions
    body = COMPLETION | {"n": 20, "stop": ["\nQuestion:"], "seed": 7}
    assert texts_of(posted(server, body)) == [draw.text for draw in drawn]


@pytest.mark.parametrize(
    "held",
    [
        {"structured_outputs": {"choice": list(LABELS)}},
        {"response_format": {"type": "json_schema", "json_schema": {"schema": {"enum": LABELS}}}},
    ],
    ids=["choice", "schema"],
)
def test_constrained_output_is_honoured(server: Server, held: dict[str, Any]) -> None:
    reply = posted(server, TALK | held | {"n": 30}, "/v1/chat/completions")
    said = [choice["message"]["content"] for choice in reply["choices"]]
    if "response_format" in held:
        said = [json.loads(text) for text in said]
    assert set(said) <= set(LABELS)
    assert len(set(said)) > 1


def walked(ask: Callable[[str], dict[str, float]], label: str) -> float:
    """Multiply the probabilities of a label's tokens, with a space before it and without."""
    total = 0.0
    for spelling in (label, f" {label}"):
        written, chance = "", 1.0
        for piece in pieces(spelling):
            chance *= math.exp(ask(written).get(piece, -math.inf))
            written += piece
        total += chance
    return total


def top(server: Server, written: str) -> dict[str, float]:
    body = COMPLETION | {"prompt": TEXT + written, "max_tokens": 1, "logprobs": 20}
    shown: dict[str, float] = posted(server, body)["choices"][0]["logprobs"]["top_logprobs"][0]
    return shown


def test_tokens_of_a_label_multiply_to_its_share(server: Server) -> None:
    found = [walked(partial(top, server), label) for label in LABELS]
    assert found == pytest.approx(embedded(TEXT).probs, abs=1e-9)


def test_a_chat_reply_can_be_continued(server: Server) -> None:
    def chat_top(written: str) -> dict[str, float]:
        begun = [{"role": "assistant", "content": written}] if written else []
        going_on = {"continue_final_message": bool(begun), "add_generation_prompt": not begun}
        wanted = {"max_tokens": 1, "logprobs": True, "top_logprobs": 20}
        body = TALK | {"messages": [*MESSAGES, *begun]} | wanted | going_on
        content = posted(server, body, "/v1/chat/completions")["choices"][0]["logprobs"]["content"]
        return {entry["token"]: entry["logprob"] for entry in content[0]["top_logprobs"]}

    found = [walked(chat_top, label) for label in LABELS]
    assert found == pytest.approx(embedded(CHAT).probs, abs=1e-9)


def test_requested_tokens_are_given_by_id(server: Server) -> None:
    split = {"prompt": " (A)", "add_special_tokens": False}
    tokens = posted(server, split, "/tokenize")["tokens"]
    ids = [*tokens, id_of("(")]
    named = {"logprob_token_ids": ids, "return_tokens_as_token_ids": True}
    body = COMPLETION | named | {"logprobs": 1, "max_tokens": 1, "temperature": 0}
    shown = posted(server, body)["choices"][0]["logprobs"]["top_logprobs"][0]
    assert set(shown) == {f"token_id:{token}" for token in ids}
    both = sum(math.exp(shown[f"token_id:{token}"]) for token in (tokens[0], id_of("(")))
    assert both == pytest.approx(sum(embedded(TEXT).probs))


@given(st.text())
def test_tokens_put_together_are_the_text(text: str) -> None:
    assert "".join(pieces(text)) == text
    assert [piece_of(id_of(piece)) for piece in pieces(text)] == pieces(text)


@pytest.mark.parametrize(
    ("settings", "change", "status", "words"),
    [
        ({}, {"model": "nothing"}, 404, "`nothing` does not exist"),
        ({}, {"n": 2, "temperature": 0}, 400, "greedy"),
        ({}, {"temperature": 3}, 400, "temperature"),
        ({}, {"prompt": None}, 400, "prompt"),
        ({}, {"logprobs": 21}, 400, "greater than max allowed: 20"),
        ({"context": 200}, {}, 400, "maximum context length is 200 tokens"),
        ({"n": "refused"}, {"n": 2}, 400, "n"),
        ({"labels": "refused"}, {"logprob_token_ids": [1], "logprobs": 1}, 400, "logprob_token"),
    ],
)
def test_a_request_that_cannot_be_met_is_refused(
    settings: dict[str, Any], change: dict[str, Any], status: int, words: str
) -> None:
    with serving(Serving(**settings)) as server:
        error = refusal(server, COMPLETION | change)
        assert error["status"] == status
        assert words in error["message"]
        assert server.counts.refused == {str(status): 1}
        assert not server.counts.answered


def test_a_server_in_its_own_process_counts_what_it_answers() -> None:
    with apart(Serving(key=KEY)) as server:
        called(server.url, lambda c: c.completions.create(**COMPLETION))
        assert server.counts()["answered"] == {identity_of(COMPLETION): 1}


def test_the_stub_answers_whatever_is_asked() -> None:
    with apart("stub", "--delay", "0.05", "--draws", "2") as stub:
        start = time.monotonic()
        done = called(stub.url, lambda c: c.completions.create(**COMPLETION, n=2))
        assert time.monotonic() - start >= 0.05
        assert [choice.text for choice in done.choices] == [" (A)", " (A)"]
        said = called(stub.url, lambda c: c.chat.completions.create(**TALK))
        assert said.choices[1].message.content == "(A)"

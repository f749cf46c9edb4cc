"""How probable labels are, asked of a server."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from anthology.config.model import Endpoint, Sampling
from anthology.errors import EndpointError, ModelError
from anthology.models.base import Message, Reply, Request
from anthology.models.usage import Usage
from anthology.providers.http.client import OpenAIModel
from anthology.providers.http.label_probs import LabelProbReader
from tests.support.fake_server.requests import Serving
from tests.support.fake_server.server import serving
from tests.support.scripted_server import ask, identity

T = TypeVar("T")

QUESTION = "Question: Which is best?\n(A) one\n(B) two\n(C) three\nAnswer:"
LABELS = ("(A)", "(B)", "(C)")


def shares(
    server: str, *, chat: bool = False, choices: tuple[str, ...] = LABELS, **how: Any
) -> Reply:
    prompt = (Message("user", QUESTION),) if chat else QUESTION
    who = identity("toy-chat", api="chat") if chat else identity("toy")
    request = Request(prompt, Sampling(), choices=choices, logprobs=True)
    return asyncio.run(ask(server, request, who=who, **how))


@pytest.mark.parametrize("chat", [True, False])
def test_exact_probabilities_leave_nothing_unseen(chat: bool) -> None:
    with serving() as server:
        reply = shares(server.url, chat=chat, label_logprobs=True)
    assert reply.label_probs is not None
    assert sum(reply.label_probs.probs) == pytest.approx(0.97, abs=1e-6)  # The rest declines.
    assert reply.label_probs.unseen == pytest.approx(0, abs=1e-6)
    assert reply.completions == ()
    assert reply.prompt_tokens > 0


def test_open_prefixes_are_followed_by_further_requests() -> None:
    with serving(Serving(bare=0.25)) as server:
        exact = shares(server.url, label_logprobs=True).label_probs
        assert server.counts.answered.total() == 2
        likeliest = shares(server.url, top_logprobs=20).label_probs
    assert exact is not None and likeliest is not None
    assert likeliest.unseen == pytest.approx(0.25, abs=0.02)
    assert sum(exact.probs) - sum(likeliest.probs) == pytest.approx(0.25, abs=0.02)


def test_probability_outside_the_top_tokens_is_unseen() -> None:
    with serving(Serving(bare=0)) as server:
        few = shares(server.url, top_logprobs=2).label_probs
        many = shares(server.url, top_logprobs=5).label_probs
    assert few is not None and many is not None
    assert few.unseen > 0.02 > many.unseen
    assert sum(few.probs) + few.unseen >= sum(many.probs)


def test_labels_are_tokenized_once() -> None:
    paths: list[str] = []

    async def run(url: str) -> None:
        endpoint = Endpoint(base_url=url, label_logprobs=True)
        model = OpenAIModel(identity("toy"), endpoint, Usage())
        await model.open()

        async def counted(path: str, fields: dict[str, Any], read: Callable[[Any], T]) -> T:
            paths.append(path)
            return await model._send(path, fields, read)

        reader = LabelProbReader(identity("toy"), endpoint, "toy", counted)
        requests = [
            Request(QUESTION, Sampling(), choices=choices, logprobs=True)
            for choices in (LABELS, LABELS[:2], LABELS)
        ]
        await asyncio.gather(*(reader.read(request) for request in requests))
        await model.close()

    with serving(Serving(bare=0)) as server:
        asyncio.run(run(server.url))
    # Three contexts, and each of three labels with three leads in three contexts.
    assert (paths.count("/tokenize"), paths.count("")) == (3 + 3 * 9, 3)


def test_a_server_without_tokenize_says_what_to_set() -> None:
    with serving(Serving(dialect="openai")) as server, pytest.raises(EndpointError) as caught:
        shares(server.url, label_logprobs=True)
    assert "label_logprobs: false" in caught.value.hint


def test_a_server_that_ignores_the_requested_tokens_is_an_error() -> None:
    with serving(Serving(labels="ignored")) as server, pytest.raises(ModelError) as caught:
        shares(server.url, label_logprobs=True)
    assert "label_logprobs" in caught.value.hint


@pytest.mark.parametrize("chat", [True, False])
def test_a_server_that_ignores_logprobs_is_an_error(chat: bool) -> None:
    with serving(Serving(logprobs="ignored")) as server, pytest.raises(ModelError) as caught:
        shares(server.url, chat=chat, top_logprobs=5)
    assert "although they were asked for" in caught.value.what


def test_too_many_tokens_are_refused_before_any_request() -> None:
    choices = tuple(chr(0x4E00 + i) for i in range(130))
    with serving() as server, pytest.raises(ModelError, match="128 at most"):
        shares(server.url, choices=choices, label_logprobs=True)

"""The provider `openai` on a real vLLM server, whose model is computed in another way beside it."""

import asyncio
import os
from collections.abc import Iterator

import pytest

from anthology.config.model import Endpoint, Sampling
from anthology.config.model_identity import ModelIdentity
from anthology.errors import EndpointError, ModelError, RefusedError
from anthology.models.base import Completion, Message, Reply, Request
from anthology.models.usage import Usage
from anthology.providers.openai import open_model
from tests.support.tiny_model import CHAT, END, LABELLED, STORY, TEXT, WINDOW, Reference
from tests.support.vllm_server import FOLDER, KEY, MODEL, WITHOUT, installed, serving

pytestmark = pytest.mark.skipif(not installed(), reason=WITHOUT)

SHORT = Sampling(max_tokens=8)
LIKELIEST = Sampling(temperature=0, max_tokens=8)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch, serving() as found:
        patch.setenv("VLLM_KEY", KEY)
        yield found


@pytest.fixture(scope="module")
def reference() -> Iterator[Reference]:
    told = Reference(FOLDER)
    yield told
    told.close()


def ask(address: str, *requests: Request, model: str | None = MODEL) -> list[Reply]:
    identity = ModelIdentity(
        name="served",
        provider="openai",
        api="completions" if isinstance(requests[0].prompt, str) else "chat",
        model=model,
    )
    endpoint = Endpoint(
        base_url=address,
        key_env="VLLM_KEY",
        constrained_output="structured_outputs",
        label_logprobs=True,
        echo_logprobs=True,
    )

    async def asked() -> list[Reply]:
        provider = open_model(identity, endpoint, Usage())
        await provider.open()
        try:
            return await asyncio.gather(*map(provider.sample, requests))
        finally:
            await provider.close()

    return asyncio.run(asked())


def texts(reply: Reply) -> list[str]:
    return [draw.text for draw in reply.completions]


def assert_shares(reply: Reply, expected: list[float]) -> None:
    """What was computed is what was told, but for what the reply says it did not see."""
    assert reply.label_probs is not None
    for told, computed in zip(reply.label_probs.probs, expected, strict=True):
        assert computed - reply.label_probs.unseen - 1e-5 <= told <= computed + 1e-5
    assert sum(expected) > 10 * reply.label_probs.unseen


@pytest.mark.parametrize("prompt", [TEXT, CHAT], ids=["completions", "chat"])
def test_the_greedy_completion_is_the_models(
    address: str, reference: Reference, prompt: str | tuple[Message, ...]
) -> None:
    (reply,) = ask(address, Request(prompt, LIKELIEST, want_logprobs=True))
    text, logprob = reference.greedy(prompt, 8)
    assert reply.completions == (Completion(text, "length", 8, reply.completions[0].logprob),)
    assert reply.completions[0].logprob == pytest.approx(logprob, abs=1e-3)
    assert reply.prompt_tokens == len(reference.read(prompt))
    assert reply.completion_tokens == 8


def test_the_served_model_is_used_where_none_is_named(address: str) -> None:
    named, found = (
        ask(address, Request(TEXT, LIKELIEST)),
        ask(address, Request(TEXT, LIKELIEST), model=None),
    )
    assert found == named


def test_an_unserved_model_is_named_beside_the_served_ones(address: str) -> None:
    with pytest.raises(EndpointError) as caught:
        ask(address, Request(TEXT, SHORT), model="large-llama")
    assert "large-llama" in str(caught.value)
    assert MODEL in str(caught.value)


def test_a_wrong_key_is_an_error_that_does_not_repeat_it(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "VLLM_KEY", "sk-another")
    with pytest.raises(EndpointError) as caught:
        ask(address, Request(TEXT, SHORT))
    assert "key" in str(caught.value)
    assert "sk-another" not in str(caught.value)


def test_forty_samples_are_one_request_and_differ(address: str) -> None:
    (reply,) = ask(address, Request(TEXT, SHORT, n=40, seed=3))
    assert len(reply.completions) == 40
    assert len(set(texts(reply))) > 30
    assert reply.prompt_tokens < 2 * len(TEXT)


def test_equal_seeds_sample_alike_and_others_do_not(address: str) -> None:
    seeds = (2**40 + 7, 2**40 + 7, 8_000)
    first, again, other = ask(address, *(Request(TEXT, SHORT, n=3, seed=s) for s in seeds))
    assert texts(first) == texts(again)
    assert not set(texts(first)) & set(texts(other))


def test_a_completion_ends_before_a_stop_sequence(address: str) -> None:
    (whole,) = texts(ask(address, Request(TEXT, LIKELIEST))[0])
    stop = whole[4:6]
    (reply,) = ask(address, Request(TEXT, LIKELIEST, stop=(stop,)))
    assert [(draw.text, draw.finish) for draw in reply.completions] == [
        (whole.split(stop)[0], "stop")
    ]


@pytest.mark.parametrize("prompt", [TEXT, CHAT], ids=["completions", "chat"])
def test_constrained_output_gives_only_labels(
    address: str, prompt: str | tuple[Message, ...]
) -> None:
    labels = ("(A)", "(B)", "Not at all")
    hot = Sampling(temperature=2, max_tokens=16)
    (reply,) = ask(address, Request(prompt, hot, n=40, choices=labels, seed=1))
    assert len(reply.completions) == 40
    assert {"(A)", "(B)"} <= set(texts(reply)) <= set(labels)
    assert {draw.finish for draw in reply.completions} == {"stop"}


@pytest.mark.parametrize(("prompt", "labels"), LABELLED)
def test_label_probabilities_are_the_models(
    address: str, reference: Reference, prompt: str | tuple[Message, ...], labels: tuple[str, ...]
) -> None:
    (reply,) = ask(address, Request(prompt, LIKELIEST, choices=labels, logprobs=True))
    assert reply.completions == ()
    assert_shares(reply, reference.shares(prompt, labels))


def test_a_label_that_begins_another_excludes_the_longer_ones_probability(
    address: str, reference: Reference
) -> None:
    prompt = TEXT + " 1\nAnswer:"
    firsts = (reference.piece("1")[0], reference.piece(" 1")[0])
    one, zero = reference.piece("10")
    either = sum(reference.chance(prompt, first) for first in firsts)
    ten = sum(reference.chance(prompt, first, zero) for first in firsts)
    eleven = sum(reference.chance(prompt, first, one) for first in firsts)
    (reply,) = ask(address, Request(prompt, LIKELIEST, choices=("1", "10"), logprobs=True))
    assert_shares(reply, [either - ten - eleven, ten])


def test_log_probabilities_ignore_the_temperature(address: str, reference: Reference) -> None:
    cold = Sampling(temperature=0.3, max_tokens=1)
    (reply,) = ask(address, Request(TEXT, cold, n=20, want_logprobs=True))
    own = reference.next(reference.read(TEXT))
    for draw in reply.completions:
        (token,) = reference.piece(draw.text) or [END]
        assert draw.tokens == 1
        assert draw.logprob == pytest.approx(own[token], abs=1e-3)
    assert len({draw.text for draw in reply.completions}) > 1


def test_a_scored_text_has_the_models_log_probability(address: str, reference: Reference) -> None:
    (reply,) = ask(address, Request(TEXT, LIKELIEST, score_text=STORY))
    tokens, logprob = reference.score(TEXT, STORY)
    assert [(draw.text, draw.tokens) for draw in reply.completions] == [(STORY, tokens)]
    assert reply.completions[0].logprob == pytest.approx(logprob, abs=1e-3)
    assert reply.prompt_tokens == len(reference.read(TEXT + STORY))


def test_a_completion_scores_as_it_was_sampled(address: str) -> None:
    (written,) = ask(address, Request(TEXT, LIKELIEST, want_logprobs=True))
    (told,) = ask(address, Request(TEXT, LIKELIEST, score_text=written.completions[0].text))
    assert told.completions[0].tokens == written.completions[0].tokens
    assert told.completions[0].logprob == pytest.approx(written.completions[0].logprob, abs=1e-3)


def test_log_probabilities_of_text_parts_add_up(address: str) -> None:
    first, second = STORY[:24], STORY[24:]
    whole, one, other, alone = ask(
        address,
        Request(TEXT, LIKELIEST, score_text=STORY),
        Request(TEXT, LIKELIEST, score_text=first),
        Request(TEXT + first, LIKELIEST, score_text=second),
        Request("", LIKELIEST, score_text=STORY),
    )
    parts = [float(reply.completions[0].logprob or 0) for reply in (one, other)]
    assert whole.completions[0].logprob == pytest.approx(sum(parts), abs=1e-3)
    assert alone.completions[0].tokens == whole.completions[0].tokens


def test_a_text_longer_than_the_window_is_refused_with_the_figures(address: str) -> None:
    with pytest.raises(RefusedError) as caught:
        ask(address, Request(TEXT, LIKELIEST, score_text=" A" * WINDOW))
    assert str(WINDOW) in str(caught.value)


def test_a_prompt_longer_than_the_window_is_refused_with_the_figures(address: str) -> None:
    with pytest.raises(ModelError) as caught:
        ask(address, Request("A " * WINDOW, SHORT))
    assert not isinstance(caught.value, EndpointError)
    assert str(WINDOW) in str(caught.value)


def test_a_refused_prompt_does_not_affect_others(address: str) -> None:
    async def both() -> list[Reply | BaseException]:
        identity = ModelIdentity(name="served", provider="openai", api="completions", model=MODEL)
        provider = open_model(identity, Endpoint(base_url=address, key_env="VLLM_KEY"), Usage())
        await provider.open()
        try:
            asked = (Request("A " * WINDOW, SHORT), Request(TEXT, SHORT))
            return await asyncio.gather(*map(provider.sample, asked), return_exceptions=True)
        finally:
            await provider.close()

    refused, answered = asyncio.run(both())
    assert isinstance(refused, ModelError)
    assert isinstance(answered, Reply)

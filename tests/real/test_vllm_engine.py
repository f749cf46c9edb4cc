"""The provider `vllm`: the engine in this process, held to the figures the server is held to."""

import asyncio
import multiprocessing
import os
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from anthology.config.model import Endpoint, Sampling
from anthology.config.model_identity import ModelIdentity
from anthology.errors import ConfigurationError, EndpointError, ModelError, RefusedError
from anthology.models.base import Completion, Message, Reply, Request
from anthology.models.usage import Usage
from anthology.providers.vllm import Engine, open_model
from tests.support.tiny_model import CHAT, END, LABELLED, STORY, TEXT, WINDOW, Reference
from tests.support.vllm_server import ENVIRONMENT, FOLDER, MODEL, OPTIONS, WITHOUT, installed

RUNNING = pytest.mark.skipif(
    not installed() or find_spec("vllm") is None,
    reason=f"{WITHOUT}, and run the tests by its venv/bin/python",
)

SHORT = Sampling(max_tokens=8)
LIKELIEST = Sampling(temperature=0, max_tokens=8)


def declared(
    model: Path = FOLDER / MODEL,
    api: Any = "completions",
    engine: dict[str, Any] | None = None,
    endpoint: dict[str, Any] | None = None,
    **identity: Any,
) -> Engine:
    named = ModelIdentity(
        name="tiny",
        provider="vllm",
        api=api,
        model=str(model),
        engine=OPTIONS if engine is None else engine,
        **identity,
    )
    provider = open_model(named, Endpoint(engine=endpoint or {}), Usage())
    assert isinstance(provider, Engine)
    return provider


class Running:
    """An engine, which texts and chats share here, and the loop that it runs in."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self._chats = declared(api="chat", endpoint={"max_num_seqs": 64})
        self._runner.run(self._chats.open())
        self._texts = declared()
        self._texts._engine = self._chats._engine

    def ask(self, *requests: Request) -> list[Reply]:
        async def asked() -> list[Reply]:
            return await asyncio.gather(
                *(
                    (self._texts if isinstance(request.prompt, str) else self._chats).sample(
                        request
                    )
                    for request in requests
                )
            )

        return self._runner.run(asked())

    def close(self) -> None:
        self._runner.run(self._chats.close())
        self._runner.close()


@pytest.fixture(scope="module")
def engine() -> Iterator[Running]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        running = Running()
        yield running
        running.close()


@pytest.fixture(scope="module")
def reference() -> Iterator[Reference]:
    told = Reference(FOLDER)
    yield told
    told.close()


def texts(reply: Reply) -> list[str]:
    return [draw.text for draw in reply.completions]


def test_request_fields_are_refused_for_an_engine() -> None:
    with pytest.raises(EndpointError, match="`body` sets top_k"):
        declared(body={"top_k": 5})


def test_an_engine_option_given_twice_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="dtype stands both in"):
        declared(endpoint={"dtype": "float32"})


@pytest.mark.skipif(find_spec("vllm") is not None, reason="vLLM is installed")
def test_without_vllm_the_error_says_how_to_install_it() -> None:
    with pytest.raises(EndpointError, match=r"pip install '\.\[vllm\]'"):
        asyncio.run(declared().open())


@RUNNING
def test_an_unknown_engine_option_names_the_nearest() -> None:
    with pytest.raises(EndpointError, match='did you mean "tensor_parallel_size"'):
        asyncio.run(declared(endpoint={"tensor_paralel_size": 2}).open())


@RUNNING
def test_the_model_name_is_not_an_engine_option() -> None:
    with pytest.raises(EndpointError, match="`model` stands beside `engine`"):
        asyncio.run(declared(engine={"model": "another"}).open())


@RUNNING
def test_a_missing_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(EndpointError, match=r"could not start with .*/nothing"):
        asyncio.run(declared(model=tmp_path / "nothing").open())


@RUNNING
def test_a_base_model_is_refused_for_chats(tmp_path: Path) -> None:
    model = tmp_path / "base"
    shutil.copytree(FOLDER / MODEL, model)
    (model / "chat_template.jinja").unlink()
    provider = declared(model=model, api="chat")

    async def opened() -> None:
        try:
            await provider.open()
        finally:
            await provider.close()

    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        with pytest.raises(EndpointError, match="has no chat template"):
            asyncio.run(opened())


@RUNNING
@pytest.mark.parametrize("prompt", [TEXT, CHAT], ids=["completions", "chat"])
def test_the_greedy_completion_is_the_models(
    engine: Running, reference: Reference, prompt: str | tuple[Message, ...]
) -> None:
    (reply,) = engine.ask(Request(prompt, LIKELIEST, want_logprobs=True))
    text, logprob = reference.greedy(prompt, 8)
    assert reply.completions == (Completion(text, "length", 8, reply.completions[0].logprob),)
    assert reply.completions[0].logprob == pytest.approx(logprob, abs=1e-3)
    assert reply.prompt_tokens == len(reference.read(prompt))
    assert reply.completion_tokens == 8


@RUNNING
def test_greedy_completions_are_generated_once(engine: Running) -> None:
    one, many = engine.ask(Request(TEXT, LIKELIEST), Request(TEXT, LIKELIEST, n=5))
    assert many.completions == one.completions * 5
    assert many.completion_tokens == one.completion_tokens


@RUNNING
def test_forty_samples_differ(engine: Running) -> None:
    (reply,) = engine.ask(Request(TEXT, SHORT, n=40, seed=3))
    assert len(reply.completions) == 40
    assert len(set(texts(reply))) > 30
    assert reply.completions[0].logprob is None


@RUNNING
def test_equal_seeds_sample_alike_and_others_do_not(engine: Running) -> None:
    seeds = (2**40 + 7, 2**40 + 7, 8_000)
    first, again, other = engine.ask(*(Request(TEXT, SHORT, n=3, seed=s) for s in seeds))
    assert texts(first) == texts(again)
    assert not set(texts(first)) & set(texts(other))


@RUNNING
def test_a_completion_ends_before_a_stop_sequence(engine: Running) -> None:
    (whole,) = texts(engine.ask(Request(TEXT, LIKELIEST))[0])
    stop = whole[4:6]
    (reply,) = engine.ask(Request(TEXT, LIKELIEST, stop=(stop,)))
    assert [(draw.text, draw.finish) for draw in reply.completions] == [
        (whole.split(stop)[0], "stop")
    ]


@RUNNING
@pytest.mark.parametrize("prompt", [TEXT, CHAT], ids=["completions", "chat"])
def test_constrained_output_gives_only_labels(
    engine: Running, prompt: str | tuple[Message, ...]
) -> None:
    labels = ("(A)", "(B)", "Not at all")
    hot = Sampling(temperature=2, max_tokens=16)
    (reply,) = engine.ask(Request(prompt, hot, n=40, choices=labels, seed=1))
    assert len(reply.completions) == 40
    assert {"(A)", "(B)"} <= set(texts(reply)) <= set(labels)
    assert {draw.finish for draw in reply.completions} == {"stop"}


@RUNNING
@pytest.mark.parametrize(("prompt", "labels"), LABELLED)
def test_label_probabilities_are_the_models(
    engine: Running,
    reference: Reference,
    prompt: str | tuple[Message, ...],
    labels: tuple[str, ...],
) -> None:
    (reply,) = engine.ask(Request(prompt, LIKELIEST, choices=labels, logprobs=True))
    assert reply.completions == ()
    assert reply.label_probs is not None
    unseen, expected = reply.label_probs.unseen, reference.shares(prompt, labels)
    assert 10 * unseen < sum(expected)
    for told, computed in zip(reply.label_probs.probs, expected, strict=True):
        assert computed - unseen - 1e-5 <= told <= computed + 1e-5


@RUNNING
def test_log_probabilities_ignore_the_temperature(engine: Running, reference: Reference) -> None:
    cold = Sampling(temperature=0.3, max_tokens=1)
    (reply,) = engine.ask(Request(TEXT, cold, n=20, want_logprobs=True))
    own = reference.next(reference.read(TEXT))
    for draw in reply.completions:
        (token,) = reference.piece(draw.text) or [END]
        assert draw.tokens == 1
        assert draw.logprob == pytest.approx(own[token], abs=1e-3)
    assert len({draw.text for draw in reply.completions}) > 1


@RUNNING
def test_a_scored_text_has_the_models_log_probability(
    engine: Running, reference: Reference
) -> None:
    first, second = STORY[:24], STORY[24:]
    whole, one, other, alone = engine.ask(
        Request(TEXT, LIKELIEST, score_text=STORY),
        Request(TEXT, LIKELIEST, score_text=first),
        Request(TEXT + first, LIKELIEST, score_text=second),
        Request("", LIKELIEST, score_text=STORY),
    )
    tokens, logprob = reference.score(TEXT, STORY)
    assert [(draw.text, draw.tokens) for draw in whole.completions] == [(STORY, tokens)]
    assert whole.completions[0].logprob == pytest.approx(logprob, abs=1e-3)
    parts = [float(reply.completions[0].logprob or 0) for reply in (one, other)]
    assert sum(parts) == pytest.approx(logprob, abs=1e-3)
    assert alone.completions[0].tokens == tokens


@RUNNING
def test_a_text_longer_than_the_window_is_refused_and_its_neighbour_scored(
    engine: Running,
) -> None:
    with pytest.raises(RefusedError, match=r"8,192"):
        engine.ask(Request(TEXT, LIKELIEST, score_text=" A" * WINDOW))
    assert len(engine.ask(Request(TEXT, LIKELIEST, score_text=STORY))[0].completions) == 1


@RUNNING
def test_a_prompt_longer_than_the_window_is_refused_with_the_figures(engine: Running) -> None:
    with pytest.raises(ModelError, match=r"^model tiny: the prompt has 8,194 .* 8,192") as caught:
        engine.ask(Request("A " * WINDOW, SHORT))
    assert not isinstance(caught.value, EndpointError)
    assert len(engine.ask(Request(TEXT, SHORT))[0].completions) == 1


@RUNNING
def test_a_request_that_the_engine_refuses_says_why(engine: Running) -> None:
    with pytest.raises(ModelError, match=r"vLLM refused the request: .*16384") as caught:
        engine.ask(Request(TEXT, SHORT, n=20_000))
    assert not isinstance(caught.value, EndpointError)


@RUNNING
def test_a_dead_engine_is_reported_to_every_request(engine: Running) -> None:
    # The last test of this file, since nothing can be asked after it.
    waiting = Request(TEXT, Sampling(max_tokens=4_000), n=8)
    for child in multiprocessing.active_children():
        assert child.pid is not None
        os.kill(child.pid, 9)
    for _ in range(2):
        with pytest.raises(EndpointError, match="engine has died"):
            engine.ask(waiting, waiting)

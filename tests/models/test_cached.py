"""The cache in front of a model."""

import asyncio
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anthology.config.model import Endpoint, ModelSpec, Price, Sampling
from anthology.config.model_identity import ModelIdentity
from anthology.errors import ModelError
from anthology.journal.journal import Journal
from anthology.models.base import Completion, LabelProbs, Message, Reply, Request
from anthology.models.cached import CachedModel, decode_reply, encode_reply, request_key_parts
from anthology.models.usage import Usage

IDENTITY = ModelIdentity(name="toy", provider="openai", api="completions", model="toy-1")
REQUEST = Request("Tell me.", Sampling(), n=4, seed=7)


class Counting:
    """Answers with the seed and the number of the draw, and remembers what it was asked."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.served, self.version = "toy-1", cast("str | None", None)

    async def open(self) -> None:
        """There is nothing to open."""

    async def sample(self, request: Request) -> Reply:
        self.requests.append(request)
        draws = tuple(Completion(f"{request.seed}/{i}") for i in range(request.n))
        return Reply(draws, None, 100, 10 * request.n)


class Desk:
    """One run: a journal in a folder, a model, and what they counted."""

    def __init__(
        self,
        folder: Path,
        *,
        identity: ModelIdentity = IDENTITY,
        draws: int = 128,
        endpoint: Endpoint | None = None,
        version: str | None = None,
    ) -> None:
        self.meter, self.asked, self.journal = Usage(), Counting(), Journal(folder)
        spec = ModelSpec(
            provider="openai",
            price=Price(prompt=2.0, completion=4.0),
            endpoint=endpoint or Endpoint(max_n=draws),
        )
        self.asked.version = version
        self.model = CachedModel(self.asked, identity, spec, self.journal, self.meter)

    def texts(self, request: Request) -> list[str]:
        return [draw.text for draw in asyncio.run(self.model.sample(request)).completions]

    def end(self) -> None:
        self.journal.close()


def test_a_cached_answer_is_not_requested_again(tmp_path: Path) -> None:
    first = Desk(tmp_path)
    answers = first.texts(REQUEST)
    assert first.texts(REQUEST) == answers
    first.end()
    second = Desk(tmp_path)
    assert second.texts(REQUEST) == answers
    assert second.asked.requests == []
    assert (second.meter.hits, second.meter.requests) == (1, 0)


def test_another_request_is_another_answer(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    others = [
        replace(REQUEST, prompt="Tell me!"),
        replace(REQUEST, prompt=(Message("user", "Tell me."),)),
        replace(REQUEST, sampling=Sampling(temperature=0.5)),
        replace(REQUEST, sampling=Sampling(top_p=0.5)),
        replace(REQUEST, sampling=Sampling(max_tokens=5)),
        replace(REQUEST, stop=("\n",)),
        replace(REQUEST, choices=("a", "b")),
        replace(REQUEST, want_logprobs=True),
        replace(REQUEST, seed=8),
    ]
    for request in [REQUEST, *others]:
        desk.texts(request)
    assert len(desk.asked.requests) == 1 + len(others)


def test_another_model_is_another_answer_and_another_address_is_not(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.texts(REQUEST)
    desk.end()
    changes: list[tuple[dict[str, Any], int]] = [
        ({"name": "renamed"}, 0),
        ({"model": "toy-2"}, 1),
        ({"revision": "abc"}, 1),
        ({"body": {"min_p": 0.1}}, 1),
        ({"provider": "vllm"}, 1),
    ]
    for change, asked in changes:
        other = Desk(tmp_path, identity=IDENTITY.model_copy(update=change))
        other.texts(REQUEST)
        other.end()
        assert len(other.asked.requests) == asked, change


def test_probabilities_are_asked_again_where_more_of_them_can_be_seen(tmp_path: Path) -> None:
    weighed = Request("Which?", Sampling(), choices=("a", "b"), logprobs=True)
    asked = []
    for endpoint in (
        Endpoint(top_logprobs=5),
        Endpoint(top_logprobs=20),
        Endpoint(label_logprobs=True),
    ):
        for _ in range(2):
            desk = Desk(tmp_path, endpoint=endpoint)
            asyncio.run(desk.model.sample(weighed))
            asked.append(len(desk.asked.requests))
            desk.end()
    assert asked == [1, 0] * 3


def test_more_draws_ask_only_for_those_that_are_missing(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    four = desk.texts(REQUEST)
    ten = desk.texts(replace(REQUEST, n=10))
    assert ten[:4] == four
    assert [request.n for request in desk.asked.requests] == [4, 6]
    assert len(set(ten)) == 10
    assert desk.texts(replace(REQUEST, n=7)) == ten[:7]
    assert len(desk.asked.requests) == 2


def test_draws_come_in_as_many_requests_as_the_endpoint_needs(tmp_path: Path) -> None:
    desk = Desk(tmp_path, draws=3)
    answers = desk.texts(replace(REQUEST, n=8))
    assert [request.n for request in desk.asked.requests] == [3, 3, 2]
    assert len(set(answers)) == 8
    desk.end()
    assert Desk(tmp_path, draws=1).texts(replace(REQUEST, n=8)) == answers


def test_a_run_that_was_cut_off_between_requests_goes_on_there(tmp_path: Path) -> None:
    whole = Desk(tmp_path / "whole", draws=3)
    expected = whole.texts(replace(REQUEST, n=8))
    cut = Desk(tmp_path / "cut", draws=3)
    cut.texts(replace(REQUEST, n=3))
    cut.end()
    again = Desk(tmp_path / "cut", draws=3)
    assert again.texts(replace(REQUEST, n=8)) == expected
    assert len(again.asked.requests) == 2


def test_of_two_writers_of_the_same_key_the_first_counts(tmp_path: Path) -> None:
    one, two = Desk(tmp_path), Desk(tmp_path)
    answers = one.texts(REQUEST)
    two.texts(REQUEST)
    one.end()
    two.end()
    third = Desk(tmp_path)
    assert third.texts(REQUEST) == answers
    assert len(set(third.texts(replace(REQUEST, n=6)))) == 6
    assert [request.n for request in third.asked.requests] == [2]


def test_answers_of_a_concurrent_run_are_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("anthology.journal.journal._APART", 0.0)
    one, two = Desk(tmp_path), Desk(tmp_path)
    answers = one.texts(REQUEST)
    assert two.texts(REQUEST) == answers
    assert (two.asked.requests, two.meter.hits) == ([], 1)
    six = two.texts(replace(REQUEST, n=6))
    assert one.texts(replace(REQUEST, n=6)) == six
    assert [request.n for request in two.asked.requests] == [2]


def test_blocks_of_two_writers_are_used_as_far_as_they_go(tmp_path: Path) -> None:
    one, two = Desk(tmp_path), Desk(tmp_path)
    one.texts(REQUEST)
    two.texts(replace(REQUEST, n=10))
    one.end()
    two.end()
    third = Desk(tmp_path)
    assert len(third.texts(replace(REQUEST, n=10))) == 10
    assert third.asked.requests == []


def test_equal_requests_at_once_are_asked_once(tmp_path: Path) -> None:
    desk = Desk(tmp_path)

    async def many() -> list[Reply]:
        return await asyncio.gather(*(desk.model.sample(REQUEST) for _ in range(20)))

    replies = asyncio.run(many())
    assert len(desk.asked.requests) == 1
    assert len({reply.completions for reply in replies}) == 1
    assert (desk.meter.requests, desk.meter.hits) == (1, 19)


def test_a_failure_is_not_shared_with_those_who_ask_the_same(tmp_path: Path) -> None:
    class Once(Counting):
        async def sample(self, request: Request) -> Reply:
            reply = await super().sample(request)
            await asyncio.sleep(0)
            if len(self.requests) == 1:
                raise ModelError("not this time")
            return reply

    desk = Desk(tmp_path)
    desk.model._model = Once()

    async def two() -> list[Reply | BaseException]:
        both = (desk.model.sample(REQUEST) for _ in range(2))
        return await asyncio.gather(*both, return_exceptions=True)

    first, second = asyncio.run(two())
    assert isinstance(first, ModelError)
    assert isinstance(second, Reply)


def test_the_key_holds_how_output_is_constrained(tmp_path: Path) -> None:
    held = replace(REQUEST, choices=("a", "b"))
    for way in ("structured_outputs", "json_schema"):
        desk = Desk(tmp_path, endpoint=Endpoint(constrained_output=way))
        desk.texts(held)
        desk.end()
        assert len(desk.asked.requests) == 1


def test_keys_do_not_change_between_versions() -> None:
    assert IDENTITY.fingerprint() == "5881557ec14e8faa"
    assert blake2b(request_key_parts(REQUEST), digest_size=8).hexdigest() == "4da746ad3937345a"


def test_seeds_are_no_part_of_the_key_without_sampling() -> None:
    greedy = replace(REQUEST, sampling=Sampling(temperature=0))
    weighed = replace(REQUEST, choices=("a", "b"), logprobs=True)
    for request in (greedy, weighed):
        assert request_key_parts(request) == request_key_parts(replace(request, seed=8))
    assert request_key_parts(REQUEST) != request_key_parts(replace(REQUEST, seed=8))


def test_a_wrong_number_of_draws_is_neither_used_nor_kept(tmp_path: Path) -> None:
    class Short(Counting):
        async def sample(self, request: Request) -> Reply:
            return Reply((await super().sample(request)).completions[:-1])

    desk = Desk(tmp_path)
    desk.model._model = Short()
    with pytest.raises(ModelError, match="gave 3 completions, 4 were asked for"):
        desk.texts(REQUEST)
    desk.end()
    assert Desk(tmp_path).journal.entries == 0


def test_tokens_and_money_are_counted_once(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.texts(REQUEST)
    desk.texts(REQUEST)
    assert (desk.meter.prompt_tokens, desk.meter.completion_tokens) == (100, 40)
    assert desk.meter.dollars == pytest.approx(100 * 2e-6 + 40 * 4e-6)
    assert desk.meter.earlier_dollars == 0


def test_what_answers_from_the_journal_had_taken_is_counted_once_and_apart(tmp_path: Path) -> None:
    first = Desk(tmp_path)
    first.texts(REQUEST)
    first.end()
    second = Desk(tmp_path)
    second.texts(REQUEST)
    second.texts(replace(REQUEST, n=6))
    second.texts(replace(REQUEST, n=6))
    counted = second.meter
    assert (counted.earlier_prompt_tokens, counted.earlier_completion_tokens) == (100, 40)
    assert (counted.prompt_tokens, counted.completion_tokens) == (100, 20)
    assert counted.earlier_dollars == pytest.approx(100 * 2e-6 + 40 * 4e-6)
    second.end()
    third = Desk(tmp_path)
    third.texts(replace(REQUEST, n=6))
    assert (third.meter.earlier_prompt_tokens, third.meter.dollars) == (200, 0)
    assert third.meter.earlier_dollars == pytest.approx(counted.dollars + counted.earlier_dollars)


def test_probabilities_are_counted_once_too(tmp_path: Path) -> None:
    weighed = Request("Which?", Sampling(), choices=("a", "b"), logprobs=True)
    counted = []
    for _ in range(2):
        desk = Desk(tmp_path)
        for _ in range(2):
            asyncio.run(desk.model.sample(weighed))
        counted.append((desk.meter.prompt_tokens, desk.meter.earlier_prompt_tokens))
        desk.end()
    assert counted == [(100, 0), (0, 100)]


def test_the_version_that_answered_is_kept_with_its_answer(tmp_path: Path) -> None:
    first = Desk(tmp_path, version="vllm 0.32.0")
    first.texts(REQUEST)
    first.end()
    second = Desk(tmp_path, version="vllm 0.33.0")
    second.texts(REQUEST)
    assert list(second.model.versions) == ["vllm 0.32.0"]


def test_an_answer_that_was_kept_without_a_version_is_found() -> None:
    entry = b'{"first":0,"draws":[["yes","stop",1,null]],"tokens":[7,1]}'
    assert decode_reply(entry) == (0, Reply((Completion("yes", "stop", 1),), None, 7, 1))


@given(
    st.lists(
        st.tuples(
            st.text(),
            st.sampled_from(["stop", "length"]),
            st.integers(0, 10**6),
            st.none() | st.floats(-1e6, 0),
        )
    ),
    st.none() | st.lists(st.floats(0, 1), min_size=1),
    st.integers(0, 10**6),
    st.none() | st.text(min_size=1),
)
def test_a_reply_survives_being_written_down(
    draws: list[tuple[str, str, int, float | None]],
    shares: list[float] | None,
    first: int,
    version: str | None,
) -> None:
    reply = Reply(
        tuple(Completion(*draw) for draw in draws),  # type: ignore[arg-type]
        None if shares is None else LabelProbs(tuple(shares), 0.25),
        12,
        34,
        version,
    )
    assert decode_reply(encode_reply(reply, first, version)) == (first, reply)
    assert b"\n" not in encode_reply(reply, first, version)

"""The asking of one stage: its models, its journal, its end."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest
import yaml

from anthology.config.model import Sampling
from anthology.config.model_identity import ModelIdentity
from anthology.errors import ConfigurationError, EndpointError, ModelError
from anthology.journal.journal import JournalError
from anthology.journal.prune import overview
from anthology.models.base import Request
from anthology.models.session import ModelSession
from anthology.models.usage import ModelUsage
from tests.support.fake_server.requests import Serving
from tests.support.fake_server.server import serving

R = TypeVar("R")

TOY = ModelIdentity(name="toy", provider="openai", api="completions", model="toy")
CHAT = ModelIdentity(name="toy-chat", provider="openai", api="chat", model="toy-chat")
ANY = ModelIdentity(name="any", provider="openai", api="completions")
FREE = ModelIdentity(name="free", provider="simulated", api="completions")
STORY = "Question: Tell me about yourself.\nAnswer:"


def declared(folder: Path, identity: ModelIdentity, url: str = "", **endpoint: object) -> None:
    folder.mkdir(exist_ok=True)
    known = identity.model_dump(exclude={"name"})
    if url:
        known["endpoint"] = {"base_url": url, **endpoint}
    (folder / f"{identity.name}.yaml").write_text(yaml.safe_dump(known))


def session(folder: Path, max_concurrency: int = 4) -> ModelSession:
    return ModelSession(
        models=folder / "models", journal=folder / "journal", max_concurrency=max_concurrency
    )


def tell(work: ModelSession, identity: ModelIdentity, people: int = 6) -> list[str]:
    """Have some stories told by a model."""
    model = work.model(identity)

    async def story(seed: int) -> str:
        request = Request(STORY, Sampling(max_tokens=40), seed=seed)
        return (await model.sample(request)).completions[0].text

    return held(work, story, people)


def held(work: ModelSession, do: Callable[[int], Awaitable[R]], people: int) -> list[R]:
    """Return what a session gets of so many people."""
    kept: list[R] = []
    work.run(
        do,
        range(people),
        lambda _, result: kept.append(result),
        total=people,
        label="stories",
        name=lambda n: f"person {n}",
    )
    return kept


def test_answers_are_kept_and_the_log_says_what_asking_took(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(Serving()) as server:
        declared(tmp_path / "models", TOY, server.url)
        first = tell(session(tmp_path), TOY)
        assert "6 requests answered by models, 0 sent again, 0 from the journal" in (
            capsys.readouterr().err
        )
        assert tell(session(tmp_path), TOY) == first
        assert "6 from the journal (100%)" in capsys.readouterr().err
        assert server.counts.requests.total() == 6
    total = overview(tmp_path / "journal").total
    assert (total.sent["stories"], total.hits["stories"]) == (6, 6)


def test_a_stage_that_was_cut_off_costs_what_all_its_runs_have(tmp_path: Path) -> None:
    def counted(people: int) -> ModelUsage:
        work = session(tmp_path)
        tell(work, TOY, people)
        (asked,) = work.asked()
        return asked

    def whole(asked: ModelUsage) -> tuple[int, int, float]:
        m = asked.meter
        return (
            m.prompt_tokens + m.earlier_prompt_tokens,
            m.completion_tokens + m.earlier_completion_tokens,
            round(m.dollars + m.earlier_dollars, 12),
        )

    with serving(Serving()) as server:
        declared(tmp_path / "models", TOY, server.url)
        model = tmp_path / "models/toy.yaml"
        model.write_text(model.read_text() + "price: {prompt: 1, completion: 4}\n")
        cut, retried, again = counted(3), counted(6), counted(6)
        assert server.counts.requests.total() == 6
    assert retried.meter.earlier_dollars == pytest.approx(cut.meter.dollars)
    assert retried.meter.dollars > 0
    assert whole(again) == whole(retried)
    assert again.meter.dollars == 0
    assert again.version == retried.version == cut.version == "toy (fp_toy)"


def test_models_that_cost_nothing_leave_no_journal(tmp_path: Path) -> None:
    declared(tmp_path / "models", FREE)
    assert len(set(tell(session(tmp_path), FREE))) == 6
    assert not (tmp_path / "journal").exists()


def test_all_models_of_a_stage_are_opened_before_the_first_request(tmp_path: Path) -> None:
    with serving(Serving(models={"toy": "completions"})) as server:
        declared(tmp_path / "models", TOY, server.url)
        declared(tmp_path / "models", CHAT, server.url)
        work = session(tmp_path)
        work.model(CHAT)
        with pytest.raises(EndpointError, match="'toy-chat' is not served here"):
            tell(work, TOY)
        assert server.counts.requests.total() == 0


def test_a_model_may_be_whatever_a_server_offers(tmp_path: Path) -> None:
    with serving(Serving(models={"found": "completions"})) as server:
        declared(tmp_path / "models", ANY, server.url)
        work = session(tmp_path)
        first = tell(work, ANY)
        assert work.source(ANY) == "any (found)"
        assert tell(session(tmp_path), ANY) == first
        assert server.counts.requests.total() == 6
    with serving(Serving(models={"another": "completions"})) as server:
        declared(tmp_path / "models", ANY, server.url)
        tell(session(tmp_path), ANY)
        assert server.counts.requests.total() == 6


def test_one_request_too_long_names_its_person_and_loses_no_other(tmp_path: Path) -> None:
    with serving(Serving(context=1000)) as server:
        declared(tmp_path / "models", TOY, server.url)
        work = session(tmp_path)
        model = work.model(TOY)

        async def story(seed: int) -> str:
            text = ("long " * 2000 if seed == 3 else "") + STORY
            request = Request(text, Sampling(max_tokens=40), seed=seed)
            return (await model.sample(request)).completions[0].text

        with pytest.raises(ModelError, match=r"1 of 6 failed: person 3: .*1000"):
            held(work, story, 6)
    assert overview(tmp_path / "journal").total.entries.total() == 5


@pytest.mark.parametrize(
    ("endpoint", "said"),
    [
        ({"key_env": "NO_SUCH_KEY"}, "NO_SUCH_KEY is not set"),
        ({"base_url": "http://127.0.0.1:9/v1"}, "no connection"),
        ({"base_url": "nonsense"}, "no address of a server"),
    ],
)
def test_an_unusable_endpoint_is_an_error_at_once(
    tmp_path: Path, endpoint: dict[str, object], said: str
) -> None:
    declared(tmp_path / "models", TOY, "http://127.0.0.1:9/v1", **endpoint)
    with pytest.raises(EndpointError, match=said):
        tell(session(tmp_path), TOY)
    assert not (tmp_path / "journal").exists()


def test_a_base_model_asked_through_chat_is_one_clear_error(tmp_path: Path) -> None:
    wrong = CHAT.model_copy(update={"model": "toy"})
    with serving(Serving()) as server:
        declared(tmp_path / "models", wrong, server.url)
        work = session(tmp_path)
        model = work.model(wrong)

        async def ask(seed: int) -> str:
            from anthology.models.base import Message

            request = Request((Message("user", "Who are you?"),), Sampling(), seed=seed)
            return (await model.sample(request)).completions[0].text

        with pytest.raises(ModelError, match="chat template"):
            held(work, ask, 500)
        assert server.counts.requests.total() < 100


def test_parameters_that_are_always_refused_end_the_stage_soon(tmp_path: Path) -> None:
    with serving(Serving(context=10)) as server:
        declared(tmp_path / "models", TOY, server.url)
        with pytest.raises(EndpointError, match="the first 20 requests were all refused"):
            tell(session(tmp_path), TOY, 500)
        assert server.counts.requests.total() < 60


def test_an_error_in_a_model_file_is_one_clear_error(tmp_path: Path) -> None:
    wrong = TOY.model_copy(update={"body": {"temperature": 0.3}})
    with serving(Serving()) as server:
        declared(tmp_path / "models", wrong, server.url)
        with pytest.raises(ConfigurationError, match='`body` sets "temperature"'):
            tell(session(tmp_path), wrong)


def test_a_full_disk_ends_the_stage_plainly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise JournalError("there is no room", where="the journal")

    with serving(Serving()) as server:
        declared(tmp_path / "models", TOY, server.url)
        work = session(tmp_path)
        tell(work, TOY, 3)
        again = session(tmp_path)
        monkeypatch.setattr("anthology.journal.journal.Journal.add", full)
        with pytest.raises(JournalError, match="there is no room"):
            tell(again, TOY, 50)
    assert overview(tmp_path / "journal").total.entries.total() == 3


def test_a_count_that_cannot_be_written_spoils_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise JournalError("there is no room", where="the journal")

    with serving(Serving()) as server:
        declared(tmp_path / "models", TOY, server.url)
        first = tell(session(tmp_path), TOY)
        monkeypatch.setattr("anthology.journal.journal.Journal.add_run", full)
        assert tell(session(tmp_path), TOY) == first


def test_two_runs_at_once_share_one_journal(tmp_path: Path) -> None:
    with serving(Serving(latency=0.01)) as server:
        declared(tmp_path / "models", TOY, server.url)

        def both() -> list[list[str]]:
            async def one() -> list[str]:
                return await asyncio.to_thread(tell, session(tmp_path), TOY, 30)

            async def gathered() -> list[list[str]]:
                return list(await asyncio.gather(one(), one()))

            return asyncio.run(gathered())

        first, second = both()
    assert first == second
    assert tell(session(tmp_path), TOY, 30) == first


def test_a_shard_without_work_names_its_model_as_the_others_do(tmp_path: Path) -> None:
    with serving(Serving(models={"found": "completions"})) as server:
        declared(tmp_path / "models", ANY, server.url)
        busy, idle = session(tmp_path), session(tmp_path)
        tell(busy, ANY)
        tell(idle, ANY, people=0)
    assert idle.source(ANY) == busy.source(ANY) == "any (found)"

"""How surprising stories are to models: figures, what is left out, and what is asked again."""

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from anthology.cli.main import main
from anthology.config.formats import Format
from anthology.config.model_identity import ModelIdentity
from anthology.errors import ConfigurationError, DataError, ModelError, RefusedError
from anthology.interview.transcript import Turn
from anthology.io.parquet import read_metadata, read_table, write_table
from anthology.models.base import Completion, Reply, Request
from anthology.models.session import ModelSession
from anthology.records import Record
from anthology.simulation.model import Simulated
from anthology.stages import perplexities, perplexity
from anthology.stages.perplexity import Settings
from anthology.stories.perplexity import _UNUSED, score_story
from anthology.stories.table import BACKSTORY_COLUMNS, join_answers
from anthology.study.study import load
from tests.support.fake_server.faults import Fault, Faults
from tests.support.fake_server.replies import toy_logprob
from tests.support.fake_server.requests import Serving
from tests.support.fake_server.server import Server, serving
from tests.support.project import ROOT, Project, merge
from tests.support.scripted_model import IDENTITY, ScriptedSession
from tests.support.token_model import pieces

LAYOUT = Format()
TOY = ModelIdentity(name="toy", provider="openai", api="completions", model="toy")
TABLE = "results/backstories/perplexity.parquet"
PART = "results/backstories/perplexity/simulated.parquet"
NATURAL = "results/backstories/natural.parquet"


@dataclass
class Scorer:
    """Gives the log-probabilities that a test says for the texts that it is given."""

    told: Mapping[str, tuple[int, float]]
    requests: list[Request] = field(default_factory=list)

    async def sample(self, request: Request) -> Reply:
        self.requests.append(request)
        if request.score_text not in self.told:
            raise RefusedError("the text is longer than 8 tokens", where="model scripted")
        tokens, logprob = self.told[request.score_text]
        return Reply((Completion(request.score_text, tokens=tokens, logprob=logprob),))


def stories_in(folder: Path, *stories: Sequence[str]) -> Path:
    """Write stories, each by its answers, and return the file."""
    path = folder / "natural.parquet"
    columns = {
        "backstory": range(len(stories)),
        "text": [join_answers(answers) for answers in stories],
        "answers": [list(answers) for answers in stories],
    }
    empty = dict.fromkeys(set(BACKSTORY_COLUMNS.names) - columns.keys(), [None] * len(stories))
    table = pa.Table.from_pydict({**columns, **empty}, schema=BACKSTORY_COLUMNS)
    write_table(path, table, stage="released", settings=Record(), metadata={"source": "mine.csv"})
    return path


def scored(
    folder: Path,
    session: ModelSession,
    *stories: Sequence[str],
    questions: Sequence[str] = ("Who are you?",),
    model: ModelIdentity = IDENTITY,
) -> list[dict[str, Any]]:
    """Run the stage, and return its rows."""
    output = folder / f"{model.name}.parquet"
    told = Settings(model=model, openings=list(questions), layout=LAYOUT)
    perplexity.run(told, backstories=stories_in(folder, *stories), output=output, session=session)
    rows: list[dict[str, Any]] = read_table(output).to_pylist()
    return rows


# The figures.


def test_three_tokens_of_one_half_each_have_a_perplexity_of_two(tmp_path: Path) -> None:
    model = Scorer({" I am Ann": (3, -3 * math.log(2))})
    (row,) = scored(tmp_path, ScriptedSession(model), ["I am Ann"])
    assert (row["model"], row["backstory"], row["tokens"]) == ("scripted", 0, 3)
    assert row["logprob"] == pytest.approx(-2.0794415416798357)
    assert row["perplexity"] == pytest.approx(2)
    assert row["bits_per_word"] == pytest.approx(1)
    assert read_metadata(tmp_path / "scripted.parquet") == {
        "source": "mine.csv",
        "perplexity": "simulated",
    }


def test_a_story_is_judged_behind_the_question_that_it_answers(tmp_path: Path) -> None:
    model = Scorer({" I am Ann": (3, -3.0)})
    scored(tmp_path, ScriptedSession(model), ["I am Ann"])
    assert [request.prompt for request in model.requests] == ["Question: Who are you?\nAnswer:"]


def test_an_interview_is_judged_answer_by_answer_and_added_up(tmp_path: Path) -> None:
    model = Scorer({" Ann.": (2, -3.0), " Home.": (3, -2.0)})
    session, questions = ScriptedSession(model), ("Who?", "Where?")
    (row,) = scored(tmp_path, session, ["Ann.", "Home."], questions=questions)
    assert [request.prompt for request in model.requests] == [
        "Question: Who?\nAnswer:",
        "Question: Who?\nAnswer: Ann.\n\nQuestion: Where?\nAnswer:",
    ]
    assert (row["tokens"], row["logprob"], row["bits_per_word"]) == (
        5, -5.0, pytest.approx(2.5 / math.log(2)),
    )  # fmt: skip
    assert row["perplexity"] == pytest.approx(math.e)


@given(st.lists(st.lists(st.sampled_from(["I", "am", "Ann,", "born"]), min_size=1), max_size=4))
def test_what_is_said_in_one_answer_or_goes_on_adds_up(words: list[list[str]]) -> None:
    """log p(ab) = log p(a) + log p(b | a), with the question in front."""
    model, texts = Simulated(), [" ".join(part) for part in words]
    whole = asyncio.run(score_story(model, (Turn("Who?", " ".join(["Well", *texts])),), LAYOUT))
    tokens, logprob, prompt = 0, 0.0, "Question: Who?\nAnswer:"
    for text in ("Well", *texts):
        request = Request(prompt, _UNUSED, score_text=f" {text}")
        (draw,) = asyncio.run(model.sample(request)).completions
        tokens, logprob = tokens + draw.tokens, logprob + (draw.logprob or 0)
        prompt += f" {text}"
    assert whole.tokens == tokens
    assert whole.logprob == pytest.approx(logprob)


# What a model does not take.


def test_a_story_that_is_too_long_is_named_and_moves_no_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = Scorer({" one": (1, -1.0), " two": (2, -4.0)})
    rows = scored(tmp_path, ScriptedSession(model), ["one"], ["far too long"], ["two"])
    assert [row["backstory"] for row in rows] == [0, 1, 2]
    assert [row["logprob"] for row in rows] == [-1.0, None, -4.0]
    assert rows[1]["tokens"] is rows[1]["perplexity"] is rows[1]["bits_per_word"] is None
    said = capsys.readouterr().err
    assert "backstory 1 has no perplexity: model scripted: the text is longer" in said
    assert "scripted        2          1  5.05    5.05            3.89            6.22" in said


def test_a_story_without_words_has_no_perplexity(tmp_path: Path) -> None:
    model = Scorer({" one": (1, -1.0)})
    rows = scored(tmp_path, ScriptedSession(model), [" "], ["one"])
    assert [row["logprob"] for row in rows] == [None, -1.0]


def test_a_model_that_takes_no_story_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"model scripted: took none of the 2 stories; .*longer"):
        scored(tmp_path, ScriptedSession(Scorer({})), ["one"], ["two"])
    assert not (tmp_path / "scripted.parquet").exists()


# Through a server.


class Desk:
    """A server's model, and the journal of what it answered."""

    def __init__(self, folder: Path, server: Server, **endpoint: Any) -> None:
        self.folder, self.server = folder, server
        told = {"base_url": server.url, "echo_logprobs": True, "retries": 1, **endpoint}
        spec = {"provider": "openai", "model": "toy", "endpoint": told}
        (folder / "toy.yaml").write_text(yaml.safe_dump(spec))

    def scored(self, *texts: str) -> list[dict[str, Any]]:
        session = ModelSession(
            models=self.folder, journal=self.folder / "journal", max_concurrency=4
        )
        return scored(self.folder, session, *([text] for text in texts), model=TOY)

    @property
    def sent(self) -> int:
        return self.server.counts.requests.total()


def test_a_second_run_sends_nothing_and_finds_the_same(tmp_path: Path) -> None:
    with serving(Serving()) as server:
        desk = Desk(tmp_path, server)
        first = desk.scored("I was born in Ohio.", "We were poor.")
        assert desk.sent == 2
        assert desk.scored("We were poor.", "I was born in Ohio.")[::-1] == [
            {**row, "backstory": 1 - row["backstory"]} for row in first
        ]
        assert desk.sent == 2
        desk.scored("We were poor.", "I was rich.")
        assert desk.sent == 3
    tokens = pieces(" I was born in Ohio.")
    assert first[0]["tokens"] == len(tokens)
    assert first[0]["logprob"] == pytest.approx(sum(map(toy_logprob, tokens)))


def test_a_run_that_broke_off_asks_only_for_the_rest(tmp_path: Path) -> None:
    texts = [f"I am number {n}." for n in range(12)]
    half = Faults(share=0.5, kinds=(Fault.ERROR,))
    with serving(Serving(), half) as server:
        desk = Desk(tmp_path, server, retries=0)
        with pytest.raises(ModelError, match="of 12 failed"):
            desk.scored(*texts)
        assert not (tmp_path / "toy.parquet").exists()
        kept = server.counts.answered.total()
        server.misbehave(Faults())
        rows = desk.scored(*texts)
        assert server.counts.again == 0
        assert server.counts.answered.total() == 12
    assert 0 < kept < 12
    assert all(row["logprob"] < 0 for row in rows)


# All models in one table.


def test_models_are_joined_in_the_order_of_the_configuration(tmp_path: Path) -> None:
    model = Scorer({" one": (1, -1.0), " two": (2, -4.0)})
    names = ("a", "b")
    for name in names:
        identity = IDENTITY.model_copy(update={"name": name})
        scored(tmp_path, ScriptedSession(model), ["one"], ["two"], model=identity)
    paths, output = [tmp_path / f"{name}.parquet" for name in names], tmp_path / "all.parquet"
    told = perplexities.Settings(models=["b", "a"])
    perplexities.run(told, perplexities=paths, output=output)
    table = read_table(output).to_pydict()
    assert table["model"] == ["b", "b", "a", "a"]
    assert table["backstory"] == [0, 1, 0, 1]
    with pytest.raises(DataError, match="those by b, c are wanted"):
        perplexities.run(
            perplexities.Settings(models=["b", "c"]), perplexities=paths, output=output
        )


# In the configuration.


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("gpt-4o-mini", "is a chat model"),
        ("simulated-chat", "is a chat model"),
        ("uniform", "gives no log-probabilities of texts"),
        ("local", "endpoint.echo_logprobs"),
        ("simulatd", 'did you mean "simulated"?'),
    ],
)
def test_a_model_that_cannot_is_found_before_anything_runs(model: str, said: str) -> None:
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    merge(config, {"backstories": {"perplexity": ["simulated", model]}})
    with pytest.raises(ConfigurationError, match=r"backstories\.perplexity\.1 = ") as caught:
        load(config, ROOT / "config")
    assert said in str(caught.value)
    if model != "simulatd":
        known = "Models that can: davinci-002, llama-3-70b, llama-3-8b, llama-3-8b-engine, mixtral"
        assert known in str(caught.value)


def test_a_plan_counts_the_stories_that_a_paid_model_judges(
    fresh: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    changes = {
        "surveys": ["w34"],
        "compare": ["greedy_story"],
        "backstories": {"natural": {"count": 3}, "perplexity": ["davinci-002"]},
    }
    fresh.configure(lambda config: merge(config, changes))
    file = str(fresh.path / "config/config.yaml")
    assert main(["plan", "--configfile", file, "--journal", str(fresh.path / "journal")]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    (line,) = [line for line in lines if line[:2] == ["perplexity", "davinci-002"]]
    assert line[2:5] == ["3", "0", "3"]
    assert 3 * 250 < int(line[5].replace(",", "")) < 3 * 2_000
    assert line[6] == "0"


@pytest.mark.slow
def test_every_story_gets_a_row_from_every_model_and_a_change_runs_what_it_must(
    project: Project,
) -> None:
    project.make(TABLE)
    table = read_table(project.path / TABLE).to_pydict()
    stories = read_table(project.path / NATURAL)["backstory"].to_pylist()
    assert table["backstory"] == stories
    assert set(table["model"]) == {"simulated"}
    for tokens, logprob, found in zip(
        table["tokens"], table["logprob"], table["perplexity"], strict=True
    ):
        assert found == pytest.approx(math.exp(-logprob / tokens))
    assert project.stale(TABLE) == set()
    for change, stale in (
        ({"questions": {"max_attempts": 7}, "metrics": {"splits": 50}}, set()),
        ({"traits": {"format": "interviewer"}}, {NATURAL, PART, TABLE}),
    ):
        project.configure(lambda config, change=change: merge(config, change))  # type: ignore[misc]
        assert project.stale(TABLE) == stale


def test_a_model_that_takes_no_story_in_any_part_is_an_error(tmp_path: Path) -> None:
    files = []
    for part in (1, 2):
        folder = tmp_path / str(part)
        folder.mkdir()
        scored(folder, ScriptedSession(Scorer({}), shard=f"{part}-of-2"), ["one"], ["two"])
        files.append(folder / "scripted.parquet")
    joining = ModelSession(models=tmp_path, journal=tmp_path, max_concurrency=1, shards=files)
    with pytest.raises(ModelError, match="took none of the 2 stories"):
        scored(tmp_path, joining, ["one"], ["two"])

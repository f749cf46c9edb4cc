"""Stories told in an interview, after a preamble, or by a chat model; and what becomes of them."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anthology.cli.main import main
from anthology.config.formats import Format
from anthology.config.model import Sampling
from anthology.config.prompts import PreamblePrompt, StoryPrompt
from anthology.errors import DataError
from anthology.interview.transcript import Turn, story_turns
from anthology.io.parquet import read_metadata, read_table, write_table
from anthology.io.yaml import read_record
from anthology.models.base import Message, Request
from anthology.stages.backstories import Settings, run
from anthology.stages.personas import Settings as PersonaSettings
from anthology.stages.personas import run as build
from anthology.stories.table import BACKSTORY_COLUMNS, join_answers
from anthology.stories.writer import StoryFilter
from tests.support.fake_server.requests import Serving
from tests.support.fake_server.server import serving
from tests.support.project import ROOT, Project, merge, new_project
from tests.support.scripted_model import CHAT, IDENTITY, ScriptedModel, ScriptedSession, prompt_text
from tests.support.served_study import KEY, VARIABLE, declare

NATURAL = "results/backstories/natural.parquet"
TRAITS = "results/traits/natural.parquet"
PERSONAS = "results/w34/personas/greedy_bio.parquet"
PROMPT = read_record(ROOT / "config/prompts/stories/interview.yaml", StoryPrompt)
CITIZEN = read_record(ROOT / "config/prompts/preambles/citizen.yaml", PreamblePrompt)
INTERVIEWED = {"backstories": {"natural": {"prompt": "interview", "preamble": "citizen"}}}


def settings(**changes: Any) -> Settings:
    base = {
        "seed": 1,
        "model": IDENTITY,
        "sampling": Sampling(max_tokens=600),
        "keep": StoryFilter(min_words=2, max_mentions={}, max_attempts=3),
        "critic": None,
        "critic_model": None,
        "count": 2,
        "questions": ["Tell me about yourself."],
        "preamble": None,
        "system": "",
        "layout": Format(),
    }
    return Settings.model_validate({**base, **changes})


def written(path: Path, answer: Callable[[str], str], **changes: Any) -> list[Request]:
    model = ScriptedModel(lambda request: [answer(prompt_text(request))])

    class Named(ScriptedSession):
        def source(self, identity: object) -> str:  # noqa: ARG002
            return "scripted"

    run(settings(**changes), output=path / "s.parquet", session=Named(model))
    return model.requests


def test_a_single_question_is_asked_in_the_words_it_always_was(tmp_path: Path) -> None:
    requests = written(tmp_path, lambda _: " I was born. ")
    assert requests[0] == Request(
        prompt="Question: Tell me about yourself.\nAnswer:",
        sampling=Sampling(max_tokens=600),
        stop=("\nQuestion:",),
        want_logprobs=True,
        seed=requests[0].seed,
    )
    table = read_table(tmp_path / "s.parquet")
    assert table.schema.names == BACKSTORY_COLUMNS.names
    assert table["text"].to_pylist() == ["I was born."] * 2
    assert table["answers"].to_pylist() == [["I was born."]] * 2


def test_a_chat_model_tells_its_story_in_a_chat_behind_its_part(tmp_path: Path) -> None:
    requests = written(
        tmp_path,
        lambda text: "Yes." if text.endswith("?") else f"Answer to: {text.rpartition(chr(10))[2]}",
        questions=["Who are you.", "And then."],
        preamble=CITIZEN,
        system="Speak as one person.",
        layout=None,
        model=CHAT,
        count=1,
    )
    assert requests[-1].prompt == (
        Message("system", "Speak as one person."),
        Message("user", CITIZEN.question),
        Message("assistant", "Yes."),
        Message("user", "Who are you."),
        Message("assistant", "Answer to: Who are you."),
        Message("user", "And then."),
    )
    assert not any(request.stop for request in requests)
    text = read_table(tmp_path / "s.parquet")["text"].to_pylist()
    assert text == ["Answer to: Who are you.\n\nAnswer to: And then."]


@given(st.lists(st.tuples(st.text(), st.text()), min_size=1))
def test_the_turns_of_a_story_are_its_questions_with_their_answers(
    said: list[tuple[str, str]],
) -> None:
    questions, answers = zip(*said, strict=True)
    assert story_turns(questions, answers) == tuple(Turn(*pair) for pair in said)
    assert story_turns(questions, [join_answers(answers)]) == (
        Turn(questions[0], join_answers(answers)),
    )


@pytest.mark.parametrize(("questions", "answers"), [(3, 2), (2, 3), (1, 2), (0, 1), (2, 0)])
def test_a_story_of_another_interview_is_refused(questions: int, answers: int) -> None:
    with pytest.raises(DataError, match=f"{answers} answers, and there are {questions} questions"):
        story_turns(["What?"] * questions, ["That."] * answers)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("system: Be somebody.", "either a question or the questions"),
        ("question: Who?\nquestions: [Who?]", "either a question or the questions"),
        ("questions: []", "either a question or the questions"),
        ("questions: [Who?, ' ']", "holds no word"),
        ("question: ''", "holds no word"),
    ],
)
def test_a_prompt_that_asks_nothing_is_told(
    fresh: Project, content: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (fresh.path / "config/prompts/stories/natural.yaml").write_text(content)
    assert main(["plan", "--configfile", str(fresh.path / "config/config.yaml")]) == 1
    error = capsys.readouterr().err
    assert "stories/natural.yaml" in error
    assert said in error


def test_a_preamble_that_no_file_has_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--config", "backstories={natural: {preamble: citizn}}"]) == 1
    error = capsys.readouterr().err
    assert "backstories.natural.preamble = 'citizn'" in error
    assert 'did you mean "citizen"?' in error


def asked(project: Project) -> list[list[str]]:
    """Return the questions of the story, and the question after it, of each persona."""
    turns = read_table(project.path / PERSONAS)["turns"].to_pylist()
    return [[turn["question"] for turn in persona] for persona in turns]


@pytest.fixture(scope="module")
def interviewed(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A small study of interviews that has come as far as personas; to be looked at."""
    project = new_project(tmp_path_factory.mktemp("interviews") / "study")
    project.configure(lambda config: merge(config, INTERVIEWED))
    project.make(PERSONAS)
    return project


@pytest.mark.slow
def test_stories_can_be_interviews_that_follow_a_preamble(interviewed: Project) -> None:
    table = read_table(interviewed.path / NATURAL).to_pylist()
    assert len(table) == 40
    for story in table:
        assert len(story["answers"]) == len(PROMPT.asked)
        assert story["text"] == "\n\n".join(story["answers"])
        assert len(story["text"].split()) >= 250
        assert CITIZEN.question not in story["text"]
    assert read_metadata(interviewed.path / NATURAL)["rejected"]["failed the preamble"] > 0
    assert "preamble" in (interviewed.path / "logs/backstories/natural.log").read_text()


@pytest.mark.slow
def test_personas_see_an_interview_as_what_was_said(interviewed: Project) -> None:
    stories = {row["backstory"]: row for row in read_table(interviewed.path / NATURAL).to_pylist()}
    personas = read_table(interviewed.path / PERSONAS).to_pylist()
    for persona in personas:
        *told, _ = persona["turns"]
        assert [turn["question"] for turn in told] == PROMPT.asked
        assert [turn["answer"] for turn in told] == stories[persona["backstory"]]["answers"]
    assert CITIZEN.question not in str(personas)


@pytest.mark.slow
def test_the_traits_of_interviews_are_found(interviewed: Project) -> None:
    table = read_table(interviewed.path / TRAITS)
    answered = [sum(counts) > 0 for counts in table["gender"].to_pylist()]
    assert sum(answered) > 30
    assert sum(table["age:stated"].to_pylist()) > 5


@pytest.mark.slow
def test_a_preamble_makes_natural_stories_again_and_no_others(project: Project) -> None:
    project.configure(
        lambda config: merge(config, {"backstories": {"natural": {"preamble": "citizen"}}})
    )
    stale = project.stale()
    assert {NATURAL, TRAITS, PERSONAS} <= stale
    assert not any("primed" in file for file in stale)
    assert "results/w34/personas/qa.parquet" not in stale


@pytest.mark.slow
def test_further_questions_leave_primed_stories_alone_but_for_the_first(project: Project) -> None:
    natural = project.path / "config/prompts/stories/natural.yaml"
    natural.write_text("questions: [Tell me about yourself., What is still to come?]\n")
    stale = project.stale()
    assert {NATURAL, TRAITS, PERSONAS} <= stale
    assert not any("primed" in file for file in stale)


@pytest.mark.slow
def test_stories_from_a_file_answer_the_first_question_of_an_interview(fresh: Project) -> None:
    texts = [f"I am a baker from Ohio and I am {20 + i} years old." for i in range(40)]
    (fresh.path / "stories.txt").write_text("\n".join(texts))
    natural = {"prompt": "interview", "file": "stories.txt", "count": "all"}
    fresh.configure(lambda config: merge(config, {"backstories": {"natural": natural}}))
    fresh.make(PERSONAS)
    assert {questions[0] for questions in asked(fresh)} == {PROMPT.asked[0]}
    assert {len(questions) for questions in asked(fresh)} == {2}


@pytest.mark.slow
def test_chat_models_can_be_interviewed(fresh: Project) -> None:
    changes = {"natural": {"model": "simulated-chat", "count": 12, "prompt": "interview"}}
    few = {"backstories": changes, "compare": ["qa"]}
    fresh.configure(lambda config: merge(config, few))
    fresh.make(NATURAL)
    answers = read_table(fresh.path / NATURAL)["answers"].to_pylist()
    assert all(len(each) == len(PROMPT.asked) for each in answers)
    assert read_metadata(fresh.path / NATURAL)["rejected"].keys() <= {"turned down by the critic"}


@pytest.mark.slow
def test_without_a_critic_only_words_are_counted(fresh: Project) -> None:
    changes = {"natural": {"count": 30}, "keep": {"critic": None, "max_attempts": 9}}
    fresh.configure(lambda config: merge(config, {"backstories": changes, "compare": ["qa"]}))
    fresh.make(NATURAL)
    assert read_metadata(fresh.path / NATURAL)["rejected"].keys() <= {
        "too short",
        "mentions interview",
    }
    # A critic of one's own is a file; this one keeps nothing, and the budget runs out.
    critic = "message: |-\n  {story}\n\n  Is this text a life, yes or no?\naccept: never\n"
    (fresh.path / "config/prompts/critics/never.yaml").write_text(critic)
    never = {"keep": {"critic": "never", "max_attempts": 2}}
    fresh.configure(lambda config: merge(config, {"backstories": never}))
    done = fresh.snakemake(NATURAL)
    assert done.status == 1
    assert "2 attempts gave no story to keep (turned down by the critic" in done.text
    assert "Loosen backstories.keep" in done.text


PLANNED = {
    "backstories": {
        "natural": {"model": "toy", "count": 6, **INTERVIEWED["backstories"]["natural"]},
        "keep": {"critic_model": "toy-chat"},
    },
    "traits": {"ask": ["age"]},
    "compare": ["greedy_story"],
    "matching": {"traits": {"default": ["age"], "w92": ["age"]}},
}


def planned(project: Project, capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, str]]:
    """Return what is to be asked of each model for natural stories."""
    file, output = project.path / "config/config.yaml", project.path / "plan.csv"
    journal = str(project.path / "cache/journal")
    command = ["plan", "--configfile", str(file), "--journal", journal, "--output", str(output)]
    assert main(command) == 0, capsys.readouterr().err
    rows = csv.DictReader(io.StringIO(output.read_text()))
    return {row["model"]: row for row in rows if row["stage"] == "backstories"}


@pytest.mark.slow
def test_a_plan_counts_preamble_and_interview(
    fresh: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, KEY)
    with serving(Serving(key=KEY)) as server:
        declare(fresh, server.url)
        fresh.configure(lambda config: merge(config, PLANNED))
        before = planned(fresh, capsys)
        assert server.counts.requests.total() == 0
        fresh.make(NATURAL)
    assert int(before["toy"]["to_send"]) == 6 * (1 + len(PROMPT.asked))
    assert int(before["toy"]["completion_tokens"]) == 6 * (32 + len(PROMPT.asked) * 1024)
    assert int(before["toy-chat"]["to_send"]) == 6
    after = planned(fresh, capsys)
    assert {row["to_send"] for row in after.values()} == {"0"}
    assert int(after["toy"]["from_journal"]) >= int(before["toy"]["to_send"])


def test_a_table_of_stories_tells_when_it_is_of_another_interview(tmp_path: Path) -> None:
    stories, humans = tmp_path / "stories.parquet", tmp_path / "humans.parquet"
    told = PersonaSettings(
        seed=0, survey="w", style=None, traits=[], shuffle=False, layout=None, openings=["A", "B"]
    )
    people = pa.table({"respondent": ["1"], "weight": [1.0]})
    table = pa.table({"respondent": ["1"], "backstory": [0], "answers": [["a", "b", "c"]]})
    write_table(humans, people, stage="h", settings=told, metadata={})
    write_table(stories, table, stage="b", settings=told, metadata={"source": "x"})
    (tmp_path / "codebook.json").write_text(
        '{"survey": "w", "source": "s", "traits": {}, "items": {}}'
    )
    with pytest.raises(
        DataError, match=r"stories.parquet: .* 3 answers, and there are 2 questions"
    ):
        build(
            told,
            humans=humans,
            codebook=tmp_path / "codebook.json",
            backstories=stories,
            output=tmp_path / "personas.parquet",
        )

"""A tiny survey with every kind of persona, whose interviews a scripted model has taken."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from anthology.config.model_identity import ModelIdentity
from anthology.io.parquet import write_table
from anthology.models.base import LabelProbs, Message, Request
from anthology.records import Record
from anthology.stages.explorer import Settings
from anthology.stages.responses import run as respond
from anthology.survey.codebook import Codebook, Entry, TraitEntry
from tests.support.scripted_model import ScriptedModel, ScriptedSession, prompt_text
from tests.support.survey_interviews import BOOK, ITEMS, TURNS
from tests.support.survey_interviews import interview_settings as asking

NASTY = (
    "I said <script>window.stolen = 1</script> and </script><img src=x onerror=alert(1)>.\n\n"
    "Then \"quotes\", 'more', & ampersands, a line\u2028separator, \u00fcml\u00e4uts, "
    "\U0001f600 @style@"
)
STORIES = {4: [NASTY], 7: ["I grew up by the sea.", "I mend nets, at 61."], 9: ["Nobody's story."]}
IDS = ["p0", "p1", "p2"]
MATCHED = {"p0": (4, 0.5), "p1": (7, 0.25), "p2": (4, 0.125)}
BASE = ModelIdentity(name="base", provider="simulated", api="completions")
CHAT = ModelIdentity(name="chat", provider="simulated", api="chat")
ROWS = [("base", "bio"), ("base", "greedy"), ("chat", "primed")]

_BOOK = Codebook(
    survey="w34",
    source="ours.sav",
    traits={
        "age": TraitEntry(variable="AGE", wording="Age", options=((1, "Young"), (2, "Old"))),
    },
    items={
        **BOOK.items,
        "SECOND": Entry(
            wording="Is it <b>new</b>?", options=((1, "New"), (2, "Old"), (9, "Neither"))
        ),
    },
)


class _Made(Record):
    """Settings of a stage of which only some are looked at."""

    traits: dict[str, Any] = {}


@dataclass
class Explored:
    """The files of the survey, and what its models were asked.

    Parameters
    ----------
    folder
        Where the files are.
    asked
        For each model and condition its requests.
    """

    folder: Path
    asked: dict[tuple[str, str], list[Request]] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        return Settings.model_validate(
            {
                "survey": "w34",
                "items": [{"variable": i.variable, "codes": i.codes} for i in ITEMS],
                "rows": ROWS,
                "labels": {"age": {2: "Old <i>enough</i>"}},
                "matchings": {"greedy": "greedy"},
                "seed": 5,
                "respondents": None,
            }
        )

    @property
    def files(self) -> dict[str, Any]:
        """The arguments of the stage, but for where its page goes."""
        at = self.folder
        return {
            "humans": at / "humans.parquet",
            "codebook": at / "codebook.json",
            "personas": [at / f"personas/{condition}.parquet" for _, condition in ROWS],
            "responses": [at / f"{model}/{condition}.parquet" for model, condition in ROWS],
            "backstories": at / "stories.parquet",
            "traits": at / "traits.parquet",
        }

    def prompts(self, model: str, condition: str) -> dict[str, list[str | tuple[Message, ...]]]:
        """Return what each respondent's persona was shown, each prompt once, in order."""
        found: dict[str, list[str | tuple[Message, ...]]] = {name: [] for name in IDS}
        for request in self.asked[model, condition]:
            who = next(name for name in IDS if f"I am {name}." in prompt_text(request))
            if request.prompt not in found[who]:
                found[who].append(request.prompt)
        return found


def make_explored(folder: Path, source: str = "ours.sav", **changes: Any) -> Explored:
    """Make all files; `changes` are to how questions are asked."""
    made = Explored(folder)
    _people(folder, source)
    _stories(folder)
    _personas(folder)
    for model, condition in ROWS:
        scripted = ScriptedModel(_Reluctant().answer)
        identity = CHAT if model == "chat" else BASE
        how = {"shuffle_items": True, "shuffle_options": True, **changes}
        respond(
            asking(condition=condition, model=identity, **how),
            personas=folder / f"personas/{condition}.parquet",
            codebook=folder / "codebook.json",
            output=folder / f"{model}/{condition}.parquet",
            session=ScriptedSession(scripted),
        )
        made.asked[model, condition] = scripted.requests
    return made


class _Reluctant:
    """Needs some tries for an answer, and now and then gives none."""

    def __init__(self) -> None:
        self._asked = 0

    def answer(self, _request: Request) -> list[str] | LabelProbs:
        self._asked += 1
        return [["(D)", "(B)", "hm <em>", "(A)", "(D)", "hm", "hm", "(C)"][self._asked % 8]]


def _people(folder: Path, source: str) -> None:
    table = pa.table(
        {
            "respondent": IDS,
            "weight": [1.0, 2.0, 0.5],
            "trait:age": pa.array([1, 2, None], pa.int16()),
            "FIRST": pa.array([1, 3, None], pa.int16()),
            "SECOND": pa.array([9, 1, 2], pa.int16()),
        }
    )
    _write(folder / "humans.parquet", table, {"source": source})
    (folder / "codebook.json").write_text(_BOOK.as_json())


def _stories(folder: Path) -> None:
    answers = list(STORIES.values())
    table = pa.table(
        {
            "backstory": pa.array(STORIES, pa.int64()),
            "text": ["\n\n".join(parts) for parts in answers],
            "answers": pa.array(answers, pa.list_(pa.string())),
        }
    )
    _write(folder / "stories.parquet", table, {"source": "simulated"})
    traits = pa.table(
        {
            "backstory": pa.array(STORIES, pa.int64()),
            "age": pa.array([[10.0, 0.0], [1.0, 3.0], [0.0, 0.0]], pa.list_(pa.float32())),
            "age:stated": [True, False, False],
            "age:declined": pa.array([0, 1, 0], pa.float32()),
            "age:unreadable": pa.array([0, 0, 10], pa.float32()),
            "age:unseen": pa.array([0, 0.5, 0], pa.float32()),
        }
    )
    age = {
        "question": "How old?",
        "options": [_option("y", "Under 50"), _option("o", "50 or over")],
    }
    metadata = {"source": "simulated", "traits": "simulated", "options": {"age": ["y", "o"]}}
    _write(folder / "traits.parquet", traits, metadata, _Made(traits={"age": age}))


def _option(name: str, text: str) -> dict[str, str]:
    return {"id": name, "text": text}


def _personas(folder: Path) -> None:
    for _, condition in ROWS:
        rows = [_persona(condition, name) for name in IDS]
        table = pa.table(
            {
                "respondent": IDS,
                "backstory": pa.array([number for number, _, _ in rows], pa.int64()),
                "similarity": pa.array([alike for _, alike, _ in rows], pa.float64()),
                "turns": pa.array([turns for _, _, turns in rows], TURNS),
            }
        )
        # Personas of one story stand together.
        table = table.sort_by("backstory")
        metadata = {"backstories": "" if condition == "bio" else "simulated", "traits": ""}
        _write(folder / f"personas/{condition}.parquet", table, metadata)


def _persona(condition: str, name: str) -> tuple[int | None, float | None, list[dict[str, Any]]]:
    me = _turn("Who are you?", f"I am {name}.")
    if condition == "bio":
        return None, None, [me]
    if condition == "primed":
        return IDS.index(name), None, [_turn("Tell me.", f"I am {name}. {NASTY}")]
    number, alike = MATCHED[name]
    story = [_turn(f"Question {i}?", part) for i, part in enumerate(STORIES[number])]
    return number, alike, [*story, _turn("A passage.", None), me]


def _turn(question: str, answer: str | None) -> dict[str, Any]:
    return {"question": question, "answer": answer}


def _write(
    path: Path, table: pa.Table, metadata: dict[str, Any], settings: Record | None = None
) -> None:
    write_table(path, table, stage="test", settings=settings or Record(), metadata=metadata)


def join_pieces(texts: Sequence[str], pieces: Sequence[int]) -> str:
    """Put pieces together."""
    return "".join(texts[piece] for piece in pieces)

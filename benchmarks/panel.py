"""People and personas of any number, as the stages write them, without running a study.

Answers are those of a model of one factor: a person's items hang together, a persona's with
them and with those of its person, and one answer in fifty is missing. The files are those
that the analysis reads, their columns and their settings included.
"""

import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa

from anthology.analysis.distances import FloatArray, IntArray
from anthology.config.stage import StageSettings
from anthology.interview.survey_interview import COLUMNS
from anthology.io.parquet import write_table, write_text
from anthology.records import merge_json
from anthology.study.command_line import read_workflow
from anthology.survey.codebook import Codebook, Entry, TraitEntry
from anthology.survey.respondents import TRAIT_PREFIX
from benchmarks.taking import Taken, taken

CONFIG = Path(__file__).parents[1] / "config"
SURVEY = "w34"
MATCHING = "greedy"
STAGES = {
    "metrics": ("metrics", "answers"),
    "comparisons": ("intervals", "comparisons"),
    "metrics_full": ("output",),
    "subgroups": ("output",),
    "items": ("items", "correlations"),
    "individuals": ("individuals", "persons", "calibration", "reliability"),
    "exports": ("sav", "csv", "parquet", "variables"),
}
"""The stages of the analysis, and the options that name what they write."""
_WORDED = ("subgroups", "items", "exports")
"""Stages that read the codebook."""
_CHUNK = 1 << 16
"""People whose answers are written at a time."""
_MISSING = 0.02


@dataclass(frozen=True, slots=True)
class Panel:
    """A study of one survey on disk, whose analysis can be run.

    Parameters
    ----------
    folder
        Where it is.
    changes
        What its configuration has beside the project's own, as `key=value`.
    """

    folder: Path
    changes: list[str]

    @property
    def responses(self) -> list[str]:
        """The files of what was answered."""
        return sorted(map(str, (self.folder / "responses").glob("*.parquet")))

    def params(self, stage: str) -> list[str]:
        """Return the settings of a stage, as its command takes them."""
        workflow = read_workflow([self.folder / "config/config.yaml"], self.changes)
        given = workflow.settings(stage).values()
        return [setting(SimpleNamespace(survey=SURVEY)) for setting in given]

    def settings(self, stage: str) -> dict[str, Any]:
        """Return the settings of a stage by their names."""
        return merge_json(self.params(stage))

    def run(self, stage: str) -> Taken:
        """Run a stage's command, the one that takes threads with two."""
        given = command(stage, "--settings", *self.params(stage))
        given += ["--humans", str(self.folder / "humans.parquet"), "--responses", *self.responses]
        for name in STAGES[stage]:
            given += [f"--{name}", str(self.folder / f"{stage}-{name}")]
        if stage == "comparisons":
            given += ["--jobs", "2"]
        if stage in _WORDED:
            given += ["--codebook", str(self.folder / "codebook.json")]
        if stage == "metrics_full":
            given += ["--matches", str(self.folder / f"{MATCHING}.parquet")]
            given += ["--traits", str(self.folder / "natural.parquet")]
        return taken(given)


def command(*arguments: str) -> list[str]:
    """Return a command of the project as a process is started with it."""
    return [sys.executable, "-m", "anthology", *arguments]


def make(folder: Path, people: int, conditions: int, changes: list[str]) -> Panel:
    """Write a survey's people, their codebook, matches and traits, and what personas answered.

    Every second condition has personas of a story, whose rows stand in the order of the stories,
    the others those of respondents.

    Parameters
    ----------
    folder
        Where all of it goes.
    people, conditions
        How many.
    changes
        Further settings, as `key=value`.
    """
    shutil.copytree(CONFIG, folder / "config")
    names = [f"c{number}" for number in range(1, conditions + 1)]
    personas = ("{persona: none}", f"{{persona: matched, matching: {MATCHING}, style: bio}}")
    grammar = ", ".join(f"{name}: {personas[i % 2]}" for i, name in enumerate(names))
    panel = Panel(
        folder,
        [
            f"surveys=[{SURVEY}]",
            f"compare=[{', '.join(names)}]",
            f"conditions={{{grammar}}}",
            *changes,
        ],
    )
    told = panel.settings("humans")
    ids = np.arange(100_001, 100_001 + people).astype(str)
    rng = np.random.default_rng(0)
    factor = rng.normal(size=people)
    own = _answers(factor, told["items"], rng)
    _write_humans(panel, told, ids, own)
    _write_codebook(panel, told)
    stories = _write_matches(panel, ids)
    for number, (model, name) in enumerate(panel.settings("metrics")["rows"], 1):
        drawn = np.random.default_rng([1, number])
        shift = 0.05 * (number % 5)
        heard = 0.6 * factor + 0.8 * drawn.normal(size=people) + shift
        answers = _answers(heard, told["items"], drawn)
        number_of = stories if number % 2 == 0 else None
        _write_responses(panel, told, (model, name), ids, answers, number_of)
    return panel


def _answers(factor: FloatArray, items: list[dict[str, Any]], rng: np.random.Generator) -> IntArray:
    """Return people x items: the place of an option, -1 for none."""
    found = np.empty((len(factor), len(items)), dtype=np.int64)
    for place, item in enumerate(items):
        size = len(item["codes"])
        latent = (size - 1) / 2 + 0.8 * factor + 0.7 * rng.normal(size=len(factor))
        found[:, place] = np.clip(np.round(latent), 0, size - 1)
    found[rng.random(found.shape) < _MISSING] = -1
    return found


def _codes(places: IntArray, item: Mapping[str, Any]) -> pa.Array:
    known = np.array(item["codes"])
    return pa.array(known[places], pa.int16(), mask=places < 0)


def _write_humans(panel: Panel, told: Mapping[str, Any], ids: Any, own: IntArray) -> None:
    rng = np.random.default_rng(2)
    columns: dict[str, Any] = {
        "respondent": pa.array(ids, pa.string()),
        "weight": pa.array(np.round(rng.gamma(2.0, 0.5, size=len(ids)) + 0.01, 6)),
    }
    for name, trait in sorted(told["traits"].items()):
        places = rng.integers(-1, 20 * len(trait["codes"]), size=len(ids)) // 20
        columns[f"{TRAIT_PREFIX}{name}"] = _codes(places, trait)
    for place, item in enumerate(told["items"]):
        columns[item["variable"]] = _codes(own[:, place], item)
    metadata = {"survey": SURVEY, "source": "simulated"}
    _write(panel.folder / "humans.parquet", columns, "humans", metadata)


def _write_codebook(panel: Panel, told: Mapping[str, Any]) -> None:
    def words(given: Mapping[str, Any]) -> dict[str, Any]:
        options = tuple((code, f"option {code}") for code in given["codes"])
        return {"wording": f"{given['variable']}?", "options": options}

    book = Codebook(
        survey=SURVEY,
        source="simulated",
        traits={
            name: TraitEntry(variable=given["variable"], **words(given))
            for name, given in told["traits"].items()
        },
        items={given["variable"]: Entry(**words(given)) for given in told["items"]},
    )
    write_text(panel.folder / "codebook.json", book.as_json())


def _write_matches(panel: Panel, ids: Any) -> IntArray:
    """Match people with as many stories, some of them twice; return the story of each."""
    rng = np.random.default_rng(3)
    stories = rng.integers(len(ids), size=len(ids))
    columns = {
        "respondent": pa.array(ids, pa.string()),
        "backstory": pa.array(stories),
        "similarity": pa.array(rng.random(len(ids))),
    }
    _write(panel.folder / f"{MATCHING}.parquet", columns, "matches", {"traits": "simulated"})
    sources = panel.settings("metrics_full")["matchings"][MATCHING]
    options = {name: list(source["recode"]) for name, source in sources.items()}
    answers: dict[str, Any] = {"backstory": pa.array(np.arange(len(ids)))}
    for name, asked in options.items():
        flat = pa.array(rng.multinomial(40, [1 / len(asked)] * len(asked), len(ids)).ravel())
        ends = pa.array(np.arange(len(ids) + 1) * len(asked), pa.int32())
        answers[name] = pa.ListArray.from_arrays(ends, flat.cast(pa.int32()))
    _write(panel.folder / "natural.parquet", answers, "traits", {"options": options})
    return np.asarray(stories)


def _write_responses(
    panel: Panel,
    told: Mapping[str, Any],
    row: tuple[str, str],
    ids: Any,
    answers: IntArray,
    stories: IntArray | None,
) -> None:
    model, condition = row
    items = told["items"]
    order = np.arange(len(ids)) if stories is None else np.argsort(stories, kind="stable")
    known = np.array([item["codes"] for item in items])
    metadata = {
        **{"survey": SURVEY, "model": model, "condition": condition, "answers": "simulated"},
        "backstories": "" if stories is None else "simulated",
        "traits": "" if stories is None else "simulated",
    }
    tables = []
    for start in range(0, len(ids), _CHUNK):
        who = order[start : start + _CHUNK]
        given = answers[who] >= 0
        codes = np.take_along_axis(known[None].repeat(len(who), 0), answers[who][..., None], 2)
        count, silent = given.size, ~given.ravel()
        nothing = pa.array(np.zeros(count), pa.int32())
        number = None if stories is None else np.repeat(stories[who], len(items))
        columns = {
            "respondent": np.repeat(ids[who], len(items)),
            "backstory": pa.nulls(count, pa.int64()) if number is None else number,
            "item": np.tile([item["variable"] for item in items], len(who)),
            "code": pa.array(codes.ravel(), pa.int16(), mask=silent),
            "valid": given.ravel().astype(np.int32),
            **dict.fromkeys(("declined", "refused", "unreadable", "contradictory"), nothing),
            "out_of_attempts": silent,
            "reply": np.where(silent, "no idea", np.char.mod(" (%d)", codes.ravel())),
            **dict.fromkeys(("option_probs", "decline_prob", "unseen"), pa.nulls(count)),
        }
        tables.append(pa.table(columns).cast(COLUMNS))
    _write(panel.folder / f"responses/{condition}.parquet", pa.concat_tables(tables), "r", metadata)


def _write(
    path: Path, columns: Mapping[str, Any] | pa.Table, stage: str, metadata: Mapping[str, Any]
) -> None:
    table = columns if isinstance(columns, pa.Table) else pa.table(dict(columns))
    write_table(path, table, stage=stage, settings=StageSettings(), metadata=metadata)

"""What matching takes as people and stories grow tenfold and a hundredfold.

People are drawn as those of the simulated wave 34; stories as people of the toy society whose
stories tell some of their traits outright and let others be guessed, each trait answered 40 times.
The shares of told traits, and how sure the guesses are, are near those of simulated stories.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import yaml

from anthology.artifacts import facts, read_table, write_table
from anthology.configuration import read_workflow
from anthology.records import Record
from anthology.respondents import TRAIT
from anthology.simulation.chain import Categories, Chain
from anthology.simulation.names import OPTIONS
from anthology.simulation.panel import columns
from anthology.simulation.society import TRAITS, shares
from anthology.simulation.spec import PopulationSpec
from anthology.tables import aligned

CONFIG = Path(__file__).parents[1] / "config"
SURVEY = "w34"
DRAWS = 40
SIZES = {
    "max_weight": ((1_000, 1_200), (10_000, 12_000), (100_000, 100_000)),
    "greedy": ((1_000, 10_000), (10_000, 100_000), (100_000, 1_000_000)),
    "random": ((1_000, 10_000), (10_000, 100_000), (100_000, 1_000_000)),
}
"""People and stories of each method."""
MOST = {
    ("max_weight", 10_000): (15.0, 2_000.0, 1e-12),
    ("max_weight", 100_000): (120.0, 6_000.0, 0.005),
    ("greedy", 100_000): (120.0, None, None),
    ("random", 100_000): (120.0, None, None),
}
"""The most seconds, MB and gap, by method and people."""
TOLD = {"age": 0.5, "gender": 0.1, "race": 0.12, "education": 0.4, "income": 0.24}
"""The share of stories that tell a trait, so that all draws agree."""
SURE = {"age": 6, "gender": 9, "race": 7, "education": 3, "income": 2}
"""How sure a guess is: what the true option has over the others, in draws."""
ORDERED = ("age", "education", "income")
"""Traits of which a wrong guess is near the true option."""


class _Made(Record):
    """No settings."""


@dataclass(frozen=True, slots=True)
class Grown:
    """What matching took at one size.

    Parameters
    ----------
    method
        The method.
    people, stories
        How many there were.
    seconds, processor
        Of the whole command, reading and writing included, by the clock and by the processor.
    memory
        The most that its process held, in MB.
    gap
        By what share of a proven bound the total similarity is below it; None where
        the method proves none.
    """

    method: str
    people: int
    stories: int
    seconds: float
    processor: float
    memory: float
    gap: float | None

    @property
    def met(self) -> str:
        """Whether it keeps to the most that it may take, where there is such."""
        limits = MOST.get((self.method, self.people))
        if limits is None:
            return ""
        found = (self.seconds, self.memory, self.gap)
        kept = all(
            most is None or (value is not None and value <= most)
            for value, most in zip(found, limits, strict=True)
        )
        return "met" if kept else "MISSED"


def growth(*, quick: bool = False) -> list[Grown]:
    """Match at each size, without the largest if `quick`; each in a process of its own."""
    return [
        _matched(method, people, stories)
        for method, sizes in SIZES.items()
        for people, stories in sizes[: 2 if quick else None]
    ]


def table(rows: Sequence[Grown]) -> str:
    """Write the rows as one aligned table."""
    return aligned(
        ["matching", "people", "stories", "wall s", "CPU s", "peak MB", "gap", ""],
        [
            [
                row.method,
                f"{row.people:,}",
                f"{row.stories:,}",
                f"{row.seconds:.1f}",
                f"{row.processor:.1f}",
                f"{row.memory:.0f}",
                "" if row.gap is None else f"{row.gap:.1g}",
                row.met,
            ]
            for row in rows
        ],
    )


def write_people(path: Path, people: int) -> None:
    """Write the traits of simulated respondents, with refusals, as the stage for people does."""
    spec = PopulationSpec.model_validate(
        yaml.safe_load((CONFIG / f"populations/{SURVEY}.yaml").read_text())
    ).model_copy(update={"items": []})
    drawn = columns(spec, seed=0, survey=SURVEY, size=people)
    told = {}
    for name, column in spec.traits.items():
        values = drawn[column.variable]
        known = np.isin(values, [category.code for category in column.categories])
        told[f"{TRAIT}{name}"] = pa.array(np.where(known, values, 0), pa.int16(), mask=~known)
    ids = pa.array([f"{number}" for number in range(people)])
    rows = pa.table({"respondent": ids, **told})
    write_table(path, rows, stage="humans", settings=_Made(), facts={"survey": SURVEY})


def write_stories(path: Path, stories: int) -> None:
    """Write how stories answered, 40 times, who they are."""
    rng = np.random.default_rng(1)
    chain = Chain({trait: Categories.of_society(trait) for trait in TRAITS})
    who = chain.draw(rng.random((stories, len(TRAITS)))).categories
    answered = {}
    for trait in TOLD:
        options = len(OPTIONS[trait])
        away = np.abs(np.arange(options) - who[trait][:, None])
        near = np.exp(-away) if trait in ORDERED else away == 0
        guess = rng.gamma(2 * shares(trait) / shares(trait).sum() + 0.05 + SURE[trait] * near)
        guess /= guess.sum(axis=1, keepdims=True)
        told = rng.random(stories) < TOLD[trait]
        guess[told] = np.eye(options)[who[trait][told]]
        counts = rng.multinomial(DRAWS, guess).astype(np.float32)
        values = pa.array(counts.reshape(-1))
        offsets = pa.array(np.arange(0, counts.size + 1, options, dtype=np.int32))
        answered[trait] = pa.ListArray.from_arrays(offsets, values)
    rows = pa.table({"backstory": pa.array(np.arange(stories)), **answered})
    said = {
        "source": "simulated",
        "traits": "simulated",
        "options": {trait: list(OPTIONS[trait]) for trait in TOLD},
    }
    write_table(path, rows, stage="traits", settings=_Made(), facts=said)


def _matched(method: str, people: int, stories: int) -> Grown:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        humans, traits, output = (folder / f"{name}.parquet" for name in ("h", "t", "m"))
        # In a process of their own, since one starts with the memory of the one it is forked from.
        for write, path, size in ((write_people, humans, people), (write_stories, traits, stories)):
            code = f"from pathlib import Path; from {__name__} import {write.__name__} as write; "
            code += f"write(Path({str(path)!r}), {size})"
            subprocess.run([sys.executable, "-c", code], cwd=CONFIG.parent, check=True)
        command = [sys.executable, "-m", "anthology", "matches", "--settings", *_params(method)]
        command += ["--humans", str(humans), "--traits", str(traits), "--output", str(output)]
        start = perf_counter()
        with subprocess.Popen(command, cwd=CONFIG.parent, stderr=subprocess.PIPE) as process:
            assert process.stderr is not None
            said = process.stderr.read().decode()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        seconds = perf_counter() - start
        if process.returncode:
            raise SystemExit(said)
        used = read_table(output, ["backstory"])["backstory"]
        assert method == "greedy" or len(used.unique()) == people, "a story was given twice"
        gap = facts(output).get("gap")
        processor, memory = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000
        return Grown(method, people, stories, seconds, processor, memory, gap)


def _params(method: str) -> Iterator[str]:
    given = read_workflow([CONFIG / "config.yaml"], []).settings("matches")
    return (setting(SimpleNamespace(survey=SURVEY, matching=method)) for setting in given.values())

"""What matching takes as people and stories grow tenfold and a hundredfold.

People are drawn as those of the simulated wave 34; stories as people of the toy society whose
stories tell some of their traits outright and let others be guessed, each trait answered 40 times.
The shares of told traits, and how sure the guesses are, are near those of simulated stories.
Further cases are harder for `max_weight`: eight traits, in which few people are alike; stories that
give no answer with certainty, so that no similarity is 0; and both.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import yaml

from anthology.config.population import OPTIONS, PopulationSpec
from anthology.io.parquet import read_metadata, read_table, write_table
from anthology.records import Record
from anthology.simulation.draw_people import Categories, Chain
from anthology.simulation.population import columns
from anthology.simulation.society import TRAITS, shares
from anthology.study.command_line import read_workflow
from anthology.survey.respondents import TRAIT_PREFIX
from benchmarks.panel import command
from benchmarks.taking import ROOT, Grown, judged, taken

CONFIG = ROOT / "config"
SURVEY = "w34"
DRAWS = 40
TOLD = {
    **{"age": 0.5, "gender": 0.1, "race": 0.12, "education": 0.4, "income": 0.24},
    **{"region": 0.3, "religion": 0.3, "party": 0.1},
}
"""The share of stories that tell a trait, so that all draws agree."""
SURE = {
    **{"age": 6, "gender": 9, "race": 7, "education": 3, "income": 2},
    **{"region": 3, "religion": 2, "party": 2},
}
"""How sure a guess is: what the true option has over the others, in draws."""
FIVE, EIGHT = tuple(TOLD)[:5], tuple(TOLD)
ORDERED = ("age", "education", "income")
"""Traits of which a wrong guess is near the true option."""


class _Made(Record):
    """No settings."""


@dataclass(frozen=True, slots=True)
class Case:
    """One way of matching, at sizes that grow.

    Parameters
    ----------
    what
        What it is called.
    method
        The method.
    sizes
        People and stories.
    most
        By how many people: the most seconds, MB and gap.
    traits
        What people and stories are compared by.
    spread
        What each option of each story has in addition, in draws.
    """

    what: str
    method: str
    sizes: tuple[tuple[int, int], ...]
    most: Mapping[int, tuple[float, float, float]]
    traits: Sequence[str] = FIVE
    spread: float = 0.0


_ONE_TO_ONE = ((1_000, 1_200), (10_000, 12_000), (100_000, 100_000))
_MANY = ((1_000, 10_000), (10_000, 100_000), (100_000, 1_000_000))
CASES = (
    Case(
        "max_weight",
        "max_weight",
        _ONE_TO_ONE,
        {10_000: (15, 2_000, 1e-12), 100_000: (120, 6_000, 0.005)},
    ),
    Case("max_weight, eight traits", "max_weight", _ONE_TO_ONE[:2], {}, EIGHT),
    Case("max_weight, no zeros", "max_weight", _ONE_TO_ONE[:2], {}, spread=0.5),
    Case("max_weight, eight traits, no zeros", "max_weight", _ONE_TO_ONE[1:2], {}, EIGHT, 0.5),
    Case("greedy", "greedy", _MANY, {100_000: (120, inf, inf)}),
    Case("random", "random", _MANY, {100_000: (120, inf, inf)}),
)


def growth(*, quick: bool = False) -> list[Grown]:
    """Match at each size, without the largest if `quick`; each in a process of its own."""
    return [
        _matched(case, people, stories)
        for case in CASES
        for people, stories in case.sizes[: 2 if quick else None]
    ]


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
        told[f"{TRAIT_PREFIX}{name}"] = pa.array(
            np.where(known, values, 0), pa.int16(), mask=~known
        )
    ids = pa.array([f"{number}" for number in range(people)])
    rows = pa.table({"respondent": ids, **told})
    write_table(path, rows, stage="humans", settings=_Made(), metadata={"survey": SURVEY})


def write_stories(path: Path, stories: int, spread: float) -> None:
    """Write how stories answered, 40 times, who they are, and how much is spread over all."""
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
        counts = rng.multinomial(DRAWS, guess).astype(np.float32) + np.float32(spread)
        values = pa.array(counts.reshape(-1))
        offsets = pa.array(np.arange(0, counts.size + 1, options, dtype=np.int32))
        answered[trait] = pa.ListArray.from_arrays(offsets, values)
    rows = pa.table({"backstory": pa.array(np.arange(stories)), **answered})
    said = {
        "source": "simulated",
        "traits": "simulated",
        "options": {trait: list(OPTIONS[trait]) for trait in TOLD},
    }
    write_table(path, rows, stage="traits", settings=_Made(), metadata=said)


def _matched(case: Case, people: int, stories: int) -> Grown:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        humans, traits, output = (folder / f"{name}.parquet" for name in ("h", "t", "m"))
        write_people(humans, people)
        write_stories(traits, stories, case.spread)
        given = command("matches", "--settings", *_params(case))
        given += ["--humans", str(humans), "--traits", str(traits), "--output", str(output)]
        took = taken(given)
        used = read_table(output, ["backstory"])["backstory"]
        assert case.method == "greedy" or len(used.unique()) == people, "a story was given twice"
        gap = read_metadata(output).get("gap")
    notes = [] if gap is None else [f"within {gap:.1g} of the bound"]
    if people in case.most:
        found = (took.wall, took.memory, gap or 0.0)
        kept = all(value <= most for value, most in zip(found, case.most[people], strict=True))
        notes.append(judged(met=kept))
    return Grown(f"matching, {case.what}", f"{people:,} x {stories:,}", took, ", ".join(notes))


def _params(case: Case) -> Iterator[str]:
    changes = [f"matching={{traits: [{', '.join(case.traits)}]}}"]
    given = read_workflow([CONFIG / "config.yaml"], changes).settings("matches")
    names = SimpleNamespace(survey=SURVEY, matching=case.method)
    return (setting(names) for setting in given.values())

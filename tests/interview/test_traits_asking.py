"""The trait survey in all its ways, asked of the simulated model, in sources, and in a study."""

import csv
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anthology.config.model import AnswerMode
from anthology.config.model_identity import ModelIdentity
from anthology.config.population import OPTIONS
from anthology.config.prompts import CoderPrompt, ReaderPrompt
from anthology.config.traits import Trait
from anthology.errors import ConfigurationError
from anthology.interview.distribution import SOURCES, Distribution, source_rows
from anthology.io.yaml import read_record
from anthology.simulation.model import Simulated
from anthology.study.settings import settings
from tests.support.project import Project
from tests.support.simulated import somebody, story_of
from tests.support.trait_interviews import CONFIG, DECLARED, TraitSurvey, study, survey_traits

READER = read_record(CONFIG / "prompts/readers/statement.yaml", ReaderPrompt)
CODER = read_record(CONFIG / "prompts/coders/answer.yaml", CoderPrompt)
STEPPED = {"age": DECLARED["age"].variant("six"), "party": DECLARED["party"].variant("steps")}
ASKED: dict[str, Trait] = {**DECLARED, **STEPPED}
PEOPLE = [somebody(seed) for seed in range(24)]


@cache
def stories() -> tuple[str, ...]:
    return tuple(story_of(person, seed) for seed, person in enumerate(PEOPLE))


def simulated(folder: Path, **changes: Any) -> TraitSurvey:
    return survey_traits(
        folder,
        Simulated(),
        **{
            "stories": stories(),
            "traits": ASKED,
            "samples": 20,
            "reader": READER,
            "coder": CODER,
            "max_concurrency": 4,
            **changes,
        },
    )


def modes(found: TraitSurvey, trait: str) -> list[int]:
    return [int(np.argmax(row[trait])) for row in found.rows]


def model(api: str) -> ModelIdentity:
    return ModelIdentity.model_validate({"name": "toy", "provider": "simulated", "api": api})


@pytest.mark.parametrize(
    ("asking", "decline", "api", "freely"),
    list(product(
        ("sample", "choice", "logprobs"), (None, "Prefer not to answer"),
        ("completions", "chat"), ((), tuple(ASKED)),
    )),
)  # fmt: skip
def test_every_way_of_asking_accounts_for_every_answer(
    tmp_path: Path, asking: AnswerMode, decline: str | None, api: str, freely: tuple[str, ...]
) -> None:
    found = simulated(
        tmp_path, answer_mode=asking, decline_option=decline, model=model(api),
        open_ended=list(freely), stories=stories()[6:12],
    )  # fmt: skip
    names = found.metadata["options"]
    for name, options in names.items():
        assert sum(found.share(name, source) for source in SOURCES) == pytest.approx(1, abs=2e-6)
        for row in found.rows:
            assert len(row[name]) == len(options)
            rest = sum(row[f"{name}:{kind}"] for kind in ("declined", "unreadable", "unseen"))
            total = sum(row[name]) + rest
            # Of steps, not everybody is asked, and next to nobody is not followed.
            assert total == pytest.approx(20, abs=0.05) if "." not in name else total <= 20.001
    placed = [found.share(name, "read") + found.share(name, "number") + found.share(name, "coded")
              + found.share(name, "stated") for name in names]  # fmt: skip
    assert min(placed) > 0.7
    if asking != "sample" and not freely and decline is None:
        assert {found.share(name, "declined") for name in names} == {0}


def test_open_and_closed_questions_give_similar_distributions(tmp_path: Path) -> None:
    closed, freely = simulated(tmp_path), simulated(tmp_path, open_ended=list(ASKED))
    for trait in ("gender", "race", "education", "region", "religion", "party"):
        pairs = zip(modes(closed, trait), modes(freely, trait), strict=True)
        assert np.mean([one == two for one, two in pairs]) > 0.75, trait
    assert freely.share("age", "number") > 0.3
    assert freely.share("religion", "coded") > 0.2
    assert freely.share("religion", "read") > 0.1


def test_traits_stated_in_a_story_are_read_correctly(tmp_path: Path) -> None:
    found = simulated(tmp_path)
    stated = [
        (OPTIONS["education"][int(np.argmax(row["education"]))], person["education"])
        for row, person in zip(found.rows, PEOPLE, strict=True)
        if row["education:stated"]
    ]
    assert len(stated) >= 4
    assert np.mean([told == true for told, true in stated]) > 0.9
    assert float(found.sources["education", "stated"]["backstories"]) == len(stated)


def test_republicans_lean_and_look_to_the_right(tmp_path: Path) -> None:
    bios = [f"I am a {party}. I am number {i} in line." for party in ("Republican", "Democrat")
            for i in range(8)]  # fmt: skip
    found = simulated(tmp_path, stories=bios, traits={"party": ASKED["party"]}, samples=40)
    views = np.array([row["party.ideology"] for row in found.rows]) @ np.arange(5)
    assert views[:8].mean() < views[8:].mean() - 20
    # A few will not be drawn on a question at all.
    assert np.median([sum(row["party.strength"]) for row in found.rows]) > 25


def test_distributions_do_not_depend_on_order_or_concurrency(tmp_path: Path) -> None:
    freely = list(ASKED)
    one = simulated(tmp_path, open_ended=freely, stories=stories()[:5], max_concurrency=1)
    other = simulated(tmp_path, open_ended=freely, stories=stories()[:5], max_concurrency=5)
    assert one == other


amounts = st.floats(0, 40)
distributions = st.builds(
    Distribution,
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    declined=amounts,
    unreadable=amounts,
    unseen=amounts,
    number=st.floats(0, 1),
    coded=st.floats(0, 1),
)


@given(st.lists(distributions, min_size=1, max_size=6), st.randoms())
def test_shares_of_a_trait_sum_to_one_in_any_order_of_stories(
    found: list[Distribution], random: Any
) -> None:
    rows = source_rows({"age": found})
    assert [row["source"] for row in rows] == list(SOURCES)
    assert sum(float(row["share"]) for row in rows) == pytest.approx(1)
    random.shuffle(found)
    for before, after in zip(rows, source_rows({"age": found}), strict=True):
        assert before["backstories"] == after["backstories"]
        assert before["answers"] == pytest.approx(after["answers"])


@given(distributions, distributions)
def test_adding_distributions_adds_every_count(one: Distribution, two: Distribution) -> None:
    both = (one + two).sources()
    for source in SOURCES:
        assert both[source] == pytest.approx(
            one.sources()[source] + two.sources()[source], abs=1e-9
        )


def test_source_rows_match_a_hand_calculation() -> None:
    found = [
        Distribution((40, 0), stated=True),
        Distribution((10, 20), declined=4, unreadable=6, number=15, coded=5),
    ]
    rows = {row["source"]: (row["backstories"], row["answers"], row["share"]) for row in
            source_rows({"age": found})}  # fmt: skip
    assert rows == {
        "stated": (1, 40, 0.5), "read": (1, 10, 0.125), "number": (1, 15, 0.1875),
        "coded": (1, 5, 0.0625), "declined": (1, 4, 0.05), "unreadable": (1, 6, 0.075),
        "unseen": (0, 0, 0.0),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("traits", "messages"),
    [
        (
            {"open_ended": ["relgion"]},
            ["traits.open_ended.0 = 'relgion'", 'did you mean "religion"?'],
        ),
        (
            {
                "ask": ["age", "gender", "race", "education", "income", "party"],
                "open_ended": ["region"],
            },
            ["traits.open_ended.0 = 'region'", "add it to traits.ask, or leave it out here"],
        ),
        ({"variants": {"age": "sixx"}}, ["traits.variants.age = 'sixx'", 'did you mean "six"?']),
        ({"variants": {"race": "six"}}, ["traits.variants.race = 'six'", "Known: nothing"]),
        ({"variants": {"agee": "six"}}, ["traits.variants.agee", 'did you mean "age"?']),
        ({"coder": "answr"}, ["traits.coder = 'answr'", 'did you mean "answer"?']),
        (
            {"open_ended": ["age"], "coder_model": "simulated"},
            ["traits.coder_model = 'simulated'", "asked in a chat"],
        ),
        (
            {"open_ended": ["age"], "answer_mode": "logprobs", "sampling": {"temperature": 0}},
            ["traits.samples = 40", "at temperature 0 all answers are the same"],
        ),
    ],
)
def test_configuration_errors_are_reported_before_any_request(
    traits: dict[str, object], messages: list[str]
) -> None:
    with pytest.raises(ConfigurationError) as told:
        study(**traits)
    for message in messages:
        assert message in str(told.value)


def test_a_base_model_may_be_named_as_coder_where_nothing_is_coded() -> None:
    assert study(coder_model="simulated").experiment.traits.coder_model == "simulated"
    assert study(
        open_ended=["age"], coder=None, coder_model="simulated"
    ).experiment.traits.open_ended


@pytest.mark.slow
def test_a_fold_may_know_all_variants_but_must_know_the_one_that_is_asked(
    fresh: Project,
) -> None:
    fresh.replace("config/surveys/w34.yaml", "      35-44: 2\n", "")
    assert fresh.stale("results/w34/matches/greedy.parquet")
    done = fresh.snakemake("-n", "results/w34/metrics.csv", "--config", SIX)
    assert done.status == 1
    assert "traits.age.recode and the options in traits.yaml differ in 35-44" in done.text
    fresh.replace("config/surveys/w34.yaml", "      45-54:", "      45-55:")
    done = fresh.snakemake("-n", "results/w34/metrics.csv")
    assert "differ in 45-55; each option must be recoded" in done.text


SIX = 'traits={"variants": {"age": "six"}}'
WAYS = (
    'traits={"variants": {"age": "six", "party": "leaners"}, '
    '"open_ended": ["race", "income", "party"]}'
)
TRAITS = {"results/traits/natural.parquet", "results/traits/sources.csv"}


@pytest.mark.slow
def test_a_study_with_other_ways_of_asking_is_matched_as_any_other(project: Project) -> None:
    before = sources(project)
    assert {source: before["race", source] for source in ("coded", "stated")} == {
        "coded": 0, "stated": 0,
    }  # fmt: skip
    project.make("results/w34/matches/greedy.parquet", "results/traits/sources.csv",
                 "--config", WAYS)  # fmt: skip
    found = sources(project)
    assert found["race", "coded"] > 0.5
    assert found["income", "number"] > 0.3
    assert {trait for trait, _ in found} >= {"party.strength", "party.leaning", "party.ideology"}
    for trait in {trait for trait, _ in found}:
        assert sum(found[trait, source] for source in SOURCES) == pytest.approx(1, abs=1e-5)
    # Only what follows on the traits is made again, and editing the coder's prompt does as much.
    table = project.stale("results/w34/metrics.csv", "--config", WAYS)
    assert not TRAITS & table
    project.replace("config/prompts/coders/answer.yaml", "never guess", "do not guess")
    assert project.stale("results/w34/metrics.csv", "--config", WAYS) >= TRAITS


def sources(project: Project) -> dict[tuple[str, str], float]:
    with (project.path / "results/traits/sources.csv").open(newline="") as file:
        return {(r["trait"], r["source"]): float(r["share"]) for r in csv.DictReader(file)}


@pytest.mark.slow
def test_unused_trait_settings_make_nothing_stale(project: Project) -> None:
    project.replace("config/prompts/coders/answer.yaml", "never guess", "do not guess")
    project.replace("config/traits.yaml", "text: 25 to 34", "text: from 25 to 34")
    project.replace("config/traits.yaml", "text: Strongly", "text: Very strongly")
    assert not project.stale()
    assert project.stale("results/w34/metrics.csv", "--config", SIX) >= TRAITS


def test_the_coder_is_part_of_the_slice_only_where_something_is_open() -> None:
    def coder(**traits: object) -> str:
        return str(settings(study(**traits), "traits")["set_coder"](None))

    assert coder() == coder(open_ended=["age"], coder=None) == '{"coder":null}'
    assert "own words" in coder(open_ended=["age"])

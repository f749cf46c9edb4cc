"""Traits asked in another way: in other brackets, or in several steps."""

from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from anthology.config.traits import Trait, TraitStep
from anthology.matching.similarity import trait_probabilities
from anthology.models.base import LabelProbs, Request
from tests.support.scripted_model import ScriptedModel, prompt_text
from tests.support.trait_interviews import (
    DECLARED,
    TraitSurvey,
    study,
    survey_scripted,
    survey_traits,
)

STEPS, LEANERS = (DECLARED["party"].variant(name) for name in ("steps", "leaners"))
WAVES = ("w34", "w92", "w99", "w111")


def step_of(request: Request) -> str:
    """Name the question that a request asks."""
    asked = prompt_text(request).rpartition("Question: ")[2]
    cues = {"large parties": "leaning", "strongly": "strength", "views": "ideology"}
    return next((name for cue, name in cues.items() if cue in asked.splitlines()[0]), "party")


def given_so_far(request: Request) -> tuple[str, ...]:
    """Return the answers that a request shows, after the story."""
    lines = prompt_text(request).splitlines()
    return tuple(line.removeprefix("Answer: ") for line in lines if line.startswith("Answer: "))[1:]


def in_steps(
    folder: Path, trait: Trait, answers: dict[str, list[str]], **changes: Any
) -> tuple[TraitSurvey, list[Request]]:
    """Ask for a party in steps; answers are given in turn, as many as are wanted."""

    def answer(request: Request) -> list[str]:
        said = answers[step_of(request)]
        return [said[i % len(said)] for i in range(request.n)]

    return survey_scripted(folder, answer, traits={"party": trait}, samples=8, **changes)


ANSWERS = {
    "party": ["(A)", "(B)", "(C)", "(E)"],
    "strength": ["(A)", "(B)"],
    "leaning": ["(A)", "what?"],
    "ideology": ["(C)"],
}


def test_each_group_of_answers_is_asked_the_next_step_separately(tmp_path: Path) -> None:
    found, requests = in_steps(tmp_path, STEPS, ANSWERS)
    row = found.rows[0]
    assert row["party"] == [2, 2, 2, 0]
    assert row["party:declined"] == 2
    assert row["party.strength"] == [2, 2]
    assert row["party.leaning"] == [1, 0, 0]
    assert row["party.leaning:unreadable"] == 1
    assert row["party.ideology"] == [0, 0, 8, 0, 0]
    asked = {(step_of(r), given_so_far(r)): r.n for r in requests}
    republican, democrat, independent = "(A) A Republican", "(B) A Democrat", "(C) An independent"
    closer = "(A) Closer to the Republican Party"
    strong, weak = "(A) Strongly", "(B) Not very strongly"
    expected: dict[tuple[str, tuple[str, ...]], int] = {
        ("party", ()): 8,
        ("strength", (republican,)): 2,
        ("strength", (democrat,)): 2,
        ("leaning", (independent,)): 2,
        ("ideology", ()): 2,
        ("ideology", (independent,)): 1,
        ("ideology", (independent, closer)): 1,
    }
    for party, how in product((republican, democrat), (strong, weak)):
        expected["ideology", (party, how)] = 1
    assert asked == expected


def test_the_first_step_is_the_trait_as_it_is_asked_alone(tmp_path: Path) -> None:
    alone, first = in_steps(tmp_path, DECLARED["party"], ANSWERS)
    steps, asked = in_steps(tmp_path, STEPS, ANSWERS)
    assert asked[0] == first[0]
    assert steps.rows[0].items() >= alone.rows[0].items()


def test_steps_say_what_their_options_are(tmp_path: Path) -> None:
    found, _ = in_steps(tmp_path, STEPS, ANSWERS)
    assert found.metadata["options"] == {
        "party": ["republican", "democrat", "independent", "other"],
        "party.strength": ["strong", "not-strong"],
        "party.leaning": ["to-republicans", "to-democrats", "to-neither"],
        "party.ideology": [
            "very-conservative", "conservative", "moderate", "liberal", "very-liberal",
        ],
    }  # fmt: skip


def test_every_answer_of_a_step_is_accounted_for(tmp_path: Path) -> None:
    found, _ = in_steps(tmp_path, STEPS, ANSWERS)
    row = found.rows[0]

    def total(name: str) -> float:
        rest = ("declined", "unreadable", "unseen")
        return float(sum(row[name]) + sum(row[f"{name}:{kind}"] for kind in rest))

    assert [total(f"party{step}") for step in ("", ".strength", ".leaning", ".ideology")] == [
        8, 4, 2, 8,
    ]  # fmt: skip


def test_leaners_can_count_as_partisans(tmp_path: Path) -> None:
    found, _ = in_steps(tmp_path, LEANERS, ANSWERS)
    assert found.rows[0]["party"] == [3, 2, 1, 0]
    assert found.rows[0]["party.leaning"] == [1, 0, 0]


@pytest.mark.parametrize("asking", ["sample", "choice"])
def test_steps_are_drawn_by_choice_as_in_words(tmp_path: Path, asking: str) -> None:
    answers = {step: [f" {text}" for text in said] for step, said in ANSWERS.items()}
    answers["leaning"] = [" (A)", " (D)"]
    found, requests = in_steps(tmp_path, STEPS, answers, answer_mode=asking)
    assert found.rows[0]["party"] == [2, 2, 2, 0]
    assert found.rows[0]["party.leaning:declined"] == 1
    assert all(bool(r.choices) == (asking == "choice") for r in requests)


def test_a_step_can_be_open_ended(tmp_path: Path) -> None:
    answers = {
        "party": ["Republican", "A Democrat"],
        "strength": ["Strongly"],
        "ideology": ["Liberal"],
    }
    found, requests = in_steps(
        tmp_path, STEPS, answers, open_ended=["party"], coder=None, coder_model=None
    )
    assert found.rows[0]["party"] == [4, 4, 0, 0]
    assert found.rows[0]["party.strength"] == [8, 0]
    assert found.rows[0]["party.ideology"] == [0, 0, 0, 8, 0]
    last = next(r for r in requests if given_so_far(r) == ("A Republican", "Strongly"))
    assert "(A)" not in prompt_text(last)


shares = st.lists(st.floats(0.01, 1), min_size=6, max_size=6)


@given(shares, shares, shares, shares)
def test_by_log_probabilities_expected_counts_multiply_down_the_tree(
    tmp_path_factory: pytest.TempPathFactory,
    party: list[float], strength: list[float], leaning: list[float], ideology: list[float],
) -> None:  # fmt: skip
    """Against the products of all ways through the tree, counted one by one."""
    sizes = {"party": 4, "strength": 2, "leaning": 3, "ideology": 5}
    drawn = dict(zip(sizes, (party, strength, leaning, ideology), strict=True))
    told = {
        # The option to decline is left out, and what is left of 1 names no label.
        step: [value / sum(drawn[step]) for value in drawn[step][:size]]
        for step, size in sizes.items()
    }

    def answer(request: Request) -> LabelProbs:
        return LabelProbs(tuple(told[step_of(request)]))

    found, _ = survey_scripted(
        tmp_path_factory.mktemp("tree"), answer,
        traits={"party": STEPS}, answer_mode="logprobs", decline_option=None, samples=10,
    )  # fmt: skip
    row = found.rows[0]
    partisans, others = 10 * sum(told["party"][:2]), 10 * sum(told["party"][2:])
    assert row["party"] == pytest.approx([10 * share for share in told["party"]], abs=1e-5)
    assert row["party.strength"] == pytest.approx(
        [partisans * s for s in told["strength"]], abs=0.02
    )
    assert row["party.leaning"] == pytest.approx([others * s for s in told["leaning"]], abs=0.02)
    # Everybody is asked for their views, also those who named no option before.
    assert row["party.ideology"] == pytest.approx([10 * s for s in told["ideology"]], abs=0.05)
    assert found.share("party.ideology", "read") == pytest.approx(sum(told["ideology"]), abs=1e-5)


def test_leaners_count_by_their_expectation(tmp_path: Path) -> None:
    told = {
        "party": (0.2, 0.1, 0.4, 0.2), "strength": (0.5, 0.5),
        "leaning": (0.5, 0.25, 0.25), "ideology": (0.2,) * 5,
    }  # fmt: skip
    found, _ = survey_scripted(
        tmp_path, lambda request: LabelProbs(told[step_of(request)]),
        traits={"party": LEANERS}, answer_mode="logprobs", decline_option=None, samples=10,
    )  # fmt: skip
    assert found.rows[0]["party"] == pytest.approx([2 + 3, 1 + 1.5, 1, 0.5])
    assert found.rows[0]["party:unreadable"] == pytest.approx(1)


def test_paths_of_negligible_probability_are_not_asked(tmp_path: Path) -> None:
    told = {
        "party": (1 - 3e-6, 1e-6, 1e-6, 1e-6), "strength": (1 - 1e-6, 1e-6), "ideology": (0.2,) * 5,
    }  # fmt: skip
    model = ScriptedModel(lambda request: LabelProbs(told[step_of(request)]))
    found = survey_traits(
        tmp_path,
        model,
        traits={"party": STEPS},
        answer_mode="logprobs",
        decline_option=None,
        samples=10,
    )
    assert len(model.requests) == 3
    assert found.sources["party.leaning", "read"]["share"] == ""
    assert found.sources["party.leaning", "read"]["answers"] == "0"


def test_seeds_of_a_group_do_not_depend_on_other_groups(tmp_path: Path) -> None:
    def seeds(answers: dict[str, list[str]]) -> dict[tuple[str, tuple[str, ...]], int]:
        _, requests = in_steps(tmp_path, STEPS, answers)
        return {(step_of(r), given_so_far(r)): r.seed for r in requests}

    one, two = seeds(ANSWERS), seeds({**ANSWERS, "party": ["(C)", "(A)"]})
    shared = one.keys() & two.keys()
    assert len(shared) >= 5
    assert {key: one[key] for key in shared} == {key: two[key] for key in shared}
    assert len(set(one.values())) == len(one)


def varied(**changes: Any) -> dict[str, Any]:
    party = DECLARED["party"].model_dump(exclude={"variants"})
    return {**party, **changes}


def a_step(**changes: Any) -> dict[str, Any]:
    options = [{"id": "yes", "text": "Yes"}, {"id": "no", "text": "No"}]
    return {"name": "sure", "question": "Are you sure?", "options": options, **changes}


COUNTED = [{"id": "yes", "text": "Yes", "counts_as": "whig"}, {"id": "no", "text": "No"}]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (varied(steps=[a_step(when=["whig"])]), "steps.sure.when names whig, no option before it"),
        (varied(steps=[a_step(when=["yes"])]), "steps.sure.when names yes, no option before it"),
        (varied(steps=[a_step(), a_step()]), "sure is named more than once"),
        (varied(steps=[a_step(), a_step(name="again")]), "yes is named more than once"),
        (varied(steps=[a_step(options=COUNTED)]), "counts yes as whig, which is no option"),
        (varied(options=COUNTED), "counts_as is for the options of steps"),
        (
            varied(variants={"x": {"options": [{"id": "a", "text": "A"}]}}),
            "variants.x: List should",
        ),
        (varied(variants={"x": {"steps": [a_step(when=["whig"])]}}), "variants.x: steps.sure.when"),
        (varied(variants={"x": {"unit": "pounds"}}), "variants.x.unit"),
    ],
)
def test_errors_in_steps_and_variants_are_reported(wrong: Any, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Trait.model_validate(wrong)


def test_a_variant_is_laid_over_its_trait() -> None:
    six, four = DECLARED["age"].variant("six"), DECLARED["age"].variant(None)
    assert six.ids == ["18-24", "25-34", "35-44", "45-54", "55-64", "65+"]
    assert four.ids == ["18-29", "30-49", "50-64", "65+"]
    assert (six.question, six.look_in_story, six.unit) == (
        four.question,
        four.look_in_story,
        four.unit,
    )
    assert DECLARED["age"].every_id == {*six.ids, *four.ids}
    assert isinstance(STEPS.steps[0], TraitStep)


def test_brackets_of_an_age_follow_on_one_another() -> None:
    for trait in (DECLARED["age"], DECLARED["age"].variant("six")):
        for before, after in zip(trait.options, trait.options[1:], strict=False):
            assert before.high == after.low


@pytest.mark.parametrize("wave", WAVES)
def test_six_brackets_fold_as_their_years_do(wave: str) -> None:
    """Against counting, year by year, in which of the survey's brackets each falls."""
    source = study().survey(wave).traits["age"]
    asked = DECLARED["age"].variant("six")
    borders = {1: range(18, 30), 2: range(30, 50), 3: range(50, 65), 4: range(65, 200)}
    for option in asked.options:
        years = range(int(option.low or 0), int(option.high or 200))
        held = {code: sum(year in among for year in years) for code, among in borders.items()}
        shares = {code: n / len(years) for code, n in held.items() if n}
        assert source.shares(option.id) == pytest.approx(shares)


def test_six_brackets_match_respondents_as_four_do() -> None:
    source = study().survey("w34").traits["age"]
    counts = [[10, 0, 0, 0, 0, 0], [0, 10, 0, 0, 0, 0], [0, 0, 0, 5, 5, 0]]
    found = trait_probabilities(counts, DECLARED["age"].variant("six").ids, source)
    assert found[:-1].T.tolist() == [[1, 0, 0, 0], [0.5, 0.5, 0, 0], [0, 0.25, 0.75, 0]]


def test_a_chosen_variant_replaces_the_trait_everywhere() -> None:
    chosen = study(variants={"age": "six", "party": "leaners"})
    assert chosen.traits()["age"].ids[1] == "25-34"
    assert not chosen.traits()["age"].variants
    assert [step.name for step in chosen.traits()["party"].steps] == [
        "strength", "leaning", "ideology",
    ]  # fmt: skip

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anthology.config.survey import TraitSource
from anthology.errors import DataError
from anthology.io.parquet import read_metadata, read_table, write_table
from anthology.matching.greedy import assign_greedily
from anthology.matching.max_weight import Assignment
from anthology.matching.similarity import compute_similarities, trait_probabilities
from anthology.matching.tie_breaks import backstory_tie_breaks
from anthology.records import Record
from anthology.stages import matches
from anthology.stages.matches import Method
from tests.support import reference_metrics as reference
from tests.support.matching_problems import (
    Problem,
    draw_problem,
    match_by_name,
    problems,
    respondent_order,
)

AGE = TraitSource(variable="AGE", codes=[1, 2], recode={"young": 1, "old": 2})
INCOME = TraitSource(
    variable="INC",
    codes=[5, 6, 7],
    recode={"low": 5, "middle": {5: 0.25, 6: 0.75}, "high": 7, "unsaid": {}},
)
TRAITS = {"age": AGE, "income": INCOME}
OPTIONS = {"age": ["young", "old"], "income": ["low", "middle", "high", "unsaid"]}


def test_hand_worked_similarities() -> None:
    age = trait_probabilities([[3, 1], [0, 0]], OPTIONS["age"], AGE)
    np.testing.assert_array_equal(age, [[0.75, 0.5], [0.25, 0.5], [0.5, 0.5]])
    income = trait_probabilities([[2, 4, 1, 1], [0, 0, 0, 8]], OPTIONS["income"], INCOME)
    np.testing.assert_allclose(income, [[3 / 8, 0], [3 / 8, 0], [1 / 8, 0], [7 / 24, 0]])

    # Young and low; old and high; both refused.
    found = compute_similarities(np.array([[0, 0], [1, 2], [2, 3]]), [age, income])
    rows = [found.row(found.profile_of[i])[0] for i in range(3)]
    np.testing.assert_allclose(rows, [0.75 * 3 / 8, 0.25 / 8, 0.5 * 7 / 24])
    people, stories = np.arange(3), np.zeros(3, dtype=int)
    np.testing.assert_array_equal(found.pairs(people, stories), rows)


@pytest.mark.parametrize("traits", [1, 2, 5])
def test_similarities_agree_with_a_row_by_row_computation(traits: int) -> None:
    given = draw_problem(people=40, stories=25)
    counts = [count.copy() for count in given.counts[:traits]]
    counts[0][3] = 0
    sources, values = given.sources[:traits], given.values[:, :traits]
    names = [[str(code) for code in source.codes] for source in sources]
    found = compute_similarities(
        values,
        [trait_probabilities(c, n, s) for c, n, s in zip(counts, names, sources, strict=True)],
    )
    stories = [
        [
            reference.recode_story(
                counts[t][j].tolist(), names[t], s.codes, {o: s.shares(o) for o in s.recode}
            )
            for t, s in enumerate(sources)
        ]
        for j in range(25)
    ]
    people = [
        [
            None if value == len(s.codes) else s.codes[value]
            for value, s in zip(row, sources, strict=True)
        ]
        for row in values.tolist()
    ]
    expected = reference.similarity_matrix(people, stories)
    rows = [found.row(profile) for profile in found.profile_of]
    np.testing.assert_allclose(rows, expected, rtol=1e-12)
    first, second = found.factors(20, 30)
    for row, (i, k) in zip(rows, found.combinations[found.profile_of], strict=True):
        np.testing.assert_array_equal(first[i] * second[k], row[20:])

    best = assign_greedily(
        found, respondent_order([str(i) for i in range(40)]), backstory_tie_breaks(np.arange(25))
    )
    assert all(j in reference.most_similar(row) for j, row in zip(best, expected, strict=True))


@settings(deadline=None)
@given(problems(), st.randoms(use_true_random=False))
@pytest.mark.parametrize("method", ["greedy", "max_weight", "random"])
def test_the_order_of_rows_changes_nothing(method: Method, problem: Problem, random: Any) -> None:
    matrix, names, ids = problem
    rows = random.sample(range(len(names)), len(names))
    columns = random.sample(range(len(ids)), len(ids))
    shuffled = [[matrix[i][j] for j in columns] for i in rows]
    expected = match_by_name(method, matrix, names, ids)
    assert match_by_name(method, shuffled, [names[i] for i in rows], ids[columns]) == expected


@settings(deadline=None)
@given(problems())
def test_greedy_takes_a_most_similar_story(
    problem: Problem,
) -> None:
    matrix, names, ids = problem
    found = match_by_name("greedy", matrix, names, ids)
    for name, row in zip(names, matrix, strict=True):
        assert row[ids.tolist().index(found[name])] == max(row)


def test_equal_respondents_spread_over_equally_similar_stories() -> None:
    names = [f"r{i}" for i in range(600)]
    # The last two are equal to the first two but for the order of the product.
    high = 0.1 * 0.3 * 0.7
    assert high != 0.7 * 0.3 * 0.1
    row = [high, high, 0.0, 0.7 * 0.3 * 0.1, 0.7 * 0.3 * 0.1]
    found = match_by_name("greedy", [row] * 600, names, np.arange(5))
    counts = np.bincount(list(found.values()), minlength=5)
    assert counts[2] == 0
    assert (counts[[0, 1, 3, 4]] > 100).all()


@pytest.mark.parametrize("last", [0.3, 0.5, 0.9])
def test_a_further_story_or_respondent_changes_no_other_unless_it_wins(last: float) -> None:
    rng = np.random.default_rng(4)
    matrix = rng.choice([0.1, 0.5], (30, 100)).tolist()
    names, ids = [f"r{i}" for i in range(31)], np.arange(101)
    before = match_by_name("greedy", matrix, names[:30], ids[:100])
    more = match_by_name("greedy", [*matrix, matrix[0]], names, ids[:100])
    assert {name: more[name] for name in before} == before
    after = match_by_name("greedy", [[*row, last] for row in matrix], names[:30], ids)
    changed = [name for name in before if after[name] != before[name]]
    assert all(after[name] == 100 for name in changed)
    assert len(changed) == {0.3: 0, 0.9: 30}.get(last, len(changed))
    assert len(changed) < 5 or last == 0.9


class Made(Record):
    """No settings."""


def write_humans(path: Path, people: int = 4, **changes: Any) -> Path:
    columns = {
        "respondent": pa.array([f"p{i}" for i in range(people)]),
        "weight": pa.array([1.0] * people),
        "trait:age": pa.array([1, 2, None, 1][:people], pa.int16()),
        "trait:income": pa.array([5, 6, 7, None][:people], pa.int16()),
        **changes,
    }
    write_table(
        path, pa.table(columns), stage="humans", settings=Made(), metadata={"survey": "toy"}
    )
    return path


def write_traits(path: Path, stories: int = 5, **changes: Any) -> Path:
    ages = [[4, 0], [0, 4], [2, 2], [0, 0], [1, 3]][:stories]
    incomes = [[4, 0, 0, 0], [0, 4, 0, 0], [0, 0, 4, 0], [1, 1, 1, 1], [0, 0, 0, 0]][:stories]
    columns = {
        "backstory": pa.array(range(100, 100 + stories), pa.int64()),
        "age": pa.array(ages, pa.list_(pa.float32())),
        "income": pa.array(incomes, pa.list_(pa.float32())),
        **changes,
    }
    told = {"source": "toy stories", "traits": "toy model", "options": OPTIONS}
    write_table(path, pa.table(columns), stage="traits", settings=Made(), metadata=told)
    return path


def settings_for(method: Method, **changes: Any) -> matches.Settings:
    given = {"seed": 1, "survey": "toy", "method": method, "traits": TRAITS, **changes}
    return matches.Settings.model_validate(given)


@pytest.mark.parametrize("method", ["greedy", "max_weight", "random"])
def test_the_stage_writes_a_match_for_every_respondent(method: Method, tmp_path: Path) -> None:
    humans, traits = write_humans(tmp_path / "h.parquet"), write_traits(tmp_path / "t.parquet")
    output = tmp_path / "m.parquet"
    matches.run(settings_for(method), humans=humans, traits=traits, output=output)
    table = read_table(output)
    assert table.schema == pa.schema(
        [("respondent", pa.string()), ("backstory", pa.int64()), ("similarity", pa.float64())],
        metadata=table.schema.metadata,
    )
    assert table["respondent"].to_pylist() == ["p0", "p1", "p2", "p3"]
    if method == "greedy":
        # p1: old and middle, .75; p2: refused and high, .5; p3: young and refused, 1/3.
        assert table["backstory"].to_pylist() == [100, 101, 102, 100]
        assert table["similarity"].to_pylist() == pytest.approx([1, 0.75, 0.5, 1 / 3])
    similarity = table["similarity"].to_pylist()
    told = read_metadata(output)
    proven = {name: told.pop(name, None) for name in ("total_similarity", "bound", "gap")}
    if method == "max_weight":
        assert proven["total_similarity"] == pytest.approx(sum(similarity), abs=1e-12)
        assert proven["bound"] == pytest.approx(sum(similarity), abs=1e-12)
        assert 0 <= proven["gap"] < 1e-12
    assert told == {
        "source": "toy stories",
        "traits": "toy model",
        "backstories": 5,
        "filtered_out": 0,
        "distinct": len(set(table["backstory"].to_pylist())),
        "mean_similarity": pytest.approx(sum(similarity) / 4),
    }
    again = tmp_path / "again.parquet"
    matches.run(settings_for(method), humans=humans, traits=traits, output=again)
    assert again.read_bytes() == output.read_bytes()


@pytest.mark.parametrize(
    ("bound", "said"),
    [
        (
            3.0 + 1e-12,
            "total similarity 3.000000, the largest of all one-to-one matchings, but for",
        ),
        (3.01, "total similarity 3.000000, within 0.33% of 3.010000, which no one-to-one matching"),
    ],
)
def test_the_log_says_whether_a_total_is_the_largest(
    bound: float,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    best = Assignment(np.arange(4), 3.0, bound)
    monkeypatch.setattr(matches, "assign_max_weight", lambda *_: best)
    humans, traits = write_humans(tmp_path / "h.parquet"), write_traits(tmp_path / "t.parquet")
    output = tmp_path / "m.parquet"
    matches.run(settings_for("max_weight"), humans=humans, traits=traits, output=output)
    assert capsys.readouterr().err.splitlines()[1].startswith(said)


@pytest.mark.parametrize("method", ["max_weight", "random"])
def test_too_few_stories_for_one_to_one(method: Method, tmp_path: Path) -> None:
    humans, traits = write_humans(tmp_path / "h.parquet"), write_traits(tmp_path / "t.parquet", 3)
    with pytest.raises(DataError, match=r"4 respondents.* 3\n.*backstories\.natural\.count"):
        matches.run(settings_for(method), humans=humans, traits=traits, output=tmp_path / "m")


@pytest.mark.parametrize(
    ("people", "stories", "options", "said"),
    [
        ({"trait:age": pa.array([1, 9, 1, 1], pa.int16())}, {}, {}, "trait:age holds 9"),
        ({"respondent": pa.array(["a", "b", "a", "c"])}, {}, {}, "repeats an id"),
        ({}, {"backstory": pa.array([1, 2, 3, 4, 1])}, {}, "repeats an id"),
        ({}, {"age": pa.array([[1.0]] * 5, pa.list_(pa.float32()))}, {}, "its 2 options"),
        ({}, {}, {"age": AGE.model_copy(update={"recode": {"young": 1}})}, "the option old of age"),
        ({"trait:job": pa.array([1] * 4)}, {}, {"job": AGE}, "not asked for job"),
    ],
)
def test_what_does_not_fit_is_told(
    people: dict[str, Any],
    stories: dict[str, Any],
    options: dict[str, Any],
    said: str,
    tmp_path: Path,
) -> None:
    humans = write_humans(tmp_path / "h.parquet", **people)
    traits = write_traits(tmp_path / "t.parquet", **stories)
    given = settings_for("greedy", traits={**TRAITS, **options})
    with pytest.raises(DataError, match=said):
        matches.run(given, humans=humans, traits=traits, output=tmp_path / "m.parquet")


@pytest.mark.parametrize(("people", "stories"), [(4, 0), (0, 5)])
def test_nothing_to_match(people: int, stories: int, tmp_path: Path) -> None:
    humans = write_humans(tmp_path / "h.parquet", people)
    traits = write_traits(tmp_path / "t.parquet", stories)
    with pytest.raises(DataError, match=f"{people} respondents, {stories} stories"):
        matches.run(settings_for("greedy"), humans=humans, traits=traits, output=tmp_path / "m")

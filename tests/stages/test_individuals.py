"""Each persona beside the person it stands for: the stage, its tables, and what makes it stale."""

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from anthology.io.parquet import read_table
from tests.support.individual_tables import (
    CODES,
    NAMES,
    OUTPUTS,
    PEOPLE,
    ROWS,
    Frame,
    Tables,
    draw_both_rows,
    draw_respondents,
    draw_responses,
    individual_settings,
    run_individuals,
)
from tests.support.project import Project, merge


def cohen_kappa_score(*answers: Any, **how: Any) -> float:
    return float(import_module("sklearn.metrics").cohen_kappa_score(*answers, **how))


MEASURES = ["agreement", "kappa", "kappa_linear", "spearman", "mae"]


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    people = draw_respondents()
    return run_individuals(
        tmp_path_factory.mktemp("toy"), individual_settings(), people, draw_both_rows(people)
    )


def row_of(tables: Tables, condition: str, item: str, metric: str) -> Any:
    found = tables["individuals"]
    chosen = (found["condition"] == condition) & (found["item"] == item)
    (row,) = found[chosen & (found["metric"] == metric)].to_dict("records")
    return row


def pairs(people: Frame, frame: Frame, item: str) -> Frame:
    """Positions of people and personas who both answered."""
    place = {code: i for i, code in enumerate(CODES[item], 1)}
    theirs = frame[frame["item"] == item].set_index("respondent")["code"]
    both = pd.DataFrame({"human": people.set_index("respondent")[item], "persona": theirs})
    return both.dropna().map(lambda code: place[code])


def test_every_condition_and_baseline_has_every_row(tables: Tables) -> None:
    found = tables["individuals"]
    assert found["condition"].unique().tolist() == [
        "random_respondent",
        "same_traits",
        "told",
        "asked",
    ]
    assert found[found["condition"] == "told"]["item"].unique().tolist() == [
        *NAMES,
        "all",
        "persons",
    ]
    assert found.groupby("condition").size().tolist() == [5 * (len(NAMES) + 1) + 5] * 4
    assert found[found["model"].isna()]["condition"].nunique() == 2


@pytest.mark.parametrize("item", NAMES)
def test_items_are_measured_as_other_packages_do(tables: Tables, item: str) -> None:
    from scipy import stats

    people = draw_respondents()
    both = pairs(people, draw_responses(1, people), item)
    human, persona = both["human"].to_numpy(), both["persona"].to_numpy()
    expected = {"agreement": (human == persona).mean()}
    if item == "TEAM":
        expected["kappa"] = cohen_kappa_score(human, persona)
    else:
        for name, weights in (("kappa", "quadratic"), ("kappa_linear", "linear")):
            expected[name] = cohen_kappa_score(human, persona, weights=weights)
        expected["spearman"] = stats.spearmanr(human, persona).statistic
        expected["mae"] = np.abs(human - persona).mean()
    for metric in MEASURES:
        row = row_of(tables, "told", item, metric)
        assert row["n"] == len(both)
        if metric in expected:
            assert row["estimate"] == pytest.approx(expected[metric], abs=1e-6)
            assert row["low"] < row["estimate"] < row["high"]
        else:
            assert np.isnan(row["estimate"])
            assert row["notes"] == "options have no order"


def test_an_item_without_order_has_an_unweighted_kappa(tables: Tables) -> None:
    assert row_of(tables, "told", "TEAM", "kappa")["notes"] == "options have no order: unweighted"


def test_all_is_the_mean_over_the_items_that_have_the_measure(
    tables: Tables,
) -> None:
    for metric in MEASURES:
        each = [row_of(tables, "told", item, metric)["estimate"] for item in NAMES]
        row = row_of(tables, "told", "all", metric)
        assert row["estimate"] == pytest.approx(np.nanmean(each), abs=1e-6)
        assert row["low"] < row["estimate"] < row["high"]
        assert row["notes"] is np.nan or row["notes"] == "without TEAM"


def test_intervals_are_those_of_a_plain_bootstrap_of_pairs(tmp_path: Path) -> None:
    from scipy import stats

    rng = np.random.default_rng(3)
    human = rng.integers(0, 4, 300)
    persona = np.where(rng.random(300) < 0.5, human, rng.integers(0, 4, 300))
    people = pd.DataFrame(
        {"respondent": [f"p{i:03}" for i in range(300)], "weight": 1.0, "A": human + 1}
    )
    frame = pd.DataFrame(
        {"respondent": people["respondent"], "item": "A", "code": persona + 1, "option_probs": None}
    ).assign(unseen=None)
    items = [{"variable": "A", "codes": [1, 2, 3, 4]}]
    given = individual_settings(
        items=items, rows=ROWS[:1], bootstrap_resamples=2000, traits={}, nominal=[]
    )
    found = run_individuals(tmp_path, given, people, [frame])
    expected = stats.bootstrap(
        (human, persona),
        lambda a, b: cohen_kappa_score(a, b, weights="quadratic"),
        paired=True,
        vectorized=False,
        n_resamples=500,
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    row = row_of(found, "told", "A", "kappa")
    assert (row["low"], row["high"]) == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize(
    ("condition", "traits"),
    [("random_respondent", []), ("same_traits", ["trait:age", "trait:gender"])],
)
def test_baselines_compare_each_person_with_all_others(
    tables: Tables, condition: str, traits: list[str]
) -> None:
    people = draw_respondents()
    cells = list(map(tuple, people[traits].fillna(-1).astype(int).to_numpy()))
    place = {code: i for i, code in enumerate(CODES["HOPE"], 1)}
    answers = people["HOPE"].map(place)
    agreement, error, alone = [], [], 0
    for i in range(PEOPLE):
        if np.isnan(answers[i]):
            continue
        alike = np.array([not traits or cells[j] == cells[i] for j in range(PEOPLE)])
        others = answers[alike & (np.arange(PEOPLE) != i)].dropna()
        alone += others.empty
        if not others.empty:
            agreement.append((others == answers[i]).mean())
            error.append((others - answers[i]).abs().mean())
    row = row_of(tables, condition, "HOPE", "agreement")
    assert row["estimate"] == pytest.approx(np.mean(agreement), abs=1e-6)
    assert row["n"] == len(agreement)
    assert row["low"] < row["estimate"] < row["high"]
    told = f"{alone} left out with nobody else to compare with"
    assert row["notes"] is np.nan if not alone else row["notes"] == told
    assert row_of(tables, condition, "HOPE", "mae")["estimate"] == pytest.approx(
        np.mean(error), abs=1e-6
    )


def test_chance_corrected_measures_of_anyone_else_depend_on_how_many_there_are(
    tables: Tables,
) -> None:
    row = row_of(tables, "random_respondent", "HOPE", "kappa")
    assert row["estimate"] == pytest.approx(-1 / (row["n"] - 1), abs=1e-6)
    assert np.isnan(row["low"])
    assert row["notes"] == "decided by the number of people alone"


def test_people_with_the_same_traits_are_nearer_than_anyone_else(
    tables: Tables,
) -> None:
    alike = row_of(tables, "same_traits", "all", "kappa")["estimate"]
    assert alike > row_of(tables, "random_respondent", "all", "kappa")["estimate"] + 0.2


def test_each_persona_has_a_row_of_its_own(tables: Tables) -> None:
    from scipy import stats

    people, persons = draw_respondents(), tables["persons"]
    frame = draw_responses(1, people)
    told = persons[persons["condition"] == "told"].set_index("respondent")
    assert len(told) == frame["respondent"].nunique() == 70
    assert (
        persons["model"].isna() == persons["condition"].isin(["random_respondent", "same_traits"])
    ).all()
    both = {item: pairs(people, frame, item) for item in NAMES}
    for who, row in told.iterrows():
        mine = {item: both[item].loc[who] for item in NAMES if who in both[item].index}
        ordered = {item: pair for item, pair in mine.items() if item != "TEAM"}
        same = [pair["human"] == pair["persona"] for pair in mine.values()]
        apart = [abs(pair["human"] - pair["persona"]) for pair in ordered.values()]
        assert row["n_items"] == len(mine)
        assert row["agreement"] == pytest.approx(np.mean(same))
        assert row["mae"] == pytest.approx(np.mean(apart))
        up = [
            ((pair["human"] - 1) / top, (pair["persona"] - 1) / top)
            for item, pair in ordered.items()
            for top in [len(CODES[item]) - 1]
        ]
        sides = list(zip(*up, strict=True))
        if len(up) < 3 or any(len(set(side)) < 2 for side in sides):
            assert np.isnan(row["spearman"])
        else:
            expected = stats.spearmanr(sides[0], sides[1]).statistic
            assert row["spearman"] == pytest.approx(expected)


def test_persons_are_summarised(tables: Tables) -> None:
    for condition in ("random_respondent", "told"):
        persons = tables["persons"]
        values = persons[persons["condition"] == condition]["spearman"]
        rows = {
            name: row_of(tables, condition, "persons", f"spearman_{name}")
            for name in ("mean", "lower_quartile", "median", "upper_quartile", "undefined")
        }
        known = values.dropna()
        quartiles = np.quantile(known, [0.25, 0.5, 0.75], method="inverted_cdf")
        found = [row["estimate"] for row in rows.values()]
        expected = [known.mean(), *quartiles, values.isna().mean()]
        assert found == pytest.approx(expected, abs=1e-6)
        assert [row["n"] for row in rows.values()] == [len(known)] * 4 + [len(values)]
        assert np.isnan(rows["median"]["low"]) == (condition != "told")


def test_neither_order_nor_weights_change_a_byte_and_the_seed_only_intervals(
    tmp_path: Path,
) -> None:
    people = draw_respondents()
    first = run_individuals(tmp_path / "a", individual_settings(), people, draw_both_rows(people))
    mixed = [frame.sample(frac=1, random_state=2) for frame in draw_both_rows(people)]
    other = people.sample(frac=1, random_state=3).assign(weight=1.0)
    run_individuals(tmp_path / "b", individual_settings(), other, mixed)
    for name in OUTPUTS.values():
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    reseeded = run_individuals(
        tmp_path / "c", individual_settings(seed=6), people, draw_both_rows(people)
    )
    kept = first["individuals"].columns.difference(["low", "high", "notes"])
    pd.testing.assert_frame_equal(first["individuals"][kept], reseeded["individuals"][kept])
    assert (first["individuals"]["low"] != reseeded["individuals"]["low"]).any()
    pd.testing.assert_frame_equal(first["calibration"], reseeded["calibration"])


def test_what_cannot_be_measured_is_empty_and_explained(tmp_path: Path) -> None:
    people = draw_respondents(missing=0).assign(HOPE=30)
    frame = draw_responses(1, people)
    frame.loc[frame["item"] == "TRUST", "code"] = None
    frame.loc[(frame["item"] == "TRUST") & (frame["respondent"] == "p003"), "code"] = 2
    frame.loc[frame["item"] == "PRIDE", "code"] = None
    frame.loc[frame["item"] == "HOPE", "code"] = 30
    found = run_individuals(tmp_path, individual_settings(rows=ROWS[:1]), people, [frame])

    def told(item: str, metric: str) -> tuple[int, bool, str]:
        row = row_of(found, "told", item, metric)
        return row["n"], bool(np.isnan(row["estimate"])), row["notes"]

    assert told("PRIDE", "agreement") == (0, True, "no two answers to compare")
    assert told("PRIDE", "mae") == (0, True, "no two answers to compare")
    assert told("TRUST", "agreement") == (1, False, "one person has no interval")
    assert told("TRUST", "spearman") == (1, True, "answers do not vary")
    assert told("HOPE", "kappa") == (70, True, "one and the same answer is all there is")
    assert told("HOPE", "agreement")[:2] == (70, False)
    assert told("all", "spearman") == (70, True, "no item has it")
    assert told("persons", "spearman_median")[:2] == (0, True)
    assert told("persons", "spearman_undefined")[:2] == (70, False)
    assert row_of(found, "told", "all", "agreement")["notes"].startswith("without PRIDE")


def test_nobody_at_all_is_no_crash(tmp_path: Path) -> None:
    people = draw_respondents()
    nothing = [frame.head(0) for frame in draw_both_rows(people)]
    for given in (people, people.head(0), people.head(1)):
        found = run_individuals(tmp_path, individual_settings(), given, nothing)
        rows = found["individuals"].query("condition == 'told'")
        assert (rows["n"] == 0).all()
        assert rows["estimate"].isna().all()
        assert rows["notes"].notna().all()


@pytest.mark.slow
def test_a_condition_asked_by_probabilities_is_scored_in_a_study(project: Project) -> None:
    project.configure(
        lambda config: merge(
            config,
            {
                "compare": ["qa", "bio"],
                "conditions": {"bio": {"answer_mode": "logprobs"}},
                "metrics": {"bootstrap_resamples": 100},
            },
        )
    )
    target = "results/w34/individuals.csv"
    project.make(target)
    folder = project.path / "results/w34"
    table = pd.read_csv(folder / "individuals.csv")
    assert table["condition"].unique().tolist() == ["random_respondent", "same_traits", "qa", "bio"]
    assert table.query("condition == 'bio' and item == 'all'")["estimate"].notna().all()
    scored = pd.read_csv(folder / "calibration.csv").query("condition == 'bio'")
    assert scored["brier"].between(0, 2).all()
    assert len(read_table(folder / "individuals.parquet")) == 4 * 30
    assert len(pd.read_csv(folder / "reliability.csv")) == 2 * 9 * 10

    # What it depends on makes it again, and what it does not leaves it alone.
    made = {f"results/w34/{name}" for name in OUTPUTS.values()}
    assert project.stale(target) == set()
    project.configure(lambda config: merge(config, {"metrics": {"splits": 50}}))
    assert project.stale(target) == set()
    project.configure(lambda config: merge(config, {"metrics": {"bootstrap_resamples": 150}}))
    assert project.stale(target) == made

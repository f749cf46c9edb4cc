"""Every metric in all its forms: against plain computations, by hand, and where one is missing."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from anthology.analysis.match_quality import MatchQuality, likeliest_category
from anthology.analysis.proportions import effective_number
from anthology.config.survey import TraitSource
from anthology.errors import DataError
from anthology.io.parquet import write_table
from anthology.stages import metrics_full
from tests.support import reference_metrics as reference
from tests.support.metric_tables import (
    ITEMS,
    NAMES,
    ROWS,
    SIZES,
    Made,
    Table,
    answer,
    frames,
    persona_positions,
    population,
    positions_of,
    read,
    run_metrics,
    write_people,
    write_responses,
)
from tests.support.metric_tables import settings_for as metric_settings

AGE = {
    "variable": "A",
    "codes": [1, 2],
    "recode": {"young": 1, "middle": {1: 0.5, 2: 0.5}, "old": 2},
}
SEX = {"variable": "S", "codes": [2, 1], "recode": {"man": 1, "woman": 2}}
GREEDY = ROWS[1]


def settings_for(**changes: Any) -> metrics_full.Settings:
    given = metric_settings().model_dump(exclude={"persona_weights"}) | {
        "matched": {"greedy_bio": "greedy"},
        "matchings": {"greedy": {"age": AGE, "sex": SEX}},
        **changes,
    }
    return metrics_full.Settings.model_validate(given)


def people() -> pd.DataFrame:
    """Respondents who are all young women, but for the first four in the order of their ids."""
    found = population()
    place = found["respondent"].map(sorted(found["respondent"]).index)
    ages = place.map({0: 2, 1: None, 2: None}).where(place < 3, 1)
    sexes = place.map({2: None, 3: 1}).where((place == 2) | (place == 3), 2)
    return found.assign(age=ages, sex=sexes)


def write_matches(path: Path, respondents: list[str]) -> Path:
    """Match everybody with story 5 but the fifth, who gets story 6; similarities grow."""
    stories = [6 if i == 4 else 5 for i in range(len(respondents))]
    similarity = [i / 100 for i in range(len(respondents))]
    columns = {"respondent": respondents, "backstory": stories, "similarity": similarity}
    write_table(path, pa.table(columns), stage="matches", settings=Made(), metadata={})
    return path


def write_traits(path: Path) -> Path:
    """Say that story 5 is a young woman, and that story 6 is as likely young as old."""
    counts = pa.list_(pa.float32())
    table = pa.table(
        {
            "backstory": pa.array([4, 6, 5], pa.int64()),
            "age": pa.array([[0, 0, 9], [3, 2, 3], [5, 4, 1]], counts),
            "sex": pa.array([[1, 0], [0, 8], [2, 7]], counts),
        }
    )
    metadata = {"options": {"age": ["young", "middle", "old"], "sex": ["man", "woman"]}}
    write_table(path, table, stage="traits", settings=Made(), metadata=metadata)
    return path


def run(
    folder: Path,
    responses: Mapping[tuple[str, str], pd.DataFrame],
    given: metrics_full.Settings | None = None,
    frame: pd.DataFrame | None = None,
) -> Table:
    """Run the stage and read its table."""
    folder.mkdir(exist_ok=True)
    known = people() if frame is None else frame
    files = [
        write_responses(folder / f"{i}.parquet", answers, row)
        for i, (row, answers) in enumerate(responses.items())
    ]
    table = folder / "metrics_full.csv"
    metrics_full.run(
        settings_for() if given is None else given,
        humans=write_people(folder / "humans.parquet", known),
        responses=files,
        matches=[write_matches(folder / "greedy.parquet", sorted(known["respondent"]))],
        traits=write_traits(folder / "traits.parquet"),
        output=table,
    )
    return read(table)


def test_the_published_forms_are_those_of_metrics_csv(tmp_path: Path) -> None:
    rows = run(tmp_path, frames())
    published, _ = run_metrics(tmp_path / "published", metric_settings(), population(), frames())
    names = (*reference.MEASURES, "cronbach_alpha", "n_respondents", "n_backstories")
    for row, other in zip(rows, published, strict=True):
        assert [row[name] for name in names] == [other[name] for name in names]
    other_weights = metric_settings(persona_weights="respondent")
    weighted, _ = run_metrics(tmp_path / "weighted", other_weights, population(), frames())
    for row, other in zip(rows, weighted, strict=True):
        for name in reference.MEASURES:
            assert row[f"{name}_weighted"] == other[name]


def test_personas_with_their_respondents_weights_agree_with_a_plain_computation(
    tmp_path: Path,
) -> None:
    row = run(tmp_path, frames())[1]
    positions, names = persona_positions(frames()[ROWS[0]])
    weights = people().set_index("respondent")["weight"]
    expected = reference.compare(
        positions_of(people()), positions, SIZES, weights.to_numpy(), weights[names].to_numpy()
    )
    for name in reference.MEASURES:
        assert float(row[f"{name}_weighted"]) == pytest.approx(expected[name], abs=1e-6)
    assert row["n_complete"] == str((~np.isnan(positions)).all(axis=1).sum())


def test_matches_are_judged_by_the_traits_that_people_told(tmp_path: Path) -> None:
    row = run(tmp_path, frames())[2]
    # 40 personas, all matched with a young woman. The first person is old, the second did not
    # tell the age, the third told nothing and does not count, the fourth is a man, and the
    # fifth has a story that may be young or old.
    assert row["condition"] == "greedy_bio"
    assert float(row["traits_reproduced"]) == pytest.approx(36 / 39, abs=1e-6)
    assert float(row["traits_reproduced_mean"]) == pytest.approx((36 + 3 / 2) / 39, abs=1e-6)
    assert float(row["mean_similarity"]) == pytest.approx(np.mean(np.arange(40)) / 100, abs=1e-6)


def test_nobody_who_told_a_trait_leaves_its_shares_empty(tmp_path: Path) -> None:
    row = run(tmp_path, frames(), frame=people().assign(age=None, sex=None))[2]
    assert (row["traits_reproduced"], row["traits_reproduced_mean"]) == ("", "")
    assert row["mean_similarity"]
    assert "nobody answered a trait that was matched on" in row["notes"]


def test_a_storys_likeliest_category_is_that_of_the_survey() -> None:
    source = TraitSource.model_validate(AGE)
    counts = np.array([[3.0, 0, 0], [0, 0, 1], [2, 9, 3], [2, 9, 2], [0, 0, 0], [1, 9, 0.5]])
    found = likeliest_category(counts, ["young", "middle", "old"], source)
    # The fourth is as likely to be the one as the other, the fifth says nothing.
    assert found.tolist() == [1, 2, 2, 0, 0, 1]


def test_effective_stories_by_hand(tmp_path: Path) -> None:
    assert effective_number(np.array([5.0, 5, 5])) == pytest.approx(3)
    # Shares .5, .25, .25: 1 / (.25 + .0625 + .0625).
    assert effective_number(np.array([2.0, 1, 1])) == pytest.approx(8 / 3)
    row = run(tmp_path, frames())[2]
    stories = frames()[GREEDY].groupby("respondent")["backstory"].first()
    shares = stories.value_counts(normalize=True)
    assert float(row["effective_backstories"]) == pytest.approx(1 / (shares**2).sum(), abs=1e-6)
    assert row["n_backstories"] == str(len(shares))


def test_what_does_not_apply_is_empty_and_says_why(tmp_path: Path) -> None:
    human, bio, greedy, uniform = run(tmp_path, frames())
    for row in (human, bio, uniform):
        assert not any(row[name] for name in MatchQuality.__dataclass_fields__)
        assert not row["effective_backstories"]
    assert human["notes"] == "people have no stories"
    assert bio["notes"] == uniform["notes"] == "no stories"
    assert greedy["notes"] == ""
    assert bio["n_backstories"] == "0"
    told = {ROWS[0]: frames()[ROWS[0]].assign(backstory=3)}
    primed = run(tmp_path / "primed", told, settings_for(rows=[list(ROWS[0])]))[1]
    assert primed["notes"] == "not matched with stories"
    assert primed["effective_backstories"] == "1.000000"


def test_an_item_that_runs_against_the_others_is_turned_round(tmp_path: Path) -> None:
    items = [{**ITEMS[0], "reverse_coded": True}, *ITEMS[1:]]
    rows = run(tmp_path, frames(), settings_for(items=items))
    turned = positions_of(people())
    turned[:, 0] = 5 - turned[:, 0]
    assert float(rows[0]["alpha_keyed"]) == pytest.approx(
        reference.cronbach_alpha(turned), abs=1e-6
    )
    assert rows[0]["alpha_keyed"] != rows[0]["cronbach_alpha"]


def test_a_matching_that_is_missing_is_named(tmp_path: Path) -> None:
    given = settings_for(
        matched={"greedy_bio": "other"}, matchings={"other": {"age": AGE, "sex": SEX}}
    )
    with pytest.raises(DataError, match="the matching other of the condition greedy_bio"):
        run(tmp_path, frames(), given)


def test_a_respondent_without_a_match_is_named(tmp_path: Path) -> None:
    files: dict[str, Any] = {
        "humans": write_people(tmp_path / "humans.parquet", people()),
        "responses": [write_responses(tmp_path / "1.parquet", frames()[GREEDY], GREEDY)],
        "matches": [write_matches(tmp_path / "greedy.parquet", ["p000"])],
        "traits": write_traits(tmp_path / "traits.parquet"),
    }
    with pytest.raises(DataError, match="no row for the respondent p001"):
        metrics_full.run(
            settings_for(rows=[list(GREEDY)]), **files, output=tmp_path / "metrics_full.csv"
        )


def test_a_story_with_too_few_counts_is_told(tmp_path: Path) -> None:
    write_responses(tmp_path / "1.parquet", frames()[GREEDY], GREEDY)
    table = pa.table({"backstory": [5, 6], "age": [[1.0, 2, 3], [1.0, 2]], "sex": [[1.0, 2]] * 2})
    metadata = {"options": {"age": ["young", "middle", "old"], "sex": ["man", "woman"]}}
    write_table(tmp_path / "t.parquet", table, stage="traits", settings=Made(), metadata=metadata)
    with pytest.raises(DataError, match="age does not hold one count for each of its 3 options"):
        metrics_full.run(
            settings_for(rows=[list(GREEDY)]),
            humans=write_people(tmp_path / "humans.parquet", people()),
            responses=[tmp_path / "1.parquet"],
            matches=[write_matches(tmp_path / "greedy.parquet", sorted(people()["respondent"]))],
            traits=tmp_path / "t.parquet",
            output=tmp_path / "metrics_full.csv",
        )


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "case", ["no answer to TRUST", "all refused", "one answer", "one person", "one item"]
)
def test_degenerate_answers_have_defined_rows_with_a_reason(case: str, tmp_path: Path) -> None:
    first = frames()[ROWS[0]]
    frame = {
        "no answer to TRUST": answer(first, "TRUST", None),
        "all refused": answer(first, "", None),
        "one answer": answer(answer(answer(first, "TRUST", 1), "PRIDE", 1), "HOPE", 10),
        "one person": first[first["respondent"] == first["respondent"][0]],
        "one item": first[first["item"] == NAMES[0]],
    }[case]
    items = ITEMS[:1] if case == "one item" else ITEMS
    given = settings_for(items=items, rows=[list(ROWS[0])])
    row = run(tmp_path, {ROWS[0]: frame}, given)[1]
    shares = ["wasserstein", "wasserstein_normalised_weighted", "total_variation"]
    matrices = ["frobenius", "l1_weighted", "cbs"]
    forms = ["cronbach_alpha", "alpha_complete", "alpha_weighted", "alpha_keyed"]
    defined = {
        "no answer to TRUST": [],
        "all refused": [],
        "one answer": [*shares, *matrices],
        "one person": shares,
        "one item": shares,
    }[case]
    for name in (*shares, *matrices, *forms):
        assert bool(row[name]) == (name in defined), name
    assert row["notes"] != "no stories"
    assert "does not vary" in row["notes"] or case != "one answer"

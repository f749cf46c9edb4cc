"""What personas answered is read in whatever order, however little is read at a time."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anthology.analysis import response_rows as reading
from anthology.analysis.load import (
    ExtraColumns,
    PersonaAnswers,
    Respondents,
    load_personas,
    load_respondents,
)
from anthology.errors import DataError
from tests.support.metric_tables import (
    ITEMS,
    NAMES,
    answered,
    population,
    positions_of,
    settings_for,
    write_humans,
    write_responses,
)
from tests.support.random_answers import with_nan

ROW = ("llama", "greedy_bio")
SETTINGS = settings_for(rows=[list(ROW)])


def read(folder: Path, frame: pd.DataFrame, **given: Any) -> tuple[Respondents, PersonaAnswers]:
    found = load_respondents(SETTINGS, write_humans(folder / "humans.parquet", population()))
    file = write_responses(folder / "responses.parquet", frame, ROW)
    (one,) = load_personas(SETTINGS, found, [file], **given)
    return found, one


def test_answers_stand_in_the_row_of_the_person_and_the_column_of_the_item(tmp_path: Path) -> None:
    frame = answered(1, stories=True)
    found, one = read(tmp_path, frame, backstories=True)
    ids = found.ids.to_pylist()
    assert ids == sorted(population()["respondent"])
    codes = frame.set_index(["respondent", "item"])["code"]
    stories = frame.groupby("respondent")["backstory"].first()
    for row, who in enumerate(ids):
        asked = who in stories.index
        assert one.present[row] == asked
        assert one.backstories is not None
        assert one.backstories[row] == (stories[who] if asked else -1)
        for column, item in enumerate(ITEMS):
            code = codes.get((who, item["variable"]))
            place = 0 if pd.isna(code) else item["codes"].index(code) + 1
            assert one.positions[row, column] == place
            assert one.asked[row, column] == asked
    expected = positions_of(population().sort_values("respondent"))
    assert np.array_equal(with_nan(found.positions), expected, True)
    assert one.uses.sum() == len(stories)
    assert len(one.uses) == stories.nunique()


@settings(max_examples=25)
@given(st.randoms(use_true_random=False), st.integers(1, 50))
def test_neither_the_order_of_rows_nor_how_many_are_read_at_a_time_matters(
    tmp_path_factory: pytest.TempPathFactory, random: Any, rows: int
) -> None:
    folder = tmp_path_factory.mktemp("any")
    frame = answered(2, stories=True)
    _, before = read(folder, frame, backstories=True)
    order = list(range(len(frame)))
    random.shuffle(order)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "_ROWS", rows)
        _, after = read(folder, frame.iloc[order].reset_index(drop=True), backstories=True)
    assert (after.positions == before.positions).all()
    assert (after.asked == before.asked).all()
    assert after.backstories is not None
    assert before.backstories is not None
    assert (after.backstories == before.backstories).all()


@pytest.mark.parametrize("rows", [1, 4, 1000])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda f: pd.concat([f, f.iloc[[0]]]), "a respondent has two rows for one item"),
        (lambda f: f.assign(code=f["code"].mask(f.index == 5, 99)), "HOPE holds 99, which is none"),
        (lambda f: f.assign(code=f["code"].mask(f.index == 5, 1)), "HOPE holds 1, which is none"),
        (
            lambda f: f.assign(respondent=f["respondent"].mask(f.index == 7, "who")),
            "the respondent who is not known to the survey",
        ),
        (
            lambda f: f.assign(respondent=f["respondent"].mask(f.index == 7, None)),
            "the respondent None is not known to the survey",
        ),
        (
            lambda f: f.assign(item=f["item"].mask(f.index == 7, "FAITH")),
            "the item FAITH is not known to the survey",
        ),
        (
            lambda f: f.assign(backstory=f["backstory"].mask(f.index == 7, 77)),
            "a respondent has several backstories",
        ),
    ],
)
def test_rows_that_do_not_fit_are_refused_wherever_they_stand(
    rows: int, change: Any, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_ROWS", rows)
    frame = change(answered(1, stories=True)).reset_index(drop=True)
    with pytest.raises(DataError, match=said) as caught:
        read(tmp_path, frame, backstories=True)
    assert str(caught.value.where) == str(tmp_path / "responses.parquet")


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    found = load_respondents(SETTINGS, write_humans(tmp_path / "humans.parquet", population()))
    file = write_responses(tmp_path / "responses.parquet", answered(1, stories=True), ROW)
    content = file.read_bytes()
    file.write_bytes(content[:40] + bytes(200) + content[240:])
    with pytest.raises(DataError, match="cannot be read as Parquet"):
        list(load_personas(SETTINGS, found, [file]))


def test_extra_columns_are_seen_once_for_each_row_in_order(tmp_path: Path) -> None:
    frame, seen = answered(1, stories=True), list[tuple[str, str, int]]()

    def see(part: reading.ResponseRows, path: Path) -> None:
        assert path == tmp_path / "responses.parquet"
        assert part.first == len(seen)
        names = sorted(population()["respondent"])
        refused = part.values["refused"].to_pylist()
        for person, item, count in zip(part.person, part.item, refused, strict=True):
            seen.append((names[person], NAMES[item], count))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "_ROWS", 7)
        read(tmp_path, frame, extra=ExtraColumns(["refused"], see))
    assert seen == list(frame[["respondent", "item", "refused"]].itertuples(index=False, name=None))

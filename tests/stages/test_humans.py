"""The humans stage, on survey files that the tests write."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyreadstat
import pytest

from anthology.errors import DataError
from anthology.io.parquet import read_metadata, read_producer, read_table
from anthology.stages import humans
from anthology.survey.codebook import Codebook, Entry, TraitEntry
from anthology.survey.reader import CodedVariable, Settings
from anthology.survey.spss import read_columns, read_header

AGE: dict[int | float, str] = {1: "18 to 29", 2: "30 or older", 99: "Refused"}
INCOME: dict[int | float, str] = {
    1: "Under $100,000 [OR]",
    2: "More,  Specify:",
    9: "(VOL) Don\u2019t know/Refused",
}
TEA: dict[int | float, str] = {
    1: "Very good.",
    2: "Good",
    3: "Bad",
    99: "Don't know/Refused (VOL.)",
}

COLUMNS: dict[str, list[Any]] = {
    "QKEY": [100001.0, 100002.0, 100003.0, 100004.0, 100005.0],
    "WEIGHT_W7": [1.5, 0.25, None, 2.0, 0.0],
    "F_AGE": [1.0, 2.0, None, 99.0, 1.0],
    "F_INC": [9.0, None, 1.0, 2.0, 1.0],
    "TEA_W7": [1.0, 99.0, None, 3.0, 2.0],
    "SPARE": ["a", "b", "c", "d", "e"],
}
LABELS: dict[str, str | None] = {
    "F_AGE": "Age category",
    "F_INC": "F_INC. Household income",
    "TEA_W7": "TEA. Is this good or bad?    Green tea",
}
VALUE_LABELS = {"F_AGE": AGE, "F_INC": INCOME, "TEA_W7": TEA}


def settings(**changes: Any) -> Settings:
    return Settings(
        **{
            "seed": 1,
            "survey": "w7",
            "id": "QKEY",
            "weight": "WEIGHT_W7",
            "traits": {
                "age": CodedVariable(variable="F_AGE", codes=[1, 2]),
                "income": CodedVariable(variable="F_INC", codes=[2, 1]),
            },
            "items": [CodedVariable(variable="TEA_W7", codes=[1, 2, 3])],
            **changes,
        }
    )


def write(
    path: Path,
    columns: dict[str, list[Any]] | None = None,
    value_labels: dict[str, dict[int | float, str]] | None = None,
    **how: Any,
) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pyreadstat.write_sav(
        pd.DataFrame(COLUMNS | (columns or {})),
        path,
        column_labels=LABELS,
        variable_value_labels=VALUE_LABELS | (value_labels or {}),
        **how,
    )
    return path


def run(sav: Path, **changes: Any) -> tuple[pa.Table, Codebook, dict[str, Any]]:
    table, book = sav.parent / "out" / "humans.parquet", sav.parent / "out" / "codebook.json"
    humans.run(settings(**changes), sav=sav, humans=table, codebook=book)
    return read_table(table), Codebook.load(book), read_metadata(table)


def failing(sav: Path, **changes: Any) -> str:
    with pytest.raises(DataError) as caught:
        run(sav, **changes)
    assert not list((sav.parent / "out").glob("*"))
    return str(caught.value)


@pytest.mark.parametrize("how", [{}, {"row_compress": True}, {"compress": True}])
def test_people_are_read(
    tmp_path: Path, how: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    sav = write(tmp_path / "a file's folder ü" / "our wave.sav", **how)
    table, book, known = run(sav)
    assert table.to_pydict() == {
        "respondent": ["100001", "100002", "100004"],
        "weight": [1.5, 0.25, 2.0],
        "trait:age": [1, 2, None],
        "trait:income": [None, None, 2],
        "TEA_W7": [1, None, 3],
    }
    assert [str(kind) for kind in table.schema.types] == [
        "string",
        "double",
        "int16",
        "int16",
        "int16",
    ]
    assert known == {
        "survey": "w7",
        "source": "our wave.sav",
        "people": 5,
        "without_weight": 2,
        "filtered_out": 0,
        "drawn": 3,
    }
    assert book == Codebook(
        survey="w7",
        source="our wave.sav",
        traits={
            "age": TraitEntry(
                variable="F_AGE",
                wording="Age category",
                options=((1, "18 to 29"), (2, "30 or older")),
            ),
            "income": TraitEntry(
                variable="F_INC",
                wording="Household income",
                options=((2, "More"), (1, "Under $100,000")),
            ),
        },
        items={
            "TEA_W7": Entry(
                wording="Is this good or bad? Green tea",
                options=((1, "Very good"), (2, "Good"), (3, "Bad")),
            )
        },
    )
    said = (
        "w7: 5 respondents read from our wave.sav, 2 excluded without a weight, "
        "0 by the filters, 3 kept\n"
    )
    assert capsys.readouterr().err == said


def test_simulated_files_are_recognised_by_their_label(tmp_path: Path) -> None:
    _, book, known = run(write(tmp_path / "w7.sav", file_label="Simulated population"))
    assert known["source"] == book.source == "simulated"
    _, book, known = run(write(tmp_path / "w7.sav", file_label="Simulated population, edited"))
    assert known["source"] == book.source == "w7.sav"


def test_equal_input_gives_equal_bytes(tmp_path: Path) -> None:
    sav = write(tmp_path / "w7.sav")
    out = tmp_path / "out"
    run(sav)
    first = {path.name: path.read_bytes() for path in out.iterdir()}
    run(sav)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == first
    assert read_producer(out / "humans.parquet")["stage"] == "humans"


def test_text_ids_are_kept_as_they_are(tmp_path: Path) -> None:
    ids = ["a", "b ", "007", "7", "1.0"]
    table, _, _ = run(write(tmp_path / "w7.sav", {"QKEY": ids, "WEIGHT_W7": [1.0] * 5}))
    assert table["respondent"].to_pylist() == ["a", "b", "007", "7", "1.0"]


def many(path: Path, count: int) -> Path:
    ones = [1.0] * count
    columns = dict.fromkeys(COLUMNS, ones) | {"QKEY": [float(i) for i in range(count)]}
    return write(path, columns)


def test_draws_are_nested_and_in_file_order(tmp_path: Path) -> None:
    sav = many(tmp_path / "w7.sav", 60)
    drawn = [
        [int(i) for i in run(sav, respondents=count)[0]["respondent"].to_pylist()]
        for count in (10, 11, 59, 60, 100)
    ]
    assert [len(people) for people in drawn] == [10, 11, 59, 60, 60]
    assert all(people == sorted(people) for people in drawn)
    for smaller, larger in pairwise(drawn):
        assert set(smaller) <= set(larger)


def test_draws_depend_on_seed_and_survey(tmp_path: Path) -> None:
    sav = many(tmp_path / "w7.sav", 60)
    draws = {
        tuple(run(sav, respondents=10, **changes)[0]["respondent"].to_pylist())
        for changes in ({}, {"seed": 2}, {"survey": "w8"})
    }
    assert len(draws) == 3


def test_the_code_of_a_refusal_does_not_matter(tmp_path: Path) -> None:
    labels: dict[str, dict[int | float, str]] = {"F_AGE": {1: "Refused", 2: "Young", 99: "Old"}}
    sav = write(tmp_path / "w7.sav", value_labels=labels)
    traits = {"age": CodedVariable(variable="F_AGE", codes=[99, 2])}
    table, book, _ = run(sav, traits=traits)
    assert table["trait:age"].to_pylist() == [None, 2, 99]
    assert book.traits["age"].texts == {99: "Old", 2: "Young"}
    message = failing(write(tmp_path / "b" / "w7.sav", value_labels=labels))
    assert 'F_AGE has the declared code 1 for "Refused", a refusal' in message


def test_a_blank_label_is_no_label(tmp_path: Path) -> None:
    sav = write(tmp_path / "w7.sav", value_labels={"F_AGE": {1: " ", 2: "Old", 99: "Refused"}})
    assert "F_AGE has no label for the declared code 1" in failing(sav)


def test_an_undeclared_answer_is_an_error(tmp_path: Path) -> None:
    message = failing(
        write(tmp_path / "w7.sav"), items=[CodedVariable(variable="TEA_W7", codes=[2, 1])]
    )
    assert f"{tmp_path}/w7.sav: TEA_W7 has 1 row with the code 3" in message
    assert '"Bad", which is not declared' in message
    assert "Declared: 2, 1." in message


@pytest.mark.parametrize(("value", "said"), [(4.0, "4"), (1.5, "1.5"), (-1.0, "-1")])
def test_an_unlabelled_value_is_an_error(tmp_path: Path, value: float, said: str) -> None:
    message = failing(write(tmp_path / "w7.sav", {"F_AGE": [value, value, 1.0, 1.0, 1.0]}))
    assert f"F_AGE has 2 rows with the code {said}, which has no label" in message


def test_values_of_people_left_out_are_not_judged(tmp_path: Path) -> None:
    table, _, _ = run(write(tmp_path / "w7.sav", {"F_AGE": [1.0, 1.0, 77.0, 1.0, 77.0]}))
    assert table["trait:age"].to_pylist() == [1, 1, 1]


def test_user_missing_values_are_null(tmp_path: Path) -> None:
    sav = write(tmp_path / "w7.sav", missing_ranges={"TEA_W7": [3.0]})
    assert run(sav)[0]["TEA_W7"].to_pylist() == [1, None, None]


@pytest.mark.parametrize(
    ("changes", "message", "hint"),
    [
        ({"id": "QKEI"}, 'no variable "QKEI", which is to hold the id', 'mean "QKEY"?'),
        (
            {"weight": "WEIGHT_W8"},
            'no variable "WEIGHT_W8", which is to hold the weight',
            'mean "WEIGHT_W7"?',
        ),
        ({"weight": "SPARE"}, "SPARE holds text, where numbers are expected", ""),
        (
            {"traits": {"age": {"variable": "F_AGF", "codes": [1, 2]}}},
            'no variable "F_AGF", which is to hold "trait:age"',
            'mean "F_AGE"?',
        ),
        (
            {"traits": {"age": {"variable": "F_AGE", "codes": [1, 2, 3]}}},
            "F_AGE has no label for the declared code 3",
            'It has 1 "18 to 29", 2 "30 or older", 99 "Refused".',
        ),
        (
            {"items": [{"variable": "tea_w7", "codes": [1, 2]}]},
            'no variable "tea_w7", which is to hold an item',
            'mean "TEA_W7"?',
        ),
        (
            {"items": [{"variable": "SPARE", "codes": [1, 2]}]},
            "SPARE holds text, where numbers are expected",
            "",
        ),
        (
            {"items": [{"variable": "WEIGHT_W7", "codes": [1, 2]}]},
            "WEIGHT_W7 has no label for the declared code 1",
            "It has no labels at all.",
        ),
    ],
)
def test_a_wrong_declaration_is_found_in_the_header(
    tmp_path: Path, changes: dict[str, Any], message: str, hint: str
) -> None:
    sav = write(tmp_path / "w7.sav")
    said = failing(sav, **changes)
    assert message in said
    assert hint in said
    assert str(sav) in said


def test_a_missing_variable_among_many_names_only_its_like(tmp_path: Path) -> None:
    sav = write(tmp_path / "w7.sav", {f"V{i}": [1.0] * 5 for i in range(100)})
    message = failing(sav, id="QKEI")
    assert 'did you mean "QKEY"?' in message
    assert "V55" not in message
    assert "and 105 others." in message


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"QKEY": [1.0, 2.0, 3.0, 1.0, 5.0]}, "QKEY is 1 in row 1 and in row 4"),
        ({"QKEY": [1.0, None, 3.0, 4.0, 5.0]}, "QKEY is missing in row 2"),
        ({"QKEY": ["a", " ", "c", "d", "e"]}, "QKEY is missing in row 2"),
        ({"WEIGHT_W7": [1.0, 1.0, 1.0, -0.5, 1.0]}, "WEIGHT_W7 is -0.5 in row 4"),
        ({"WEIGHT_W7": [1.0, np.inf, 1.0, 1.0, 1.0]}, "WEIGHT_W7 is inf in row 2"),
        (
            {"WEIGHT_W7": [None, 0.0, 0.0, 0.0, 0.0]},
            "has no respondent whose WEIGHT_W7 is above",
        ),
    ],
)
def test_wrong_rows_are_named(tmp_path: Path, columns: dict[str, list[Any]], message: str) -> None:
    sav = write(tmp_path / "w7.sav", columns)
    assert f"{sav}: {message}" in failing(sav)


def test_a_file_without_rows_holds_nobody(tmp_path: Path) -> None:
    sav = write(
        tmp_path / "w7.sav", {name: [] for name in COLUMNS if name != "SPARE"} | {"SPARE": []}
    )
    assert "has no respondent" in failing(sav)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "does not exist"),
        (b"", "is empty, where an SPSS file"),
        (b"$FL", "is no SPSS file"),
        (b"QKEY,WEIGHT\n1,2\n", "It begins with b'QKEY'"),
        (b"PK\x03\x04rest", "is an archive"),
        (b"$FL2 and nothing of use", "damaged or cut short"),
    ],
)
def test_what_is_no_survey_file_is_told(
    tmp_path: Path, content: bytes | None, message: str
) -> None:
    sav = tmp_path / "w7.sav"
    if content is not None:
        sav.write_bytes(content)
    assert message in failing(sav)


@pytest.mark.parametrize("how", [{}, {"row_compress": True}, {"compress": True}])
@pytest.mark.parametrize("part", [0.01, 0.05, 0.2, 0.5, 0.8, 0.99, 0.99999])
def test_a_file_cut_short_is_told(tmp_path: Path, how: dict[str, Any], part: float) -> None:
    whole = write(tmp_path / "w7.sav", {name: COLUMNS[name] * 200 for name in COLUMNS}, **how)
    content = whole.read_bytes()
    sav = tmp_path / "cut.sav"
    sav.write_bytes(content[: int(len(content) * part)])
    assert "damaged or cut short" in failing(sav)


def test_fewer_rows_than_declared_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sav = write(tmp_path / "w7.sav")
    header = read_header(sav)
    monkeypatch.setattr(pyreadstat, "read_sav", lambda *_, **__: ({"QKEY": [1.0]}, None))
    with pytest.raises(DataError, match="5 rows declared, 1 found"):
        read_columns(header, ["QKEY"])


def test_a_damaged_codebook_is_told(tmp_path: Path) -> None:
    path = tmp_path / "codebook.json"
    with pytest.raises(DataError, match="cannot be read"):
        Codebook.load(path)
    path.write_text('{"survey": "w7"}')
    with pytest.raises(DataError, match="is no codebook"):
        Codebook.load(path)
    path.write_text("{")
    with pytest.raises(DataError, match="is no codebook"):
        Codebook.load(path)


def test_a_codebook_reads_what_it_writes(tmp_path: Path) -> None:
    book = Codebook(
        survey="w7",
        source="simulated",
        traits={},
        items={"TEA": Entry(wording="Tée?", options=((2, "“Yes”"), (1, "No")))},
    )
    path = tmp_path / "codebook.json"
    path.write_text(book.as_json(), encoding="utf-8")
    assert Codebook.load(path) == book
    assert "Tée?" in path.read_text(encoding="utf-8")
    assert list(book.items["TEA"].texts) == [2, 1]

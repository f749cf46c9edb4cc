"""Stories that are nearly the same are found, all of them, and told."""

import csv
import re
from fractions import Fraction
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anthology.config.stage import StageSettings
from anthology.io.parquet import write_table
from anthology.seeds import rng_for
from anthology.stages import duplicates
from anthology.stages.duplicates import Settings, find_similar_pairs, run, shingle_matrix
from tests.support.project import Project, merge

FILE = "results/backstories/duplicates.csv"

words = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=9)
stories = st.lists(words.map(" ".join), min_size=1, max_size=7)


def alike(texts: list[str], length: int, least: float) -> dict[tuple[int, int], float]:
    found: dict[tuple[int, int], float] = {}
    for first, second, similarity in find_similar_pairs(shingle_matrix(texts, length), least):
        rows = zip(first.tolist(), second.tolist(), similarity.tolist(), strict=True)
        found |= {(a, b): index for a, b, index in rows}
    return found


def held(text: str, length: int) -> set[tuple[str, ...]]:
    said = re.findall(r"\w+", text.lower())
    if 0 < len(said) < length:
        return {tuple(said)}
    return {tuple(said[i : i + length]) for i in range(len(said) - length + 1)}


def slowly(texts: list[str], length: int, least: float) -> dict[tuple[int, int], float]:
    """Compute the same pair by pair from the definition."""
    found = {}
    for a, one in enumerate(texts):
        for b, other in enumerate(texts[:a]):
            left, right = held(one, length), held(other, length)
            if left and right:
                index = Fraction(len(left & right), len(left | right))
                if index >= Fraction(str(least)):
                    found[b, a] = float(index)
    return found


@given(stories, st.integers(1, 5), st.sampled_from([0.01, 0.2, 0.25, 0.5, 0.7, 1.0]))
def test_pairs_are_those_of_the_definition(texts: list[str], length: int, least: float) -> None:
    assert alike(texts, length, least) == pytest.approx(slowly(texts, length, least))


@given(stories, st.integers(1, 4), st.integers(1, 4), st.integers(1, 8))
def test_how_many_stories_are_compared_at_a_time_changes_nothing(
    texts: list[str], length: int, rows: int, columns: int
) -> None:
    whole = alike(texts, length, 0.3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duplicates, "_ROWS", rows)
        patch.setattr(duplicates, "_COLUMNS", columns)
        assert alike(texts, length, 0.3) == whole


@given(stories, st.randoms())
def test_the_order_of_stories_changes_no_pair(texts: list[str], random: object) -> None:
    order = list(range(len(texts)))
    random.shuffle(order)  # type: ignore[attr-defined]
    before = alike(texts, 2, 0.3)
    after = alike([texts[place] for place in order], 2, 0.3)
    named = {(order[a], order[b]): index for (a, b), index in after.items()}
    assert {(min(pair), max(pair)): index for pair, index in named.items()} == before


def test_a_similarity_is_the_share_of_passages_in_common() -> None:
    one = "I grew up on a farm near a river."
    other = "I grew up on a boat near a river."
    # Each has seven passages of three words; I-grew-up, grew-up-on, up-on-a and near-a-river are
    # in both.
    assert alike([one, other], 3, 0.1) == {(0, 1): pytest.approx(4 / 10)}


@pytest.mark.parametrize(
    "other",
    [
        "I GREW up; on a farm -- near\n\nthe river",
        "\u201cI grew up on a farm\u201d \u2014 near the river\u2026",
        "i, grew. up! on? a: farm (near) [the] river'",
    ],
)
def test_case_and_punctuation_do_not_count(other: str) -> None:
    assert alike(["I grew up on a farm near the river.", other], 5, 1.0) == {(0, 1): 1.0}


def test_stories_shorter_than_a_passage_are_compared_as_one_passage() -> None:
    texts = ["I am.", "i AM", "I am here.", "", "...", "", "I am and here is more of me"]
    assert alike(texts, 5, 0.01) == {(0, 1): 1.0}


def test_every_planted_copy_is_found_among_many_stories() -> None:
    rng = rng_for(3, "stories")
    texts = [" ".join(f"w{n}" for n in rng.zipf(1.3, 120) % 5000) for _ in range(300)]
    for copy in range(40):
        said = texts[copy].split()
        said[30:45] = [f"x{copy}"] * 15
        texts.append(" ".join(said).upper())
    planted = {(copy, 300 + copy) for copy in range(40)}
    assert set(alike(texts, 5, 0.5)) == planted


def listed(folder: Path, texts: list[str], numbers: list[int]) -> str:
    source, output = folder / "stories.parquet", folder / "duplicates.csv"
    table = pa.table({"backstory": numbers, "text": texts})
    write_table(source, table, stage="b", settings=StageSettings(), metadata={})
    run(Settings(shingle_words=2, min_similarity=0.5), backstories=source, output=output)
    return output.read_text()


def test_pairs_are_listed_by_the_numbers_of_stories_and_summed_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = [
        "by the sea I was born",
        "here is somebody else",
        "by the sea I was born",
        "By the sea I was",
    ]
    written = listed(tmp_path, texts, [7, 3, 5, 4])
    assert written == (
        "story_1,story_2,similarity\n4,5,0.800000\n4,7,0.800000\n5,7,1.000000\n"
    )  # fmt: skip
    said = capsys.readouterr().err
    assert "stories that are nearly the same as another: 3 of 4, in 3 pairs" in said
    assert "exact copies of an earlier story: 1" in said
    assert listed(tmp_path, texts[::-1], [4, 5, 3, 7]) == written


@pytest.mark.parametrize("texts", [[], ["alone in the world"], ["", "!"]])
def test_where_nothing_can_be_alike_the_list_is_empty(tmp_path: Path, texts: list[str]) -> None:
    numbers = pa.array(range(len(texts)), pa.int64())
    source, output = tmp_path / "stories.parquet", tmp_path / "duplicates.csv"
    table = pa.table({"backstory": numbers, "text": pa.array(texts, pa.string())})
    write_table(source, table, stage="b", settings=StageSettings(), metadata={})
    run(Settings(shingle_words=5, min_similarity=0.5), backstories=source, output=output)
    assert output.read_text() == "story_1,story_2,similarity\n"


@pytest.mark.slow
def test_copies_in_a_file_of_stories_are_reported_and_kept(fresh: Project) -> None:
    texts = [f"I am number {i} of {i} people who were born in the town of {i}." for i in range(9)]
    (fresh.path / "stories.txt").write_text("\n".join([*texts, texts[4], texts[2].upper()]))
    natural = {"file": "stories.txt", "count": "all"}
    changes = {"backstories": {"natural": natural}, "compare": ["qa"]}
    fresh.configure(lambda config: merge(config, changes))
    fresh.make(FILE)
    with (fresh.path / FILE).open(newline="") as file:
        rows = [tuple(row.values()) for row in csv.DictReader(file)]
    assert rows == [("2", "10", "1.000000"), ("4", "9", "1.000000")]
    log = (fresh.path / "logs/backstories/duplicates.log").read_text()
    assert "4 of 11, in 2 pairs" in log
    assert "exact copies of an earlier story: 1" in log
    closer = {"backstories": {"duplicates": {"min_similarity": 0.1}}}
    fresh.configure(lambda config: merge(config, closer))
    assert fresh.stale(FILE) == {FILE}
    assert FILE not in fresh.stale("results/traits/natural.parquet")

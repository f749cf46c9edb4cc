"""The published numbers beside our own."""

import csv
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyreadstat
import pytest

from anthology.analysis.metrics import cronbach_alpha
from anthology.errors import DataError
from anthology.io.parquet import read_table, write_table
from anthology.records import Record
from anthology.stages import reproduction
from anthology.study.files import Catalogue
from tests.support.project import ROOT, Project

ITEMS = [{"variable": "A", "codes": [1, 2, 3]}, {"variable": "B", "codes": [1, 2, 3]}]
PUBLISHED = {
    "surveys": {
        "toy": {
            "people": 1234,
            "release": "Toy Panel Wave 1",
            "human": [0.1, 0.2, 0.3],
            "groups": [{"name": "The old", "trait": "age", "codes": [2, 3], "alpha": 0.456}],
        }
    },
    "conditions": {"greedy": ["greedy_qa", "greedy_bio"]},
    "models": {"Big-1": "big-1"},
    "results": [
        {"model": "Big-1", "condition": "greedy", "w34": [0.5, 1.5, 0.25], "uncertain": ["w34"]}
    ],
}


class Made(Record):
    """No settings."""


def people(path: Path, source: str, survey: str = "toy") -> Path:
    """Write 24 people of three ages."""
    columns = {
        "respondent": [f"p{i:02}" for i in range(24)],
        "weight": [1.0 + i % 3 for i in range(24)],
        "trait:age": [None if i == 5 else 1 + i % 3 for i in range(24)],
        "A": [1 + i % 3 for i in range(24)],
        "B": [1 + (i // 2) % 3 for i in range(24)],
    }
    told = {"survey": survey, "source": source}
    write_table(path, pa.table(columns), stage="humans", settings=Made(), metadata=told)
    return path


def run(
    folder: Path, source: str, tables: list[Path], ages: tuple[int, ...] = (1, 2, 3), **changes: Any
) -> list[list[str]]:
    """Run the stage, and return the cells of every row of its page's tables."""
    given = {
        "seed": 3,
        "splits": 10,
        "surveys": {"toy": {"items": ITEMS, "traits": {"age": ages} if ages else {}}},
        "published": PUBLISHED,
        "tables": {str(table): "" for table in tables},
    }
    output = folder / "reproduction.md"
    reproduction.run(
        reproduction.Settings.model_validate(given),
        humans=[people(folder / "humans.parquet", source, **changes)],
        output=output,
    )
    lines = output.read_text().splitlines()
    return [[c.strip() for c in line.split("|")[1:-1]] for line in lines if line.startswith("|")]


def test_the_people_of_a_file_stand_below_the_published_ones(tmp_path: Path) -> None:
    rows = run(tmp_path, "Toy W1.sav", [])
    assert ["toy", "published", "", "1,234", "0.100", "0.200", "0.300"] in rows
    (here,) = [row for row in rows if row[1:3] == ["here", "`Toy W1.sav`"]]
    positions = read_table(tmp_path / "humans.parquet").select(["A", "B"]).to_pandas().to_numpy()
    assert here[3] == "24"
    assert here[6] == f"{cronbach_alpha(positions.astype('int16')):.3f}"
    page = (tmp_path / "reproduction.md").read_text()
    assert "free registration" not in page
    assert "Here: Toy W1.sav." in page


def test_a_group_s_alpha_is_that_of_its_people(tmp_path: Path) -> None:
    rows = run(tmp_path, "Toy W1.sav", [])
    frame = read_table(tmp_path / "humans.parquet").to_pandas()
    old = frame[frame["trait:age"].isin([2, 3])]
    alpha = cronbach_alpha(old[["A", "B"]].to_numpy(dtype="int16"))
    assert ["The old", str(len(old)), "0.456", f"{alpha:.3f}"] in rows


def test_groups_by_a_trait_that_the_survey_does_not_have_here_are_left_out(tmp_path: Path) -> None:
    assert any(row[0] == "The old" for row in run(tmp_path, "Toy W1.sav", []))
    assert not any(row[0] == "The old" for row in run(tmp_path, "Toy W1.sav", [], ages=()))


def test_where_a_file_is_missing_the_page_says_how_to_get_it(tmp_path: Path) -> None:
    rows = run(tmp_path, "simulated", [])
    page = (tmp_path / "reproduction.md").read_text()
    assert "**toy**: there is no survey file." in page
    assert "The Toy Panel Wave 1 data set" in page
    assert """--config 'humans={toy: "/some where/the file.sav"}'""" in page
    assert any(row[1:3] == ["here", "simulated people"] for row in rows)


def test_results_at_hand_stand_below_the_published_ones(tmp_path: Path) -> None:
    table = tmp_path / "metrics.csv"
    head = "survey,model,condition,wasserstein,frobenius,cronbach_alpha,humans"
    table.write_text(
        f"{head}\nw34,,human,0.1,0.2,0.3,W34.sav\nw34,big-1,greedy_bio,0.4444,1.25,,W34.sav\n"
        "w34,other,greedy_bio,0.9,0.9,0.9,W34.sav\n"
    )
    rows = run(tmp_path, "Toy W1.sav", [table])
    place = rows.index(["Big-1†", "greedy", "w34", "published", "0.500", "1.500", "0.250"])
    own = ["big-1", "`greedy_bio`", "w34", "here, people W34.sav", "0.444", "1.250", "-"]
    assert rows[place + 1 :] == [own]


def test_people_of_another_survey_are_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="people of w7, of which nothing is published"):
        run(tmp_path, "W7.sav", [], survey="w7")


def test_every_published_name_is_one_of_this_project() -> None:
    catalogue = Catalogue(ROOT / "config")
    published = catalogue.published()
    assert set(published.surveys) == {"w34", "w92", "w99"}
    assert set(published.models.values()) <= set(catalogue.names("models"))
    for survey, known in published.surveys.items():
        traits = catalogue.load("surveys", survey).traits
        for group in known.groups:
            assert set(group.codes) <= set(traits[group.trait].codes)
    assert len(published.results) == 12
    assert published.surveys["w34"].human == (0.057, 0.418, 0.784)


@pytest.mark.slow
def test_for_the_page_no_table_is_made_again(project: Project) -> None:
    target = ("docs/reproduction.md", "--config", "surveys=[w34]")
    project.make(*target)
    assert project.stale(*target) == set()
    project.replace("config/prompts/styles/bio.yaml", "few sentences", "few words")
    assert project.stale(*target) == set()
    table = project.path / "results/w34/metrics.csv"
    table.write_text(table.read_text().replace("w34,simulated,qa", "w34,llama-3-70b,qa"))
    assert project.stale(*target) == {"docs/reproduction.md"}
    project.make(*target)
    page = (project.path / "docs/reproduction.md").read_text()
    assert "| llama-3-70b " in page
    assert "here, people simulated" in page


@pytest.mark.slow
def test_a_study_s_page_needs_no_model(project: Project) -> None:
    sav, meta = pyreadstat.read_sav(project.path / "results/w34/population.sav")
    pyreadstat.write_sav(
        sav,
        project.path / "mine.sav",
        column_labels=meta.column_names_to_labels,
        variable_value_labels=meta.variable_value_labels,
    )
    with (project.path / "results/w34/metrics.csv").open(newline="") as file:
        human = next(csv.DictReader(file))
    # Without any table at hand, nobody is asked anything.
    (project.path / "results/w34/metrics.csv").unlink()
    target = ("docs/reproduction.md", "--config", "surveys=[w34]", 'humans={w34: "mine.sav"}')
    assert project.stale(*target) <= {
        "docs/reproduction.md",
        "results/w34/humans.parquet",
        "results/w34/codebook.json",
    }
    project.make(*target)
    page = (project.path / "docs/reproduction.md").read_text()
    numbers = [human[name] for name in ("wasserstein", "frobenius", "cronbach_alpha")]
    shown = [f"{float(number):.3f}" for number in numbers]
    (row,) = [line for line in page.splitlines() if "`mine.sav`" in line]
    assert [cell.strip() for cell in row.split("|")[5:-1]] == shown

"""The same configuration gives the same bytes, and one more changes nothing of the others."""

from pathlib import Path

import pytest

from anthology.io.parquet import read_table
from tests.support.project import TABLE, Project, merge

CONDITIONS = ("qa", "primed_bio", "greedy_bio", "max_weight_bio")

pytestmark = pytest.mark.slow


def test_neither_folder_nor_cores_nor_concurrency_changes_results(
    made: Project, fresh: Project
) -> None:
    for name in ("simulated", "simulated-chat"):
        fresh.replace(f"config/models/{name}.yaml", "max_concurrency: 64", "max_concurrency: 3")
    fresh.make(TABLE, "--cores", "1")
    for file in sorted(made.path.glob("results/**/*")):
        # What stands beside an artifact tells of one run, with its time and place.
        if file.is_file() and file.parent.name != ".made":
            other = fresh.path / file.relative_to(made.path)
            assert file.read_bytes() == other.read_bytes(), file.name


def rows(path: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = read_table(path).to_pylist()
    return found


def test_adding_a_story_changes_no_other(made: Project, project: Project) -> None:
    changes = {"backstories": {"natural": {"count": 41}}}
    project.configure(lambda config: merge(config, changes))
    project.make(TABLE)
    for file in ("results/backstories/natural.parquet", "results/traits/natural.parquet"):
        after = rows(project.path / file)
        assert len(after) == 41
        assert after[:40] == rows(made.path / file)
    assert_unchanged_personas_answer_alike(made, project)


def test_adding_a_respondent_changes_no_other(made: Project, project: Project) -> None:
    project.configure(lambda config: merge(config, {"population": 31}))
    project.make(TABLE)
    for file in (
        "results/w34/humans.parquet",
        "results/w34/backstories/primed_bio.parquet",
        "results/w34/personas/qa.parquet",
        "results/w34/matches/greedy.parquet",
        "results/w34/responses/simulated/greedy_bio.parquet",
    ):
        after, before = rows(project.path / file), rows(made.path / file)
        known = {row["respondent"] for row in before}
        assert len(after) > len(before)
        assert [row for row in after if row["respondent"] in known] == before
    assert_unchanged_personas_answer_alike(made, project)


def assert_unchanged_personas_answer_alike(made: Project, project: Project) -> None:
    """Check that personas whose text is the same give the same answers."""
    kept = 0
    for name in CONDITIONS:
        before, after = (
            {
                row["respondent"]: row
                for row in rows(p.path / f"results/w34/personas/{name}.parquet")
            }
            for p in (made, project)
        )
        same = {who for who, row in before.items() if after[who]["turns"] == row["turns"]}
        kept += len(same)
        answers = [
            [
                row
                for row in rows(p.path / f"results/w34/responses/simulated/{name}.parquet")
                if row["respondent"] in same
            ]
            for p in (made, project)
        ]
        assert answers[0] == answers[1]
    assert kept > 40

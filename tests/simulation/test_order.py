"""The eleven conditions of the toy society stand in the order that docs/method.md gives."""

import csv
from pathlib import Path

import numpy as np
import pytest

from anthology.io.parquet import read_table
from tests.support.project import TABLE, Project, merge, new_project

GROUPS = {
    "traits": ("qa", "bio"),
    "primed": ("primed_qa", "primed_portray", "primed_bio"),
    "max_weight": ("max_weight_qa", "max_weight_freeform", "max_weight_bio"),
    "greedy": ("greedy_qa", "greedy_freeform", "greedy_bio"),
}
CONDITIONS = [condition for group in GROUPS.values() for condition in group]
PEOPLE = 2000
PUBLISHED = {"wasserstein": (0.0, 0.45), "frobenius": (0.3, 1.6), "cronbach_alpha": (0.55, 0.85)}
"""What all published rows lie between, those of people among them."""


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A study of 2,000 people and as many stories."""
    project = new_project(tmp_path_factory.mktemp("society") / "study")
    changes = {
        "compare": CONDITIONS,
        "population": PEOPLE,
        "backstories": {"natural": {"count": PEOPLE}},
    }
    project.configure(lambda config: merge(config, changes))
    project.make(TABLE)
    return project


def metric(study: Project, name: str) -> dict[str, float]:
    with (study.path / TABLE).open(newline="") as file:
        return {row["condition"]: float(row[name]) for row in csv.DictReader(file)}


@pytest.mark.slow
def test_the_firmer_the_persona_the_nearer_the_people(study: Project) -> None:
    found = metric(study, "wasserstein")
    means = [float(np.mean([found[c] for c in group])) for group in GROUPS.values()]
    assert np.diff(means).max() < -0.03, means
    for group in GROUPS.values():
        steps = np.diff([found[condition] for condition in group])
        assert steps.max() < 0.02, (group, found)


@pytest.mark.slow
def test_only_lives_of_their_own_make_answers_hang_together(study: Project) -> None:
    for name, sign in (("frobenius", -1), ("cronbach_alpha", 1)):
        found = metric(study, name)
        matched = [sign * found[c] for g in ("max_weight", "greedy") for c in GROUPS[g]]
        others = [sign * found[c] for g in ("traits", "primed") for c in GROUPS[g]]
        assert min(matched) > max(others) + 0.1, found


@pytest.mark.slow
def test_no_row_can_be_taken_for_a_result(study: Project) -> None:
    for name, (least, most) in PUBLISHED.items():
        for condition, value in metric(study, name).items():
            bound = condition == "human" and name == "wasserstein"
            assert bound or not least <= value <= most, (condition, name, value)


@pytest.mark.slow
def test_beside_people_of_another_make_no_row_can_be_taken_for_one(study: Project) -> None:
    """Made-up answers, spread over a scale and correlated as real ones are."""
    rng = np.random.default_rng(1)
    loadings = np.array([0.0, 0.7, 0.7, 0.65, 0.35, 0.7, 0.7, 0.7])
    own = np.sqrt(1 - loadings**2) * rng.standard_normal((PEOPLE, 8))
    latent = loadings * rng.standard_normal((PEOPLE, 1)) + own
    people = 1 + (latent[:, :, None] > np.array([-0.8, 0.3, 1.2])).sum(axis=2)
    for condition in CONDITIONS:
        answers = responses(study.path / f"results/w34/responses/simulated/{condition}.parquet")
        steps = [
            sum(abs((a <= k).mean() - (p <= k).mean()) for k in range(1, 4))
            for a, p in zip(answers.T, people.T, strict=True)
        ]
        assert np.mean(steps) > 0.55, condition
        apart = np.corrcoef(answers.T) - np.corrcoef(people.T)
        assert np.linalg.norm(apart) > 1.6, condition


def responses(path: Path) -> np.ndarray:
    """Return the answers of the personas that answered everything. Shape: personas, items."""
    table = read_table(path, ["respondent", "item", "code"]).to_pandas()
    wide = table.pivot(index="respondent", columns="item", values="code").dropna()
    return np.asarray(wide, dtype=float)

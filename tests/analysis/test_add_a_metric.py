"""A metric declared as docs/architecture.md shows is in every table and in the ranking."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from anthology.analysis import metrics
from anthology.analysis.full_rows import full_columns
from anthology.analysis.metric_rows import metric_columns
from anthology.figures.ranking import ranked_metrics
from tests.support.metric_tables import (
    ROWS,
    comparison_settings,
    frames,
    population,
    run_comparisons,
    run_metrics,
    settings_for,
)
from tests.support.project import ROOT


@pytest.fixture
def hellinger() -> Iterator[metrics.Metric]:
    """The metric of the walk, declared while a test runs."""
    walk = (ROOT / "docs/architecture.md").read_text().partition("### Add a metric")[2]
    exec(walk.split("```")[1].removeprefix("python"), vars(metrics))
    yield metrics.METRICS[-1]
    metrics.METRICS.pop()


def test_it_is_in_every_table_and_in_the_ranking(hellinger: metrics.Metric, tmp_path: Path) -> None:
    table, _ = run_metrics(tmp_path / "m", settings_for(), population(), frames())
    assert all(0 < float(row["hellinger"]) < 1 for row in table)
    assert list(table[0]) == list(metric_columns())
    assert {"hellinger", "hellinger_weighted"} <= set(full_columns())

    given = comparison_settings(bootstrap_resamples=40)
    intervals, pairs = run_comparisons(tmp_path / "c", given, population(), frames())
    own = [row for row in intervals if row["metric"] == "hellinger"]
    assert [row["estimate"] for row in own] == [row["hellinger"] for row in table]
    assert all(float(row["low"]) <= float(row["estimate"]) <= float(row["high"]) for row in own)
    assert sum(row["metric"] == "hellinger" for row in pairs) == len(ROWS)

    with (tmp_path / "c" / "intervals.csv").open(newline="") as file:
        ranked = ranked_metrics(list(csv.DictReader(file)), ROWS)
    assert ranked[-1].metric is hellinger
    assert ranked[-1].values[ROWS[0]][0] == float(table[1]["hellinger"])


@pytest.mark.parametrize("caption", ["tables/metrics.rst", "figures/ranking.rst"])
def test_every_metric_is_explained_in_the_captions(caption: str) -> None:
    text = (ROOT / "rules/captions" / caption).read_text()
    names = [metric.name for metric in metrics.main_metrics()]
    assert [name for name in names if f"**{name}**" not in text] == []

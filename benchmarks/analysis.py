"""Intervals and paired tests: all draws from sums against one by one; and the whole analysis."""

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path
from time import perf_counter
from types import SimpleNamespace

import numpy as np
import pyarrow as pa

from anthology import humans, population
from anthology.analysis import bootstrap, paired, resampling
from anthology.analysis.bootstrap import ALPHA
from anthology.analysis.comparing import MeasuredSettings
from anthology.analysis.measures import FloatArray, apart, cronbach_alpha, group
from anthology.analysis.resampling import Side
from anthology.artifacts import read_table, write_table
from anthology.configuration import read_workflow
from anthology.records import merged
from anthology.stages import StageSettings
from benchmarks import human_row
from benchmarks.rows import Limit, Row

DRAWS = 200
"""Of the comparison; the whole analysis takes as many as it does by default."""
SIZES = [human_row.OPTIONS] * human_row.ITEMS
CONFIG = Path(__file__).parents[1] / "config"
STAGES = {
    "metrics": ("metrics", "answers"),
    "metrics_full": ("output",),
    "subgroups": ("output",),
    "comparisons": ("intervals", "comparisons"),
}
"""The stages of the analysis, and the options that name what they write."""
CHANGES = [
    "compare=[qa, bio, primed_qa, primed_portray, primed_bio, portray, none, c8, c9, c10, c11]",
    f"conditions={{{', '.join(f'c{i}: {{persona: none}}' for i in range(8, 12))}}}",
    "metrics={subgroups: [age, gender, schooling], groupings: {schooling: {trait: education, "
    "groups: {low: [none, highschool], middle: [some-college, associate], "
    "high: [bachelor, master, professional, doctorate]}}}}",
]
"""Eleven conditions without stories, and nine subgroups."""


def measure() -> list[Row]:
    """Time intervals and tests of two conditions, and make sure that both ways agree to 1e-9."""
    people, weights = human_row.people()
    rows = [human_row.people(seed)[0] for seed in (1, 2)]
    everybody = np.ones(len(people), dtype=np.bool_)
    sides = [resampling.side(row, SIZES, np.ones(len(row)), everybody) for row in rows]
    what = f"{human_row.PEOPLE:,} people, 2 conditions, {DRAWS} draws"
    return [
        _draws(f"bootstrap: {what}", people, weights, rows, sides),
        _exchanges(f"paired test: {what}", people, weights, rows, sides),
    ]


def whole() -> list[Limit]:
    """Time the analysis of one wave at the study's size, and its largest process."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        shutil.copytree(CONFIG, folder / "config")
        _make(folder)
        total, largest, limits = 0.0, 0.0, []
        for stage, outputs in STAGES.items():
            seconds, memory = _run(folder, stage, outputs)
            limits.append(Limit(f"analysis of w34: {stage}", seconds, None, "s"))
            total, largest = total + seconds, max(largest, memory)
    limits.append(Limit("analysis of w34: all of it", total, 60, "s"))
    limits.append(Limit("analysis of w34: its largest process", largest, 1_000, "MB"))
    return limits


def _draws(
    what: str, people: FloatArray, weights: FloatArray, rows: list[FloatArray], sides: list[Side]
) -> Row:
    counts = bootstrap.redrawn(len(people), DRAWS, np.random.default_rng(3))
    start = perf_counter()
    expected = []
    for drawn in counts:
        again = np.repeat(np.arange(len(people)), drawn)
        crowd = people[again]
        expected.append(
            [_measured(crowd, weights[again], row[again]) for row in rows]
            + [{ALPHA: cronbach_alpha(crowd)}]
        )
    slow = perf_counter() - start
    start = perf_counter()
    everybody = np.ones(len(people), dtype=np.bool_)
    own = resampling.side(people, SIZES, weights, everybody)
    alphas, found = resampling.redrawn_metrics(own, sides, SIZES, counts, 1)
    fast = perf_counter() - start
    for place, row in enumerate([*found, {ALPHA: alphas}]):
        for name, values in row.items():
            plain = [draw[place][name] for draw in expected]
            np.testing.assert_allclose(values, plain, rtol=0, atol=1e-9, err_msg=name)
    return Row(what, slow, fast, 10)


def _exchanges(
    what: str, people: FloatArray, weights: FloatArray, rows: list[FloatArray], sides: list[Side]
) -> Row:
    swaps = paired.swaps(len(people), DRAWS, np.random.default_rng(4))
    whole = group(people, SIZES, weights)
    one, two = (_measured(people, weights, row) for row in rows)
    observed = {name: one[name] - two[name] for name in one}
    start = perf_counter()
    expected = dict.fromkeys(observed, 0)
    for swapped in swaps[:, :, None]:
        first = _measured(people, weights, np.where(swapped, rows[1], rows[0]))
        second = _measured(people, weights, np.where(swapped, rows[0], rows[1]))
        for name, value in observed.items():
            expected[name] += paired.as_far(value, np.array(first[name] - second[name]))
    slow = perf_counter() - start
    start = perf_counter()
    found = resampling.exchanged_metrics(whole, sides, SIZES, {(0, 1): observed}, swaps, 1)
    fast = perf_counter() - start
    assert {name: counted.far for name, counted in found[0, 1].items()} == expected
    return Row(what, slow, fast, 10)


def _measured(people: FloatArray, weights: FloatArray, row: FloatArray) -> dict[str, float]:
    found = apart(group(people, SIZES, weights), group(row, SIZES), SIZES)
    return {**{name: float(value) for name, value in found.items()}, ALPHA: cronbach_alpha(row)}


def _make(folder: Path) -> None:
    """Write a survey's people, and eleven conditions' answers that are other people's."""
    names = {"sav": folder / "population.sav", "humans": folder / "humans.parquet"}
    with redirect_stderr(StringIO()):
        drawn = population.Settings.model_validate(_settings(folder, "population"))
        population.run(drawn.model_copy(update={"size": human_row.PEOPLE}), output=names["sav"])
        known = humans.Settings.model_validate(_settings(folder, "humans"))
        humans.run(known, **names, codebook=folder / "codebook.json")
    table = read_table(names["humans"])
    count = len(table)
    compared = MeasuredSettings.model_validate(_settings(folder, "metrics"))
    for place, (model, condition) in enumerate(compared.rows):
        order = np.random.default_rng(place).permutation(count)
        codes = pa.concat_arrays(
            [table[name].take(order).combine_chunks() for name in compared.names]
        )
        given = codes.is_valid()
        nothing = pa.array(np.zeros(len(codes)), pa.int32())
        columns = {
            "respondent": pa.chunked_array(table["respondent"].chunks * len(compared.names)),
            "backstory": pa.nulls(len(codes), pa.int64()),
            "item": pa.array(np.repeat(compared.names, count)),
            "code": codes,
            "valid": given.cast(pa.int32()),
            **dict.fromkeys(("declined", "refused", "unreadable", "contradictory"), nothing),
            "out_of_tries": pa.compute.invert(given),
        }
        facts = {
            **{"survey": compared.survey, "model": model, "condition": condition},
            **{"answers": "others", "stories": "", "traits": ""},
        }
        file = folder / f"responses/{condition}.parquet"
        made = StageSettings()
        write_table(file, pa.table(columns), stage="responses", settings=made, facts=facts)


def _settings(folder: Path, stage: str) -> dict[str, object]:
    return merged(_params(folder, stage))


def _params(folder: Path, stage: str) -> list[str]:
    workflow = read_workflow([folder / "config/config.yaml"], CHANGES)
    return [setting(SimpleNamespace(survey="w34")) for setting in workflow.settings(stage).values()]


def _run(folder: Path, stage: str, outputs: tuple[str, ...]) -> tuple[float, float]:
    """Run a stage's command; return its wall-clock seconds and its peak in MB."""
    command = [sys.executable, "-m", "anthology", stage, "--settings", *_params(folder, stage)]
    command += ["--humans", str(folder / "humans.parquet"), "--responses"]
    command += map(str, sorted(folder.glob("responses/*.parquet")))
    for name in outputs:
        command += [f"--{name}", str(folder / f"{stage}-{name}.csv")]
    if stage == "comparisons":
        command += ["--jobs", "2"]
    if stage == "subgroups":
        command += ["--codebook", str(folder / "codebook.json")]
    start = perf_counter()
    with subprocess.Popen(command, cwd=CONFIG.parent, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        said = process.stderr.read().decode()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(said)
    return perf_counter() - start, usage.ru_maxrss / 1000

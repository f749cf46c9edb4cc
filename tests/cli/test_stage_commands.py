"""The commands of stages, as somebody calls them by hand."""

import json
from importlib import import_module
from inspect import Parameter, signature
from pathlib import Path

import pytest

from anthology.cli.main import main, stage_parser
from anthology.provenance.record_files import read_record
from anthology.stages import stage_descriptions
from tests.support.project import Project

ANSWERS = Path("results/w34/responses/simulated/qa.parquet")


@pytest.mark.parametrize("stage", stage_descriptions())
def test_an_option_that_is_left_out_is_the_functions_own_default(stage: str) -> None:
    module = import_module(f"anthology.stages.{stage}")
    options = dict(signature(module.run, eval_str=True).parameters)
    options.pop("settings")
    for grouped in [name for name in ("session", "tables") if name in options]:
        kind = options[grouped].annotation
        if kind.__module__.startswith("anthology."):
            del options[grouped]
            options |= signature(kind, eval_str=True).parameters
    needed = [name for name, option in options.items() if option.default is Parameter.empty]
    words = [word for name in needed for word in (f"--{name.replace('_', '-')}", "1")]
    found = vars(stage_parser(stage, module).parse_args(["--settings", "{}", *words]))
    for name in options.keys() - needed:
        assert found[name] == options[name].default, name


def test_a_stage_that_is_not_split_needs_no_word_about_parts(made: Project, tmp_path: Path) -> None:
    record = read_record(made.path / ANSWERS)
    assert record is not None
    output = tmp_path / "answers.parquet"
    files = {
        "personas": made.path / "results/w34/personas/qa.parquet",
        "codebook": made.path / "results/w34/codebook.json",
        "models": made.path / "config/models",
        "journal": tmp_path / "journal",
        "output": output,
    }
    words = [word for name, path in files.items() for word in (f"--{name}", str(path))]
    settings = json.dumps({**record.settings, "code": record.software.code})
    assert main(["responses", "--settings", settings, *words, "--max-concurrency", "8"]) == 0
    assert output.read_bytes() == (made.path / ANSWERS).read_bytes()

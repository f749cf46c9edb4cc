"""What the documentation names is there."""

import re
from pathlib import Path, PurePath

import pytest
from pydantic import BaseModel

from anthology.config.experiment import Experiment
from tests.support.project import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "results/README.md"]
_FILE = re.compile(r"`((?:\w+/)*\w+\.(?:py|smk))`")
_PATH = re.compile(
    r"`((?:anthology|benchmarks|config|docs|profiles|rules|tests)/(?:[\w.-]+/)*[\w.-]*)`"
)
_RESULT = re.compile(r"`(results/[\w/.*<>-]+)`")
_OUTPUTS = re.compile(r"\n +output:(.*?)\n +(?:input|log|params|resources|shell):", re.S)
_WHERE = (
    "",
    "anthology",
    "anthology/analysis",
    "anthology/simulation",
    "anthology/providers",
    "anthology/providers/http",
    "tests",
)
_EXAMPLES = {
    "anthology/providers/first_option.py",
    "anthology/stages/heaviest.py",
    "config/models/first.yaml",
    "config/surveys/mine.yaml",
}


def _rows() -> list[tuple[str, str, str]]:
    """Return the name, rule and configuration of each stage that docs/architecture.md lists."""
    text = (ROOT / "docs/architecture.md").read_text()
    table = re.findall(
        r"^\| ([\w, ]+) \| [^|]+ \| `(rules/\w+\.smk)` \| ([^|]*)\| [^|]+ \|$", text, re.M
    )
    return [(stage, rule, keys) for names, rule, keys in table for stage in names.split(", ")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_file_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text()
    named = set(_FILE.findall(text)) | set(_PATH.findall(text))
    missing = {
        path for path in named if not any((ROOT / folder / path).exists() for folder in _WHERE)
    }
    assert missing <= _EXAMPLES


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_result_that_a_page_names_is_made_by_a_rule(page: Path) -> None:
    outputs = [
        re.sub(r"\{+\w+\}+", "*", output)
        for rule in (ROOT / "rules").glob("*.smk")
        for block in _OUTPUTS.findall(rule.read_text())
        for output in re.findall(r'"(results/[^"]+)"', block)
    ]
    folders = [str(PurePath(output).parent) for output in outputs]
    for result in _RESULT.findall(page.read_text()):
        patterns = folders if result.endswith("/") else outputs
        assert any(PurePath(result).match(pattern) for pattern in patterns), result


def test_the_architecture_lists_every_stage_with_its_rule() -> None:
    stages = {file.stem for file in (ROOT / "anthology/stages").glob("*.py")} - {"__init__"}
    assert {stage for stage, _, _ in _rows()} == stages
    for stage, rule, _ in _rows():
        assert f"anthology {stage} " in (ROOT / rule).read_text(), (stage, rule)


def test_the_architecture_names_keys_that_the_configuration_has() -> None:
    for stage, _, keys in _rows():
        section = ""
        for key in re.findall(r"`(\.?[a-z_]+(?:\.[a-z_]+)*)`", keys):
            section, _, field = (section + key if key[0] == "." else key).partition(".")
            assert section in Experiment.model_fields, (stage, key)
            record = Experiment.model_fields[section].annotation
            if field and isinstance(record, type) and issubclass(record, BaseModel):
                assert field in record.model_fields, (stage, key)

"""What the documentation names is there."""

import re
from pathlib import Path

import pytest

from tests.support.project import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_FILE = re.compile(r"`((?:\w+/)*\w+\.(?:py|smk))`")
_WHERE = (
    "",
    "anthology",
    "anthology/analysis",
    "anthology/providers",
    "anthology/providers/http",
    "anthology/simulation",
    "tests",
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_module_rule_and_test_that_a_page_names_exists(page: Path) -> None:
    named = _FILE.findall(page.read_text())
    examples = {"anthology/providers/first_option.py", "anthology/stages/heaviest.py"}
    missing = {
        file for file in named if not any((ROOT / folder / file).is_file() for folder in _WHERE)
    }
    assert missing <= examples


def test_the_architecture_lists_every_stage_with_its_rule() -> None:
    text = (ROOT / "docs/architecture.md").read_text()
    listed = {
        stage: rule
        for names, rule in re.findall(
            r"^\| ([\w, ]+) \| [^|]+ \| `(rules/\w+\.smk)` \|", text, re.M
        )
        for stage in names.split(", ")
    }
    stages = {file.stem for file in (ROOT / "anthology/stages").glob("*.py")} - {"__init__"}
    assert set(listed) == stages
    for stage, rule in listed.items():
        assert f"anthology {stage} " in (ROOT / rule).read_text(), (stage, rule)

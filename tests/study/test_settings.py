"""What stages are told: each exactly what its settings declare, in canonical form."""

import ast
import json
import shutil
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from anthology.config.stage import Derived, From
from anthology.records import canonical_json, merge_json
from anthology.stages import stage_descriptions
from anthology.study import codehash
from anthology.study.codehash import code_hash, imported, modules
from anthology.study.settings import declared, settings
from anthology.study.study import Study, load
from tests.support.project import ROOT, merge

WILDCARDS = SimpleNamespace(
    survey="w92",
    model="simulated",
    condition="greedy_bio",
    matching="greedy",
    style="bio",
    scorer="simulated",
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def study(root: Path = ROOT / "config", **changes: object) -> Study:
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    merge(config, changes)
    return load(config, root)


@pytest.mark.parametrize("stage", stage_descriptions())
def test_a_slice_holds_exactly_what_the_stage_declares(stage: str) -> None:
    parts = [setting(WILDCARDS) for setting in settings(study(), stage).values()]
    declared = import_module(f"anthology.stages.{stage}").Settings
    whole = merge_json(parts)
    assert set(whole) == set(declared.model_fields)
    declared.model_validate(whole)


@pytest.mark.parametrize(("open_ones", "same"), [([], True), (["party"], False)])
@pytest.mark.parametrize("part", ["which party do you side with", "to the Democratic Party?"])
def test_an_open_question_that_is_not_put_may_change(
    tmp_path: Path, part: str, open_ones: list[str], *, same: bool
) -> None:
    def told(root: Path) -> str:
        asked = {"open_ended": open_ones, "variants": {"party": "steps"}}
        return str(settings(study(root, traits=asked), "traits")["set_traits_party"](WILDCARDS))

    root = Path(shutil.copytree(ROOT / "config", tmp_path / "config"))
    text = (root / "traits.yaml").read_text()
    assert part in text
    (root / "traits.yaml").write_text(text.replace(part, "which, if any"))
    assert (told(root) == told(ROOT / "config")) == same


@pytest.mark.parametrize("condition", study().experiment.conditions)
def test_every_condition_has_personas_and_responses(condition: str) -> None:
    wildcards = SimpleNamespace(**{**vars(WILDCARDS), "condition": condition})
    for stage in ("personas", "responses"):
        parts = [setting(wildcards) for setting in settings(study(), stage).values()]
        import_module(f"anthology.stages.{stage}").Settings.model_validate(merge_json(parts))


@pytest.mark.parametrize("stage", stage_descriptions())
def test_declarations_in_a_modules_source_are_those_of_its_settings(stage: str) -> None:
    fields = import_module(f"anthology.stages.{stage}").Settings.model_fields
    sources = {
        name: [one for one in field.metadata if isinstance(one, From | Derived)]
        for name, field in fields.items()
        if name != "code"
    }
    assert {name: [source] for name, source in declared(f"stages.{stage}").items()} == sources


def whole(stage: str, survey: str, known: Study) -> dict[str, Any]:
    wildcards = SimpleNamespace(**{**vars(WILDCARDS), "survey": survey})
    return merge_json([setting(wildcards) for setting in settings(known, stage).values()])


def test_the_reproduction_knows_no_trait_but_those_of_published_groups() -> None:
    surveys = whole("reproduction", "w34", study())["surveys"]
    groups = study().published().surveys["w34"].groups
    assert set(surveys["w34"]["traits"]) == {group.trait for group in groups}
    assert surveys["w92"]["traits"] == {}


def test_a_grouping_does_not_know_what_a_survey_calls_categories() -> None:
    grown = {"grown": {"trait": "age", "groups": {"Grown": ["30-49", "50-64", "65+"]}}}
    known = study(metrics={"subgroups": ["age", "grown"], "groupings": grown})
    (age,), (grouping,) = whole("subgroups", "w34", known)["subgroups"]
    assert age["labels"] == known.survey("w34").traits["age"].labels
    assert (grouping["trait"], grouping["labels"]) == ("age", {})


def test_exports_know_which_items_have_an_order() -> None:
    scales = {item["scale"] for item in whole("exports", "w111", study())["asked"]}
    assert "nominal" in scales


def test_each_param_says_what_it_is_the_value_of() -> None:
    for stage in stage_descriptions():
        parts = [setting(WILDCARDS) for setting in settings(study(), stage).values()]
        assert len(set(parts)) == len(parts)
        assert all(len(json.loads(part)) == 1 for part in parts)


@given(st.dictionaries(st.text(), JSON), st.randoms())
def test_canonical_form_forgets_the_order_of_keys(value: dict[str, object], random: object) -> None:
    items = list(value.items())
    random.shuffle(items)  # type: ignore[attr-defined]
    assert canonical_json(dict(items)) == canonical_json(value)
    assert json.loads(canonical_json(value)) == value


def test_parts_of_one_setting_are_put_together() -> None:
    parts = ['{"a":{"x":1}}', '{"b":2}', '{"a":{"y":3}}']
    assert merge_json(parts) == {"a": {"x": 1, "y": 3}, "b": 2}


def names(stage: str) -> set[str]:
    package = ROOT / "anthology"
    return {str(path.relative_to(package).with_suffix("")) for path in modules(f"stages.{stage}")}


def test_a_stage_depends_on_the_code_that_it_runs_and_on_no_other() -> None:
    assert {"stages/matches", "matching/similarity", "io/parquet"} <= names("matches")
    assert {"interview/answers", "interview/numbers"} <= names("traits")
    assert {"providers/simulated", "providers/uniform"}.isdisjoint(names("traits"))
    assert "interview/answers" not in names("backstories")
    of_all = set().union(*map(names, stage_descriptions()))
    assert "config/experiment" not in of_all
    assert not {name for name in of_all if name.startswith(("study/", "cli/"))}
    assert "stages/metrics" not in names("responses")


def test_a_model_stage_depends_on_the_code_of_the_provider_that_it_asks() -> None:
    def code(model: str) -> str:
        wildcards = SimpleNamespace(**{**vars(WILDCARDS), "model": model})
        return str(settings(study(), "responses")["set_code"](wildcards))

    assert code("simulated") == code("simulated-chat") != code("uniform")


@pytest.mark.parametrize(
    ("stage", "changes"),
    [
        ("backstories", {"backstories": {"keep": {"critic_model": "other"}}}),
        ("traits", {"traits": {"reader_model": "other"}}),
        ("primed", {"backstories": {"primed": {"model": "other"}}}),
    ],
)
def test_every_model_of_a_stage_brings_its_code(
    tmp_path: Path, stage: str, changes: dict[str, object]
) -> None:
    root = Path(shutil.copytree(ROOT / "config", tmp_path / "config"))
    (root / "models/other.yaml").write_text("provider: vllm\napi: chat\nmodel: other\n")
    before = settings(study(), stage)["set_code"](WILDCARDS)
    assert settings(study(root, **changes), stage)["set_code"](WILDCARDS) != before


def test_the_hash_changes_with_the_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "anthology"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "stage.py").write_text("from anthology import helper\n")
    (package / "helper.py").write_text("VALUE = 1\n")
    (package / "other.py").write_text("VALUE = 1\n")
    monkeypatch.setattr("anthology.study.codehash._PACKAGE", package)

    def hashed(*names: str) -> str:
        codehash._content.cache_clear()
        code_hash.cache_clear()
        return code_hash(*names)

    before = hashed("stage")
    (package / "other.py").write_text("VALUE = 2\n")
    assert hashed("stage") == before
    assert hashed("stage", "other") != before
    (package / "helper.py").write_text("VALUE = 2\n")
    assert hashed("stage") != before


def _parsed(source: str) -> set[str]:
    """List what the import statements of a module may mean, as Python reads them."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def test_imports_are_found_as_python_reads_them_in_every_module_of_the_package() -> None:
    for path in sorted((ROOT / "anthology").rglob("*.py")):
        source = path.read_text()
        ours = {name for name in imported(source) if name.startswith("anthology")}
        assert ours == {name for name in _parsed(source) if name.startswith("anthology")}, path


@pytest.mark.parametrize(
    "source",
    [
        "import a.b, c as d\n",
        "import a; from b import c\n",
        "if True: from a import b\n",
        "def f():\n    from a.b import (\n        c,  # (for now)\n        d as e,\n    )\n",
        "from a import b, \\\n    c\n",
        "from a import(b)\n",
        "from a import b # c\n",
        "try:\n\timport a\nexcept ImportError: import b\n",
    ],
)
def test_imports_are_found_in_whatever_way_they_are_written(source: str) -> None:
    assert set(imported(source)) == _parsed(source)

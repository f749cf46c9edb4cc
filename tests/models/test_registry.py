"""The registry of providers: one file each, found by its name, and named nowhere else."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from anthology.config.model import ModelSpec, list_providers
from anthology.config.model_identity import ModelIdentity
from anthology.errors import ConfigurationError
from anthology.models.registry import capabilities, check_spec, source_label
from tests.support.project import ROOT

PACKAGE = ROOT / "anthology"
ASK = """
from anthology.config.model_identity import ModelIdentity
from anthology.models.registry import source_label
from anthology.models.session import ModelSession
from anthology.study.codehash import code_hash
from pathlib import Path
from anthology.models.base import Request
from anthology.config.model import Sampling

first = ModelIdentity(name="first", provider="first_option", api="completions")
session = ModelSession(models=Path("models"), journal=Path("journal"), max_concurrency=1)
model = session.model(first)
said = []
ask = lambda _: model.sample(Request("Q", Sampling(), choices=(" (B)", " (C)")))
keep = lambda _, reply: said.append(reply.completions[0].text)
session.run(ask, [1], keep, total=1, label="asking")
print(said[0], session.source(first), code_hash("stages.responses", "providers.simulated"))
"""


def spec(provider: str, **more: str) -> ModelSpec:
    return ModelSpec.model_validate({"provider": provider, **more})


def test_a_provider_is_added_by_one_file_and_re_runs_nothing(tmp_path: Path) -> None:
    walk = (ROOT / "docs/architecture.md").read_text().partition("### Add a provider")[2]
    (code,) = re.findall(r"```python\n(.*?)```", walk, re.DOTALL)[:1]
    shutil.copytree(PACKAGE, tmp_path / "anthology", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "models").mkdir()
    (tmp_path / "models/first.yaml").write_text("provider: first_option\n")

    def asked() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", ASK],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )

    assert "there is no such provider" in asked().stderr
    (tmp_path / "anthology/providers/first_option.py").write_text(code)
    hashed = subprocess.run(
        [sys.executable, "-c", "from anthology.study.codehash import code_hash as h; "
         "print(h('stages.responses', 'providers.simulated'))"],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert asked().stdout == f" (B) first option {hashed}", asked().stderr


def test_a_misspelt_provider_gets_the_nearest_name() -> None:
    with pytest.raises(ValueError, match='did you mean "simulated"'):
        spec("simulatd")


@pytest.mark.parametrize("provider", list_providers())
def test_every_provider_states_its_capabilities_without_heavy_imports(provider: str) -> None:
    heavy = "{'numpy', 'aiohttp', 'openai', 'torch'} & {*sys.modules}"
    code = f"import sys; from anthology.providers import {provider} as p; print(p.CAPABILITIES, "
    code += f"{heavy})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.endswith(" set()\n")


def test_only_free_providers_are_synthetic_and_name_themselves_as_the_source() -> None:
    paid = {name: capabilities(spec(name)).paid for name in list_providers()}
    assert paid == {"openai": True, "simulated": False, "uniform": False, "vllm": True}
    for name, costs in paid.items():
        identity = ModelIdentity(name="mine", provider=name, api="chat")
        assert source_label(identity) == ("mine" if costs else name)


def test_a_model_that_lacks_what_its_provider_needs_is_refused() -> None:
    check_spec(spec("vllm", model="weights"), "models/mine.yaml")
    with pytest.raises(ConfigurationError, match=r"mine.yaml: .*vllm needs `model`"):
        check_spec(spec("vllm"), "models/mine.yaml")


def test_no_code_compares_the_names_of_providers() -> None:
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Compare):
                names = {getattr(n, "attr", getattr(n, "id", "")) for n in ast.walk(node)}
                texts = {n.value for n in ast.walk(node) if isinstance(n, ast.Constant)}
                assert not ("provider" in names and texts & {*list_providers()}), file

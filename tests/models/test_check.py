"""What `anthology models` says."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from anthology.cli.main import main
from anthology.models.check import check_model
from tests.support.fake_server.requests import Serving
from tests.support.fake_server.server import serving
from tests.support.project import ROOT


def declared(folder: Path, url: str, api: str = "completions", **endpoint: object) -> None:
    spec = {"provider": "openai", "api": api, "endpoint": {"base_url": url, **endpoint}}
    spec["model"] = "toy" if api == "completions" else "toy-chat"
    (folder / "toy.yaml").write_text(yaml.safe_dump(spec))


def abilities(said: str) -> dict[str, str]:
    """Return the lines of abilities with yes or no."""
    found = {}
    for line in said.splitlines():
        for answer in ("yes", "no"):
            ability, found_it, _ = line.partition(f"  {answer} ")
            if found_it:
                found[ability.strip()] = answer
    return found


@pytest.mark.parametrize("api", ["completions", "chat"])
def test_a_capable_server_is_said_to_be_capable(tmp_path: Path, api: str) -> None:
    with serving(Serving()) as server:
        declared(tmp_path, server.url, api)
        said = check_model(tmp_path, "toy")
    assert " answered " in said
    assert "short answers a second" in said
    found = abilities(said)
    assert found.pop("constrained output (json_schema)") == ("yes" if api == "chat" else "no")
    assert found.pop("constrained output (grammar)") == "no"
    assert found.pop("log-probabilities of given texts") == ("no" if api == "chat" else "yes")
    assert set(found.values()) == {"yes"}
    assert len(found) == 6
    for line in (
        "label_logprobs: true",
        "top_logprobs: 20",
        'constrained_output: "structured_outputs"',
    ):
        assert f"  {line}" in said


def test_a_poor_server_is_said_to_be_poor(tmp_path: Path) -> None:
    poor = Serving(
        n="refused", seed="ignored", logprobs="refused", labels="refused",
        structured_outputs="ignored", response_format="ignored", echo="ignored",
    )  # fmt: skip
    with serving(poor) as server:
        declared(tmp_path, server.url, "chat")
        said = check_model(tmp_path, "toy")
    assert set(abilities(said).values()) == {"no"}
    for line in ("max_n: 1", "seed: false", "returns_logprobs: false"):
        assert f"  {line}" in said


def test_a_file_that_says_the_same_is_said_to(tmp_path: Path) -> None:
    with serving(Serving()) as server:
        able: dict[str, Any] = {
            "top_logprobs": 20,
            "label_logprobs": True,
            "echo_logprobs": True,
            "constrained_output": "structured_outputs",
        }
        declared(tmp_path, server.url, **able)
        assert "toy.yaml says the same." in check_model(tmp_path, "toy")


def test_free_models_answer_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--folder", str(ROOT / "config/models"), "check", "simulated"]) == 0
    assert "simulated" in capsys.readouterr().out


def test_models_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--folder", str(ROOT / "config/models")]) == 0
    said = capsys.readouterr().out
    for path in (ROOT / "config/models").glob("*.yaml"):
        assert f"\n{path.stem} " in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check", "simulatd"], 'did you mean "simulated"'),
        (["check", "gpt-4o"], "OPENAI_API_KEY is not set"),
    ],
)
def test_what_cannot_be_checked_is_said_in_a_line(
    arguments: list[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    assert main(["models", "--folder", str(ROOT / "config/models"), *arguments]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert said in error

"""Each condition is asked in its own way: what it overrides, what that re-runs, what is refused."""

import csv
import shutil
from collections import Counter
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from anthology.config.experiment import Condition
from anthology.errors import ConfigurationError
from anthology.interview.survey_interview import Settings
from anthology.io.parquet import write_table
from anthology.records import merge_json
from anthology.study.settings import settings
from anthology.study.study import Study, load
from tests.support.project import ROOT, TABLE, Project, merge
from tests.support.scripted_model import ScriptedModel, ScriptedSession, prompt_text


def study(**changes: Any) -> Study:
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    merge(config, changes)
    return load(config, ROOT / "config")


def with_own(own: dict[str, Any], **changes: Any) -> Study:
    """Return a study in which the condition `bio` has something of its own."""
    return study(**changes, conditions={"bio": own})


def mistake(own: dict[str, Any], **changes: Any) -> str:
    with pytest.raises(ConfigurationError) as caught:
        with_own(own, **changes)
    return str(caught.value)


def asked(found: Study, condition: str, model: str = "simulated") -> Settings:
    """Return what the responses of a condition are told."""
    wildcards = SimpleNamespace(survey="w34", condition=condition, model=model)
    parts = [setting(wildcards) for setting in settings(found, "responses").values()]
    return Settings.model_validate(merge_json(parts))


def parts(told: Settings) -> dict[str, Any]:
    return told.model_dump(exclude={"code", "condition"})


OVERRIDES: dict[str, tuple[Any, str, Any]] = {
    "prompt": ("plain", "frame.before", ""),
    "format": ("numbers", "layout.symbols", "number"),
    "require_label": (False, "require_label", False),
    "decline_option": ("No answer", "decline_option", "No answer"),
    "series": (False, "series", False),
    "shuffle_items": (False, "shuffle_items", False),
    "shuffle_options": (False, "shuffle_options", False),
    "answer_mode": ("logprobs", "answer_mode", "logprobs"),
    "max_attempts": (7, "max_attempts", 7),
    "temperature": (0.5, "sampling.temperature", 0.5),
    "top_p": (0.5, "sampling.top_p", 0.5),
    "max_tokens": (9, "sampling.max_tokens", 9),
}


@pytest.mark.parametrize("key", OVERRIDES)
def test_an_override_changes_its_own_condition_only(key: str) -> None:
    value, path, expected = OVERRIDES[key]
    found = with_own({key: value})
    told = asked(found, "bio").model_dump()
    for step in path.split("."):
        told = told[step]
    assert told == expected
    before = study()
    assert parts(asked(found, "qa")) == parts(asked(before, "qa"))
    changed = {
        name
        for name, value in parts(asked(found, "bio")).items()
        if value != parts(asked(before, "bio"))[name]
    }
    assert changed == {path.split(".")[0]}


def test_every_override_is_tested() -> None:
    built = {"persona", "style", "matching", "model"}
    assert set(OVERRIDES) == set(Condition.model_fields) - built


def test_a_condition_without_overrides_uses_the_common_questions() -> None:
    found = study()
    assert found.questions("bio") == found.experiment.questions


def test_a_condition_may_drop_the_common_decline_option() -> None:
    found = with_own({"decline_option": None}, questions={"decline_option": "No answer"})
    assert asked(found, "bio").decline_option is None
    assert asked(found, "qa").decline_option == "No answer"


def test_null_overrides_nothing_but_the_decline_option() -> None:
    found = with_own({"series": None, "max_attempts": None})
    assert found.questions("bio") == found.experiment.questions


def test_a_question_and_answer_persona_uses_its_conditions_format() -> None:
    found = study(conditions={"qa": {"format": "numbers"}})
    wildcards = SimpleNamespace(survey="w34", condition="qa")
    told = merge_json(setting(wildcards) for setting in settings(found, "personas").values())
    assert told["layout"]["symbols"] == "number"


def test_a_system_message_does_not_affect_completion_models() -> None:
    found = study()
    prompt = found.prompt("surveys", "consistent").model_copy(update={"system": "A survey."})
    found.prompt = lambda kind, name: prompt  # type: ignore[method-assign]
    assert asked(found, "bio").frame.system == ""
    assert asked(found, "bio", "simulated-chat").frame.system == "A survey."


@pytest.mark.parametrize(
    ("own", "changes", "said"),
    [
        ({"prompt": "reasond"}, {}, "conditions.bio.prompt = 'reasond'\n  there is no "),
        ({"format": "numbrs"}, {}, "conditions.bio.format = 'numbrs'\n  unknown name; did you"),
        (
            {"prompt": "reasoned", "max_tokens": 128, "answer_mode": "choice"},
            {},
            "conditions.bio.answer_mode = 'choice'\n",
        ),
        (
            {"prompt": "reasoned", "max_tokens": 128},
            {"questions": {"answer_mode": "logprobs"}},
            "questions.answer_mode = 'logprobs'\n",
        ),
        ({"prompt": "reasoned", "max_tokens": 63}, {}, "conditions.bio.max_tokens = 63\n"),
        ({"prompt": "reasoned"}, {}, "questions.sampling.max_tokens = 32\n"),
        ({}, {"traits": {"prompt": "reasoned"}}, "traits.sampling.max_tokens = 32\n"),
        (
            {},
            {
                "traits": {
                    "prompt": "reasoned",
                    "answer_mode": "choice",
                    "sampling": {"max_tokens": 99},
                }
            },
            "traits.answer_mode = 'choice'\n",
        ),
    ],
)
def test_conflicting_settings_are_refused_with_their_key(
    own: dict[str, Any], changes: dict[str, Any], said: str
) -> None:
    assert said in mistake(own, **changes)


@pytest.mark.parametrize(
    ("lines", "own", "said"),
    [
        (
            {"after": "Conclude with Verdict: and a label."},
            {"require_label": False},
            "bio.require_label = False",
        ),
        ({"before": "Think."}, {}, "bio.prompt = 'judged'"),
        ({"system": "Conclude with Verdict: and a label."}, {}, "bio.prompt = 'judged'"),
    ],
)
def test_an_answer_marker_that_no_prompt_mentions_is_refused(
    tmp_path: Path, lines: dict[str, str], own: dict[str, Any], said: str
) -> None:
    root = Path(shutil.copytree(ROOT / "config", tmp_path / "config"))
    prompt = {"answer_marker": "Verdict:", **lines}
    (root / "prompts/surveys/judged.yaml").write_text(yaml.safe_dump(prompt))
    config = yaml.safe_load((root / "config.yaml").read_text())
    merge(config, {"conditions": {"bio": {"prompt": "judged", "max_tokens": 99, **own}}})
    with pytest.raises(ConfigurationError, match=f"(?s){said}.*waits for 'Verdict:'"):
        load(config, root)
    if "system" in lines:
        load({**config, "models": ["simulated-chat"]}, root)


def test_reasoning_needs_no_required_label() -> None:
    own = {"prompt": "reasoned", "max_tokens": 128, "require_label": False}
    assert asked(with_own(own), "bio").frame.answer_marker == "My answer:"


@pytest.mark.parametrize("forced", [True, False])
def test_traits_have_their_own_question_settings(tmp_path: Path, forced: bool) -> None:
    own = {
        "require_label": forced,
        "decline_option": None,
        "reader": None,
        "format": "dot",
        "samples": 2,
    }
    found = study(traits=own)
    told = merge_json(setting(SimpleNamespace()) for setting in settings(found, "traits").values())
    stage = import_module("anthology.stages.traits")
    chosen = stage.Settings.model_validate(told)
    table = pa.table({"backstory": [0], "text": ["I am."], "answers": [["I am."]]})
    write_table(tmp_path / "s", table, stage="b", settings=chosen, metadata={"source": "a file"})
    model = ScriptedModel(lambda request: ["A."] * request.n)
    files = {"backstories": tmp_path / "s", "output": tmp_path / "t", "sources": tmp_path / "r"}
    stage.run(chosen, **files, session=ScriptedSession(model))
    shown = [prompt_text(request) for request in model.requests]
    assert all("\nA. " in text and "Prefer not" not in text for text in shown)
    assert {"Give your answer as one of A., B." in text for text in shown} == {forced}


ODD: dict[str, dict[str, Any]] = {
    "thinks": {"prompt": "reasoned", "max_tokens": 128},
    "free": {"require_label": False, "decline_option": "Prefer not to say"},
    "alone": {"series": False, "shuffle_items": False, "shuffle_options": False},
    "numbered": {"format": "odd"},
}


@pytest.mark.slow
def test_unusual_conditions_account_for_every_answer(project: Project) -> None:
    built = {"persona": "traits", "style": "qa"}
    layout = {"symbols": "number", "asker": "Surveyor", "answerer": "Respondent"}
    changes = {
        "compare": list(ODD),
        "conditions": {name: {**built, **own} for name, own in ODD.items()},
        "formats": {"odd": layout},
    }
    project.configure(lambda config: merge(config, changes))
    project.make(TABLE)
    rows = csv.DictReader((project.path / "results/w34/answers.csv").open())
    found: dict[str, Counter[str]] = {name: Counter() for name in ODD}
    for row in rows:
        found[row["condition"]].update({key: int(row[key]) for key in list(row)[5:]})
    for name, counts in found.items():
        assert 0.9 < counts["valid"] / counts["asked"] <= 1, name
        assert counts["valid"] + counts["declined"] + counts["out_of_attempts"] == counts["asked"]
        kinds = ("valid", "declined", "refused", "unreadable", "contradictory")
        assert sum(counts[kind] for kind in kinds) == counts["replies"]
        assert (counts["declined"] > 0) == (name == "free")
    folder = project.path / "results/w34/responses/simulated"
    replies = {name: pq.read_table(folder / f"{name}.parquet")["reply"].to_pylist() for name in ODD}
    assert sum("My answer:" in reply for reply in replies["thinks"]) > 0.9 * len(replies["thinks"])
    assert not any("(A)" in reply for reply in replies["numbered"])
    assert any("(1)" in reply for reply in replies["numbered"])

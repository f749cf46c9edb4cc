"""The experiment language: what it accepts, and what it says about mistakes."""

import json
import shutil
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from anthology.config.experiment import Experiment
from anthology.config.types import for_survey
from anthology.errors import ConfigurationError
from anthology.study.reference import json_schema, reference
from anthology.study.study import Study, load
from tests.support.project import ROOT, merge

CONFIG: dict[str, Any] = yaml.safe_load((ROOT / "config/config.yaml").read_text())
PAPER: dict[str, Any] = yaml.safe_load((ROOT / "config/paper.yaml").read_text())


def loaded(root: Path = ROOT / "config", **changes: Any) -> Study:
    config = deepcopy(CONFIG)
    merge(config, changes)
    return load(config, root, [("config.yaml", CONFIG), ("command line", changes)])


def mistake(root: Path = ROOT / "config", **changes: Any) -> str:
    with pytest.raises(ConfigurationError) as error:
        loaded(root, **changes)
    return str(error.value)


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "config", tmp_path / "config"))


def test_the_default_compares_the_eleven_conditions() -> None:
    study = loaded()
    assert [name for _, name in study.rows()] == CONFIG["compare"]
    assert len(study.rows()) == 11
    assert study.experiment.surveys == ["w34", "w92", "w99", "w111"]


@pytest.mark.parametrize("name", ["laptop", "vllm", "openai", "paper", "paper-models"])
def test_every_overlay_is_a_study(name: str) -> None:
    overlay = yaml.safe_load((ROOT / f"config/{name}.yaml").read_text())
    found = loaded(**overlay).experiment
    asked = {found.traits.model, found.backstories.natural.model, *found.models}
    assert ("simulated" in asked) == (name == "paper")


@pytest.mark.parametrize(
    ("model", "asking", "said"),
    [
        ("local", "logprobs", "endpoint.top_logprobs"),
        ("davinci-002", "choice", "models check davinci-002"),
    ],
)
def test_a_way_of_asking_that_a_server_has_not_is_refused(
    model: str, asking: str, said: str
) -> None:
    for changes in (
        {"models": [model], "questions": {"answer_mode": asking}},
        {"models": [model], "conditions": {"qa": {"answer_mode": asking}}},
        {"traits": {"model": model, "answer_mode": asking}},
    ):
        assert said in mistake(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"backstories": {"natural": {"model": "uniform"}}},
        {"backstories": {"primed": {"model": "uniform"}}},
        {"traits": {"model": "uniform", "open_ended": ["age"]}},
    ],
)
def test_a_model_that_only_chooses_is_not_asked_for_words(changes: dict[str, Any]) -> None:
    assert "= 'uniform'\n  chooses among the options of a question" in mistake(**changes)


def test_many_draws_of_the_likeliest_answer_are_refused() -> None:
    said = mistake(traits={"sampling": {"temperature": 0}})
    assert "traits.samples = 40\n  at temperature 0 all answers are the same" in said


def test_the_paper_overlay_has_the_papers_sizes() -> None:
    study = loaded(**PAPER)
    assert study.experiment.backstories.natural.count == 10_000
    assert study.experiment.traits.samples == 40
    assert study.experiment.questions.max_attempts == 100
    assert for_survey(study.experiment.population, "w34") == 2_537
    assert for_survey(study.experiment.respondents, "w34") is None
    assert for_survey(study.experiment.respondents, "w92") == 2_500


def test_a_condition_may_have_its_own_model_and_then_stands_once() -> None:
    study = loaded(models=["simulated", "simulated-chat"], compare=["qa", "uniform"])
    assert study.rows() == [
        ("simulated", "qa"),
        ("uniform", "uniform"),
        ("simulated-chat", "qa"),
    ]


@pytest.mark.parametrize(
    ("changes", "fragments"),
    [
        ({"sede": 1}, ["command line: sede = 1", 'did you mean "seed"?']),
        ({"seed": "abc"}, ["seed = 'abc'", "integer"]),
        ({"metrics": {"splits": 0}}, ["metrics.splits = 0", "greater than or equal to 1"]),
        ({"metrics": {"splits": []}}, ["metrics.splits = []", "integer"]),
        (
            {"questions": {"sampling": {"temperature": 3}}},
            ["questions.sampling.temperature = 3", "less than or equal to 2"],
        ),
        (
            {"metrics": {"persona_weights": "respondents"}},
            ["metrics.persona_weights", 'did you mean "respondent"?'],
        ),
        ({"surveys": ["w43"]}, ["surveys.0 = 'w43'", "w43.yaml", 'did you mean "w34"?']),
        ({"models": ["simulatd"]}, ["models.0", 'did you mean "simulated"?']),
        ({"compare": ["greedy_boi"]}, ["compare.0", 'did you mean "greedy_bio"?']),
        (
            {"conditions": {"qa": {"style": "QA"}}},
            ["conditions.qa.style = 'QA'", 'did you mean "qa"?'],
        ),
        (
            {"conditions": {"primed_qa": {"style": "freeform"}}},
            ["conditions.primed_qa.style", "prompts/writers/freeform.yaml"],
        ),
        (
            {"conditions": {"greedy_qa": {"matching": "gredy"}}},
            ["conditions.greedy_qa.matching", 'did you mean "greedy"?'],
        ),
        (
            {"conditions": {"qa": {"persona": "trait"}}},
            ["conditions.qa.persona = 'trait'", 'did you mean "traits"?'],
        ),
        ({"conditions": {"new": {"persona": "matched"}}}, ["conditions.new", "matching"]),
        ({"conditions": {"new": {"persona": "traits"}}}, ["conditions.new", "needs a style"]),
        ({"conditions": {"New One": {"persona": "none"}}}, ["New One", "small letters"]),
        ({"backstories": {"natural": {"prompt": "natral"}}}, ['did you mean "natural"?']),
        ({"backstories": {"natural": {"count": "all"}}}, ["backstories.natural", "file"]),
        ({"traits": {"ask": ["agee"]}}, ["traits.ask.0 = 'agee'", 'did you mean "age"?']),
        ({"traits": {"ask": ["gender"]}}, ["stories are not asked for it"]),
        ({"matching": {"traits": {"w93": ["age"]}}}, ["matching.traits.w93", 'mean "w']),
        ({"personas": {"traits": ["height"]}}, ["height", "unknown name"]),
        ({"questions": {"format": "leters"}}, ["questions.format", 'did you mean "letters"?']),
        ({"population": {"w34": "many"}}, ["population.w34 = 'many'", "integer"]),
        ({"respondents": 0}, ["respondents", "greater than or equal to 1"]),
        ({"humans": {"w34": "no/such.sav"}}, ["humans.w34 = 'no/such.sav'", "is no file"]),
        ({"backstories": {"natural": {"file": "no.csv"}}}, ["natural.file", "is no file"]),
        (
            {"traits": {"reader_model": "simulated"}},
            ["traits.reader_model = 'simulated'", "asked in a chat", 'mean "simulated-chat"?'],
        ),
        ({"backstories": {"keep": {"critic_model": "uniform"}}}, ["critic_model", "in a chat"]),
        ({"surveys": ["w34", "w34"]}, ["surveys", "w34 is named more than once"]),
        ({"personas": {"traits": ["age", "age"]}}, ["age is named more than once"]),
        ({"conditions": {"human": {"persona": "none"}}}, ["human", "respondents' own row"]),
        ({"conditions": {"odd": {"persona": "none", "style": "qa"}}}, ["takes no style"]),
        (
            {"matching": {"variants": {"x": {"method": "greedy", "traits": ["gender", "height"]}}}},
            ["matching.variants.x.traits", "height"],
        ),
    ],
)
def test_a_mistake_is_named_with_key_value_and_remedy(
    changes: dict[str, Any], fragments: list[str]
) -> None:
    message = mistake(**changes)
    for fragment in fragments:
        assert fragment in message


def test_all_mistakes_are_told_at_once() -> None:
    message = mistake(sede=1, metrics={"split": 5})
    assert "sede" in message
    assert 'did you mean "splits"?' in message


def test_a_missing_file_names_its_neighbour(tmp_path: Path) -> None:
    (tmp_path / "ATP W34.sav").touch()
    message = mistake(humans={"w34": str(tmp_path / "ATP W43.sav")})
    assert 'Did you mean "ATP W34.sav"?' in message


@pytest.mark.parametrize(
    ("file", "old", "new", "fragments"),
    [
        ("surveys/w34.yaml", "weight:", "wieght:", ["surveys/w34.yaml", 'did you mean "weight"?']),
        ("surveys/w34.yaml", "variable: FUD37B_W34", "variable: FUD37A_W34", ["more than once"]),
        ("surveys/w34.yaml", "65+: 4", "65+: 7", ["recode.65+ names code 7"]),
        ("surveys/w34.yaml", "65+: 4", "66+: 4", ["65+, 66+"]),
        ("surveys/w34.yaml", "id: QKEY", "id: QKEY\nid: QKEY", ["lines 3 and 4", '"id"']),
        ("surveys/w34.yaml", "id: QKEY", "id: [", ["no valid YAML", "w34.yaml, line"]),
        ("models/simulated.yaml", "provider: sim", "provider: opena", ["provider = "]),
        ("prompts/critics/narrative.yaml", "{story}", "{stroy}", ["{stroy}", "{story}"]),
        ("prompts/critics/narrative.yaml", "{story}", "{story", ["brace"]),
        ("prompts/styles/bio.yaml", "  income:", "  incoming:", ["income", "bio.yaml"]),
        ("surveys/w34.yaml", "codes: [1, 2, 3, 4]", "codes: [1, 2, 3, 4, 4]", ["repeats a code"]),
        ("surveys/w34.yaml", "codes: [1, 2, 3, 4]", "codes: [1, 2, 3, 40000]", ["32768"]),
        ("surveys/w34.yaml", "65+: 4", "65+: {3: 0.7, 4: 0.7}", ["recode.65+", "more than all"]),
        ("surveys/w34.yaml", "65+: 4", "65+: {4: -1}", ["recode.65+", "share of -1"]),
        ("surveys/w111.yaml", "last: [3]", "last: [4]", ["last names code 4"]),
        ("surveys/w34.yaml", '      2: "$10', '      0: "$10', ["labels names code 0"]),
        ("surveys/w34.yaml", "man: 1", "no: 1", ["the key no is read as yes or no", "quotes"]),
        ("prompts/critics/narrative.yaml", "{story}", "", ["{story} is missing"]),
        ("prompts/writers/bio.yaml", "{person}", "", ["{person} is missing"]),
        ("prompts/styles/bio.yaml", "age group {answer}", "age group", ["{answer} is missing"]),
        ("prompts/styles/bio.yaml", "{answer}", "{answer:d}", ["no plain name"]),
        ("prompts/styles/bio.yaml", "{answer}", "{answer!r}", ["no plain name"]),
        ("populations/w34.yaml", "FUD37B_W34\n", "FUD37A_W34\n", ["more than one place"]),
        ("traits.yaml", "question: How old", "qestion: How old", ['did you mean "question"?']),
    ],
)
def test_a_mistake_in_a_named_file_is_told_with_the_file(
    catalogue: Path, file: str, old: str, new: str, fragments: list[str]
) -> None:
    path = catalogue / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    message = mistake(catalogue)
    for fragment in fragments:
        assert fragment in message


def test_a_survey_without_a_population_cannot_be_simulated(catalogue: Path) -> None:
    (catalogue / "populations/w99.yaml").unlink()
    message = mistake(catalogue)
    assert "humans.w99 = 'simulated'" in message
    assert "give its .sav" in message


def test_a_path_with_braces_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a{b}.sav"
    file.touch()
    assert "has a brace" in mistake(humans={"w34": str(file)})


def test_one_mistake_is_told_once(catalogue: Path) -> None:
    message = mistake(catalogue, traits={"ask": ["age", "gender", "race", "education"]})
    assert message.count("matching.traits = 'income'") == 1


def test_a_sampling_given_in_part_keeps_the_sections_other_defaults() -> None:
    changes = {"natural": {"sampling": {"temperature": 0.5}}, "primed": {"sampling": {"top_p": 1}}}
    config = deepcopy(CONFIG)
    config["backstories"].update(changes)
    backstories = load(config, ROOT / "config").experiment.backstories
    assert backstories.natural.sampling.max_tokens == 1024
    assert backstories.primed.sampling.temperature == 1.1


def test_a_survey_that_is_not_in_the_study_may_still_have_values() -> None:
    study = loaded(surveys=["w34"])
    assert study.experiment.surveys == ["w34"]


def test_the_exported_schema_is_current_and_fits_the_configuration() -> None:
    exported = (ROOT / "config/schema.json").read_text()
    assert exported == json_schema(), "run: anthology schema > config/schema.json"
    jsonschema.validate(CONFIG, json.loads(exported))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**CONFIG, "sede": 1}, json.loads(exported))


def test_the_reference_is_current() -> None:
    written = (ROOT / "docs/configuration.md").read_text()
    assert written == reference(), "run: anthology reference > docs/configuration.md"


def test_every_key_of_the_experiment_is_described() -> None:
    schema = Experiment.model_json_schema()
    for record in [schema, *schema["$defs"].values()]:
        assert record["description"]

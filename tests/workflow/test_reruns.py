"""What runs again after each kind of change.

Most changes are held against the params of each stage's jobs, which Snakemake compares with those
of the last run; some are tried with Snakemake itself.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from anthology.stages import stage_descriptions
from anthology.study.codehash import modules
from anthology.study.settings import settings
from anthology.study.study import load
from tests.support.project import ROOT, SMALL, TABLE, Project, merge

NAMES = {
    "primed": ("style", {"qa", "portray", "bio"}),
    "matches": ("matching", {"greedy", "max_weight"}),
    "personas": ("condition", {"qa", "primed_bio", "greedy_bio", "max_weight_bio"}),
    "responses": ("condition", {"qa", "primed_bio", "greedy_bio", "max_weight_bio"}),
}
"""The stages that have several jobs a survey, and what tells these apart."""


def jobs(stage: str, *names: str) -> set[str]:
    """Name all jobs of a stage, or some."""
    return {f"{stage} {name}" for name in names or NAMES[stage][1]}


WRITTEN = {"backstories", *jobs("primed")}
ASKED = jobs("responses")
TABLES = {"results/w34/metrics.csv", "results/w34/answers.csv"}

Change = Callable[[Project], None]


def configure(**changes: object) -> Change:
    return lambda project: project.configure(lambda config: merge(config, changes))


def edit(file: str, old: str, new: str) -> Change:
    return lambda project: project.replace(file, old, new)


def sort_all_keys(project: Project) -> None:
    for file in project.path.glob("config/**/*.yaml"):
        file.write_text(yaml.safe_dump(yaml.safe_load(file.read_text()), sort_keys=True))


def params(project: Project) -> dict[str, set[str]]:
    """Return the params of each job of the small study."""
    config = yaml.safe_load((project.path / "config/config.yaml").read_text())
    study = load(config, project.path / "config")
    found = {}
    for stage in STAGES:
        wildcard, names = NAMES.get(stage, ("", {""}))
        for name in names:
            wildcards = SimpleNamespace(survey="w34", model="simulated", **{wildcard: name})
            of_job = {setting(wildcards) for setting in settings(study, stage).values()}
            found[f"{stage} {name}".strip()] = of_job
    return found


MODEL = "config/models/simulated.yaml"
STAGES = ("population", "humans", "backstories", "traits", *NAMES, "metrics")
CHANGES: dict[str, tuple[Change, set[str]]] = {
    "nothing": (lambda project: None, set()),
    "a comment": (edit("config/config.yaml", "seed:", "# a remark\nseed:"), set()),
    "the order of all keys": (sort_all_keys, set()),
    "an endpoint": (edit(MODEL, "max_concurrency: 64", "max_concurrency: 3"), set()),
    "an address and a price": (
        edit(
            MODEL,
            "endpoint: {",
            "price: {prompt: 1, completion: 2}\nendpoint: {base_url: http://elsewhere/v1, ",
        ),
        set(),
    ),
    "what a job needs": (
        edit(MODEL, "max_concurrency: 64", "max_concurrency: 64, job: {mem_mb: 999}"),
        set(),
    ),
    "the number of shards": (configure(shards={"backstories": 2, "responses": 5}), set()),
    "a model's revision": (
        edit(MODEL, "provider:", "revision: second\nprovider:"),
        {"backstories", "traits", *ASKED},
    ),
    "an unused style": (
        edit("config/prompts/styles/portray.yaml", "Answer every", "Please answer every"),
        set(),
    ),
    "the bio style": (
        edit("config/prompts/styles/bio.yaml", "I am in the age group", "My age group is"),
        jobs("personas", "greedy_bio", "max_weight_bio"),
    ),
    "a writer's prompt": (
        edit("config/prompts/writers/qa.yaml", "Keep to the answers", "Keep closely to them"),
        jobs("primed", "qa"),
    ),
    "an item's wording": (
        edit(
            "config/surveys/w34.yaml",
            "- variable: FUD37A_W34",
            "- variable: FUD37A_W34\n    wording: Food?",
        ),
        ASKED,
    ),
    "the survey's frame": (
        edit("config/prompts/surveys/consistent.yaml", "in keeping with", "in line with"),
        ASKED,
    ),
    "a trait's options": (
        edit("config/traits.yaml", "text: 65 or older", "text: 65 and older"),
        {"traits"},
    ),
    "the matching traits": (configure(matching={"traits": ["age", "gender"]}), jobs("matches")),
    "one matching's traits": (
        configure(matching={"variants": {"greedy": {"traits": ["age"]}}}),
        jobs("matches", "greedy"),
    ),
    "the number of stories": (configure(backstories={"natural": {"count": 41}}), {"backstories"}),
    "the natural question": (
        edit("config/prompts/stories/natural.yaml", "yourself.", "your life."),
        {"backstories", "traits", *jobs("personas", "primed_bio", "greedy_bio", "max_weight_bio")},
    ),
    "when a story is kept": (configure(backstories={"keep": {"min_words": 260}}), WRITTEN),
    "the traits of personas": (
        configure(personas={"traits": ["age", "gender"]}),
        jobs("primed") | jobs("personas", "qa", "greedy_bio", "max_weight_bio"),
    ),
    "the number of respondents": (configure(respondents=29), {"humans"}),
    "the way of asking": (configure(questions={"answer_mode": "choice"}), ASKED),
    "one condition's way of asking": (
        configure(conditions={"qa": {"answer_mode": "logprobs"}}),
        jobs("responses", "qa"),
    ),
    "the way of asking for traits": (configure(traits={"answer_mode": "logprobs"}), {"traits"}),
    "the number of attempts": (configure(questions={"max_attempts": 9}), ASKED),
    "one condition's temperature": (
        configure(conditions={"qa": {"temperature": 0.5}}),
        jobs("responses", "qa"),
    ),
    "the layout of items": (
        configure(formats={"letters": {"brackets": "square"}}),
        {"traits", *jobs("primed", "qa"), *jobs("personas", "qa"), *ASKED},
    ),
    "a further condition": (
        lambda project: project.configure(lambda config: config["compare"].append("greedy_story")),
        {"metrics"},
    ),
    "a metric setting": (configure(metrics={"splits": 50}), {"metrics"}),
    "a fold": (
        edit("config/surveys/w34.yaml", "70-80k: {6: 0.5, 7: 0.5}", "70-80k: 7"),
        jobs("matches"),
    ),
}


@pytest.fixture
def config(tmp_path: Path) -> Project:
    """The configuration of a small study alone."""
    shutil.copytree(ROOT / "config", tmp_path / "config")
    project = Project(tmp_path)
    project.configure(lambda config: merge(config, SMALL))
    return project


def changed(project: Project, change: Change) -> set[str]:
    """Return the jobs whose params a change of the configuration changes."""
    before = params(project)
    change(project)
    after = params(project)
    return {job for job in after if after[job] != before[job]}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_affects_exactly_the_jobs_that_depend_on_it(config: Project, name: str) -> None:
    change, expected = CHANGES[name]
    assert changed(config, change) == expected


def test_the_seed_reaches_every_job_that_draws(config: Project) -> None:
    # Without a number of respondents none are drawn; a primed persona's story is its persona.
    unseeded = {"humans", *jobs("personas", "primed_bio")}
    assert changed(config, configure(seed=7)) == params(config).keys() - unseeded


@pytest.mark.parametrize(
    ("module", "stages"),
    [
        ("stages/metrics", {"metrics"}),
        ("stages/matches", {"matches"}),
        ("interview/describe", {"primed", "personas"}),
        ("cli/main", set()),
        ("plan/plan", set()),
        ("providers/openai", set()),
    ],
)
def test_code_belongs_to_the_stages_that_run_it(module: str, stages: set[str]) -> None:
    file = ROOT / f"anthology/{module}.py"
    assert file.is_file()
    assert {stage for stage in stage_descriptions() if file in modules(f"stages.{stage}")} == stages


def files(*conditions: str) -> set[str]:
    """Return the files of some conditions, and the tables that compare them."""
    responses = {f"results/w34/responses/simulated/{name}.parquet" for name in conditions}
    return TABLES | responses | {f"results/w34/personas/{name}.parquet" for name in conditions}


def test_shards_endpoints_and_file_times_rerun_nothing(
    project: Project,
) -> None:
    (project.path / "results/traits/natural.parquet").touch()
    configure(shards={"backstories": 2, "primed": 3, "traits": 4, "responses": 5})(project)
    edit(MODEL, "max_concurrency: 64", "max_concurrency: 3")(project)
    assert project.stale() == set()


def test_a_changed_job_reruns_everything_downstream(project: Project) -> None:
    edit("config/prompts/styles/bio.yaml", "I am in the age group", "My age group is")(project)
    assert project.stale() == files("greedy_bio", "max_weight_bio")


def test_changed_code_reruns_its_stages(project: Project) -> None:
    path = project.path / "anthology/interview/describe.py"
    path.write_text(path.read_text() + "\n_CHANGED = True\n")
    primed = {"results/w34/backstories/primed_bio.parquet"}
    assert project.stale() == primed | files(*NAMES["personas"][1])


@pytest.mark.parametrize(
    ("condition", "own"),
    [("greedy_bio", {"matching": "max_weight"}), ("qa", {"persona": "primed", "style": "bio"})],
)
def test_a_condition_with_another_source_is_rerun(
    project: Project, condition: str, own: dict[str, str]
) -> None:
    configure(conditions={condition: own})(project)
    assert project.stale() == files(condition)


def test_adding_a_condition_runs_it_and_the_tables(project: Project) -> None:
    project.configure(lambda config: config["compare"].append("greedy_story"))
    assert project.stale() == files("greedy_story")


def test_the_printed_reason_names_the_setting(project: Project) -> None:
    configure(metrics={"splits": 50})(project)
    text = project.snakemake("-n", TABLE).text
    assert '{"splits":100}' in text
    assert '{"splits":50}' in text


def test_natural_stories_belong_to_no_survey(project: Project) -> None:
    stale = project.stale("results/w92/metrics.csv")
    assert "results/w92/metrics.csv" in stale
    assert not any("natural" in file for file in stale)


@pytest.mark.slow
def test_a_rerun_keeps_all_other_files(project: Project) -> None:
    def times() -> dict[str, int]:
        made = project.path.glob("results/**/*.parquet")
        return {str(p.relative_to(project.path)): p.stat().st_mtime_ns for p in made}

    before = times()
    edit("config/prompts/styles/bio.yaml", "I am in the age group", "My age group is")(project)
    project.make(TABLE)
    after = times()
    rerun = {file for file in before if after[file] != before[file]}
    assert rerun == files("greedy_bio", "max_weight_bio") - TABLES
    assert project.stale() == set()


@pytest.mark.slow
def test_the_order_of_surveys_rebuilds_the_summary(project: Project) -> None:
    configure(surveys=["w34", "w92"], compare=["qa"])(project)
    project.make()
    configure(surveys=["w92", "w34"])(project)
    assert project.stale("all") == {"results/summary.csv"}

"""What runs again after each kind of change, as dry runs tell."""

from collections.abc import Callable

import pytest
import yaml

from tests.conftest import Project, merge

PRIMED = {"primed_qa", "primed_portray", "primed_bio"}
GREEDY = {"greedy_qa", "greedy_freeform", "greedy_bio"}
MAX_WEIGHT = {"max_weight_qa", "max_weight_freeform", "max_weight_bio"}
MATCHED = GREEDY | MAX_WEIGHT
ALL = {"qa", "bio"} | PRIMED | MATCHED

TABLE = {"results/w34/metrics.csv", "results/w34/answers.csv"}
NATURAL = {"results/backstories/natural.parquet"}
TRAITS = {"results/traits/natural.parquet", "results/traits/sources.csv"}
HUMANS = {"results/w34/humans.parquet", "results/w34/codebook.json"}
POPULATION = {"results/w34/population.sav"}


def personas(conditions: set[str]) -> set[str]:
    return {f"results/w34/personas/{name}.parquet" for name in conditions}


def responses(conditions: set[str]) -> set[str]:
    return {f"results/w34/responses/simulated/{name}.parquet" for name in conditions}


def asked(conditions: set[str]) -> set[str]:
    return personas(conditions) | responses(conditions) | TABLE


def matches(*names: str) -> set[str]:
    return {f"results/w34/matches/{name}.parquet" for name in names}


def primed(*styles: str) -> set[str]:
    return {f"results/w34/backstories/primed_{style}.parquet" for style in styles}


BOTH = matches("greedy", "max_weight")
WRITTEN = primed("qa", "portray", "bio")
EVERYTHING = POPULATION | HUMANS | NATURAL | WRITTEN | TRAITS | BOTH | asked(ALL)

Change = Callable[[Project], None]


def setting(**changes: object) -> Change:
    return lambda project: project.configure(lambda config: merge(config, changes))


def edit(file: str, old: str, new: str) -> Change:
    return lambda project: project.replace(file, old, new)


def item_wording(project: Project) -> None:
    path = project.path / "config/surveys/w34.yaml"
    survey = yaml.safe_load(path.read_text())
    survey["items"][0]["wording"] = "In your view, do altered crops make what we eat cheaper?"
    path.write_text(yaml.safe_dump(survey, sort_keys=False))


def reordered(project: Project) -> None:
    for file in project.path.glob("config/**/*.yaml"):
        file.write_text(yaml.safe_dump(yaml.safe_load(file.read_text()), sort_keys=True))


def code(module: str) -> Change:
    def change(project: Project) -> None:
        path = project.path / f"anthology/{module}.py"
        path.write_text(path.read_text() + "\n_CHANGED = True\n")

    return change


CHANGES: dict[str, tuple[Change, set[str]]] = {
    "nothing": (lambda project: None, set()),
    "a comment": (edit("config/config.yaml", "seed:", "# a remark\nseed:"), set()),
    "the order of all keys": (reordered, set()),
    "an endpoint": (
        edit("config/models/simulated.yaml", "max_concurrency: 64", "max_concurrency: 3"),
        set(),
    ),
    "an address and a price": (
        edit(
            "config/models/simulated.yaml",
            "endpoint: {",
            "price: {prompt: 1, completion: 2}\nendpoint: {base_url: http://elsewhere/v1, ",
        ),
        set(),
    ),
    "a model's revision": (
        edit("config/models/simulated.yaml", "provider:", "revision: second\nprovider:"),
        NATURAL | TRAITS | BOTH | asked(MATCHED) | responses(ALL),
    ),
    "an unused style": (
        edit("config/prompts/styles/portray.yaml", "Answer every", "Please answer every"),
        set(),
    ),
    "the bio style": (
        edit("config/prompts/styles/bio.yaml", "I am in the age group", "My age group is"),
        asked({"bio", "greedy_bio", "max_weight_bio"}),
    ),
    "a writer's prompt": (
        edit("config/prompts/writers/qa.yaml", "Keep to the answers", "Keep closely to them"),
        primed("qa") | asked({"primed_qa"}),
    ),
    "an item's wording": (item_wording, responses(ALL) | TABLE),
    "the survey's frame": (
        edit("config/prompts/surveys/consistent.yaml", "in keeping with", "in line with"),
        responses(ALL) | TABLE,
    ),
    "a trait's options": (
        edit("config/traits.yaml", "text: 65 or older", "text: 65 and older"),
        TRAITS | BOTH | asked(MATCHED),
    ),
    "the matching traits": (
        setting(matching={"traits": ["age", "gender"]}),
        BOTH | asked(MATCHED),
    ),
    "one matching's traits": (
        setting(matching={"variants": {"greedy": {"traits": ["age"]}}}),
        matches("greedy") | asked(GREEDY),
    ),
    "the number of stories": (
        setting(backstories={"natural": {"count": 41}}),
        NATURAL | TRAITS | BOTH | asked(MATCHED),
    ),
    "the natural question": (
        edit("config/prompts/stories/natural.yaml", "yourself.", "your life."),
        NATURAL | TRAITS | BOTH | asked(MATCHED | PRIMED),
    ),
    "when a story is kept": (
        setting(backstories={"keep": {"min_words": 260}}),
        NATURAL | WRITTEN | TRAITS | BOTH | asked(PRIMED | MATCHED),
    ),
    "the traits personas are told by": (
        setting(personas={"traits": ["age", "gender"]}),
        WRITTEN | asked(ALL),
    ),
    "the number of respondents": (
        setting(respondents=29),
        HUMANS | WRITTEN | BOTH | asked(ALL),
    ),
    "the way of asking": (setting(questions={"answer_mode": "choice"}), responses(ALL) | TABLE),
    "one condition's way of asking": (
        setting(conditions={"qa": {"answer_mode": "logprobs"}}),
        responses({"qa"}) | TABLE,
    ),
    "the way of asking for traits": (
        setting(traits={"answer_mode": "logprobs"}),
        TRAITS | BOTH | asked(MATCHED),
    ),
    "the number of tries": (setting(questions={"max_attempts": 9}), responses(ALL) | TABLE),
    "the layout of items": (
        setting(formats={"letters": {"brackets": "square"}}),
        TRAITS
        | primed("qa")
        | BOTH
        | personas({"qa", "greedy_qa", "max_weight_qa", "primed_qa"} | MATCHED)
        | responses(ALL)
        | TABLE,
    ),
    "one condition's temperature": (
        setting(conditions={"qa": {"temperature": 0.5}}),
        responses({"qa"}) | TABLE,
    ),
    "a further condition": (
        lambda project: project.configure(lambda config: config["compare"].append("greedy_story")),
        asked({"greedy_story"}),
    ),
    "a metric setting": (setting(metrics={"splits": 50}), TABLE),
    "the seed": (setting(seed=7), EVERYTHING),
    "a fold": (
        edit("config/surveys/w34.yaml", "70-80k: {6: 0.5, 7: 0.5}", "70-80k: 7"),
        BOTH | asked(MATCHED),
    ),
    "the code of metrics": (code("stages/metrics"), TABLE),
    "the code of matches": (code("stages/matches"), BOTH | asked(MATCHED)),
    "the code that reads answers": (
        code("interview/answers"),
        TRAITS | BOTH | personas(MATCHED) | responses(ALL) | TABLE,
    ),
    "the code of descriptions": (code("interview/describe"), WRITTEN | asked(ALL)),
    "the code of the command line": (code("cli/main"), set()),
    "the code of another provider": (code("providers/openai"), set()),
    "the number of shards": (
        setting(shards={"backstories": 2, "primed": 3, "traits": 4, "responses": 5}),
        set(),
    ),
    "what a job needs": (
        edit(
            "config/models/simulated.yaml",
            "max_concurrency: 64",
            "max_concurrency: 64, job: {mem_mb: 999}",
        ),
        set(),
    ),
    "another matching of one condition": (
        setting(conditions={"greedy_qa": {"matching": "max_weight"}}),
        asked({"greedy_qa"}),
    ),
    "another persona of one condition": (
        setting(conditions={"qa": {"persona": "primed"}}),
        asked({"qa"}),
    ),
    "the code of plans": (code("plan/plan"), set()),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_reruns_exactly_what_depends_on_it(project: Project, name: str) -> None:
    change, expected = CHANGES[name]
    change(project)
    assert project.stale() == expected


def test_the_order_of_surveys_makes_the_summary_again(project: Project) -> None:
    small = {"surveys": ["w34", "w92"], "compare": ["qa"]}
    project.configure(lambda config: merge(config, small))
    project.make()
    project.configure(lambda config: merge(config, {"surveys": ["w92", "w34"]}))
    assert project.stale("all") == {"results/summary.csv"}


def test_a_touched_file_reruns_nothing(project: Project) -> None:
    (project.path / "results/traits/natural.parquet").touch()
    assert project.stale() == set()


def test_the_printed_reason_names_the_setting(project: Project) -> None:
    project.configure(lambda config: merge(config, {"metrics": {"splits": 50}}))
    text = project.snakemake("-n", "results/w34/metrics.csv").text
    assert '{"splits":100}' in text
    assert '{"splits":50}' in text


def test_a_natural_story_belongs_to_no_survey(project: Project) -> None:
    stale = project.stale("results/w92/metrics.csv")
    assert "results/w92/metrics.csv" in stale
    assert not stale & (NATURAL | TRAITS)


def test_a_rerun_after_a_changed_prompt_keeps_other_files(project: Project) -> None:
    change, expected = CHANGES["the bio style"]
    before = {p: p.stat().st_mtime_ns for p in project.path.glob("results/**/*.parquet")}
    change(project)
    project.make("results/w34/metrics.csv")
    changed = {
        p.relative_to(project.path).as_posix()
        for p, t in before.items()
        if p.stat().st_mtime_ns != t
    }
    assert changed == expected - TABLE
    assert project.stale() == set()

"""The experiment language: what `config/config.yaml` may say.

This module is the one place that knows the language's grammar: its sections,
their defaults, what each key means and which values it takes. The JSON schema
for editors and `docs/configuration.md` are made from it.
"""

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, create_model, model_validator

from anthology.config.filters import Filter
from anthology.config.formats import Format
from anthology.config.model import AnswerMode, Sampling
from anthology.config.renamed import EXPERIMENT
from anthology.config.types import (
    DEFAULT,
    Count,
    CountBySurvey,
    FormatName,
    ModelName,
    Name,
    Names,
    PromptName,
    RefersTo,
    SizeBySurvey,
    TraitName,
    TraitNames,
    TraitsBySurvey,
    different,
)
from anthology.records import Record

SIMULATED = "simulated"
"""The name of the embedded population, in place of a survey file."""
RESERVED = {
    "human": "the people's row",
    "random_respondent": "a row for anybody in a persona's place",
    "same_traits": "a row for anybody with the same traits in a persona's place",
}
"""What tables call rows that are no condition's; no condition may be called so."""


class StorySampling(Sampling):
    """How natural stories are drawn."""

    max_tokens: Annotated[int, Field(ge=1)] = 1024
    """Longest story, in tokens."""


class PrimedSampling(StorySampling):
    """How primed stories are drawn."""

    temperature: Annotated[float, Field(ge=0, le=2)] = 1.1
    """Divides the log-odds of the next token; 0 takes the likeliest."""


class Keep(Record):
    """When a written story may be used."""

    min_words: Annotated[int, Field(ge=0)] = 250
    """Shorter stories are rejected."""
    max_mentions: dict[str, Annotated[int, Field(ge=0)]] = {"interview": 1}
    """How often a story may mention a word; more often, and it talks about its own making."""
    critic: Annotated[str, RefersTo("prompts/critics")] | None = "narrative"
    """The prompt in `prompts/critics/` that a chat model judges a story by; null for no critic."""
    critic_model: ModelName = "simulated-chat"
    """The model that judges."""
    max_attempts: Annotated[int, Field(ge=1)] = 50
    """How many stories are written, at most, for one that is kept."""


class Natural(Record):
    """Natural backstories: written from an open question, or read from a file."""

    count: Count = 300
    """How many stories; `all` is for stories from a file."""
    file: str | None = None
    """Read the stories from this file (.csv, .json, .jsonl, .parquet, .txt) and write none."""
    shuffle: bool = False
    """For stories from a file: whether the first `count` are taken from a seeded shuffle."""
    model: ModelName = "simulated"
    """The model that writes."""
    prompt: Annotated[str, RefersTo("prompts/stories")] = "natural"
    """The open question, or the questions of an interview, in `prompts/stories/`."""
    preamble: Annotated[str, RefersTo("prompts/preambles")] | None = None
    """A question that the writer must first answer as wanted, in `prompts/preambles/`; null for
    none."""
    sampling: StorySampling = StorySampling()
    """How stories are drawn."""

    @model_validator(mode="after")
    def _countable(self) -> Self:
        if self.count is None and self.file is None:
            raise ValueError("count: all needs a file to read stories from; give a number")
        return self


class Primed(Record):
    """Primed backstories: written from the traits of one respondent each."""

    model: ModelName = "simulated-chat"
    """The model that writes."""
    sampling: PrimedSampling = PrimedSampling()
    """How stories are drawn."""


class Duplicates(Record):
    """When two stories count as nearly the same."""

    shingle_words: Annotated[int, Field(ge=1)] = 5
    """Length of the passages by which stories are compared."""
    min_similarity: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Share of their passages that two stories have in common (Jaccard) from which they count."""


class Backstories(Record):
    """Where life stories come from."""

    natural: Natural = Natural()
    """Stories of nobody in particular, which are matched to respondents."""
    primed: Primed = Primed()
    """Stories written for one respondent each."""
    keep: Keep = Keep()
    """Which written stories are kept."""
    duplicates: Duplicates = Duplicates()
    """When two stories count as nearly the same; such pairs are reported, not removed."""
    perplexity: Annotated[list[ModelName], AfterValidator(different)] = ["simulated"]
    """The models that judge how surprising each story is; none, and it is left out."""


class Traits(Record):
    """How natural backstories are asked who they are."""

    ask: TraitNames = [
        "age", "gender", "race", "education", "income", "region", "religion", "party",
    ]  # fmt: skip
    """The traits that are asked, by their names in `config/traits.yaml`."""
    variants: dict[TraitName, str] = {}
    """For a trait, the variant of its question in `config/traits.yaml` that is asked instead."""
    open_ended: Annotated[list[TraitName], AfterValidator(different)] = []
    """Those of the traits whose question is put without options, to be answered freely. Answers
    are drawn in words then, whatever `answer_mode` says."""
    model: ModelName = "simulated"
    """The model that continues a story with the trait's question."""
    answer_mode: AnswerMode = "sample"
    """How it is asked. `sample`: it answers in words. `choice`: it can write nothing but a label.
    `logprobs`: one request gives the probability of every label."""
    samples: Annotated[int, Field(ge=1)] = 40
    """How many answers make the distribution of one story over one trait."""
    sampling: Sampling = Sampling()
    """How answers are drawn."""
    prompt: PromptName = "plain"
    """What frames the question, in `prompts/surveys/`."""
    require_label: bool = True
    """Whether a line after the options asks for one of their labels."""
    decline_option: str | None = "Prefer not to answer"
    """A last option with which a story may decline; null leaves it out."""
    reader: Annotated[str, RefersTo("prompts/readers")] | None = "statement"
    """The prompt in `prompts/readers/` by which a model looks for an outright statement; null for
    no reader."""
    reader_model: ModelName = "simulated-chat"
    """The model that looks; asked at temperature 0."""
    coder: Annotated[str, RefersTo("prompts/coders")] | None = "answer"
    """The prompt in `prompts/coders/` by which a model says which option a free answer comes to,
    where that cannot be read by rule; null for none."""
    coder_model: ModelName = "simulated-chat"
    """The model that says so; asked at temperature 0."""
    format: FormatName = "letters"
    """How the question is laid out, by its name in `formats`; its names for asker and answerer
    also stand around the open question that stories answer."""


class MatchingVariant(Record):
    """One way of matching respondents to stories."""

    method: Literal["greedy", "max_weight", "random"]
    """`greedy`: the most similar story each. `max_weight`: one story each, largest total
    similarity. `random`: one story each, at random."""
    traits: TraitsBySurvey | None = None
    """Match on these traits instead of `matching.traits`."""


class Matching(Record):
    """How respondents are matched to natural backstories."""

    traits: TraitsBySurvey = {DEFAULT: ["age", "gender", "race", "education", "income"]}
    """The traits that are compared; a list, or a mapping from surveys (and `default`) to lists."""
    variants: dict[Name, MatchingVariant] = {
        "greedy": MatchingVariant(method="greedy"),
        "max_weight": MatchingVariant(method="max_weight"),
        "random": MatchingVariant(method="random"),
    }
    """The matchings that conditions may use."""


class Personas(Record):
    """How a respondent's traits enter a persona."""

    traits: TraitsBySurvey = {DEFAULT: ["age", "gender", "race", "education", "income"]}
    """The traits that are told; a list, or a mapping from surveys (and `default`) to lists."""
    shuffle: bool = True
    """Whether the traits stand in an order of their own for each persona."""


class Questions(Record):
    """How personas take the survey."""

    prompt: PromptName = "consistent"
    """What frames each item, in `prompts/surveys/`."""
    format: FormatName = "letters"
    """How items are laid out, by its name in `formats`."""
    require_label: bool = True
    """Whether a line after the options asks for one of their labels."""
    decline_option: str | None = None
    """A last option with which a persona may decline to answer; null leaves it out."""
    series: bool = True
    """Whether earlier items and answers stay in sight of later ones."""
    shuffle_items: bool = True
    """Whether each persona gets the items in an order of its own."""
    shuffle_options: bool = True
    """Whether each persona gets options in an order of its own; scales are only reversed."""
    answer_mode: AnswerMode = "sample"
    """How items are asked. `sample`: the persona answers in words, which are read. `choice`: it can
    write nothing but a label. `logprobs`: one request gives the probability of every label, and
    the answer is drawn from them."""
    max_attempts: Annotated[int, Field(ge=1)] = 100
    """How often an item is asked, at most, until an answer can be read."""
    sampling: Sampling = Sampling()
    """How answers are drawn."""


class _Condition(Record):
    """One way of building personas, and of asking them.

    The keys of `questions` may stand here too, and hold instead. A null says nothing, but that of
    `decline_option` leaves the option out.
    """

    persona: Literal["none", "traits", "primed", "matched"]
    """`none`: nothing. `traits`: the respondent's traits. `primed`: a story written from them.
    `matched`: the matched natural story, followed by the traits where a style is given."""
    style: Annotated[str, RefersTo("prompts/{style_kind}")] | None = None
    """How the traits are worded: a name in `prompts/styles/`; for `primed` the form in which the
    writer gets them, a name in `prompts/writers/`."""
    matching: Annotated[str, RefersTo("matching")] | None = None
    """For `matched`: which matching, by its name in `matching.variants`."""
    model: ModelName | None = None
    """Ask this model instead of all those in `models`."""

    @property
    def style_kind(self) -> str:
        """The folder in `prompts/` that the style is a name in."""
        return "writers" if self.persona == "primed" else "styles"

    def override(self, key: str) -> Any:
        """Return what the condition says instead of one of the questions' settings, or None."""
        return getattr(self, key)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.persona in ("traits", "primed") and self.style is None:
            raise ValueError(f"a persona of {self.persona} needs a style")
        if self.persona == "none" and self.style is not None:
            raise ValueError("a persona of none takes no style")
        if (self.persona == "matched") != (self.matching is not None):
            raise ValueError("matching is given if, and only if, persona is matched")
        return self


def _overrides() -> dict[str, Any]:
    """Return the settings of `questions` as a condition may have them, each of its own."""
    own = {f"questions.{name}": field for name, field in Questions.model_fields.items()}
    del own["questions.sampling"]
    sampling = Sampling.model_fields.items()
    own |= {f"questions.sampling.{name}": field for name, field in sampling}
    found = {}
    for path, field in own.items():
        kind: Any = Annotated[field.annotation, None, *field.metadata]
        default = Field(default=None, description=f"Instead of `{path}`.")
        found[path.rpartition(".")[2]] = (kind | None, default)
    return found


if TYPE_CHECKING:
    Condition = _Condition
else:
    Condition = create_model(
        "Condition", __base__=_Condition, __doc__=_Condition.__doc__, **_overrides()
    )


class Shards(Record):
    """Into how many jobs the asking of one artifact is split. Changing it makes no result stale."""

    backstories: Annotated[int, Field(ge=1)] = 1
    """The writing of natural stories."""
    primed: Annotated[int, Field(ge=1)] = 1
    """The writing of stories for the respondents of one survey."""
    perplexity: Annotated[int, Field(ge=1)] = 1
    """The judging of natural stories by one model."""
    traits: Annotated[int, Field(ge=1)] = 1
    """The asking of natural stories who they are."""
    responses: Annotated[int, Field(ge=1)] = 1
    """The survey of one condition; personas of one story stay together."""


class Grouping(Record):
    """A trait's categories put together to larger groups."""

    trait: str
    """The trait, by its name in `config/traits.yaml`."""
    groups: Annotated[dict[str, Names], Field(min_length=1)]
    """For each group, by the name that tables show, the trait's options in `config/traits.yaml`."""


class Metrics(Record):
    """How personas are compared with people."""

    splits: Annotated[int, Field(ge=1)] = 100
    """How many random halvings of the people make the human row."""
    persona_weights: Literal["none", "respondent"] = "none"
    """Whether a persona counts once, as published, or with its respondent's weight."""
    bootstrap_resamples: Annotated[int, Field(ge=100)] = 2000
    """How often people are drawn again, with replacement, for intervals and paired tests."""
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    """How often an interval is to hold the true value."""
    subgroups: list[str | Names] = ["age", "gender"]
    """The groups of people that are compared on their own: a trait or a grouping for each of its
    groups, a list of several for every crossing of theirs."""
    groupings: dict[Name, Grouping] = {}
    """Coarser groups than a trait's own categories, by name."""
    min_group_size: Annotated[int, Field(ge=2)] = 30
    """Groups of fewer people are named, but not measured."""


class Explorer(Record):
    """The page to look at single people."""

    respondents: Count = 5000
    """How many respondents it shows at most, drawn from all of them; a number, or `all`. A browser
    holds the whole page in memory."""


class Filters(Record):
    """Which respondents and which stories take part."""

    respondents: Filter = Filter()
    """Respondents, judged by the survey's category that an option folds into."""
    backstories: Filter = Filter()
    """Natural stories, judged by the likeliest option of each trait."""


class Experiment(Record):
    """A study of virtual personas, from life stories to metrics."""

    renamed: ClassVar = EXPERIMENT

    seed: int = 0
    """Every random draw derives from it."""
    surveys: Annotated[
        list[Annotated[Name, RefersTo("surveys")]], Field(min_length=1), AfterValidator(different)
    ]
    """The surveys of the study, by their names in `config/surveys/`."""
    humans: dict[Annotated[str, RefersTo("survey")], str] = {}
    """For each survey its file of people: a path to a `.sav`, or `simulated`, the default."""
    population: SizeBySurvey = {DEFAULT: 200}
    """How many people a simulated survey has; a number, or a mapping from surveys to numbers."""
    respondents: CountBySurvey = {DEFAULT: None}
    """How many respondents are drawn from each survey's people; a number, `all`, or a mapping."""
    filters: Filters = Filters()
    """Which of the people and stories take part, by their traits."""
    models: Annotated[list[ModelName], Field(min_length=1), AfterValidator(different)]
    """The models that take the surveys, by their names in `config/models/`."""
    compare: Annotated[
        list[Annotated[str, RefersTo("condition")]],
        Field(min_length=1),
        AfterValidator(different),
    ]
    """The conditions of the tables, in their order."""
    conditions: dict[Name, Condition]
    """All conditions that can be compared."""
    backstories: Backstories = Backstories()
    """Where life stories come from."""
    traits: Traits = Traits()
    """How natural backstories are asked who they are."""
    matching: Matching = Matching()
    """How respondents are matched to natural backstories."""
    personas: Personas = Personas()
    """How a respondent's traits enter a persona."""
    questions: Questions = Questions()
    """How personas take the survey."""
    metrics: Metrics = Metrics()
    """How personas are compared with people."""
    explorer: Explorer = Explorer()
    """What the page to look at single people shows."""
    shards: Shards = Shards()
    """Into how many jobs stages that ask models are split, where many machines can share them."""
    formats: dict[Name, Format] = {"letters": Format()}
    """Layouts of multiple-choice questions, by name."""

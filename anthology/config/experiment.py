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
    "human": "the respondents' own row",
    "random_respondent": "the row of a random respondent in each persona's place",
    "same_traits": "the row of a respondent with the same traits in each persona's place",
}
"""Names of rows in tables that no condition may have."""


class StorySampling(Sampling):
    """Sampling parameters of natural stories."""

    max_tokens: Annotated[int, Field(ge=1)] = 1024
    """Longest story, in tokens."""


class PrimedSampling(StorySampling):
    """Sampling parameters of primed stories."""

    temperature: Annotated[float, Field(ge=0, le=2)] = 1.1
    """Sampling temperature; 0 is greedy."""


class Keep(Record):
    """Filters that a generated story must pass."""

    min_words: Annotated[int, Field(ge=0)] = 250
    """Shorter stories are rejected."""
    max_mentions: dict[str, Annotated[int, Field(ge=0)]] = {"interview": 1}
    """Most mentions of a word: a story with more tends to talk about how it was generated."""
    critic: Annotated[str, RefersTo("prompts/critics")] | None = "narrative"
    """Prompt in `prompts/critics/` with which a chat model judges a story; null for no critic."""
    critic_model: ModelName = "simulated-chat"
    """The critic's model."""
    max_attempts: Annotated[int, Field(ge=1)] = 50
    """Most stories generated for one that passes."""


class Natural(Record):
    """Natural backstories: written from an open question, or read from a file."""

    count: Count = 300
    """Number of stories; `all` only for stories from a file."""
    file: str | None = None
    """Import the stories from this file (.csv, .json, .jsonl, .parquet, .txt) instead."""
    shuffle: bool = False
    """For imported stories: take the first `count` of a seeded shuffle."""
    model: ModelName = "simulated"
    """The model that writes the stories."""
    prompt: Annotated[str, RefersTo("prompts/stories")] = "natural"
    """The open question, or an interview's questions, in `prompts/stories/`."""
    preamble: Annotated[str, RefersTo("prompts/preambles")] | None = None
    """A question that the writer must first answer as wanted, in `prompts/preambles/`; null for
    none."""
    sampling: StorySampling = StorySampling()
    """Sampling parameters."""

    @model_validator(mode="after")
    def _countable(self) -> Self:
        if self.count is None and self.file is None:
            raise ValueError("count: all needs a file to read stories from; give a number")
        return self


class Primed(Record):
    """Primed backstories: written from the traits of one respondent each."""

    model: ModelName = "simulated-chat"
    """The model that writes the stories."""
    sampling: PrimedSampling = PrimedSampling()
    """Sampling parameters."""


class Duplicates(Record):
    """When two stories count as near-duplicates."""

    shingle_words: Annotated[int, Field(ge=1)] = 5
    """Length of a shingle, in words."""
    min_similarity: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Jaccard similarity of two stories' shingles from which they are reported."""


class Backstories(Record):
    """Where backstories come from."""

    natural: Natural = Natural()
    """Stories that describe no particular respondent; they are matched to respondents."""
    primed: Primed = Primed()
    """Stories written for one respondent each, from their traits."""
    keep: Keep = Keep()
    """Which generated stories are kept."""
    duplicates: Duplicates = Duplicates()
    """When two stories count as near-duplicates; they are reported, not removed."""
    perplexity: Annotated[list[ModelName], AfterValidator(different)] = ["simulated"]
    """Models under which the stories' perplexity is measured; empty to leave it out."""


class Traits(Record):
    """How natural backstories are asked about their traits."""

    ask: TraitNames = [
        "age", "gender", "race", "education", "income", "region", "religion", "party",
    ]  # fmt: skip
    """Traits to ask about, by their names in `config/traits.yaml`."""
    variants: dict[TraitName, str] = {}
    """For a trait, the variant of its question in `config/traits.yaml` to ask instead."""
    open_ended: Annotated[list[TraitName], AfterValidator(different)] = []
    """Traits asked as open-ended questions, without options; their answers are sampled, whatever
    `answer_mode` says."""
    model: ModelName = "simulated"
    """The model that answers as the story's narrator."""
    answer_mode: AnswerMode = "sample"
    """`sample`: answers are sampled and parsed. `choice`: output is constrained to the labels.
    `logprobs`: one request gives the probability of every label."""
    samples: Annotated[int, Field(ge=1)] = 40
    """Answers sampled for each story and trait; together they are its distribution."""
    sampling: Sampling = Sampling()
    """Sampling parameters of answers."""
    prompt: PromptName = "plain"
    """Prompt that frames the question, in `prompts/surveys/`."""
    require_label: bool = True
    """Whether a line after the options asks for one of the labels."""
    decline_option: str | None = "Prefer not to answer"
    """Text of a last option to decline to answer; null for none."""
    reader: Annotated[str, RefersTo("prompts/readers")] | None = "statement"
    """Prompt in `prompts/readers/` with which a model looks for the trait in the story first;
    null for no reader."""
    reader_model: ModelName = "simulated-chat"
    """The reader's model; asked at temperature 0."""
    coder: Annotated[str, RefersTo("prompts/coders")] | None = "answer"
    """Prompt in `prompts/coders/` with which a model codes open-ended answers that rules cannot
    read; null for no coder."""
    coder_model: ModelName = "simulated-chat"
    """The coder's model; asked at temperature 0."""
    format: FormatName = "letters"
    """Layout of the question, by its name in `formats`; its names for asker and answerer also
    frame the open question that stories answer."""


class MatchingVariant(Record):
    """One way of matching respondents to stories."""

    method: Literal["greedy", "max_weight", "random"]
    """`greedy`: each respondent's most similar story. `max_weight`: one-to-one, with the largest
    total similarity. `random`: one-to-one, at random."""
    traits: TraitsBySurvey | None = None
    """Match on these traits instead of `matching.traits`."""


class Matching(Record):
    """How respondents are matched to natural backstories."""

    traits: TraitsBySurvey = {DEFAULT: ["age", "gender", "race", "education", "income"]}
    """Traits to compare; a list, or a mapping from surveys (and `default`) to lists."""
    variants: dict[Name, MatchingVariant] = {
        "greedy": MatchingVariant(method="greedy"),
        "max_weight": MatchingVariant(method="max_weight"),
        "random": MatchingVariant(method="random"),
    }
    """Matchings that conditions may use."""


class Personas(Record):
    """How a respondent's traits enter a persona."""

    traits: TraitsBySurvey = {DEFAULT: ["age", "gender", "race", "education", "income"]}
    """Traits of a persona; a list, or a mapping from surveys (and `default`) to lists."""
    shuffle: bool = True
    """Whether each persona has its traits in a random order."""


class Questions(Record):
    """How personas take the survey."""

    prompt: PromptName = "consistent"
    """Prompt that frames each item, in `prompts/surveys/`."""
    format: FormatName = "letters"
    """Layout of the items, by its name in `formats`."""
    require_label: bool = True
    """Whether a line after the options asks for one of the labels."""
    decline_option: str | None = None
    """Text of a last option to decline to answer; null for none."""
    series: bool = True
    """Whether earlier items and answers stay in the context of later ones."""
    shuffle_items: bool = True
    """Whether each persona gets the items in a random order."""
    shuffle_options: bool = True
    """Whether each persona gets the options in a random order; scales are only reversed."""
    answer_mode: AnswerMode = "sample"
    """`sample`: answers are sampled and parsed. `choice`: output is constrained to the labels.
    `logprobs`: one request gives the probability of every label, and the answer is drawn
    from them."""
    max_attempts: Annotated[int, Field(ge=1)] = 100
    """How often an item is asked at most, until an answer can be parsed."""
    sampling: Sampling = Sampling()
    """Sampling parameters of answers."""


class _Condition(Record):
    """One way to build personas and interview them.

    Keys of `questions` given here override it; null means no override, except that
    `decline_option: null` leaves the option out.
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
    """Number of jobs that a stage is split into. Changing it invalidates no result."""

    backstories: Annotated[int, Field(ge=1)] = 1
    """Generating natural stories."""
    primed: Annotated[int, Field(ge=1)] = 1
    """Generating primed stories for one survey."""
    perplexity: Annotated[int, Field(ge=1)] = 1
    """Measuring perplexity under one model."""
    traits: Annotated[int, Field(ge=1)] = 1
    """Asking natural stories about their traits."""
    responses: Annotated[int, Field(ge=1)] = 1
    """Interviews of one condition; personas with the same story stay together."""


class Grouping(Record):
    """A trait's categories merged into larger groups."""

    trait: str
    """The trait, by its name in `config/traits.yaml`."""
    groups: Annotated[dict[str, Names], Field(min_length=1)]
    """For each group, by the name that tables show, the trait's options in `config/traits.yaml`."""


class Metrics(Record):
    """How personas are compared with respondents."""

    splits: Annotated[int, Field(ge=1)] = 100
    """Number of random split-halves for the human row."""
    persona_weights: Literal["none", "respondent"] = "none"
    """Whether personas are unweighted, as published, or have their respondents' weights."""
    bootstrap_resamples: Annotated[int, Field(ge=100)] = 2000
    """Bootstrap resamples of respondents for intervals, and permutations for paired tests."""
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    """Confidence level of the intervals."""
    subgroups: list[str | Names] = ["age", "gender"]
    """Subgroups that are compared separately: a trait or grouping, or a list of several to
    cross."""
    groupings: dict[Name, Grouping] = {}
    """Groups coarser than a trait's own categories, by name."""
    min_group_size: Annotated[int, Field(ge=2)] = 30
    """Smaller groups are listed, but not measured."""


class Explorer(Record):
    """The page for looking at single respondents."""

    respondents: Count = 5000
    """How many respondents it shows at most, drawn from all of them; a number, or `all`. A browser
    holds the whole page in memory."""


class Filters(Record):
    """Which respondents and backstories are included."""

    respondents: Filter = Filter()
    """Respondents, by the survey's category that an option is recoded to."""
    backstories: Filter = Filter()
    """Natural backstories, by the most likely option of each trait."""


class Experiment(Record):
    """A study of virtual personas, from life stories to metrics."""

    renamed: ClassVar = EXPERIMENT

    seed: int = 0
    """Seed of every random draw."""
    surveys: Annotated[
        list[Annotated[Name, RefersTo("surveys")]], Field(min_length=1), AfterValidator(different)
    ]
    """The surveys of the study, by their names in `config/surveys/`."""
    humans: dict[Annotated[str, RefersTo("survey")], str] = {}
    """For each survey the path of its `.sav` file, or `simulated`, the default."""
    population: SizeBySurvey = {DEFAULT: 200}
    """Size of a simulated survey; a number, or a mapping from surveys to numbers."""
    respondents: CountBySurvey = {DEFAULT: None}
    """Respondents sampled from each survey; a number, `all`, or a mapping."""
    filters: Filters = Filters()
    """Which respondents and backstories are included, by their traits."""
    models: Annotated[list[ModelName], Field(min_length=1), AfterValidator(different)]
    """The models that take the surveys, by their names in `config/models/`."""
    compare: Annotated[
        list[Annotated[str, RefersTo("condition")]],
        Field(min_length=1),
        AfterValidator(different),
    ]
    """Conditions in the tables, in order."""
    conditions: dict[Name, Condition]
    """Conditions that can be compared, by name."""
    backstories: Backstories = Backstories()
    """Where backstories come from."""
    traits: Traits = Traits()
    """How natural backstories are asked about their traits."""
    matching: Matching = Matching()
    """How respondents are matched to natural backstories."""
    personas: Personas = Personas()
    """How a respondent's traits enter a persona."""
    questions: Questions = Questions()
    """How personas take the survey."""
    metrics: Metrics = Metrics()
    """How personas are compared with respondents."""
    explorer: Explorer = Explorer()
    """The page for looking at single respondents."""
    shards: Shards = Shards()
    """Number of jobs that stages which ask models are split into."""
    formats: dict[Name, Format] = {"letters": Format()}
    """Layouts of multiple-choice questions, by name."""

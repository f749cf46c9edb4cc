"""How much of what it reads a real vLLM server finds in its prefix cache.

`ANTHOLOGY_VLLM=DIR python -m benchmarks.prefix`, where DIR is what `.ci/vllm` has filled.

The stages themselves ask: personas take the survey in series, and other stories are asked for
their traits. The tiny model's words would be noise, so it may write nothing but labels; thus each
item is answered at the first try and stands in the prompts of those after it. The cache is kept
small, so that it matters in what order the prompts come.

The server counts the tokens that it looked up and those that it found. Beside that stands the
most that it could have found of the same prompts in any order, with a cache that forgets nothing.
A cache keeps whole blocks of B tokens, each good for the prompts that are equal up to its end;
and the last token of a prompt is always computed, since the answer starts from it. So a prompt of
L tokens can be given its first (L - 1) // B blocks, and each different block has to be computed
once. Asked one after another, the shortest first, prompts find all they can: a block is missed
once, or not at all where a prompt ends with it, which could not be given it in any order.

A request for n draws counts as n prompts, as vLLM counts it. Blocks that only an answer completes
are left out, so where answers stand in later prompts a server may find a little more than all.
"""

import os
import re
from collections.abc import Callable
from contextlib import redirect_stderr
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import yaml

from anthology.config.model_identity import ModelIdentity
from anthology.config.stage import StageSettings
from anthology.interview import survey_interview
from anthology.interview import trait_interview as traitsurvey
from anthology.io.parquet import read_metadata, read_table, write_table
from anthology.models.base import Model, Reply, Request
from anthology.models.session import ModelSession
from anthology.stages import responses, traits
from benchmarks import survey
from benchmarks.results import Result, table
from tests.support.prefix_cache import most_cached_tokens
from tests.support.vllm_server import KEY, MODEL, counters, metrics, post, serving

PEOPLE, STORIES, DRAWS = 72, 24, 40
IN_FLIGHT = 16
"""Interviews at the same time; few of all, as in a whole study, so that most have to wait."""
BLOCK = 32
"""The smallest blocks that vLLM has without a GPU, so that the most can be found or missed."""
BLOCKS = 1_500
"""What the cache holds: all that is in flight, and a fifth of what the survey comes to."""
TARGET = 0.95
_KEY_VARIABLE = "VLLM_KEY"


@dataclass(frozen=True, slots=True)
class RecordingModel:
    """A model that remembers what it was asked."""

    model: Model
    requests: list[Request]

    async def sample(self, request: Request) -> Reply:
        """Pass a request on."""
        self.requests.append(request)
        return await self.model.sample(request)


class RecordingSession(ModelSession):
    """ModelSession that remembers what its models were asked.

    Parameters
    ----------
    inputs
        Where the models are declared.
    journal
        An empty folder, so that all that is asked is sent.
    """

    def __init__(self, inputs: survey.Inputs, journal: Path) -> None:
        super().__init__(models=inputs.models, journal=journal, max_concurrency=IN_FLIGHT)
        self.requests: list[Request] = []

    def model(self, identity: ModelIdentity) -> Model:
        """Return the model that an identity names."""
        return RecordingModel(super().model(identity), self.requests)


def _measure_stage(
    what: str,
    address: str,
    inputs: survey.Inputs,
    work: Callable[[survey.Inputs, ModelSession], None],
) -> Result:
    """Have a stage ask a server, and compare what that found with what it could have.

    Parameters
    ----------
    what
        What to call it.
    address
        Of the server, which must be asked nothing else meanwhile.
    inputs
        What the stage reads.
    work
        Runs the stage.
    """
    before = counters(address)
    with TemporaryDirectory(dir=inputs.folder) as journal, redirect_stderr(StringIO()):
        session = RecordingSession(inputs, Path(journal))
        work(inputs, session)
    after = counters(address)
    looked_up, found = (
        round(after[name] - before[name])
        for name in ("vllm:prefix_cache_queries_total", "vllm:prefix_cache_hits_total")
    )
    prompts = [ids for request in session.requests for ids in _prompts(address, request)]
    tokens = sum(map(len, prompts))
    if looked_up != tokens:
        raise SystemExit(f"{what}: {tokens:,} tokens were sent, the server read {looked_up:,}")
    most = most_cached_tokens(prompts, block_size(address))
    note = f"{found:,} of {most:,} tokens, {len(prompts):,} prompts of {looked_up:,}"
    return Result(what, found / most, "of the possible hits", at_least=TARGET, note=note)


def block_size(address: str) -> int:
    """Return how many tokens a server's cache keeps or forgets together."""
    found = re.search(r'vllm:cache_config_info\{.*block_size="(\d+)"', metrics(address))
    if found is None:
        raise SystemExit("the server does not say how large the blocks of its cache are")
    return int(found[1])


def ask_items(inputs: survey.Inputs, session: ModelSession) -> None:
    """Have all personas take the survey in series."""
    settings = inputs.settings("responses", survey_interview.Settings)
    responses.run(
        settings.model_copy(update={"answer_mode": "choice", "series": True}),
        personas=inputs.personas,
        codebook=inputs.codebook,
        output=inputs.folder / "responses.parquet",
        session=session,
    )


def ask_traits(inputs: survey.Inputs, session: ModelSession) -> None:
    """Ask all stories for their traits, each with many draws."""
    settings = inputs.settings("traits", traitsurvey.Settings)
    unread = {"reader": None, "reader_model": None}
    traits.run(
        settings.model_copy(update={"answer_mode": "choice", "samples": DRAWS, **unread}),
        backstories=inputs.stories,
        output=inputs.folder / "traits.parquet",
        sources=inputs.folder / "sources.csv",
        session=session,
    )


def make(inputs: survey.Inputs, address: str) -> None:
    """Make personas that share stories, as matched ones do, and other stories for the traits."""
    inputs.make(PEOPLE)
    endpoint = {
        "base_url": address,
        "key_env": _KEY_VARIABLE,
        "max_concurrency": IN_FLIGHT,
        "constrained_output": "structured_outputs",
    }
    spec = {"provider": "openai", "model": MODEL, "endpoint": endpoint}
    (inputs.models / f"{survey.MODEL}.yaml").write_text(yaml.safe_dump(spec))

    personas, stories = read_table(inputs.personas), read_table(inputs.stories)
    # Those who share a story stand together, as the stage before leaves them.
    numbers = [person * STORIES // PEOPLE for person in range(PEOPLE)]
    turns = personas["turns"].to_pylist()
    shared = [[turns[n][0], *own[1:]] for n, own in zip(numbers, turns, strict=True)]
    for name, values in (("backstory", numbers), ("turns", shared)):
        column = personas.column_names.index(name)
        field = personas.schema.field(name)
        personas = personas.set_column(column, field, pa.array(values, field.type))
    made = StageSettings()
    known = read_metadata(inputs.personas)
    write_table(inputs.personas, personas, stage="personas", settings=made, metadata=known)
    # No persona has one of these, so that neither stage finds what the other left.
    known, unused = read_metadata(inputs.stories), stories.slice(STORIES, STORIES)
    write_table(inputs.stories, unused, stage="backstories", settings=made, metadata=known)


def _prompts(address: str, request: Request) -> list[list[int]]:
    """Return the tokens of the prompts that vLLM makes of a request, one for each draw."""
    asked = {"model": MODEL, "prompt": request.prompt}
    ids: list[int] = post(address, "/tokenize", asked)["tokens"]
    return [ids] * request.n


def measure() -> list[Result]:
    """Start a server, and measure what it finds for each of two stages."""
    os.environ[_KEY_VARIABLE] = KEY
    options = ("--block-size", str(BLOCK), "--num-gpu-blocks-override", str(BLOCKS))
    survey_of = f"prefix cache: {PEOPLE} personas on {STORIES} stories"
    traits_of = f"prefix cache: traits of {STORIES} stories, n = {DRAWS}"
    with serving(*options) as address, TemporaryDirectory() as scratch:
        inputs = survey.Inputs(Path(scratch))
        make(inputs, address)
        return [
            _measure_stage(survey_of, address, inputs, ask_items),
            _measure_stage(traits_of, address, inputs, ask_traits),
        ]


if __name__ == "__main__":
    print(table(measure()))

"""What the conditions of one wave make a real vLLM server read, over the least possible.

`ANTHOLOGY_VLLM=DIR python -m benchmarks.sharing`, where DIR is what `.ci/vllm` has filled.

The workflow makes the personas of the study's eleven conditions, on simulated stories; then the
tiny model takes the survey, writing nothing but labels. The cache holds a share of all that it is
told, so that what counts is the order in which prompts come: whether personas of one story come
together, and whether conditions that use the same stories are asked at the same time, so that one
of them has a story read and the others find it. The cache is emptied before each way.

`read` are the tokens that the server computed: all of the prompts, less those that it found.
`least` is what a cache of whole blocks that forgets nothing would leave to be read (see
`benchmarks.prefix`): each different block once, and the last token of each prompt. Below the table
stands the same for a cache that keeps every token by itself, which is the number of nodes in the
tree of all prompts.
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import numpy as np
import yaml

from anthology.config.model_identity import ModelIdentity
from anthology.config.stage import StageSettings
from anthology.interview import survey_interview
from anthology.io.parquet import read_metadata, read_table, write_table
from anthology.models.base import Model, Reply, Request
from anthology.models.session import ModelSession
from anthology.records import merge_json
from anthology.stages import responses
from anthology.study.command_line import read_workflow
from benchmarks.prefix import BLOCK, block_size, possible
from tests.support.project import Project, merge, new_project
from tests.support.vllm_server import KEY, MODEL, counters, post, serving

PEOPLE, STORIES = 40, 60
IN_FLIGHT = 18
"""Interviews at the same time, of all jobs together."""
BLOCKS = 2_250
"""What the cache holds: nearly twice what is in flight, a tenth of all that has to be read."""
_KEY_VARIABLE = "VLLM_KEY"
_NAME = "tiny"
MATCHED = ("qa", "freeform", "bio")
ALONE = ("qa", "bio", "primed_qa", "primed_portray", "primed_bio")
GREEDY = tuple(f"greedy_{style}" for style in MATCHED)
ONE_EACH = tuple(f"max_weight_{style}" for style in MATCHED)
CONDITIONS = (*ALONE, *GREEDY, *ONE_EACH)
SINGLY = tuple((name,) for name in ALONE)


@dataclass(frozen=True, slots=True)
class Way:
    """How the jobs of all conditions are run.

    Parameters
    ----------
    what
        What to call it.
    rounds
        The conditions that are asked at the same time, round after round.
    divided
        Whether those of a round share `IN_FLIGHT` among them, or have as many each.
    shuffled
        Whether personas come in an order of no meaning, instead of story by story.
    """

    what: str
    rounds: tuple[tuple[str, ...], ...]
    divided: bool = True
    shuffled: bool = False


ONE_BY_ONE = tuple((name,) for name in CONDITIONS)
WAYS = (
    Way("one job after another, personas shuffled", ONE_BY_ONE, shuffled=True),
    Way("one job after another, story by story", ONE_BY_ONE),
    Way("one matching at a time, its 3 jobs together", (*SINGLY, GREEDY, ONE_EACH)),
    Way("the 6 matched jobs together", (*SINGLY, (*GREEDY, *ONE_EACH))),
    Way("the same, personas shuffled", (*SINGLY, (*GREEDY, *ONE_EACH)), shuffled=True),
    Way("all 11 jobs together", (CONDITIONS,)),
    Way("all 11 jobs together, each at its full pace", (CONDITIONS,), divided=False),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """What a server was told in one way.

    Parameters
    ----------
    tokens, read
        Of all prompts, and those that it computed.
    least
        What it had to compute in any order, with blocks as they are.
    distinct
        What it had to compute if it could keep each token by itself.
    """

    tokens: int
    read: int
    least: int
    distinct: int


@dataclass(frozen=True, slots=True)
class Recorded:
    """A model that remembers what it was asked."""

    model: Model
    prompts: list[str]

    async def sample(self, request: Request) -> Reply:
        """Pass a request on."""
        self.prompts.append(str(request.prompt))
        return await self.model.sample(request)


class RecordedFieldwork(ModelSession):
    """ModelSession that remembers what its models were asked."""

    prompts: list[str]

    def model(self, identity: ModelIdentity) -> Model:
        """Return the model that an identity names."""
        return Recorded(super().model(identity), self.prompts)


class Study:
    """The wave, ready to be asked.

    Parameters
    ----------
    project
        Where its personas are.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        self._workflow = read_workflow([project.path / "config/config.yaml"], [f"models=[{_NAME}]"])

    def ask(self, condition: str, max_concurrency: int, shuffled: bool, folder: Path) -> list[str]:
        """Have the personas of a condition take the survey; return the prompts.

        Each has a journal of its own, since a persona that two matchings agree on would be asked
        only once, whatever the cache does.
        """
        names = SimpleNamespace(survey="w34", condition=condition, model=_NAME)
        given = self._workflow.settings("responses")
        settings = survey_interview.Settings.model_validate(
            merge_json(say(names) for say in given.values())
        )
        made = self.project.path / "results/w34"
        personas = made / f"personas/{condition}.parquet"
        folder.mkdir()
        session = RecordedFieldwork(
            models=self.project.path / "config/models",
            journal=folder / "journal",
            max_concurrency=max_concurrency,
        )
        session.prompts = []
        responses.run(
            settings,
            personas=_shuffled(personas, folder / "personas.parquet") if shuffled else personas,
            codebook=made / "codebook.json",
            output=folder / "responses.parquet",
            session=session,
        )
        return session.prompts

    def asked(self, way: Way) -> list[str]:
        """Have all conditions asked in one way; return the prompts."""
        prompts = []
        with TemporaryDirectory(dir=self.project.path) as scratch:
            for number, together in enumerate(way.rounds):
                max_concurrency = IN_FLIGHT // len(together) if way.divided else IN_FLIGHT
                folder = Path(scratch) / str(number)
                folder.mkdir()
                with ThreadPoolExecutor(len(together)) as jobs:
                    under_way = [
                        jobs.submit(self.ask, name, max_concurrency, way.shuffled, folder / name)
                        for name in together
                    ]
                prompts += [prompt for job in under_way for prompt in job.result()]
        return prompts


class Tokens:
    """The tokens of prompts, as the server makes them.

    Parameters
    ----------
    address
        Of the server.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._known: dict[str, list[int]] = {}

    def of(self, prompts: Sequence[str]) -> list[list[int]]:
        """Return the tokens of each prompt."""
        unknown = sorted({prompt for prompt in prompts if prompt not in self._known})
        with ThreadPoolExecutor(8) as asking:
            self._known.update(zip(unknown, asking.map(self._ask, unknown), strict=True))
        return [self._known[prompt] for prompt in prompts]

    def _ask(self, prompt: str) -> list[int]:
        body = {"model": MODEL, "prompt": prompt}
        tokens: list[int] = post(self._address, "/tokenize", body)["tokens"]
        return tokens


def distinct(prompts: Sequence[Sequence[int]]) -> int:
    """Return how many different beginnings prompts have: the nodes of the tree that they form."""
    nodes = 0
    before = np.empty(0, np.int32)
    for prompt in sorted(map(tuple, prompts)):
        own = np.array(prompt, np.int32)
        shorter = min(len(before), len(own))
        differ = np.flatnonzero(before[:shorter] != own[:shorter])
        nodes += len(own) - int(differ[0] if len(differ) else shorter)
        before = own
    return nodes


def measure(way: Way, study: Study, address: str, tokens: Tokens) -> Told:
    """Have all conditions asked in one way, and compare what was read with the least."""
    post(address, "/reset_prefix_cache", {})
    before = counters(address)
    with redirect_stderr(StringIO()):
        prompts = study.asked(way)
    after = counters(address)
    looked_up, found = (
        round(after[name] - before[name])
        for name in ("vllm:prefix_cache_queries_total", "vllm:prefix_cache_hits_total")
    )
    told = tokens.of(prompts)
    total = sum(map(len, told))
    if looked_up < total:
        raise SystemExit(f"{way.what}: {total:,} tokens were sent, the server saw {looked_up:,}")
    least = total - possible(told, block_size(address))
    return Told(total, looked_up - found, least, distinct(told))


def prepared(folder: Path, address: str) -> Study:
    """Have the workflow make everything that comes before the survey, and declare the model."""
    project = new_project(folder)
    changes = {
        "population": PEOPLE,
        "compare": list(CONDITIONS),
        "backstories": {"natural": {"count": STORIES}, "keep": {"min_words": 100}},
        "questions": {"answer_mode": "choice"},
    }
    project.configure(lambda config: merge(config, changes))
    endpoint = {
        "base_url": address,
        "key_env": _KEY_VARIABLE,
        "constrained_output": "structured_outputs",
        "max_concurrency": IN_FLIGHT,
    }
    spec = {"provider": "openai", "model": MODEL, "endpoint": endpoint}
    (folder / f"config/models/{_NAME}.yaml").write_text(yaml.safe_dump(spec))
    project.make(*(f"results/w34/personas/{name}.parquet" for name in CONDITIONS))
    return Study(project)


def _shuffled(personas: Path, copy: Path) -> Path:
    """Write the same personas in an order of no meaning, with all else as it is."""
    rows = read_table(personas)
    # Not in the same order for each condition.
    seed = list(copy.parent.name.encode())
    mixed = rows.take(np.random.default_rng(seed).permutation(len(rows)))
    write_table(
        copy, mixed, stage="personas", settings=StageSettings(), metadata=read_metadata(personas)
    )
    return copy


def table(told: Iterator[tuple[Way, Told]]) -> Iterator[str]:
    """Yield the lines of the table as they are measured."""
    yield f"{'how 11 conditions are asked':48}{'tokens':>12}{'read':>12}{'least':>12}{'ratio':>8}"
    for way, found in told:
        yield (
            f"{way.what:48}{found.tokens:12,}{found.read:12,}{found.least:12,}"
            f"{found.read / found.least:8.2f}"
        )
        floor = found
    yield f"a cache that keeps every token by itself would read {floor.distinct:,}"


def main() -> None:
    """Start a server, ask all conditions in each way, and print the table."""
    os.environ[_KEY_VARIABLE] = KEY
    os.environ["VLLM_SERVER_DEV_MODE"] = "1"  # Lets the cache be emptied.
    options = ("--block-size", str(BLOCK), "--num-gpu-blocks-override", str(BLOCKS))
    with TemporaryDirectory() as scratch, serving(*options) as address:
        study, tokens = prepared(Path(scratch) / "study", address), Tokens(address)
        print(
            f"{PEOPLE} people, {STORIES} stories; {IN_FLIGHT} interviews at the same time; a cache "
            f"of {BLOCKS:,} blocks of {block_size(address)} tokens"
        )
        for line in table((way, measure(way, study, address, tokens)) for way in WAYS):
            print(line, flush=True)


if __name__ == "__main__":
    main()

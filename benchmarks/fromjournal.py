"""How fast a stage is whose requests were all answered before.

`python -m benchmarks.fromjournal` measures this alone.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterable
from contextlib import redirect_stderr
from importlib import import_module
from io import StringIO
from pathlib import Path
from time import perf_counter
from typing import Any, TypeVar
from unittest.mock import patch

from anthology.config.model import Endpoint
from anthology.config.model_identity import ModelIdentity
from anthology.io.parquet import read_table
from anthology.models.base import Completion, Provider, Reply, Request
from anthology.models.session import ModelSession
from anthology.models.usage import Usage
from anthology.seeds import derive_seed
from anthology.stages import responses, traits
from benchmarks.results import Result, table
from benchmarks.survey import Inputs

T = TypeVar("T")
R = TypeVar("R")

PEOPLE, IN_FLIGHT, TIMES = 2_500, 64, 5
TARGET = 20_000
STAGES: dict[str, Any] = {"responses": responses, "traits": traits}
_FORMS = 20 * [" {}", " {}\n"] + 3 * [" I'd say {}", " {} I think."] + [" I don't know."]
"""How answers are written: most as they should be."""


class _Timed(ModelSession):
    """ModelSession that knows how long the asking took."""

    seconds = 0.0

    def run(
        self,
        do: Callable[[T], Awaitable[R]],
        things: Iterable[T],
        keep: Callable[[T, R], None],
        *,
        total: int,
        label: str,
        name: Callable[[T], str] = str,
    ) -> None:
        start = perf_counter()
        try:
            super().run(do, things, keep, total=total, label=label, name=name)
        finally:
            self.seconds = perf_counter() - start


class _Parrot:
    """A model that names one of the options it is shown, and sometimes none."""

    served = "toy"
    version = None
    address = None

    def __init__(self, identity: ModelIdentity, endpoint: Endpoint, meter: Usage) -> None:
        pass

    async def open(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def sample(self, request: Request) -> Reply:
        if not isinstance(request.prompt, str):
            return Reply((Completion("Not stated", tokens=2),), None, 800, 2)
        asked = request.prompt[request.prompt.rindex("Question:") :]
        options = [line for line in asked.splitlines() if line.startswith("(")]
        draws = []
        for number in range(request.n):
            chance = derive_seed(request.seed, "draw", number)
            option = options[chance % len(options)]
            said = option[:3] if chance >> 8 & 1 else option
            text = _FORMS[(chance >> 16) % len(_FORMS)].format(said)
            draws.append(Completion(text, tokens=len(text.split())))
        return Reply(tuple(draws), None, len(request.prompt) // 4, 5 * request.n)


def _parrot(identity: ModelIdentity, endpoint: Endpoint, meter: Usage) -> Provider:
    return _Parrot(identity, endpoint, meter)


def measure(*, quick: bool = False) -> list[Result]:
    """Fill a journal, and run the stages that ask models some times more, in fresh processes.

    Of several times the shortest counts, as what else the machine does only ever adds to it.
    """
    found = []
    with tempfile.TemporaryDirectory() as scratch:
        inputs = Inputs(Path(scratch))
        inputs.make(PEOPLE)
        for stage in ("responses",) if quick else STAGES:
            with patch("anthology.providers.openai.open_model", _parrot):
                _run(stage, inputs)
            filled = _output(stage, inputs).read_bytes()
            runs = [_apart(stage, inputs.folder) for _ in range(TIMES)]
            command = min(_command(stage, inputs) for _ in range(TIMES))
            assert _output(stage, inputs).read_bytes() == filled, "the journal says otherwise"
            answers, whole, asking = (min(column) for column in zip(*runs, strict=True))
            what = f"from the journal: {stage}, {answers:,.0f} answers"
            unit = "answers/s"
            found += [
                Result(f"{what}, with files", answers / whole, unit, at_least=TARGET),
                Result(f"{what}, asking alone", answers / asking, unit, at_least=TARGET),
                Result(f"{what}, from Python's start on", answers / command, unit),
            ]
    return found


def _output(stage: str, inputs: Inputs) -> Path:
    return inputs.folder / f"{stage}.parquet"


def _files(stage: str, inputs: Inputs) -> dict[str, Path]:
    """Return what a stage reads and writes."""
    output = {"output": _output(stage, inputs)}
    if stage == "responses":
        return {"personas": inputs.personas, "codebook": inputs.codebook, **output}
    return {"backstories": inputs.stories, "sources": inputs.folder / "sources.csv", **output}


def _run(stage: str, inputs: Inputs) -> tuple[int, float, float]:
    """Run a stage; return its answers, and seconds of the whole and of the asking."""
    session = _Timed(models=inputs.models, journal=inputs.journal, max_concurrency=IN_FLIGHT)
    settings = inputs.settings(stage, STAGES[stage].Settings)
    with redirect_stderr(StringIO()):
        start = perf_counter()
        STAGES[stage].run(settings, **_files(stage, inputs), session=session)
        whole = perf_counter() - start
    each = len(settings.traits) * settings.samples if stage == "traits" else 1
    return read_table(_output(stage, inputs)).num_rows * each, whole, session.seconds


def _apart(stage: str, folder: Path) -> tuple[int, float, float]:
    """Run a stage in a process of its own that has loaded its modules before."""
    command = [sys.executable, "-m", "benchmarks.fromjournal", stage, str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    answers, whole, asking = json.loads(done.stdout)
    return answers, whole, asking


def _command(stage: str, inputs: Inputs) -> float:
    """Run a stage as the workflow does, and return how many seconds that takes."""
    settings = inputs.settings(stage, STAGES[stage].Settings)
    options = {**_files(stage, inputs), "models": inputs.models, "journal": inputs.journal}
    command = [sys.executable, "-m", "anthology", stage, "--settings", settings.model_dump_json()]
    for name, path in options.items():
        command += [f"--{name}", str(path)]
    start = perf_counter()
    subprocess.run([*command, "--max-concurrency", str(IN_FLIGHT)], check=True, capture_output=True)
    return perf_counter() - start


if __name__ == "__main__":
    if len(sys.argv) > 1:
        # Arrow loads pandas, and session its provider, when they are first used.
        import_module("pandas")
        import_module("anthology.providers.http.client")
        print(json.dumps(_run(sys.argv[1], Inputs(Path(sys.argv[2])))))
    else:
        print(table(measure()))

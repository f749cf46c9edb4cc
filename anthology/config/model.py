"""How a model, its sampling and its endpoint are declared."""

from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, WithJsonSchema, field_validator

from anthology.config.renamed import MODEL
from anthology.records import Record
from anthology.spelling import suggest

AnswerMode = Literal["sample", "choice", "logprobs"]
"""How a multiple-choice question is put: by drawing answers in words, by letting the model write
nothing but a label, or by reading the probabilities of the labels."""
_RESOURCES = (
    "mem", "mem_mb", "mem_mb_per_cpu", "disk", "disk_mb", "runtime", "nodes", "tasks",
    "cpus_per_task", "cpus_per_gpu", "gpu", "gpu_model", "gpu_manufacturer", "constraint", "qos",
    "clusters", "machine_type", "slurm_partition", "slurm_account", "slurm_extra",
)  # fmt: skip
"""Snakemake's names of resources; a cluster may have others of its own."""


_PROVIDERS = Path(__file__).parents[1] / "providers"


def list_providers() -> list[str]:
    """List the names of all providers, which are the files in `anthology/providers/`."""
    return sorted(path.stem for path in _PROVIDERS.glob("[!_]*.py"))


def _check_provider(name: str) -> str:
    if name not in (known := list_providers()):
        raise ValueError(f"there is no such provider; {suggest(name, known)}")
    return name


ProviderName = Annotated[
    str, AfterValidator(_check_provider), WithJsonSchema({"enum": list_providers()})
]


class Sampling(Record):
    """Sampling parameters."""

    temperature: Annotated[float, Field(ge=0, le=2)] = 1.0
    """Sampling temperature; 0 is greedy."""
    top_p: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Nucleus sampling: the share of probability to sample from."""
    max_tokens: Annotated[int, Field(ge=1)] = 32
    """The longest answer, in tokens."""


class Price(Record):
    """What a model costs, in dollars for a million tokens."""

    prompt: Annotated[float, Field(ge=0)]
    """For tokens that it reads."""
    completion: Annotated[float, Field(ge=0)]
    """For tokens that it writes."""


class Endpoint(Record):
    """Where and how fast a model is asked. Changing it makes no result stale."""

    max_concurrency: Annotated[int, Field(ge=1, le=10_000)] = 64
    """The most interviews, and the most requests, at the same time; fewer while the server is
    overloaded."""
    base_url: str | None = None
    """For `openai`: the address, up to and including `/v1`; null for OpenAI's own."""
    base_url_env: str | None = None
    """The environment variable that holds the address; if it is set, it takes precedence."""
    address_file: str | None = None
    """For `openai`: the file into which the server's own job writes its address and key, as
    `anthology models serve` does; relative to the folder that contains `config`. It takes
    precedence over `base_url`, and the variable of `base_url_env` over both. Without a
    `base_url`, a stage waits up to `give_up_after` for the file, and for the server in it."""
    key_env: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] | None = None
    """The environment variable that holds the key; null where the server wants none."""
    timeout: Annotated[float, Field(gt=0)] = 600
    """How many seconds one answer may take."""
    retries: Annotated[int, Field(ge=0)] = 10
    """How often a failed request is retried; waiting for an overloaded server does not count."""
    give_up_after: Annotated[float, Field(gt=0)] = 900
    """Give up the server after so many seconds without any answer."""
    max_n: Annotated[int, Field(ge=1)] = 128
    """The most answers that one request may ask for (`n`); more take several requests."""
    seed: bool = True
    """Whether the server takes a seed."""
    returns_logprobs: bool = True
    """Whether the server returns the log-probabilities of the tokens that it writes."""
    constrained_output: Literal["structured_outputs", "json_schema", "grammar"] | None = None
    """How the server constrains an answer to the labels: as vLLM does, as OpenAI's chats do, or as
    llama.cpp does; null where it cannot, which rules out `answer_mode: choice`."""
    top_logprobs: Annotated[int, Field(ge=0)] = 0
    """For how many of the likeliest tokens the server returns log-probabilities; 0 for none."""
    label_logprobs: bool = False
    """Whether the server returns the log-probabilities of any tokens by request, as vLLM does."""
    echo_logprobs: bool = False
    """Whether the server returns the log-probabilities of a prompt's tokens (`echo` with
    `logprobs`), as vLLM does; perplexities need it."""
    max_tokens_field: str = "max_tokens"
    """The server's field for the longest answer, such as `max_completion_tokens`."""
    job: dict[str, int | str] = {}
    """Resources of a cluster job that asks the model, in Snakemake's names, such as mem_mb, runtime
    (in minutes), gpu or slurm_partition; without effect on one machine."""
    engine: dict[str, Any] = {}
    """For `vllm`, and for the server that `anthology models serve` starts: engine options
    that change its speed and not its answers, such as tensor_parallel_size or
    gpu_memory_utilization."""

    @field_validator("job")
    @classmethod
    def _job(cls, job: dict[str, int | str]) -> dict[str, int | str]:
        # A job whose memory or partition is misspelt would run with the default.
        for name, amount in job.items():
            near = get_close_matches(name, _RESOURCES, n=1, cutoff=0.84)
            if near and name not in _RESOURCES:
                raise ValueError(f"no job is given {name!r}; did you mean {near[0]!r}?")
            if name.endswith("_mb") and not isinstance(amount, int):
                raise ValueError(f"{name!r} takes a number of MB, not {amount!r}")
        return job


class ModelSpec(Record):
    """One file in `config/models/`: a model that can be asked."""

    renamed: ClassVar = MODEL

    provider: ProviderName
    """Who answers, by the name of a file in `anthology/providers/`. `simulated`: the embedded toy
    model. `uniform`: every allowed answer equally likely. `openai`: any server with OpenAI's
    API. `vllm`: the engine in this process."""
    api: Literal["completions", "chat"] = "completions"
    """`completions` continues a text (base models); `chat` replies to messages."""
    model: str | None = None
    """The server's name for the model, or for `vllm` where its weights are; null for the only model
    of a local server."""
    revision: str | None = None
    """The version of the weights; changing it makes the model's answers stale."""
    body: dict[str, Any] = {}
    """Further fields of every request, passed through as they are."""
    engine: dict[str, Any] = {}
    """For `vllm`, and for the server that `anthology models serve` starts: engine options
    that may change its answers, such as dtype, quantization or max_model_len."""
    price: Price | None = None
    """What it costs; null if it is not paid by the token."""
    endpoint: Endpoint = Endpoint()
    """Where and how fast it is asked; changing it makes no result stale."""

"""A journal written by an earlier version answers the same requests: nothing is paid for again.

`tests/data/journal/21db8e8.journal` was written at that commit from these models and requests.
What a key is made of is data, so a renamed field or class must not change it.
"""

import asyncio
import shutil
from pathlib import Path

import pytest

from anthology.config.model import Endpoint, ModelSpec, Sampling
from anthology.config.model_identity import ModelIdentity
from anthology.journal.journal import Journal
from anthology.models.base import Message, Reply, Request
from anthology.models.cached import CachedModel
from anthology.models.usage import Usage

OLD = Path(__file__).parents[1] / "data/journal"
TEXT = "Question: Which?\n(A) Yes\n(B) Nein, danke …\nAnswer:"
CHAT = (
    Message("system", "You answer."),
    Message("user", "Which?"),
    Message("assistant", "(A)"),
    Message("user", "Why?"),
)
SAMPLING = Sampling(temperature=1.0, top_p=0.9, max_tokens=32)
LABELS = (" (A)", " (B)")
REQUESTS = {
    "one sample": Request(TEXT, SAMPLING, ("\nQuestion:",), seed=3),
    "samples in several requests": Request(TEXT, SAMPLING, ("\nQuestion:",), n=10, seed=4),
    "greedy": Request(TEXT, Sampling(temperature=0.0), seed=5),
    "choice": Request(TEXT, SAMPLING, choices=LABELS, seed=6),
    "label probabilities": Request(TEXT, SAMPLING, choices=LABELS, logprobs=True),
    "with log-probability": Request(TEXT, SAMPLING, want_logprobs=True, seed=7),
    "chat": Request(CHAT, SAMPLING, seed=8),
    "scored text": Request(TEXT, SAMPLING, score_text=" I was born in 1950."),
}
MODELS = {
    "plain": (
        ModelIdentity(name="toy", provider="openai", api="completions", model="toy-1"),
        Endpoint(max_n=4),
    ),
    "revision and body": (
        ModelIdentity(
            name="toy",
            provider="openai",
            api="chat",
            model="toy-2",
            revision="abc",
            body={"min_p": 0.1},
        ),
        Endpoint(
            max_n=4,
            constrained_output="structured_outputs",
            top_logprobs=20,
            returns_logprobs=False,
        ),
    ),
    "exact label probabilities": (
        ModelIdentity(name="toy", provider="openai", api="completions", model="toy-3"),
        Endpoint(max_n=4, label_logprobs=True),
    ),
    "engine": (
        ModelIdentity(
            name="toy",
            provider="vllm",
            api="completions",
            model="/models/toy",
            engine={"dtype": "bfloat16"},
        ),
        Endpoint(max_n=4),
    ),
}


class Unasked:
    """A model that must not be asked."""

    served = version = None

    async def open(self) -> None:
        raise AssertionError("opened, although every answer is in the journal")

    async def sample(self, request: Request) -> Reply:
        raise AssertionError(f"asked again: {request}")


@pytest.mark.parametrize("request_name", REQUESTS)
@pytest.mark.parametrize("model_name", MODELS)
def test_answers_of_an_earlier_version_are_not_asked_again(
    model_name: str, request_name: str, tmp_path: Path
) -> None:
    shutil.copytree(OLD, tmp_path / "journal")
    identity, endpoint = MODELS[model_name]
    spec = ModelSpec(
        provider=identity.provider, api=identity.api, model=identity.model, endpoint=endpoint
    )
    usage, request = Usage(), REQUESTS[request_name]
    model = CachedModel(Unasked(), identity, spec, Journal(tmp_path / "journal"), usage)
    reply = asyncio.run(model.sample(request))
    assert usage.requests == 0
    assert len(reply.completions) == (0 if request.logprobs else request.n)
    assert (reply.label_probs is not None) == request.logprobs

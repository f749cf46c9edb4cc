"""Random numbers that depend on a request and on nothing else."""

from hashlib import blake2b

import numpy as np

from anthology.models.base import Request


def request_generator(request: Request) -> np.random.Generator:
    """Return a generator for everything that is drawn in reply to a request."""
    prompt = request.prompt
    text = (
        prompt
        if isinstance(prompt, str)
        else "\x1e".join(f"{message.role}\x1f{message.content}" for message in prompt)
    )
    how = request.sampling
    rest = (
        request.seed, how.temperature, how.top_p, how.max_tokens,
        request.stop, request.n, request.choices, request.logprobs,
    )  # fmt: skip
    digest = blake2b(text.encode(), digest_size=8)
    digest.update(repr(rest).encode())
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest.digest(), "big")))

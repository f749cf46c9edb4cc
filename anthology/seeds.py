"""Random numbers that depend on what they are for and on nothing else.

Every draw comes from a generator named by the experiment's seed, the stage and
the thing drawn for, so a further persona changes no other, and neither order
nor concurrency changes anything.
"""

from hashlib import blake2b

import numpy as np


def derive_seed(seed: int, *path: str | int) -> int:
    """Return the 63-bit seed of the thing that `path` names under `seed`."""
    name = "\x1f".join([str(seed), *map(str, path)])
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big") >> 1


def rng_for(seed: int, *path: str | int) -> np.random.Generator:
    """Return a generator for the thing that `path` names under `seed`."""
    return np.random.Generator(np.random.PCG64(derive_seed(seed, *path)))

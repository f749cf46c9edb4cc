"""How fast a large journal is read and looked up, and how much memory it takes.

`python -m benchmarks.journal [ENTRIES ...]` measures this alone.
"""

import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from hashlib import blake2b
from pathlib import Path
from time import perf_counter

import numpy as np

from anthology.journal.format import HEADER, SUFFIX, format_entry
from anthology.journal.journal import Journal
from benchmarks.results import Result, table

SIZES = (100_000, 1_000_000)
FILES = 30
LOOKUPS, BATCH = 200_000, 10_000
MODEL = "0123456789abcdef"
TEXT = "an answer of which the length is that of most " * 4


def measure(*entries: int) -> list[Result]:
    """Write journals, and have a fresh process open each and look answers up."""
    return [result for size in entries for result in _measured(size)]


def _measured(entries: int) -> list[Result]:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "journal"
        size = _write(folder, entries) / entries
        command = [sys.executable, "-m", "benchmarks.journal", "--read", str(folder), str(entries)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    what = f"journal of {entries / 1e6:g} million entries of {size:.0f} bytes"
    millions = entries / 1e6
    return [
        Result(f"{what}: opened", found["seconds"], "s", at_most=1 + 2 * millions),
        Result(f"{what}: memory", found["peak"], "MB", at_most=80 + 45 * millions),
        Result(f"{what}: finding an answer", found["hit"], "us", at_most=6),
        Result(f"{what}: finding none", found["miss"], "us", at_most=6),
        Result(f"{what}: adding an answer", found["add"], "us"),
    ]


def _key(number: int) -> bytes:
    return blake2b(number.to_bytes(8, "big"), digest_size=16).digest()


def _write(folder: Path, entries: int) -> int:
    """Write files of equally many entries; return how many bytes they have."""
    folder.mkdir()
    size = 0
    for name, numbers in enumerate(np.array_split(np.arange(entries), FILES)):
        path = folder / f"{name:04}{SUFFIX}"
        path.write_bytes(HEADER + b"".join(_lines(numbers.tolist())))
        size += path.stat().st_size
    return size


def _lines(numbers: Iterable[int]) -> Iterator[bytes]:
    for number in numbers:
        yield format_entry(_key(number), MODEL, b'{"text":"%s%d"}' % (TEXT.encode(), number))


def _read(folder: Path, entries: int) -> dict[str, float]:
    """Open a journal and look answers up."""
    start = perf_counter()
    journal = Journal(folder)
    seconds = perf_counter() - start
    assert journal.entries == entries, f"{journal.entries} of {entries} were found"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    with closing(journal):
        return {"seconds": seconds, "peak": peak, **_look_up(journal, entries)}


def _look_up(journal: Journal, entries: int) -> dict[str, float]:
    """Return microseconds for finding an answer, finding none, and adding one."""
    numbers = np.random.default_rng(0).integers(0, entries, LOOKUPS).tolist()
    keys = [_key(number) for number in numbers]
    others = [_key(entries + number) for number in range(LOOKUPS)]
    found: list[list[bytes]] = []
    hit = _each(keys, lambda key: found.append(journal.find(key)))
    miss = _each(others, lambda key: found.append(journal.find(key)))
    add = _each(others, lambda key: journal.add(key, MODEL, TEXT.encode()))
    assert [len(payloads) for payloads in found] == [1] * LOOKUPS + [0] * LOOKUPS
    return {"hit": hit, "miss": miss, "add": add}


def _each(keys: list[bytes], do: Callable[[bytes], None]) -> float:
    """Do something with every key; return microseconds for one, in the best of some batches."""
    times = []
    for batch in range(0, len(keys), BATCH):
        start = perf_counter()
        for key in keys[batch : batch + BATCH]:
            do(key)
        times.append(perf_counter() - start)
    return min(times) / BATCH * 1e6


if __name__ == "__main__":
    if "--read" in sys.argv:
        print(json.dumps(_read(Path(sys.argv[2]), int(sys.argv[3]))))
    else:
        print(table(measure(*(map(int, sys.argv[1:]) if sys.argv[1:] else SIZES))))

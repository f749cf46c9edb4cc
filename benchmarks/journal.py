"""How fast a large journal is read and looked up, and how much memory it takes.

`python -m benchmarks.journal [ENTRIES]` measures this alone.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from hashlib import blake2b
from pathlib import Path
from time import perf_counter

import numpy as np

from anthology.journal import Journal
from anthology.journalfile import HEADER, SUFFIX, entry
from benchmarks.rows import Limit, limits

ENTRIES = 3_000_000
FILES = 30
LOOKUPS, BATCH = 200_000, 10_000
MODEL = "0123456789abcdef"
TEXT = "an answer of which the length is that of most " * 4


def measure(entries: int = ENTRIES) -> list[Limit]:
    """Write a journal and have a fresh process read it."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "journal"
        bytes_each = _write(folder, entries) / entries
        command = [sys.executable, "-m", "benchmarks.journal", "--read", str(folder), str(entries)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    found = json.loads(done.stdout)
    what = f"journal of {entries / 1e6:g} million entries of {bytes_each:.0f} bytes"
    return [
        Limit(f"{what}: read at the start", found["seconds"], 2e-6 * entries, "s"),
        Limit(f"{what}: memory while reading", found["peak"], 60 + 35e-6 * entries, "MB"),
        Limit(f"{what}: memory kept", found["kept"], 10 + 30e-6 * entries, "MB"),
        Limit(f"{what}: finding an answer", found["hit"], 6, "us"),
        Limit(f"{what}: finding none", found["miss"], 6, "us"),
        Limit(f"{what}: adding an answer", found["add"], None, "us"),
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
        yield entry(_key(number), MODEL, b'{"text":"%s%d"}' % (TEXT.encode(), number))


def _read(folder: Path, entries: int) -> dict[str, float]:
    """Read and look up; memory is what this process holds beyond files' pages."""
    before = _memory("RssAnon")
    start = perf_counter()
    journal = Journal(folder)
    seconds = perf_counter() - start
    assert journal.entries == entries, f"{journal.entries} of {entries} were found"
    peak, kept = _memory("VmHWM"), _memory("RssAnon") - before
    numbers = np.random.default_rng(0).integers(0, entries, LOOKUPS).tolist()
    keys = [_key(number) for number in numbers]
    others = [_key(entries + number) for number in range(LOOKUPS)]
    found: list[list[bytes]] = []
    with closing(journal):
        hit = _each(keys, lambda key: found.append(journal.find(key)))
        miss = _each(others, lambda key: found.append(journal.find(key)))
        add = _each(others, lambda key: journal.add(key, MODEL, TEXT.encode()))
    assert [len(payloads) for payloads in found] == [1] * LOOKUPS + [0] * LOOKUPS
    return {"seconds": seconds, "peak": peak, "kept": kept, "hit": hit, "miss": miss, "add": add}


def _each(keys: list[bytes], do: Callable[[bytes], None]) -> float:
    """Do something with every key; return microseconds for one, in the best of some batches."""
    times = []
    for batch in range(0, len(keys), BATCH):
        start = perf_counter()
        for key in keys[batch : batch + BATCH]:
            do(key)
        times.append(perf_counter() - start)
    return min(times) / BATCH * 1e6


def _memory(kind: str) -> float:
    """Return this process's memory in megabytes, as Linux counts it under some name."""
    status = Path("/proc/self/status").read_text()
    return int(status.split(f"{kind}:")[1].split()[0]) / 1000


if __name__ == "__main__":
    if "--read" in sys.argv:
        print(json.dumps(_read(Path(sys.argv[2]), int(sys.argv[3]))))
    else:
        print(limits(measure(*map(int, sys.argv[1:]))))

"""How fast a large journal is read and looked up, and how much memory it takes.

`python -m benchmarks.journal [ENTRIES ...]` measures this alone.
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

from anthology.journal.format import HEADER, SUFFIX, entry
from anthology.journal.journal import Journal
from benchmarks.rows import Limit, limits
from benchmarks.taking import Grown, taken

SIZES = (100_000, 1_000_000, 10_000_000)
FILES = 30
LOOKUPS, BATCH = 200_000, 10_000
MODEL = "0123456789abcdef"
TEXT = "an answer of which the length is that of most " * 4


def measure(*entries: int) -> list[Limit]:
    """Write journals, and have fresh processes open each without and with its index."""
    return [limit for size in entries for limit in _measured(size)]


def growth(*, quick: bool = False) -> list[Grown]:
    """Open journals of each size twice, without the largest if `quick`."""
    found = []
    for size in SIZES[: 2 if quick else None]:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "journal"
            _write(folder, size)
            for time in ("first", "again"):
                stage = f"journal, opened {time}"
                found.append(Grown(stage, f"{size:,} entries", taken(_opening(folder, size))))
    return sorted(found, key=lambda one: one.stage, reverse=True)


def _measured(entries: int) -> list[Limit]:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "journal"
        bytes_each = _write(folder, entries) / entries
        first = _opened(folder, entries)
        again = _opened(folder, entries, "--look-up")
    what = f"journal of {entries / 1e6:g} million entries of {bytes_each:.0f} bytes"
    millions = entries / 1e6
    return [
        Limit(f"{what}: opened for the first time", first["seconds"], 1 + 2 * millions, "s"),
        Limit(f"{what}: opened again", again["seconds"], 0.1 + 0.1 * millions, "s"),
        Limit(f"{what}: memory while it is first opened", first["peak"], 80 + 45 * millions, "MB"),
        Limit(f"{what}: memory kept", again["kept"], 10 + 30 * millions, "MB"),
        Limit(f"{what}: finding an answer", again["hit"], 6, "us"),
        Limit(f"{what}: finding none", again["miss"], 6, "us"),
        Limit(f"{what}: adding an answer", again["add"], None, "us"),
    ]


def _opened(folder: Path, entries: int, *options: str) -> dict[str, float]:
    """Return what a fresh process measures."""
    command = [*_opening(folder, entries), *options]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _opening(folder: Path, entries: int) -> list[str]:
    return [sys.executable, "-m", "benchmarks.journal", "--read", str(folder), str(entries)]


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


def _read(folder: Path, entries: int, *, look_up: bool) -> dict[str, float]:
    """Open and look up; memory is what this process holds beyond files' pages."""
    before = _memory("RssAnon")
    start = perf_counter()
    journal = Journal(folder)
    seconds = perf_counter() - start
    assert journal.entries == entries, f"{journal.entries} of {entries} were found"
    found = {"seconds": seconds, "peak": _memory("VmHWM"), "kept": _memory("RssAnon") - before}
    with closing(journal):
        return found | (_looked_up(journal, entries) if look_up else {})


def _looked_up(journal: Journal, entries: int) -> dict[str, float]:
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


def _memory(kind: str) -> float:
    """Return this process's memory in megabytes, as Linux counts it under some name."""
    status = Path("/proc/self/status").read_text()
    return int(status.split(f"{kind}:")[1].split()[0]) / 1000


if __name__ == "__main__":
    if "--read" in sys.argv:
        folder, entries = Path(sys.argv[2]), int(sys.argv[3])
        print(json.dumps(_read(folder, entries, look_up="--look-up" in sys.argv)))
    else:
        print(limits(measure(*(map(int, sys.argv[1:]) if sys.argv[1:] else SIZES))))

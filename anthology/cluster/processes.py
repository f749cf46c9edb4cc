"""Starts processes in groups, and stops them with everything that they started."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import FrameType

Process = subprocess.Popen[bytes]

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_GRACE_SECONDS = 20.0  # Slurm kills what is left 30 s after its own signal to end.
_PR_SET_PDEATHSIG = 1


class TerminatedError(BaseException):
    """A signal to end reached this process; its number is the argument."""


def start_process(
    command: Sequence[str], environment: Mapping[str, str], output: int | None = None
) -> Process:
    """Start a process as the head of a process group.

    Parameters
    ----------
    command, environment
        What to run, and its environment.
    output
        The file for its output; None for the output of this process.
    """
    return subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=None if output is None else subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=_end_with_parent if sys.platform == "linux" else None,
    )


def end_processes(processes: Sequence[Process]) -> None:
    """Stop groups of processes: terminate all at once, then kill what is left."""
    for process in processes:
        _signal_group(process, signal.SIGTERM)
    until = time.monotonic() + _GRACE_SECONDS
    for process in processes:
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, until - time.monotonic()))
        _signal_group(process, signal.SIGKILL)
        process.wait()


@contextmanager
def signals_as_errors() -> Iterator[None]:
    """Raise `TerminatedError` at the first signal to end.

    Later signals are ignored, so that they do not disturb the clean-up. After the block signals do
    what they did before. One that was ignored, as under `nohup`, stays ignored.
    """

    def raised(number: int, _frame: FrameType | None) -> None:
        for each in _SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        raise TerminatedError(number)

    heeded = [number for number in _SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, raised) for number in heeded}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def reserve_port(host: str) -> Iterator[int]:
    """Reserve a free port of an interface.

    A socket that does not listen holds it. A server that sets SO_REUSEADDR, as servers do, can
    listen there nevertheless, while the system gives the port to no process that asks for any.
    """
    with socket.socket() as holder:
        holder.bind((host, 0))
        # After it is bound, since the system may share such a port among those who ask for any.
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        port: int = holder.getsockname()[1]
        yield port


def _end_with_parent() -> None:
    """Have Linux terminate a process when its parent is killed before it can do so."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _signal_group(process: Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)

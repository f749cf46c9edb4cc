"""Processes that are started, watched, and ended for certain with all that they started."""

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
_ENDING = 20.0  # Seconds; Slurm kills what is left 30 after it told a job to end.
_WHEN_THE_PARENT_DIES = 1


class TerminatedError(BaseException):
    """A signal, whose number is the argument, told this process to end."""


def start_process(
    command: Sequence[str], environment: Mapping[str, str], output: int | None = None
) -> Process:
    """Start a process as the head of a group, which is ended together.

    Parameters
    ----------
    command, environment
        What to run, and in which surroundings.
    output
        The file into which it says what it says; None for where this process does.
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
    """End groups of processes: all are told at once, and what is left is killed."""
    for process in processes:
        _tell(process, signal.SIGTERM)
    until = time.monotonic() + _ENDING
    for process in processes:
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, until - time.monotonic()))
        _tell(process, signal.SIGKILL)
        process.wait()


@contextmanager
def signals_as_errors() -> Iterator[None]:
    """Have the first signal that tells this process to end raise `TerminatedError`.

    Those that come later do nothing, so that they disturb no tidying up; once the block is left
    signals do what they did before. One that is ignored, as `nohup` has it, stays so.
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
    """Give a port of an interface that is free, and that is given to nobody else meanwhile.

    It is held by a socket that does not listen. A server that allows an address to be used
    again, as servers do, can listen there nevertheless; the system gives the port to nobody who
    asks for any.
    """
    with socket.socket() as holder:
        holder.bind((host, 0))
        # After it is bound, since the system may share such a port among those who ask for any.
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        port: int = holder.getsockname()[1]
        yield port


def _end_with_parent() -> None:
    """Have a process told to end where the one that started it is killed before it can do so."""
    ctypes.CDLL(None).prctl(_WHEN_THE_PARENT_DIES, signal.SIGTERM)


def _tell(process: Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)

"""Progress of a long stage: a bar on a terminal, plain lines in a log."""

import sys
import time

from tqdm import tqdm

from anthology.models.usage import Usage

_QUIET_SECONDS = 2.0
_LINE_SECONDS = 10.0


class Progress:
    """Counts finished things and says so once two seconds have passed.

    Parameters
    ----------
    label
        What is being done.
    total
        How many things there are to finish.
    usage
        What asking has taken so far.
    """

    def __init__(self, label: str, total: int, usage: Usage) -> None:
        self.label, self._total, self._usage, self._done = label, total, usage, 0
        self._started = time.monotonic()
        self._next_line = self._started + _QUIET_SECONDS
        terminal = sys.stderr.isatty()
        self._bar = (
            tqdm(total=total, desc=label, delay=_QUIET_SECONDS, leave=False) if terminal else None
        )

    def step(self) -> None:
        """Count one more thing as finished."""
        self._done += 1
        if self._bar is not None:
            self._bar.update()
        self.tick()

    def tick(self) -> None:
        """Say how far it is, where it is time to: also while nothing is finished."""
        now = time.monotonic()
        if self._bar is not None:
            self._bar.set_postfix_str(self._taken(now))
        elif now >= self._next_line:
            self._next_line = now + _LINE_SECONDS
            left = (now - self._started) / max(1, self._done) * (self._total - self._done)
            share = self._done / max(1, self._total)
            about = f"about {left:.0f} s left" if self._done else "none finished yet"
            taken = self._taken(now)
            print(
                f"{self.label}: {self._done:,} of {self._total:,} ({share:.0%}), {about}"
                + (f"; {taken}" if taken else ""),
                file=sys.stderr,
                flush=True,
            )

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()

    def _taken(self, now: float) -> str:
        return self._usage.describe(now - self._started)

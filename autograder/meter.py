"""How far a run is, told as it goes."""

import sys
import time
from dataclasses import dataclass

from autograder.grading import Graded


@dataclass
class Meter:
    """Tells how far a run is: on a terminal one running line with rate and time left, else a line a submission."""

    total: int
    done: int = 0
    began: float = 0.0

    def tell(self, graded: Graded) -> None:
        """One more is graded."""
        self.done += 1
        self.began = self.began or time.monotonic()
        if not sys.stdout.isatty():
            print(
                f"{graded.entry.key} · {graded.entry.lesson}: {graded.points} of {graded.possible} points", flush=True
            )
            return
        seconds = time.monotonic() - self.began
        rate = (self.done - 1) / seconds if seconds > 0 else 0.0
        ahead = f" · {60 * rate:.0f} a minute · {_clock((self.total - self.done) / rate)} left" if rate else ""
        full = 30 * self.done // self.total
        print(f"\r{'█' * full}{'░' * (30 - full)} {self.done:,} of {self.total:,}{ahead}".ljust(79), end="", flush=True)

    def end(self) -> None:
        """The running line is done with."""
        if self.done and sys.stdout.isatty():
            print()


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"

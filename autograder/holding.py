"""The folder of results belongs to one run at a time."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

from lib.files import remove_unfinished

LOCK = ".lock"


@contextlib.contextmanager
def holding(out: Path, *, shared: bool = False) -> Iterator[None]:
    """Hold `out`, which is made if need be, against every other run; or, if `shared`, against those that do not share.

    Whoever has it alone finds it without what a killed run left half-written there. The lock goes with the process,
    however that ends. Where the system or the disk knows no locks, nobody is kept out and nothing is taken away.

    Raises RuntimeError, at once, where another run has it.
    """
    out.mkdir(parents=True, exist_ok=True)
    with open(out / LOCK, "ab+") as file:
        if _locked(file.fileno(), out, shared=shared) and not shared:
            remove_unfinished(out)
        yield


def _locked(handle: int, out: Path, *, shared: bool) -> bool:
    """POSIX's record locks, which work between machines too, and which no process inherits by a fork."""
    if sys.platform == "win32":
        return False
    import fcntl

    try:
        fcntl.lockf(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError) as error:
        raise RuntimeError(f"{out} is in use by another run: wait for its end, or stop it") from error
    except OSError:
        return False
    return True

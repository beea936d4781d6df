"""What a process does to itself behind the walls, before anything of a learner's runs: rights given up, limits set."""

import contextlib
import ctypes
import os
import re
import resource
import select
import shutil
import signal
import stat
from pathlib import Path

MEMORY = 3 * 2**30  # bytes, all processes of a job together, beside what they were forked with
_PROCESSES, _FILES, _FILE_SIZE = 64, 512, 256 * 2**20
_PR_SET_DUMPABLE = 4


def give_up_rights(user: int) -> None:
    """Become `user` for good, unless it is negative; let no process of the same user look into this one."""
    if user >= 0:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    if hasattr(ctypes.CDLL(None), "prctl"):
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def limit(seconds: float) -> None:
    """Bound this process and its children: processor time, memory, processes, open files, size of a file."""
    bounds = {
        resource.RLIMIT_CPU: int(seconds) + 2,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: _FILE_SIZE,
        resource.RLIMIT_NOFILE: _FILES,
        resource.RLIMIT_NPROC: _PROCESSES,
    }
    if Path("/proc/self/statm").is_file():
        bounds[resource.RLIMIT_DATA] = MEMORY + _data()
    for kind, most in bounds.items():
        hard = resource.getrlimit(kind)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))


def is_walled_in() -> bool:
    """Whether this process is the first of a namespace of its own: then all others in there are a learner's."""
    return os.getpid() == 1


def threads() -> int:
    """How many threads this process has; 0 where the system does not tell."""
    tasks = Path("/proc/self/task")
    return len(list(tasks.iterdir())) if tasks.is_dir() else 0


class Watch:
    """Ends everything but this process when the rest takes more memory than it may; this one too when nobody is left at
    the other end of the pipe `requests`. (Who has given up root's rights does not end with its parent.) A context
    manager, which looks ten times a second; it does nothing where there are no walls.
    """

    def __init__(self, requests: int) -> None:
        self.triggered, self.base = False, _held("self") if is_walled_in() else 0
        self.other_end = select.poll()
        self.other_end.register(requests, 0)  # a hang-up is told unasked

    def __enter__(self) -> "Watch":
        if is_walled_in():
            self.triggered = False
            signal.signal(signal.SIGALRM, self._look)
            signal.setitimer(signal.ITIMER_REAL, 0.1, 0.1)
        return self

    def __exit__(self, *_: object) -> None:
        if is_walled_in():
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _look(self, _number: int, _frame: object) -> None:
        if self.other_end.poll(0):
            os._exit(1)  # the first process of a namespace takes all others along
        if sum(max(0, _held(name) - self.base) for name in os.listdir("/proc") if name.isdigit()) > MEMORY:
            self.triggered = True
            os.kill(-1, signal.SIGKILL)


def sweep(scratch: Path) -> None:
    """End every other process of the namespace, and empty the folders in memory.

    Raises RuntimeError where something cannot be removed: who comes next must not find it.
    """
    with contextlib.suppress(ProcessLookupError):
        os.kill(-1, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)
    for folder in (scratch, Path("/dev/shm")):
        for path in folder.iterdir():
            _remove(path)
        if left := [path.name for path in folder.iterdir()]:
            raise RuntimeError(f"{len(left)} files in {folder} cannot be removed")


def _remove(path: Path) -> None:
    if path.is_symlink() or not path.is_dir():
        path.unlink()
        return
    for folder, names, _ in os.walk(path):  # what may not be entered cannot be emptied
        os.chmod(folder, stat.S_IRWXU)
        for name in names:
            if not os.path.islink(inner := os.path.join(folder, name)):
                os.chmod(inner, stat.S_IRWXU)
    shutil.rmtree(path)


def _held(process: str) -> int:
    """Bytes that a process holds in memory, but for what is in a file as well: a fork maps that when it looks at it.
    None of one that is gone.
    """
    try:
        status = Path("/proc", process, "status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0
    return 1024 * sum(map(int, re.findall(r"^Rss(?:Anon|Shmem):\s+(\d+) kB$", status, re.MULTILINE)))


def _data() -> int:
    """Bytes of this process's data and stack."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5]) * resource.getpagesize()

"""Where learners' code runs: a folder with what it may import, and behind walls the process that is to run it.

It needs neither torch nor a lesson, so that it can be started while the grader itself is still being imported: both
take seconds, on a processor each.
"""

import contextlib
import itertools
import os
import signal
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from autograder.sandbox import library, prison

# Worth importing before the first fork, whatever the lesson.
COMMON = ("torchvision", "matplotlib.pyplot", "scipy.optimize", "sklearn.linear_model")
_COUNT = itertools.count()
_PATIENCE = 5.0  # seconds that the process may take to end when asked to
# site-packages is appended here and its .pth files are not read: they would lead back to the whole project
_BOOT = (
    "import runpy, sys; sys.path += sys.argv.pop(1).split(':');"
    "runpy.run_module('autograder.sandbox.zygote', run_name='__main__', alter_sys=True)"
)


class Place:
    """A folder with a copy of what may be imported of the project at `root`, and room for one process.

    walled: whether that process is walled in (prison.py). Raises RuntimeError where processes cannot be forked, and
    where there can be no walls though they are wanted.
    """

    def __init__(self, root: Path, *, walled: bool = True) -> None:
        if not hasattr(os, "fork"):
            raise RuntimeError("grading forks processes, which this system cannot: use Linux, macOS or WSL")
        if walled and (why := prison.unavailable()):
            raise RuntimeError(why)
        self.walled = walled
        self.process: subprocess.Popen[bytes] | None = None
        self.folder = tempfile.TemporaryDirectory(prefix="grading-", ignore_cleanup_errors=True)
        self.library = Path(self.folder.name) / "library"
        library.build(self.library, root, [])
        (Path(self.folder.name) / "home").mkdir()

    def launch(self, modules: Iterable[str] = COMMON) -> None:
        """Start the process, which imports torch, then `modules`, and waits to be told what else."""
        folder = Path(self.folder.name)
        packages = ":".join(dict.fromkeys(sysconfig.get_path(kind) for kind in ("purelib", "platlib")))
        command = [sys.executable, "-S", "-s", "-P", "-B", "-c", _BOOT, packages]
        option, pipe = prison.filtered() if self.walled else ([], None)
        if self.walled:
            command = [*prison.walls(self.library), *option, "--", *command, str(prison.inmate(next(_COUNT))), *modules]
        else:
            command += ["-1", *modules]
        with open(folder / "log", "wb") as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=folder / "home",
                env=_environment(folder, self.walled),
                pass_fds=[] if pipe is None else [pipe],
                start_new_session=True,
            )
        if pipe is not None:
            os.close(pipe)

    def pipes(self) -> tuple[int, int]:
        """Where the process takes requests, and where it gives replies."""
        if self.process is None or self.process.stdin is None or self.process.stdout is None:
            raise RuntimeError("the process that runs learners' code has no pipes")
        return self.process.stdin.fileno(), self.process.stdout.fileno()

    def last_words(self) -> str:
        """The last line that the process wrote on its standard error."""
        log = Path(self.folder.name) / "log"
        return " ".join(log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:])

    def leave(self) -> None:
        """Close this process's ends of the pipes: another process, forked from this one, has them now."""
        if self.process is not None:
            for pipe in (self.process.stdin, self.process.stdout):
                _close(pipe)

    def stop(self) -> None:
        """Ask the process to end, so that it ends its child as well; if it does not, kill it."""
        if self.process is None:
            return
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(_PATIENCE)
        with contextlib.suppress(ProcessLookupError):  # it is gone, as it should be
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.leave()
        self.process = None

    def close(self) -> None:
        """End the process and remove the folder; once more does nothing."""
        self.stop()
        self.folder.cleanup()


def _environment(folder: Path, walled: bool) -> dict[str, str]:
    """All that the process is told: nothing of the grader's own environment but PATH."""
    home = prison.SCRATCH if walled else str(folder / "home")
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return threads | {
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONPATH": prison.LIBRARY if walled else str(folder / "library"),
        "PYTHONHASHSEED": "0",
        "HOME": home,
        "TMPDIR": home,
        "MPLCONFIGDIR": home,
        "MPLBACKEND": "Agg",
        "LANG": "C.UTF-8",
        "CUDA_VISIBLE_DEVICES": "",
        "COURSE_DEVICE": "cpu",
    }


def _close(pipe: IO[bytes] | None) -> None:
    if pipe is not None:
        pipe.close()

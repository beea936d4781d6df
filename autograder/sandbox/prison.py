"""The walls around the process that runs learners' code, built by bubblewrap.

Inside there is Python with its packages, the system's libraries and the copy of `lib`, none of which can be written to;
one bounded folder in memory; no network, no other process, no name of a user. Root builds the walls as root and gives
up every right behind them; others build them in a user namespace.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from autograder.sandbox import seccomp

LIBRARY, SCRATCH = "/library", "/scratch"
_SPACE, _SHARED = 512 * 2**20, 64 * 2**20  # bytes that files may take, and shared memory
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64")
_SETTINGS = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime")
_PACKAGES_OF_OURS = ("lib", "autograder")  # masked where the project is installed among the packages
WAYS_OUT = (
    "On Debian, `apt-get install bubblewrap`; in a container, allow user namespaces; or grade in a virtual machine. "
    "Where you trust everyone who hands in, --unsandboxed grades without walls, and every report then says so."
)


def unavailable() -> str:
    """Why there can be no walls here, in a sentence with the ways out; empty where there can be."""
    if not sys.platform.startswith("linux"):
        return f"learners' code can be walled in on Linux alone, and this is {sys.platform}. {WAYS_OUT}"
    if shutil.which("bwrap") is None:
        return f"bwrap, which walls learners' code in, is not installed. {WAYS_OUT}"
    trial = subprocess.run(
        [*walls(Path("/")), "--", "/bin/sh", "-c", "exit 0"], capture_output=True, text=True, check=False
    )
    if trial.returncode:
        return f"bwrap cannot wall learners' code in here ({trial.stderr.strip() or trial.returncode}). {WAYS_OUT}"
    return ""


def walls(library: Path) -> list[str]:
    """The command before the command: bubblewrap and its options. library: the folder seen as LIBRARY."""
    command = ["bwrap", "--die-with-parent", "--new-session", "--as-pid-1", "--hostname", "sandbox"]
    command += [f"--unshare-{kind}" for kind in ("pid", "net", "ipc", "uts", "cgroup-try")]
    if is_root():
        command += ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        command += ["--unshare-user", "--uid", "65534", "--gid", "65534", "--cap-drop", "ALL"]
    command += ["--proc", "/proc", "--dev", "/dev", *_memory("/dev/shm", _SHARED), "--remount-ro", "/dev"]
    command += _memory(SCRATCH, _SPACE)
    for folder in _SYSTEM:
        if os.path.islink(folder):
            command += ["--symlink", os.readlink(folder), folder]
        elif os.path.isdir(folder):
            command += ["--ro-bind", folder, folder]
    for path in _SETTINGS:
        command += ["--ro-bind-try", path, path]
    for place in _python():
        command += [*_way_to(place), "--ro-bind", str(place), str(place)]
    if not any(place.is_relative_to("/tmp") for place in _python()):  # else /tmp is a folder on the way to Python
        command += ["--symlink", SCRATCH, "/tmp"]
    for package in _installed():
        command += ["--tmpfs", str(package), "--remount-ro", str(package)]
    return [*command, "--ro-bind", str(library), LIBRARY, "--remount-ro", "/", "--chdir", SCRATCH]


def filtered() -> tuple[list[str], int | None]:
    """The option that puts the filter of system calls in, and the pipe that it is read from; neither for this machine.

    The pipe is to be handed on, and closed afterwards.
    """
    if (program := seccomp.program()) is None:
        return [], None
    reading, writing = os.pipe()
    os.write(writing, program)  # far less than a pipe holds
    os.close(writing)
    return ["--seccomp", str(reading)], reading


def is_root() -> bool:
    """Whether walls are built with root's rights, which the process behind them has to give up."""
    return os.geteuid() == 0


def inmate(number: int) -> int:
    """A user's number that root gives to a process: none of the others that are started here, nor another worker's, has
    it, so that limits and signals are its own.
    """
    return 61_184 + (64 * os.getpid() + number) % 4096 if is_root() else -1


# ---- parts --------------------------------------------------------------------------------------------------------


def _memory(place: str, size: int) -> list[str]:
    return ["--size", str(size), "--perms", "1777", "--tmpfs", place]


def _python() -> list[Path]:
    """Where this Python and its packages lie, outside of what every system has."""
    found = {Path(prefix).resolve() for prefix in (sys.base_prefix, sys.base_exec_prefix)} | {Path(sys.prefix)}
    found |= {Path(sysconfig.get_path(kind)) for kind in ("purelib", "platlib", "stdlib")}
    outside = sorted(path for path in found if not path.is_relative_to("/usr"))
    return [path for path in outside if not any(path.is_relative_to(o) for o in outside if o != path)]


def _way_to(path: Path) -> list[str]:
    """The folders above it, made so that everyone may pass."""
    above = [str(folder) for folder in reversed(path.parents) if str(folder) not in ("/", "/usr")]
    return [option for folder in above for option in ("--perms", "0755", "--dir", folder)]


def _installed() -> list[Path]:
    places = {Path(sysconfig.get_path(kind)) for kind in ("purelib", "platlib")}
    return sorted(place / name for place in places for name in _PACKAGES_OF_OURS if (place / name).is_dir())

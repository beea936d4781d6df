"""What the sandbox tries on itself at each start: ways out, run behind the walls as a learner's answer would be.

It is sent as source and knows nothing of the grader but the two things at the top, which are put in place of the words.
`attacks()` gives, for each way, whether the wall held.
"""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

OUTSIDE, PORT = "OUTSIDE", "PORT"
_REFUSED = 7
_FORKS = f"""
import os, signal
for _ in range(200):
    try:
        child = os.fork()
    except OSError:
        os._exit({_REFUSED})
    if child == 0:
        signal.pause()
"""


def attacks() -> dict[str, bool]:
    """{way: whether the wall held}."""
    return {
        "files": _refused(lambda: Path(OUTSIDE).read_bytes()),
        "writing": all(_refused(partial(Path(p, "x").write_text, "x")) for p in ("/", "/library", "/usr", "/dev")),
        "network": _refused(lambda: socket.create_connection(("127.0.0.1", int(PORT)), 2)) and _no_way_out(),
        "environment": "GRADING_CANARY" not in os.environ and _refused(lambda: Path("/proc/1/environ").read_bytes()),
        "processes": {name for name in os.listdir("/proc") if name.isdigit()} == {"1", str(os.getpid())},
        "the parent": _parent_is_out_of_reach(),
        "rights": os.geteuid() != 0 and _refused(lambda: os.setuid(0)),
        "namespaces": ctypes.CDLL(None, use_errno=True).unshare(0x10000000) != 0,
        "signals": _refused(lambda: os.kill(1, 0)),
        "number of processes": _forks_end(),
    }


def _refused(way: Callable[[], object]) -> bool:
    try:
        way()
    except (OSError, OverflowError):
        return True
    return False


def _no_way_out() -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        return _refused(lambda: one.connect(("192.0.2.1", 53)))


def _parent_is_out_of_reach() -> bool:
    with contextlib.suppress(OSError):
        os.kill(1, signal.SIGKILL)  # if it dies, there is no reply, and that is an answer as well
    return all(_refused(partial(Path("/proc/1", name).open, "rb")) for name in ("mem", "fd/0", "exe"))


def _forks_end() -> bool:
    """Tried by a process without torch in it, which forks fifty times as fast."""
    return subprocess.run([sys.executable, "-S", "-c", _FORKS], check=False).returncode == _REFUSED

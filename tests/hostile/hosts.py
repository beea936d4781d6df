"""Answers and folders that go for the machine around: its files, its network, its memory, its time.

A *witness* tries a way out while its cell runs and answers rightly only where it met a wall. What it goes for is really
there: `PLANTED` stands for a folder of the grader's, `PORT` and `SOCKET` for servers that listen; conftest.py puts them
in. Without walls those that only look do get through, which a test holds as well.
"""

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

from tests.hostile.submitted import FAKED, FULL, NOTHING, RIGHT, SHARE, Submission, answered, notebook

_GIVE = "def trainable_fraction(model):\n    {}\n"


def _witness(attack: str) -> Submission:
    """attack: lines that set `got` to something true where they got through."""
    body = "".join(f"    {line}\n" for line in attack.splitlines())
    source = f"got = False\ntry:\n{body}except (OSError, MemoryError, OverflowError, ImportError):\n    got = False\n"
    answer = SHARE.replace("def trainable_fraction", "def _right")
    return answered(
        f"{source}\n{answer}\n\ndef trainable_fraction(model):\n    return 99.0 if got else _right(model)", FULL
    )


def _each(tried: list[object], way: str) -> str:
    """Lines that try a way out on each of these, called `one`."""
    return f"for one in {tried!r}:\n    try:\n        {way}; got = True\n    except OSError:\n        pass"


def _with(beside: Callable[[Path], object], points: tuple[int, int] = FULL) -> Submission:
    """An honest notebook, and something beside it in the submitted folder."""

    def write(path: Path) -> None:
        path.write_text(json.dumps(notebook(RIGHT)), encoding="utf-8")
        beside(path.parent)

    return Submission(write, points)


def _instead(make: Callable[[Path], object]) -> Submission:
    """No notebook, but something that bears its name."""
    return Submission(make, NOTHING)


def _modules(folder: Path) -> None:
    for name in ("torch", "lib", "autograder", "sitecustomize", "usercustomize", "ipykernel_launcher", "json"):
        (folder / f"{name}.py").write_text(f"import pathlib\npathlib.Path({str(folder)!r}, 'ran').touch()\n")


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        here = os.open(path.parent, os.O_RDONLY)  # a socket's path is short, a test's folder is not
        try:
            one.bind(f"/proc/self/fd/{here}/{path.name}")
        finally:
            os.close(here)


def _hard_linked(path: Path) -> None:
    other = path.parent / "elsewhere.txt"
    other.write_text("no notebook")
    os.link(other, path)


def _linked_folder(path: Path) -> None:
    folder = path.parent
    other = folder.parent.parent / f".{folder.parent.name}-elsewhere"
    other.mkdir()
    (other / path.name).write_text(json.dumps(notebook(RIGHT)), encoding="utf-8")
    folder.rmdir()
    folder.symlink_to(other)


_DETACHED = """import os
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True: pass
    os._exit(0)
"""
_IGNORED = "import signal\nfor one in set(signal.Signals) - {9, 19}:\n    signal.signal(one, signal.SIG_IGN)\n"

HOSTS: dict[str, Submission] = {
    "a sibling's notebook read": _witness("got = open('PLANTED/sibling.ipynb').read()"),
    "the course read": _witness(f"got = open({__file__!r}).read()"),
    "the gradebook read": _witness("got = open('PLANTED/gradebook.db', 'rb').read()"),
    "the gradebook written": _witness("got = open('PLANTED/gradebook.db', 'ab')"),
    "the secret read": _witness("got = open('PLANTED/.secret', 'rb').read()"),
    "keys read": _witness("got = open('PLANTED/id_rsa').read()"),
    "home read": _witness("import os, pathlib\ngot = [*pathlib.Path(os.path.expanduser('~root')).iterdir()]"),
    "the environment read": _witness("import os\ngot = 'SECRET_OF_THE_GRADER' in os.environ"),
    "another's environment read": _witness("got = open('/proc/1/environ', 'rb').read()"),
    "passwords read": _witness("got = open('/etc/shadow').read()"),
    "files written outside": _witness(
        "import pathlib\n"
        + _each(["/", "/usr", "/etc", "/library", "/home"], "pathlib.Path(one, 'mine').write_text('x')")
    ),
    "the library written to": _witness("import torch\ngot = open(torch.__file__, 'a')"),
    "network": _witness(
        "import socket\n" + _each([("127.0.0.1", "PORT"), ("192.0.2.1", "80")], "socket.create_connection(one, 1)")
    ),
    "DNS": _witness("import socket\ngot = socket.getaddrinfo('example.org', 80)"),
    "a unix socket": _witness("import socket\nsocket.socket(socket.AF_UNIX).connect('PLANTED/s')\ngot = True"),
    "an abstract socket": _witness("import socket\nsocket.socket(socket.AF_UNIX).connect('\\0SOCKET')\ngot = True"),
    "another process seen": _witness(
        "import os\ngot = [n for n in os.listdir('/proc') if n.isdigit() and int(n) not in (1, os.getpid())]"
    ),
    "becoming root": _witness("import os\nos.setuid(0)\ngot = True"),
    "a user namespace": _witness("import ctypes\ngot = ctypes.CDLL(None).unshare(0x10000000) == 0"),
    "a device made": _witness(
        "import os\nos.mknod('/scratch/disk', 0o60600, os.makedev(8, 0))\ngot = open('/scratch/disk', 'rb').read(1)"
    ),
    "a link to what is outside": _witness("import os\nos.symlink('PLANTED/id_rsa', 'link')\ngot = open('link').read()"),
    "a fifo that nobody reads": answered(
        "import os\nos.mkfifo('/scratch/pipe')\n" + _GIVE.format("return open('/scratch/pipe').read()"), FAKED
    ),
    "a detached process": answered(_DETACHED + SHARE, FULL),
    "an endless loop": answered(_GIVE.format("while True: pass"), FAKED),
    "an endless loop that ignores every signal": answered(_IGNORED + _GIVE.format("while True: pass"), FAKED),
    "an endless loop when the cell runs": answered("while True: pass\n" + SHARE, FAKED),
    "sleep": answered("import time\n" + _GIVE.format("time.sleep(10**6)"), FAKED),
    "input() that waits": answered(_GIVE.format("return input('?')"), FAKED),
    "a memory bomb": answered("import torch\n" + _GIVE.format("return [torch.ones(2**27) for _ in range(99)]"), FAKED),
    "a fork bomb": answered("import os\n" + _GIVE.format("while True: os.fork()"), FAKED),
    "a thread bomb": answered(
        "import threading, time\n"
        + _GIVE.format("while True: threading.Thread(target=time.sleep, args=(99,)).start()"),
        FAKED,
    ),
    "a disk bomb": answered(
        _GIVE.format("return [open(f'/scratch/{i}', 'wb').write(bytes(2**26)) for i in range(999)]"), FAKED
    ),
    "a file-descriptor bomb": answered(_GIVE.format("return [open('/dev/null') for _ in range(10**5)]"), FAKED),
    "an output bomb": answered(_GIVE.format("while True: print('x' * 10**6)"), FAKED),
    "an output bomb on stderr, then right": answered(
        "import sys\nfor _ in range(200):\n    sys.stderr.write('x' * 10**5)\n" + SHARE, FULL
    ),
    "a regular expression that never ends": answered(
        "import re\n" + _GIVE.format("return re.match('(a+)+$', 'a' * 60 + 'b')"), FAKED
    ),
    "a number with a billion digits": answered(_GIVE.format("return 10 ** 10 ** 10"), FAKED),
    "modules beside the notebook": _with(_modules),
    "a broken link beside the notebook": _with(lambda folder: (folder / "data").symlink_to("/nowhere")),
    "a fifo beside the notebook": _with(lambda folder: os.mkfifo(folder / "data.csv")),
    "the notebook a link": _instead(lambda path: path.symlink_to("/etc/passwd")),
    "the notebook a link to a device": _instead(lambda path: path.symlink_to("/dev/zero")),
    "the notebook a hard link": _instead(_hard_linked),
    "the notebook a fifo": _instead(os.mkfifo),
    "the notebook a socket": _instead(_socket),
    "the notebook a folder": _instead(lambda path: path.mkdir()),
    "the folder a link": _instead(_linked_folder),
    "no notebook": _instead(lambda path: None),
}

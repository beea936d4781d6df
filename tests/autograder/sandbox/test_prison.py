"""The walls around learners' code: tried by the sandbox's own attacks, with a wall taken away, and by bombs.

Where bubblewrap is missing these tests fail: they are not skipped.
"""

import errno
import os
import struct
import tempfile
from pathlib import Path

import pytest

from autograder.sandbox import isolation, landlock, prison, seccomp
from autograder.sandbox.confinement import MEMORY
from autograder.sandbox.isolation import Isolation, tried
from autograder.sandbox.worker import Job, Worker

ROOT = Path(__file__).parents[3]
PROBE = ("autograder.probes.questions", "answers")


@pytest.fixture(scope="module")
def worker():
    with Worker(ROOT, []) as started:
        yield started


def ask(worker, body, limit=20.0):
    """What `body`, the lines of a function that returns `found`, sees from inside."""
    source = "import os, ctypes, torch\ndef look():\n" + "".join(f"    {line}\n" for line in body.splitlines())
    reply = worker.run(
        Job("look", PROBE, [{"questions": ["found"]}], source + "    return {'found': found}", limit=limit)
    )
    if reply.trouble:
        return reply.trouble
    [outcome] = reply.outcomes
    return outcome["observations"]["found"] if "observations" in outcome else outcome["error"]


def test_every_wall_holds(worker):
    assert tried(worker) == Isolation(isolation._WAYS)
    assert tried(worker).words.startswith("sandboxed by bubblewrap, tried at the start: files, writing, network,")


@pytest.mark.parametrize("wall", ["network", "files"])
def test_nobody_grades_where_a_wall_is_missing(monkeypatch, wall):
    whole = prison.walls

    def holed(library):
        command = whole(library)
        if wall == "network":
            return [part for part in command if part != "--unshare-net"]
        if library == Path("/"):  # the trial, whether there can be walls
            return command
        place = command.index("--remount-ro", command.index(prison.LIBRARY))
        above = str(library.parent)
        return [*command[:place], "--perms", "0755", "--dir", above, "--ro-bind", above, above, *command[place:]]

    monkeypatch.setattr(prison, "walls", holed)
    monkeypatch.setattr(tempfile, "tempdir", "/var/tmp")  # inside, /tmp is another place
    with Worker(ROOT, []) as worker:
        os.chmod(worker.place.folder.name, 0o755)
        with pytest.raises(RuntimeError, match=f"the sandbox does not hold here; what got through: {wall}$"):
            tried(worker)


def test_in_a_user_namespace_the_walls_hold_as_well(monkeypatch):
    monkeypatch.setattr(prison, "is_root", lambda: False)
    with Worker(ROOT, []) as worker:
        found = tried(worker)
    assert set(found.held) >= isolation._NEEDED
    late = set() if landlock.version() >= 6 else {"signals"}
    assert set(found.broken) <= {"number of processes"} | late  # the machine's root is bound by no number


def test_what_one_leaves_no_other_finds(worker):
    leave = """
for place in ("/scratch", "/dev/shm"):
    open(place + "/left", "w").write("answer")
os.makedirs("/scratch/deep/" + "/".join("x" * 40)); os.chmod("/scratch/deep/x", 0)
found = len(os.listdir("/scratch"))"""
    assert ask(worker, leave) == 3  # the two, and the folder of its own
    assert ask(worker, "found = len(os.listdir('/scratch')) + len(os.listdir('/dev/shm'))") == 1


BOMBS = {
    "processes that go on": "if os.fork() == 0:\n    os.setsid(); os.fork()\n    while True: pass\nfound = 1",
    "processes without end": "while True: os.fork()",
    "memory": "kept = [torch.ones(2**27) for _ in range(40)]\nfound = len(kept)",
    "files": "f = [open(f'/scratch/{i}', 'wb').write(b'x' * 2**27) for i in range(40)]\nfound = len(f)",
    "one file": "found = open('/scratch/large', 'wb').write(b'x' * 2**29)",
    "shared memory": "found = open('/dev/shm/large', 'wb').write(b'x' * 2**27)",
    "descriptors": "f = [os.dup(0) for _ in range(5000)]\nfound = len(f)",
    "memory without a name": "f = [os.memfd_create('x') for _ in range(9)]\nfound = len(f)",
    "itself": "os.kill(os.getpid(), 9)",
    "everything": "os.kill(-1, 9)\nfound = 1",
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_costs_its_own_answer_and_no_other(worker, name):
    found = ask(worker, BOMBS[name], limit=6.0)
    assert name == "processes that go on" or isinstance(found, str), found
    assert ask(worker, "found = [n for n in os.listdir('/proc') if n.isdigit()].__len__()") == 2


def test_memory_counts_for_all_processes_together(worker):
    kept = f"torch.ones({MEMORY // 3 // 4})"  # a third of it, in float32
    body = f"import time\nfor _ in range(4):\n    if os.fork() == 0:\n        kept = {kept}; time.sleep(60)\n"
    assert ask(worker, body + "time.sleep(60)\nfound = 1", limit=30.0) == "it took more than 3 GB of memory"


@pytest.mark.parametrize(
    "call", ["ptrace(0, 0, 0, 0)", "unshare(0x10000000)", "syscall(29, 1, 2, 3)", "mount(b'/', b'/tmp', 0, 4096, 0)"]
)
def test_calls_that_nobody_needs_are_refused(worker, call):
    body = f"libc = ctypes.CDLL(None, use_errno=True)\nresult = libc.{call}\nfound = [result, ctypes.get_errno()]"
    assert ask(worker, body) == [str(-1), str(errno.EPERM)]


def test_a_folder_for_passing_things_has_its_usual_name(worker, monkeypatch):
    monkeypatch.setattr(prison, "_python", lambda: [Path("/opt/python")])
    assert prison.walls(Path("/"))[prison.walls(Path("/")).index("/tmp") - 2] == "--symlink"
    monkeypatch.setattr(prison, "_python", lambda: [Path("/tmp/clone/.venv")])
    assert "--symlink /scratch /tmp" not in " ".join(prison.walls(Path("/")))


def test_threads_and_processes_of_ones_own_still_work(worker):
    body = """
import subprocess, threading
from torch.utils.data import DataLoader
thread = threading.Thread(target=lambda: None); thread.start(); thread.join()
said = subprocess.run(["echo", "hello"], capture_output=True, text=True).stdout
found = said.strip() + str(sum(int(b.sum()) for b in DataLoader(torch.arange(6), 2, num_workers=2)))"""
    assert ask(worker, body) == "hello15"


def test_the_filter_is_known_for_two_machines_and_told_apart():
    intel, arm = seccomp.program("x86_64"), seccomp.program("aarch64")
    assert seccomp.program("riscv64") is None
    for program in (intel, arm):
        steps = list(struct.iter_unpack("<HBBI", program))
        assert steps[-1] == (0x06, 0, 0, 0x7FFF0000)
        jumps = [(index, yes, no) for index, (code, yes, no, _) in enumerate(steps) if code != 0x06]
        assert all(index + 1 + max(yes, no) < len(steps) for index, yes, no in jumps)
    assert intel != arm


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda patch: patch.setattr(prison.sys, "platform", "darwin"), "on Linux alone, and this is darwin"),
        (lambda patch: patch.setenv("PATH", "/nowhere"), "bwrap, which walls learners' code in, is not installed"),
        (lambda patch: patch.setattr(prison, "walls", lambda _: ["/bin/false"]), "cannot wall learners' code in here"),
    ],
    ids=["another system", "no bwrap", "bwrap fails"],
)
def test_without_walls_it_says_why_and_names_the_ways_out(monkeypatch, change, sentence):
    change(monkeypatch)
    with pytest.raises(RuntimeError, match=sentence) as raised:
        Worker(ROOT, [])
    assert "apt-get install bubblewrap" in str(raised.value)
    assert "--unsandboxed" in str(raised.value)


def test_without_walls_on_demand_nothing_is_claimed():
    with Worker(ROOT, [], walled=False) as worker:
        assert tried(worker) == Isolation()
        assert tried(worker).words == "unsandboxed"

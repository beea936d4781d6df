"""Landlock alone, without bubblewrap's wall in front of it: what a confined process can still do."""

import os
import socket
from pathlib import Path

import pytest

from autograder.sandbox import landlock


@pytest.fixture
def places(tmp_path):
    for name in ("inside/one", "inside/two", "outside"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "file").write_text("before")
    return tmp_path / "inside", tmp_path / "outside"


def confined(inside: Path, act) -> str:
    """What comes of `act` in a process that may change `inside` alone."""
    reading, writing = os.pipe()
    if (process := os.fork()) == 0:
        words = "nothing was run"
        try:
            assert landlock.confine([inside])
            words = str(act())
        except OSError as error:
            words = type(error).__name__
        finally:
            os.write(writing, words.encode())
            os._exit(0)
    os.close(writing)
    os.waitpid(process, 0)
    with open(reading, encoding="utf-8") as pipe:
        return pipe.read()


def speaks() -> None:
    """In honest code a process may talk to itself."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda inside, _: (inside / "one/new").write_text("after"), "5"),
        (lambda inside, _: (inside / "one/file").rename(inside / "two/moved").name, "moved"),
        (lambda _, outside: (outside / "file").read_text(), "before"),
        (lambda *_: Path("/dev/null").write_text("x"), "1"),
        (lambda *_: os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)[1], "0"),
        (lambda *_: speaks(), "None"),
    ],
    ids=["write inside", "move inside", "read", "discard", "start a program", "talk to itself"],
)
def test_confined_process_does_what_honest_code_does(places, act, words):
    assert confined(places[0], lambda: act(*places)) == words


@pytest.mark.parametrize(
    "act",
    [
        lambda _, outside: (outside / "file").write_text("after"),
        lambda _, outside: os.truncate(outside / "file", 0),
        lambda _, outside: (outside / "new").mkdir(),
        lambda _, outside: (outside / "file").unlink(),
        lambda inside, outside: (inside / "one/file").rename(outside / "moved"),
        lambda inside, outside: os.link(outside / "file", inside / "linked"),
        lambda *_: os.posix_spawn("/bin/true", ["true"], {}, file_actions=[(os.POSIX_SPAWN_OPEN, 1, "/x", 65, 0)]),
    ],
    ids=["write", "truncate", "make", "remove", "move out", "link in", "by a program"],
)
def test_confined_process_changes_nothing_outside(places, act):
    assert confined(places[0], lambda: act(*places)) in ("PermissionError", "OSError")
    assert [path.name for path in places[1].iterdir()] == ["file"]
    assert (places[1] / "file").read_text() == "before"


def test_confined_process_signals_none_but_its_own(places):
    others = os.getpid()
    refused = "PermissionError" if landlock.version() >= 6 else "None"  # it bounds signals from Linux 6.12 on
    assert confined(places[0], lambda: os.kill(others, 0)) == refused
    assert confined(places[0], lambda: os.kill(os.getpid(), 0)) == "None"


def test_confine_says_so_where_there_is_no_landlock(monkeypatch, tmp_path):
    monkeypatch.setattr(landlock, "_call", lambda *_: -1)
    assert not landlock.confine([tmp_path])


def test_confine_does_not_go_on_where_a_rule_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError):
        landlock.confine([tmp_path / "nowhere"])

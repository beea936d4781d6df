"""All submissions of a kind are graded in one run, as a class's are; each test then looks at one of them."""

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.grading import ROOT, Entry, Graded, Lesson, grade_lesson, load_lesson
from tests.hostile.submitted import LESSON, NAMES, Submission

SECONDS = 4.0  # for an answer; honest ones take a tenth of it


@pytest.fixture(scope="session")
def lesson() -> Lesson:
    whole = load_lesson(ROOT / "solutions" / f"{LESSON}.py")
    return replace(whole, exercises=[one for one in whole.exercises if one.name in NAMES])


@contextmanager
def servers(planted: Path) -> Iterator[dict[str, str]]:
    """What witnesses go for, by the word that stands for it: files in a folder, and sockets that listen."""
    planted.mkdir(parents=True)
    for name in ("sibling.ipynb", "gradebook.db", ".secret", "id_rsa"):
        (planted / name).write_text("of the grader's")
    planted.chmod(0o755)
    name = f"hostile-{os.getpid()}-{planted.stat().st_ino}"
    with socket.create_server(("127.0.0.1", 0)) as tcp, unix_server(f"\0{name}") as abstract:
        here = os.open(planted, os.O_RDONLY)  # a socket's path is short, a test's folder is not
        try:
            with unix_server(f"/proc/self/fd/{here}/s") as file:
                assert all((tcp, abstract, file))
                yield {"PLANTED": str(planted), "PORT": str(tcp.getsockname()[1]), "SOCKET": name}
        finally:
            os.close(here)


@contextmanager
def unix_server(address: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(address)
        one.listen()
        yield one


def aim(path: Path, aims: Mapping[str, str]) -> None:
    """Put what they stand for in place of the words, in a notebook that has them: a file of its own, no link."""
    own = path.is_file() and not path.is_symlink() and not path.parent.is_symlink() and path.stat().st_nlink == 1
    if own and any(word.encode() in path.read_bytes() for word in aims):
        text = path.read_text(encoding="utf-8")
        for word, meant in aims.items():
            text = text.replace(word, meant)
        path.write_text(text, encoding="utf-8")


def grade_all(
    lesson: Lesson, submissions: Mapping[str, Submission], folder: Path, *, walled: bool = True
) -> dict[str, Graded]:
    """Hand all of them in under `folder`, and grade them one after the other in one run."""
    entries = []
    with pytest.MonkeyPatch.context() as patch, servers(folder / "planted") as aims:
        for number, (name, submission) in enumerate(submissions.items()):
            path = folder / f"{number:03}" / LESSON / f"{LESSON}.ipynb"
            path.parent.mkdir(parents=True)
            submission.write(path)
            aim(path, aims)
            entries.append(Entry(name, LESSON, path))
        patch.setenv("SECRET_OF_THE_GRADER", "which no answer may read")
        graded = grade_lesson(lesson, entries, SECONDS, secret=b"of these tests", walled=walled)
        return {one.entry.student: one for one in graded}


def points(graded: Graded) -> tuple[int, ...]:
    """Of NAMES, in their order."""
    earned = {result.verdict.exercise: result.verdict.points for result in graded.results}
    return tuple(earned[name] for name in NAMES)


def pytest_terminal_summary(terminalreporter) -> None:
    """How many of each kind got what they earned."""
    passed = [report.nodeid for report in terminalreporter.getreports("passed") if "hostile" in report.nodeid]
    counted = {
        kind: sum(f"::test_{kind}_" in one for one in passed) for kind in ("notebook", "process", "host", "control")
    }
    if any(counted.values()):
        words = ", ".join(f"{count} of kind {kind}" for kind, count in counted.items())
        terminalreporter.write_line(f"submissions that got what they earned: {words}")

"""Where learners' code runs: started before the lesson is known, one user each, and nothing left behind."""

import re
import tempfile
from pathlib import Path

import pytest

from autograder.probes.questions import answers
from autograder.sandbox import pages, prison
from autograder.sandbox.place import Place
from autograder.sandbox.worker import Job, Worker
from tests.autograder.sandbox.test_worker import ROOT

ASKS = """def f():
    from lib.freezing import freeze
    try:
        freeze(None)
    except NotImplementedError as error:
        return {"what": str(error)}"""
JOB = Job("f", (answers.__module__, answers.__name__), [{"questions": ["what"]}], ASKS)


@pytest.fixture
def temporary(tmp_path, monkeypatch) -> Path:
    """A folder for all that is temporary, through which the one who runs learners' code may pass."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)


def test_a_process_that_was_started_before_the_lesson_is_known_withholds_what_it_asks_for():
    place = Place(ROOT)
    place.launch()
    process = place.process.pid
    with Worker(ROOT, [("lib.freezing", "freeze")], ["lib.freezing"], place=place) as worker:
        reply = worker.run(JOB)
        assert worker.place.process.pid == process
    assert reply.outcomes == [{"observations": {"what": "this is what the exercise asks for: write it yourself"}}]
    assert place.process is None and not Path(place.folder.name).exists()


def test_close_ends_a_process_that_nobody_used(temporary):
    place = Place(ROOT)
    place.launch()
    process = place.process
    place.close()
    assert process.returncode is not None and list(temporary.iterdir()) == []
    place.close()


def test_no_two_processes_of_a_grader_are_the_same_user(monkeypatch):
    monkeypatch.setattr(prison, "is_root", lambda: True)
    numbers = set()
    for process in (100, 101):
        monkeypatch.setattr(prison.os, "getpid", lambda process=process: process)
        numbers |= {prison.inmate(number) for number in range(64)}
    assert len(numbers) == 128


def test_enlarge_leaves_memory_as_it_was():
    before, held = _large(), bytearray(range(256)) * 2**18
    pages.enlarge()
    assert held == bytearray(range(256)) * 2**18
    assert _large() >= before


def test_enlarge_asks_nothing_where_the_system_does_not_tell(monkeypatch):
    asked = []
    monkeypatch.setattr(pages.ctypes, "CDLL", asked.append)
    monkeypatch.setattr(Path, "is_file", lambda _: False)
    pages.enlarge()
    assert asked == []


def _large() -> int:
    """Kilobytes of this process's memory that lie in large pages."""
    return int(re.search(r"AnonHugePages:\s+(\d+)", Path("/proc/self/smaps_rollup").read_text())[1])

"""The course in one file: all that a learner needs, nothing that they should not have, and the same bytes each time."""

import io
import re
import shutil
import subprocess
import sys
import zipfile
from datetime import UTC, datetime

import pytest

from autograder import __main__, handout, incoming
from autograder.release import COURSE


@pytest.fixture(scope="module")
def content():
    return handout.packed(handout.ROOT)


def names(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return [name.removeprefix(f"{handout.TOP}/") for name in archive.namelist()]


def test_packed_gives_the_same_bytes_wherever_the_project_lies(content, tmp_path):
    for part in (*incoming.PARTS, *handout.MORE):
        source = handout.ROOT / part
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / part)
    (tmp_path / "lib" / "__pycache__").mkdir(exist_ok=True)
    (tmp_path / "lib" / "__pycache__" / "own.cpython-311.pyc").write_bytes(b"x")
    (tmp_path / "course" / ".predictions.json").write_text("{}")
    assert handout.packed(tmp_path) == content


def test_packed_holds_every_lesson_and_no_solution_or_test(content):
    found = names(content)
    assert {f"course/{path.parent.name}/{path.name}" for path in COURSE.glob("*/*.ipynb")} <= set(found)
    assert {name.split("/")[0] for name in found} == {*incoming.PARTS, *handout.MORE}
    assert not [name for name in found if "solutions" in name or name.startswith("tests") or "__pycache__" in name]


def test_packed_is_a_release_that_an_update_takes_in(content, tmp_path):
    (tmp_path / "course.zip").write_bytes(content)
    project = tmp_path / "project"
    (project / "work").mkdir(parents=True)
    (project / "work" / "mine.ipynb").write_text("mine")
    incoming.take_in(tmp_path / "course.zip", project, datetime(2026, 7, 1, tzinfo=UTC))
    assert (project / "work" / "mine.ipynb").read_text() == "mine"
    assert (project / "start.py").read_bytes() == (handout.ROOT / "start.py").read_bytes()
    asked = "from autograder.exercises import find; from lib.backbones import load_backbone; load_backbone('resnet10')"
    for command in (["start.py", "--help"], ["-c", f"{asked}; print(find('freeze').name)"]):
        done = subprocess.run([sys.executable, "-P", *command], cwd=project, capture_output=True, text=True, check=True,
                              env={"PYTHONPATH": str(project), "PATH": ""})  # fmt: skip
        assert done.stderr == "" and done.stdout


def test_packed_says_what_is_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"LICENSE belongs to the course and is missing"):
        handout.packed(tmp_path)


def test_handout_refuses_lessons_that_are_not_released(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(handout, "drift", lambda: ["course/03 is older than its text"])
    assert __main__.main(["handout", str(tmp_path / "course.zip")]) == 1
    assert "nothing was written" in capsys.readouterr().out
    assert not (tmp_path / "course.zip").exists()


def test_handout_writes_the_file_and_says_how_it_is_used(tmp_path, monkeypatch, capsys, content):
    monkeypatch.setattr(handout, "drift", list)
    assert __main__.main(["handout", str(tmp_path / "course.zip")]) == 0
    assert "start.py update course.zip" in capsys.readouterr().out
    assert (tmp_path / "course.zip").read_bytes() == content


def test_every_test_that_the_instructors_day_names_is_there():
    page = (handout.ROOT / "docs" / "instructors_day.md").read_text("utf-8")
    rows = [line.split("|") for line in page.splitlines() if line.startswith("| ")][1:]
    named = [name for row in rows for name in re.findall(r"`(tests/[\w/]+(?:\.py)?|test_\w+\.py)`", row[3])]
    assert len(rows) == 15 and len(named) >= 14
    for name in named:
        assert list(handout.ROOT.glob(name)) or list(handout.ROOT.glob(f"tests/autograder/{name}")), name
    commands = re.findall(r"python -m autograder (\w+)", page)
    assert set(commands) <= set(__main__.COMMANDS) and len(set(commands)) == 7

"""What learners get: by nbgrader, without a solution, the same bytes each time."""

import argparse
import ast
import json
import re
import shutil

import nbformat
import pytest

from autograder import release
from autograder.exercises import EXERCISES, of_lesson
from autograder.lesson import read_lesson


def released():
    return {path: nbformat.read(path, as_version=4) for path in sorted(release.COURSE.rglob("*.ipynb"))}


def test_release_is_what_is_committed():
    assert release.drift() == []


def test_release_names_an_edited_file_and_fails(monkeypatch, capsys, tmp_path):
    course = tmp_path / "course"
    shutil.copytree(release.COURSE, course)
    edited = next(course.rglob("*.ipynb"))
    edited.write_text(edited.read_text(encoding="utf-8").replace("# %", "#  %") + " ", encoding="utf-8")
    (edited.parent / ".predictions.json").write_text("{}")
    stray = course / "notes.txt"
    stray.write_text("mine")
    faults = release.drift(course=course)
    assert [str(edited) in faults[0], str(stray) in faults[1], len(faults)] == [True, True, 2]
    monkeypatch.setattr(release, "drift", lambda: faults)
    assert release.run(argparse.Namespace(check=True)) == 1
    assert edited.name in capsys.readouterr().out


def test_release_check_is_silent_when_all_is_well(monkeypatch, capsys):
    monkeypatch.setattr(release, "drift", list)
    assert release.run(argparse.Namespace(check=True)) == 0
    assert capsys.readouterr() == ("", "")


def test_release_writes_only_what_differs(tmp_path):
    first = release.release(course=tmp_path)
    assert len(first) == len(release.lessons()) + 1  # and the glossary
    assert release.release(course=tmp_path) == []


def test_release_says_so_where_there_is_no_lesson(tmp_path):
    with pytest.raises(ValueError, match="no lesson in"):
        release.lessons(tmp_path)


def test_release_holds_no_outputs_and_no_solution_marks():
    for notebook in released().values():
        for cell in notebook.cells:
            assert not cell.get("outputs")
            assert cell.get("execution_count") is None
            assert "SOLUTION" not in cell.source


@pytest.mark.parametrize("name", EXERCISES)
def test_release_leaks_no_line_of_a_solution_and_no_misconception(name):
    exercise = EXERCISES[name]
    text = "\n".join(cell.source for notebook in released().values() for cell in notebook.cells)
    stub = next(c.source for n in released().values() for c in n.cells if c.id == name)
    [node] = ast.parse(stub).body
    assert isinstance(node, ast.FunctionDef | ast.ClassDef)
    written = next(c.source for lesson in release.lessons() for c in read_lesson(lesson).cells if c.id == name)
    regions = re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", written, re.DOTALL)
    assert stub.count("raise NotImplementedError()") == len(regions) > 0
    lines = [line.strip() for region in regions for line in region.splitlines()]
    telling = [line for line in lines if len(line) > 30 and not line.startswith(("from ", "import "))]
    assert [line for line in telling if line in text] == []
    raw = json.dumps(text, ensure_ascii=False)
    for misconception in exercise.misconceptions:
        assert misconception.hint not in raw
        assert misconception.name not in text.split() or "-" not in misconception.name


def test_release_is_generated_by_nbgrader_with_its_checksums():
    for path, notebook in released().items():
        graded = {cell.id for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("checksum")}
        names = {exercise.name for exercise in of_lesson(path.stem)}
        tasks = set(re.findall(r'task="(\w+)"', (release.SOLUTIONS / f"{path.stem}.py").read_text(encoding="utf-8")))
        assert graded == names | {f"check-{name}" for name in names} | {f"task-{name}" for name in tasks}

"""Reading a submitted notebook without believing it."""

import json
import os

import pytest

from autograder.submission import LIMIT, Unreadable, read_submission, safe_name

LESSON = {
    "setup": "import torch",
    "freeze": "def freeze(m): ...",
    "check-freeze": "check('freeze', freeze)",
    "d1": "demo = 1",
}


def code(source: object, name: str | None = None, kind: str = "code", **more: object) -> dict:
    return {"cell_type": kind, "source": source, "metadata": {}, **({} if name is None else {"id": name}), **more}


@pytest.fixture
def path(tmp_path):
    folder = tmp_path / "ada" / "lesson"
    folder.mkdir(parents=True)
    return folder / "lesson.ipynb"


@pytest.fixture
def read(path):
    def submission(*cells: object, names: tuple[str, ...] = ("freeze",)):
        path.write_text(json.dumps({"cells": list(cells), "nbformat": 4}), encoding="utf-8")
        return read_submission(path, names, LESSON)

    return submission


MINE = "def freeze(module):\n    return module"


def test_read_submission_takes_the_cell_with_the_exercises_id(read):
    answer = read(code(MINE.splitlines(keepends=True), "freeze"), code("demo = 1", "d1")).answers["freeze"]
    assert (answer.source, answer.above, answer.remark) == (MINE, [], None)


def test_read_submission_takes_own_cells_above_and_nothing_of_the_lesson_or_of_tests(read):
    cells = [code("import torch", "setup"), code("demo = 1", "d1"), code("helper = 1", "mine"), code("demo = 2", "d1")]
    tests = [code("check = print", "check-freeze"), code("# words", "words", "markdown"), code("raw", "raw", "raw")]
    answer = read(*cells, *tests, code(MINE, "freeze"), code("after = 1", "later")).answers["freeze"]
    assert answer.above == ["helper = 1", "demo = 2"]


@pytest.mark.parametrize(
    ("cells", "source", "remark"),
    [
        (
            [code("freeze = 1", "x"), code(MINE, "freeze")],
            MINE,
            "defined in 2 cells; the exercise's own cell was graded",
        ),
        (
            [code(MINE, "freeze"), code("freeze = 1", "x")],
            MINE,
            "defined in 2 cells; the exercise's own cell was graded",
        ),
        ([code("freeze = 1", "freeze"), code(MINE, "freeze")], MINE, "2 cells bear the id of freeze; the last"),
        ([code(MINE, "freeze"), code("", "freeze")], MINE, "2 cells bear the id of freeze; the last"),
        ([code(MINE, "x")], MINE, "own cell is gone; another cell that defines freeze"),
        ([code("", "freeze"), code(MINE, "x")], MINE, "own cell does not define it; another"),
        ([code("freeze = 1", "x"), code(MINE, "y")], MINE, "defined in 2 cells; the last of them"),
        ([code("# nothing", "freeze")], "# nothing", None),
        ([code("@decorated\nclass freeze:\n    pass", "x")], "@decorated\nclass freeze:\n    pass", "own cell is gone"),
        ([code("def freeze(", "freeze"), code("freeze == 1", "x")], "def freeze(", None),
        ([code(MINE, "freeze"), code("freeze = 1", "check-freeze")], MINE, None),
    ],
)
def test_read_submission_decides_and_says_so_where_the_answer_is_not_in_one_place(read, cells, source, remark):
    answer = read(*cells).answers["freeze"]
    assert answer.source == source
    assert answer.remark is None if remark is None else remark in answer.remark


def test_read_submission_finds_answers_by_name_where_there_are_no_ids(read):
    submission = read(code("import torch"), code("helper = 1"), code(MINE))
    assert submission.answers["freeze"].source == MINE
    assert submission.answers["freeze"].above == ["helper = 1"]
    assert submission.notes == [
        "The notebook has no cell ids, so each answer was looked for by the name that it defines."
    ]


@pytest.mark.parametrize(
    "cells", [[], [code("x = 1", "a")], [code(MINE, "freeze", "markdown")], [7, {"cell_type": "code"}]]
)
def test_read_submission_says_so_where_nothing_of_the_lesson_is_in_it(read, cells):
    submission = read(*cells)
    assert submission.answers == {}
    assert submission.notes == ["None of this lesson's exercises is in the notebook. Is it another lesson's, or empty?"]


def test_read_submission_never_looks_at_metadata(read):
    points = {"nbgrader": {"points": 100, "grade_id": "freeze", "solution": True, "schema_version": 99}}
    assert read(code("x = 1", "mine", metadata=points)).answers == {}


def test_read_submission_makes_text_of_any_source(read):
    for source in (None, 7, ["a", 3], "\ud800"):
        assert read(code(source, "freeze")).answers["freeze"].source in ("", "a", "?")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is not a notebook: its JSON cannot be read"),
        (b'{"cells": [', "is not a notebook: its JSON cannot be read"),
        (b"\xff\xfe\xfa", "is not a notebook: its JSON cannot be read"),
        (b"[" * 10**6, "is not a notebook: its JSON cannot be read"),
        (b'{"cells": 1' + b"0" * 5000 + b"}", "is not a notebook: its JSON cannot be read"),
        (b"[]", "holds JSON but no cells"),
        (b'{"worksheets": []}', "holds JSON but no cells"),
        (b'{"cells": {}}', "holds JSON but no cells"),
        (b" " * (LIMIT + 1), "larger than 20 MB"),
    ],
    ids=range(9),
)
def test_read_submission_refuses_what_is_no_notebook(path, content, sentence):
    path.write_bytes(content)
    with pytest.raises(Unreadable, match=sentence):
        read_submission(path, ["freeze"], LESSON)


def test_read_submission_follows_no_link_and_opens_nothing_but_files(path, tmp_path):
    elsewhere = tmp_path / "elsewhere" / "lesson"
    elsewhere.mkdir(parents=True)
    (elsewhere / "lesson.ipynb").write_text(json.dumps({"cells": [code(MINE, "freeze")]}))
    with pytest.raises(Unreadable, match=r"There is no lesson\.ipynb"):
        read_submission(path, ["freeze"], LESSON)
    os.mkfifo(path)
    with pytest.raises(Unreadable, match="no plain file"):
        read_submission(path, ["freeze"], LESSON)
    path.unlink()
    path.symlink_to(elsewhere / "lesson.ipynb")
    with pytest.raises(Unreadable, match="not followed"):
        read_submission(path, ["freeze"], LESSON)
    path.unlink()
    path.parent.rmdir()
    path.parent.symlink_to(elsewhere)
    with pytest.raises(Unreadable, match="not followed"):
        read_submission(path, ["freeze"], LESSON)


@pytest.mark.parametrize("name", ["ada", "Émilie du Châtelet", "a.b+c@d-e", "x"])
def test_safe_name_leaves_an_ordinary_name(name):
    assert safe_name(name) == name


@pytest.mark.parametrize(
    "name", ["=1+1", "a,b", "<b>", "-rf", ".hidden", "a\nb", "..", "a" * 300, "\x1b[2J", "\udcff", 'a"b', "@x", "ü/…"]
)
def test_safe_name_changes_an_odd_name_and_keeps_names_apart(name):
    safe = safe_name(name)
    assert safe.isascii() and safe.isprintable() and len(safe) < 80
    assert not set(safe) & set("<>&\"',/\\\n ") and safe[0] not in "=+-@."
    assert safe != safe_name(name + "!")

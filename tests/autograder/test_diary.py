"""The learner's diary: what counts as a try, what is kept, and what happens where it cannot be kept."""

import json
from dataclasses import replace

import pytest

from autograder import diary
from autograder.diary import Entry, digest, note, read
from autograder.exercises import find
from autograder.judge import assess
from lib.freezing import freeze


def unwritten(module):
    raise NotImplementedError


def partly(module):
    return module.requires_grad_(False)


def verdict(implementation):
    return assess(find("freeze"), implementation, 0)


@pytest.fixture
def file(tmp_path):
    return tmp_path / diary.FILE


def test_a_stub_is_no_try(file):
    note(file, verdict(unwritten), unwritten)
    assert read(file) == {"freeze": Entry(0, False, ())}


def test_the_same_answer_again_is_one_try_and_comments_make_no_new_one(file):
    answers = {}
    exec("def one(module):\n    return module.requires_grad_(False)", answers)
    exec("def two(module):\n    # for good\n\n    return module.requires_grad_(False)", answers)
    for answer in (answers["one"], answers["one"], answers["two"]):
        note(file, verdict(answer), answer)
    assert read(file) == {"freeze": Entry(1, False, (digest(partly),))}


def test_three_different_tries_open_the_reference_and_two_do_not(file):
    tried = [lambda module: module.eval(), lambda module: module.train(), partly]
    opened = []
    for answer in tried:
        note(file, verdict(answer), answer)
        opened.append(read(file)["freeze"].may_be_revealed)
    assert opened == [False, False, True]


def test_a_pass_opens_the_reference_and_a_later_mistake_takes_nothing_back(file):
    note(file, verdict(freeze), freeze)
    note(file, verdict(partly), partly)
    entry = read(file)["freeze"]
    assert (entry.points, entry.solved, entry.may_be_revealed) == (4, True, True)


def test_the_file_holds_no_code_and_stays_small(file):
    for number in range(30):
        answers = {}
        exec(f"def answer(module):\n    return {number}", answers)
        note(file, verdict(answers["answer"]), answers["answer"])
    assert len(read(file)["freeze"].tries) == diary.TRIES + 1
    assert "return" not in file.read_text()


def test_exercises_stand_beside_one_another(file):
    note(file, verdict(partly), partly)
    note(file, replace(verdict(partly), exercise="other"), partly)
    assert set(read(file)) == {"freeze", "other"}


@pytest.mark.parametrize(
    "content",
    ["", "{", "[1]", '{"freeze": 3}', '{"freeze": {"points": "4", "solved": true, "tries": []}}', '{"freeze": {}}'],
    ids=["empty", "cut off", "a list", "a number", "points as text", "nothing in it"],
)
def test_a_damaged_file_is_set_aside_and_not_lost(file, content):
    file.write_text(content)
    assert read(file) == {}
    note(file, verdict(partly), partly)
    assert set(read(file)) == {"freeze"}
    assert file.with_name(f"{diary.FILE}.damaged").read_text() == content


def test_a_folder_that_cannot_be_written_to_is_no_reason_to_stop(tmp_path):
    (tmp_path / "file").write_text("in the way")
    note(tmp_path / "file" / diary.FILE, verdict(partly), partly)
    assert read(tmp_path / "file" / diary.FILE) == {}


@pytest.mark.parametrize(("name", "above"), [("04_rates", True), ("elsewhere", False)])
def test_the_diary_of_all_lessons_lies_above_their_folders(tmp_path, monkeypatch, name, above):
    folder = tmp_path / name
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert diary.here() == (tmp_path if above else folder) / diary.FILE


def test_classes_differ_by_what_their_methods_do():
    first = type("GradualUnfreezer", (), {"step": lambda self: 1})
    again = type("GradualUnfreezer", (), {"step": lambda self: 1})
    other = type("GradualUnfreezer", (), {"step": lambda self: 2})
    still = type("GradualUnfreezer", (), {"step": staticmethod(lambda self: 2)})
    assert digest(first) == digest(again) != digest(other)
    assert digest(still) == digest(other)


def test_what_is_kept_can_be_read_by_a_person(file):
    note(file, verdict(partly), partly)
    assert json.loads(file.read_text()) == {"freeze": {"points": 1, "solved": False, "tries": [digest(partly)]}}

"""nbgrader's gradebook, kept: what a person put in stays, what was graded automatically is replaced."""

import contextlib
import os
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder.gradebook import Standing, standings, update_gradebook
from autograder.gradebook_file import GradebookError, backup
from autograder.late import Penalties
from tests.autograder.verdicts import LESSON, NAME, TASK, record

FULL = sum(exercise.points for exercise in LESSON.exercises)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "gradebook.db"


@pytest.fixture(scope="module")
def penalties(tmp_path_factory):
    """nbgrader's own plugin that takes everything."""
    folder = tmp_path_factory.mktemp("configuration")
    (folder / "nbgrader_config.py").write_text("c = get_config()\nc.LateSubmissionPlugin.penalty_method = 'zero'\n")
    return Penalties(folder)


def write(path: Path, penalties: Penalties, *records, **more) -> None:
    update_gradebook(path, [LESSON], records, penalties, **more)


@contextlib.contextmanager
def book(path: Path):
    with Gradebook(f"sqlite:///{path}") as one:
        yield one


def dump(path: Path) -> dict[str, list]:
    """All that a gradebook says, without its random ids."""
    with book(path) as one:
        return {
            student.id: [
                (
                    *(s.assignment.name, s.score, s.needs_manual_grade, s.timestamp, n.late_submission_penalty),
                    *sorted((g.name, g.auto_score, g.manual_score, g.needs_manual_grade) for g in n.grades),
                    *sorted(c.name for c in n.comments),
                )
                for s in student.submissions
                for n in s.notebooks
            ]
            for student in one.students
        }


def test_a_new_gradebook_holds_each_submission_once(path, penalties):
    write(path, penalties, record("ada"), record("grace", held=0))
    with book(path) as one:
        assert one.find_assignment(NAME).max_score == FULL + LESSON.tasks[TASK]
        assert one.find_submission(NAME, "ada").score == FULL
        assert one.find_submission(NAME, "grace").score == LESSON.exercises[1].points
        assert one.find_grade_cell("check-freeze", NAME, NAME).max_score == LESSON.exercises[0].points
        assert one.find_task_cell(TASK, NAME, NAME).max_score == 6
        notebook = one.find_submission_notebook(NAME, NAME, "ada")
        assert {comment.name for comment in notebook.comments} == {"freeze", "replace_head", TASK}
        assert notebook.needs_manual_grade  # the task is to be marked


def test_writing_again_changes_nothing_and_another_score_replaces_the_first(path, penalties):
    write(path, penalties, record("ada"), record("grace", held=0))
    first = dump(path)
    write(path, penalties, record("grace", held=0), record("ada"))
    assert dump(path) == first
    write(path, penalties, record("ada", held=0), record("grace"))
    assert dump(path)["ada"][0][1:] == first["grace"][0][1:]
    assert dump(path)["grace"][0][1:] == first["ada"][0][1:]


def test_what_a_person_put_in_stays_and_is_to_be_looked_at_again(path, penalties):
    write(path, penalties, record("ada", held=0))
    with book(path) as one:
        marked = one.find_grade(TASK, NAME, NAME, "ada")
        marked.manual_score, marked.needs_manual_grade = 5.0, False
        by_hand = one.find_grade("check-freeze", NAME, NAME, "ada")
        by_hand.manual_score, by_hand.extra_credit, by_hand.needs_manual_grade = 2.5, 1.0, False
        one.find_comment("freeze", NAME, NAME, "ada").manual_comment = "Well tried."
        one.find_student("ada").last_name = "Lovelace"
        one.db.commit()
    write(path, penalties, record("ada"))
    with book(path) as one:
        by_hand = one.find_grade("check-freeze", NAME, NAME, "ada")
        assert (by_hand.auto_score, by_hand.manual_score, by_hand.extra_credit) == (
            LESSON.exercises[0].points,
            2.5,
            1.0,
        )
        assert by_hand.needs_manual_grade
        marked = one.find_grade(TASK, NAME, NAME, "ada")
        assert (marked.auto_score, marked.manual_score, marked.needs_manual_grade) == (None, 5.0, False)
        assert one.find_comment("freeze", NAME, NAME, "ada").manual_comment == "Well tried."
        assert one.find_student("ada").last_name == "Lovelace"
        score = one.find_submission(NAME, "ada").score
    ((_, standing),) = standings(path, [record("ada")])
    assert standing == Standing(score - FULL, 0.0, score, 1)


@pytest.mark.filterwarnings("ignore:Object of type <Submitted")  # what nbgrader itself does there
def test_a_row_that_nbgrader_made_itself_is_used(path, penalties):
    write(path, penalties, record("ada"))
    with book(path) as one:
        one.update_or_create_student("eve")
        one.add_submission(NAME, "eve")
    write(path, penalties, record("eve", held=0))
    with book(path) as one:
        assert [s.student.id for s in one.assignment_submissions(NAME)] == ["ada", "eve"]
        assert one.find_submission(NAME, "eve").score == LESSON.exercises[1].points


def test_a_lesson_that_changed_changes_its_cells_and_no_other_lesson(path, penalties):
    write(path, penalties, record("ada"))
    with book(path) as one:
        one.add_assignment("own")
        one.add_notebook("own", "own")
        one.add_grade_cell("mine", "own", "own", max_score=3, cell_type="code")
    fewer = type(LESSON)(NAME, LESSON.title, LESSON.exercises[:1], LESSON.cells)
    less = record("ada")
    less.graded.results.pop()
    update_gradebook(path, [fewer], [less], penalties)
    with book(path) as one:
        assert (
            one.find_assignment(NAME).max_score == LESSON.exercises[0].points == one.find_submission(NAME, "ada").score
        )
        assert one.find_grade_cell("mine", "own", "own").max_score == 3
    write(path, penalties, record("ada"))
    with book(path) as one:
        assert one.find_submission(NAME, "ada").score == FULL


def test_a_late_submission_pays_what_nbgraders_plugin_says_and_an_extension_counts(path, penalties):
    due = datetime.fromisoformat("2026-05-01 12:00")
    write(path, penalties, record("ada", when=due + timedelta(hours=1)), record("eve", when=due - timedelta(hours=1)))
    assert dump(path)["ada"][0][3:5] == (due + timedelta(hours=1), None)
    with book(path) as one:
        one.find_assignment(NAME).duedate = due
        one.db.commit()
    write(path, penalties, record("ada", when=due + timedelta(hours=1)), record("eve", when=due - timedelta(hours=1)))
    assert (dump(path)["ada"][0][4], dump(path)["eve"][0][4]) == (FULL, None)
    ((_, standing),) = standings(path, [record("ada")])
    assert (standing.penalty, standing.final) == (FULL, 0.0)
    with book(path) as one:
        one.find_submission(NAME, "ada").extension = timedelta(hours=2)
        one.db.commit()
    write(path, penalties, record("ada", when=due + timedelta(hours=1)))
    assert dump(path)["ada"][0][4] is None


def test_who_is_gone_is_removed_only_when_told_so(path, penalties):
    write(path, penalties, record("ada"), record("eve"))
    write(path, penalties, record("eve"))
    assert len(dump(path)["ada"]) == 1
    write(path, penalties, record("eve"), all_of_them=True)
    assert (len(dump(path)["ada"]), len(dump(path)["eve"])) == (0, 1)


def test_a_run_that_fails_leaves_the_gradebook_as_it_was(path, penalties):
    write(path, penalties, record("ada"))
    before = dump(path)

    def broken():
        yield record("ada", held=0)
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        update_gradebook(path, [LESSON], broken(), penalties)
    assert dump(path) == before


# ---- a gradebook that cannot be used --------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"not a database" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_gradebook_is_refused_and_left_alone(path, penalties, content):
    path.write_bytes(content)
    with pytest.raises(GradebookError, match=r"damaged or no gradebook .* put the newest of backups/ in its place"):
        write(path, penalties, record("ada"))
    assert path.read_bytes() == content


def test_a_gradebook_whose_pages_are_damaged_is_refused(path, penalties):
    write(path, penalties, *(record(f"student{i}") for i in range(300)))
    content = bytearray(path.read_bytes())
    content[8192:40960] = os.urandom(32768)
    path.write_bytes(content)
    with pytest.raises(GradebookError, match="damaged"):
        write(path, penalties, record("ada"))
    assert path.read_bytes() == content


def test_a_gradebook_in_use_is_waited_for_and_then_refused(path, penalties, monkeypatch):
    write(path, penalties, record("ada"))
    before = dump(path)
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3.dbapi2, "connect", lambda *some, **more: connect(*some, **more | {"timeout": 0.1}))
    with contextlib.closing(connect(path)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(GradebookError, match="is in use by another program: close that, or wait"):
            write(path, penalties, record("ada", held=0))
    assert dump(path) == before


def test_a_copy_is_whole_and_takes_the_place_of_a_damaged_one(path, penalties):
    write(path, penalties, record("ada"))
    before = dump(path)
    backup(path, path.with_name("copies") / "one.db")
    path.write_bytes(b"damaged" * 1000)
    os.replace(path.with_name("copies") / "one.db", path)
    assert dump(path) == before

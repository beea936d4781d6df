"""A class graded in shards, each a process of its own, killed and run twice, then collected: the same as in one run."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from autograder import collect
from autograder.__main__ import main
from autograder.ahead import RECORDS
from autograder.exercise import Outcome
from autograder.exercises import of_lesson
from autograder.grading import Entry, Graded, Result
from autograder.holding import LOCK
from autograder.judge import judge
from autograder.records import Record, Records, content_of, fingerprint

LESSON = "03_feature_extraction_vs_fine_tuning"
ROOT = Path(__file__).parents[2]
SHARDS = 3
PRODUCTS = ("feedback", "autograded", "canvas", "moodle")


@pytest.fixture(scope="module")
def solutions(tmp_path_factory):
    """A lesson with these exercises and no more, so that its process starts soon."""
    marks = '# %% [markdown] about="{0}"\n# Words.\n\n# %% exercise="{0}"\n\n# %% check="{0}"\n\n'
    setup = "# %% setup=true\nimport torch\nimport torch.nn.functional as F\nfrom torch import Tensor, nn\n\n"
    folder = tmp_path_factory.mktemp("solutions")
    text = f"# %% [markdown]\n# # A lesson\n\n{setup}" + "".join(marks.format(e.name) for e in of_lesson(LESSON))
    (folder / f"{LESSON}.py").write_text(text, encoding="utf-8")
    (folder / "secret").write_bytes(bytes(range(32)))
    return folder


@pytest.fixture(scope="module")
def submitted(tmp_path_factory):
    """Ten of tests/submissions, without the one that never ends, and two who wrote the same as one of them; of these
    one handed in at a known time.
    """
    folder = tmp_path_factory.mktemp("class") / "submitted"
    left_out = shutil.ignore_patterns("*.py", "__pycache__", "zeno")
    shutil.copytree(ROOT / "tests" / "submissions", folder, ignore=left_out)
    for other in ("mia", "nora"):
        shutil.copytree(folder / "grace", folder / other)
    (folder / "mia" / LESSON / "timestamp.txt").write_text("2026-03-01 12:00:00.000000 UTC")
    assert len(list(folder.iterdir())) == 12
    return folder


def graded_into(out: Path, submitted: Path, solutions: Path, *more: str) -> list[str]:
    """The command that grades into `out`."""
    command = [sys.executable, "-m", "autograder", "grade", submitted, "--out", out, "--workers", "1"]
    return [*map(str, command), "--solutions", str(solutions), "--secret", str(solutions / "secret"), *more]


def started(command: list[str]) -> subprocess.Popen:
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, cwd=ROOT, start_new_session=True)


def killed_midway(command: list[str], records: Path) -> int:
    """Start it, and kill it without warning as soon as a record is there; how many there are then."""
    process = started(command)
    while not list(records.glob("*/*.json")):
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    return len(list(records.glob("*/*.json")))


@pytest.fixture(scope="module")
def whole(tmp_path_factory, submitted, solutions):
    """One run, without shards."""
    out = tmp_path_factory.mktemp("whole") / "out"
    assert subprocess.run(graded_into(out, submitted, solutions), cwd=ROOT, check=False).returncode == 0
    return out


@pytest.fixture(scope="module")
def shards(tmp_path_factory, submitted, solutions):
    """Three shards at once, the second killed midway and started again, the third run twice at the same time."""
    folder = tmp_path_factory.mktemp("shards")
    outs = [folder / f"shard-{i}" for i in range(SHARDS)]
    commands = [graded_into(out, submitted, solutions, "--shard", f"{i}/{SHARDS}") for i, out in enumerate(outs)]
    others = [started(commands[0]), started(commands[2]), started(commands[2])]
    done = killed_midway(commands[1], outs[1] / RECORDS)
    others.append(started(commands[1]))
    said = [process.communicate() for process in others]
    assert [(process.returncode, error) for process, (_, error) in zip(others, said, strict=True)] == [(0, "")] * 4
    assert 1 <= done < 4 and f"shard 1/{SHARDS}: 4 submissions, {4 - done} graded now" in said[-1][0]
    return outs


def collected(shards: list[Path], out: Path, solutions: Path, *more: str) -> int:
    return main(["collect", *map(str, shards), "--out", str(out), "--solutions", str(solutions), *more])


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def rows_of(gradebook: Path) -> list[tuple[object, ...]]:
    """What the gradebook says, without its ids."""
    with closing(sqlite3.connect(gradebook)) as base:
        return base.execute(
            "SELECT s.student_id, a.name, s.timestamp, n.name, c.name, g.auto_score, g.manual_score,"
            " g.extra_credit, g.needs_manual_grade, sn.late_submission_penalty"
            " FROM grade g JOIN submitted_notebook sn ON g.notebook_id = sn.id"
            " JOIN notebook n ON sn.notebook_id = n.id JOIN submitted_assignment s ON sn.assignment_id = s.id"
            " JOIN assignment a ON s.assignment_id = a.id JOIN base_cell c ON g.cell_id = c.id ORDER BY 1, 2, 4, 5"
        ).fetchall()


@pytest.mark.slow
def test_shards_killed_and_run_twice_give_what_one_run_gives(shards, whole, submitted, solutions, tmp_path):
    assert collected(shards, tmp_path / "out", solutions, "--submitted", str(submitted)) == 0
    assert (tmp_path / "out" / "grades.csv").read_bytes() == (whole / "grades.csv").read_bytes()
    rows = rows_of(tmp_path / "out" / "gradebook.db")
    assert rows == rows_of(whole / "gradebook.db") and len(rows) == 12 * 5
    for product in PRODUCTS:
        assert files(tmp_path / "out" / product) == files(whole / product) != {}


@pytest.mark.slow
def test_shards_may_write_into_one_folder(shards, whole, submitted, solutions, tmp_path):
    """As they do on a cluster's file system; what collects may write there too."""
    for shard in shards:
        shutil.copytree(shard, tmp_path, dirs_exist_ok=True)
    assert collected([tmp_path], tmp_path, solutions, "--submitted", str(submitted)) == 0
    assert (tmp_path / "grades.csv").read_bytes() == (whole / "grades.csv").read_bytes()


@pytest.mark.slow
def test_shard_that_has_run_grades_nothing_again(shards, submitted, solutions):
    before = files(shards[0])
    again = started(graded_into(shards[0], submitted, solutions, "--shard", f"0/{SHARDS}"))
    assert "4 submissions, 0 graded now" in again.communicate()[0] and again.returncode == 0
    assert files(shards[0]) == before


@pytest.mark.slow
def test_collect_names_who_is_missing(shards, submitted, solutions, tmp_path, capsys):
    assert collected([shards[0], shards[2]], tmp_path / "out", solutions, "--submitted", str(submitted)) == 1
    error = capsys.readouterr().err
    assert all(f"{student} · {LESSON}" in error for student in ("alan", "kurt", "mia", "rosa"))
    assert "ada" not in error
    assert len((tmp_path / "out" / "grades.csv").read_text().splitlines()) == 1 + 8


@pytest.mark.slow
def test_collect_names_whose_verdict_is_on_an_older_notebook(shards, submitted, solutions, tmp_path, capsys):
    shutil.copytree(submitted, tmp_path / "submitted")
    (tmp_path / "submitted" / "ada" / LESSON / f"{LESSON}.ipynb").write_text("{}")
    assert collected(shards, tmp_path / "out", solutions, "--submitted", str(tmp_path / "submitted")) == 1
    assert f"no verdict yet on ada · {LESSON}: run" in capsys.readouterr().err


@pytest.mark.slow
def test_collect_that_is_refused_leaves_all_results_as_they_are(shards, solutions, tmp_path, capsys):
    assert collected(shards, tmp_path / "out", solutions) == 0
    before = files(tmp_path / "out")
    capsys.readouterr()
    other = shard_of(tmp_path / "other", [Entry("newcomer", LESSON, tmp_path / "nowhere")], secret="another")
    assert collected([*shards, other], tmp_path / "out", solutions) == 2
    assert "other conditions" in capsys.readouterr().err
    assert files(tmp_path / "out") == before


# ---- what makes a shard, or the collector, refuse ------------------------------------------------------------------


@pytest.fixture
def handed_in(tmp_path, monkeypatch):
    """Two who handed nothing in but a folder: no code has to run. Of the collector's work, the records alone."""
    monkeypatch.setattr(collect, "publish", lambda *_: None)
    for student in ("ada", "max"):
        (tmp_path / "submitted" / student / LESSON).mkdir(parents=True)
    return tmp_path / "submitted"


def entry(submitted: Path, student: str) -> Entry:
    return Entry(student, LESSON, submitted / student / LESSON / f"{LESSON}.ipynb")


def shard_of(folder: Path, entries: list[Entry], secret: str = "one", **own: object) -> Path:
    """A shard's folder, with verdicts as they were reached with this secret."""
    missing = [judge(e, [Outcome(error="gone") for _ in e.cases(1)], 1) for e in of_lesson(LESSON)]
    for one in entries:
        record = Record(Graded(one, [Result(verdict) for verdict in missing], []), fingerprint(one, "r", (secret,)))
        Records(folder / RECORDS).keep(replace(record, **own))
    return folder


def test_collect_refuses_verdicts_on_different_people_under_different_conditions(
    handed_in, solutions, tmp_path, capsys
):
    """Two shards that each made a secret of its own, say."""
    one = shard_of(tmp_path / "one", [entry(handed_in, "ada")])
    two = shard_of(tmp_path / "two", [entry(handed_in, "max")], secret="two")
    three = shard_of(tmp_path / "three", [entry(handed_in, "max")])
    assert collected([one, three], tmp_path / "out", solutions) == 0
    capsys.readouterr()
    assert collected([one, two], tmp_path / "out", solutions) == 2
    assert "other conditions" in (error := capsys.readouterr().err) and "max" in error and str(two) in error


def test_collect_refused_at_the_last_record_has_written_nothing(handed_in, solutions, tmp_path):
    one = shard_of(tmp_path / "one", [entry(handed_in, "ada")])
    two = shard_of(tmp_path / "two", [entry(handed_in, "max")], secret="two")
    assert collected([one, two], tmp_path / "out", solutions) == 2
    assert files(tmp_path / "out") == {LOCK: b""}


def test_collect_takes_of_two_verdicts_the_one_on_what_is_handed_in_now(handed_in, solutions, tmp_path, capsys):
    ada = entry(handed_in, "ada")
    old = shard_of(tmp_path / "old", [ada])
    ada.path.write_text("{}")
    new = shard_of(tmp_path / "new", [ada])
    assert collected([old, new], tmp_path / "out", solutions) == 2
    assert "two different notebooks of ada" in capsys.readouterr().err
    for order in ([old, new], [new, old]):
        out = tmp_path / f"out of {order[0].name}"
        assert collected(order, out, solutions, "--submitted", str(handed_in)) == 1  # max has none
        assert Records(out / RECORDS).read(ada).fingerprint.endswith(content_of(ada))


def test_collect_takes_a_verdict_that_came_to_an_end_before_one_that_did_not(handed_in, solutions, tmp_path, capsys):
    ada, max_ = entry(handed_in, "ada"), entry(handed_in, "max")
    ended = shard_of(tmp_path / "ended", [ada])
    left = shard_of(tmp_path / "left", [ada, max_], fingerprint="")
    for order in ([ended, left], [left, ended]):
        out = tmp_path / f"out of {order[0].name}"
        assert collected(order, out, solutions, "--submitted", str(handed_in)) == 1
        assert f"no verdict yet on max · {LESSON}: run" in capsys.readouterr().err
        assert Records(out / RECORDS).read(ada).fingerprint


def test_collect_names_an_earlier_verdict_under_other_conditions_as_missing(handed_in, solutions, tmp_path, capsys):
    ada, max_ = entry(handed_in, "ada"), entry(handed_in, "max")
    assert collected([shard_of(tmp_path / "1", [ada, max_])], tmp_path / "out", solutions) == 0
    two = shard_of(tmp_path / "2", [ada], secret="two")
    assert collected([two], tmp_path / "out", solutions, "--submitted", str(handed_in)) == 1
    assert f"no verdict yet on max · {LESSON}: run" in capsys.readouterr().err


def test_collect_goes_without_an_empty_shard_and_not_without_a_folder(handed_in, solutions, tmp_path, capsys):
    one = shard_of(tmp_path / "one", [entry(handed_in, "ada"), entry(handed_in, "max")])
    (tmp_path / "empty" / RECORDS).mkdir(parents=True)
    assert collected([one, tmp_path / "empty"], tmp_path / "out", solutions) == 0
    assert collected([one, tmp_path / "nowhere"], tmp_path / "out", solutions) == 2
    assert "nowhere" in capsys.readouterr().err
    assert collected([tmp_path / "empty"], tmp_path / "out", solutions) == 2
    assert "no verdict record" in capsys.readouterr().err


def test_shard_makes_no_secret_of_its_own(handed_in, solutions, tmp_path, capsys):
    command = ["grade", str(handed_in), "--out", str(tmp_path / "out"), "--solutions", str(solutions)]
    assert main([*command, "--shard", "0/2"]) == 2
    assert "no secret at" in capsys.readouterr().err and not (tmp_path / "out" / ".secret").exists()


def test_shard_without_submissions_leaves_a_folder_to_collect(handed_in, solutions, tmp_path, capsys):
    command = ["grade", str(handed_in), "--out", str(tmp_path / "out"), "--solutions", str(solutions)]
    assert main([*command, "--secret", str(solutions / "secret"), "--shard", "7/9"]) == 0
    assert "shard 7/9: 0 submissions" in capsys.readouterr().out and (tmp_path / "out" / RECORDS).is_dir()


def test_shard_fails_where_there_can_be_no_walls(handed_in, solutions, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))  # without bwrap
    command = ["grade", str(handed_in), "--out", str(tmp_path / "out"), "--solutions", str(solutions)]
    assert main([*command, "--secret", str(solutions / "secret"), "--shard", "0/2"]) == 2
    assert "bwrap" in capsys.readouterr().err
    assert files(tmp_path / "out") == {LOCK: b""}


@pytest.mark.parametrize("shard", ["3/3", "-1/3", "1", "1/0", "a/b", ""])
def test_shard_that_is_none_is_refused(shard, handed_in, tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["grade", str(handed_in), "--out", str(tmp_path / "out"), f"--shard={shard}"])
    assert ended.value.code == 2 and "expected a shard I/N" in capsys.readouterr().err

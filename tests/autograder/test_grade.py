"""From a folder of submissions to a gradebook, a table and feedback pages."""

import contextlib
import csv
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.__main__ import main
from autograder.exercise import Finding, Outcome, Verdict
from autograder.exercises import find, of_lesson
from autograder.feedback import discreet, page
from autograder.gradebook import Standing
from autograder.grading import Entry, Graded, Result, load_lesson
from autograder.judge import assess, judge
from autograder.results import header_of, line, row_of
from lib.freezing import freeze as reference_freeze

LESSON = "03_feature_extraction_vs_fine_tuning"
SUBMISSIONS = Path(__file__).parent.parent / "submissions"
SEED = 12_345
NAMES = ["trainable_fraction", "freeze", "replace_head", "extract_features", "fit_linear_head"]
POINTS = {
    "ada": [3, 4, 5, 4, 4],
    "alan": [3, 4, 5, 4, 4],
    "emmy": [3, 4, 5, 4, 4],
    "grace": [1, 2, 5, 2, 1],
    "kurt": [3, 0, 0, 0, 4],
    "lise": [3, 4, 5, 4, 0],
    "max": [0, 0, 0, 0, 0],
    "niels": [0, 0, 0, 0, 0],
    "rosa": [3, 4, 5, 4, 4],
    "sofia": [3, 4, 5, 4, 4],
    "zeno": [3, 4, 5, 0, 4],
}
SETUP = """# %% setup=true
import nothing_of_this_name
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from autograder.check import check
"""


@pytest.fixture(scope="module")
def solutions(tmp_path_factory):
    """A lesson with these exercises and no more: how the real one is worded does not matter here."""
    marks = '# %% [markdown] about="{0}"\n# Words.\n\n# %% exercise="{0}"\n\n# %% check="{0}"\n\n'
    text = f"# %% [markdown]\n# # A lesson\n\n{SETUP}\n" + "".join(marks.format(e.name) for e in of_lesson(LESSON))
    folder = tmp_path_factory.mktemp("solutions")
    (folder / f"{LESSON}.py").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def lesson(solutions):
    return load_lesson(solutions / f"{LESSON}.py")


def command(submitted: Path, out: Path, solutions: Path, *more: str) -> int:
    """Grade with one secret for all of these tests, so that their inputs are the same."""
    secret = str(solutions / "secret")
    return main(["grade", str(submitted), "--out", str(out), "--solutions", str(solutions), "--secret", secret, *more])


def entry(student: str) -> Entry:
    return Entry(student, LESSON, Path("nowhere"))


def graded(student: str = "ada", **own: Result) -> Graded:
    """A submission without answers, but for `own` results."""
    results = []
    for exercise in of_lesson(LESSON):
        missing = judge(exercise, [Outcome(error="gone") for _ in exercise.cases(SEED)], SEED)
        results.append(own.get(exercise.name, Result(missing)))
    return Graded(entry(student), results, [])


def rows(path: Path) -> dict[str, dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def exported(out: Path, folder: Path) -> dict[str, dict[str, str]]:
    """What `nbgrader export` reads."""
    scripts = Path(sys.executable).parent
    subprocess.run(
        [
            scripts / "nbgrader",
            "export",
            "--db",
            f"sqlite:///{out / 'gradebook.db'}",
            "--to",
            str(folder / "export.csv"),
        ],
        cwd=folder,
        check=True,
        capture_output=True,
        env=os.environ | {"PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}", "HOME": str(folder)},
    )
    with open(folder / "export.csv", newline="", encoding="utf-8") as file:
        return {row["student_id"]: row for row in csv.DictReader(file)}


# ---- the whole command --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def results(tmp_path_factory, solutions):
    out = tmp_path_factory.mktemp("graded") / "out"
    assert command(SUBMISSIONS, out, solutions, "--limit", "15") == 0
    return out


@pytest.mark.slow
@pytest.mark.parametrize("student", POINTS)
def test_grade_gives_the_expected_points(results, student):
    row = rows(results / "grades.csv")[student]
    assert [int(row[name]) for name in NAMES] == POINTS[student]
    assert (int(row["total"]), int(row["possible"])) == (sum(POINTS[student]), 20)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("student", "sentence"),
    [
        ("alan", "freeze: freeze is defined in 2 cells; the exercise's own cell was graded."),
        (
            "grace",
            "counts-tensors | freeze: evaluation-once | extract_features: training-mode | fit_linear_head: bias-p",
        ),
        (
            "kurt",
            "freeze: its process ended before it answered | replace_head: the cell itself fails: it raised SystemExit",
        ),
        ("lise", "fit_linear_head: its cell is not in the notebook"),
        ("max", "The file is not a notebook: its JSON cannot be read."),
        ("niels", "fit_linear_head: it is not written yet"),
        ("sofia", "The notebook has no cell ids"),
        ("zeno", "extract_features: it did not finish within 15 s"),
        ("ada", ""),
        ("rosa", ""),
    ],
)
def test_grade_says_why_in_the_table_and_on_the_page(results, student, sentence):
    note = rows(results / "grades.csv")[student]["note"]
    assert sentence in note if sentence else note == ""
    assert (results / "feedback" / student / LESSON / f"{LESSON}.html").is_file()


@pytest.mark.slow
def test_grade_fills_a_gradebook_that_nbgrader_exports_with_the_same_totals(results, tmp_path):
    scores = exported(results, tmp_path)
    assert {name: (float(row["score"]), float(row["max_score"])) for name, row in scores.items()} == {
        name: (float(sum(points)), 20.0) for name, points in POINTS.items()
    }


@pytest.mark.slow
def test_grade_again_gives_the_same_bytes_and_resets(results, tmp_path, solutions, capsys):
    some = tmp_path / "submitted"
    for student in ("grace", "kurt", "max", "sofia"):
        shutil.copytree(SUBMISSIONS / student, some / student)
    assert command(some, tmp_path / "out", solutions) == 0
    first = (tmp_path / "out" / "grades.csv").read_bytes()
    assert command(some, tmp_path / "out", solutions) == 0
    assert (tmp_path / "out" / "grades.csv").read_bytes() == first
    whole = (results / "grades.csv").read_bytes().splitlines()
    assert [line for line in whole if line.split(b",")[0] in (b"student", b"grace", b"kurt", b"max", b"sofia")] == (
        first.splitlines()
    )
    page_of_kurt = Path("feedback", "kurt", LESSON, f"{LESSON}.html")
    assert (tmp_path / "out" / page_of_kurt).read_bytes() == (results / page_of_kurt).read_bytes()
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"grace · {LESSON}: 11 of 20 points"
    assert "note: the setup cell, 'import nothing_of_this_name'" in said[4]
    assert said[5].startswith("learners' code: sandboxed by bubblewrap, tried at the start: files, writing, network")
    assert said[6].startswith("4 submissions graded, 38 of 80 points: ")
    assert len(said) == 10  # nothing was graded twice


@pytest.mark.slow
def test_grade_keeps_who_is_gone_unless_told_to_prune(tmp_path, solutions, capsys):
    out, some = tmp_path / "out", tmp_path / "submitted"
    for student in ("max", "sofia"):
        shutil.copytree(SUBMISSIONS / student, some / student)
    assert command(some, out, solutions) == 0
    shutil.rmtree(some / "max")
    stale = out / "feedback" / "max" / LESSON / f"{LESSON}.html"
    kept = stale.with_name("notes.html")
    kept.write_text("mine")
    assert command(some, out, solutions) == 0
    assert sorted(exported(out, tmp_path)) == sorted(rows(out / "grades.csv")) == ["max", "sofia"]
    assert f"not in the folder any more (--prune forgets them): max · {LESSON}" in capsys.readouterr().out
    assert command(some, out, solutions, "--prune") == 0
    assert sorted(rows(out / "grades.csv")) == ["sofia"]
    with contextlib.closing(sqlite3.connect(out / "gradebook.db")) as base:
        assert base.execute("SELECT student_id FROM submitted_assignment").fetchall() == [("sofia",)]
        assert base.execute("SELECT COUNT(*) FROM grade").fetchone() == (len(NAMES),)
    assert not stale.exists() and kept.read_text() == "mine"


@pytest.mark.slow
def test_grade_runs_the_setup_cell_of_the_real_lesson(tmp_path, capsys):
    for student in ("ada", "rosa"):
        shutil.copytree(SUBMISSIONS / student, tmp_path / "submitted" / student)
    assert main(["grade", str(tmp_path / "submitted"), "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "2 submissions graded, 40 of 40 points" in said
    assert "note: " not in said


@pytest.mark.slow
def test_grade_shows_a_learner_their_code_and_nothing_that_acts(results):
    html = (results / "feedback" / "kurt" / LESSON / f"{LESSON}.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(&#x27;hello&#x27;)&lt;/script&gt;" in html
    assert "<script" not in html
    assert "os._exit(1)" in html
    grace = (results / "feedback" / "grace" / LESSON / f"{LESSON}.html").read_text(encoding="utf-8")
    assert "every training loop calls .train() on the whole network, and your layers follow" in grace


# ---- input that cannot be graded ----------------------------------------------------------------------------------


def odd(folder: Path, kind: str) -> Path:
    made = folder / "submitted"
    match kind:
        case "a file":
            made.write_text("")
        case "empty":
            made.mkdir()
        case "hidden":
            (made / ".ipynb_checkpoints").mkdir(parents=True)
        case "files only":
            made.mkdir()
            (made / "grades.csv").write_text("")
        case "students only":
            (made / "ada").mkdir(parents=True)
        case "another lesson":
            (made / "ada" / "99_unknown").mkdir(parents=True)
    return made


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("missing", "is no folder; expected one laid out as <student>/<lesson>/<lesson>.ipynb"),
        ("a file", "is no folder"),
        ("empty", "holds no student's folder"),
        ("hidden", "holds no student's folder"),
        ("files only", "holds no student's folder"),
        ("students only", "holds no lesson of this course, but empty folders"),
        ("another lesson", "holds no lesson of this course, but '99_unknown'"),
    ],
)
def test_grade_says_so_and_writes_nothing_where_there_is_nothing_to_grade(tmp_path, solutions, capsys, kind, sentence):
    assert command(odd(tmp_path, kind), tmp_path / "out", solutions) == 2
    said = capsys.readouterr()
    assert said.out == "" and len(said.err.splitlines()) == 1
    assert sentence in said.err
    assert not (tmp_path / "out").exists()


def test_grade_refuses_a_place_for_results_that_is_none(tmp_path, solutions, capsys):
    submitted = tmp_path / "submitted"
    (submitted / "ada" / LESSON).mkdir(parents=True)
    (tmp_path / "file").write_text("mine")
    assert command(submitted, tmp_path / "file", solutions) == 2
    assert "--out names a folder" in capsys.readouterr().err
    assert command(submitted, submitted / "out", solutions) == 2
    assert "would be taken for a student's folder" in capsys.readouterr().err
    assert [path.name for path in submitted.iterdir()] == ["ada"]


@pytest.mark.parametrize("limit", ["0", "-1", "nan", "inf", "soon"])
def test_grade_refuses_a_limit_that_is_none(tmp_path, solutions, capsys, limit):
    with pytest.raises(SystemExit):
        command(tmp_path, tmp_path / "out", solutions, "--limit", limit)
    assert "expected seconds, from 0.1 to 86400" in capsys.readouterr().err


def test_grade_reports_a_submission_without_a_notebook_and_one_behind_a_link(tmp_path, solutions):
    submitted = tmp_path / "submitted"
    (submitted / "ada" / LESSON).mkdir(parents=True)
    (submitted / "=cmd|' calc'!A0" / LESSON).mkdir(parents=True)
    (submitted / "eve").symlink_to(SUBMISSIONS / "ada")
    assert command(submitted, tmp_path / "out", solutions) == 0
    table = rows(tmp_path / "out" / "grades.csv")
    assert [row["note"] for name, row in sorted(table.items()) if name in ("ada", "eve")] == [
        f"There is no {LESSON}.ipynb in the submitted folder.",
        "The notebook, or its folder, is a link to somewhere else. Links are not followed.",
    ]
    assert all(int(row["total"]) == 0 for row in table.values())
    (odd_one,) = set(table) - {"ada", "eve"}
    html = (tmp_path / "out" / "feedback" / odd_one / LESSON / f"{LESSON}.html").read_text(encoding="utf-8")
    assert "<h1>=cmd|&#x27; calc&#x27;!A0</h1>" in html
    assert set(exported(tmp_path / "out", tmp_path)) == set(table)


# ---- results ------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_grade_leaves_what_was_whole_on_a_full_disk_and_goes_on_afterwards(tmp_path, solutions, monkeypatch, capsys):
    out, submitted = tmp_path / "out", tmp_path / "submitted"
    shutil.copytree(SUBMISSIONS / "max", submitted / "max")
    assert command(submitted, out, solutions) == 0
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    shutil.copytree(SUBMISSIONS / "niels", submitted / "niels")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        assert command(submitted, out, solutions) == 2
    assert capsys.readouterr().err == "grade: [Errno 28] No space left on device\n"
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
    assert command(submitted, out, solutions) == 0
    assert sorted(rows(out / "grades.csv")) == ["max", "niels"]


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@x", " =1", "\t=1", "|x", "%x", "＝1"])
def test_table_begins_no_formula(lesson, start):
    sentence = Finding("Words.", 4, False, "a case", got=f"{start}\x1b[2J\n{start}")
    one = graded(start, freeze=Result(Verdict("freeze", (sentence,)), "x"))
    noted = Graded(one.entry, one.results, [start])
    lines = [line(header_of(NAMES)), *(line(row_of(NAMES, each, Standing())) for each in (one, noted))]
    for row in csv.reader(lines):
        assert all(cell[:1] not in "=+-@|%＝" or cell == "" for cell in (cell.strip() for cell in row))
        assert "\x1b" not in "".join(row)


def test_page_is_closed_to_scripts_and_escapes_everything(lesson):
    evil = "</style></pre><script>alert(1)</script><img src=x onerror=alert(1)>\x1b[2J\u202e\ud800"
    findings = (
        Finding("Holds.", 1, True),
        Finding("Words.", 3, False, "a case", "output", "one", evil),
    )
    one = graded(evil, freeze=Result(Verdict("freeze", findings), evil, evil))
    html = page(lesson, Graded(one.entry, one.results, [evil]))
    html.encode("utf-8")
    assert "<script" not in html and "<img" not in html
    assert not set(html) & {"\x1b", "\u202e"}
    assert html.count("&lt;script&gt;alert(1)") >= 5
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)
    assert policy and policy[1].startswith("default-src 'none'; style-src 'sha256-")
    assert "http" not in html.replace("http-equiv", "") and " style=" not in html


def test_page_hides_numbers_that_come_from_the_graded_inputs():
    wrong = assess(find("freeze"), lambda module: module.eval().requires_grad_(False), SEED)
    numbers = [finding.expected for finding in wrong.findings if re.match(r"-?\d+\.\d+ at ", finding.expected)]
    assert numbers
    told = discreet(wrong)
    assert [finding.held for finding in told.findings] == [finding.held for finding in wrong.findings]
    assert not [f for f in told.findings if f.expected in numbers]
    small = Verdict("f", (Finding("Words.", 1, False, "a case", "loss", "tensor([0.1234])", "tensor([7])"),))
    assert "0.1234" not in str(discreet(small))
    plain = Verdict("f", (Finding("Words.", 1, False, "a case", "shape", "[4, 2]", "[4, 3]"),))
    assert discreet(plain) == plain


@pytest.mark.parametrize(
    ("cause", "sentence"),
    [
        ("it is not written yet (NotImplementedError)", "It is not written yet. The folded hints"),
        ("it did not finish within 20 s", "It could not be tried: it did not finish within 20 s. Does a loop"),
        ("its process ended before it answered", "Does something end Python itself"),
        ("its cell is not in the notebook", "A fresh copy of the lesson has it"),
        ("it gave more than 8 MB", "It could not be tried: it gave more than 8 MB.</p>"),
    ],
)
def test_page_gives_one_reason_where_there_is_one(lesson, cause, sentence):
    freeze = find("freeze")
    verdict = judge(freeze, [Outcome(error=cause) for _ in freeze.cases(SEED)], SEED)
    html = page(lesson, graded(freeze=Result(verdict, "x")))
    assert sentence in html
    assert html.count(cause.split("(")[0].strip()) <= 2


def test_page_of_a_notebook_that_cannot_be_read_says_so_and_no_more(lesson):
    nothing = graded()
    html = page(lesson, Graded(nothing.entry, nothing.results, ["The file is not a notebook."]))
    assert "The file is not a notebook." in html and "There was nothing to grade." in html
    assert "<section" not in html and "<pre" not in html


def test_page_says_where_to_begin_and_where_to_go_on(lesson):
    freeze = find("freeze")
    unwritten = [Outcome(error="it is not written yet (NotImplementedError)") for _ in freeze.cases(SEED)]
    blank = Result(judge(freeze, unwritten, SEED), "def freeze(module): ...")
    wrong = Result(assess(freeze, lambda module: module, SEED), "x")
    right = Result(assess(freeze, reference_freeze, SEED), "x")
    for results, lead in (
        ([blank], "One exercise is still open: freeze."),
        ([right], "Everything holds, on inputs that your code had never seen."),
        ([blank, blank], "freeze is a good one to begin with"),
        ([blank, wrong], "freeze is a good one to go on with"),
    ):
        assert lead in page(lesson, Graded(entry("ada"), results, []))

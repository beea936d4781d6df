"""What is made of the verdicts: tables that a spreadsheet and a learning platform read, the page for the instructor."""

import csv
import re
from datetime import datetime
from weakref import finalize

import pytest

from autograder import gradebook
from autograder.gradebook import Standing
from autograder.records import Records
from autograder.results import write_results
from autograder.summary import Summary, reasons
from tests.autograder.verdicts import LESSON, NAME, TASK, graded, record, result

NOW = datetime.fromisoformat("2026-05-01 12:00")
LESSONS = {NAME: LESSON}


def rows(path) -> list[list[str]]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


@pytest.fixture
def records(tmp_path):
    return Records(tmp_path / ".verdicts")


def test_every_submission_is_in_every_table_and_has_page_and_notebook(records, tmp_path):
    for one in (record("ada"), record("eve", held=0, written={TASK: "Because."})):
        records.keep(one)
    write_results(tmp_path, LESSONS, records, NOW)
    header, *lines = rows(tmp_path / "grades.csv")
    assert [line[:4] for line in lines] == [["ada", NAME, "9", "9"], ["eve", NAME, "5", "9"]]
    assert [dict(zip(header, line, strict=True))["to_mark"] for line in lines] == ["1", "1"]
    assert [(line[3], line[5]) for line in rows(tmp_path / "canvas" / f"{NAME}.csv")] == [
        ("SIS Login ID", NAME),
        ("", "15"),
        ("ada", "9.0"),
        ("eve", "5.0"),
    ]
    assert [line[:2] for line in rows(tmp_path / "moodle" / f"{NAME}.csv")] == [
        ["username", NAME],
        ["ada", "9.0"],
        ["eve", "5.0"],
    ]
    for student in ("ada", "eve"):
        assert (tmp_path / "feedback" / student / NAME / f"{NAME}.html").is_file()
        assert (tmp_path / "autograded" / student / NAME / f"{NAME}.ipynb").is_file()
    assert "Because." in (tmp_path / "feedback" / "eve" / NAME / f"{NAME}.html").read_text(encoding="utf-8")


def test_the_same_records_give_the_same_bytes_and_a_copy_of_the_gradebook_is_kept(records, tmp_path):
    records.keep(record("ada"))
    write_results(tmp_path, LESSONS, records, NOW)
    files = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file() and p.suffix != ".db"}
    assert not (tmp_path / "backups").exists()
    for day in range(1, 13):
        write_results(tmp_path, LESSONS, records, NOW.replace(day=day))
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file() and p.suffix != ".db"} == files
    kept = sorted(path.name for path in (tmp_path / "backups").iterdir())
    assert kept == [f"gradebook-202605{day:02}-120000.db" for day in range(3, 13)]


@pytest.mark.parametrize("start", ["=1+1", "@x", "+1", "-1"])
def test_no_cell_of_any_table_begins_a_formula(records, tmp_path, start):
    records.keep(record("ada", notes=[start]))
    write_results(tmp_path, LESSONS, records, NOW)
    for path in tmp_path.rglob("*.csv"):
        assert all(cell.strip()[:1] not in ("=", "+", "-", "@") or cell == "" for row in rows(path) for cell in row)


def test_records_are_not_held_in_memory(records, tmp_path, monkeypatch):
    monkeypatch.setattr(gradebook, "_BATCH", 5)
    for i in range(40):
        records.keep(record(f"student{i:04}"))
    read, alive, most = records.read, [0], [0]

    def watched(entry):
        found = read(entry)
        alive[0] += 1
        finalize(found, lambda: alive.__setitem__(0, alive[0] - 1))
        most.append(alive[0])
        return found

    monkeypatch.setattr(records, "read", watched)
    write_results(tmp_path, LESSONS, records, NOW)
    assert len(most) > 80 and max(most) <= 12


# ---- the summary ----------------------------------------------------------------------------------------------------


def test_the_summary_counts_and_says_who_needs_a_look():
    summary = Summary(LESSONS)
    late = result("freeze", 0)
    for i, one in enumerate([graded("ada"), graded("eve", held=0), graded("kurt", held=0, notes=["<b>Damaged.</b>"])]):
        summary.add(record(one.entry.student, 99 if i == 0 else 0, notes=one.notes), Standing(to_mark=1))
    page = summary.page()
    assert "3 submissions, 6.3 of 9 points on average. 3 written answers are still to be marked." in page
    assert "<td>freeze</td><td>1.3 of 4</td>" in page and "&lt;b&gt;Damaged.&lt;/b&gt;" in page
    assert "<script" not in page and "default-src 'none'" in page
    assert re.search(r'aria-label="Submissions by share of the points: .*1 between 90–100 %', page)
    assert late.verdict.points == 0


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("from sklearn.linear_model import LogisticRegression", ["freeze: calls sklearn, which may compute"]),
        ("def freeze(m):\n    import timm", ["freeze: calls timm, which may compute"]),
        ("# import timm\nimport torch", []),
    ],
)
def test_an_answer_that_calls_a_library_needs_a_look(source, said):
    one = graded()
    one.results[0] = type(one.results[0])(one.results[0].verdict, source)
    assert [reason[: len(words)] for reason, words in zip(reasons(one, LESSON), said, strict=True)] == said

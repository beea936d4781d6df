"""What grading again would change is shown before it changes; an exercise that was mended is the reason to ask."""

import csv

import pytest

from autograder import regrade
from autograder.__main__ import main
from autograder.records import Records
from tests.autograder.verdicts import NAME, record


def total(out) -> dict[str, int]:
    with open(out / "grades.csv", newline="", encoding="utf-8") as file:
        return {row["student"]: int(row["total"]) for row in csv.DictReader(file)}


@pytest.mark.slow
def test_regrade_shows_first_and_changes_when_told_so(course, tmp_path, capsys, monkeypatch):
    out = tmp_path / "out"
    command = [str(course.submitted), *course.options(out)]
    assert main(["grade", *command]) == 0
    before = total(out)
    assert main(["regrade", *command]) == 0
    assert capsys.readouterr().out.endswith("3 submissions, 0 graded again, 0 would change.\n")
    monkeypatch.setattr(regrade, "fingerprints", lambda conditions, entries: dict.fromkeys(entries, "another release"))
    kept = Records(out / ".verdicts")
    for entry in kept.entries():
        if entry.student == "sofia":
            kept.keep(record("sofia", held=0, mark="older"))
    assert main(["regrade", *command]) == 0
    said = capsys.readouterr().out
    assert f"sofia · {NAME}: 5 → {before['sofia']} points (trainable_fraction 0 → 3, freeze 0 → 4," in said
    assert "3 submissions, 3 graded again, 1 would change." in said
    assert "Nothing has changed yet" in said and total(out) == before
    assert main(["regrade", *command, "--apply"]) == 0
    assert "The new verdicts count now" in capsys.readouterr().out
    assert {kept.read(entry).fingerprint for entry in kept.entries()} == {"another release"}
    assert total(out) == before
    assert main(["regrade", *command]) == 0
    assert "0 graded again" in capsys.readouterr().out


def test_regrade_names_who_was_not_graded_before(tmp_path):
    kept, new = Records(tmp_path / "kept"), Records(tmp_path / "new")
    entries = [record(name).graded.entry for name in ("ada", "eve", "kurt")]
    kept.keep(record("ada", held=0))
    new.keep(record("ada"))
    new.keep(record("eve"))
    kept.keep(record("kurt"))
    lines = list(regrade.changed(entries, kept, new))
    assert lines == [
        f"ada · {NAME}: 5 → 9 points (freeze 0 → 4)",
        f"eve · {NAME}: not graded before, 9 points",
    ]

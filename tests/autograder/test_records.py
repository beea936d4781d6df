"""Verdicts as files: whole, and believed only where nothing that they depend on has changed."""

import json
from datetime import datetime

import pytest

from autograder.grading import Entry
from autograder.records import Records, fingerprint, handed_in
from tests.autograder.verdicts import NAME, TASK, record


@pytest.fixture
def records(tmp_path):
    return Records(tmp_path / "verdicts")


@pytest.fixture
def entry(tmp_path):
    path = tmp_path / "submitted" / "ada" / NAME / f"{NAME}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text("{}")
    return Entry("ada", NAME, path)


def test_a_record_is_read_as_it_was_kept(records):
    kept = record(
        "ada",
        held=0,
        when=datetime.fromisoformat("2026-05-01 12:00"),
        written={TASK: "Because. \ud800"},
        warnings=["w"],
    )
    records.keep(kept)
    found = records.read(kept.graded.entry)
    assert found == kept
    assert found.graded.results[0].verdict.findings == kept.graded.results[0].verdict.findings
    assert records.find(kept.graded.entry, "mark") == kept
    assert records.find(kept.graded.entry, "other") is None


@pytest.mark.parametrize("student", ["=cmd|' calc'!A0", "a/../b", "Ada Lovelace", "ödön"])
def test_a_record_bears_a_safe_name_and_knows_the_real_one(records, student):
    records.keep(record(student.replace("/", "∕")))
    (found,) = records.entries()
    assert found.student == student.replace("/", "∕")
    assert records.read(found).graded.entry.student == found.student


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"null", b'{"format": 99}', b"\xff\xfe"])
def test_a_damaged_record_counts_as_none(records, damage):
    kept = record("ada")
    records.keep(kept)
    (path,) = records.folder.glob("*/*.json")
    path.write_bytes(damage)
    assert records.read(kept.graded.entry) is None
    assert list(records.entries()) == [] or records.find(kept.graded.entry, "mark") is None


def test_a_record_under_another_students_name_counts_as_none(records):
    records.keep(record("ada"))
    (path,) = records.folder.glob("*/*.json")
    content = json.loads(path.read_text()) | {"student": "eve"}
    path.write_text(json.dumps(content))
    assert records.read(record("ada").graded.entry) is None


def test_a_fingerprint_follows_from_all_that_a_verdict_depends_on(entry):
    first = fingerprint(entry, "release", (20.0, True, "secret"))
    assert fingerprint(entry, "release", (20.0, True, "secret")) == first
    others = {
        fingerprint(entry, "mended", (20.0, True, "secret")),
        fingerprint(entry, "release", (20.0, False, "secret")),
    }
    entry.path.with_name("timestamp.txt").write_text("2026-05-01 12:00:00 UTC")
    others.add(fingerprint(entry, "release", (20.0, True, "secret")))
    entry.path.write_text("{ }")
    others.add(fingerprint(entry, "release", (20.0, True, "secret")))
    entry.path.unlink()
    others.add(fingerprint(entry, "release", (20.0, True, "secret")))
    assert len(others | {first}) == 6


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-05-01 12:00:00.000000 UTC", datetime.fromisoformat("2026-05-01 12:00")),
        ("2026-05-01T14:00:00+02:00\n", datetime.fromisoformat("2026-05-01 12:00")),
        ("soon", None),
        ("", None),
        ("9" * 90, None),
        ("\x00", None),
    ],
)
def test_the_time_of_submission_is_read_or_counts_as_none(entry, text, moment):
    entry.path.with_name("timestamp.txt").write_text(text)
    found, words = handed_in(entry)
    assert found == moment
    assert bool(words) == (moment is None)


def test_no_time_of_submission_is_nothing_to_speak_of(entry):
    assert handed_in(entry) == (None, [])
    entry.path.with_name("timestamp.txt").symlink_to("/etc/hostname")
    assert handed_in(entry) == (None, [])

"""The one command behind the lessons' figures: what it finds, what it lists, what it runs, and where it goes on."""

import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from benchmarks import lesson05, lessons, recording
from benchmarks.recording import Recording, lacking
from lib.results import FOLDER, record, recorded

ROOT = Path(__file__).parents[2]
ORIGIN = {"command": "c", "date": "d", "machine": "m"}


def page(name, *tables):
    made = ModuleType(f"benchmarks.{name}")
    made.RECORDINGS = tuple(Recording(table, "python -c pass", lambda: 0) for table in tables)
    return made


def recorder(folder, name, rows, *, fails=False):
    """A table that is whole at three rows, and a command that adds `rows` to it, one line each."""
    file, mark = folder / f"{name}.txt", folder / f"{name}.ran"
    program = f"open({str(mark)!r}, 'a').write('x'); open({str(file)!r}, 'a').write({rows * 'row;'!r}); exit({fails:d})"
    file.touch()
    return Recording(name, f'python -c "{program}"', lambda: 3 - file.read_text().count(";"))


@pytest.fixture
def command(monkeypatch, tmp_path):
    """Runs the command with stub recorders; its exit status."""

    def run(tables, *words):
        stub = ModuleType("benchmarks.stub")
        stub.RECORDINGS = tables
        monkeypatch.setattr(lessons, "pages", lambda: [stub])
        monkeypatch.setattr(sys, "argv", ["lessons", *words])
        return lessons.main()

    return run


# ---- what is found ------------------------------------------------------------------------------------------------


def test_recordings_are_what_the_pages_offer_in_their_order():
    found = lessons.recordings([page("a", "one", "two"), ModuleType("benchmarks.recipes"), page("lesson09", "three")])
    assert [table.name for table in found] == ["one", "two", "three"]


def test_recordings_refuses_a_table_that_is_offered_twice():
    with pytest.raises(ValueError, match=r"b: expected a table of its own, one is"):
        lessons.recordings([page("a", "one"), page("b", "one")])


def test_silent_names_a_lesson_that_offers_nothing():
    silent = [ModuleType("benchmarks.lesson09"), ModuleType("benchmarks.recipes")]
    assert lessons.silent([page("lesson08", "one"), *silent]) == ["benchmarks.lesson09"]


def test_every_page_of_a_lesson_offers_its_tables():
    assert lessons.silent(lessons.pages()) == []


def test_every_recorded_table_is_offered_and_by_the_command_at_its_top():
    offered = {table.name: table.command for table in lessons.recordings(lessons.pages())}
    assert set(offered) == {file.stem for file in FOLDER.glob("*.csv")}
    for name, command in offered.items():
        top = recorded(name).command  # the command may name a part, the top an option that changes no number
        assert top.startswith(command) or command.startswith(top), name


def test_every_recorded_table_is_whole():
    assert {table.name: table.missing() for table in lessons.recordings(lessons.pages()) if table.missing()} == {}


def test_without_their_tables_all_recorders_miss_rows_and_no_more_than_these_have(monkeypatch):
    def nothing(name, folder=FOLDER):
        raise FileNotFoundError

    pages = lessons.pages()
    for holder in (recording, *pages):
        if hasattr(holder, "recorded"):
            monkeypatch.setattr(holder, "recorded", nothing)
    for table in lessons.recordings(pages):
        assert 0 < table.missing() <= len(recorded(table.name).rows), table.name


# ---- what is missing ----------------------------------------------------------------------------------------------


def test_lacking_counts_the_keys_that_no_row_has(monkeypatch, tmp_path):
    monkeypatch.setattr(recording, "recorded", lambda name: recorded(name, tmp_path))
    wanted = [("a", 0), ("a", 1), ("b", 0), ("b", 0)]
    assert lacking("made", ("kind", "seed"), wanted) == 3
    rows = [{"seed": 1, "kind": "a", "score": 0.5}, {"seed": 7, "kind": "a", "score": 0.5}]
    record("made", rows, **ORIGIN, folder=tmp_path)
    assert lacking("made", ("kind", "seed"), wanted) == 2
    with pytest.raises(KeyError):
        lacking("made", ("kind", "size"), wanted)


def test_recordings_of_names_each_table_and_counts_its_own_jobs(monkeypatch, tmp_path):
    monkeypatch.setattr(recording, "recorded", lambda name: recorded(name, tmp_path))
    tables = {"few": (("kind",), lambda: [(("a",), None)]), "more": (("kind",), lambda: [(("a",), 0), (("b",), 0)])}
    record("made_more", [{"kind": "b", "score": 0.5}], **ORIGIN, folder=tmp_path)
    few, more = recording.recordings_of("made", "python -m made", tables)
    assert (few.name, few.command, few.missing()) == ("made_few", "python -m made few", 1)
    assert (more.name, more.command, more.missing()) == ("made_more", "python -m made more", 1)


def test_lesson05_counts_what_the_first_base_rates_decide_only_when_they_are_whole(monkeypatch):
    rows = lesson05.known()
    monkeypatch.setattr(lesson05, "known", lambda: kept)
    kept = {key: trial for key, trial in rows.items() if key[-1] != 0}
    assert lesson05.missing() == len(lesson05.RATES) * len(lesson05.DECAYS)
    kept = {key: trial for key, trial in rows.items() if key[-1] == 0}
    assert lesson05.missing() == len(rows) - len(kept)


# ---- what is run --------------------------------------------------------------------------------------------------


def test_main_lists_and_runs_nothing(command, tmp_path, capsys):
    tables = (recorder(tmp_path, "empty", 3), Recording("full", "python -m full", lambda: 0))
    assert command(tables, "--list") == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.endswith("lib/results/empty.csv: 3 missing")
    assert second == "python -m full  →  lib/results/full.csv: whole"
    assert not (tmp_path / "empty.ran").exists()


def test_main_runs_what_is_not_whole_and_goes_on_where_it_was(command, tmp_path, capsys):
    tables = (recorder(tmp_path, "stopped", 2), recorder(tmp_path, "quick", 3))
    assert command(tables) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "Not whole: stopped."
    tables = (recorder(tmp_path, "stopped", 1), tables[1])
    assert command(tables) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "All whole."
    assert [(tmp_path / f"{name}.ran").read_text() for name in ("stopped", "quick")] == ["xx", "x"]


def test_main_tells_of_a_command_that_failed_and_goes_on_with_the_next(command, tmp_path, capsys):
    assert command((recorder(tmp_path, "broken", 3, fails=True), recorder(tmp_path, "next", 3))) == 1
    told = capsys.readouterr().out
    assert "broken: whole, the command ended with 1" in told and "next: whole\n" in told
    assert told.splitlines()[-1] == "Not whole: broken."


def test_main_takes_some_tables_alone_and_refuses_an_unknown_one(command, tmp_path, capsys):
    tables = (recorder(tmp_path, "one", 3), recorder(tmp_path, "two", 3))
    assert command(tables, "--only", "two") == 0
    assert not (tmp_path / "one.ran").exists() and (tmp_path / "two.ran").exists()
    with pytest.raises(SystemExit):
        command(tables, "--only", "three")
    assert "invalid choice: 'three'" in capsys.readouterr().err


def test_whole_after_measuring_refuses_a_command_that_is_not_python(capsys):
    with pytest.raises(ValueError, match="begins with python, got 'make it'"):
        lessons.whole_after_measuring(Recording("made", "make it", lambda: 1))


# ---- a real one ---------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_real_recorder_measures_the_row_that_was_taken_out_and_no_other(tmp_path):
    for part in ("lib", "benchmarks"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    folder, name = tmp_path / "lib/results", "lesson02_backbones"
    whole = recorded(name, folder)
    gone = next(row for row in whole.rows if row["backbone"] == "convnext_mini" and row["technique"] == "random")
    rows = [row | {"accuracy": 0.5} for row in whole.rows if row != gone]  # no accuracy that a run would give
    record(name, rows, **ORIGIN, folder=folder)
    asked = [sys.executable, "-m", "benchmarks.lessons", "--only", name]
    ended = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    found = recorded(name, folder).rows
    assert len(found) == len(whole.rows)
    [again] = [row for row in found if row["accuracy"] != 0.5]
    assert again.keys() == gone.keys() and abs(again.pop("accuracy") - gone.pop("accuracy")) < 0.05 and again == gone

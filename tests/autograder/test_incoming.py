"""A new release takes the project's place whole, and never what is the user's own."""

import os
import shutil
import zipfile
from datetime import datetime
from pathlib import Path

import pytest

from autograder import incoming
from autograder.archives import Refused

NOW = datetime.fromisoformat("2026-03-04 05:06:07")
KEPT = "work/.backups/2026-03-04_050607_release/"


def project(folder: Path, mark: str) -> Path:
    for part in incoming.PARTS:
        if "." in part:
            (folder / part).parent.mkdir(parents=True, exist_ok=True)
            (folder / part).write_text(f"{part} {mark}")
        else:
            (folder / part / "inner").mkdir(parents=True)
            (folder / part / "inner" / f"{mark}.txt").write_text(mark)
    return folder


def zipped(folder: Path, archive: Path, top: str = "course-2/") -> Path:
    with zipfile.ZipFile(archive, "w") as file:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                file.write(path, f"{top}{path.relative_to(folder)}")
    return archive


def contents(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def kept_of(release: dict[str, str], before: dict[str, str]) -> dict[str, str]:
    """What is expected beside the new release: the files of the old one that it has not, or not the same."""
    return {KEPT + name: text for name, text in before.items() if release.get(name) != text}


@pytest.fixture
def mine(tmp_path):
    folder = project(tmp_path / "mine", "old")
    for name in ("work/01_x/01_x.ipynb", "class/gradebook.db", ".venv/pyvenv.cfg", ".git/HEAD", "notes.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("the user's own")
    return folder


@pytest.fixture
def release(tmp_path):
    return project(tmp_path / "release", "new")


@pytest.mark.parametrize("top", ["", "course-2/"])
def test_take_in_replaces_the_project_and_leaves_what_is_the_users(tmp_path, mine, release, top):
    before = {name: text for name, text in contents(mine).items() if text != "the user's own"}
    kept = incoming.take_in(zipped(release, tmp_path / "r.zip", top), mine, NOW)
    own = {name: text for name, text in contents(mine).items() if text == "the user's own"}
    assert set(own) == {"work/01_x/01_x.ipynb", "class/gradebook.db", ".venv/pyvenv.cfg", ".git/HEAD", "notes.txt"}
    left = {name: text for name, text in contents(mine).items() if name not in own}
    assert left == contents(release) | kept_of(contents(release), before)
    assert kept == mine / KEPT.rstrip("/")


def test_take_in_keeps_what_a_user_put_or_changed_among_the_releases_own_files(tmp_path, mine, release):
    for name in ("course/my_notes.ipynb", "lib/inner/new.txt", "lib/deep/mine.py", "lib/__pycache__/mine.pyc"):
        (mine / name).parent.mkdir(parents=True, exist_ok=True)
        (mine / name).write_text("by hand")
    shutil.copytree(release / "course", mine / "course", dirs_exist_ok=True)  # the same in both: nobody misses it
    kept = incoming.take_in(zipped(release, tmp_path / "r.zip"), mine, NOW)
    by_hand = {name for name, text in contents(kept).items() if text == "by hand"}
    assert by_hand == {"course/my_notes.ipynb", "lib/inner/new.txt", "lib/deep/mine.py"}
    assert not (kept / "course" / "inner" / "new.txt").exists()
    assert (mine / "lib" / "inner" / "new.txt").read_text() == "new"


def test_take_in_of_the_same_release_keeps_nothing(tmp_path, release):
    mine = shutil.copytree(release, tmp_path / "mine")
    before = contents(mine)
    assert incoming.take_in(zipped(release, tmp_path / "r.zip"), mine, NOW) is None
    assert contents(mine) == before


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../outside.txt", "leads out of the folder"),
        ("/absolute.txt", "absolute"),
        ("work/01_x/01_x.ipynb", "it holds work, which is yours alone"),
        (".venv/bin/python", "it holds .venv"),
        ("lib/more.zip", "an archive in the archive"),
    ],
)
def test_take_in_refuses_a_release_that_reaches_for_more_and_changes_nothing(tmp_path, mine, release, name, reason):
    archive, before = zipped(release, tmp_path / "r.zip", ""), contents(mine)
    with zipfile.ZipFile(archive, "a") as file:
        file.writestr(name, "x")
    with pytest.raises(Refused, match=reason):
        incoming.take_in(archive, mine, NOW)
    assert contents(mine) == before
    assert not (tmp_path / "outside.txt").exists()


def test_take_in_refuses_what_is_no_release_and_changes_nothing(tmp_path, mine, release):
    (release / "pyproject.toml").unlink()
    before = contents(mine)
    with pytest.raises(Refused, match=r"no release of this course: it has no pyproject\.toml; nothing"):
        incoming.take_in(zipped(release, tmp_path / "r.zip"), mine, NOW)
    with pytest.raises(Refused, match="no such file"):
        incoming.take_in(tmp_path / "absent.zip", mine, NOW)
    assert contents(mine) == before and not (mine / incoming.STAGED).exists()


class Ended(BaseException):
    """Where the process ends, in place of a SIGKILL."""


def ends_after(monkeypatch, steps):
    """Let `steps` moves be made and end at the next."""
    left = [steps]

    def counted(move):
        def moved(*arguments):
            if left[0] == 0:
                raise Ended
            left[0] -= 1
            return move(*arguments)

        return moved

    monkeypatch.setattr(Path, "rename", counted(Path.rename))
    monkeypatch.setattr(os, "replace", counted(os.replace))
    return left


MOVES = 17  # in all, from the archive to its place


@pytest.mark.parametrize("steps", range(MOVES + 1))
def test_finish_goes_on_wherever_it_was_killed(tmp_path, mine, release, monkeypatch, steps):
    """Every move may be the last one before the end."""
    before = {name: text for name, text in contents(mine).items() if text != "the user's own"}
    archive = zipped(release, tmp_path / "r.zip")
    left = ends_after(monkeypatch, steps)
    killed = False
    try:
        incoming.take_in(archive, mine, NOW)
    except Ended:
        killed = True
    monkeypatch.undo()
    assert killed == (steps < MOVES) and left == [0]
    waits = incoming.waits(mine)
    assert (mine / "start.py").is_file()
    assert (mine / "autograder").is_dir() or (waits and (mine / incoming.STAGED / "new" / "autograder").is_dir())
    assert (incoming.finish(mine) is not None) == waits
    own = {name: text for name, text in contents(mine).items() if text != "the user's own"}
    new = contents(release) | kept_of(contents(release), before)
    assert own == (new if waits or not killed else before)
    assert not incoming.waits(mine)


def test_finish_does_nothing_where_nothing_waits(mine):
    before = contents(mine)
    assert incoming.finish(mine) is None
    assert contents(mine) == before

"""A new release takes the project's place whole, and never what is the user's own."""

import zipfile
from pathlib import Path

import pytest

from autograder import incoming
from autograder.archives import Refused


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
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


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
    incoming.take_in(zipped(release, tmp_path / "r.zip", top), mine)
    own = {name: text for name, text in contents(mine).items() if text == "the user's own"}
    assert set(own) == {"work/01_x/01_x.ipynb", "class/gradebook.db", ".venv/pyvenv.cfg", ".git/HEAD", "notes.txt"}
    assert {name: text for name, text in contents(mine).items() if name not in own} == contents(release)


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
        incoming.take_in(archive, mine)
    assert contents(mine) == before
    assert not (tmp_path / "outside.txt").exists()


def test_take_in_refuses_what_is_no_release_and_changes_nothing(tmp_path, mine, release):
    (release / "pyproject.toml").unlink()
    before = contents(mine)
    with pytest.raises(Refused, match=r"no release of this course: it has no pyproject\.toml; nothing"):
        incoming.take_in(zipped(release, tmp_path / "r.zip"), mine)
    with pytest.raises(Refused, match="no such file"):
        incoming.take_in(tmp_path / "absent.zip", mine)
    assert contents(mine) == before and not (mine / incoming.STAGED).exists()


@pytest.mark.parametrize("steps", range(14))
def test_finish_goes_on_wherever_it_was_killed(tmp_path, mine, release, monkeypatch, steps):
    """Every move may be the last one before the end."""
    left, rename = [steps], Path.rename

    def until(path, target):
        if left[0] == 0:
            raise KeyboardInterrupt
        left[0] -= 1
        return rename(path, target)

    archive = zipped(release, tmp_path / "r.zip")
    monkeypatch.setattr(Path, "rename", until)
    killed = False
    try:
        incoming.take_in(archive, mine)
    except KeyboardInterrupt:
        killed = True
    monkeypatch.undo()
    waits = (mine / incoming.STAGED / incoming.READY).is_file()
    assert incoming.finish(mine) == waits
    assert killed == (steps < 13)
    own = {name: text for name, text in contents(mine).items() if text != "the user's own"}
    assert own == contents(release if waits or not killed else project(tmp_path / "again", "old"))
    assert not (mine / incoming.STAGED / incoming.READY).exists()


def test_finish_does_nothing_where_nothing_waits(mine):
    before = contents(mine)
    assert incoming.finish(mine) is False
    assert contents(mine) == before

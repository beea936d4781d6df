"""A new release of the whole project, taken in from a zip file: the standard library alone, for `start.py update`.

Everything is unpacked and looked at beside the project first. Then each part takes its place; killed in between, the
next call goes on. What is the user's own is never touched.
"""

import shutil
from pathlib import Path

from autograder.archives import MEBIBYTE, Bounds, Refused, unpack

RELEASES = ".release"  # in the learner's folder: the lessons as they were handed out
STAGED, READY = ".update", "ready"  # where it waits in the project, and the mark that it is there whole
PARTS = ("start.py", "pyproject.toml", "constraints.txt", "autograder", "course", "lib")  # no release is without
OWN = ("work", "class", ".venv", ".git", STAGED)
_BOUNDS = Bounds(each=64 * MEBIBYTE, whole=1024 * MEBIBYTE)


def take_in(archive: Path, project: Path) -> None:
    """Put the release in `archive` in place of the one in `project`.

    Raises Refused, with the reason, where it is none, and OSError where a file cannot be written; then the project is
    as it was, or `finish` makes it whole.
    """
    staged = project / STAGED
    shutil.rmtree(staged, ignore_errors=True)
    if not archive.is_file():
        raise Refused("there is no such file")
    try:
        left_out = unpack(archive, staged / "unpacked", _BOUNDS)
        if left_out:
            raise Refused(f"{left_out[0][0]}: {left_out[0][1]}; nothing of it was taken")
        root = _release_in(staged / "unpacked")
        for name in OWN:
            if (root / name).exists():
                raise Refused(f"it holds {name}, which is yours alone; nothing of it was taken")
        root.rename(staged / "new")
    except BaseException:
        shutil.rmtree(staged, ignore_errors=True)
        raise
    (staged / READY).touch()
    finish(project)


def finish(project: Path) -> bool:
    """Go on with a release that waits in the project whole; whether there was one."""
    staged = project / STAGED
    if not (staged / READY).is_file():
        return False
    (staged / "old").mkdir(exist_ok=True)
    for part in sorted((staged / "new").iterdir()):
        place, old = project / part.name, staged / "old" / part.name
        if place.exists() and not old.exists():
            place.rename(old)
        part.rename(place)
    (staged / READY).unlink()  # first of all: without it nothing waits
    shutil.rmtree(staged)
    return True


def _release_in(folder: Path) -> Path:
    """The folder that holds the release: this one, or the single one in it. Raises Refused where it is none."""
    inside = list(folder.iterdir()) if folder.is_dir() else []
    root = inside[0] if len(inside) == 1 and inside[0].is_dir() else folder
    if missing := [name for name in PARTS if not (root / name).exists()]:
        raise Refused(f"it is no release of this course: it has no {', no '.join(missing)}; nothing of it was taken")
    return root

"""A new release of the whole project, taken in from a zip file: the standard library alone, for `start.py update`.

Everything is unpacked and looked at beside the project first. Then each part takes its place; killed in between, the
next call goes on. What is the user's own is never touched; what lay in the release's own folders and is not the same in
the new one (a notebook of the user's in course/, a changed line in lib/) is moved into a dated folder.
"""

import filecmp
import os
import shutil
from datetime import datetime
from pathlib import Path

from autograder.archives import MEBIBYTE, Bounds, Refused, unpack

RELEASES = ".release"  # in the learner's folder: the lessons as they were handed out
BACKUPS = ".backups"  # there too: what was in place before
STAGED, READY = ".update", "ready"  # where it waits in the project, and the mark that it is there whole
PARTS = ("start.py", "pyproject.toml", "constraints.txt", "autograder", "course", "lib")  # no release is without
OWN = ("work", "class", ".venv", ".git", STAGED)
CACHES = ("__pycache__", ".ipynb_checkpoints")  # nobody misses them
_BOUNDS = Bounds(each=64 * MEBIBYTE, whole=1024 * MEBIBYTE)


def take_in(archive: Path, project: Path, now: datetime) -> Path | None:
    """Put the release in `archive` in place of the one in `project`. now: names the folder of what was replaced.

    Returns that folder, None where nothing differed. Raises Refused, with the reason, where it is no release, and
    OSError where a file cannot be written; then the project is as it was, or `finish` makes it whole.
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
        (staged / "mark").write_text(f"{now:%Y-%m-%d_%H%M%S}_release", encoding="utf-8")
        (staged / "mark").rename(staged / READY)
    except BaseException:
        if not (staged / READY).is_file():
            shutil.rmtree(staged, ignore_errors=True)
        raise
    return finish(project)


def waits(project: Path) -> bool:
    """Whether a release that was taken in is not in its place yet."""
    return (project / STAGED / READY).is_file()


def finish(project: Path) -> Path | None:
    """Go on with a release that waits in the project whole. Returns the folder of what it replaced, if anything."""
    if not waits(project):
        return None
    staged = project / STAGED
    kept = project / "work" / BACKUPS / (staged / READY).read_text(encoding="utf-8")
    for part in sorted((staged / "new").iterdir()):
        _replaced(project / part.name, part, staged / "old" / part.name)
    _keep_what_differs(staged / "old", project, kept)
    (staged / READY).unlink()  # first of all: without it nothing waits
    shutil.rmtree(staged)
    return kept if kept.is_dir() else None


def _replaced(place: Path, part: Path, old: Path) -> None:
    """Put `part` into its place; what was there is `old` from then on.

    A file is in its place at every moment. A folder is away between two renames: start.py, which needs one, takes
    `part` for it then.
    """
    old.parent.mkdir(exist_ok=True)
    if place.is_file() and part.is_file():
        shutil.copy2(place, old)
    elif place.exists() and not old.exists():
        place.rename(old)
    os.replace(part, place)


def _keep_what_differs(old: Path, project: Path, kept: Path) -> None:
    """Move into `kept` each file that the project has not, or not the same."""
    for path in sorted(old.rglob("*")):
        name = path.relative_to(old)
        if not path.is_file() or any(part in CACHES for part in name.parts):
            continue
        if not (project / name).is_file() or not filecmp.cmp(path, project / name, shallow=False):
            (kept / name).parent.mkdir(parents=True, exist_ok=True)
            path.rename(kept / name)


def _release_in(folder: Path) -> Path:
    """The folder that holds the release: this one, or the single one in it. Raises Refused where it is none."""
    inside = list(folder.iterdir()) if folder.is_dir() else []
    root = inside[0] if len(inside) == 1 and inside[0].is_dir() else folder
    if missing := [name for name in PARTS if not (root / name).exists()]:
        raise Refused(f"it is no release of this course: it has no {', no '.join(missing)}; nothing of it was taken")
    return root

"""The course as one file for learners: what they need to begin, and to take in as an update; no solutions, no tests.

The same project gives the same bytes, on any machine.
"""

import argparse
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

from autograder.incoming import PARTS
from autograder.release import drift
from lib.files import write_whole

ROOT = Path(__file__).parent.parent
TOP = "transfer-learning-course"
MORE = ("README.md", "LICENSE", "environment.yml", "nbgrader_config.py", "docs")
_LEFT_BEHIND = {"__pycache__", ".ipynb_checkpoints"}
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first date that a zip file knows: ours says nothing of when it was made


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line of `python -m autograder handout`."""
    parser.add_argument("file", type=Path, help="the zip file to write, such as course.zip")


def run(arguments: argparse.Namespace) -> int:
    """Write the file; 1 where course/ is not what solutions/ gives."""
    if faults := drift():
        print(*faults, "Run `python -m autograder release` first: nothing was written.", sep="\n")
        return 1
    content = packed(ROOT)
    write_whole(arguments.file, content)
    print(f"{arguments.file}: {len(content) / 1e6:.1f} MB. Learners unpack it and run `python3 start.py`; who has the")
    print(f"course already runs `python3 start.py update {arguments.file.name}`, and keeps every answer.")
    return 0


def packed(project: Path) -> bytes:
    """The zip file. Raises FileNotFoundError where a part of the course is missing."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in _files(project):
            member = zipfile.ZipInfo(f"{TOP}/{path.relative_to(project).as_posix()}", _EARLIEST)
            member.external_attr = 0o100644 << 16
            member.create_system = 3  # Unix, whatever made it
            archive.writestr(member, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _files(project: Path) -> Iterator[Path]:
    for name in sorted((*PARTS, *MORE)):
        place = project / name
        if not place.exists():
            raise FileNotFoundError(f"{place} belongs to the course and is missing")
        inside = sorted(place.rglob("*")) if place.is_dir() else [place]
        yield from (path for path in inside if path.is_file() and not _is_left_behind(path.relative_to(project)))


def _is_left_behind(path: Path) -> bool:
    """What running leaves in the folders: caches, checkpoints, hidden files."""
    return any(part in _LEFT_BEHIND or part.startswith(".") for part in path.parts) or path.suffix == ".pyc"

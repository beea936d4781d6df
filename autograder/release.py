"""From `solutions/` to `course/`, by nbgrader's own `generate_assignment`; or compare the two, byte for byte.

The lesson's text becomes the instructor's notebook (lesson.py); nbgrader takes the solutions out, locks what is to be
locked and adds its checksums; what learners get has no outputs and the same bytes from any run on any machine.
"""

import argparse
import logging
import tempfile
from pathlib import Path

import nbformat
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from autograder import glossary
from autograder.lesson import read_lesson, serialise
from lib.files import write_whole

ROOT = Path(__file__).parent.parent
SOLUTIONS, COURSE = ROOT / "solutions", ROOT / "course"


def lessons(solutions: Path = SOLUTIONS) -> list[Path]:
    """The texts of all lessons, in order. ValueError if there are none."""
    found = sorted(solutions.glob("[0-9][0-9]_*.py"))
    if not found:
        raise ValueError(f"no lesson in {solutions}: expected files such as 03_slug.py")
    return found


def generate(text: Path) -> bytes:
    """The released notebook of one lesson, as bytes."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "source" / text.stem / f"{text.stem}.ipynb"
        write_whole(source, serialise(read_lesson(text)))
        _generate_assignment(Path(folder), text.stem)
        released = nbformat.read(Path(folder) / "release" / text.stem / f"{text.stem}.ipynb", as_version=4)
    return serialise(released)


def release(solutions: Path = SOLUTIONS, course: Path = COURSE) -> list[Path]:
    """Generate every lesson, then write those that differ; return what was written."""
    products = _products(solutions, course)
    changed = [path for path, content in products.items() if _differs(path, content)]
    for path in changed:
        write_whole(path, products[path])
    return changed


def drift(solutions: Path = SOLUTIONS, course: Path = COURSE) -> list[str]:
    """A sentence for each file in `course` that is not what its text gives; empty if all are."""
    products = _products(solutions, course)
    found = [
        f"{path} is not what {solutions.name}/ gives" for path, content in products.items() if _differs(path, content)
    ]
    present = {path for path in course.rglob("*") if path.is_file() and not _is_hidden(path.relative_to(course))}
    return found + [f"{path} comes from no lesson in {solutions.name}/" for path in sorted(present - set(products))]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `python -m autograder release`."""
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail if course/ is not what solutions/ gives"
    )


def run(arguments: argparse.Namespace) -> int:
    """Release, or check; 0 if all is well."""
    if arguments.check:
        faults = drift()
        print(
            *faults,
            *(["Run `python -m autograder release` and commit what it writes."] if faults else []),
            sep="\n",
            end="",
        )
        return 1 if faults else 0
    changed = release()
    print(*(f"wrote {path.relative_to(ROOT)}" for path in changed), f"{len(lessons())} lessons are released.", sep="\n")
    return 0


def _products(solutions: Path, course: Path) -> dict[Path, bytes]:
    texts = lessons(solutions)
    notebooks = {course / text.stem / f"{text.stem}.ipynb": generate(text) for text in texts}
    return notebooks | {course / glossary.PAGE: glossary.page(texts)}


def _is_hidden(path: Path) -> bool:
    """What a learner's own run leaves behind: checkpoints, predictions, the diary of what is solved."""
    return any(part.startswith(".") for part in path.parts)


def _differs(path: Path, content: bytes) -> bool:
    return not path.is_file() or path.read_bytes() != content


def _generate_assignment(root: Path, lesson: str) -> None:
    config = Config()
    config.CourseDirectory.root = str(root)
    config.CourseDirectory.assignment_id = lesson
    course = CourseDirectory(config=config)
    quiet = logging.getLogger("autograder.release")
    quiet.setLevel(logging.ERROR)
    converter = GenerateAssignment(coursedir=course, no_database=True, config=config, log=quiet)
    # SaveCells writes to the gradebook, which grading makes afresh from the exercises: it is not needed here
    converter.preprocessors = [step for step in converter.preprocessors if step.__name__ != "SaveCells"]
    converter.start()

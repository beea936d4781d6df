"""A lesson's measurement once more, on published photographs and from ImageNet's weights: part of the full budget."""

from collections.abc import Callable, Iterable, Iterator

from lib import settings
from lib.datasets import load_task
from lib.datasets.task import Task
from lib.downloads import DownloadError

TASK, BACKBONE, LIMIT = "eurosat", "resnet18", 60  # images a class in each split


def at_full_scale(
    measure: Callable[[Task, str], Iterable[str]], *, task: str = TASK, backbone: str = BACKBONE
) -> Iterator[str]:
    """The lines of `measure(task, backbone)`, after one that says what it is; in the quick budget a sentence alone.

    measure: given a task and a backbone's name, as `load_task` and `load_backbone` take it, yields lines of text. task:
    the name of a published or a bundled one, at most 60 images a class in each split. What is missing is downloaded,
    checked by its hash, and kept; where it cannot be had, the last line says why, and what to do.

    Example:
        >>> for line in at_full_scale(lambda task, backbone: [f"{len(task.train)} images"], task="clean-digits"):
        ...     print(line)
        With COURSE_BUDGET=full this cell measures clean-digits from resnet18's own weights as well.
    """
    if settings.budget() == "quick":
        yield f"With COURSE_BUDGET=full this cell measures {task} from {backbone}'s own weights as well."
        return
    try:
        data = load_task(task, limit=LIMIT, download=True)
        yield f"{task}, from {backbone}'s own weights, on {settings.device()}:"
        yield from measure(data, backbone)
    except DownloadError as error:
        yield str(error)

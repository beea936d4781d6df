"""Candidates for transfer: networks to choose among, what scores say of them untrained, and what they really reach.

Ten networks, from never trained to trained once more on another task: pre-trained ones, the same with random weights,
and the bundled ResNet after a further task, whose head then is its source head.
"""

from functools import lru_cache
from typing import NamedTuple

import torch
from scipy.stats import kendalltau
from torch import Tensor, nn

from lib import settings
from lib.backbones import load_backbone, preprocessing, remove_head, replace_head
from lib.bundled import ARCHITECTURES
from lib.datasets import load_task
from lib.datasets.task import Split, Task
from lib.features import extract_features
from lib.rate_trials import train_with_rates
from lib.results import Recorded
from lib.training import accuracy
from lib.transferability import h_score, ledoit_wolf_shrinkage, leep, log_me

BASE, DECAY, EPOCHS = 1e-3, 0.5, 12
FURTHER_IMAGES, FURTHER_EPOCHS = 50, 8
_NEVER, _THEN = "never trained", "then"
CANDIDATES = (
    *ARCHITECTURES,
    *(f"{name}, {_NEVER}" for name in ARCHITECTURES),
    *(f"resnet10, {_THEN} {task}" for task in ("clean-digits", "drawn-digits", "blood-cells", "granites")),
)


class Suitability(NamedTuple):
    """Scores of a candidate on a target's training images, and the test accuracy in [0, 1] after fine-tuning on them.

    h_score_shrunk: with the covariance pulled towards a multiple of I as far as Ledoit and Wolf say.
    """

    log_me: float
    leep: float
    h_score: float
    h_score_shrunk: float
    accuracy: float


def suitability(candidate: str, task: Task, images_per_class: int, seed: int) -> Suitability:
    """Score a candidate on `images_per_class` images a class, then fine-tune it on the very same and test it.

    seed: draws the images, the new head and the order of the batches. The global random state is left as it is. Raises
    ValueError for another candidate, and where a class has not as many images.
    """
    few = task.train.few(images_per_class, seed)
    return Suitability(*scores(candidate, few), fine_tuned_accuracy(candidate, task, few, seed))


def scores(candidate: str, split: Split) -> tuple[float, float, float, float]:
    """LogME, LEEP, H-score and shrunk H-score of an untouched candidate on these images and labels."""
    model = network(candidate)
    images, labels = _prepared(candidate, split.images), split.labels.to(settings.device())
    probabilities = extract_features(model, images).softmax(1)
    remove_head(model)
    features = extract_features(model, images)
    shrunk = h_score(features, labels, ledoit_wolf_shrinkage(features))
    return log_me(features, labels), leep(probabilities, labels), h_score(features, labels), shrunk


def fine_tuned_accuracy(candidate: str, task: Task, few: Split, seed: int) -> float:
    """Test accuracy in [0, 1] after every stage was fine-tuned on `few`."""
    model = network(candidate)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        replace_head(model, len(task.classes))
    train_with_rates(model, _prepared(candidate, few.images), few.labels, seed, BASE, DECAY, epochs=EPOCHS)
    return accuracy(model, _prepared(candidate, task.test.images), task.test.labels.to(settings.device()))


def ranked(measured: Recorded, score: str, task_name: str) -> tuple[dict[str, tuple[float, float]], float]:
    """Each candidate's score and accuracy on a task, means over the seeds, and Kendall's τ-b between the two columns.

    measured: columns candidate, target (the name of the task), seed, accuracy and `score`. Only seeds that all
    candidates have count. τ is 1 where the score puts the candidates in the order of their accuracies, −1 in the
    reverse one, near 0 where it says nothing (Kendall, 1938); 0 where the score is the same for all. Raises ValueError
    for a task without candidates.

    Example:
        >>> alike = {"target": "t", "seed": 0}
        >>> rows = [{"candidate": name, "s": 5 * x, "accuracy": x} | alike for name, x in (("a", 0.1), ("b", 0.2))]
        >>> ranked(Recorded("", "", "", tuple(rows)), "s", "t")[1]
        1.0
    """
    rows = [row for row in measured.rows if row["target"] == task_name]
    names = list(dict.fromkeys(str(row["candidate"]) for row in rows))
    if len(names) < 2:
        raise ValueError(
            f"task_name: expected one with two candidates, one of {measured.distinct('target')}, got {task_name!r}"
        )
    of = {name: {row["seed"]: row for row in rows if row["candidate"] == name} for name in names}
    seeds = set.intersection(*map(set, of.values()))
    means = {
        name: tuple(sum(float(of[name][seed][column]) for seed in seeds) / len(seeds) for column in (score, "accuracy"))
        for name in names
    }
    xs, ys = zip(*means.values(), strict=True)
    tau = kendalltau(xs, ys).statistic if len(set(xs)) > 1 else 0.0
    return {name: (x, y) for name, (x, y) in means.items()}, float(tau)


def network(candidate: str) -> nn.Module:
    """A new copy of the candidate with its source head, on the course's device, in evaluation mode."""
    if candidate not in CANDIDATES:
        raise ValueError(f"candidate: expected one of {', '.join(CANDIDATES)}, got {candidate!r}")
    name, _, rest = candidate.partition(", ")
    model = load_backbone(name, None if rest == _NEVER else "bundled")
    if rest.startswith(_THEN):
        state = _trained_further(name, rest.removeprefix(f"{_THEN} "))
        replace_head(model, len(state["fc.bias"])).load_state_dict(state)
    return model.to(settings.device()).eval()


@lru_cache(maxsize=8)
def _trained_further(name: str, further: str) -> dict[str, Tensor]:
    task, model = load_task(further), load_backbone(name).to(settings.device())
    few = task.train.few(FURTHER_IMAGES, seed=0)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        replace_head(model, len(task.classes))
    train_with_rates(model, _prepared(name, few.images), few.labels, 0, BASE, DECAY, epochs=FURTHER_EPOCHS)
    return model.state_dict()


def _prepared(candidate: str, images: Tensor) -> Tensor:
    return preprocessing(candidate.partition(", ")[0])(images.to(settings.device()))

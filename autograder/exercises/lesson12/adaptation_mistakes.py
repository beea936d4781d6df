"""Misconceptions of the adaptation: both runs in parts, and functions that make one part of them wrong."""

import copy
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from lib.adversarial import AdversarialLosses, adversarial_step, domain_loss
from lib.gradient_reversal import reversal_strength
from lib.practice import Adaptation

Adaptations = dict[str, Adaptation]
Step = Callable[..., AdversarialLosses]


def adapted_with(
    strength: Callable[[bool, int, int], float] = lambda reversing, done, steps: (
        reversal_strength(done / steps) if reversing else 0.0
    ),
    *,
    step: Step = adversarial_step,
    carried: bool = False,
    training: bool = True,
    evaluation: bool = True,
    back_to_training: bool = False,
    original_scored: bool = False,
    original_stepped: bool = False,
    fresh: bool = False,
    one_list: bool = False,
    told: Callable[[AdversarialLosses], float] = lambda losses: losses.domain_accuracy,
    finish: Callable[[Adaptation], Adaptation] = lambda one: one,
) -> Callable[..., Adaptations]:
    """Both runs with one part of them replaced."""

    def adapted(network: Any, batches: Any, optimiser: Any, score: Callable[[nn.Module], float]) -> Adaptations:
        found, both = {}, list[float]()
        for name in ("without", "with"):
            mine = network if carried else copy.deepcopy(network)
            mine = mine.train() if training else mine
            makes = partial(optimiser, list((network if original_stepped else mine).parameters()))
            steps, kept = makes(), both if one_list else []
            for done, batch in enumerate(batches):
                steps = makes() if fresh else steps
                kept.append(told(step(mine, steps, *batch, strength(name == "with", done, len(batches)))))
            judged = network if original_scored else mine
            predictor = judged.eval().predictor().eval() if evaluation else judged.train().predictor()
            one = Adaptation(mine.eval() if evaluation else mine, score(predictor), kept)
            found[name] = finish(replace(one, network=mine.train()) if back_to_training else one)
        return found

    return adapted


def task_alone(
    network: Any, optimiser: Any, images: Any, labels: Any, target: Any, strength: float
) -> AdversarialLosses:
    """Without reversal, without a discriminator's lesson either."""
    if strength > 0:
        return adversarial_step(network, optimiser, images, labels, target, strength)
    return _stepped(network, optimiser, images, labels, target, strength, weight=0.0)


def weighted(network: Any, optimiser: Any, images: Any, labels: Any, target: Any, strength: float) -> Any:
    """λ on the loss, and a reversal of strength 1."""
    return _stepped(network, optimiser, images, labels, target, 1.0, weight=strength)


def _stepped(
    network: Any, optimiser: Any, images: Any, labels: Any, target: Any, strength: float, weight: float
) -> AdversarialLosses:
    network.reversal.strength = strength
    classes, domains = network(torch.cat([images, target]))
    ours, theirs = domains[: len(images)], domains[len(images) :]
    task, domain = F.cross_entropy(classes[: len(images)], labels), domain_loss(ours, theirs)
    optimiser.zero_grad()
    (task + weight * domain).backward()
    optimiser.step()
    right = ((ours <= 0).double().mean() + (theirs > 0).double().mean()) / 2
    return AdversarialLosses(task.item(), domain.item(), right.item())


def source_alone(network: Any, optimiser: Any, images: Any, labels: Any, target: Any, strength: float) -> Any:
    """The source as both domains: the target's images are never looked at."""
    return adversarial_step(network, optimiser, images, labels, images, strength)

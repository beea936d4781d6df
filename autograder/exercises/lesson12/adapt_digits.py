"""Exercise: the same training without and with gradient reversal."""

import copy
import math
from collections.abc import Callable
from dataclasses import replace
from statistics import fmean
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.probes import lesson12 as probes
from lib.adversarial import AdversarialLosses, adversarial_step, domain_loss
from lib.gradient_reversal import reversal_strength
from lib.practice import Adaptation, adapt_digits

Adaptations = dict[str, Adaptation]


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)
    centres = torch.randn(3, 4, generator=generator)

    def case(steps: int) -> Case:
        labels, others = torch.arange(12 * steps) % 3, torch.arange(9 * steps) % 3
        source = centres[labels] + 0.7 * torch.randn(len(labels), 4, generator=generator)
        target = 0.7 * (centres[others] + 0.7 * torch.randn(len(others), 4, generator=generator)) + 0.8
        inputs = {"source": source, "labels": labels, "target": target, "target_labels": others}
        return Case(f"two toy domains, {steps} steps", {"seed": 10 * steps + seed, **inputs})

    return [case(4), case(10)]


# ---- misconceptions -----------------------------------------------------------------------------------------------

Step = Callable[..., AdversarialLosses]


def _with(
    strength: Callable[[bool, int, int], float] = lambda reversing, done, steps: (
        reversal_strength(done / steps) if reversing else 0.0
    ),
    *,
    step: Step = adversarial_step,
    carried: bool = False,
    training: bool = True,
    evaluation: bool = True,
    finish: Callable[[Adaptation], Adaptation] = lambda one: one,
) -> Callable[..., Adaptations]:
    """Both runs with one part of them replaced."""

    def adapted(network: Any, batches: Any, optimiser: Any, score: Callable[[nn.Module], float]) -> Adaptations:
        found = {}
        for name in ("without", "with"):
            mine = (network if carried else copy.deepcopy(network)).train(training)
            steps, told = optimiser(mine.parameters()), []
            for done, batch in enumerate(batches):
                told.append(step(mine, steps, *batch, strength(name == "with", done, len(batches))).domain_accuracy)
            predictor = mine.eval().predictor().eval() if evaluation else mine.train().predictor()
            found[name] = finish(Adaptation(mine, score(predictor), told))
        return found

    return adapted


def _task_alone(
    network: Any, optimiser: Any, images: Any, labels: Any, target: Any, strength: float
) -> AdversarialLosses:
    """Without reversal, without a discriminator's lesson either."""
    if strength > 0:
        return adversarial_step(network, optimiser, images, labels, target, strength)
    return _stepped(network, optimiser, images, labels, target, strength, weight=0.0)


def _weighted(network: Any, optimiser: Any, images: Any, labels: Any, target: Any, strength: float) -> Any:
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


def _source_alone(network: Any, optimiser: Any, images: Any, labels: Any, target: Any, strength: float) -> Any:
    """The source as both domains: the target's images are never looked at."""
    return adversarial_step(network, optimiser, images, labels, images, strength)


EXERCISE = Exercise(
    lesson="12_practice_exercises",
    reference=adapt_digits,
    probe=probes.adapt_digits,
    cases=_cases,
    properties=(
        Property(
            "Both runs begin at the same weights, and the network is left as it is.",
            1,
            ("runs", "the network is left as it is"),
        ),
        Property(
            "λ is 0 without reversal, and rises from 0 with it; every step is made in training mode.",
            2,
            ("strength of each step", "mode of each step"),
        ),
        Property(
            "The discriminator learns at full strength in both runs.",
            1,
            ("weights of discriminator",),
            relative=1e-3,
            absolute=1e-3,
        ),
        Property(
            "Features and classifier are those that such a training gives.",
            2,
            ("weights of features", "weights of classifier"),
            relative=1e-3,
            absolute=1e-3,
        ),
        Property(
            "The predictor is scored once, in evaluation mode.",
            1,
            ("accuracy", "in training mode when scored"),
            relative=1e-3,
            absolute=1e-3,
        ),
        Property("The discriminator's accuracy of every step is kept.", 1, ("domain accuracy",)),
    ),
    misconceptions=(
        Misconception(
            "carried-over",
            _with(carried=True),
            "Your second run goes on where the first ended: it has twice the training. Each needs a deep copy.",
        ),
        Misconception(
            "full-from-the-start",
            _with(lambda reversing, *_: 1.0 if reversing else 0.0),
            "Your λ is 1 from the first step on, while the discriminator knows nothing yet. It should rise, by "
            "`reversal_strength`.",
        ),
        Misconception(
            "linear",
            _with(lambda reversing, done, steps: done / steps if reversing else 0.0),
            "Your λ is the progress itself. `reversal_strength` turns progress into λ.",
        ),
        Misconception(
            "one-step-ahead",
            _with(lambda reversing, done, steps: reversal_strength((done + 1) / steps) if reversing else 0.0),
            "Your λ is a step ahead: in the first step nothing is done yet, and λ is 0.",
        ),
        Misconception(
            "reversal-in-both",
            _with(lambda _, done, steps: reversal_strength(done / steps)),
            "Your run without reversal has one: its λ rises too.",
        ),
        Misconception(
            "no-discriminator-without",
            _with(step=_task_alone),
            "Where λ is 0 your discriminator does not learn, so nothing says how far apart the domains are. λ = 0 in "
            "the reversal is enough to keep the features out of it.",
        ),
        Misconception(
            "strength-on-the-loss",
            _with(step=_weighted),
            "You put λ on the domain loss. It then scales what the discriminator learns as well; it belongs in the "
            "reversal layer, which `adversarial_step` sets.",
        ),
        Misconception(
            "target-not-seen",
            _with(step=_source_alone),
            "The target's images never reach the network. The discriminator tells source from source, and there is "
            "nothing to adapt to.",
        ),
        Misconception(
            "evaluation-mode-throughout",
            _with(training=False),
            "You train in evaluation mode: batch norm does not follow the batches. Call `.train()` before the steps.",
        ),
        Misconception(
            "scored-in-training-mode",
            _with(evaluation=False),
            "You score in training mode: batch norm normalises by the test images at hand, and its statistics move. "
            "Call `.eval()` first.",
        ),
        Misconception(
            "last-step-alone",
            _with(finish=lambda one: replace(one, domain_accuracy=one.domain_accuracy[-1:])),
            "You keep the discriminator's accuracy of the last step alone. Asked is that of every step.",
        ),
        Misconception(
            "summed",
            _with(finish=lambda one: replace(one, domain_accuracy=[math.fsum(one.domain_accuracy)])),
            "You add the discriminator's accuracies up. Asked is a list, a number a step.",
        ),
        Misconception(
            "mean-alone",
            _with(finish=lambda one: replace(one, domain_accuracy=[fmean(one.domain_accuracy)])),
            "You give the mean of the discriminator's accuracies. Asked is a list, a number a step: how it went on is "
            "seen there alone.",
        ),
    ),
    difficulty=2,
    minutes=25,
    hints=(
        "Both runs are one loop; they differ by a single number a step. Which parts must each run have for itself?",
        "copy.deepcopy(network).train(), optimiser(mine.parameters()); then for each batch adversarial_step with "
        "strength 0.0, or reversal_strength(done / len(batches)). At the end .eval(), and score(mine.predictor()), "
        "which is a new module: in training mode itself until it is told otherwise.",
    ),
)

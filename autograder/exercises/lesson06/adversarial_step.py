"""Exercise: one step of domain-adversarial training."""

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.probes import adversarial as probes
from lib.adversarial import AdversarialLosses, adversarial_step


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)

    def case(words: str, n: int, m: int, strength: float, training: bool = True) -> Case:
        source, target = torch.randn(n + m, 4, generator=generator, dtype=torch.float64).split([n, m])
        labels = torch.randint(3, (n,), generator=generator)
        images = {"source_images": source, "source_labels": labels, "target_images": 2 * target + 1}
        return Case(words, {"seed": seed, "strength": strength, "training": training} | images)

    return [
        case("6 source and 6 target images, λ = 0.5", 6, 6, 0.5),
        case("7 source and 3 target images, λ = 0.1", 7, 3, 0.1),
        case("4 source and 9 target images, λ = 0, a network in evaluation mode", 4, 9, 0.0, training=False),
    ]


# ---- misconceptions -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _With:
    """A step with one thing done otherwise."""

    domain_weight: float | None = 1.0  # None: λ
    joint: bool = True
    mean: str = "of the two domains' means"
    swapped: bool = False
    summed: bool = False
    sets_strength: bool = True
    resets: bool = False
    cleared: bool = True
    steps: bool = True
    task_alone: bool = False
    accuracy: str = "mean of two shares"

    def __call__(
        self, network: Any, optimiser: Any, source: Tensor, labels: Tensor, target: Tensor, strength: float
    ) -> AdversarialLosses:
        """The losses."""
        if self.sets_strength:
            network.reversal.strength = strength
        classes, s, t = self._passed(network, source, target)
        task = F.cross_entropy(classes, labels, reduction="sum" if self.summed else "mean")
        domain = self._domain(s, t)
        weight = strength if self.domain_weight is None else self.domain_weight
        if self.cleared:
            optimiser.zero_grad()
        (task if self.task_alone else task + weight * domain).backward()
        if self.steps:
            optimiser.step()
        if self.resets:
            network.reversal.strength = 1.0
        return AdversarialLosses(task.item(), domain.item(), self._accuracy(s.detach(), t.detach()))

    def _passed(self, network: Any, source: Tensor, target: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        if self.joint:
            classes, domains = network(torch.cat([source, target]))
            return classes[: len(source)], domains[: len(source)], domains[len(source) :]
        (classes, s), (_, t) = network(source), network(target)
        return classes, s, t

    def _domain(self, s: Tensor, t: Tensor) -> Tensor:
        s, t = (-s, -t) if self.swapped else (s, t)
        if self.mean == "over all images":
            return torch.cat([F.softplus(s), F.softplus(-t)]).mean()
        return (F.softplus(s).mean() + F.softplus(-t).mean()) / (1 if self.mean == "none" else 2)

    def _accuracy(self, s: Tensor, t: Tensor) -> float:
        right = [(s <= 0).double(), (t > 0).double()]
        if self.accuracy == "over all images":
            return torch.cat(right).mean().item()
        if self.accuracy == "probability":
            right = [(s <= 0.5).double(), (t > 0.5).double()]
        return ((right[0].mean() + right[1].mean()) / 2).item()


EXERCISE = Exercise(
    lesson="06_domain_adaptation",
    reference=adversarial_step,
    probe=probes.adversarial_step,
    cases=_cases,
    properties=(
        Property("The losses are those of the two formulas.", 2, ("loss on the task", "loss on the domains")),
        Property("The discriminator learns at full strength, whatever λ is.", 2, ("discriminator after the step",)),
        Property(
            "Features and classifier take the step that the sum of both losses gives.",
            2,
            ("classifier after the step", "features' layers after the step"),
        ),
        Property(
            "The reversal has λ before the forward pass, and keeps it.",
            1,
            ("strength at each forward pass", "strength afterwards"),
        ),
        Property(
            "Both domains pass as one joint batch, in the mode that the network is in.",
            1,
            ("running statistics", "mode", "loss on the task"),
            cases=(0, 1),
        ),
        Property("The domain accuracy is the mean of the two domains' shares.", 1, ("domain accuracy",)),
    ),
    misconceptions=(
        Misconception(
            "lambda-on-the-loss",
            _With(domain_weight=None),
            "λ stands on the domain loss as well. It then scales the discriminator's own gradient: while λ is small, "
            "the discriminator hardly learns, and at 0 not at all. The reversal layer has λ already.",
        ),
        Misconception(
            "subtracted",
            _With(domain_weight=-1.0),
            "You subtract the domain loss. The minus of the formula is in the reversal layer already: taken twice, the "
            "discriminator unlearns, and the features help it.",
        ),
        Misconception(
            "task-alone",
            _With(task_alone=True),
            "Your backward pass knows the task alone: the domain loss is computed and moves nothing.",
        ),
        Misconception(
            "strength-not-set",
            _With(sets_strength=False),
            "The network's reversal keeps whatever strength it had. Set network.reversal.strength before the forward "
            "pass.",
        ),
        Misconception(
            "strength-put-back",
            _With(resets=True),
            "You put the strength back after the step. The contract lets it stay.",
        ),
        Misconception(
            "gradients-pile-up",
            _With(cleared=False),
            "The gradients that were there before are still in your step. Clear them before backward.",
        ),
        Misconception(
            "no-step",
            _With(steps=False),
            "Nothing has moved: after backward, the optimiser has to take its step.",
        ),
        Misconception(
            "two-batches",
            _With(joint=False),
            "Source and target pass one after the other, each normalised by its own statistics, as evaluation never "
            "does it. The contract wants one joint batch.",
        ),
        Misconception(
            "mean-over-all-images",
            _With(mean="over all images"),
            "Your domain loss is a mean over all images: with 7 of one domain and 3 of the other, the first counts "
            "more than twice as much. domain_loss gives the two domains equal weight.",
        ),
        Misconception(
            "domain-loss-doubled",
            _With(mean="none"),
            "Your domain loss is twice as large: the two domains' means are added, and not halved.",
        ),
        Misconception(
            "domains-swapped",
            _With(swapped=True),
            "You call the source 1 and the target 0. Here a logit above 0 means target.",
        ),
        Misconception(
            "task-summed",
            _With(summed=True),
            "Your loss on the task is a sum over the images. It is to be their mean, or its weight against the domain "
            "loss hangs on the batch size.",
        ),
        Misconception(
            "accuracy-over-all-images",
            _With(accuracy="over all images"),
            "Your accuracy is a share of all images. Where one domain has more of them, always naming that one would "
            "look clever: take each domain's share, then their mean.",
        ),
    ),
    difficulty=3,
    minutes=20,
    hints=(
        "Strength, forward on torch.cat of both, cut the outputs at len(source_images), two losses, clear, backward on "
        "their plain sum, step. F.cross_entropy takes the first n class logits alone: the target has no labels.",
        "domain_loss(domain_logits[:n], domain_logits[n:]) is the second loss. For the report, .item() makes a number "
        "of a tensor; (logits[:n] <= 0).double().mean() and (logits[n:] > 0).double().mean() are the two shares.",
    ),
)

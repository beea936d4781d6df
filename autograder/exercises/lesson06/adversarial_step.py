"""Exercise: one step of domain-adversarial training."""

from typing import Any

import torch

from autograder.exercise import Case, Exercise, Property, seeded
from autograder.exercises.lesson06.step_mistakes import MISTAKES
from autograder.probes import adversarial as probes
from lib.adversarial import adversarial_step


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)

    def case(words: str, n: int, m: int, strength: float, **more: Any) -> Case:
        source, target = torch.randn(n + m, 4, generator=generator, dtype=torch.float64).split([n, m])
        labels = torch.randint(3, (n,), generator=generator)
        images = {"source_images": source, "source_labels": labels, "target_images": 2 * target + 1}
        return Case(words, {"seed": seed, "strength": strength, "training": True} | images | more)

    return [
        case("6 source and 6 target images, λ = 0.5", 6, 6, 0.5),
        case(
            "7 source and 3 target images, λ = 0.1, an optimiser with momentum", 7, 3, 0.1, momentum=0.9, balanced=True
        ),
        case("4 source and 9 target images, λ = 0, a network in evaluation mode", 4, 9, 0.0, training=False),
        case("3 source and 5 target images, all domain logits exactly 0, λ = 1", 3, 5, 1.0, undecided=True),
    ]


EXERCISE = Exercise(
    lesson="06_domain_adaptation",
    reference=adversarial_step,
    probe=probes.adversarial_step,
    cases=_cases,
    properties=(
        Property(
            "The losses are those of the two formulas, from before the step, in plain numbers.",
            2,
            ("loss on the task", "loss on the domains", "what the losses and the accuracy are"),
        ),
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
            "Both domains pass once, as one joint batch, the source first, in the mode that the network is in.",
            1,
            ("batches that pass through the features", "running statistics", "mode"),
        ),
        Property("The domain accuracy is the mean of the two domains' shares.", 1, ("domain accuracy",)),
    ),
    misconceptions=MISTAKES,
    difficulty=3,
    minutes=20,
    hints=(
        "Strength, forward on torch.cat of both, cut the outputs at len(source_images), two losses, clear, backward on "
        "their plain sum, step. F.cross_entropy takes the first n class logits alone: the target has no labels.",
        "domain_loss(domain_logits[:n], domain_logits[n:]) is the second loss. For the report, .item() makes a number "
        "of a tensor; (logits[:n] <= 0).double().mean() and (logits[n:] > 0).double().mean() are the two shares.",
    ),
)

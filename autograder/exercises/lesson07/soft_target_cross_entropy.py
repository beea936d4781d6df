"""Exercise: cross-entropy with soft targets, and label smoothing done once."""

from typing import Any

import torch

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.exercises.lesson07 import soft_mistakes as mistakes
from autograder.probes import lesson07 as probes
from lib.mixing import soft_target_cross_entropy


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)

    def case(
        words: str, count: int, classes: int, soft: bool = True, dtype: torch.dtype = torch.float32, **more: Any
    ) -> Case:
        logits = (3 * torch.randn(count, classes, generator=generator)).to(dtype)
        targets = torch.rand(count, classes, generator=generator).square()
        indices = torch.randint(classes - 1, (count,), generator=generator)  # the last class occurs in none
        inputs = {"logits": logits, "targets": targets / targets.sum(1, keepdim=True) if soft else indices}
        return Case(words, inputs | more)

    return [
        case("5 × 4 logits and soft targets", 5, 4),
        case("a single row of 6 logits", 1, 6),
        case("5 × 4 logits and class indices", 5, 4, soft=False),
        case("soft targets, label_smoothing=0.1", 6, 4, label_smoothing=0.1),
        case("class indices, label_smoothing=0.3", 6, 5, soft=False, label_smoothing=0.3),
        case("float64 logits, soft targets in float32", 4, 3, dtype=torch.float64),
        Case(
            "logits of 1,000 and −1,000",
            {"logits": torch.tensor([[1e3, -1e3, 0.0]]), "targets": torch.tensor([[0.5, 0.25, 0.25]])},
        ),
        case("float16 logits, soft targets in float32", 4, 3, dtype=torch.float16),
        case("soft targets that ask for a gradient", 5, 4, learning_targets=True),
    ]


EXERCISE = Exercise(
    lesson="07_data_augmentation",
    reference=soft_target_cross_entropy,
    probe=probes.soft_loss,
    cases=_cases,
    properties=(
        Property("With soft targets, it is the mean over the rows of −Σ t · log softmax(z).", 2, ("loss",), (0, 1)),
        Property("Class indices count as one-hot targets.", 1, ("loss",), cases=(2,)),
        Property(
            "Smoothing spreads ε over all C classes, once, whichever kind of targets comes.", 2, ("loss",), (3, 4)
        ),
        Property(
            "The gradient reaches the logits, and soft targets that ask for one; targets stay as they were.",
            1,
            ("gradient in the logits", "gradient in the targets", "targets are as they were"),
            cases=(0, 3, 8),
        ),
        Property(
            "It is a scalar, float64 for float64 logits and else float32, and finite for large logits.",
            1,
            ("shape and type of the loss", "loss"),
            cases=(5, 6, 7),
            relative=1e-3,
        ),
    ),
    misconceptions=(
        Misconception(
            "no-logarithm",
            mistakes.With(log_probabilities=lambda logits: logits.softmax(1)),
            "You weigh the probabilities themselves. Cross-entropy weighs their logarithms.",
        ),
        Misconception(
            "no-softmax",
            mistakes.With(log_probabilities=lambda logits: logits * 1.0),
            "You weigh the logits. They are no log-probabilities yet: what makes them so?",
        ),
        Misconception(
            "softmax-twice",
            mistakes.With(log_probabilities=lambda logits: mistakes.log(logits.softmax(1))),
            "You take a softmax before the log-softmax, which has one built in. It runs, and learns slowly.",
        ),
        Misconception(
            "over-the-batch",
            mistakes.With(log_probabilities=lambda logits: logits.log_softmax(0)),
            "Your softmax runs down the rows, over the images. It belongs along the classes, dim=1.",
        ),
        Misconception("sign-lost", mistakes.With(sign=1.0), "Your loss is negative: the minus in front is missing."),
        Misconception(
            "mean-over-everything",
            mistakes.With(reduced=torch.mean),
            "You take the mean over images and classes, so the loss is C times too small, and so is every gradient.",
        ),
        Misconception(
            "summed",
            mistakes.With(reduced=torch.sum),
            "You sum over the images. The mean keeps the step's length the same for any batch size.",
        ),
        Misconception(
            "a-loss-an-image",
            mistakes.With(reduced=lambda losses: losses.sum(1)),
            "You return one loss an image. The contract asks for their mean, a scalar.",
        ),
        Misconception(
            "hardened",
            mistakes.With(hard=True),
            "You reduce soft targets to the class with the largest share. Then 0.51 and 0.99 are the same.",
        ),
        Misconception(
            "smoothing-ignored",
            mistakes.With(smoothing="never"),
            "`label_smoothing` is never used: your targets stay as sharp as they came.",
        ),
        Misconception(
            "smoothing-for-indices-only",
            mistakes.With(smoothing="of indices"),
            "You smooth class indices, but not soft targets. Mixup's shares are no smoothing: ε comes on top of them.",
        ),
        Misconception(
            "smoothing-for-shares-only",
            mistakes.With(smoothing="of shares"),
            "You smooth soft targets, but not class indices. As one-hot rows they are targets like all others.",
        ),
        Misconception(
            "to-the-others",
            mistakes.With(smoothing="to the others"),
            "You spread ε over the C − 1 other classes. In the formula every class gets ε/C, the right one too.",
        ),
        Misconception(
            "added-on-top",
            mistakes.With(smoothing="added"),
            "You add ε/C to every class and take nothing away: your targets sum to 1 + ε.",
        ),
        Misconception(
            "not-divided",
            mistakes.With(smoothing="not divided"),
            "You give every class ε instead of ε/C: your targets sum to more than 1.",
        ),
        Misconception(
            "smoothed-twice",
            mistakes.With(smoothing="twice"),
            "You smooth twice, here and once more. Together that is 1 − (1 − ε)² of smoothing.",
        ),
        Misconception(
            "divergence",
            mistakes.With(entropy_taken=True),
            "That is the Kullback-Leibler divergence: the cross-entropy less the targets' own entropy. Its gradient is "
            "the same, its value is not what the contract asks for.",
        ),
        Misconception(
            "cut-off",
            mistakes.With(detached=True),
            "The value is right, but it is cut off from the logits: nothing can be learnt from it.",
        ),
        Misconception(
            "logits-cut-off",
            mistakes.With(logits_detached=True),
            "The value is right, but you detach the logits: the network can learn nothing from it.",
        ),
        Misconception(
            "not-stable",
            mistakes.With(log_probabilities=mistakes.not_stable),
            "exp of a large logit is infinite, and the logarithm of 0 as well. log_softmax does both at once, safely.",
        ),
        Misconception(
            "log-of-softmax",
            mistakes.With(log_probabilities=mistakes.log_of_softmax),
            "Where a probability is so small that it is rounded to 0, its logarithm is infinite. log_softmax takes "
            "both steps at once and never sees the 0.",
        ),
        Misconception(
            "a-little-added",
            mistakes.With(log_probabilities=mistakes.log_of_a_little_more),
            "You add a little so that the logarithm of 0 does not occur. That bends small probabilities and their "
            "gradients; log_softmax needs no such number.",
        ),
        Misconception(
            "number-returned",
            mistakes.With(as_number=True),
            "You return a plain number. Without a tensor there is no backward().",
        ),
        Misconception(
            "targets-cut-off",
            mistakes.With(targets_detached=True),
            "You detach the targets. Where they come from another network that learns too, its gradient ends here; the "
            "contract lets it through.",
        ),
        Misconception(
            "classes-guessed",
            mistakes.With(guessed=True),
            "F.one_hot counts up to the largest label that it happens to see. The number of classes is that of the "
            "logits' columns; name it.",
        ),
        Misconception(
            "softmax-of-the-targets",
            mistakes.With(softened=True),
            "You apply a softmax to the targets. They are shares already.",
        ),
        Misconception(
            "smoothed-in-place",
            mistakes.With(in_place=True),
            "You smooth the caller's own targets: with the next epoch they are smoothed once more.",
        ),
        Misconception(
            "in-half-precision",
            mistakes.With(half=True),
            "Logits in float16 give a loss in float16, with three digits. The contract computes it in float32.",
        ),
    ),
    difficulty=1,
    minutes=10,
    hints=(
        "Bring both kinds of targets into one: probabilities, shape (N, C). Smooth them; then one line is the formula.",
        "logits.log_softmax(1, dtype=...) gives log-probabilities in the wanted type. Targets that are not floating "
        "point go through F.one_hot(targets, logits.shape[1]). Multiply, sum over dim 1, take the mean, and mind the "
        "sign.",
    ),
)

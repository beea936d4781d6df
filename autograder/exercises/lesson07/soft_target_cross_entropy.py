"""Exercise: cross-entropy with soft targets, and label smoothing done once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.probes import lesson07 as probes
from lib.mixing import soft_target_cross_entropy


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)

    def case(
        words: str, count: int, classes: int, soft: bool = True, dtype: torch.dtype = torch.float32, **more: Any
    ) -> Case:
        logits = (3 * torch.randn(count, classes, generator=generator)).to(dtype)
        targets = torch.rand(count, classes, generator=generator).square()
        indices = torch.randint(classes, (count,), generator=generator)
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
    ]


# ---- misconceptions -----------------------------------------------------------------------------------------------


def _log(logits: Tensor) -> Tensor:
    return logits.log_softmax(1, dtype=torch.promote_types(logits.dtype, torch.float32))


@dataclass(frozen=True)
class _With:
    """The loss with one thing done otherwise."""

    log_probabilities: Callable[[Tensor], Tensor] = _log
    smoothing: str = "to all"
    reduced: Callable[[Tensor], Tensor] = lambda losses: losses.sum(1).mean()
    hard: bool = False
    sign: float = -1.0
    entropy_taken: bool = False
    detached: bool = False
    half: bool = False

    def __call__(self, logits: Tensor, targets: Tensor, label_smoothing: float = 0.0) -> Tensor:
        """The loss."""
        log_probabilities = self.log_probabilities(logits)
        classes = logits.shape[1]
        soft = targets if targets.is_floating_point() else F.one_hot(targets, classes)
        if self.hard:
            soft = F.one_hot(soft.argmax(1), classes)
        soft = soft.to(log_probabilities)
        smoothed = self._smoothed(soft, label_smoothing, classes, indices=not targets.is_floating_point())
        losses = self.sign * smoothed * log_probabilities
        if self.entropy_taken:
            losses = losses + torch.special.xlogy(smoothed, smoothed)
        loss = self.reduced(losses)
        loss = loss.to(logits.dtype) if self.half else loss
        return loss.detach() if self.detached else loss

    def _smoothed(self, soft: Tensor, epsilon: float, classes: int, *, indices: bool) -> Tensor:
        once = (1 - epsilon) * soft + epsilon / classes
        return {
            "to all": once,
            "never": soft,
            "to the others": (1 - epsilon) * soft + epsilon * (1 - soft) / (classes - 1),
            "added": soft + epsilon / classes,
            "twice": (1 - epsilon) * once + epsilon / classes,
            "not divided": (1 - epsilon) * soft + epsilon,
            "of indices": once if indices else soft,
        }[self.smoothing]


def _not_stable(logits: Tensor) -> Tensor:
    return (logits.exp() / logits.exp().sum(1, keepdim=True)).log()


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
            "The gradient reaches the logits, and the targets stay as they were.",
            1,
            ("gradient in the logits", "targets are as they were"),
            cases=(0, 3),
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
            _With(log_probabilities=lambda logits: logits.softmax(1)),
            "You weigh the probabilities themselves. Cross-entropy weighs their logarithms.",
        ),
        Misconception(
            "no-softmax",
            _With(log_probabilities=lambda logits: logits * 1.0),
            "You weigh the logits. They are no log-probabilities yet: what makes them so?",
        ),
        Misconception(
            "softmax-twice",
            _With(log_probabilities=lambda logits: _log(logits.softmax(1))),
            "You take a softmax before the log-softmax, which has one built in. It runs, and learns slowly.",
        ),
        Misconception(
            "over-the-batch",
            _With(log_probabilities=lambda logits: logits.log_softmax(0)),
            "Your softmax runs down the rows, over the images. It belongs along the classes, dim=1.",
        ),
        Misconception("sign-lost", _With(sign=1.0), "Your loss is negative: the minus in front is missing."),
        Misconception(
            "mean-over-everything",
            _With(reduced=torch.mean),
            "You take the mean over images and classes, so the loss is C times too small, and so is every gradient.",
        ),
        Misconception(
            "summed",
            _With(reduced=torch.sum),
            "You sum over the images. The mean keeps the step's length the same for any batch size.",
        ),
        Misconception(
            "a-loss-an-image",
            _With(reduced=lambda losses: losses.sum(1)),
            "You return one loss an image. The contract asks for their mean, a scalar.",
        ),
        Misconception(
            "hardened",
            _With(hard=True),
            "You reduce soft targets to the class with the largest share. Then 0.51 and 0.99 are the same.",
        ),
        Misconception(
            "smoothing-ignored",
            _With(smoothing="never"),
            "`label_smoothing` is never used: your targets stay as sharp as they came.",
        ),
        Misconception(
            "smoothing-for-indices-only",
            _With(smoothing="of indices"),
            "You smooth class indices, but not soft targets. Mixup's shares are no smoothing: ε comes on top of them.",
        ),
        Misconception(
            "to-the-others",
            _With(smoothing="to the others"),
            "You spread ε over the C − 1 other classes. In the formula every class gets ε/C, the right one too.",
        ),
        Misconception(
            "added-on-top",
            _With(smoothing="added"),
            "You add ε/C to every class and take nothing away: your targets sum to 1 + ε.",
        ),
        Misconception(
            "not-divided",
            _With(smoothing="not divided"),
            "You give every class ε instead of ε/C: your targets sum to more than 1.",
        ),
        Misconception(
            "smoothed-twice",
            _With(smoothing="twice"),
            "You smooth twice, here and once more. Together that is 1 − (1 − ε)² of smoothing.",
        ),
        Misconception(
            "divergence",
            _With(entropy_taken=True),
            "That is the Kullback-Leibler divergence: the cross-entropy less the targets' own entropy. Its gradient is "
            "the same, its value is not what the contract asks for.",
        ),
        Misconception(
            "cut-off",
            _With(detached=True),
            "The value is right, but it is cut off from the logits: nothing can be learnt from it.",
        ),
        Misconception(
            "not-stable",
            _With(log_probabilities=_not_stable),
            "exp of a large logit is infinite, and the logarithm of 0 as well. log_softmax does both at once, safely.",
        ),
        Misconception(
            "in-half-precision",
            _With(half=True),
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

"""Exercise: how strongly the loss pulls on each stage."""

from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor, nn

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.probes import lesson04 as probes
from lib.gradients import gradient_norms
from lib.stages import Stage, stages


def _cases(seed: int) -> list[Case]:
    images = torch.randn(4, 3, 8, 8, generator=seeded(seed))

    def case(words: str, what: str = "", *frozen: str) -> Case:
        return Case(words, {"seed": seed, "images": images, "what": what, "frozen": list(frozen)})

    return [
        case("a network of five stages after a backward pass"),
        case("the same before any backward pass", "before backward"),
        case("the same, stem and layer1 frozen", "", "stem", "layer1"),
        case("the same, one bias frozen", "", "layer2.1.bias"),
        case("the same, layer3 frozen after the backward pass", "left over"),
        case("a weight that two stages share", "shared"),
        case("gradients of 30,000 and of 0.000001 in half precision", "half precision"),
    ]


# ---- misconceptions -----------------------------------------------------------------------------------------------


def _gradients(stage: Stage) -> list[Tensor]:
    return [parameter.grad for parameter in stage.parameters() if parameter.grad is not None]


def _right(stage: Stage) -> float:
    return float(torch.stack([g.double().norm() for g in _gradients(stage)] or [torch.zeros(1)]).norm())


def _by_stage(norm: Callable[[Stage], Any]) -> Callable[[nn.Module], dict[str, Any]]:
    return lambda model: {name: norm(stage) for name, stage in stages(model).items()}


def _squared(stage: Stage) -> float:
    return _right(stage) ** 2


def _sum_of_norms(stage: Stage) -> float:
    return sum(float(gradient.double().norm()) for gradient in _gradients(stage))


def _root_mean_square(stage: Stage) -> float:
    count = sum(parameter.numel() for parameter in stage.parameters())
    return _right(stage) / count**0.5


def _largest(stage: Stage) -> float:
    return max((float(gradient.abs().max()) for gradient in _gradients(stage)), default=0.0)


def _of_weights(stage: Stage) -> float:
    return sum(float(parameter.detach().double().square().sum()) for parameter in stage.parameters()) ** 0.5


def _own_precision(stage: Stage) -> float:
    gradients = _gradients(stage)
    return float(sum(gradient.square().sum() for gradient in gradients)) ** 0.5 if gradients else 0.0


def _as_tensor(stage: Stage) -> Tensor:
    return torch.tensor(_right(stage))


def _by_flags(stage: Stage) -> float:
    learning = [p.grad for p in stage.parameters() if p.requires_grad and p.grad is not None]
    return sum(float(gradient.double().square().sum()) for gradient in learning) ** 0.5


def _asks_every_gradient(stage: Stage) -> float:
    return sum(float(cast(Tensor, p.grad).double().square().sum()) for p in stage.parameters()) ** 0.5


def _leaves_out_frozen(model: nn.Module) -> dict[str, float]:
    return {name: _right(stage) for name, stage in stages(model).items() if _gradients(stage)}


def _by_parameter(model: nn.Module) -> dict[str, float]:
    return {n: float(p.grad.double().norm()) if p.grad is not None else 0.0 for n, p in model.named_parameters()}


EXERCISE = Exercise(
    lesson="04_fine_tuning_strategies",
    reference=gradient_norms,
    probe=probes.gradient_norms,
    cases=_cases,
    properties=(
        Property(
            "Every stage has its name, in order, and the norm of all its numbers together; gradients are left alone.",
            2,
            ("norms", "stages, in order", "gradients are left alone"),
            cases=(0, 3),
        ),
        Property("Where there is no gradient the norm is 0.0.", 1, ("norms", "stages, in order"), cases=(1, 2)),
        Property("A gradient counts as it stands: left over, or shared by two stages.", 1, ("norms",), cases=(4, 5)),
        Property("Half precision neither overflows nor vanishes.", 1, ("norms",), cases=(6,), absolute=1e-9),
    ),
    misconceptions=(
        Misconception(
            "norm-squared",
            _by_stage(_squared),
            "This is the sum of squares. The norm is its root, and has the gradient's own unit.",
        ),
        Misconception(
            "sum-of-norms",
            _by_stage(_sum_of_norms),
            "You add the norms of the parameters. Norms add like the sides of a right-angled triangle: 3 and 4 make 5.",
        ),
        Misconception(
            "mean-of-squares",
            _by_stage(_root_mean_square),
            "You divide by the number of entries. That is a typical entry, not the length of the whole gradient.",
        ),
        Misconception(
            "largest-entry",
            _by_stage(_largest),
            "This is the largest entry, the maximum norm. The Euclidean norm counts all of them.",
        ),
        Misconception(
            "norm-of-the-weights",
            _by_stage(_of_weights),
            "You measure the parameters themselves. How strongly the loss pulls on them stands in their .grad.",
        ),
        Misconception(
            "own-precision",
            _by_stage(_own_precision),
            "In half precision 30,000 squared is infinite, and the square of a millionth is nothing. Go to float64 "
            "before you square.",
        ),
        Misconception(
            "tensors",
            _by_stage(_as_tensor),
            "The values are tensors; floats are asked for. A tensor of one number gives it with .item().",
        ),
        Misconception(
            "by-flags",
            _by_stage(_by_flags),
            "You ask requires_grad. An optimiser asks for .grad, and one that was left over would still move its "
            "parameter: what counts is the gradient that is there.",
        ),
        Misconception(
            "none-asked",
            _by_stage(_asks_every_gradient),
            "A parameter without a gradient has None for its .grad, and None holds no numbers. Pass such a one by.",
        ),
        Misconception(
            "frozen-left-out",
            _leaves_out_frozen,
            "Stages without a gradient are missing. They are the ones that the picture is about: their norm is 0.0.",
        ),
        Misconception(
            "by-parameter",
            _by_parameter,
            "There is one number for each parameter. One for each stage is asked for: all its parameters together.",
        ),
    ),
    difficulty=1,
    minutes=10,
    hints=(
        "stages(model) gives the stages by name, in order, and stage.parameters() walks through one. The square of a "
        "stage's norm is the sum over its parameters of the sum of squares of each .grad; a .grad may be None.",
        "For each stage add up float(parameter.grad.double().square().sum()) over the parameters that have a .grad, "
        "beginning at 0.0, and take the root.",
    ),
)

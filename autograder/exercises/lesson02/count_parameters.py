"""Exercise: how many numbers does a network hold?"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.probes import lesson02 as probes
from lib.architectures import count_parameters


def _cases(seed: int) -> list[Case]:
    words = {
        "several layers": "a network with blocks inside blocks and batch norm, one of its weights frozen",
        "token": "a network that holds a parameter itself, beside a frozen layer",
        "shared": "a network in which two layers share one weight",
        "all frozen": "a network that is wholly frozen",
        "without parameters": "a network without parameters",
    }
    widths = torch.randint(4, 60, (len(words),), generator=seeded(seed)).tolist()
    return [
        Case(sentence, {"network": network, "width": width})
        for (network, sentence), width in zip(words.items(), widths, strict=True)
    ]


# ---- misconceptions -----------------------------------------------------------------------------------------------


def _sum(parameters: Iterable[Tensor], trainable_only: bool) -> int:
    return sum(p.numel() for p in parameters if p.requires_grad or not trainable_only)


def _tensors(model: nn.Module, trainable_only: bool = False) -> int:
    return len([p for p in model.parameters() if p.requires_grad or not trainable_only])


def _in_a_tensor(model: nn.Module, trainable_only: bool = False) -> Tensor:
    return torch.tensor(_sum(model.parameters(), trainable_only))


def _with_buffers(model: nn.Module, trainable_only: bool = False) -> int:
    buffers = 0 if trainable_only else sum(buffer.numel() for buffer in model.buffers())
    return _sum(model.parameters(), trainable_only) + buffers


def _shared_twice(model: nn.Module, trainable_only: bool = False) -> int:
    found = (p for layer in model.modules() for p in layer._parameters.values() if p is not None)
    return _sum(found, trainable_only)


def _ignores_flag(model: nn.Module, trainable_only: bool = False) -> int:
    return _sum(model.parameters(), False)


def _always_trainable(model: nn.Module, trainable_only: bool = False) -> int:
    return _sum(model.parameters(), True)


def _frozen(model: nn.Module, trainable_only: bool = False) -> int:
    return sum(p.numel() for p in model.parameters() if not (trainable_only and p.requires_grad))


def _layers_by_type(model: nn.Module, trainable_only: bool = False) -> int:
    layers = [layer for layer in model.modules() if isinstance(layer, nn.Linear | nn.Conv2d)]
    return _sum({id(p): p for layer in layers for p in layer.parameters()}.values(), trainable_only)


def _no_biases(model: nn.Module, trainable_only: bool = False) -> int:
    return _sum((p for name, p in model.named_parameters() if not name.endswith("bias")), trainable_only)


EXERCISE = Exercise(
    lesson="02_pretrained_models",
    reference=count_parameters,
    probe=probes.count_parameters,
    cases=_cases,
    properties=(
        Property("It counts numbers, in every layer and outside of layers, and no buffers.", 1, ("all",), cases=(0, 1)),
        Property(
            "With trainable_only it counts those that require a gradient, and leaves the model alone.",
            1,
            ("trainable ones alone", "which parameters are trainable is left alone"),
            cases=(0, 1),
        ),
        Property("A parameter that two layers share counts once.", 1, ("all", "trainable ones alone"), cases=(2,)),
        Property(
            "Frozen networks and networks without parameters are counted too.",
            1,
            ("all", "trainable ones alone"),
            cases=(3, 4),
        ),
    ),
    misconceptions=(
        Misconception(
            "counts-tensors",
            _tensors,
            "You count tensors: a weight matrix of a million numbers is one of them. How many numbers does each hold?",
        ),
        Misconception(
            "counts-buffers",
            _with_buffers,
            "Too many where there is batch norm. Its running mean and variance are saved with the network, but no "
            "optimiser moves them: they are buffers, not parameters.",
        ),
        Misconception(
            "shared-twice",
            _shared_twice,
            "You walk over the layers and meet a shared weight in each of them. It is one tensor. Which walk over the "
            "model yields every parameter once?",
        ),
        Misconception(
            "ignores-trainable-only",
            _ignores_flag,
            "The second argument changes nothing yet. A frozen parameter still exists; with trainable_only it does not "
            "count.",
        ),
        Misconception(
            "trainable-always",
            _always_trainable,
            "You leave frozen parameters out even when all are asked for. They take their place in memory and in the "
            "file, whether or not they may move.",
        ),
        Misconception(
            "counts-frozen",
            _frozen,
            "With trainable_only you count the frozen ones. requires_grad is True for what training may change.",
        ),
        Misconception(
            "only-known-layers",
            _layers_by_type,
            "You count layers of types that you know. Batch norm has a weight and a bias too, and a network may hold a "
            "parameter of its own, as a vision transformer holds its class token.",
        ),
        Misconception(
            "in-a-tensor",
            _in_a_tensor,
            "The count is right and sits in a tensor. A plain int is asked for: .item() takes it out.",
        ),
        Misconception(
            "forgets-biases", _no_biases, "The biases are missing. They are few, but they are parameters as well."
        ),
    ),
    difficulty=1,
    minutes=5,
    hints=(
        "A tensor knows how many numbers it holds. The model can walk over its own parameters, however deep they lie.",
        "Sum parameter.numel() over model.parameters(), which yields each once; skip those without requires_grad where "
        "trainable_only is set.",
    ),
)

"""Exercise: what share of a network does training change?"""

import torch
from torch import nn

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.probes import lesson03 as probes
from lib.freezing import trainable_fraction


def _cases(seed: int) -> list[Case]:
    words = {
        "partly frozen": "a network whose first of three layers is frozen",
        "bias only": "a network in which one weight is frozen and its bias is not, with a block inside a block",
        "shared": "a network in which two layers share one weight",
        "all frozen": "a network that is wholly frozen",
        "none frozen": "a network that is not frozen at all",
        "without parameters": "a network without parameters",
    }
    widths = torch.randint(4, 60, (len(words),), generator=seeded(seed)).tolist()
    return [
        Case(sentence, {"network": network, "width": width})
        for (network, sentence), width in zip(words.items(), widths, strict=True)
    ]


# ---- misconceptions -----------------------------------------------------------------------------------------------


def _counts(model: nn.Module) -> tuple[int, int]:
    parameters = list(model.parameters())
    return sum(p.numel() for p in parameters if p.requires_grad), sum(p.numel() for p in parameters)


def _tensors(model: nn.Module) -> float:
    flags = [p.requires_grad for p in model.parameters()]
    return sum(flags) / len(flags) if flags else 0.0


def _against_frozen(model: nn.Module) -> float:
    trainable, total = _counts(model)
    return trainable / (total - trainable) if total > trainable else float(total > 0)


def _percent(model: nn.Module) -> float:
    trainable, total = _counts(model)
    return 100 * trainable / total if total else 0.0


def _with_buffers(model: nn.Module) -> float:
    trainable, total = _counts(model)
    total += sum(buffer.numel() for buffer in model.buffers())
    return trainable / total if total else 0.0


def _shared_twice(model: nn.Module) -> float:
    parameters = [p for layer in model.modules() for p in layer._parameters.values() if p is not None]
    total = sum(p.numel() for p in parameters)
    return sum(p.numel() for p in parameters if p.requires_grad) / total if total else 0.0


def _top_level_weights(model: nn.Module) -> float:
    weights = [p for child in model.children() for n, p in child.named_parameters() if n == "weight"]
    weights = weights or [p for n, p in model.named_parameters() if n == "weight"]
    total = sum(weight.numel() for weight in weights)
    return sum(weight.numel() for weight in weights if weight.requires_grad) / total if total else 0.0


def _frozen_share(model: nn.Module) -> float:
    trainable, total = _counts(model)
    return (total - trainable) / total if total else 0.0


def _divides_by_zero(model: nn.Module) -> float:
    trainable, total = _counts(model)
    return trainable / total


def _weights(model: nn.Module) -> float:
    weights = [p for name, p in model.named_parameters() if name.endswith("weight")]
    total = sum(weight.numel() for weight in weights)
    return sum(weight.numel() for weight in weights if weight.requires_grad) / total if total else 0.0


def _without_parameters_is_one(model: nn.Module) -> float:
    trainable, total = _counts(model)
    return trainable / total if total else 1.0


def _how_many(model: nn.Module) -> int:
    return _counts(model)[0]


EXERCISE = Exercise(
    lesson="03_feature_extraction_vs_fine_tuning",
    reference=trainable_fraction,
    probe=probes.trainable_fraction,
    cases=_cases,
    properties=(
        Property(
            "It counts numbers, weights and biases, in every layer, and leaves the model alone.",
            1,
            ("share", "which parameters are trainable is left alone"),
            cases=(0, 1),
        ),
        Property("A parameter that two layers share counts once.", 1, ("share",), cases=(2,)),
        Property("All frozen is 0, none frozen is 1, and no parameters at all is 0.", 1, ("share",), cases=(3, 4, 5)),
    ),
    misconceptions=(
        Misconception(
            "counts-tensors",
            _tensors,
            "You count tensors. A bias of ten numbers then weighs as much as a weight of a million. How many numbers "
            "does each tensor hold?",
        ),
        Misconception(
            "relative-to-frozen",
            _against_frozen,
            "You divide by the frozen part. A share is a part of the whole: trainable and frozen together.",
        ),
        Misconception("percent", _percent, "These are per cent. The contract asks for a share between 0 and 1."),
        Misconception(
            "counts-buffers",
            _with_buffers,
            "Your total is too large where there is batch norm: its running statistics are buffers. No optimiser ever "
            "holds them, so they are not parameters.",
        ),
        Misconception(
            "shared-twice",
            _shared_twice,
            "You meet a shared weight once in every layer that uses it. It is one tensor in memory and one entry in "
            "the optimiser: which way through the model yields each parameter once?",
        ),
        Misconception(
            "top-level-weights",
            _top_level_weights,
            "You look at the weights of the top layers only. Biases are parameters too, and layers sit inside layers.",
        ),
        Misconception(
            "weights",
            _weights,
            "You count parameters called weight alone. Biases are parameters too, and a bias may learn where its "
            "weight is frozen.",
        ),
        Misconception(
            "how-many",
            _how_many,
            "You return how many numbers may change. A share of all is asked for: divide by how many there are.",
        ),
        Misconception(
            "without-parameters-is-one",
            _without_parameters_is_one,
            "A network without parameters has nothing that training could change. The contract calls that 0, not 1.",
        ),
        Misconception(
            "frozen-share",
            _frozen_share,
            "This is the frozen share, one minus what is asked. requires_grad is True for what may change.",
        ),
        Misconception(
            "divides-by-zero",
            _divides_by_zero,
            "A network without parameters, a ReLU alone, has nothing to divide by. The contract says what its share "
            "is.",
        ),
    ),
    difficulty=1,
    minutes=5,
    hints=(
        "A tensor knows how many numbers it holds, and whether it wants a gradient. Which method of the model walks "
        "over all parameters, however deep?",
        "model.parameters() yields each parameter once, also a shared one. Sum numel() twice: over all of them, and "
        "over those with requires_grad.",
    ),
)

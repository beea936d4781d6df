"""Exercise: batch norm in a stage that learns, and its statistics."""

from collections.abc import Callable, Iterable
from functools import partial

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm, _NormBase

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.probes import lesson04 as probes
from lib.batchnorm import keep_batchnorm_frozen


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)

    def case(words: str, *, alone: bool) -> Case:
        vectors = torch.randn(6, 8, generator=generator) * 2 + 1
        return Case(words, {"seed": seed, "vectors": vectors, "alone": alone})

    return [
        case("a network with norms of seven kinds, one without statistics, and dropout", alone=False),
        case("a single BatchNorm1d", alone=True),
    ]


# ---- misconceptions -----------------------------------------------------------------------------------------------


def _stay(layer: nn.Module, mode: bool = True) -> nn.Module:
    for child in layer.children():
        child.train(mode)
    return layer


def _pin(layers: Iterable[nn.Module]) -> None:
    for layer in layers:
        layer.training = False
        vars(layer)["train"] = partial(_stay, layer)


def _pinning(which: Callable[[nn.Module], bool]) -> Callable[[nn.Module], nn.Module]:
    def keep(model: nn.Module) -> nn.Module:
        _pin([layer for layer in model.modules() if which(layer)])
        return model

    return keep


def _tracks(layer: nn.Module) -> bool:
    return isinstance(layer, _NormBase) and layer.running_mean is not None


def _evaluation_once(model: nn.Module) -> nn.Module:
    for layer in filter(_tracks, model.modules()):
        layer.eval()
    return model


def _whole_network(model: nn.Module) -> nn.Module:
    _pin(list(model.modules()))
    return model


def _parameters_too(model: nn.Module) -> nn.Module:
    for layer in filter(_tracks, model.modules()):
        layer.requires_grad_(False)
        _pin([layer])
    return model


def _parameters_only(model: nn.Module) -> nn.Module:
    for layer in filter(_tracks, model.modules()):
        layer.requires_grad_(False)
    return model


def _unfreezes(model: nn.Module) -> nn.Module:
    for layer in filter(_tracks, model.modules()):
        layer.requires_grad_(True)
        _pin([layer])
    return model


def _momentum(model: nn.Module) -> nn.Module:
    for layer in filter(_tracks, model.modules()):
        vars(layer)["momentum"] = 0.0
    return model


def _no_statistics(model: nn.Module) -> nn.Module:
    for layer in model.modules():
        if isinstance(layer, _NormBase):
            layer.track_running_stats = False
            layer.running_mean, layer.running_var, layer.num_batches_tracked = None, None, None
    return model


def _children_only(model: nn.Module) -> nn.Module:
    _pin([layer for layer in model.children() if _tracks(layer)])
    return model


_PROPERTIES = (
    Property(
        "Running statistics stay, whatever their layer's kind, and are what the layer normalises by.",
        2,
        ("it returns the model", "statistics that moved", "output in training mode"),
    ),
    Property(
        "It lasts: a later .train(), of the network or of the layer itself, changes nothing.",
        1,
        (
            "layers in training mode at once",
            "layers in training mode after .train()",
            "layers in training mode after a .train() of each",
            "statistics that moved",
        ),
        cases=(1,),
    ),
    Property(
        "Every other layer keeps its mode and follows .train(), a norm without statistics too.",
        1,
        ("layers in training mode at once", "layers in training mode after .train()"),
        cases=(0,),
    ),
    Property(
        "γ and β are left as they are, and learn where they may.",
        1,
        ("flags that changed", "parameters that got a gradient", "statistics that moved"),
        cases=(0,),
    ),
)

EXERCISE = Exercise(
    lesson="04_fine_tuning_strategies",
    reference=keep_batchnorm_frozen,
    probe=probes.keep_batchnorm_frozen,
    cases=_cases,
    properties=_PROPERTIES,
    misconceptions=(
        Misconception(
            "evaluation-once",
            _evaluation_once,
            "Evaluation mode is right, but it does not last: the next epoch begins with .train(), and your layers "
            "follow. They have to be pinned.",
        ),
        Misconception(
            "whole-network",
            _whole_network,
            "Everything is in evaluation mode for good: dropout no longer drops where it should. Only layers with "
            "running statistics are meant.",
        ),
        Misconception(
            "parameters-too",
            _parameters_too,
            "You take the gradient from γ and β as well. They belong to a stage that learns; only the statistics are "
            "to stay.",
        ),
        Misconception(
            "parameters-only",
            _parameters_only,
            "You freeze γ and β. The running statistics are no parameters: no flag holds them, and they still move.",
        ),
        Misconception(
            "unfreezes",
            _unfreezes,
            "γ and β of one layer were frozen before, and learn afterwards. Their flags are to be left as they are.",
        ),
        Misconception(
            "momentum-zero",
            _momentum,
            "Momentum 0 holds the statistics, but in training mode they are not used: the layer still normalises by "
            "the batch at hand, and counts it.",
        ),
        Misconception(
            "statistics-thrown-away",
            _no_statistics,
            "Without statistics the layer must use those of the batch, also when it predicts. The source's are to be "
            "kept and used.",
        ),
        Misconception(
            "two-dimensional-only",
            _pinning(lambda layer: isinstance(layer, nn.BatchNorm2d)),
            "You pin BatchNorm2d alone. Norms of vectors and of volumes keep statistics as well, and so does instance "
            "norm that tracks.",
        ),
        Misconception(
            "instance-norm-forgotten",
            _pinning(lambda layer: isinstance(layer, _BatchNorm) and layer.running_mean is not None),
            "Batch norm is still. Instance norm keeps running statistics too if it was asked to, and they move.",
        ),
        Misconception(
            "without-statistics-too",
            _pinning(lambda layer: isinstance(layer, _NormBase)),
            "You also pin the batch norm that was made with track_running_stats=False. It has no statistics to keep, "
            "and should follow .train() as before.",
        ),
        Misconception(
            "children-only",
            _children_only,
            "You do not find the norms. They sit inside blocks inside stages, under any name, and the model may be "
            "one itself: which method walks through all layers?",
        ),
    ),
    difficulty=1,
    minutes=10,
    hints=(
        "Which layers? Not a list of class names: those whose running_mean is a tensor, at any depth. A layer that has "
        "no such attribute has no statistics.",
        "getattr(layer, 'running_mean', None) is None where there are no statistics. For the others pin(layer), which "
        "the setup cell imports, and nothing else.",
    ),
)

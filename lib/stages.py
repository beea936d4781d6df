"""A network taken apart: its stages, from the image to the scores, and the layers that put the scores out.

Stages are what gets frozen, unfrozen and given learning rates of their own. In a convolutional network a stage begins
where the picture shrinks: at a convolution or a pooling with a stride of more than one. The head is the output layer:
it alone speaks the source task's language, and everything before it is worth keeping.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeGuard

from torch import nn
from torchvision import models
from torchvision.models.vision_transformer import Encoder


@dataclass(frozen=True)
class Stage:
    """A part of a network that is frozen or trained as one.

    modules: its layers or blocks, in order. own_parameters: parameters that belong to none of them because the network
    holds them itself, such as a vision transformer's class token.

    Example:
        >>> stage = Stage("head", (nn.Dropout(), nn.Linear(4, 2)))
        >>> [tuple(parameter.shape) for parameter in stage.parameters()]
        [(2, 4), (2,)]
    """

    name: str
    modules: tuple[nn.Module, ...]
    own_parameters: tuple[nn.Parameter, ...] = ()

    def parameters(self) -> Iterator[nn.Parameter]:
        """Every parameter of the stage, each once."""
        inside = (parameter for module in self.modules for parameter in module.parameters())
        return iter({id(parameter): parameter for parameter in [*self.own_parameters, *inside]}.values())


def stages(model: nn.Module) -> dict[str, Stage]:
    """The stages of `model` by name, from the input to the output; the last is "head".

    Every parameter and every layer is in exactly one stage. Torchvision's 80 classifiers, and networks of the same
    classes, have five to eight: a stem, one stage for each size of the picture (for a vision transformer, a quarter of
    its blocks), sometimes a "classifier", and the head: the output layer, or what was put in its place, with the
    auxiliary heads if there are any. Any other network is divided into its children, in the order in which they are
    registered. Nothing is changed. Raises ValueError for a model without parameters.

    Example:
        >>> list(stages(models.resnet18()))
        ['stem', 'layer1', 'layer2', 'layer3', 'layer4', 'head']
    """
    if next(model.parameters(), None) is None:
        raise ValueError(f"model: expected parameters to divide into stages, found none in {type(model).__name__}")
    family = _family(model)
    groups = _children(model) if family is None else _shrinking(model, family)
    names = map(_child_name if family is None else _stage_name, range(len(groups) - 1), groups)
    return {name: _stage(name, group) for name, group in zip([*names, "head"], groups, strict=True)}


def output_layers(model: nn.Module) -> dict[str, nn.Linear | nn.Conv2d]:
    """The layers that put out the scores, by their dotted names: auxiliary heads' first, the network's own last.

    The network's own is its last nn.Linear or 1×1 nn.Conv2d, in the order in which its layers are registered. Auxiliary
    heads are parts named aux…, as in GoogLeNet and Inception. Raises ValueError where there is no such layer.

    Example:
        >>> output_layers(nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)))
        {'2': Linear(in_features=3, out_features=2, bias=True)}
    """
    layers: dict[str, nn.Module]
    layers = {n: m for n, m in model.named_modules() if isinstance(m, nn.Linear | nn.Conv2d | nn.Identity) and n}
    own = [name for name in layers if not name.lower().startswith("aux")]
    auxiliary = {name.split(".")[0]: name for name in layers if name not in own}  # the last one in each part stays
    last = {name: layers[name] for name in [*auxiliary.values(), *own[-1:]]}
    outputs = {name: layer for name, layer in last.items() if _is_output(layer)}
    if not own or len(outputs) < len(last):
        raise ValueError(f"model: expected one that ends in nn.Linear or a 1×1 nn.Conv2d, got {_ending(last, model)}")
    return outputs


# ---- families -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Family:
    """What cannot be read off a network: where its head is, and where a stage begins although nothing shrinks."""

    head: str
    begins: tuple[str, ...] = ()


_FIRST_BLOCK = ("features.1",)
_FAMILIES: dict[type[nn.Module], _Family] = {
    models.AlexNet: _Family("classifier.6"),
    models.ConvNeXt: _Family("classifier.2", _FIRST_BLOCK),
    models.DenseNet: _Family("classifier"),
    models.EfficientNet: _Family("classifier.1", _FIRST_BLOCK),
    models.GoogLeNet: _Family("fc"),
    models.Inception3: _Family("fc"),
    models.MaxVit: _Family("classifier.5"),
    models.MNASNet: _Family("classifier.1"),
    models.MobileNetV2: _Family("classifier.1", _FIRST_BLOCK),
    models.MobileNetV3: _Family("classifier.3", _FIRST_BLOCK),
    models.RegNet: _Family("fc"),
    models.ResNet: _Family("fc"),
    models.ShuffleNetV2: _Family("fc"),
    models.SqueezeNet: _Family("classifier.1"),
    # patches are merged by a linear layer, which has no stride
    models.SwinTransformer: _Family("head", ("features.1", "features.2", "features.4", "features.6")),
    models.VGG: _Family("classifier.6"),
    models.VisionTransformer: _Family("heads.head"),
}


def _family(model: nn.Module) -> _Family | None:
    """The model's family, unless its head has been moved from where the family has it."""
    family = next((family for kind, family in _FAMILIES.items() if isinstance(model, kind)), None)
    return family if family is not None and family.head in dict(model.named_modules()) else None


# ---- from parts to stages -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Part:
    """A layer, a block, or a parameter that a network holds itself, with its dotted name."""

    path: str
    value: nn.Module | nn.Parameter
    learns: bool  # whether it has parameters or statistics, or is the head
    begins: bool  # whether a stage begins here


def _children(model: nn.Module) -> list[list[_Part]]:
    """Each child that learns is a group of its own."""
    parts = [_Part(name, value, learns=True, begins=False) for name, value in model.named_parameters(recurse=False)]
    parts += [_Part(name, child, _learns(child), begins=True) for name, child in model.named_children()]
    return _groups(parts)


def _shrinking(model: nn.Module, family: _Family) -> list[list[_Part]]:
    """The parts, in order, grouped by the size of the picture; the head last, with the auxiliary heads."""
    parts = list(_parts(model, "", family.head, _beginnings(model, family)))
    groups = _groups([part for part in parts if not _is_auxiliary(part.path)])
    groups[-1] += [part for part in parts if _is_auxiliary(part.path)]
    return groups


def _beginnings(model: nn.Module, family: _Family) -> set[nn.Module]:
    """The layers and blocks at which a stage begins."""
    head = model.get_submodule(family.head)
    found = {head, *(model.get_submodule(path) for path in family.begins)}
    found |= {module for module in model.modules() if getattr(module, "stride", 1) not in (1, (1, 1))}
    around = list(model.get_submodule(family.head.rpartition(".")[0]).children())
    if around != list(model.children()) and any(isinstance(layer, nn.Linear) and layer is not head for layer in around):
        found.add(around[0])
    if isinstance(model, models.VisionTransformer):
        layers = list(model.encoder.layers)
        found.update(layers[:: max(1, len(layers) // 4)])
    return found


def _parts(module: nn.Module, prefix: str, head: str, beginnings: set[nn.Module]) -> Iterator[_Part]:
    """What stages are made of, in order: a part in which more than one stage begins is taken apart further."""
    for name, parameter in module.named_parameters(recurse=False):
        yield _Part(prefix + name, parameter, learns=True, begins=False)
    for name, child in module.named_children():
        path = prefix + name
        if head.startswith(f"{path}.") or _holds_several(child, beginnings):
            yield from _parts(child, f"{path}.", head, beginnings)
        else:
            yield _Part(path, child, path == head or _learns(child), not beginnings.isdisjoint(child.modules()))


def _holds_several(module: nn.Module, beginnings: set[nn.Module]) -> bool:
    """Whether several stages begin inside: branches side by side do not count, only parts that run in turn."""
    if not isinstance(module, nn.Sequential | nn.ModuleList | Encoder):
        return False
    children = list(module.children())
    begin = sum(not beginnings.isdisjoint(child.modules()) for child in children)
    return begin > 1 or any(_holds_several(child, beginnings) for child in children)


def _groups(parts: Iterable[_Part]) -> list[list[_Part]]:
    """Parts in groups, a new one where a stage begins, each with something that learns.

    Pooling and dropout go with what follows them, activations with what they follow.
    """
    groups: list[list[_Part]] = [[]]
    waiting: list[_Part] = []
    for part in parts:
        if not part.learns:
            (waiting if waiting or part.begins or isinstance(part.value, nn.Dropout) else groups[-1]).append(part)
            continue
        full = any(earlier.learns and isinstance(earlier.value, nn.Module) for earlier in groups[-1])
        if full and any(one.begins for one in [*waiting, part]):
            groups.append([])
        groups[-1] += [*waiting, part]
        waiting = []
    groups[-1] += waiting
    return groups


def _stage_name(position: int, group: list[_Part]) -> str:
    """The network's own name where it numbers its stages; else stem, stage1, stage2, …, and classifier."""
    paths = [part.path for part in group if part.learns]
    numbered = [match[1] for path in paths if (match := re.search(r"\b((?:layer|stage|block|denseblock)\d+)$", path))]
    if paths[0].startswith("classifier."):
        return "classifier"
    return numbered[0] if numbered else f"stage{position}" if position else "stem"


def _child_name(position: int, group: list[_Part]) -> str:
    name = next(part.path for part in group if part.learns and isinstance(part.value, nn.Module))
    return name if name != "head" else f"{position}.head"  # the last stage alone is "head"; no child's name has a dot


def _stage(name: str, group: list[_Part]) -> Stage:
    values = [part.value for part in group]
    own = tuple(value for value in values if isinstance(value, nn.Parameter))
    return Stage(name, tuple(value for value in values if isinstance(value, nn.Module)), own)


def _learns(module: nn.Module) -> bool:
    return next(module.parameters(), None) is not None or next(module.buffers(), None) is not None


def _is_auxiliary(path: str) -> bool:
    return path.lower().startswith("aux")


def _is_output(layer: nn.Module) -> TypeGuard[nn.Linear | nn.Conv2d]:
    if isinstance(layer, nn.Conv2d):
        return layer.kernel_size == (1, 1) and layer.groups == 1
    return isinstance(layer, nn.Linear)


def _ending(last: dict[str, nn.Module], model: nn.Module) -> str:
    if not last:
        return f"a {type(model).__name__} without one"
    name, layer = list(last.items())[-1]
    removed = ": its head has been removed" if isinstance(layer, nn.Identity) else ""
    return f"{name} = {layer}{removed}"

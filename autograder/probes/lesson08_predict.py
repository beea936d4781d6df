"""What is done with a prediction in lesson 8, and what is seen. No answers here."""

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from autograder.probes import attempt, is_unwritten, networks, seen
from autograder.probes.lesson04 import or_error
from autograder.probes.lesson06 import number

CLASSES = ["violet", "amber", "teal", "red", "brown"]  # in no order


def prediction(
    implementation: Any,
    device: torch.device,
    seed: int,
    form: str,
    pictures: Tensor,
    dtype: str = "float32",
    **arguments: Any,
) -> dict[str, Any]:
    """Have pictures named by a network some of whose layers are in training mode; form: what pictures come as."""
    model = networks.build("fc", seed, device, getattr(torch, dtype))
    for count, layer in enumerate(model.modules()):
        layer.training = count % 3 != 0
    if form == "refused":
        return _refused(implementation, model, pictures)
    modes, before = [layer.training for layer in model.modules()], networks.statistics(model)
    watch = _Watch(model)
    given = _FORMS[form](pictures)
    found = implementation(model, given, list(CLASSES), _prepared, **arguments)
    recording = torch.is_grad_enabled()
    pairs = found if isinstance(found, list) else []
    return {
        "gradients are recorded afterwards": recording,
        "weights that no longer learn": sum(not weight.requires_grad for weight in model.parameters()),
        "type of the model afterwards": str(next(model.parameters()).dtype),
        "what it returns": _kind(found),
        "names": [seen(pair[0]) for pair in pairs if _is_pair(pair)],
        "confidences": [_plain(pair[1]) for pair in pairs if _is_pair(pair)],
        "pictures in the model at once, at most": watch.most,
        "layers in training mode during a pass": watch.training,
        "the scores carry a history": watch.history,
        "layers whose mode changed": _changed(model, modes, watch),
        "running statistics that moved": networks.changed(before, networks.statistics(model)),
        "names by a model without weights": (
            _without_weights(implementation, pictures, **arguments) if dtype == "float64" else None
        ),
    }


def _prepared(images: Tensor) -> Tensor:
    """Pixels in [0, 1], at 8 × 8, normalised: in float32, as preparations are."""
    pixels = images.float() / 255 if images.dtype == torch.uint8 else images.float()
    return (F.interpolate(pixels, (8, 8), mode="nearest") - 0.5) / 0.125


def _arrays(pictures: Tensor) -> list[Any]:
    """Arrays of uint8, (height, width, 3), each of another size."""
    sizes = [(8 - count % 3, 8) for count in range(len(pictures))]
    return [one[:, :h, :w].permute(1, 2, 0).cpu().numpy() for one, (h, w) in zip(pictures, sizes, strict=True)]


_FORMS: dict[str, Any] = {
    "a batch": lambda pictures: pictures,
    "one picture": lambda pictures: pictures[0].float() / 255,
    "arrays": _arrays,
}


def _without_weights(implementation: Any, pictures: Tensor, **arguments: Any) -> Any:
    model = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    found, error = attempt(lambda: implementation(model, pictures, CLASSES[:3], _prepared, **arguments))
    if is_unwritten(error):
        raise error
    named = [seen(pair[0]) for pair in found if _is_pair(pair)] if isinstance(found, list) else []
    return named if error is None else f"it raised {type(error).__name__}"


def _changed(model: nn.Module, modes: list[bool], watch: "_Watch") -> Any:
    if isinstance(watch.most, str):
        return watch.most
    return sum(layer.training != mode for layer, mode in zip(model.modules(), modes, strict=True))


def _refused(implementation: Any, model: nn.Module, pictures: Tensor) -> dict[str, Any]:
    def outcome(classes: list[str], **options: Any) -> Any:
        return or_error(lambda: _kind(implementation(model, pictures, classes, _prepared, **options)))

    modes, watch = [layer.training for layer in model.modules()], _Watch(model)
    found = {
        "temperature NaN": outcome(CLASSES, temperature=math.nan),
        "an infinite temperature": outcome(CLASSES, temperature=math.inf),
        "temperature 0": outcome(CLASSES, temperature=0.0),
        "temperature -1": outcome(CLASSES, temperature=-1.0),
        "three names for five scores": outcome(CLASSES[:3]),
        "six names for five scores": outcome([*CLASSES, "grey"]),
    }
    bias = list(model.parameters())[-1]
    for word, value in (("an infinite score", torch.inf), ("scores that are NaN", torch.nan)):
        with torch.no_grad():
            bias[:1] = value
        found[word] = outcome(CLASSES)
    return found | {"layers whose mode changed": _changed(model, modes, watch)}


class _Watch:
    """Looks at each pass of a model: how many pictures, layers in training mode, and whether scores have a history."""

    def __init__(self, model: nn.Module) -> None:
        self.most: Any = "there was no pass"
        self.training: Any = self.most
        self.history: Any = self.most
        model.register_forward_hook(self._look)

    def _look(self, model: nn.Module, inputs: Any, scores: Tensor) -> None:
        first = isinstance(self.most, str)
        count, training = len(inputs[0]), sum(layer.training for layer in model.modules())
        self.most = count if first else max(count, self.most)
        self.training = training if first else max(training, self.training)
        self.history = scores.requires_grad if first else self.history or scores.requires_grad


def _is_pair(value: Any) -> bool:
    return isinstance(value, tuple | list) and len(value) == 2


def _plain(value: Any) -> Any:
    return number(value.detach() if isinstance(value, Tensor) else value)


def _kind(found: Any) -> str:
    if not isinstance(found, list):
        return f"no list, but {type(found).__name__}"
    kinds = {tuple(_word(one) for one in pair) if _is_pair(pair) else ("no pair",) for pair in found}
    return f"{len(found)} pairs of " + " or ".join(sorted(" and ".join(kind) for kind in kinds))


def _word(value: Any) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "number"
    return "name" if isinstance(value, str) else type(value).__name__

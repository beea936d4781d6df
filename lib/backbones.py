"""Pre-trained networks: load one, prepare images as it expects them, give it a new head.

The bundled backbones learnt GlyphNet and need no network. Torchvision's 80 classifiers learnt ImageNet; their weights
are downloaded when they are asked for by name, and only then.
"""

import difflib
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
import torchvision
from torch import Tensor, nn

from lib.bundled import ARCHITECTURES
from lib.published import check_weights, published_model, published_weights, seeded
from lib.stages import output_layers

WEIGHTS = Path(__file__).parent / "weights"
SOURCE_CLASSES = 1000  # of GlyphNet, as of ImageNet


# ---- loading ------------------------------------------------------------------------------------------------------


def backbone_names() -> list[str]:
    """Every name that `load_backbone` knows: the bundled ones first, then torchvision's 80 classifiers.

    Example:
        >>> backbone_names()[:4], len(backbone_names())
        (['resnet10', 'efficientnet_mini', 'convnext_mini', 'alexnet'], 83)
    """
    return [*ARCHITECTURES, *torchvision.models.list_models(module=torchvision.models)]


def load_backbone(name: str, weights: str | None = "bundled", *, seed: int = 0) -> nn.Module:
    """A network with its pre-trained weights, float32, on the CPU, in evaluation mode, with its 1,000-class head.

    weights: "bundled" for the course's own, trained on GlyphNet; the name of torchvision's, such as "IMAGENET1K_V2" or
    "DEFAULT", which are downloaded once, from COURSE_MIRROR first if that is set (lib.downloads.addresses), and checked
    against the hash in their file name; None for a network that has learnt nothing, its weights drawn from `seed` (and
    `seed` is used for nothing else). The global random state is left as it is.

    Raises ValueError for an unknown name or unknown weights, and for a bundled file that is not what its hash says;
    FileNotFoundError where a bundled file is missing; DownloadError where weights cannot be downloaded.

    Example:
        >>> load_backbone("resnet10", weights=None)(torch.zeros(2, 3, 48, 48)).shape
        torch.Size([2, 1000])
    """
    _check_name(name)
    if weights is None:
        model = seeded(partial(_build, name), seed)
    elif name in ARCHITECTURES:
        check_weights(name, weights, ["bundled"])
        model = seeded(partial(_build, name), seed)
        model.load_state_dict(_bundled_state(name))
    else:
        model = published_model(name, published_weights(name, weights))
    return model.eval()


def pretrained_weights(name: str) -> str:
    """What `weights` is for the pre-trained ones that a name comes with: "bundled", or torchvision's "DEFAULT".

    Example:
        >>> pretrained_weights("resnet10"), pretrained_weights("resnet50")
        ('bundled', 'DEFAULT')
    """
    return "bundled" if name in ARCHITECTURES else "DEFAULT"


def model_card(name: str) -> dict[str, Any]:
    """What is known of a bundled network: how, how long and on what it was trained, what it reaches, and its hash.

    Raises FileNotFoundError where the card is missing.

    Example:
        >>> model_card("resnet10")["images"], f"{model_card('resnet10')['source_top1']:.2%}"
        (1792000, '62.95%')
    """
    return json.loads(_bundled_bytes(WEIGHTS / f"{name}.json"))


def weight_file(name: str) -> Path:
    """Where the weights of a bundled network are kept."""
    return WEIGHTS / f"{name}.safetensors"


# ---- preparing images ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Normalisation:
    """x ↦ (x − mean) / std, channel by channel, with the statistics of the source domain.

    Takes images of shape (N, 3, H, W), uint8 in [0, 255] or floating point in [0, 1], on any device, and leaves their
    size alone. Returns float32. Raises ValueError for another shape, TypeError for another type.

    Example:
        >>> Normalisation(mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))(torch.ones(1, 3, 2, 2)).mean().item()
        1.0
    """

    mean: tuple[float, float, float]
    std: tuple[float, float, float]

    def __call__(self, images: Tensor) -> Tensor:
        """The normalised images; `images` is left as it is."""
        if images.ndim != 4 or images.shape[1] != 3:
            raise ValueError(f"images: expected the shape (N, 3, height, width), got {tuple(images.shape)}")
        if images.dtype != torch.uint8 and not images.is_floating_point():
            raise TypeError(f"images: expected uint8 or a floating-point type, got {images.dtype}")
        scaled = images.float() / 255 if images.dtype == torch.uint8 else images.float()
        return (scaled - _by_channel(self.mean, images.device)) / _by_channel(self.std, images.device)


@lru_cache  # to send three numbers to a GPU for every batch makes the CPU wait for it
def _by_channel(values: tuple[float, float, float], device: torch.device) -> Tensor:
    return torch.tensor(values, device=device).view(1, 3, 1, 1)


def preprocessing(name: str, weights: str | None = "bundled") -> Callable[[Tensor], Tensor]:
    """What `load_backbone(name, weights)` expects to be done to images: normalised by *source* statistics, always.

    The function that is returned takes uint8 images or floating-point ones in [0, 1], shape (N, 3, H, W), and gives
    float32; printed, it shows its numbers. For bundled weights the size is left alone; torchvision's also resize and
    crop. With weights=None it is what the same network's default weights would get, so that the two can be compared.
    Raises what `load_backbone` raises, and downloads nothing.

    Example:
        >>> preprocessing("resnet10")(torch.zeros(2, 3, 48, 48).byte()).dtype
        torch.float32
        >>> preprocessing("resnet50", "DEFAULT").crop_size
        [224]
    """
    _check_name(name)
    if name in ARCHITECTURES:
        check_weights(name, weights or "bundled", ["bundled"])
        card = model_card(name)
        return Normalisation(tuple(card["mean"]), tuple(card["std"]))
    return published_weights(name, weights or "DEFAULT").transforms()


# ---- the helpers of loading ---------------------------------------------------------------------------------------


def _check_name(name: str) -> None:
    names = backbone_names()
    if name not in names:
        close = difflib.get_close_matches(name, names, n=3, cutoff=0.4) or list(ARCHITECTURES)
        raise ValueError(f"name: no backbone is called {name!r}; the closest: {', '.join(close)}")


def _build(name: str) -> nn.Module:
    if name in ARCHITECTURES:
        return ARCHITECTURES[name](SOURCE_CLASSES)
    # these two warn that their initialisation may change some day unless it is asked for
    options = {"init_weights": True} if name in ("googlenet", "inception_v3") else {}
    return torchvision.models.get_model(name, weights=None, **options)


def _bundled_state(name: str) -> dict[str, Tensor]:
    data, expected = _bundled_bytes(weight_file(name)), model_card(name)["sha256"]
    found = hashlib.sha256(data).hexdigest()
    if found != expected:
        raise ValueError(f"{weight_file(name)} is damaged: SHA-256 expected {expected}, found {found}. {_RESTORE}")
    state = safetensors.torch.load(data)
    return {key: value.float() if value.is_floating_point() else value for key, value in state.items()}


def _bundled_bytes(path: Path) -> bytes:
    if not path.exists():
        raise FileNotFoundError(f"{path} belongs to the course and is missing. {_RESTORE}")
    return path.read_bytes()


_RESTORE = "Restore it with `git checkout -- lib/weights`, or install the course again."


# ---- the head -----------------------------------------------------------------------------------------------------


def replace_head(model: nn.Module, classes: int, *, hidden: int | None = None, dropout: float = 0.0) -> nn.Module:
    """Put a fresh head in the place of the output layer, for a task with `classes` classes.

    In place; returns `model` itself. With `in` the width of the features, the new head is

    - Linear(in, classes);
    - with `hidden`: Linear(in, hidden) → ReLU → Dropout(dropout) → Linear(hidden, classes);
    - with dropout > 0 and no `hidden`: Dropout(dropout) → Linear(in, classes);

    or 1×1 convolutions where the output layer is one. It has the device and dtype of the layer that it replaces, is in
    the model's mode, and is trainable even in a frozen model. Every other layer and parameter stays the very same
    object with the same values. Auxiliary heads (GoogLeNet, Inception) get such a head too.
    New weights are drawn from torch's global generator, as new layers' always are: for the same ones again, call
    `torch.manual_seed` first.
    Raises ValueError for classes < 1, hidden < 1, dropout outside [0, 1), or a model without an output layer.

    Example:
        >>> model = nn.Sequential(nn.Flatten(), nn.Linear(12, 8), nn.ReLU(), nn.Linear(8, 1000))
        >>> replace_head(model, 3)[-1]
        Linear(in_features=8, out_features=3, bias=True)
    """
    if not isinstance(classes, int) or classes < 1:
        raise ValueError(f"classes: expected an integer of at least 1, got {classes!r}")
    if hidden is not None and (not isinstance(hidden, int) or hidden < 1):
        raise ValueError(f"hidden: expected None or an integer of at least 1, got {hidden!r}")
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout: expected a probability in [0, 1), got {dropout!r}")
    for name, old in output_layers(model).items():
        layer = partial(nn.Conv2d, kernel_size=1) if isinstance(old, nn.Conv2d) else nn.Linear
        width = old.weight.shape[1]
        head: list[nn.Module] = [nn.Dropout(dropout), layer(hidden or width, classes)]
        if hidden:
            head = [layer(width, hidden), nn.ReLU(), *head]
        new = nn.Sequential(*head) if hidden or dropout else head[-1]
        model.set_submodule(name, new.to(old.weight).train(model.training))
    return model


def remove_head(model: nn.Module) -> int:
    """Make the output layer nn.Identity, so that the model puts out features; return their number. In place.

    Auxiliary heads are left as they are. Raises ValueError for a model without an output layer.

    Example:
        >>> remove_head(nn.Sequential(nn.Flatten(), nn.Linear(12, 8), nn.ReLU(), nn.Linear(8, 1000)))
        8
    """
    *_, (name, old) = output_layers(model).items()
    model.set_submodule(name, nn.Identity())
    return old.weight.shape[1]

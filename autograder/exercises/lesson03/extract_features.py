"""Exercise: compute the features of a data set once."""

import torch
from torch import Tensor, nn

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.probes import lesson03 as probes
from lib.features import extract_features


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)
    return [
        Case(
            words,
            {
                "kind": "fc",
                "seed": seed + i,
                "images": torch.randn(count, 3, 8, 8, generator=generator) * 2 + 1,
                "batch_size": batch_size,
            },
        )
        for i, (words, count, batch_size) in enumerate(
            (
                ("12 images in batches of 4", 12, 4),
                ("11 images in batches of 2, the last batch smaller", 11, 2),
                ("3 images in batches of 8", 3, 8),
            )
        )
    ]


# ---- misconceptions: the reference, with one thing wrong ------------------------------------------------------------


def _modes(backbone: nn.Module) -> list[tuple[nn.Module, bool]]:
    return [(layer, layer.training) for layer in backbone.modules()]


def _restore(modes: list[tuple[nn.Module, bool]]) -> None:
    for layer, mode in modes:
        layer.training = mode


@torch.no_grad()
def _training_mode(backbone: nn.Module, images: Tensor, batch_size: int = 256) -> Tensor:
    return torch.cat([backbone(batch) for batch in images.split(batch_size)])


def _with_history(backbone: nn.Module, images: Tensor, batch_size: int = 256) -> Tensor:
    modes = _modes(backbone)
    backbone.eval()
    features = torch.cat([backbone(batch) for batch in images.split(batch_size)])
    _restore(modes)
    return features


def _inference(backbone: nn.Module, images: Tensor, batch_size: int = 256) -> Tensor:
    with torch.inference_mode():
        return _with_history(backbone, images, batch_size)


@torch.no_grad()
def _drops_last(backbone: nn.Module, images: Tensor, batch_size: int = 256) -> Tensor:
    whole = len(images) // batch_size * batch_size
    return _with_history(backbone, images[: whole or len(images)], batch_size)


@torch.no_grad()
def _leaves_evaluation(backbone: nn.Module, images: Tensor, batch_size: int = 256) -> Tensor:
    backbone.eval()
    return torch.cat([backbone(batch) for batch in images.split(batch_size)])


@torch.no_grad()
def _trains_everything(backbone: nn.Module, images: Tensor, batch_size: int = 256) -> Tensor:
    features = _leaves_evaluation(backbone, images, batch_size)
    backbone.train()
    return features


def _freezes(backbone: nn.Module, images: Tensor, batch_size: int = 256) -> Tensor:
    return _with_history(backbone.requires_grad_(False), images, batch_size)


@torch.no_grad()
def _all_at_once(backbone: nn.Module, images: Tensor, batch_size: int = 256) -> Tensor:
    return _with_history(backbone, images, len(images))


@torch.no_grad()
def _so_many_batches(backbone: nn.Module, images: Tensor, batch_size: int = 256) -> Tensor:
    return torch.cat([_with_history(backbone, batch, len(batch)) for batch in images.chunk(batch_size)])


@torch.no_grad()
def _list(backbone: nn.Module, images: Tensor, batch_size: int = 256) -> list[Tensor]:
    return list(_with_history(backbone, images, batch_size).split(batch_size))


EXERCISE = Exercise(
    lesson="03_feature_extraction_vs_fine_tuning",
    reference=extract_features,
    probe=probes.extract_features,
    cases=_cases,
    properties=(
        Property(
            "The features are those of evaluation mode, in the order of the images.", 1, ("features",), cases=(0,)
        ),
        Property(
            "Any number of images works, at most batch_size at a time.",
            1,
            ("shape", "at most batch_size images at a time"),
        ),
        Property(
            "They carry no history, and a head can be trained on them.",
            1,
            ("shape", "features carry history", "a head can be trained on them"),
            cases=(0,),
        ),
        Property(
            "The backbone is left as it was: every layer's mode, every running statistic, what may learn.",
            1,
            (
                "shape",
                "layers left in another mode",
                "statistics that moved",
                "parameters that are trainable or not, unlike before",
            ),
            cases=(0,),
        ),
    ),
    misconceptions=(
        Misconception(
            "training-mode",
            _training_mode,
            "The backbone runs in the mode it was found in. In training mode batch norm mixes the images of a batch, "
            "so that features depend on their neighbours, and its statistics move while you only want to look.",
        ),
        Misconception(
            "carries-history",
            _with_history,
            "Right numbers, but they remember how they were made: all the backbone's intermediate results stay in "
            "memory, and a backward pass through the head would go on into the backbone.",
        ),
        Misconception(
            "inference-mode",
            _inference,
            "Tensors made under inference_mode can never take part in training: a linear layer refuses them when it "
            "must save its input for the backward pass. There is a milder way to switch recording off.",
        ),
        Misconception(
            "drops-last-batch",
            _drops_last,
            "The images at the end that do not fill a batch are missing. Their labels will then meet other images' "
            "features.",
        ),
        Misconception(
            "leaves-evaluation",
            _leaves_evaluation,
            "Afterwards the backbone is still in evaluation mode. Whoever was training it goes on without dropout and "
            "with still statistics, and nothing tells them.",
        ),
        Misconception(
            "trains-everything",
            _trains_everything,
            "Afterwards .train() puts every layer into training mode, also those that were frozen in evaluation mode "
            "before. Each layer should be as it was found.",
        ),
        Misconception(
            "freezes-it",
            _freezes,
            "You switch requires_grad off to keep history out, and it stays off: whoever was fine-tuning this backbone "
            "finds it frozen. Switch off the recording, not the parameters.",
        ),
        Misconception(
            "all-at-once",
            _all_at_once,
            "All images go through at once. On real data that does not fit into memory; batch_size says how many may.",
        ),
        Misconception(
            "so-many-batches",
            _so_many_batches,
            "You cut the images into batch_size pieces, and many images make large ones. batch_size says how many "
            "images a piece may have.",
        ),
        Misconception(
            "list-of-batches", _list, "This is a list of batches. One tensor is asked for, a row for each image."
        ),
    ),
    difficulty=2,
    minutes=10,
    hints=(
        "Two switches, and they are not the same: evaluation mode changes what layers compute, no_grad what autograd "
        "records. You need both, and the first one must be put back, layer by layer.",
        "Remember layer.training for each of backbone.modules() first. Tensor.split(batch_size) cuts the images, the "
        "last piece shorter; torch.cat joins the features. At the end assign the modes that you remembered.",
    ),
)

"""Exercise: gates that see the whole picture."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.probes import lesson02 as probes
from lib.architectures import squeeze_excitation


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)

    def case(words: str, shape: tuple[int, ...], **given: object) -> Case:
        dtype = torch.float64 if given.pop("double", False) else torch.float32
        x = torch.randn(shape, generator=generator, dtype=dtype) + 0.5
        channels = shape[-3]
        usual = {"reduced": 2, "received": None, "bias": True, "widths": [channels] * 2, "seed": 10 * seed}
        return Case(words, {"x": x} | usual | given)

    return [
        case("3 images, 6 channels, 4 × 5 pixels", (3, 6, 4, 5), reduced=3),
        case("3 images, 4 channels, 3 × 4 pixels, layers without biases", (3, 4, 3, 4), bias=False, reduced=3),
        case("2 images, 5 channels, 1 × 3 pixels, in double precision", (2, 5, 1, 3), double=True),
        case("one image without a batch dimension", (4, 3, 3)),
        case("4 channels and layers made for 3", (2, 4, 3, 3), widths=[3, 3]),
        case("4 channels and a second layer that gives 1", (2, 4, 3, 3), widths=[4, 1]),
        case("a first layer that gives 3 numbers, and a second that takes 2", (2, 4, 3, 3), reduced=3, received=2),
    ]


# ---- misconceptions: the reference, with one thing wrong ------------------------------------------------------------


def _checked(x: Tensor, reduce: nn.Linear, expand: nn.Linear) -> None:
    fits = x.ndim == 4 and reduce.in_features == expand.out_features == x.shape[1]
    if not fits or reduce.out_features != expand.in_features:
        raise ValueError("shapes")


def _gated(gates: Callable[[Tensor, nn.Linear, nn.Linear], Tensor]) -> Callable[..., Tensor]:
    def block(x: Tensor, reduce: nn.Linear, expand: nn.Linear) -> Tensor:
        _checked(x, reduce, expand)
        return x * gates(x, reduce, expand)[:, :, None, None]

    return block


def _excite(z: Tensor, reduce: nn.Linear, expand: nn.Linear) -> Tensor:
    return torch.sigmoid(expand(F.relu(reduce(z))))


def _gates(x: Tensor, reduce: nn.Linear, expand: nn.Linear) -> Tensor:
    _checked(x, reduce, expand)
    return _excite(x.mean((2, 3)), reduce, expand)


def _wrong_axes(x: Tensor, reduce: nn.Linear, expand: nn.Linear) -> Tensor:
    gates = _gates(x, reduce, expand)
    return x * gates if gates.shape == x.shape[2:] else x * gates[:, :, None, None]


def _added(x: Tensor, reduce: nn.Linear, expand: nn.Linear) -> Tensor:
    return x + _gates(x, reduce, expand)[:, :, None, None]


def _kept_and_gated(x: Tensor, reduce: nn.Linear, expand: nn.Linear) -> Tensor:
    return x + x * _gates(x, reduce, expand)[:, :, None, None]


def _unchecked(x: Tensor, reduce: nn.Linear, expand: nn.Linear) -> Tensor:
    return x * _excite(x.mean((2, 3)), reduce, expand)[:, :, None, None]


def _inside_unchecked(x: Tensor, reduce: nn.Linear, expand: nn.Linear) -> Tensor:
    if x.ndim != 4 or not reduce.in_features == expand.out_features == x.shape[1]:
        raise ValueError("shapes")
    return _unchecked(x, reduce, expand)


def _in_place(x: Tensor, reduce: nn.Linear, expand: nn.Linear) -> Tensor:
    return x.mul_(_gates(x, reduce, expand)[:, :, None, None])


EXERCISE = Exercise(
    lesson="02_pretrained_models",
    reference=squeeze_excitation,
    probe=probes.squeeze_excitation,
    cases=_cases,
    properties=(
        Property(
            "Every channel is multiplied by its gate, each image by gates of its own.", 2, ("output",), cases=(0, 2)
        ),
        Property(
            "Layers without biases will do, and the picture may have any height and width.", 1, ("output",), cases=(1,)
        ),
        Property(
            "Both layers get their gradient, and x is left alone.",
            1,
            ("gradient of the first layer", "gradient of the second layer", "x is left alone"),
            cases=(0, 2),
        ),
        Property("Wrong dimensions, and layers that do not fit, are a ValueError.", 1, ("output",), cases=(3, 4, 5, 6)),
    ),
    misconceptions=(
        Misconception(
            "sums-over-space",
            _gated(lambda x, r, e: _excite(x.sum((2, 3)), r, e)),
            "You sum over height and width. Then a larger picture opens its gates further; the squeeze is a mean.",
        ),
        Misconception(
            "takes-the-maximum",
            _gated(lambda x, r, e: _excite(x.amax((2, 3)), r, e)),
            "You squeeze by the maximum: one bright pixel then speaks for the whole picture. It is the mean here.",
        ),
        Misconception(
            "one-gate-for-the-batch",
            _gated(lambda x, r, e: _excite(x.mean((2, 3)).mean(0, keepdim=True).expand(len(x), -1), r, e)),
            "All images of the batch share their gates. Squeeze over height and width, and leave the batch alone: what "
            "is in one picture says nothing about another.",
        ),
        Misconception(
            "softmax",
            _gated(lambda x, r, e: e(F.relu(r(x.mean((2, 3))))).softmax(1)),
            "Your gates add up to one: a softmax makes channels compete. The sigmoid opens each of them for itself.",
        ),
        Misconception(
            "no-relu",
            _gated(lambda x, r, e: torch.sigmoid(e(r(x.mean((2, 3)))))),
            "Between the two layers stands a ReLU. Without it they are one linear map in two pieces.",
        ),
        Misconception(
            "relu-last",
            _gated(lambda x, r, e: torch.sigmoid(F.relu(e(r(x.mean((2, 3))))))),
            "Your ReLU comes after the second layer, so that no gate is below one half. It stands between the two.",
        ),
        Misconception(
            "activations-swapped",
            _gated(lambda x, r, e: F.relu(e(torch.sigmoid(r(x.mean((2, 3))))))),
            "The activations have changed places: ReLU comes after the first layer, and the sigmoid last, so that a "
            "gate lies between 0 and 1.",
        ),
        Misconception(
            "wrong-axes",
            _wrong_axes,
            "Your gates have the shape (N, C), and a product aligns shapes from the right: where height and width "
            "happen to be N and C, each pixel gets a gate. Give them two more axes.",
        ),
        Misconception(
            "adds-the-gates", _added, "You add the gates. A gate multiplies: at 0 it shuts, at 1 it lets through."
        ),
        Misconception(
            "returns-the-gates",
            _gates,
            "These are the gates alone. What is asked for are the feature maps after them.",
        ),
        Misconception(
            "adds-its-input",
            _kept_and_gated,
            "You add x once more, as in a residual connection. Then no gate can shut: the block returns s · x and no "
            "more.",
        ),
        Misconception(
            "inside-unchecked",
            _inside_unchecked,
            "You compare both layers with the channels, and not with one another: what the first gives, the second "
            "has to take.",
        ),
        Misconception(
            "unchecked",
            _unchecked,
            "All is right until something does not fit. Then torch speaks of matrices or, where the second "
            "layer gives one gate for all channels, goes on without a word: check the shapes first.",
        ),
        Misconception(
            "in-place",
            _in_place,
            "You write into x. The caller may still need it, and autograd certainly does.",
        ),
    ),
    difficulty=2,
    minutes=12,
    hints=(
        "Squeeze (N, C, H, W) to (N, C) first: one number for each channel of each image. Then two layers, each with "
        "its activation, and the product.",
        "x.mean((2, 3)), then torch.sigmoid(expand(F.relu(reduce(…)))), then x * gates[:, :, None, None]. Before "
        "that, compare x.ndim with 4 and the layers' in_features and out_features with x.shape[1] and each other.",
    ),
)

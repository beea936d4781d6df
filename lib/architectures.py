"""Architectures: the parts that made networks better, and what a choice among them costs.

Two parts as functions: the residual connection, which lets a deep network learn, and squeeze-and-excitation, which
weighs channels by what the whole picture holds. Then torchvision's 80 classifiers as a table, from the metadata that
comes with their weights, without a download, and two ways to choose from it.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision import models

# ---- parts --------------------------------------------------------------------------------------------------------


def residual_block(
    x: Tensor, branch: Callable[[Tensor], Tensor], shortcut: Callable[[Tensor], Tensor] | None = None
) -> Tensor:
    """The residual connection: a branch learns what is to be added to its input (He et al., 2016, eq. 1 and 2).

        y = relu(F(x) + x),   or, with a shortcut S,   y = relu(F(x) + S(x))

    x: a tensor of any shape. branch: F, a layer or any function of a tensor; it is called once. shortcut: S, the same,
    for branches that change the shape; often a 1×1 convolution and a norm. Neither writes into its input. Returns y.
    x and what the two return are left as they are, also where one of them returns x itself. Gradients flow through
    both summands.

    Raises ValueError where the two summands differ in shape: nothing is broadcast.

    Example:
        >>> x = torch.tensor([[1.0, -2.0]])
        >>> residual_block(x, lambda x: 3 * x + 4)
        tensor([[8., 0.]])
    """
    learnt, kept = branch(x), x if shortcut is None else shortcut(x)
    if learnt.shape != kept.shape:
        got = f"{tuple(learnt.shape)} and {tuple(kept.shape)}"
        raise ValueError(f"branch, shortcut: expected what they return to be of one shape, got {got}")
    return F.relu(learnt + kept)


def squeeze_excitation(x: Tensor, reduce: nn.Linear, expand: nn.Linear) -> Tensor:
    """Squeeze-and-excitation: every channel times a gate that sees the whole picture (Hu et al., 2018, eq. 2 to 4).

        z = mean of x over space,   s = sigmoid(W₂ relu(W₁ z + b₁) + b₂),   y = s · x, channel by channel

    x: feature maps, shape (N, C, H, W), floating point. reduce: W₁ and b₁, nn.Linear(C, R), with R often C/16 or C/4;
    expand: W₂ and b₂, nn.Linear(R, C); either with or without a bias, on x's device and in its dtype. Returns y, of
    x's shape and dtype; x is left as it is. Each image has gates s of its own, in (0, 1).

    Raises ValueError where x has not four dimensions, or where the layers are not C wide outside and equally wide
    inside.

    Example:
        >>> reduce, expand = nn.Linear(3, 1), nn.Linear(1, 3)
        >>> _ = nn.init.zeros_(expand.weight), nn.init.zeros_(expand.bias)
        >>> squeeze_excitation(torch.ones(1, 3, 2, 2), reduce, expand).unique()
        tensor([0.5000], grad_fn=<Unique2Backward0>)
    """
    _check_gates(x, reduce, expand)
    squeezed = x.mean((2, 3))  # (N, C)
    gates = torch.sigmoid(expand(F.relu(reduce(squeezed))))
    return x * gates[:, :, None, None]


def count_parameters(model: nn.Module, trainable_only: bool = False) -> int:
    """How many numbers the model's parameters hold; with `trainable_only`, only those that require a gradient.

    All parameters count, in layers inside layers and outside of layers. One that two layers share counts once. Buffers,
    such as batch norm's running statistics, do not count. Nothing is changed; a model without parameters has 0.

    Example:
        >>> count_parameters(nn.Linear(256, 10))
        2570
    """
    parameters = (p for p in model.parameters() if p.requires_grad or not trainable_only)
    return sum(parameter.numel() for parameter in parameters)


# ---- the table ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Classifier:
    """A torchvision classifier with one set of weights, as their metadata describes it.

    name, weights: what `lib.backbones.load_backbone(name, weights)` takes. parameters: how many; GoogLeNet's without
    its auxiliary heads. accuracy, top5_accuracy: shares in [0, 1] of ImageNet's 50,000 validation images whose class is
    the first guess, or among the first five. gflops: billions of operations for one image of `image_size` pixels a
    side, a multiplication with its addition counted as one; others count two. file_mib: size of the file of weights,
    in MiB. recipe: where torchvision says how they were trained.
    """

    name: str
    weights: str
    parameters: int
    accuracy: float
    top5_accuracy: float
    gflops: float
    file_mib: float
    image_size: int
    recipe: str


def classifier_table(every_weights: bool = False) -> list[Classifier]:
    """Torchvision's 80 ImageNet classifiers, by name, each with its default weights; nothing is downloaded.

    With `every_weights`, a row for each set of weights that classifies ImageNet, in torchvision's order. Accuracies
    compare more than architectures: recipes differ ("IMAGENET1K_V2" is often the same network trained longer, with more
    augmentation), image sizes differ, and weights with SWAG in their name first saw billions of pictures with hashtags.

    Example:
        >>> [row.accuracy for row in classifier_table(every_weights=True) if row.name == "resnet50"]
        [0.7613, 0.80858]
    """
    table = []
    for name in models.list_models(module=models):
        known = models.get_model_weights(name)
        table += [_row(name, weights) for weights in (known if every_weights else [known.DEFAULT])]
    return [row for row in table if not math.isnan(row.accuracy)]  # VGG-16 has weights for features alone


# ---- choosing -----------------------------------------------------------------------------------------------------


def pareto_front(costs: Sequence[float], accuracies: Sequence[float]) -> list[int]:
    """The Pareto front, as indices: every network that no other makes superfluous, the cheapest first.

    Network j dominates network i if it costs no more and is no less accurate, and in one of the two is strictly better.
    What nothing dominates is on the front. So of equal costs only the most accurate stay, and of equal accuracies only
    the cheapest; networks that are equal in both dominate neither one the other, and all stay, in the order of their
    indices.

    costs, accuracies: numbers of any sign and unit, one of each a network; the lists are left as they are. Returns a
    list of ints, cheapest first. Raises ValueError where they are not equally many, or none, or one is not finite.

    Example:
        >>> pareto_front(costs=[4, 1, 2, 3], accuracies=[0.9, 0.6, 0.8, 0.7])
        [1, 2, 0]
    """
    _check_points(costs, accuracies)
    front: list[int] = []
    for index in sorted(range(len(costs)), key=lambda i: (costs[i], -accuracies[i])):
        best = front[-1] if front else index
        equal = (costs[index], accuracies[index]) == (costs[best], accuracies[best])
        if equal or accuracies[index] > accuracies[best]:
            front.append(index)
    return front


def choose_backbone(
    candidates: Iterable[Classifier], max_parameters: float = float("inf"), max_gflops: float = float("inf")
) -> Classifier:
    """The most accurate candidate within a budget, its limits included.

    candidates: a list of rows of `classifier_table`, or of anything with `parameters`, `gflops` and `accuracy`. Of
    equally accurate ones, the one of fewest GFLOP; then of fewest parameters; then the first. Returns the candidate
    itself. Accuracy on the source task is a guide to accuracy on the target (Kornblith et al., 2019), not a promise.

    Raises ValueError where nothing fits, for no candidates, and for a limit that is not above 0, such as nan.

    Example:
        >>> choose_backbone(classifier_table(), max_parameters=12e6, max_gflops=1).name
        'efficientnet_b1'
    """
    for name, limit in (("max_parameters", max_parameters), ("max_gflops", max_gflops)):
        if not limit > 0:
            raise ValueError(f"{name}: expected a number above 0, got {limit!r}")
    fitting = [one for one in candidates if one.parameters <= max_parameters and one.gflops <= max_gflops]
    if not fitting:
        budget = f"at most {max_parameters:g} parameters and {max_gflops:g} GFLOP"
        raise ValueError(f"candidates: expected one of {budget}, got none")
    return min(fitting, key=lambda one: (-one.accuracy, one.gflops, one.parameters))


# ---- helpers ------------------------------------------------------------------------------------------------------


def _row(name: str, weights: models.WeightsEnum) -> Classifier:
    meta = weights.meta
    shares = meta["_metrics"]["ImageNet-1K"]
    return Classifier(
        name=name,
        weights=weights.name,
        parameters=meta["num_params"],
        accuracy=round(shares["acc@1"] / 100, 5),
        top5_accuracy=round(shares["acc@5"] / 100, 5),
        gflops=meta["_ops"],
        file_mib=meta["_file_size"],
        image_size=weights.transforms.keywords["crop_size"],
        recipe=meta["recipe"],
    )


def _check_gates(x: Tensor, reduce: nn.Linear, expand: nn.Linear) -> None:
    if x.ndim != 4:
        raise ValueError(f"x: expected the shape (N, C, H, W), got {tuple(x.shape)}")
    widths = reduce.in_features, reduce.out_features, expand.in_features, expand.out_features
    channels, reduced = x.shape[1], reduce.out_features
    if widths != (channels, reduced, reduced, channels):
        got = "Linear({}, {}) and Linear({}, {})".format(*widths)
        raise ValueError(f"reduce, expand: expected Linear({channels}, R) and Linear(R, {channels}), got {got}")


def _check_points(costs: Sequence[float], accuracies: Sequence[float]) -> None:
    if len(costs) != len(accuracies) or len(costs) == 0:
        got = f"{len(costs)} and {len(accuracies)}"
        raise ValueError(f"costs, accuracies: expected equally many, at least one, got {got}")
    for name, values in (("costs", costs), ("accuracies", accuracies)):
        if wrong := [value for value in values if not math.isfinite(value)]:
            raise ValueError(f"{name}: expected finite numbers, got {wrong[0]}")

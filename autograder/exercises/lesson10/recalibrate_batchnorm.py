"""Exercise: AdaBN, batch norm's statistics measured anew on another domain."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.probes import lesson10 as probes
from lib.recalibration import recalibrate_batchnorm


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)

    def case(words: str, count: int, batch_size: int | None, kind: str = "fc") -> Case:
        images = 2 * torch.randn(count, 3, 8, 8, generator=generator) + 1 + torch.arange(count).view(-1, 1, 1, 1) / 3
        return Case(words, {"kind": kind, "seed": seed + 4, "images": images, "batch_size": batch_size})

    return [
        case("7 images at once, two batch norms", 7, None),
        case("7 images, 3 at a time", 7, 3),
        case("8 images, a norm that is made last and passed first", 8, 5, "crossed"),
    ]


# ---- misconceptions -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _With:
    """The measurement with one thing done otherwise. All take batches of `batch_size` images."""

    correction: int = 1
    pooled: bool = True
    layer_by_layer: bool = True
    momentum: bool = False
    single_pass: bool = False
    as_made: bool = False
    first_only: bool = False
    means_only: bool = False
    left_in: bool | None = None
    returned: bool = True
    over_pixels: bool = True
    of_images: bool = False
    squared_wrong: bool = False

    def __call__(self, model: nn.Module, images: Tensor, batch_size: int = 256) -> Any:
        """What it returns."""
        norms = [layer for layer in model.modules() if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d)]
        modes = [layer.training for layer in model.modules()]
        with torch.no_grad():
            if self.single_pass:
                self._in_training(model, norms, images, batch_size)
            else:
                self._measured(model, norms, images, batch_size)
        for layer, mode in zip(model.modules(), modes, strict=True):
            layer.training = mode if self.left_in is None else self.left_in
        return model if self.returned else None

    def _in_training(self, model: nn.Module, norms: list[Any], images: Tensor, batch_size: int) -> None:
        counts = [(norm.momentum, norm.num_batches_tracked.clone()) for norm in norms]
        model.eval()
        for norm in norms:
            norm.train()
            if not self.momentum:
                norm.reset_running_stats()
                norm.momentum = None
        for batch in images.split(batch_size):
            model(batch)
        for norm, (momentum, count) in zip(norms, counts, strict=True):
            norm.momentum = momentum
            norm.num_batches_tracked.copy_(count)

    def _measured(self, model: nn.Module, norms: list[Any], images: Tensor, batch_size: int) -> None:
        model.eval()
        order = norms if self.as_made else _passed(model, norms, images)
        together: dict[Any, list[Tensor]] = {}
        for norm in order[:1] if self.first_only else order:
            if self.layer_by_layer or norm is order[0]:
                together = _inputs(model, order, images, batch_size)
            mean, variance = self._moments(together[norm])
            norm.running_mean.copy_(mean)
            if not self.means_only:
                norm.running_var.copy_(variance)

    def _moments(self, batches: list[Tensor]) -> tuple[Tensor, Tensor]:
        if not self.over_pixels:
            batches = [batch.flatten(2).mean(2) if batch.ndim > 2 else batch for batch in batches]
        channels = [batch.double().transpose(0, 1).flatten(1) for batch in batches]
        if self.pooled:
            values = torch.cat(channels, dim=1)
            variance = values.var(1, correction=self.correction)
            return values.mean(1), variance.sqrt() if self.squared_wrong else variance
        means = [one.mean(1) for one in channels]
        variances = [one.var(1, correction=min(1, one.shape[1] - 1)) for one in channels]
        return torch.stack(means).mean(0), torch.stack(variances).mean(0)


def _passed(model: nn.Module, norms: list[Any], images: Tensor) -> list[Any]:
    order: list[Any] = []
    hooks = [norm.register_forward_pre_hook(lambda layer, _: order.append(layer)) for norm in norms]
    model(images[:2])
    for hook in hooks:
        hook.remove()
    return order


def _inputs(model: nn.Module, norms: list[Any], images: Tensor, batch_size: int) -> dict[Any, list[Tensor]]:
    found: dict[Any, list[Tensor]] = {norm: [] for norm in norms}
    hooks = [norm.register_forward_pre_hook(lambda layer, args: found[layer].append(args[0])) for norm in norms]
    for batch in images.split(batch_size):
        model(batch)
    for hook in hooks:
        hook.remove()
    return found


EXERCISE = Exercise(
    lesson="10_pitfalls",
    reference=recalibrate_batchnorm,
    probe=probes.recalibrated,
    cases=_cases,
    properties=(
        Property(
            "The first norm holds mean and unbiased variance of all values that reach it.",
            2,
            ("first mean and variance",),
            cases=(0, 1),
            relative=1e-3,
            absolute=1e-4,
        ),
        Property(
            "Later norms are measured behind those that are measured already, in evaluation mode.",
            2,
            ("means", "variances"),
            cases=(0, 1),
            relative=1e-3,
            absolute=1e-4,
        ),
        Property(
            "The order is that in which an image passes.",
            1,
            ("means", "variances"),
            cases=(2,),
            relative=1e-3,
            absolute=1e-4,
        ),
        Property(
            "Modes, momenta, parameters and counts are as before, and the model comes back.",
            1,
            (
                "first mean and variance",
                "modes",
                "momenta are kept",
                "parameters or counts that changed",
                "hooks are left behind",
                "returns the model itself",
            ),
            cases=(0, 1),
            relative=1e-3,
            absolute=1e-4,
        ),
    ),
    misconceptions=(
        Misconception(
            "biased-variance",
            _With(correction=0),
            "You divide by n. The running variance is the unbiased one, over n − 1, as PyTorch itself keeps it.",
        ),
        Misconception(
            "batches-averaged",
            _With(pooled=False),
            "You average the batches' means and variances. A smaller last batch then counts as much as a full one, and "
            "how far the batches' means lie apart is lost. Pool all values.",
        ),
        Misconception(
            "momentum-left",
            _With(single_pass=True, momentum=True),
            "You pass the images in training mode at the usual momentum: nine tenths of the source's statistics remain "
            "after a batch, and the last batches count most.",
        ),
        Misconception(
            "one-training-pass",
            _With(single_pass=True),
            "One pass in training mode is close, but while it runs, each norm hands on values normalised by their own "
            "batch; later norms then measure something that they never get in evaluation mode.",
        ),
        Misconception(
            "all-in-one-pass",
            _With(layer_by_layer=False),
            "You measure all norms in one pass. The second one sees what the first makes of its old statistics, and is "
            "wrong as soon as these are replaced. One pass for each norm, in order.",
        ),
        Misconception(
            "order-of-definition",
            _With(as_made=True),
            "You take the norms in the order in which the model lists them. What counts is the order in which an image "
            "passes them.",
        ),
        Misconception(
            "first-norm-only",
            _With(first_only=True),
            "Only the first norm is measured.",
        ),
        Misconception(
            "means-only",
            _With(means_only=True),
            "The variances are still those of the source.",
        ),
        Misconception(
            "deviation-for-variance",
            _With(squared_wrong=True),
            "You store the standard deviation. running_var holds the variance.",
        ),
        Misconception(
            "images-averaged-first",
            _With(over_pixels=False),
            "You average over each image's pixels first, and what varies within an image is lost. For a channel, "
            "every pixel of every image is a value.",
        ),
        Misconception(
            "left-in-training",
            _With(left_in=True),
            "The statistics are right, but you leave the model in training mode: with the next image they move on.",
        ),
        Misconception(
            "left-in-evaluation",
            _With(left_in=False),
            "The statistics are right, but every layer is in evaluation mode now. The contract keeps the modes: note "
            "them for all modules, and put them back.",
        ),
        Misconception(
            "nothing-returned",
            _With(returned=False),
            "The model is right, and you return nothing. The contract returns the model itself.",
        ),
    ),
    difficulty=3,
    minutes=25,
    hints=(
        "For one norm: catch what reaches it with a forward pre-hook while all images pass, batch by batch, in "
        "evaluation mode; put the pieces together and measure. Then the next norm. First find the order, with hooks "
        "that only note who was called.",
        "norm.register_forward_pre_hook(lambda layer, inputs: pieces.append(inputs[0])), and .remove() afterwards. "
        "torch.cat(pieces).transpose(0, 1).flatten(1) has a row for each channel; .var(1) divides by n − 1. Copy into "
        "running_mean and running_var with .copy_, and note all modes before .eval().",
    ),
)

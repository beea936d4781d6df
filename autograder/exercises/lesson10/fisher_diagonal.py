"""Exercise: the diagonal of the Fisher information, image by image and class by class."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.probes import lesson10 as probes
from lib.fisher_by_loop import fisher_diagonal


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)

    def case(words: str, count: int, kind: str = "plain", frozen: tuple[str, ...] = (), dtype: str = "float64") -> Case:
        images = torch.randn(count, 3, 8, 8, generator=generator, dtype=torch.float64) / 8
        return Case(words, {"kind": kind, "seed": seed + 5, "images": images, "frozen": list(frozen), "dtype": dtype})

    return [
        case("3 images, a small network of two layers", 3),
        case("a single image", 1),
        case("2 images, a network with convolution, batch norm and dropout", 2, "fc"),
        case("2 images, the first layer frozen", 2, frozen=("1.weight", "1.bias")),
        case("a single image, in single precision", 1, dtype="float32"),
    ]


# ---- misconceptions -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _With:
    """The loop with one thing done otherwise."""

    together: bool = False
    of: str = "log p"
    weight: str = "p"
    classes: str = "all"
    over_images: str = "mean"
    squared: str = "each"
    training: bool = False
    left_training: bool = False
    unfrozen: bool = False
    attached: bool = False
    everything: bool = False
    by_number: bool = False
    kept: bool = False

    def __call__(self, model: nn.Module, images: Tensor) -> Any:
        """What it returns."""
        names = [name for name, p in model.named_parameters() if p.requires_grad or self.everything]
        learning = [p for _, p in model.named_parameters() if p.requires_grad]
        total = [torch.zeros_like(p) for p in learning]
        if self.training:
            model.train()
        for batch in [images] if self.together else images.split(1):
            found = self._of_batch(model, batch, learning)
            total = [one + other for one, other in zip(total, found, strict=True)]
        count = 1 if self.together or self.over_images == "sum" else len(images)
        values = {name: value / count for name, value in zip(names, total, strict=False)}
        if self.everything:
            values = {
                name: values.get(name, torch.zeros_like(p)) if p.requires_grad else torch.zeros_like(p)
                for name, p in model.named_parameters()
            }
        if self.left_training:
            model.train()
        if self.unfrozen:
            model.requires_grad_(True)
        return dict(enumerate(values.values())) if self.by_number else values

    def _of_batch(self, model: nn.Module, batch: Tensor, learning: list[nn.Parameter]) -> list[Tensor]:
        log_p = model(batch).log_softmax(1)
        outputs = {"log p": log_p, "p": log_p.exp(), "scores": model(batch)}[self.of].mean(0)
        p = log_p.exp().mean(0) if self.attached else log_p.exp().mean(0).detach()
        one = p.argmax() if self.classes == "predicted" else torch.multinomial(p.detach(), 1)
        chosen = range(len(p)) if self.classes == "all" else [int(one)]
        sums = [torch.zeros_like(parameter) for parameter in learning]
        plain = [torch.zeros_like(parameter) for parameter in learning]
        for y in chosen:
            alike = torch.ones_like(p[y])
            weight = {"p": p[y], "p²": p[y] ** 2, "none": alike, "1/K": alike / len(p), "p/K": p[y] / len(p)}[
                self.weight
            ]
            weight = weight if self.classes == "all" else alike
            gradients = torch.autograd.grad(outputs[y], learning, retain_graph=True)
            sums = [s + weight * g.square() for s, g in zip(sums, gradients, strict=True)]
            signed = self.squared == "never"
            plain = [s + weight * (g if signed else g.abs()) for s, g in zip(plain, gradients, strict=True)]
        if self.kept:
            (-log_p.max(1).values.sum()).backward()
        if self.squared == "late":
            return [s.square() for s in plain]
        return sums if self.squared == "each" else plain


EXERCISE = Exercise(
    lesson="10_pitfalls",
    reference=fisher_diagonal,
    probe=probes.fisher,
    cases=_cases,
    properties=(
        Property(
            "Each image's gradient of log p(y | x) is squared, weighted by p(y | x), and averaged over the images.",
            3,
            ("sum over all entries", "Fisher information"),
            cases=(0, 1),
        ),
        Property(
            "Batch norm and dropout stand still, as in evaluation mode.",
            1,
            ("sum over all entries", "Fisher information"),
            cases=(2,),
        ),
        Property("There is an entry for each parameter that requires a gradient, and for no other.", 1, ("names",)),
        Property(
            "Entries have the parameters' own type and carry no history; the model is left as it was.",
            1,
            ("types", "carries history", "changed in the model"),
        ),
    ),
    misconceptions=(
        Misconception(
            "batch-averaged",
            _With(together=True),
            "You take the gradient of the whole batch and square that. The images' gradients point in different "
            "directions and cancel in the mean, so their square says next to nothing. Square first, image by image.",
        ),
        Misconception(
            "sum-over-images",
            _With(over_images="sum"),
            "Your numbers grow with the number of images. There is a 1/N in front.",
        ),
        Misconception(
            "classes-not-weighted",
            _With(weight="none"),
            "Every class counts the same with you. A class counts as often as the model would draw it: p(y | x) times.",
        ),
        Misconception(
            "classes-averaged",
            _With(weight="1/K"),
            "You take the plain mean over the classes. The mean is over labels that the model draws: by p(y | x).",
        ),
        Misconception(
            "predicted-class-only",
            _With(classes="predicted"),
            "You use the predicted class alone, as if it were drawn every time. Where the model is sure, its gradient "
            "is small; what the other classes would say is missing.",
        ),
        Misconception(
            "gradient-of-p",
            _With(of="p"),
            "You differentiate p itself. The formula has the gradient of log p.",
        ),
        Misconception(
            "gradient-of-scores",
            _With(of="scores"),
            "You differentiate the raw scores. Between them and log p lies the softmax.",
        ),
        Misconception(
            "absolute-values",
            _With(squared="absolute"),
            "You add up absolute gradients. The Fisher information has squares.",
        ),
        Misconception(
            "squared-late",
            _With(squared="late"),
            "You add up over the classes before you square. Each class's gradient is squared by itself.",
        ),
        Misconception(
            "in-training-mode",
            _With(training=True),
            "You put the model into training mode: dropout draws, and batch norm looks at one image alone and moves "
            "its statistics. It came in evaluation mode; leave it there.",
        ),
        Misconception(
            "frozen-too",
            _With(everything=True),
            "Your result has entries for frozen parameters. What cannot move need not be held.",
        ),
        Misconception(
            "by-number",
            _With(by_number=True),
            "Your keys are numbers. Penalties look parameters up by the names that named_parameters() gives.",
        ),
        Misconception(
            "one-label-drawn",
            _With(classes="drawn"),
            "You draw one label for each image. That is right on average, and another number with each draw; the "
            "formula has all K classes, each weighted by its p(y | x), and nothing is drawn.",
        ),
        Misconception(
            "p-inside-the-square",
            _With(weight="p²"),
            "You multiply by p before you square, so p counts twice. It is a weight, and stands outside of the square.",
        ),
        Misconception(
            "divided-by-classes",
            _With(weight="p/K"),
            "You divide by the number of classes too. The p(y | x) sum to 1: weighted by them, it is a mean already.",
        ),
        Misconception(
            "never-squared",
            _With(squared="never"),
            "Without the square, nothing is left: weighted by p, the gradients of log p cancel over the classes.",
        ),
        Misconception(
            "history-kept",
            _With(attached=True),
            "Your entries still hang on the graph of the forward pass, through p(y | x). It is a plain weight: cut it "
            "off, or each penalty will differentiate through the source's images once more.",
        ),
        Misconception(
            "left-in-training-mode",
            _With(left_training=True),
            "The numbers are right, but you leave the model in training mode. It came in evaluation mode.",
        ),
        Misconception(
            "unfrozen",
            _With(unfrozen=True),
            "The numbers are right, but what was frozen requires a gradient now: the next training would move it.",
        ),
        Misconception(
            "gradients-left-behind",
            _With(kept=True),
            "You leave gradients behind in `.grad`: the next optimiser step would take them for its own. "
            "torch.autograd.grad returns gradients without touching `.grad`.",
        ),
    ),
    difficulty=2,
    minutes=15,
    hints=(
        "Two loops: over the images, one at a time (image.unsqueeze(0) keeps the batch axis), and over the K entries "
        "of that image's log_softmax. For each, a gradient for every parameter, squared, times p.",
        "torch.autograd.grad(log_p[y], parameters, retain_graph=True) returns one gradient a parameter. p(y | x) is "
        "log_p[y].exp(), detached: it is a weight, and no gradient goes through it. Divide by len(images) at the end.",
    ),
)

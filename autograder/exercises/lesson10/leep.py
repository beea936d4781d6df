"""Exercise: LEEP, the target's labels guessed from the source classes alone."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.exercises.lesson10.names import as_rows
from autograder.probes import lesson10 as probes
from lib.transferability import leep


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)

    def case(words: str, counts: tuple[int, ...], classes: int, sharp: float = 1.5) -> Case:
        labels = torch.tensor([name for name, count in enumerate(counts) for _ in range(count)])
        pull = 2 * torch.randn(len(counts), classes, generator=generator, dtype=torch.float64)
        scores = pull[labels] + sharp * torch.randn(len(labels), classes, generator=generator, dtype=torch.float64)
        return Case(words, {"source_probabilities": scores.softmax(1), "labels": labels})

    empty = case("a source class that no image gives probability to", (3, 4, 5), 4)
    theta = empty.inputs["source_probabilities"]
    empty.inputs["source_probabilities"] = torch.cat([theta, torch.zeros_like(theta[:, :1])], dim=1)
    faint = case("a source class that all images together give little to", (3, 5), 3)
    theta = faint.inputs["source_probabilities"]
    little = 0.001 + 0.003 * torch.rand(len(theta), 1, generator=generator, dtype=torch.float64)
    faint.inputs["source_probabilities"] = torch.cat([(1 - little) * theta, little], dim=1)
    certain = case("probabilities of 0 and 1", (6, 5), 3, sharp=3.0)
    hard = torch.zeros_like(certain.inputs["source_probabilities"])
    hard[torch.arange(11), torch.tensor([0, 0, 0, 0, 1, 2, 1, 1, 1, 2, 0])] = 1.0
    certain.inputs["source_probabilities"] = hard
    named = case("class names 3, 4 and 8", (4, 4, 4), 5)
    named.inputs["labels"] = torch.tensor([3, 4, 8])[named.inputs["labels"]]
    return [
        case("9 images, three target classes and four source classes", (3, 3, 3), 4),
        case("12 images, target classes of 2, 4 and 6", (2, 4, 6), 5),
        empty,
        certain,
        named,
        faint,
    ]


# ---- misconceptions -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _With:
    """The score with one thing done otherwise."""

    hard: bool = False
    given: str = "z"
    sums: float = 0.0
    log: Callable[[Tensor], Tensor] = torch.log
    mean_first: bool = False
    product_of_best: bool = False
    total: bool = False
    sign: float = 1.0
    uniform: bool = False
    least: float = 1e-300
    softened: bool = False
    log_inside: bool = False
    for_any_label: bool = False
    in_place: bool = False
    names_from_zero: bool = False

    def __call__(self, source_probabilities: Tensor, labels: Tensor) -> float:
        """The score."""
        names, which = labels.unique(return_inverse=True)
        if self.in_place:
            labels.copy_(which)
        theta = source_probabilities.softmax(1) if self.softened else source_probabilities
        if self.hard:
            theta = torch.nn.functional.one_hot(theta.argmax(1), theta.shape[1]).to(theta)
        members = torch.nn.functional.one_hot(which, len(names)).to(theta)
        joint = members.T @ theta / len(labels)  # (K, Z)
        if self.uniform:
            joint = joint / members.mean(0).unsqueeze(1)
        below = {"z": joint.sum(0, keepdim=True), "y": joint.sum(1, keepdim=True), "none": joint.new_ones(1, 1)}
        given = joint / (below[self.given].clamp_min(self.least) + self.sums)
        positions = as_rows(labels, len(names)) if self.names_from_zero else which
        if self.log_inside:
            return float((given[positions].clamp_min(1e-30).log() * theta).sum(1).mean())
        if self.for_any_label:
            return float((theta @ given.T).log().mean())
        products = given[positions] * theta
        likelihood = products.max(1).values if self.product_of_best else products.sum(1)
        logs = self.log(likelihood.clamp_min(1e-300))
        value = self.log(likelihood.mean()) if self.mean_first else logs.sum() if self.total else logs.mean()
        return self.sign * float(value)


EXERCISE = Exercise(
    lesson="10_pitfalls",
    reference=leep,
    probe=probes.score,
    cases=_cases,
    properties=(
        Property(
            "It is the mean log-likelihood of the labels, guessed from the source classes.",
            3,
            ("score",),
            cases=(0, 1, 5),
            absolute=1e-4,
        ),
        Property(
            "A source class that nobody is given to explains nothing, and harms nothing.",
            1,
            ("score",),
            cases=(2, 3),
            absolute=1e-4,
        ),
        Property("Labels are names: which numbers they are does not count.", 1, ("score",), cases=(4,), absolute=1e-4),
        Property(
            "One number comes back, and the arguments are left alone.",
            1,
            ("is one number", "arguments are left alone", "score"),
            cases=(0, 4),
            absolute=1e-4,
        ),
    ),
    misconceptions=(
        Misconception(
            "argmax-taken",
            _With(hard=True),
            "You take each image's most likely source class and forget the rest of its probabilities: that is NCE. "
            "LEEP uses all of θ.",
        ),
        Misconception(
            "conditioned-on-the-label",
            _With(given="y"),
            "You divide the joint table by the sums of the target classes, P̂(z | y). What is needed is P̂(y | z): "
            "each source class's column sums to 1 over y.",
        ),
        Misconception(
            "joint-as-conditional",
            _With(given="none"),
            "You use the joint P̂(y, z) where the conditional P̂(y | z) belongs. Divide by P̂(z) first.",
        ),
        Misconception(
            "classes-alike",
            _With(uniform=True),
            "You average θ within each target class, as if all classes were equally frequent. The joint table divides "
            "by all N.",
        ),
        Misconception(
            "log-of-mean",
            _With(mean_first=True),
            "You take the logarithm of the mean likelihood. It is the mean of the logarithms, image by image.",
        ),
        Misconception(
            "summed",
            _With(total=True),
            "You add up over the images. LEEP is a mean, so that it does not depend on how many there are.",
        ),
        Misconception(
            "base-two",
            _With(log=torch.log2),
            "Your logarithm has base 2. LEEP is in nats: the natural one.",
        ),
        Misconception(
            "sign-flipped",
            _With(sign=-1.0),
            "Yours is positive: a loss. LEEP is the log-likelihood itself, at most 0, and higher is better.",
        ),
        Misconception(
            "softmax-again",
            _With(softened=True),
            "You apply a softmax to what are probabilities already: all of them come closer to 1/Z.",
        ),
        Misconception(
            "log-inside-the-sum",
            _With(log_inside=True),
            "You take the logarithm of P̂(y | z) and then the mean over z. A label's likelihood is the sum over z; the "
            "logarithm comes after it.",
        ),
        Misconception(
            "for-any-label",
            _With(for_any_label=True),
            "You average over all labels of the table. Each image has one, its own: how likely is that?",
        ),
        Misconception(
            "labels-as-positions",
            _With(names_from_zero=True),
            "You use the labels as rows of the table. They are names, and need not be 0 to K − 1.",
        ),
        Misconception(
            "labels-renumbered-in-place",
            _With(in_place=True),
            "You write new numbers into the caller's own labels.",
        ),
        Misconception(
            "best-source-class-only",
            _With(product_of_best=True),
            "You keep the largest of the products P̂(y | z) θ_z. The likelihood is their sum over z.",
        ),
        Misconception(
            "divided-by-zero",
            _With(least=0.0),
            "Where no image gives a source class any probability, you divide 0 by 0, and one such class makes the "
            "whole score not a number. It explains nothing: count its P̂(y | z) as 0.",
        ),
        Misconception(
            "floor-within-the-values",
            _With(least=1e-2),
            "Below the line stands your own floor where a source class has less: 0.01 is a value that such a sum may "
            "well have. Keep from 0 alone, with 1e-12, say.",
        ),
        Misconception(
            "smoothed",
            _With(sums=0.05),
            "You add something below the line so that it cannot be 0. That changes every score; only an empty source "
            "class needs care.",
        ),
    ),
    difficulty=2,
    minutes=12,
    hints=(
        "Three steps: the joint table P̂(y, z), by adding up the rows of θ class by class; each column divided by its "
        "sum; then for each image Σ_z P̂(y | z) θ_z for its own y, its logarithm, and the mean.",
        "With members = F.one_hot(labels) as floats, the joint table is members.T @ θ / N and all likelihoods are "
        "((members @ given) * θ).sum(1). clamp_min keeps an empty column from dividing by 0.",
    ),
)

"""Exercise: one epoch of training."""

from typing import Any

import torch

from autograder.exercise import Case, Exercise, Property, seeded
from autograder.exercises.lesson08.epoch_misconceptions import MISCONCEPTIONS
from autograder.probes import lesson08 as probes
from lib.epochs import train_one_epoch


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)

    def case(words: str, sizes: list[int], **options: Any) -> Case:
        images = 2 * torch.randn(sum(sizes), 6, generator=generator)
        labels = torch.randint(5, (sum(sizes),), generator=generator)
        if options.get("criterion") == "spoilt by zeros":
            labels[:] = torch.arange(len(labels)) < sizes[0]
        return Case(words, {"seed": seed, "images": images, "labels": labels, "sizes": sizes} | options)

    three = [6, 6, 2]
    return [
        case("batches of 6, 6 and 2 images of 6 numbers, at rate 0: nothing moves", three, rate=0.0),
        case("batches of 6, 6 and 2 images, clip_norm=0.3", three, clip_norm=0.3),
        case(
            "batches of 5 and 4 images, clipped far above, gradients left over", [5, 4], clip_norm=1e6, left_over=True
        ),
        case("batches of 6, 6 and 2 images, with a schedule that halves the rate", three, scheduled=True),
        case("two batches of 5, read once, another criterion, rate 0", [5, 5], rate=0.0, criterion="squared distance"),
        case("a batch of 6 images, at rate 0, in bfloat16", [6], rate=0.0, precision="bfloat16"),
        case("batches of 5, 5 and 5 images, with a scaler that begins at 1024", [5, 5, 5], scale=1024.0, clip_norm=0.3),
        case("no batch at all", []),
        case(
            "two batches of 5, gradients of the second no numbers; a scaler and a schedule",
            [5, 5],
            criterion="spoilt by zeros",
            scale=1024.0,
            scheduled=True,
        ),
        case("a batch of 6 images, at rate 0, in float16", [6], rate=0.0, precision="float16"),
    ]


EXERCISE = Exercise(
    lesson="08_implementation",
    reference=train_one_epoch,
    probe=probes.epoch,
    cases=_cases,
    properties=(
        Property("It returns the mean loss over all samples, a plain number.", 2, ("loss", "what it returns"), (0,)),
        Property("Each batch makes one step, its gradients clipped together before.", 2, ("weights afterwards",), (1,)),
        Property("No gradient of an earlier batch takes part in a step.", 1, ("weights afterwards",), (2,)),
        Property("The schedule steps after each step.", 1, ("weights afterwards", "rate afterwards"), (3,)),
        Property("The criterion is the one that was given; batches are read once.", 1, ("loss",), (4,)),
        Property(
            "The model trains in training mode, set by its own .train(), and is left so.",
            1,
            ("layers in training mode during a pass", "layers in training mode afterwards"),
            (0, 1),
        ),
        Property(
            "Scores are computed in the precision asked for; weights keep theirs.",
            1,
            ("type of the scores", "types of the weights"),
            (5, 9),
        ),
        Property(
            "A scaler scales, is unscaled before clipping, steps and is updated.",
            1,
            ("weights afterwards", "scale afterwards", "rate afterwards", "loss"),
            (6, 8),
            relative=1e-3,
            absolute=1e-4,
        ),
        Property("Where there is no batch, a ValueError says so.", 1, ("without a batch",), (7,)),
    ),
    misconceptions=MISCONCEPTIONS,
    difficulty=2,
    minutes=25,
    hints=(
        "Write the plain loop first: model(images), criterion, zero_grad, backward, clip_grad_norm_, step, schedule. "
        "Keep each loss, detached, and the size of its batch. Precision and scaler come on top when this holds.",
        "with torch.autocast(images.device.type, precision, enabled=precision is not None) around forward and loss. "
        "torch.amp.GradScaler(enabled=False) stands in where there is no scaler; then it is always "
        "scaler.scale(loss).backward(), scaler.unscale_(optimiser), clip, scaler.step(optimiser), scaler.update().",
    ),
)

"""Exercise: one epoch of training."""

from typing import Any

import torch

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.exercises.lesson08.epoch_mistakes import With
from autograder.probes import lesson08 as probes
from lib.epochs import train_one_epoch


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)

    def case(words: str, sizes: list[int], **options: Any) -> Case:
        images = 2 * torch.randn(sum(sizes), 6, generator=generator)
        labels = torch.randint(5, (sum(sizes),), generator=generator)
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
            (5,),
        ),
        Property(
            "A scaler scales, is unscaled before clipping, steps and is updated.",
            1,
            ("weights afterwards", "scale afterwards"),
            (6,),
            relative=1e-3,
            absolute=1e-4,
        ),
        Property("Where there is no batch, a ValueError says so.", 1, ("without a batch",), (7,)),
    ),
    misconceptions=(
        Misconception(
            "mean-of-batch-means",
            With(mean="of batches"),
            "You take the mean of the batches' losses: the last batch of 2 counts as much as one of 6. Weight each by "
            "its number of samples.",
        ),
        Misconception(
            "batches-counted-by-len",
            With(mean="by len"),
            "You divide by len(batches), which makes a mean of batch means: a batch of 2 counts as much as one of 6. "
            "Batches that come one by one have no length at all. Count samples as they come.",
        ),
        Misconception(
            "sum-of-batch-means",
            With(mean="sum over batches"),
            "You return the sum of the batches' losses. It grows with the number of batches; the mean over samples "
            "doesn't.",
        ),
        Misconception(
            "last-loss",
            With(mean="the last"),
            "You return the loss of the last batch, which is a few images' luck. The mean over the whole epoch is "
            "asked for.",
        ),
        Misconception(
            "tensor-returned",
            With(tensor=True),
            "You return a tensor. A history, a file or a comparison wants a plain number.",
        ),
        Misconception(
            "gradients-pile-up",
            With(cleared="never"),
            "Gradients are never cleared: backward adds to what is there, and each step is made with the sum of all "
            "batches so far.",
        ),
        Misconception(
            "cleared-once",
            With(cleared="once"),
            "You clear the gradients once, before the loop. From the second batch on they add up.",
        ),
        Misconception(
            "cleared-before-the-step",
            With(cleared="after backward"),
            "You clear the gradients between backward and the step: the optimiser finds none, and nothing is learnt.",
        ),
        Misconception(
            "one-step-an-epoch",
            With(steps="once"),
            "The optimiser steps once, after the loop, and with the last batch's gradients. It steps after each batch.",
        ),
        Misconception(
            "no-step",
            With(steps="never"),
            "Nothing has moved: after backward, the optimiser has to step.",
        ),
        Misconception(
            "clipped-after-the-step",
            With(clipping="after the step"),
            "The steps are made with gradients that are not clipped. Is it missing, or does it come before backward or "
            "after the step? Gradients are there from backward on, and have done their work at the step: clip between.",
        ),
        Misconception(
            "clipped-one-by-one",
            With(clipping="each alone"),
            "You clip each parameter's gradient on its own, which turns the step's direction. The norm of all together "
            "is meant: one call with all parameters.",
        ),
        Misconception(
            "clipped-by-value",
            With(clipping="each value"),
            "You clip each entry to ±clip_norm. That changes the direction, and leaves the norm large. Clip the norm.",
        ),
        Misconception(
            "clipped-at-one",
            With(clip_at=1.0),
            "You clip at 1, whatever clip_norm is.",
        ),
        Misconception(
            "schedule-per-epoch",
            With(scheduled="each epoch"),
            "Your schedule steps once an epoch. It counts steps: with as many a phase as there are batches, the rate "
            "would hardly have begun to fall.",
        ),
        Misconception(
            "schedule-first",
            With(scheduled="before the step"),
            "Your schedule steps before the optimiser: the first step is made at the second step's rate, and the first "
            "rate is never used.",
        ),
        Misconception(
            "schedule-ignored",
            With(scheduled="never"),
            "The schedule never steps, and the rate stays where it was.",
        ),
        Misconception(
            "evaluation-mode",
            With(train="never"),
            "The model is never put into training mode. After a validation it is in evaluation mode: dropout does "
            "nothing, and norms use old statistics.",
        ),
        Misconception(
            "pinned-layers-unpinned",
            With(train="by force"),
            "You set every layer's flag yourself. A norm that was pinned in evaluation mode is now training. Call "
            "model.train(): each layer decides for itself.",
        ),
        Misconception(
            "evaluation-mode-afterwards",
            With(afterwards="evaluation"),
            "You put the model into evaluation mode at the end. The contract leaves it in training mode.",
        ),
        Misconception(
            "criterion-ignored",
            With(own_criterion=False),
            "You always use cross-entropy, whatever criterion is given.",
        ),
        Misconception(
            "summed",
            With(summed=True),
            "You go backward from the sum over the batch. Its gradient grows with the batch; the criterion's mean is "
            "what is stepped on.",
        ),
        Misconception(
            "precision-ignored",
            With(precision="none"),
            "The precision asked for is not used: forward and loss belong under torch.autocast.",
        ),
        Misconception(
            "model-converted",
            With(precision="the model's"),
            "You convert the model's weights. In mixed precision they stay in float32, where small steps survive; "
            "torch.autocast converts what it computes with.",
        ),
        Misconception(
            "scaler-ignored",
            With(scaler="ignored"),
            "The scaler is not used. In float16, gradients below 6e-8 are zero without it.",
        ),
        Misconception(
            "clipped-while-scaled",
            With(scaler="clipped first"),
            "You clip while the gradients are still multiplied by the scale: the norm that you compare is a thousand "
            "times too large, and the step becomes tiny. Unscale first.",
        ),
        Misconception(
            "scaler-not-updated",
            With(scaler="not updated"),
            "The scaler is never updated, so that its scale cannot follow the gradients.",
        ),
        Misconception(
            "nothing-scores-zero",
            With(at_none="zero"),
            "Without a batch you report a loss of 0, as if all were perfect. Nothing was trained: raise a ValueError.",
        ),
        Misconception(
            "division-by-zero",
            With(at_none="division"),
            "Without a batch the division fails, in words that help nobody. Raise a ValueError that names the batches.",
        ),
    ),
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

"""Exercise: AdaBN, batch norm's statistics measured anew on another domain."""

import torch

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.exercises.lesson10.recalibration_mistakes import With
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
        case("9 images, dropout between two norms", 9, 4, "dropout"),
    ]


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
            cases=(0, 1, 3),
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
            With(correction=0),
            "You divide by n. The running variance is the unbiased one, over n − 1, as PyTorch itself keeps it.",
        ),
        Misconception(
            "batches-averaged",
            With(pooled=False),
            "You average the batches' means and variances. A smaller last batch then counts as much as a full one, and "
            "how far the batches' means lie apart is lost. Pool all values.",
        ),
        Misconception(
            "between-batches-lost",
            With(within_only=True),
            "Your means are right, but your variance is a mean of the batches' variances: how far the batches' means "
            "lie apart is lost. Pool all values.",
        ),
        Misconception(
            "frozen-skipped",
            With(frozen_skipped=True),
            "You skip norms that are frozen. Frozen are their weights; their statistics are those of the old domain "
            "all the same.",
        ),
        Misconception(
            "training-norms-only",
            With(training_only=True),
            "You measure norms in training mode alone. Those that stand still hold the old domain's statistics too.",
        ),
        Misconception(
            "dropout-left-on",
            With(norms_only_to_eval=True),
            "You put the norms into evaluation mode and nothing else: dropout still draws, and what is behind it is "
            "measured with holes. The whole model belongs into evaluation mode.",
        ),
        Misconception(
            "counts-reset",
            With(counts_reset=True),
            "You reset the norms on the way: num_batches_tracked is 0 now, and the contract keeps it.",
        ),
        Misconception(
            "on-a-copy",
            With(on_a_copy=True),
            "You measure on a copy and return that. The contract works in place: the caller's own model changes.",
        ),
        Misconception(
            "outputs-measured",
            With(of_outputs=True),
            "You measure what a norm hands on. Its statistics are those of its inputs: a pre-hook sees them.",
        ),
        Misconception(
            "images-taken-for-channels",
            With(reshaped=True),
            "You reshape (N, C, …) into C rows as it lies in memory, where images come first: your rows mix channels. "
            "Bring the channels to the front before you flatten.",
        ),
        Misconception(
            "momentum-left",
            With(single_pass=True, momentum=True),
            "You pass the images in training mode at the usual momentum: nine tenths of the source's statistics remain "
            "after a batch, and the last batches count most.",
        ),
        Misconception(
            "one-training-pass",
            With(single_pass=True),
            "One pass in training mode is close, but while it runs, each norm hands on values normalised by their own "
            "batch; later norms then measure something that they never get in evaluation mode.",
        ),
        Misconception(
            "all-in-one-pass",
            With(layer_by_layer=False),
            "You measure all norms in one pass. The second one sees what the first makes of its old statistics, and is "
            "wrong as soon as these are replaced. One pass for each norm, in order.",
        ),
        Misconception(
            "order-of-definition",
            With(as_made=True),
            "You take the norms in the order in which the model lists them. What counts is the order in which an image "
            "passes them.",
        ),
        Misconception(
            "first-norm-only",
            With(first_only=True),
            "Only the first norm is measured.",
        ),
        Misconception(
            "means-only",
            With(means_only=True),
            "The variances are still those of the source.",
        ),
        Misconception(
            "deviation-for-variance",
            With(squared_wrong=True),
            "You store the standard deviation. running_var holds the variance.",
        ),
        Misconception(
            "images-averaged-first",
            With(over_pixels=False),
            "You average over each image's pixels first, and what varies within an image is lost. For a channel, "
            "every pixel of every image is a value.",
        ),
        Misconception(
            "left-in-training",
            With(left_in=True),
            "The statistics are right, but you leave the model in training mode: with the next image they move on.",
        ),
        Misconception(
            "left-in-evaluation",
            With(left_in=False),
            "The statistics are right, but every layer is in evaluation mode now. The contract keeps the modes: note "
            "them for all modules, and put them back.",
        ),
        Misconception(
            "nothing-returned",
            With(returned=False),
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

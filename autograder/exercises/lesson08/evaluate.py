"""Exercise: loss and accuracy of a model over all batches."""

import torch

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.exercises.lesson08.evaluation_mistakes import With
from autograder.probes import lesson08 as probes
from lib.epochs import evaluate


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)

    def case(words: str, sizes: list[int], criterion: str | None = None, recording: bool = True) -> Case:
        images = 2 * torch.randn(sum(sizes), 3, 8, 8, generator=generator)
        labels = torch.randint(5, (sum(sizes),), generator=generator)
        options = {"seed": seed, "criterion": criterion, "recording": recording}
        return Case(words, {"images": images, "labels": labels, "sizes": sizes} | options)

    return [
        case("batches of 8, 8 and 3 images; a network with dropout and batch norm, in training mode", [8, 8, 3]),
        case("two batches of 7, read once, another criterion, under no_grad", [7, 7], "squared distance", False),
        case("no batch at all", []),
    ]


_HISTORY = ("the scores carry a history", "gradients are recorded afterwards", "weights that no longer learn")

EXERCISE = Exercise(
    lesson="08_implementation",
    reference=evaluate,
    probe=probes.evaluation,
    cases=_cases,
    properties=(
        Property("The loss is the mean over all samples.", 2, ("loss",), cases=(0,)),
        Property("The accuracy is the share of right answers among all samples.", 2, ("accuracy",), cases=(0,)),
        Property("The loss is the one that was asked for; batches are read once.", 1, ("loss",), cases=(1,)),
        Property(
            "The model is in evaluation mode throughout, and is left so.",
            1,
            (
                "layers in training mode during a pass",
                "layers in training mode afterwards",
                "running statistics that moved",
            ),
            cases=(0,),
        ),
        Property("No gradients are recorded; afterwards that is as it was.", 1, _HISTORY, cases=(0, 1)),
        Property("It returns Scores of two plain numbers.", 1, ("what it returns",), cases=(0,)),
        Property("Where there is no batch, a ValueError says so.", 1, ("without a batch",), cases=(2,)),
    ),
    misconceptions=(
        Misconception(
            "mean-of-batch-means",
            With(weighted=False),
            "You take the mean of the batches' means: the last batch of 3 counts as much as one of 8. Weight each "
            "batch by its number of samples and divide by the number of all.",
        ),
        Misconception(
            "batches-counted-by-len",
            With(weighted=False, counts_batches=True),
            "You divide by len(batches), which makes a mean of batch means: a batch of 3 counts as much as one of 8. "
            "Batches that come one by one have no length at all. Count samples as they come.",
        ),
        Misconception(
            "none-found-by-len",
            With(counts_batches=True),
            "You ask for the batches' len, and batches that come one by one have none. Whether there was one is known "
            "after the loop, from the samples that were counted.",
        ),
        Misconception(
            "batch-means-over-samples",
            With(loss_weighted=False),
            "You add up the batches' losses and divide by the number of samples. Each of these losses is a mean "
            "already: turn it into a sum over its batch first.",
        ),
        Misconception(
            "last-batch-left-out",
            With(all_but_last=True),
            "The last, smaller batch is not in your numbers. Its samples count as the others do.",
        ),
        Misconception(
            "last-batch-only",
            With(last_only=True),
            "Your numbers are those of the last batch alone: something is overwritten where it should be added.",
        ),
        Misconception(
            "every-batch-full",
            With(full_batches=True),
            "You take every batch to be as large as the first. Count the samples as they come.",
        ),
        Misconception(
            "left-in-training",
            With(evaluation_mode=False),
            "The model is still in training mode: dropout drops, batch norm normalises by the batch at hand, and its "
            "statistics learn from the validation images.",
        ),
        Misconception(
            "training-mode-afterwards",
            With(trains_afterwards=True),
            "You put the model into training mode at the end. Whoever trains next does that; the contract leaves it in "
            "evaluation mode.",
        ),
        Misconception(
            "gradients-recorded",
            With(no_grad=False),
            "Evaluation mode does not stop autograd: each pass still records a graph, which costs memory for nothing. "
            "Let the loop run under torch.no_grad().",
        ),
        Misconception(
            "gradients-off-for-good",
            With(for_good=False),
            "After your evaluation no gradient is recorded any more: the next epoch would train nothing. Switch it off "
            "for a block, not for good.",
        ),
        Misconception(
            "gradients-on-for-good",
            With(for_good=True),
            "You switch recording on at the end, also for a caller who had it off. A with-block puts back what was.",
        ),
        Misconception(
            "weights-off-for-good",
            With(no_grad=False, weights_off=True),
            "After your evaluation the weights no longer require gradients: the next epoch would train nothing. "
            "torch.no_grad() leaves the weights as they are.",
        ),
        Misconception(
            "smoothed",
            With(smoothing=0.1),
            "You smooth the labels here too. Smoothing is a trick of training; a validation loss is measured against "
            "the labels as they are.",
        ),
        Misconception(
            "criterion-ignored",
            With(own_criterion=False),
            "You always measure cross-entropy, whatever criterion is given.",
        ),
        Misconception(
            "softmax-twice",
            With(softmax_first=True),
            "You hand probabilities to the criterion. Cross-entropy takes scores and applies softmax itself.",
        ),
        Misconception(
            "argmax-over-everything",
            With(axis=None),
            "No answer counts as right. argmax without an axis looks for one largest number in the whole batch, and a "
            "largest score itself is no class. Each image has a largest score of its own; its place is the answer.",
        ),
        Misconception(
            "argmax-over-images",
            With(axis=0),
            "argmax(0) finds an image for each class. Asked for is a class for each image: along the other axis.",
        ),
        Misconception(
            "loss-and-accuracy-swapped",
            With(swapped=True),
            "Loss and accuracy have changed places: Scores(loss, accuracy).",
        ),
        Misconception(
            "percent",
            With(percent=True),
            "Your accuracy is in per cent. The contract asks for a share in [0, 1].",
        ),
        Misconception(
            "tensors-returned",
            With(tensors=True),
            "You return tensors, which are awkward in a history, a file or a comparison. Make plain numbers of them.",
        ),
        Misconception(
            "plain-pair",
            With(pair=True),
            "A plain pair has no .accuracy, and its order has to be remembered. Return Scores(loss, accuracy).",
        ),
        Misconception(
            "nothing-scores-zero",
            With(at_none="zeros"),
            "Without a batch you report a loss of 0, as if all were perfect. Nothing was measured: say so, by a "
            "ValueError.",
        ),
        Misconception(
            "division-by-zero",
            With(at_none="division"),
            "Without a batch the division fails, in words that help nobody. Raise a ValueError that names the batches.",
        ),
    ),
    difficulty=1,
    minutes=12,
    hints=(
        "Three running sums: of losses, of right answers, of samples. A batch's loss is a mean over it, so it is "
        "multiplied by the batch's size before it is added.",
        "model.eval(), then the loop under torch.no_grad(). scores.argmax(1) == labels is true where the answer is "
        "right; .sum().item() counts it. After the loop, divide both sums by the number of samples, and raise "
        "ValueError if that is 0.",
    ),
)

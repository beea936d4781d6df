"""What goes wrong in an epoch of training, and the hint that each deserves."""

from autograder.exercise import Misconception
from autograder.exercises.lesson08.epoch_mistakes import With

MISCONCEPTIONS = (
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
        "cleared-after-the-step",
        With(cleared="after the step"),
        "Gradients are cleared after each step alone. Whatever is there when the epoch begins takes part in its first "
        "step: clear before backward.",
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
        "always-rescaled",
        With(clipping="to the norm"),
        "You bring every gradient to the norm clip_norm, small ones too. Clipping only makes what is longer shorter.",
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
        "softmax-first",
        With(softmax=True),
        "You hand probabilities to the criterion. It takes scores; cross-entropy applies softmax itself.",
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
        "always-bfloat16",
        With(precision="bfloat16 always"),
        "You compute in half precision where none was asked for. precision may be None: then autocast is to be off.",
    ),
    Misconception(
        "bfloat16-whatever-is-asked",
        With(precision="bfloat16"),
        "You compute in bfloat16 whatever precision is asked for. The type is the argument's.",
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
        "stepped-past-the-scaler",
        With(scaler="stepped past"),
        "The optimiser steps by itself, and gradients that are not finite go into the weights. scaler.step(optimiser) "
        "leaves such a step out.",
    ),
    Misconception(
        "schedule-waits-for-the-scaler",
        With(scheduled="unless skipped"),
        "Where the scaler leaves a step out, your schedule stands still. It counts batches, skipped or not.",
    ),
    Misconception(
        "scaled-loss-returned",
        With(mean="of scaled losses"),
        "The loss that you return is still multiplied by the scale. Keep the loss as the criterion gave it; scale it "
        "for backward alone.",
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
        "The scaler is not updated after each step: its scale cannot follow the gradients, and it refuses to unscale "
        "once more.",
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
)

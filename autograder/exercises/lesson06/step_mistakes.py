"""What people write instead of a domain-adversarial step, each with the hint it deserves."""

from autograder.exercise import Misconception
from autograder.exercises.lesson06.step_parts import With

MISTAKES = (
    Misconception(
        "lambda-on-the-loss",
        With(domain_weight=lambda strength: strength),
        "λ stands on the domain loss as well. It then scales the discriminator's own gradient: while λ is small, "
        "the discriminator hardly learns, and at 0 not at all. The reversal layer has λ already.",
    ),
    Misconception(
        "subtracted",
        With(domain_weight=lambda _: -1.0),
        "You subtract the domain loss. The minus of the formula is in the reversal layer already: taken twice, the "
        "discriminator unlearns, and the features help it.",
    ),
    Misconception(
        "formula-copied",
        With(domain_weight=lambda strength: -strength),
        "You subtract λ times the domain loss, as the formula for the features says. Reversal and λ are in the "
        "reversal layer already: the loss is the plain sum.",
    ),
    Misconception(
        "features-detached",
        With(passes="detached"),
        "Your features are detached before the discriminator: it learns, but they never hear of it. Only the "
        "reversal stands between the two.",
    ),
    Misconception(
        "task-alone",
        With(task_alone=True),
        "Your backward pass knows the task alone: the domain loss is computed and moves nothing.",
    ),
    Misconception(
        "strength-not-set",
        With(sets_strength="never"),
        "The network's reversal keeps whatever strength it had. Set network.reversal.strength before the forward pass.",
    ),
    Misconception(
        "strength-put-back",
        With(sets_strength="and puts it back"),
        "You put the strength back after the step. The contract lets it stay.",
    ),
    Misconception(
        "strength-set-too-late",
        With(sets_strength="after"),
        "You set the strength after the forward pass, but the reversal reads it at the forward pass: yours has "
        "the strength of the step before.",
    ),
    Misconception(
        "gradients-pile-up",
        With(cleared=False),
        "The gradients that were there before are still in your step. Clear them before backward.",
    ),
    Misconception(
        "no-step",
        With(steps="none"),
        "Nothing has moved: after backward, the optimiser has to take its step.",
    ),
    Misconception(
        "steps-by-hand",
        With(steps="by hand"),
        "You subtract the gradient times the rate yourself. The optimiser may do more, such as momentum or AdamW's "
        "scaling: call optimiser.step().",
    ),
    Misconception(
        "two-steps",
        With(steps="two"),
        "You take two steps, one for each loss, and the second sees weights that the first has moved. The contract "
        "has one backward pass of the sum, and one step.",
    ),
    Misconception(
        "losses-from-after-the-step",
        With(reports="afterwards"),
        "Your losses come from another forward pass, after the step. Report those that the step was made from; a "
        "further pass also moves the running statistics.",
    ),
    Misconception(
        "joint-batch-twice",
        With(passes="joint, twice"),
        "The joint batch passes twice, which moves the running statistics twice. One forward pass gives the class "
        "logits and the domain logits.",
    ),
    Misconception(
        "source-passes-again",
        With(passes="source alone for the task"),
        "The source passes alone for its classes, and once more with the target for the domains. One joint pass "
        "gives both: cut its class logits at len(source_images).",
    ),
    Misconception(
        "target-first",
        With(passes="target first"),
        "Your joint batch has the target first. The contract has the source first.",
    ),
    Misconception(
        "train-called",
        With(trains=True),
        "You put the network into training mode. The mode is the caller's to choose: use it as it is.",
    ),
    Misconception(
        "two-batches",
        With(passes="apart"),
        "Source and target pass one after the other, each normalised by its own statistics, as evaluation never "
        "does it. The contract wants one joint batch.",
    ),
    Misconception(
        "mean-over-all-images",
        With(mean="over all images"),
        "Your domain loss is a mean over all images: with 7 of one domain and 3 of the other, the first counts "
        "more than twice as much. domain_loss gives the two domains equal weight.",
    ),
    Misconception(
        "domain-loss-doubled",
        With(mean="none"),
        "Your domain loss is twice as large: the two domains' means are added, and not halved.",
    ),
    Misconception(
        "domains-swapped",
        With(swapped=True),
        "You call the source 1 and the target 0. Here a logit above 0 means target.",
    ),
    Misconception(
        "task-summed",
        With(summed=True),
        "Your loss on the task is a sum over the images. It is to be their mean, or its weight against the domain "
        "loss hangs on the batch size.",
    ),
    Misconception(
        "accuracy-over-all-images",
        With(accuracy="over all images"),
        "Your accuracy is a share of all images. Where one domain has more of them, always naming that one would "
        "look clever: take each domain's share, then their mean.",
    ),
    Misconception(
        "accuracy-upside-down",
        With(accuracy="swapped"),
        "Your accuracy is the share of the images whose domain is mistaken. A logit above 0 says target.",
    ),
    Misconception(
        "accuracy-summed",
        With(accuracy="sum"),
        "You add the two domains' shares: guessing right everywhere would be 2. Take their mean.",
    ),
    Misconception(
        "accuracy-in-percent",
        With(accuracy="percent"),
        "Your accuracy is in percent; the contract has a share, in [0, 1].",
    ),
    Misconception(
        "zero-is-nothing",
        With(accuracy="below 0"),
        "A source image whose logit is exactly 0 counts as a miss with you. It says source: at most 0.",
    ),
    Misconception(
        "zero-is-target",
        With(accuracy="from 0 on"),
        "A target image whose logit is exactly 0 counts as a hit with you. Only a logit above 0 says target.",
    ),
    Misconception(
        "tensors-returned",
        With(reports="tensors"),
        "You return tensors, which keep the whole history of the step alive. .item() makes plain numbers of them.",
    ),
    Misconception(
        "accuracy-a-tensor",
        With(reports="a tensor as accuracy"),
        "Your accuracy is a tensor; the contract wants plain numbers. .item() makes one of it.",
    ),
    Misconception(
        "a-tuple-returned",
        With(reports="a tuple"),
        "What you return has no .task, .domain and .domain_accuracy: a tuple, a dictionary or nothing at all has none. "
        "Return AdversarialLosses(task, domain, accuracy).",
    ),
)

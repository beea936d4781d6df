"""Exercise: the same training without and with gradient reversal."""

import math
from dataclasses import replace
from statistics import fmean

import torch

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.exercises.lesson12 import adaptation_mistakes as mistakes
from autograder.exercises.lesson12.adaptation_mistakes import adapted_with
from autograder.probes import lesson12 as probes
from lib.gradient_reversal import reversal_strength
from lib.practice import adapt_digits

_NAMES = ("without", "with")


def _each(*names: str) -> tuple[str, ...]:
    """Observations of both runs."""
    return tuple(f"{observation}, {name}" for observation in names for name in _NAMES)


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)
    centres = torch.randn(3, 4, generator=generator)

    def case(steps: int, training: bool) -> Case:
        labels, others = torch.arange(12 * steps) % 3, torch.arange(9 * steps) % 3
        source = centres[labels] + 0.7 * torch.randn(len(labels), 4, generator=generator)
        target = 0.7 * (centres[others] + 0.7 * torch.randn(len(others), 4, generator=generator)) + 0.8
        inputs = {"source": source, "labels": labels, "target": target, "target_labels": others, "training": training}
        came = "training" if training else "evaluation"
        words = f"two toy domains, {steps} steps, a network that comes in {came} mode"
        return Case(words, {"seed": 10 * steps + seed, **inputs})

    return [case(4, True), case(10, False)]


EXERCISE = Exercise(
    lesson="12_practice_exercises",
    reference=adapt_digits,
    probe=probes.adapt_digits,
    cases=_cases,
    properties=(
        Property(
            "Both runs begin at the same weights, and the network is left as it is.",
            1,
            ("runs", "the network is left as it is"),
        ),
        Property(
            "λ is 0 without reversal, and rises from 0 with it; every step is made in training mode.",
            2,
            _each("strength of each step", "mode of each step"),
        ),
        Property(
            "The discriminator learns at full strength in both runs.",
            1,
            _each("weights of discriminator"),
            relative=1e-3,
            absolute=1e-3,
        ),
        Property(
            "Features and classifier are those that such a training gives.",
            2,
            _each("weights of features", "weights of classifier"),
            relative=1e-3,
            absolute=1e-3,
        ),
        Property(
            "The predictor is scored once, in evaluation mode, and the network comes back in it.",
            1,
            (*_each("accuracy", "in training mode when it comes back"), "in training mode when scored"),
            relative=1e-3,
            absolute=1e-3,
        ),
        Property("The discriminator's accuracy of every step is kept.", 1, _each("domain accuracy")),
    ),
    misconceptions=(
        Misconception(
            "carried-over",
            adapted_with(carried=True),
            "Your second run goes on where the first ended: it has twice the training. Each needs a deep copy.",
        ),
        Misconception(
            "full-from-the-start",
            adapted_with(lambda reversing, *_: 1.0 if reversing else 0.0),
            "Your λ is 1 from the first step on, while the discriminator knows nothing yet. It should rise, by "
            "`reversal_strength`.",
        ),
        Misconception(
            "linear",
            adapted_with(lambda reversing, done, steps: done / steps if reversing else 0.0),
            "Your λ is the progress itself. `reversal_strength` turns progress into λ.",
        ),
        Misconception(
            "one-step-ahead",
            adapted_with(lambda reversing, done, steps: reversal_strength((done + 1) / steps) if reversing else 0.0),
            "Your λ is a step ahead: in the first step nothing is done yet, and λ is 0.",
        ),
        Misconception(
            "full-progress-at-the-end",
            adapted_with(lambda reversing, done, steps: reversal_strength(done / (steps - 1)) if reversing else 0.0),
            "Your progress is 1 in the last step. That step is still to be made: p is the share that is done before.",
        ),
        Misconception(
            "runs-mixed-up",
            adapted_with(lambda reversing, done, steps: 0.0 if reversing else reversal_strength(done / steps)),
            'Your two runs stand under each other\'s name: λ rises in the one "without" reversal.',
        ),
        Misconception(
            "reversal-in-both",
            adapted_with(lambda _, done, steps: reversal_strength(done / steps)),
            "Your run without reversal has one: its λ rises too.",
        ),
        Misconception(
            "no-discriminator-without",
            adapted_with(step=mistakes.task_alone),
            "Where λ is 0 your discriminator does not learn, so nothing says how far apart the domains are. λ = 0 in "
            "the reversal is enough to keep the features out of it.",
        ),
        Misconception(
            "strength-on-the-loss",
            adapted_with(step=mistakes.weighted),
            "You put λ on the domain loss. It then scales what the discriminator learns as well; it belongs in the "
            "reversal layer, which `adversarial_step` sets.",
        ),
        Misconception(
            "target-not-seen",
            adapted_with(step=mistakes.source_alone),
            "The target's images never reach the network. The discriminator tells source from source, and there is "
            "nothing to adapt to.",
        ),
        Misconception(
            "mode-as-it-came",
            adapted_with(training=False),
            "Your steps are made in the mode that the network came in. In evaluation mode batch norm does not follow "
            "the batches: set the mode of the copy before the first step.",
        ),
        Misconception(
            "scored-in-training-mode",
            adapted_with(evaluation=False),
            "You score in training mode: batch norm normalises by the test images at hand, and its statistics move. "
            "Call `.eval()` first.",
        ),
        Misconception(
            "back-in-training-mode",
            adapted_with(back_to_training=True),
            "Your network comes back in training mode. Who uses it next would move its statistics: hand it over as it "
            "was scored.",
        ),
        Misconception(
            "original-scored",
            adapted_with(original_scored=True),
            "You score the network that came in, which has learnt nothing, and set its mode. The copy is the one that "
            "was trained.",
        ),
        Misconception(
            "optimiser-of-the-original",
            adapted_with(original_stepped=True),
            "Your optimiser holds the parameters of `network`. The copy has others, and they never move.",
        ),
        Misconception(
            "optimiser-in-every-step",
            adapted_with(fresh=True),
            "You make an optimiser in every step. What it knew of the gradients so far is lost each time: one for each "
            "run.",
        ),
        Misconception(
            "loss-for-accuracy",
            adapted_with(told=lambda losses: losses.domain),
            "You keep the discriminator's loss. Asked is its accuracy, which the step returns beside it.",
        ),
        Misconception(
            "one-list-for-both",
            adapted_with(one_list=True),
            "Both your runs write into one list, so each holds the steps of both. A list for each run.",
        ),
        Misconception(
            "last-step-alone",
            adapted_with(finish=lambda one: replace(one, domain_accuracy=one.domain_accuracy[-1:])),
            "You keep the discriminator's accuracy of the last step alone. Asked is that of every step.",
        ),
        Misconception(
            "summed",
            adapted_with(finish=lambda one: replace(one, domain_accuracy=[math.fsum(one.domain_accuracy)])),
            "You add the discriminator's accuracies up. Asked is a list, a number a step.",
        ),
        Misconception(
            "mean-alone",
            adapted_with(finish=lambda one: replace(one, domain_accuracy=[fmean(one.domain_accuracy)])),
            "You give the mean of the discriminator's accuracies. Asked is a list, a number a step: how it went on is "
            "seen there alone.",
        ),
    ),
    difficulty=2,
    minutes=25,
    hints=(
        "Both runs are one loop; they differ by a single number a step. Which parts must each run have for itself?",
        "copy.deepcopy(network).train(), optimiser(mine.parameters()); then for each batch adversarial_step with "
        "strength 0.0, or reversal_strength(done / len(batches)). At the end .eval(), then "
        "score(mine.predictor()).",
    ),
)

"""What goes wrong in a fine-tuning run of two phases, and the hint that each deserves."""

import torch

from autograder.exercise import Misconception
from autograder.exercises.lesson08.phase_mistakes import With

MISCONCEPTIONS = (
    Misconception(
        "best-not-put-back-between",
        With(put_back=(1,)),
        "Phase 1 begins where phase 0 happened to end, not at its best. Put the copy back after each phase.",
    ),
    Misconception(
        "best-not-put-back-at-the-end",
        With(put_back=(0,)),
        "After phase 1 the model has its last weights, not the best. The copy goes back at the end too.",
    ),
    Misconception(
        "best-not-kept",
        With(copy="reference"),
        "Each phase ends with its last weights. Either nothing is put back, or what you keep is no copy: "
        "state_dict() gives the very tensors that go on learning.",
    ),
    Misconception(
        "parameters-alone-copied",
        With(copy="parameters"),
        "You copy the parameters and not the buffers: the weights of one epoch meet the statistics of another. "
        "state_dict() has both.",
    ),
    Misconception(
        "last-of-equals",
        With(equal="the last"),
        "Of equally good epochs you keep the last. The first counts: it has to be beaten, not met.",
    ),
    Misconception(
        "best-forgotten-in-phase-1",
        With(best_of="the phase"),
        "You look for the best anew in phase 1, and its first epoch replaces better weights of phase 0. There is "
        "one best for the whole run.",
    ),
    Misconception(
        "best-from-zero",
        With(lowest=0.0),
        "Your best begins at 0, so that an epoch with an accuracy of 0 is never kept. A new head with many classes "
        "may have it. The first epoch is better than none, whatever it reaches.",
    ),
    Misconception(
        "same-optimiser",
        With(same_optimiser=True),
        "You take the old optimiser on into phase 1. Its averages belong to phase 0's gradients and to weights "
        "that are no longer there. Make a new one.",
    ),
    Misconception(
        "everything-in-phase-0",
        With(open_first=0),
        "Everything learns in phase 0 already. While the head is still random, its gradients spoil what the early "
        "stages know.",
    ),
    Misconception(
        "head-alone",
        With(open_first=1),
        "Phase 0 trains the head alone. The stage below it learns too.",
    ),
    Misconception(
        "never-unfrozen",
        With(open_second=2),
        "In phase 1 the early stages are still frozen. Open them before you make the optimiser.",
    ),
    Misconception(
        "norms-thawed",
        With(norms="in phase 0"),
        "Unfreezing for phase 1 lets go of the norms too: their statistics move again. Keep them frozen after each "
        "change of what learns.",
    ),
    Misconception(
        "norms-not-kept",
        With(norms="of frozen stages"),
        "Norms in stages that learn move their statistics. requires_grad doesn't stop that: keep_batchnorm_frozen "
        "does.",
    ),
    Misconception(
        "rate-not-divided",
        With(tenth=False),
        "Phase 1 begins at phase 0's rate. For weights that are good already it is a tenth of it.",
    ),
    Misconception(
        "decay-upside-down",
        With(decay="the head slowest"),
        "Your rates fall towards the head. What is new needs the highest rate, what is general the lowest.",
    ),
    Misconception(
        "one-rate",
        With(decay="none"),
        "Every stage has the head's rate: `decay` is not used.",
    ),
    Misconception(
        "no-schedule",
        With(span="none"),
        "The rates never fall. Each phase has a cosine from its rate down to 0.",
    ),
    Misconception(
        "one-cosine",
        With(span="run"),
        "One cosine spans the whole run: phase 1 begins with the rates half way down. Each phase has its own.",
    ),
    Misconception(
        "cosine-over-epochs",
        With(span="epochs"),
        "Your cosine is as long as the phase has epochs, and it is stepped at every step: the rates are at 0 long "
        "before the end. T is epochs · steps.",
    ),
    Misconception(
        "cosine-of-phase-0",
        With(span="phase 0"),
        "The cosine of phase 1 is as long as phase 0. Each phase has its own number of epochs, and so of steps.",
    ),
    Misconception(
        "no-decay",
        With(weight_decay=0.0),
        "No weight decays. The contract asks for a weight decay of 0.01 on all but biases and norms.",
    ),
    Misconception(
        "adam",
        With(kind=torch.optim.Adam),
        "Adam adds the decay to the gradient, where it is divided away again. AdamW takes it off the weights "
        "(Loshchilov & Hutter, 2019).",
    ),
    Misconception(
        "all-decay",
        With(decays_all=True),
        "Biases and norms decay too. parameter_groups has groups without decay for them.",
    ),
    Misconception(
        "patience-late",
        With(patience="late"),
        "A phase goes on for one epoch too long: with patience 1, the first epoch that is no better ends it.",
    ),
    Misconception(
        "patience-ignored",
        With(patience="ignored"),
        "Patience is not used: a phase always has all its epochs.",
    ),
    Misconception(
        "patience-of-the-run",
        With(patience="of the run"),
        "You hold phase 1 against the best of the whole run. It may need a few epochs to get there: only its own "
        "best counts for its patience.",
    ),
    Misconception(
        "patience-ends-the-run",
        With(patience="ends the run"),
        "When patience runs out in phase 0, the whole run ends. It ends the phase; phase 1 comes all the same.",
    ),
    Misconception(
        "left-in-training",
        With(mode="training"),
        "The model is left in training mode. The contract ends in evaluation mode.",
    ),
    Misconception(
        "validated-first",
        With(validates_first=True),
        "You validate before you train: each accuracy is that of the epoch before, and the wrong weights are kept.",
    ),
    Misconception(
        "validated-twice",
        With(validations=2),
        "You validate more than once an epoch. Keep what validate() returned: a pass over the validation images costs "
        "time, and here each call is an epoch's.",
    ),
    Misconception(
        "row-out-of-order",
        With(order=(0, 2, 1)),
        "Loss and accuracy have changed places in your rows: (phase, training loss, accuracy).",
    ),
    Misconception(
        "phases-from-one",
        With(first_number=1),
        "Your rows count phases from 1. They are 0 and 1.",
    ),
    Misconception(
        "no-epochs-accepted",
        With(refuses=False),
        "A phase of 0 epochs is accepted. Refuse it, by a ValueError, before anything is trained.",
    ),
)

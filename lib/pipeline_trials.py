"""The pipeline with one part left out: what each part brings, all else the same.

The same seed gives every run the same images, the same first head and the same order of the images. So the run with a
part and the run without it are a pair.
"""

import math
from dataclasses import replace

import torch
from torch import nn

from lib import settings
from lib.backbones import load_backbone, preprocessing, pretrained_weights, replace_head
from lib.datasets.task import Split, Task
from lib.feed import Feed
from lib.inference import Preparation
from lib.learning_rates import parameter_groups
from lib.optimisation import Optimisation
from lib.phases import open_phase
from lib.pipeline import fine_tune
from lib.plan import Phase, Plan, two_phases
from lib.rate_trials import Trial
from lib.training import accuracy

WHOLE, LAST_WEIGHTS = "the whole", "no best weights"


def plans(first: int = 5, second: int = 10, rate: float = 1e-3, seed: int = 0) -> dict[str, Plan]:
    """What is compared, by the name of what it lacks: the whole run first, then one part left out of it each time.

    The whole is `Plan()`'s two phases of `first` and `second` epochs. "one phase" trains every stage for all of these
    epochs at once, at the rate that a new head needs. "no best weights" has the same plan as the whole, but keeps the
    weights of the last epoch, at the end of each phase.

    Example:
        >>> lacking = plans()
        >>> lacking["no clipping"].clip_norm, lacking["no frozen norms"].frozen_norms, len(lacking["one phase"].phases)
        (inf, False, 1)
    """
    whole = Plan(two_phases(first, second, rate), seed=seed)
    alike = tuple(replace(phase, decay=1.0) for phase in whole.phases)
    return {
        WHOLE: whole,
        "no frozen norms": replace(whole, frozen_norms=False),
        "no rates by stage": replace(whole, phases=alike),
        LAST_WEIGHTS: whole,
        "no label smoothing": replace(whole, label_smoothing=0.0),
        "no clipping": replace(whole, clip_norm=math.inf),
        "one phase": replace(whole, phases=(Phase(first + second, rate),)),
    }


def pipeline_trial(
    task: Task,
    images_per_class: int,
    seed: int,
    part: str,
    *,
    first: int = 5,
    second: int = 10,
    backbone: str = "resnet10",
) -> Trial:
    """Fine-tune `backbone` by the plan that lacks `part`, a name in `plans`; say what that reaches.

    seed: draws the images, the new head and the order of the batches. The task's whole validation split decides which
    epoch's weights are kept. The global random state is left as it is. Raises ValueError for an unknown name, and where
    a class has not as many images.
    """
    known = plans(first, second, seed=seed)
    if part not in known:
        raise ValueError(f"part: expected one of {', '.join(known)}, got {part!r}")
    few, device, weights = task.train.few(images_per_class, seed), settings.device(), pretrained_weights(backbone)
    few, validation, test = (Split(s.images.to(device), s.labels.to(device)) for s in (few, task.validation, task.test))
    prepare, model = preprocessing(backbone, weights), new_network(len(task.classes), seed, backbone)
    if part == LAST_WEIGHTS:
        train_to_the_last(model, few, validation, known[part], prepare)
    else:
        fine_tune(model, few, validation, known[part], prepare=prepare)
    return Trial(*(accuracy(model, prepare(split.images), split.labels) for split in (test, validation, few)))


def new_network(classes: int, seed: int, backbone: str = "resnet10") -> nn.Module:
    """The pre-trained network with a new head that `seed` draws, on the course's device; no global random state moves.

    Example:
        >>> torch.equal(new_network(10, seed=1).fc.weight, new_network(10, seed=1).fc.weight)
        True
    """
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = load_backbone(backbone, pretrained_weights(backbone))
        return replace_head(network, classes).to(settings.device())


def train_to_the_last(model: nn.Module, train: Split, validation: Split, plan: Plan, prepare: Preparation) -> None:
    """What `fine_tune` does, the same steps in the same order, without a look at validation: the last weights stay."""
    for number, phase in enumerate(plan.phases):
        open_phase(model, phase, frozen_norms=plan.frozen_norms)
        feed = Feed(model, train, validation, plan, prepare, number)
        groups = parameter_groups(model, phase.rate, phase.decay, weight_decay=plan.weight_decay)
        optimisation = Optimisation(feed.network, groups, plan, phase.epochs * math.ceil(len(train) / plan.batch_size))
        for epoch in range(phase.epochs):
            optimisation.epoch(feed.batches(epoch))
    model.eval()

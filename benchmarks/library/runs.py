"""Whole two-phase runs at equal epochs: ours, the listing of lessons, and other libraries' fine-tuning.

A bundled network on digits on photographs, 20 images a class: head and last stage for 5 epochs, then everything for 10.
The seed decides the new head and the order of the images; accuracy is that on the test split.

In the second phase both sides compute the same network forward and backward, so what can be gained there is the images'
way into it, the layout in memory, and norms that stay as they are: little for a ResNet, whose convolutions are fast in
any layout, more for an EfficientNet, whose are not.
"""

import functools
import logging
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.library.listing import normalisation, run_listing, temporary_folder, write_pictures
from benchmarks.library.measuring import Row, Sides
from lib.augmentation import train_transform
from lib.backbones import load_backbone, preprocessing, replace_head
from lib.batch_augmentation import BatchAugmentation
from lib.datasets import load_task
from lib.datasets.task import Split, Task
from lib.pipeline import fine_tune
from lib.plan import Augment, Phase, Plan, two_phases
from lib.settings import generator
from lib.stages import stages
from lib.training import accuracy

FIRST, SECOND, RATE, SIZE = 5, 10, 1e-3, 48


def against_listing(
    per_class: int = 20, first: int = FIRST, second: int = SECOND, *, name: str = "resnet10", augmented: bool = False
) -> Sides:
    """Files to accuracy on both sides; ours reads the files once.

    augmented: new views in every epoch, of the same kinds and ranges: the listing's loader makes them one by one, as
    lessons have it, we for a whole batch.
    """
    task = _few(per_class)
    files = {"train": task.train, "val": task.validation, "test": task.test.few(1, 0)}
    folder = write_pictures(temporary_folder(), files)

    def ours(seed: int) -> float:
        read = load_task(folder, size=SIZE)
        views = BatchAugmentation(flip=0.0) if augmented else None
        return _ours(_model(seed, name), read, two_phases(first, second, RATE), seed, task.test, views)

    def other(seed: int) -> float:
        source, phases = normalisation(), two_phases(first, second, RATE)
        views = train_transform(SIZE, source.mean, source.std, flip=False) if augmented else None
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            model = run_listing(
                _model(seed, name), folder, phases, size=SIZE, normalise=source, seed=seed, transform=views
            )
        return _accuracy(model, task.test)

    return Sides(ours, other)


def against_fastai(per_class: int = 20, first: int = FIRST, second: int = SECOND) -> Sides:
    """Tensors in memory on both sides; fastai keeps the last weights and lets norms move, as is its way."""
    from fastai.callback.schedule import Learner  # the page that gives it fine_tune and no_bar
    from fastai.data.core import DataLoaders
    from fastai.data.load import DataLoader as Loader

    task = _few(per_class)
    train, validation = (_tensors(split) for split in (task.train, task.validation))

    def other(seed: int) -> float:
        torch.manual_seed(seed)
        one = functools.partial(Loader, bs=32, num_workers=0)
        loaders = DataLoaders(one(train, shuffle=True), one(validation))
        loss = nn.CrossEntropyLoss(label_smoothing=0.1)
        learner = Learner(loaders, _model(seed), loss_func=loss, splitter=_split, wd=0.01)
        with learner.no_bar(), learner.no_logging():
            learner.fine_tune(second, base_lr=RATE, freeze_epochs=first)
        return _accuracy(learner.model, task.test)

    phases = two_phases(first, second, RATE)
    return Sides(lambda seed: _ours(_model(seed), task, phases, seed, task.test), other)


def against_lightning(per_class: int = 20, first: int = FIRST, second: int = SECOND) -> Sides:
    """Tensors in memory on both sides; Lightning's callback unfreezes the backbone after the first epochs."""
    from lightning.pytorch import Trainer
    from lightning.pytorch.callbacks import BackboneFinetuning

    from benchmarks.library.lightning_module import Module

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    task = _few(per_class)
    train, validation = (_tensors(split) for split in (task.train, task.validation))

    def other(seed: int) -> float:
        module = Module(_model(seed), RATE)
        thaw = BackboneFinetuning(first, lambda _: 1.0, backbone_initial_lr=RATE / 10, should_align=False)
        quiet = dict.fromkeys(("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary"), False)
        trainer = Trainer(
            accelerator="cpu", max_epochs=first + second, gradient_clip_val=1.0, callbacks=[thaw], **quiet
        )
        order = DataLoader(train, 32, shuffle=True, generator=generator(seed))
        trainer.fit(module, order, DataLoader(validation, 32))
        return _accuracy(module.network, task.test)

    phases = two_phases(first, second, RATE)
    return Sides(lambda seed: _ours(_model(seed), task, phases, seed, task.test), other)


def _few(per_class: int) -> Task:
    task = load_task("digits-on-photographs")
    return Task(task.name, task.classes, task.train.few(per_class, 0), task.validation.few(10, 0), task.test)


def _model(seed: int, name: str = "resnet10") -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return replace_head(load_backbone(name), 10)


@functools.cache
def _prepare() -> nn.Module:
    return preprocessing("resnet10")


def _tensors(split: Split) -> TensorDataset:
    return TensorDataset(_prepare()(split.images), split.labels)


def _ours(
    model: nn.Module, data: Task, phases: tuple[Phase, ...], seed: int, test: Split, augment: Augment | None = None
) -> float:
    plan = Plan(_as_high_in_the_mean(phases), warmup=0.0, augment=augment, channels_last=True, seed=seed)
    fine_tune(model, data.train, data.validation, plan, prepare=_prepare())
    return _accuracy(model, test)


def _as_high_in_the_mean(phases: tuple[Phase, ...]) -> tuple[Phase, ...]:
    """The listing's rate falls after every epoch, and its mean is (1 + 1/epochs)/2 of the peak; ours falls at every
    step, to a mean of 1/2. So ours begins higher.
    """
    return tuple(replace(phase, rate=phase.rate * (1 + 1 / phase.epochs)) for phase in phases)


def _accuracy(model: nn.Module, test: Split) -> float:
    return accuracy(model.eval(), _prepare()(test.images), test.labels)


def _split(model: nn.Module) -> list[list[Tensor]]:
    """fastai's parameter groups: what the first phase freezes, and the last stage with the head."""
    parts = list(stages(model).values())
    return [[p for part in some for p in part.parameters()] for some in (parts[:-2], parts[-2:])]


_SAME = "48 px, 200 images, 5 + 10 epochs"
NAMES = {"ResNet-10": ("resnet10", 3), "EfficientNet": ("efficientnet_mini", 30)}  # and over how many seeds
ROWS = [
    *(
        Row(
            f"two phases, {views}, {title} / the listing",
            functools.partial(against_listing, name=name, augmented=views == "augmented"),
            2.0,
            seeds,
            f"{_SAME}, {seeds} seeds, PNG files to accuracy{', new each epoch' if views == 'augmented' else ''}",
        )
        for title, (name, seeds) in NAMES.items()
        for views in ("augmented", "fixed views")
    ),
    Row(
        "two phases / fastai's fine_tune",
        against_fastai,
        None,
        3,
        f"ResNet-10 at {_SAME}, 3 seeds, tensors to accuracy",
        "fastai.learner",
    ),
    Row(
        "two phases / Lightning's BackboneFinetuning",
        against_lightning,
        None,
        3,
        f"ResNet-10 at {_SAME}, 3 seeds, tensors to accuracy",
        "lightning.pytorch",
    ),
]

"""What one phase of fine-tuning trains, and the batches that it takes: images, or what a frozen prefix makes of them.

While a prefix of the network is frozen and the images are the same in every epoch, its output is computed once: the
same numbers as the plain way, without its pass. Where the images differ, the plain thing is done, and a note says so.
"""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from lib import distributed, settings
from lib.datasets.task import Split
from lib.epochs import shuffled_batches
from lib.plan import Plan
from lib.prefix import Cut, cut_where_learning_begins

_CHUNK = 256  # images in work at a time where nothing is learnt
_VALUES = _CHUNK * 3 * 48 * 48  # and values, on a CPU: larger batches are slower there, two and three times at 224 px
_OVERSHOOT = 0.1  # how far resampling may leave [0, 1]


class Feed:
    """The network to train in phase `number`, and its batches; made for the freezing of the moment.

    model, train, validation: on one device. prepare: images, float in [0, 1], as the network expects them.
    network: the model, or what comes after its frozen prefix. cached: whether it is the latter. note: why, in words.
    """

    def __init__(
        self,
        model: nn.Module,
        train: Split,
        validation: Split,
        plan: Plan,
        prepare: Callable[[Tensor], Tensor],
        number: int,
    ) -> None:
        self.plan, self.prepare, self.number = plan, prepare, number
        self.train, self.validation = train, validation
        cut = cut_where_learning_begins(model)
        self.note = self._why_not(cut)
        self.network, self.cached, self._looked = model, False, False
        self._images = train.images, validation.images
        if cut is not None and not self.note:
            self.network, self.cached = cut.rest, True
            self._images = self._cache(cut, train), self._cache(cut, validation)
            self.note = f"what the frozen prefix makes of {len(train) + len(validation):,} images was computed once"

    def batches(self, epoch: int) -> Iterator[tuple[Tensor, Tensor, float]]:
        """This process's share of every batch of an epoch, and its weight in the mean over all processes.

        Where there is nothing left for a process, it takes an image with the weight 0: all must step together.
        """
        generator = settings.generator(seed_of(self.plan.seed, self.number, epoch))
        images, labels, size = self._images[0], self.train.labels, self.plan.batch_size
        left = len(labels)
        for batch, targets in shuffled_batches(images, labels, size, generator=generator, share=distributed.share()):
            weight = distributed.weight(len(batch), min(size, left))
            if weight == 0:
                batch, targets = images[:1], labels[:1]
            view = batch if self.cached else self._view(batch, generator)
            mixed = (view, targets) if self.plan.mix is None else self.plan.mix(view, targets, generator)
            yield *mixed, weight
            left -= size

    def validation_batches(self) -> Iterator[tuple[Tensor, Tensor]]:
        """All validation images, in their order, never augmented."""
        size = chunk(self._images[1])
        for batch, labels in zip(self._images[1].split(size), self.validation.labels.split(size), strict=True):
            yield batch if self.cached else self._view(batch), labels

    def _why_not(self, cut: Cut | None) -> str:
        """Why nothing is computed once; empty where it is."""
        changing = [name for name in ("augment", "mix") if getattr(self.plan, name) is not None]
        if cut is None:
            return "nothing was computed once: no prefix of the network is frozen, or none can be cut off"
        if changing:
            return f"nothing was computed once: the images differ in every epoch ({' and '.join(changing)})"
        size = cut.cache(self._view(self.train.images[:1])).nbytes * (len(self.train) + len(self.validation))
        if size > self.plan.cache_bytes:
            return f"nothing was computed once: it would take {size:,} bytes, more than cache_bytes"
        return ""

    def _cache(self, cut: Cut, split: Split) -> Tensor:
        return torch.cat([cut.cache(self._view(batch)) for batch in split.images.split(chunk(split.images))])

    def _view(self, images: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """A batch as the network takes it; with `generator`, augmented."""
        images = images.float() / 255 if images.dtype == torch.uint8 else images
        if generator is not None and self.plan.augment is not None:
            images = self.plan.augment(images, generator)
            if not self._looked:  # at the first batch alone: a look at every one would make the CPU wait for the GPU
                _check_range(images)
                self._looked = True
        layout = torch.channels_last if self.plan.channels_last else torch.contiguous_format
        return self.prepare(images).contiguous(memory_format=layout)


def chunk(images: Tensor) -> int:
    """How many of `images`, shape (N, …), to put through a network at a time where nothing is learnt.

    Example:
        >>> chunk(torch.zeros(9, 3, 32, 32)) > chunk(torch.zeros(9, 3, 224, 224))  # on the CPU, fewer of large ones
        True
    """
    return _CHUNK if images.is_cuda else max(1, min(_CHUNK, _VALUES // images[0].numel()))


def seed_of(seed: int, phase: int, epoch: int) -> int:
    """A seed for one epoch of one phase: it draws the same whether or not the epochs before it were run just now.

    Example:
        >>> len({seed_of(0, phase, epoch) for phase in range(9) for epoch in range(99)})  # 9 × 99, no two alike
        891
    """
    return (seed * 2**12 + phase) * 2**16 + epoch


def _check_range(images: Tensor) -> None:
    """Whether augmented images are still to be normalised: ValueError if they leave [0, 1] by far."""
    low, high = images.aminmax()
    if low < -_OVERSHOOT or high > 1 + _OVERSHOOT:
        got = f"{low:.3g} to {high:.3g}"
        raise ValueError(f"augment: expected images in [0, 1], which `prepare` will normalise, got {got}")

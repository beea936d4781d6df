"""Trials of augmentation: each kind does what it is called, and a trial repeats."""

import pytest
import torch

from lib.augmentation_trials import augmentation_trial, kinds, only, randaugmented
from lib.datasets.task import Split, Task


def images():
    return torch.rand(4, 3, 16, 16, generator=torch.Generator().manual_seed(0))


def test_only_does_nothing_but_what_is_named():
    same = only()(images(), torch.Generator().manual_seed(1))
    torch.testing.assert_close(same, images(), atol=1e-5, rtol=0)
    mirrored = only(flip=1.0)(images(), torch.Generator().manual_seed(1))
    torch.testing.assert_close(mirrored, images().flip(3), atol=1e-5, rtol=0)


def test_randaugmented_stays_in_range_and_repeats():
    first, again = (randaugmented(images(), torch.Generator().manual_seed(1)) for _ in range(2))
    assert torch.equal(first, again) and not torch.equal(first, images())
    assert first.min() >= 0 and first.max() <= 1 and first.shape == (4, 3, 16, 16)


@pytest.mark.parametrize("name", ["Mixup", "CutMix"])
def test_kinds_that_mix_give_soft_targets(name):
    mixed, targets = kinds(5)[name].mix(images(), torch.arange(4), torch.Generator().manual_seed(0))
    assert mixed.shape == (4, 3, 16, 16) and targets.shape == (4, 5)
    assert kinds(5)["plain"] == (None, None, 0.0)


def test_augmentation_trial_refuses_an_unknown_kind():
    split = Split(torch.zeros(2, 3, 8, 8, dtype=torch.uint8), torch.tensor([0, 1]))
    with pytest.raises(ValueError, match=r"kind: expected one of plain, shift, .*, got 'none'"):
        augmentation_trial(Task("two", ("a", "b"), split, split, split), 1, 0, "none")

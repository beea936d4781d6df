"""The traps of mixing: a λ that is not the area's, labels smoothed twice, a batch written to, even batches only."""

import pytest
import torch
import torch.nn.functional as F

from lib.mixing import Mixing, cutmix, mixup, soft_target_cross_entropy

mixings = pytest.mark.parametrize("mix", [mixup, cutmix])


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("per_sample", [False, True])
def test_trap_20_cutmix_lambda_is_that_of_the_clipped_box(per_sample):
    """Uncorrected, the label is off by 0.20 on average at α = 1: here it is the share of pixels, always."""
    labels = torch.arange(7)
    images = labels.double().view(-1, 1, 1, 1).expand(-1, 1, 32, 32)
    for seed in range(30):
        mixed, targets = cutmix(images, labels, 7, per_sample=per_sample, generator=generator(seed))
        kept = (mixed == images).double().mean((1, 2, 3))
        torch.testing.assert_close(targets.diagonal(), kept)


@mixings
def test_trap_21_mixing_does_not_smooth_and_the_loss_smooths_once(mix):
    images, labels = torch.rand(8, 3, 6, 6, generator=generator()), torch.arange(8)
    _, targets = mix(images, labels, 10, per_sample=True, generator=generator(1))
    assert ((targets > 0).sum(1) <= 2).all()  # two classes at most: no share of ε has been put on the others
    logits = torch.randn(8, 10, generator=generator(2))
    once = -((0.9 * targets + 0.01) * F.log_softmax(logits, 1)).sum(1).mean()
    torch.testing.assert_close(soft_target_cross_entropy(logits, targets, 0.1), once)


@mixings
def test_trap_21_smoothed_labels_do_not_get_into_mixing(mix):
    images, smoothed = torch.rand(4, 3, 6, 6, generator=generator()), torch.full((4, 5), 0.2)
    with pytest.raises(TypeError, match=r"labels: expected class indices, int64, got torch\.float32"):
        mix(images, smoothed, 5, generator=generator())


@mixings
@pytest.mark.parametrize("per_sample", [False, True])
def test_trap_mixing_does_not_write_into_the_callers_batch(mix, per_sample):
    images, labels = torch.rand(6, 3, 8, 8, generator=generator()), torch.arange(6)
    before, labels_before = images.clone(), labels.clone()
    mixed, _ = mix(images, labels, 6, 1.0, per_sample=per_sample, generator=generator(3))
    assert torch.equal(images, before) and torch.equal(labels, labels_before)
    assert not torch.equal(mixed, before)  # or nothing would have been tested
    mixed.zero_()
    assert torch.equal(images, before)


@pytest.mark.parametrize("share", [0.0, 1.0])
@pytest.mark.parametrize("count", [1, 3, 7])
def test_trap_mixing_takes_odd_batches_and_a_batch_of_one(share, count):
    images, labels = torch.rand(count, 3, 5, 5, generator=generator()), torch.arange(count) % 5
    mixed, targets = Mixing(5, cutmix_share=share)(images, labels, generator(1))
    assert mixed.shape == images.shape
    torch.testing.assert_close(targets.sum(1), torch.ones(count))

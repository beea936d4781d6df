"""The microscope: the law of Beer and Lambert, and laboratories that stay what they are."""

import pytest
import torch

from lib.datasets.microscope import laboratory, photograph


def optical_density(eosin, blue, purple, numbers=(0,), seed=3):
    """−log of the mean light through an even slide, by colour; the same lamp, lens and noise for the same seed."""
    densities = torch.tensor([eosin, blue, purple]).view(1, 3, 1, 1).expand(len(numbers), 3, 48, 48)
    images = photograph(densities, torch.tensor(numbers), torch.Generator().manual_seed(seed))
    return -images.double().mean((2, 3)).log()


@pytest.mark.parametrize("number", [0, 5])
def test_photograph_each_dye_absorbs_as_its_laboratory_says(number):
    ground = optical_density(0.3, 0.3, 0.3, (number,))
    for dye in range(3):
        added = [0.3 + 0.7 * (other == dye) for other in range(3)]
        absorbed = (optical_density(*added, (number,)) - ground)[0]
        own = laboratory(number).absorbance[dye].double()
        staining = absorbed / (0.7 * own)  # one factor a slide and dye, whatever the colour
        assert torch.allclose(staining, staining.mean().expand(3), atol=0.02)
        assert 0.58 < float(staining.mean()) < 1.42


def test_photograph_densities_add():
    ground, one, other = (optical_density(*d) for d in ((0.3, 0, 0), (0.7, 0, 0), (0.3, 0, 0.5)))
    together = optical_density(0.7, 0, 0.5)
    assert torch.allclose(together - ground, (one - ground) + (other - ground), atol=0.02)


def test_photograph_mixes_laboratories_in_one_batch_without_mixing_them_up():
    batch = optical_density(1.0, 0, 0, (2, 6, 2)) - optical_density(0.3, 0, 0, (2, 6, 2))
    for row, number in enumerate((2, 6, 2)):
        own = laboratory(number).absorbance[0].double()
        share = batch[row] / own
        assert torch.allclose(share / share.mean(), torch.ones(3).double(), atol=0.05)


def test_photograph_is_in_range_and_slides_differ():
    densities = torch.rand(6, 3, 32, 32, generator=torch.Generator().manual_seed(0)) * 3
    images = photograph(densities, torch.zeros(6).long(), torch.Generator().manual_seed(1))
    assert images.shape == (6, 3, 32, 32)
    assert 0 <= float(images.min()) < float(images.max()) <= 1
    light = photograph(torch.zeros(6, 3, 32, 32), torch.zeros(6).long(), torch.Generator().manual_seed(1)).mean((2, 3))
    assert float(light.std(0).min()) > 0.01


def test_laboratory_is_always_the_same_and_none_is_like_another():
    every = [laboratory(number) for number in range(8)]
    laboratory.cache_clear()
    assert all(torch.equal(lab.absorbance, laboratory(number).absorbance) for number, lab in enumerate(every))
    flat = torch.stack([lab.absorbance.flatten() for lab in every])
    assert float((torch.cdist(flat, flat) + 9 * torch.eye(8)).min()) > 0.1
    assert all(float(lab.lamp.min()) > 0.8 for lab in every)


@pytest.mark.parametrize("shape", [(2, 3, 8, 8), (1, 2, 8, 8), (3, 8, 8)])
def test_photograph_refuses_other_densities(shape):
    with pytest.raises(ValueError, match=r"densities: expected \(1, 3, H, W\), got "):
        photograph(torch.zeros(shape), torch.zeros(1).long(), torch.Generator())

"""What drawn tasks are drawn with, against closed forms, NumPy's Fourier transform and brute force."""

import numpy as np
import pytest
import scipy.ndimage
import torch

from lib.datasets.drawing import blur, character_masks, coverage, disc, each, noise, spots, thread


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def numbers(*values):
    return torch.tensor(values).view(-1, 1, 1)


def test_each_is_one_uniform_number_an_image():
    drawn = each(4000, -2.0, 6.0, generator())
    assert drawn.shape == (4000, 1, 1)
    assert -2 <= float(drawn.min()) < -1.9
    assert 5.9 < float(drawn.max()) < 6
    assert float(drawn.mean()) == pytest.approx(2, abs=0.15)


@pytest.mark.parametrize("sigma", [0.8, 1.2, 2.0])
def test_blur_is_gaussian_and_leaves_an_even_image_even_up_to_its_edge(sigma):
    point, even = torch.zeros(2, 31, 41, dtype=torch.float64), torch.full((31, 41), 0.7)
    point[:, 15, 20] = 1
    expected = scipy.ndimage.gaussian_filter(point.numpy(), (0, sigma, sigma), truncate=9)
    assert np.allclose(blur(point, sigma).numpy(), expected, atol=1e-9)
    assert torch.allclose(blur(even, sigma), even, atol=1e-6)


@pytest.mark.parametrize("cells", [4, 15, 30])
def test_noise_has_variance_one_and_no_finer_detail_than_its_cells(cells):
    field = noise(50, cells, 48, generator())
    assert field.shape == (50, 48, 48)
    assert torch.allclose(field.var(dim=(1, 2)), torch.ones(50), atol=1e-3)
    power = np.abs(np.fft.rfft(field.numpy() * np.hanning(48), axis=2)).mean((0, 1)) ** 2
    assert power[cells * 3 // 4 + 3 :].sum() < 0.1 * power.sum()
    assert power[: cells // 2 + 2].sum() > 0.5 * power.sum()


def test_disc_that_is_not_rough_is_round():
    axis = torch.arange(9.0) - 3
    x, y = axis.expand(1, 9, 9), axis.view(1, 9, 1).expand(1, 9, 9)
    depth = disc(x, y, numbers(2.5), 0.0, generator())
    assert torch.allclose(depth[0], 2.5 - torch.hypot(x, y)[0], atol=1e-5)


@pytest.mark.parametrize("waves", [2, 3, 4])
def test_disc_has_the_waves_that_it_says_and_no_other(waves):
    angle = torch.arange(64) * 2 * np.pi / 64
    circle = 3 * angle.cos().view(1, 1, -1), 3 * angle.sin().view(1, 1, -1)
    x, y = (part.expand(40, 1, -1) for part in circle)
    edge = disc(x, y, torch.full((40, 1, 1), 5.0), 0.2, generator(), waves=waves) + 3  # radius at each angle
    parts = np.abs(np.fft.rfft(edge.squeeze(1).numpy(), axis=1)) / 64
    assert np.allclose(parts[:, 0], 5, atol=1e-4)
    assert np.allclose(np.delete(parts, [0, *range(2, waves + 1)], axis=1), 0, atol=1e-5)
    for k in range(2, waves + 1):  # a cos kθ + b sin kθ with |a|, |b| ≤ 5 · 0.2 / k
        assert 0.5 < 2 * parts[:, k].max() / (np.sqrt(2) / k) <= 1


def test_thread_is_as_far_as_the_nearest_of_its_points():
    draw = torch.rand(4, 20, 1, 1, generator=generator()) * 10 - 5
    x, y = torch.rand(2, 20, 6, 6, generator=generator(1)) * 12 - 6
    along = torch.linspace(0, 1, 2001).view(-1, 1, 1, 1)
    near = torch.hypot(x - torch.lerp(draw[0], draw[2], along), y - torch.lerp(draw[1], draw[3], along)).amin(0)
    assert torch.allclose(thread(x, y, tuple(draw), numbers(0.7)), 0.7 - near, atol=3e-3)
    point = thread(x, y, (draw[0], draw[1], draw[0], draw[1]), numbers(0.7))  # both ends in one place
    assert torch.allclose(point, 0.7 - torch.hypot(x - draw[0], y - draw[1]), atol=1e-5)


def test_coverage_is_half_on_the_edge_and_whole_within_its_softness():
    depth = torch.tensor([-9, -0.5, -0.25, 0, 0.25, 0.5, 9])
    assert coverage(depth, 0.5).tolist() == [0, 0, 0.25, 0.5, 0.75, 1, 1]
    assert depth.tolist() == [-9, -0.5, -0.25, 0, 0.25, 0.5, 9]


@pytest.mark.parametrize("share", [0.1, 0.35, 0.8])
def test_spots_cover_their_share(share):
    field = torch.randn(4, 200, 200, generator=generator())
    assert spots(field, torch.full((4, 1, 1), share), 1e-3).mean().item() == pytest.approx(share, abs=0.01)


def test_character_masks_are_of_every_face_and_48_pixels_long():
    masks = character_masks("17")
    assert masks.shape == (2, 12, 64, 64)
    assert masks.dtype == torch.uint8
    for mask in masks.flatten(0, 1):
        rows, columns = (mask > 40).any(1).nonzero(), (mask > 40).any(0).nonzero()
        tall, wide = int(rows[-1] - rows[0]) + 1, int(columns[-1] - columns[0]) + 1
        assert max(tall, wide) == pytest.approx(48, abs=1)
        assert int(rows[0]) == pytest.approx(64 - 1 - int(rows[-1]), abs=2)
    seven = masks[1, 0] > 127
    assert float(seven[8:16].float().mean()) > 2 * float(seven[48:56].float().mean())  # a 7 has its bar on top

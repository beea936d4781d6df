"""Augmenting a whole batch: each step against torchvision's, image by image, and the laws of the whole."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchvision.transforms import InterpolationMode, v2
from torchvision.transforms.v2 import functional as TF

from lib.augmentation import train_transform
from lib.backbones import Normalisation
from lib.batch_augmentation import BatchAugmentation, Draw

law = settings(max_examples=20, deadline=None, derandomize=True)
NOTHING = {"flip": 0.0, "degrees": 0.0, "crop_area": (1.0, 1.0), "jitter": 0.0, "hue": 0.0, "grey": 0.0}
NOTHING |= {"blur": 0.0, "erase": 0.0}


def same(images):
    return images


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def batch(count=4, height=20, width=24, seed=0):
    """Smooth images, as photographs are: resampling is then a matter of arithmetic, not of aliasing."""
    coarse = torch.rand(count, 3, 5, 5, generator=generator(seed))
    return TF.resize(coarse, [height, width], antialias=True).clamp(0, 1)


def drawn(count, seed=0, **fixed):
    numbers = torch.rand(len(Draw._fields), count, generator=generator(seed))
    return Draw(*numbers)._replace(**{name: torch.tensor(value) for name, value in fixed.items()})


def augmentation(**ranges):
    return BatchAugmentation(same, **(NOTHING | ranges))


# ---- each step, by itself -----------------------------------------------------------------------------------------


def test_nothing_to_do_is_the_image_scaled_and_normalised():
    images = (batch() * 255).to(torch.uint8)
    normalise = Normalisation((0.4, 0.5, 0.6), (0.2, 0.3, 0.4))
    found = BatchAugmentation(normalise, **NOTHING)(images, generator())
    torch.testing.assert_close(found, normalise(images), atol=1e-5, rtol=0)


def test_without_normalisation_the_images_stay_in_the_unit_range():
    images = batch()
    found = BatchAugmentation()(images, generator(2))
    assert torch.equal(found, BatchAugmentation(same)(images, generator(2)))
    assert found.min() >= -1e-6 and found.max() <= 1 + 1e-6


def test_flip_mirrors_exactly_those_that_are_drawn():
    images = batch(3)
    found = augmentation(flip=0.5).apply(images, drawn(3, flip=[0.2, 0.7, 0.49]))
    expected = torch.stack([images[0].flip(2), images[1], images[2].flip(2)])
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("size", [(20, 20), (16, 28)])
def test_rotation_equals_torchvision_where_there_is_picture(size):
    images, numbers = batch(5, *size), [0.0, 0.25, 0.5, 0.8, 0.999]
    found = augmentation(degrees=40.0).apply(images, drawn(5, angle=numbers))
    for image, number, ours in zip(images, numbers, found, strict=True):
        stacked = torch.cat([image, torch.ones(1, *size)])  # the fourth channel tells what came from inside
        *theirs, inside = TF.rotate(stacked, 40 * (2 * number - 1), InterpolationMode.BILINEAR)
        assert (inside == 1).float().mean() > 0.5
        difference = (ours - torch.stack(theirs)).abs().amax(0)
        assert difference[inside == 1].max() < 1e-4


def test_rotation_repeats_the_edge_where_there_is_none():
    found = augmentation(degrees=45.0)(torch.full((6, 3, 9, 9), 0.7), generator())
    torch.testing.assert_close(found, torch.full((6, 3, 9, 9), 0.7))


def test_crop_equals_torchvision_inside():
    images = batch(3, 20, 20)
    chosen = {"crop_area": [0.0, 0.0, 1.0], "crop_ratio": [0.5, 0.5, 0.5]}
    found = augmentation(crop_area=(0.64, 1.0)).apply(
        images, drawn(3, **chosen, crop_row=[0.25, 0.0, 0.3], crop_column=[0.75, 1.0, 0.6])
    )
    for image, ours, (top, left, side) in zip(images, found, [(1, 3, 16), (0, 4, 16), (0, 0, 20)], strict=True):
        theirs = TF.resized_crop(image, top, left, side, side, [20, 20], antialias=False)
        torch.testing.assert_close(ours[:, 1:-1, 1:-1], theirs[:, 1:-1, 1:-1], atol=1e-5, rtol=0)


@law
@given(st.floats(0, 0.999), st.floats(0, 0.999), st.floats(0, 0.999), st.floats(0, 0.999))
def test_crop_stays_inside_and_has_the_area(area, ratio, row, column):
    """An image of its own coordinates tells which part of it was taken."""
    side = 40
    ramp = (torch.arange(side) + 0.5) / side
    image = torch.stack([ramp.view(-1, 1).expand(side, side), ramp.expand(side, side), torch.zeros(side, side)])
    one = drawn(1, crop_area=[area], crop_ratio=[ratio], crop_row=[row], crop_column=[column])
    rows, columns, _ = augmentation(crop_area=(0.5, 0.9)).apply(image.unsqueeze(0), one)[0]
    inner = slice(3, -3)  # at the border of the picture, its edge is repeated
    height = float((rows[inner, 0][-1] - rows[inner, 0][0]) * side / (side - 7))
    width = float((columns[0, inner][-1] - columns[0, inner][0]) * side / (side - 7))
    assert height * width == pytest.approx(0.5 + 0.4 * area, abs=1e-3)
    share = 0.5 + 0.4 * area  # the widest crop of this area that fits is 1 wide, the highest 1 high
    narrow, wide = max(math.log(3 / 4), math.log(share)), min(math.log(4 / 3), -math.log(share))
    assert math.log(width / height) == pytest.approx(narrow + (wide - narrow) * ratio, abs=5e-3)
    assert max(height, width) <= 1.001
    middle_row, middle_column = rows[19:21, 0].mean(), columns[0, 19:21].mean()
    assert middle_row == pytest.approx(height / 2 + (1 - height) * row, abs=2e-3)
    assert middle_column == pytest.approx(width / 2 + (1 - width) * column, abs=2e-3)


def test_mirror_crop_and_rotation_in_one_equal_torchvision_one_after_another():
    image = batch(1, 40, 40, seed=3)
    one = drawn(1, flip=[0.1], angle=[0.9], crop_area=[0.0], crop_ratio=[0.5], crop_row=[0.25], crop_column=[0.75])
    ours = augmentation(flip=0.5, degrees=20.0, crop_area=(0.64, 0.8)).apply(image, one)[0]
    cropped = TF.resized_crop(image[0], 2, 6, 32, 32, [40, 40], antialias=False)
    theirs = TF.rotate(cropped.flip(2), 20 * 0.8, InterpolationMode.BILINEAR)
    middle = slice(12, 28)
    torch.testing.assert_close(
        ours[:, middle, middle], theirs[:, middle, middle], atol=0.03, rtol=0
    )  # torchvision interpolates twice


@law
@given(st.integers(0, 999))
def test_tint_equals_torchvision_in_the_same_order(seed):
    images, draw = batch(3, 6, 6, seed), drawn(3, seed)
    found = augmentation(jitter=0.4, hue=0.5).apply(images, draw)
    for i, image in enumerate(images):
        factors = [0.6 + 0.8 * float(numbers[i]) for numbers in (draw.brightness, draw.contrast, draw.saturation)]
        for adjust, factor in zip(
            (TF.adjust_brightness, TF.adjust_contrast, TF.adjust_saturation), factors, strict=True
        ):
            image = adjust(image, factor)
        theirs = TF.adjust_hue(image, float(draw.hue[i]) - 0.5)
        torch.testing.assert_close(found[i], theirs, atol=2e-5, rtol=0)


def test_tint_of_grey_pure_and_black_pixels_equals_torchvision():
    colours = torch.tensor(
        [[0.5, 0.5, 0.5], [0, 0, 0], [1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [0, 1, 1]]
    )
    image = colours.T.reshape(1, 3, 2, 4).repeat(1, 1, 2, 1)
    found = augmentation(hue=0.5).apply(image, drawn(1, hue=[0.62]))
    torch.testing.assert_close(found, TF.adjust_hue(image, 0.12), atol=1e-5, rtol=0)


def test_grey_equals_torchvision():
    images = batch(3)
    found = augmentation(grey=0.5).apply(images, drawn(3, grey=[0.4, 0.6, 0.0]))
    expected = torch.stack([TF.rgb_to_grayscale(image, 3) for image in images])
    expected[1] = images[1]
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize(("size", "kernel"), [((20, 24), 3), ((48, 48), 5), ((64, 60), 7)])
def test_blur_equals_torchvision(size, kernel):
    images, sigmas = torch.rand(3, 3, *size, generator=generator()), [0.0, 0.4, 0.99]
    found = augmentation(blur=0.5).apply(images, drawn(3, blur=[0.1, 0.1, 0.9], sigma=sigmas))
    for i, number in enumerate(sigmas):
        theirs = TF.gaussian_blur(images[i], [kernel, kernel], [0.1 + 1.9 * number] * 2) if i < 2 else images[i]
        torch.testing.assert_close(found[i], theirs, atol=1e-5, rtol=0)


@law
@given(st.integers(0, 999))
def test_erased_box_has_the_area_the_ratio_and_the_place(seed):
    images, draw = torch.ones(6, 3, 40, 50), drawn(6, seed)
    found = augmentation(erase=0.5).apply(images, draw)
    for i in range(6):
        rows, columns = np.nonzero(found[i, 0].numpy() == 0)
        if draw.erase[i] >= 0.5:
            assert len(rows) == 0
            continue
        area = (0.02 + 0.13 * float(draw.erased_area[i])) * 2000
        ratio = math.exp(math.log(0.3) + math.log(11) * float(draw.erased_ratio[i]))
        height, width = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
        top = math.floor(float(draw.erased_row[i]) * (41 - height))
        left = math.floor(float(draw.erased_column[i]) * (51 - width))
        assert torch.equal(found[i], TF.erase(images[i], top, left, height, width, torch.zeros(3, 1, 1)))
        assert len(rows) == height * width
        assert set(columns) == set(range(left, left + width))


def test_erased_box_is_cut_to_the_image_and_filled_after_normalisation():
    augment = BatchAugmentation(Normalisation((0.5,) * 3, (0.25,) * 3), **(NOTHING | {"erase": 1.0}))
    found = augment(torch.ones(50, 3, 40, 4), generator())  # in so flat an image 15 % can be wider than it
    assert set(found.unique().tolist()) == {0.0, 2.0}  # the source's mean is 0 by now, not black's −2


# ---- the whole ----------------------------------------------------------------------------------------------------


@law
@given(st.integers(1, 5), st.integers(0, 999))
def test_a_new_order_of_the_images_and_their_draws_reorders_the_results(count, seed):
    images, draw = batch(count, 16, 16, seed), drawn(count, seed)
    order = torch.randperm(count, generator=generator(seed))
    augment = BatchAugmentation(same)
    reordered = augment.apply(images[order], Draw(*(numbers[order] for numbers in draw)))
    torch.testing.assert_close(reordered, augment.apply(images, draw)[order])


@law
@given(st.integers(0, 999), st.sampled_from([torch.uint8, torch.float16, torch.float32, torch.float64]))
def test_the_range_is_kept_for_any_dtype(seed, dtype):
    images = batch(3, 12, 9, seed)
    images = (images * 255).to(dtype) if dtype == torch.uint8 else images.to(dtype)
    found = BatchAugmentation(same)(images, generator(seed))
    assert found.dtype == torch.float32 and found.shape == images.shape
    assert found.min() >= -1e-6 and found.max() <= 1 + 1e-6


def test_uint8_and_float_give_the_same():
    whole = (batch() * 255).to(torch.uint8)
    augment = BatchAugmentation(same)
    torch.testing.assert_close(augment(whole, generator(1)), augment(whole.float() / 255, generator(1)))


def test_every_image_has_a_draw_of_its_own():
    images = batch(1).expand(8, -1, -1, -1)
    found = BatchAugmentation(same)(images, generator())
    assert len({tuple(image.flatten().tolist()) for image in found}) == 8


def test_same_generator_same_batch_input_and_global_state_untouched():
    images = (batch() * 255).to(torch.uint8)
    before, state = images.clone(), torch.get_rng_state()
    augment = BatchAugmentation(same)
    first, again, other = (augment(images, generator(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert torch.equal(images, before) and torch.equal(torch.get_rng_state(), state)


def test_what_is_drawn_happens_as_often_as_asked():
    images = torch.tensor([1.0, 0.5, 0.0]).view(1, 3, 1, 1) * torch.linspace(0.3, 1, 8)  # brighter to the right
    images = images.expand(4000, 3, 8, 8)
    augment = augmentation(flip=0.3, grey=0.2, erase=0.25)
    found = augment(images, generator(5))
    erased = (found == 0).all(1).flatten(1).any(1)
    whole = found[~erased]
    assert float(erased.double().mean()) == pytest.approx(0.25, abs=0.03)
    assert float((whole[:, 0, 0, 0] > whole[:, 0, 0, -1]).double().mean()) == pytest.approx(0.3, abs=0.03)
    grey = (whole[:, 0] - whole[:, 2]).abs().flatten(1).amax(1) < 1e-6
    assert float(grey.double().mean()) == pytest.approx(0.2, abs=0.03)


def test_ranges_are_those_of_train_transform():
    steps = {type(step).__name__: step for step in train_transform(48, (0.5,) * 3, (0.5,) * 3).transforms}
    ours, jitter, blur = BatchAugmentation(same), steps["ColorJitter"], steps["RandomApply"]
    assert ours.crop_area == tuple(steps["RandomResizedCrop"].scale)
    assert ours.flip == steps["RandomHorizontalFlip"].p
    assert [-ours.degrees, ours.degrees] == list(steps["RandomRotation"].degrees)
    for name in ("brightness", "contrast", "saturation"):
        assert tuple(getattr(jitter, name)) == pytest.approx((1 - ours.jitter, 1 + ours.jitter))
    assert tuple(jitter.hue) == (-ours.hue, ours.hue)
    assert ours.grey == steps["RandomGrayscale"].p
    assert (ours.blur, ours.sigma) == (blur.p, tuple(blur.transforms[0].sigma))
    assert (ours.erase, ours.erased_area) == (steps["RandomErasing"].p, tuple(steps["RandomErasing"].scale))
    assert steps["RandomErasing"].ratio == (0.3, 3.3)
    assert isinstance(steps["RandomErasing"], v2.RandomErasing)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda_gives_what_the_cpu_gives():
    images = (batch() * 255).to(torch.uint8)
    augment = BatchAugmentation(Normalisation((0.5,) * 3, (0.25,) * 3))
    here, there = augment(images, generator(1)), augment(images.cuda(), generator(1))
    torch.testing.assert_close(there.cpu(), here, atol=1e-4, rtol=1e-4)
    assert augment(images.cuda(), torch.Generator("cuda").manual_seed(1)).is_cuda


# ---- errors -------------------------------------------------------------------------------------------------------

IMAGES = batch(2, 8, 8)


@pytest.mark.parametrize(
    ("images", "source", "error", "words"),
    [
        (IMAGES.numpy(), generator(), TypeError, "images: expected a tensor, uint8 or floating point, got ndarray"),
        (IMAGES.long(), generator(), TypeError, r"images: .*got torch\.int64"),
        (IMAGES, 3, TypeError, r"generator: expected a torch\.Generator, got int"),
        (IMAGES[0], generator(), ValueError, r"images: expected the shape .*, got \(3, 8, 8\)"),
        (IMAGES[:0], generator(), ValueError, r"images: .*N ≥ 1.*, got \(0, 3, 8, 8\)"),
        (IMAGES[:, :1], generator(), ValueError, r"images: .*got \(2, 1, 8, 8\)"),
        (IMAGES[:, :, :3], generator(), ValueError, r"images: .*sides ≥ 4, got \(2, 3, 3, 8\)"),
        (IMAGES - 2, generator(), ValueError, r"images: expected values in \[0, 1\], not normalised yet, got -"),
        (IMAGES * 255, generator(), ValueError, r"images: expected values in \[0, 1\]"),
        (IMAGES * math.nan, generator(), ValueError, r"images: expected values in \[0, 1\].*nan"),
    ],
)
def test_call_refuses(images, source, error, words):
    with pytest.raises(error, match=words):
        BatchAugmentation(same)(images, source)


@pytest.mark.parametrize(
    ("ranges", "words"),
    [
        ({"flip": 1.5}, "flip: expected a number from 0 to 1, got 1.5"),
        ({"grey": -0.1}, "grey: expected a number from 0 to 1, got -0.1"),
        ({"jitter": 2}, "jitter: expected a number from 0 to 1, got 2"),
        ({"hue": 0.6}, "hue: expected a number from 0 to 0.5, got 0.6"),
        ({"degrees": 200}, "degrees: expected a number from 0 to 180, got 200"),
        ({"blur": (0.1, 0.2)}, r"blur: expected a number from 0 to 1, got \(0.1, 0.2\)"),
        ({"crop_area": 0.8}, r"crop_area: expected two numbers, \(lowest, highest\), above 0 and up to 1, got 0.8"),
        ({"crop_area": (0.0, 1.0)}, "crop_area: expected two numbers"),
        ({"crop_area": (0.5, 1.2)}, "crop_area: expected two numbers"),
        ({"sigma": (2.0, 1.0)}, "sigma: expected two numbers, .* up to inf"),
        ({"erased_area": (0.1, None)}, "erased_area: expected two numbers"),
        ({"erased_area": (0.1, 0.2, 0.3)}, "erased_area: expected two numbers"),
    ],
)
def test_ranges_that_are_none_are_refused(ranges, words):
    with pytest.raises(ValueError, match=words):
        BatchAugmentation(same, **ranges)

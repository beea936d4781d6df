"""The lesson's pipelines: against torchvision's functions step by step, and the backbone's own normalisation."""

import math

import numpy as np
import PIL.Image
import pytest
import torch
from torchvision.transforms import InterpolationMode, v2
from torchvision.transforms.v2 import functional as TF

from lib.augmentation import PerImage, blur_width, evaluation_transform, train_transform
from lib.backbones import Normalisation
from lib.loading import draw_seeds, global_seed
from tests.lib.global_states import global_states

MEAN, STD = (0.45, 0.5, 0.4), (0.25, 0.2, 0.3)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def picture(height=40, width=52, seed=0):
    return torch.randint(256, (3, height, width), generator=generator(seed)).to(torch.uint8)


def steps(transform):
    return {type(step).__name__: step for step in transform.transforms}


# ---- training -----------------------------------------------------------------------------------------------------


def test_train_transform_has_the_steps_in_order():
    full = [type(step).__name__ for step in train_transform(48, MEAN, STD, randaugment=True).transforms]
    order = "RandomResizedCrop RandomHorizontalFlip RandomRotation RandAugment ColorJitter RandomGrayscale RandomApply"
    wanted = [*order.split(), "ToDtype", "Normalize", "RandomErasing"]
    assert [name for name in full if name in wanted] == wanted
    assert not {"RandomHorizontalFlip", "RandAugment"} & set(steps(train_transform(48, MEAN, STD, flip=False)))


def test_train_transform_is_its_steps_one_after_another():
    """With every draw pinned to one value, torchvision's functions give the same numbers."""
    image, transform = picture(), train_transform(32, MEAN, STD)
    for name, p in (("RandomHorizontalFlip", 1.0), ("RandomGrayscale", 0.0), ("RandomErasing", 0.0)):
        steps(transform)[name].p = p
    crop, rotation, jitter, blur = (
        steps(transform)[name] for name in ("RandomResizedCrop", "RandomRotation", "ColorJitter", "RandomApply")
    )
    crop.make_params = lambda inputs: {"top": 2, "left": 3, "height": 36, "width": 40}
    rotation.make_params = lambda inputs: {"angle": 12.0}
    factors = {"brightness_factor": 1.1, "contrast_factor": 0.9, "saturation_factor": 1.2, "hue_factor": 0.03}
    jitter.make_params = lambda inputs: {"fn_idx": torch.arange(4), **factors}
    blur.p, blur.transforms[0].make_params = 1.0, lambda inputs: {"sigma": [0.7, 0.7]}
    expected = TF.resized_crop(image, 2, 3, 36, 40, [32, 32]).flip(-1)
    expected = TF.rotate(expected, 12.0, InterpolationMode.BILINEAR, fill=[0.0])
    for adjust, factor in zip(
        (TF.adjust_brightness, TF.adjust_contrast, TF.adjust_saturation, TF.adjust_hue), factors.values(), strict=True
    ):
        expected = adjust(expected, factor)
    expected = TF.gaussian_blur(expected, [3, 3], [0.7, 0.7]).numpy() / 255
    expected = (expected - np.reshape(MEAN, (3, 1, 1))) / np.reshape(STD, (3, 1, 1))
    np.testing.assert_allclose(transform(image), expected, atol=1e-5)


@pytest.mark.parametrize("randaugment", [False, True])
@pytest.mark.parametrize("shape", [(3, 40, 52), (1, 40, 52), (5, 3, 40, 52)])
@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_train_transform_takes_images_and_batches_of_either_type(dtype, shape, randaugment):
    images = torch.rand(shape, generator=generator())
    images = (images * 255).to(dtype) if dtype == torch.uint8 else images
    before = images.clone()
    with global_seed(1):
        found = train_transform(24, MEAN, STD, randaugment=randaugment)(images)
    assert found.shape == (*shape[:-3], 3, 24, 24) and found.dtype == torch.float32 and type(found) is torch.Tensor
    low, high = (torch.tensor([(v - m) / s for m, s in zip(MEAN, STD, strict=True)]).view(3, 1, 1) for v in (0, 1))
    assert ((found >= low - 1e-5) & (found <= high + 1e-5)).all()
    assert torch.equal(images, before)


def test_train_transform_gives_the_same_for_a_picture_an_array_and_a_tensor():
    tensor = picture()
    array = tensor.permute(1, 2, 0).numpy()
    found = []
    for image in (tensor, array, PIL.Image.fromarray(array)):
        with global_seed(2):
            found.append(train_transform(24, MEAN, STD)(image))
    assert torch.equal(found[0], found[1])
    torch.testing.assert_close(found[2], found[0], atol=0.1, rtol=0)  # Pillow's own resampling of the same draw


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK"])
def test_pictures_of_every_mode_are_taken_as_their_rgb(mode):
    converted = PIL.Image.fromarray(picture(32, 32).permute(1, 2, 0).numpy()).convert(mode)
    found, expected = (evaluation_transform(32, MEAN, STD)(one) for one in (converted, converted.convert("RGB")))
    assert torch.equal(found, expected)
    assert train_transform(24, MEAN, STD)(converted).shape == (3, 24, 24)


def test_train_transform_mirrors_only_where_it_may():
    ramp = torch.linspace(0, 1, 32).expand(3, 32, 32)  # brighter to the right
    for flip, expected in ((True, 0.5), (False, 0.0)):
        transform = train_transform(32, MEAN, STD, flip=flip)
        views = PerImage(transform)(ramp.expand(60, -1, -1, -1), generator(3))
        mirrored = views[..., :8].mean((1, 2, 3)) > views[..., -8:].mean((1, 2, 3))
        assert float(mirrored.double().mean()) == pytest.approx(expected, abs=0.2 if flip else 0)


def test_train_transform_erases_to_the_mean_and_as_much_as_asked():
    transform = train_transform(40, MEAN, STD)
    for name in ("RandomRotation", "RandomResizedCrop"):  # nothing black at the corners
        transform.transforms.remove(steps(transform)[name])
    views = PerImage(transform)(torch.ones(150, 3, 40, 40), generator())
    shares = (views == 0).all(1).double().mean((1, 2))
    assert float((shares > 0).double().mean()) == pytest.approx(0.2, abs=0.1)
    assert shares[shares > 0].min() > 0.015 and shares.max() < 0.16


@pytest.mark.parametrize(("size", "width"), [(4, 3), (30, 3), (48, 5), (100, 11), (224, 23)])
def test_blur_width_is_odd_and_nearest_to_a_tenth(size, width):
    assert blur_width(size) == width
    odd = range(3, 99, 2)
    assert abs(width - size / 10) == min(abs(one - size / 10) for one in odd)
    assert v2.GaussianBlur(blur_width(size)).kernel_size == (width, width)


# ---- evaluation ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_evaluation_transform_of_the_right_size_is_the_normalisation_and_nothing_else(dtype):
    images = torch.stack([picture(32, 32, seed) for seed in range(3)])
    images = images if dtype == torch.uint8 else images / 255
    torch.testing.assert_close(evaluation_transform(32, MEAN, STD)(images), Normalisation(MEAN, STD)(images))


@pytest.mark.parametrize(("crop", "resized"), [(1.0, 32), (0.875, 37), (0.8, 40)])
@pytest.mark.parametrize("shape", [(40, 52), (70, 45)])
def test_evaluation_transform_resizes_the_shorter_side_and_keeps_the_middle(shape, crop, resized):
    image = picture(*shape) / 255
    expected = TF.center_crop(TF.resize(image, [resized], antialias=True), [32, 32])
    found = evaluation_transform(32, MEAN, STD, crop=crop)(image)
    torch.testing.assert_close(found, TF.normalize(expected, list(MEAN), list(STD)))


def test_evaluation_transform_draws_nothing_and_leaves_the_input():
    image = picture()
    before, state = image.clone(), torch.get_rng_state()
    first, again = (evaluation_transform(32, MEAN, STD)(image) for _ in range(2))
    assert torch.equal(first, again) and type(first) is torch.Tensor
    assert torch.equal(image, before) and torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("make", [train_transform, evaluation_transform])
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((3, MEAN, STD), "size: expected an integer of at least 4, got 3"),
        ((32.0, MEAN, STD), "size: expected an integer of at least 4, got 32.0"),
        ((32, 0.5, STD), "mean: expected three numbers, one a channel, got 0.5"),
        ((32, MEAN[:2], STD), "mean: expected three numbers"),
        ((32, MEAN, (*STD, 1.0)), "std: expected three numbers"),
        ((32, MEAN, (0.2, 0.0, 0.2)), "std: expected numbers above 0"),
        ((32, MEAN, (0.2, 0.2, math.nan)), "std: expected three numbers"),
        ((32, MEAN, ("a", 0.2, 0.2)), "std: expected three numbers"),
        ((32, (math.inf, 0.2, 0.2), STD), "mean: expected three numbers"),
    ],
)
def test_pipelines_refuse(make, arguments, words):
    with pytest.raises(ValueError, match=words):
        make(*arguments)


@pytest.mark.parametrize("crop", [0, 1.1, -0.5, math.nan, "all"])
def test_evaluation_transform_refuses_a_crop_that_is_none(crop):
    with pytest.raises(ValueError, match="crop: expected a number above 0 and at most 1, got"):
        evaluation_transform(32, MEAN, STD, crop=crop)


# ---- a draw an image ----------------------------------------------------------------------------------------------


def test_per_image_is_a_loop_under_one_seed_and_leaves_the_global_state():
    images = torch.stack([picture(seed=seed) for seed in range(4)])
    transform, [seed] = train_transform(24, MEAN, STD), draw_seeds(1, generator(6))
    with torch.random.fork_rng([]):
        torch.manual_seed(seed)
        expected = torch.stack([transform(image) for image in images])
    before = images.clone()
    states = global_states()
    assert torch.equal(PerImage(transform)(images, generator(6)), expected)
    assert torch.equal(images, before)
    assert global_states() == states


def test_per_image_differs_between_images_and_calls_where_torchvision_gives_one_draw_to_a_batch():
    rotate, images = v2.RandomRotation(90), torch.eye(15).expand(6, 1, 15, 15)
    alike = rotate(images)
    assert all(torch.equal(image, alike[0]) for image in alike)  # why PerImage is there
    source = generator()
    views = torch.cat([PerImage(rotate)(images, source) for _ in range(2)])
    assert len({tuple(view.flatten().tolist()) for view in views}) == 12


@pytest.mark.parametrize(
    ("images", "source", "error", "words"),
    [
        ([1, 2], generator(), TypeError, "images: expected a tensor, got list"),
        (torch.tensor(1.0), generator(), ValueError, r"images: expected the shape \(N, ...\), N ≥ 1, got \(\)"),
        (torch.ones(0, 3, 4, 4), generator(), ValueError, r"images: .*got \(0, 3, 4, 4\)"),
        (torch.ones(1, 3, 4, 4), 5, TypeError, r"generator: expected a torch\.Generator, got int"),
    ],
)
def test_per_image_refuses(images, source, error, words):
    with pytest.raises(error, match=words):
        PerImage(v2.Identity())(images, source)

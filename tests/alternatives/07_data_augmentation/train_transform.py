"""Right answers in other styles than the reference's."""

import torch
from torch import nn
from torchvision.transforms import v2

from lib.augmentation import blur_width


def train_transform_step_by_step(size, mean, std, *, flip=True, randaugment=False):
    """A list that grows, as a beginner writes it."""
    steps = [v2.ToImage(), v2.RGB()]
    steps.append(v2.RandomResizedCrop((size, size), scale=(0.8, 1)))
    if flip:
        steps.append(v2.RandomHorizontalFlip())
    steps.append(v2.RandomRotation([-15, 15]))
    if randaugment == True:
        steps.append(v2.RandAugment())
    steps.append(v2.ColorJitter(brightness=(0.8, 1.2), contrast=(0.8, 1.2), saturation=(0.8, 1.2), hue=(-0.05, 0.05)))
    steps.append(v2.RandomGrayscale(p=0.1))
    steps.append(v2.RandomApply([v2.GaussianBlur(blur_width(size))], p=0.5))
    steps.append(v2.ToDtype(torch.float32, scale=True))
    steps.append(v2.Normalize(mean=list(mean), std=list(std)))
    steps.append(v2.RandomErasing(p=0.2, scale=(0.02, 0.15)))
    steps.append(v2.ToPureTensor())
    return v2.Compose(steps)


def train_transform_nested(size, mean, std, *, flip=True, randaugment=False):
    """Compositions in a composition; bytes become floats at the beginning, unless RandAugment needs them."""
    width = blur_width(size)
    geometry = [v2.RandomResizedCrop(size, (0.8, 1.0))]
    geometry += [v2.RandomHorizontalFlip(p=0.5)] * flip
    geometry += [v2.RandomRotation(15.0)]
    geometry += [v2.RandAugment(2, 9)] * randaugment
    colours = v2.Compose([v2.ColorJitter(0.2, 0.2, 0.2, 0.05), v2.RandomApply([v2.Grayscale(3)], p=0.1)])
    blur = v2.RandomApply(nn.ModuleList([v2.GaussianBlur((width, width), (0.1, 2.0))]))
    end = [v2.ToDtype(torch.float32, scale=True), v2.Normalize(mean, std), v2.RandomErasing(0.2, (0.02, 0.15))]
    return v2.Compose([v2.RGB(), v2.ToImage(), v2.Compose(geometry), colours, blur, *end])


def train_transform_filtered(size, mean, std, *, flip=True, randaugment=False):
    """All steps with a flag each, and those that are wanted."""
    steps = (
        (True, v2.ToImage()),
        (True, v2.RGB()),
        (True, v2.RandomResizedCrop(size=[size, size], scale=[0.8, 1.0], antialias=True)),
        (flip, v2.RandomApply([v2.RandomHorizontalFlip(1.0)], 0.5)),
        (True, v2.RandomRotation((-15, 15), interpolation=v2.InterpolationMode.BILINEAR, fill=0)),
        (randaugment, v2.RandAugment(num_ops=2, magnitude=9)),
        (True, v2.ColorJitter(0.2, 0.2, 0.2, 0.05)),
        (True, v2.RandomGrayscale(0.1)),
        (True, v2.RandomApply((v2.GaussianBlur(blur_width(size), [0.1, 2.0]),), p=0.5)),
        (True, v2.ToDtype({torch.Tensor: torch.float32, "others": torch.float32}, scale=True)),
        (True, v2.Normalize(tuple(mean), tuple(std), inplace=False)),
        (True, v2.RandomErasing(p=0.2, scale=[0.02, 0.15], value=0)),
    )
    return v2.Compose([step for wanted, step in steps if wanted])


def train_transform_by_probabilities(size, mean, std, *, flip=True, randaugment=False):
    """No list that depends on a flag: what is not wanted has a probability of 0."""
    return v2.Compose(
        [
            v2.ToImage(),
            v2.RGB(),
            v2.RandomResizedCrop(size, scale=(0.8, 1.0)),
            v2.RandomHorizontalFlip(0.5 if flip else 0.0),
            v2.RandomRotation(15),
            v2.RandomApply([v2.RandAugment(2, 9)], p=float(randaugment)),
            v2.ColorJitter(0.2, 0.2, 0.2, 0.05),
            v2.RandomGrayscale(0.1),
            v2.RandomApply([v2.GaussianBlur(blur_width(size), (0.1, 2.0))], p=0.5),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize(mean, std),
            v2.RandomErasing(0.2, scale=(0.02, 0.15)),
            v2.ToPureTensor(),
        ]
    )

"""Ways to bring training and test points onto one scale: the right one, and those that people take instead."""

import torch
from torch import Tensor

Scaled = tuple[Tensor, Tensor]


def standardised(train: Tensor, test: Tensor) -> Scaled:
    """Both by the training points' mean and deviation, feature by feature, as it should be."""
    mean, deviation = train.mean(0), train.std(0, correction=0)
    deviation[deviation == 0] = 1
    return (train - mean) / deviation, (test - mean) / deviation


def by_one_less(train: Tensor, test: Tensor) -> Scaled:
    """By the deviation with N − 1 below the line; a constant feature is only centred, as it should be."""
    mean, deviation = train.mean(0), train.std(0)
    deviation[deviation == 0] = 1
    return (train - mean) / deviation, (test - mean) / deviation


def raw(train: Tensor, test: Tensor) -> Scaled:
    """As they come."""
    return train, test


def test_by_its_own(train: Tensor, test: Tensor) -> Scaled:
    """Each set by its own."""
    return standardised(train, train)[0], standardised(test, test)[0]


def test_left_raw(train: Tensor, test: Tensor) -> Scaled:
    """The test points as they come."""
    return standardised(train, train)[0], test


def together(train: Tensor, test: Tensor) -> Scaled:
    """Both by those of all points together."""
    everything = torch.cat([train, test])
    return standardised(everything, train)[1], standardised(everything, test)[1]


def one_scale(train: Tensor, test: Tensor) -> Scaled:
    """One mean and one deviation for all features."""
    return (train - train.mean()) / train.std(), (test - train.mean()) / train.std()


def by_row(train: Tensor, test: Tensor) -> Scaled:
    """Each point over its features."""
    return standardised(train.T, train.T)[0].T, standardised(test.T, test.T)[0].T


def of_unit_length(train: Tensor, test: Tensor) -> Scaled:
    """Each point brought to length 1."""
    return torch.nn.functional.normalize(train), torch.nn.functional.normalize(test)


def divided_by_zero(train: Tensor, test: Tensor) -> Scaled:
    """A feature that is constant becomes 0/0."""
    return (train - train.mean(0)) / train.std(0), (test - train.mean(0)) / train.std(0)

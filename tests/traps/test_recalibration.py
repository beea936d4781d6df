"""Recalibration's trap: the last, smaller batch counts as if it were full."""

import copy

import torch
from torch import nn

from lib.recalibration import recalibrate_batchnorm


def test_trap_24_a_smaller_last_batch_has_no_more_say_than_its_images() -> None:
    images = torch.tensor([[0.0], [1.0], [2.0], [3.0], [14.0]])
    norm = nn.BatchNorm1d(1, momentum=None)
    one_pass = copy.deepcopy(norm).train()
    for batch in [images[:3], images[3:]]:
        one_pass(batch)
    recalibrate_batchnorm(norm, images, batch_size=3)
    assert (norm.running_mean.item(), norm.running_var.item()) == (4, 32.5)
    assert (one_pass.running_mean.item(), one_pass.running_var.item()) == (4.75, 30.75)  # the trap

"""Batch norm's statistics measured anew, with one thing done otherwise."""

import copy
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class With:
    """The measurement with one thing done otherwise. All take batches of `batch_size` images."""

    correction: int = 1
    pooled: bool = True
    layer_by_layer: bool = True
    momentum: bool = False
    single_pass: bool = False
    as_made: bool = False
    first_only: bool = False
    means_only: bool = False
    left_in: bool | None = None
    returned: bool = True
    over_pixels: bool = True
    squared_wrong: bool = False
    within_only: bool = False
    frozen_skipped: bool = False
    training_only: bool = False
    norms_only_to_eval: bool = False
    counts_reset: bool = False
    on_a_copy: bool = False
    of_outputs: bool = False
    reshaped: bool = False

    def __call__(self, model: nn.Module, images: Tensor, batch_size: int = 256) -> Any:
        """What it returns."""
        model = copy.deepcopy(model) if self.on_a_copy else model
        norms = [layer for layer in model.modules() if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d)]
        modes = [layer.training for layer in model.modules()]
        with torch.no_grad():
            if self.single_pass:
                self._in_training(model, norms, images, batch_size)
            else:
                self._measured(model, norms, images, batch_size)
        for layer, mode in zip(model.modules(), modes, strict=True):
            layer.training = mode if self.left_in is None else self.left_in
            if self.counts_reset and layer in norms:
                layer.get_buffer("num_batches_tracked").zero_()
        return model if self.returned else None

    def _in_training(self, model: nn.Module, norms: list[Any], images: Tensor, batch_size: int) -> None:
        counts = [(norm.momentum, norm.num_batches_tracked.clone()) for norm in norms]
        model.eval()
        for norm in norms:
            norm.train()
            if not self.momentum:
                norm.reset_running_stats()
                norm.momentum = None
        for batch in images.split(batch_size):
            model(batch)
        for norm, (momentum, count) in zip(norms, counts, strict=True):
            norm.momentum = momentum
            norm.num_batches_tracked.copy_(count)

    def _measured(self, model: nn.Module, norms: list[Any], images: Tensor, batch_size: int) -> None:
        if self.training_only:
            norms = [norm for norm in norms if norm.training]
        if self.frozen_skipped:
            norms = [norm for norm in norms if norm.weight.requires_grad]
        for layer in norms if self.norms_only_to_eval else [model]:
            layer.eval()
        order = norms if self.as_made else _passed(model, norms, images)
        together: dict[Any, list[Tensor]] = {}
        for norm in order[:1] if self.first_only else order:
            if self.layer_by_layer or norm is order[0]:
                together = self._caught(model, order, images, batch_size)
            mean, variance = self._moments(together[norm])
            norm.running_mean.copy_(mean)
            if not self.means_only:
                norm.running_var.copy_(variance)

    def _caught(self, model: nn.Module, norms: list[Any], images: Tensor, batch_size: int) -> dict[Any, list[Tensor]]:
        found: dict[Any, list[Tensor]] = {norm: [] for norm in norms}

        def keep(layer: nn.Module, inputs: tuple[Tensor], output: Tensor) -> None:
            found[layer].append(output if self.of_outputs else inputs[0])

        hooks = [norm.register_forward_hook(keep) for norm in norms]
        for batch in images.split(batch_size):
            model(batch)
        for hook in hooks:
            hook.remove()
        return found

    def _moments(self, batches: list[Tensor]) -> tuple[Tensor, Tensor]:
        if not self.over_pixels:
            batches = [batch.flatten(2).mean(2) if batch.ndim > 2 else batch for batch in batches]
        channels = [batch.double().transpose(0, 1).flatten(1) for batch in batches]
        if self.reshaped:
            channels = [batch.double().reshape(batch.shape[1], -1) for batch in batches]
        if self.pooled:
            values = torch.cat(channels, dim=1)
            variance = values.var(1, correction=self.correction)
            if self.within_only:
                inner = [one.var(1, correction=min(1, one.shape[1] - 1)) * one.shape[1] for one in channels]
                variance = torch.stack(inner).sum(0) / values.shape[1]
            return values.mean(1), variance.sqrt() if self.squared_wrong else variance
        means = [one.mean(1) for one in channels]
        variances = [one.var(1, correction=min(1, one.shape[1] - 1)) for one in channels]
        return torch.stack(means).mean(0), torch.stack(variances).mean(0)


def _passed(model: nn.Module, norms: list[Any], images: Tensor) -> list[Any]:
    order: list[Any] = []
    hooks = [norm.register_forward_pre_hook(lambda layer, _: order.append(layer)) for norm in norms]
    model(images[:2])
    for hook in hooks:
        hook.remove()
    return order

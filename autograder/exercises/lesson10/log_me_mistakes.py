"""LogME with one thing done otherwise."""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

Grid = Literal["wide", "narrow", "coarse"]


@dataclass(frozen=True)
class With:
    """The score with one thing done otherwise; the maximum is found on a fine grid of β/α."""

    classes: str = "mean"
    per_point: bool = True
    maximised: bool = True
    alpha_one: bool = False
    centred: bool = False
    two_pi: bool = True
    determinant: float = 1.0
    half: float = 0.5
    fit: float = 1.0
    as_numbers: bool = False
    standardised: bool = False
    plus_minus: bool = False
    one_ratio: bool = False
    span_only: bool = False
    grid: Grid = "wide"
    highest: float = 1e6
    in_place: bool = False

    def __call__(self, features: Tensor, labels: Tensor) -> float:
        """The score."""
        F = features.double()
        F = F - F.mean(0) if self.centred or self.standardised else F
        F = F / F.std(0) if self.standardised else F
        names = labels.unique()
        if self.in_place:
            labels.copy_(labels.unique(return_inverse=True)[1])
            names = labels.unique()
        targets = [labels.double()] if self.as_numbers else [(labels == name).double() for name in names]
        targets = [2 * y - 1 for y in targets] if self.plus_minus else targets
        if self.one_ratio:
            return float(torch.stack([self._at_each_ratio(F, y) for y in targets]).mean(0).max())
        scores = torch.stack([self._evidence(F, y) for y in targets])
        total = {"mean": scores.mean(), "sum": scores.sum(), "largest": scores.max(), "first": scores[0]}[self.classes]
        return float(total) * (1 if self.per_point else len(F))

    def _evidence(self, F: Tensor, y: Tensor) -> Tensor:
        variances, axes = torch.linalg.eigh(F @ F.T)
        variances, along = variances.clamp_min(0), (axes.T @ y).square()
        if not self.maximised:
            return self._at(variances + 1, along, variances.new_ones(1)).squeeze()
        if self.alpha_one:  # the weights' precision kept at 1, the noise's found
            ratios = _GRIDS["wide"].to(F.device)
            return self._at(variances + 1 / ratios, along, torch.ones_like(ratios)).max()
        return self._at_each_ratio(F, y).max()

    def _at_each_ratio(self, F: Tensor, y: Tensor) -> Tensor:
        variances, axes = torch.linalg.eigh(F @ F.T)
        variances, along = variances.clamp_min(0), (axes.T @ y).square()
        along = along * (variances > 1e-10 * variances.max()) if self.span_only else along
        spread = 1 + _GRIDS[self.grid].to(F.device) * variances  # (grid, N): the covariance of y is this over β
        beta = (len(F) / (along / spread).sum(1, keepdim=True)).clamp_max(self.highest)
        return self._at(spread, along, beta)

    def _at(self, spread: Tensor, along: Tensor, beta: Tensor) -> Tensor:
        count = spread.shape[-1]
        constant = count * (beta / (2 * math.pi if self.two_pi else 1)).log()
        sums = [term.sum(-1, keepdim=True) for term in (spread.log(), along / spread)]
        logs = constant - self.determinant * sums[0] - self.fit * beta * sums[1]
        return self.half * logs / count


_GRIDS = {
    name: torch.logspace(*ends, count, dtype=torch.float64).unsqueeze(1)
    for name, ends, count in (("wide", (-10, 8), 301), ("narrow", (-3, 3), 301), ("coarse", (-6, 6), 13))
}

"""Misconceptions of a prediction: a right one in parts, of which one is done otherwise."""

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from lib.inference import image_batches


@dataclass(frozen=True)
class With:
    """A prediction with one thing done otherwise."""

    evaluation: bool = True
    afterwards: str = "as found"
    history: bool = False
    batches: str = "all"
    prepared: int = 1
    own_type: bool | str = True
    protected: bool = True
    for_good: str = "nothing"
    temperature: str = "divides scores"
    probability: str = "softmax"
    names: str = "in order"
    per_cent: bool = False
    tensors: bool = False
    one_alone: bool = False
    checks_temperature: bool | str = True
    checks_names: bool = True
    checks_finite: bool | str = True

    def __call__(
        self,
        model: nn.Module,
        images: Any,
        classes: list[str],
        prepare: Any,
        *,
        temperature: float = 1.0,
        batch_size: int = 64,
    ) -> Any:
        """What it returns."""
        fits = temperature > 0 and math.isfinite(temperature)
        if self.checks_temperature and not (fits or (self.checks_temperature == "<= 0" and not temperature <= 0)):
            raise ValueError("temperature")
        if self.own_type == "float32 for good":
            model.float()
        if self.for_good == "requires_grad":
            model.requires_grad_(False)
        batches = self._batches(images, prepare, batch_size)
        modes = [layer.training for layer in model.modules()]
        if self.evaluation:
            model.eval()
        with torch.set_grad_enabled(self.history):
            scores = torch.cat([model(self._moved(batch, model)) for batch in batches]).detach()
        if self.for_good == "recording":
            torch.set_grad_enabled(False)
        if not self.protected:
            self._pairs(scores, classes, temperature)
        for layer, mode in zip(model.modules(), modes, strict=True):
            layer.training = {"as found": mode, "evaluation": False, "training": True}[self.afterwards]
        return self._pairs(scores, classes, temperature)

    def _moved(self, batch: Tensor, model: nn.Module) -> Tensor:
        expected = self.own_type == "of the first weight"
        weight = next(model.parameters()) if expected else next(model.parameters(), torch.empty(0))
        return batch.to(weight if self.own_type else weight.device)

    def _batches(self, images: Any, prepare: Any, batch_size: int) -> list[Tensor]:
        def repeated(pictures: Tensor) -> Tensor:
            for _ in range(self.prepared):
                pictures = prepare(pictures)
            return pictures.float()

        batches = list(image_batches(images, repeated, batch_size))
        if self.batches == "at once":
            return [torch.cat(batches)]
        if self.batches == "whole ones":
            return [batch for batch in batches if len(batch) == batch_size] or batches
        kept = {"the first": slice(1), "the last": slice(-1, None)}.get(self.batches, slice(None))
        return batches[kept]

    def _pairs(self, scores: Tensor, classes: list[str], temperature: float) -> Any:
        if self.checks_names and scores.shape[1] != len(classes):
            raise ValueError("classes")
        bad = scores.isnan() if self.checks_finite == "no NaN" else ~scores.isfinite()
        if self.checks_finite and bad.any():
            raise ValueError("scores")
        confidence, index = self._probabilities(scores, temperature).max(1)
        names = sorted(classes) if self.names == "sorted" else [*classes, *["?"] * scores.shape[1]]
        confidence = confidence * (100 if self.per_cent else 1)
        values = list(confidence) if self.tensors else confidence.tolist()
        pairs = [(k if self.names == "numbers" else names[k], value) for k, value in zip(index, values, strict=True)]
        if self.names == "numbers":
            pairs = [(int(k), value) for k, value in pairs]
        return pairs[0] if self.one_alone and len(pairs) == 1 else pairs

    def _probabilities(self, scores: Tensor, temperature: float) -> Tensor:
        scaled = {
            "divides scores": scores / temperature,
            "multiplies scores": scores * temperature,
            "divides probabilities": scores.log_softmax(1) - torch.tensor(temperature).log(),
            "is ignored": scores,
        }[self.temperature]
        if self.temperature == "divides probabilities":
            return scaled.exp()
        if self.probability == "none":
            return scaled
        if self.probability == "sigmoid":
            return scaled.sigmoid()
        if self.probability == "over pictures":
            return scaled.softmax(0)
        if self.probability == "plain exponentials":
            return scaled.exp() / scaled.exp().sum(1, keepdim=True)
        return scaled.softmax(1).softmax(1) if self.probability == "softmax twice" else scaled.softmax(1)

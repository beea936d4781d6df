"""Small networks on which implementations are tried, built from a kind and a seed: the same on every device."""

import torch
from torch import Tensor, nn


class Convolutional(nn.Module):
    """Images (N, 3, 8, 8) → (N, 5): convolution, norms of two kinds, dropout, a block within, a parameter outside."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.AdaptiveAvgPool2d(2))
        self.block = nn.Sequential(nn.Flatten(), nn.Linear(16, 6), nn.BatchNorm1d(6), nn.Dropout(0.5))
        self.scale = nn.Parameter(torch.ones(6))
        self.fc = nn.Linear(6, 5)

    def forward(self, images: Tensor) -> Tensor:
        """Scores of the five classes."""
        return self.fc(self.block(self.stem(images)) * self.scale)


class Classifier(nn.Module):
    """Images (N, 3, 8, 8) → (N, 5), ending as VGG and AlexNet do: a `classifier` of several layers."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 4, 3, stride=2), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten())
        self.classifier = nn.Sequential(nn.Linear(16, 7), nn.ReLU(), nn.Dropout(0.5), nn.Linear(7, 5))

    def forward(self, images: Tensor) -> Tensor:
        """Scores of the five classes."""
        return self.classifier(self.features(images))


class Heads(nn.Module):
    """Images (N, 3, 8, 8) → (N, 5), ending as a vision transformer does: `heads.head`, after a layer norm."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(192, 8), nn.LayerNorm(8))
        self.heads = nn.Sequential()
        self.heads.add_module("head", nn.Linear(8, 5))

    def forward(self, images: Tensor) -> Tensor:
        """Scores of the five classes."""
        return self.heads(self.encoder(images))


KINDS = {"fc": Convolutional, "classifier": Classifier, "heads": Heads}


def build(kind: str, seed: int, device: torch.device, dtype: torch.dtype = torch.float32) -> nn.Module:
    """The network of this kind, its parameters and running statistics drawn from `seed`; in training mode."""
    network = KINDS[kind]()
    fill(network, seed)
    return network.to(device, dtype)


def with_a_shared_weight(width: int) -> nn.Sequential:
    """Vectors (N, width) → (N, 3): two of three layers share one weight, and the last is frozen."""
    model = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width), nn.Linear(width, 3))
    model[2].weight = model[0].weight
    model[3].requires_grad_(False)
    return model


def fill(network: nn.Module, seed: int) -> None:
    """Draw every parameter and running statistic from `seed`; variances stay positive."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, value in network.state_dict().items():
            if value.is_floating_point():
                drawn = torch.randn(value.shape, generator=generator) * 0.5
                value.copy_(drawn.abs() + 0.5 if name.endswith("running_var") else drawn)


def statistics(network: nn.Module) -> dict[str, Tensor]:
    """Copies of the buffers: running means, variances and counts."""
    return {name: buffer.detach().clone() for name, buffer in network.named_buffers()}


def changed(before: dict[str, Tensor], after: dict[str, Tensor]) -> list[str]:
    """Names whose values differ, or that are missing on one side."""
    names = [*before, *(name for name in after if name not in before)]
    return [n for n in names if n not in before or n not in after or not torch.equal(before[n], after[n])]

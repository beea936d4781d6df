"""The bundled ResNet-10 as Lightning's BackboneFinetuning wants it; imported only where Lightning is installed."""

import torch
import torch.nn.functional as F
from lightning.pytorch import LightningModule
from torch import Tensor, nn


class Module(LightningModule):
    """A ResNet in two: `backbone`, which the callback freezes and thaws, and `head`: last stage and output layer."""

    def __init__(self, network: nn.Module, rate: float) -> None:
        super().__init__()
        *below, last, pool, output = network.children()
        self.network, self.rate = network, rate
        self.backbone, self.head = nn.Sequential(*below), nn.Sequential(last, pool, nn.Flatten(), output)

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.backbone(images))

    def training_step(self, batch: tuple[Tensor, Tensor], _: int) -> Tensor:
        images, labels = batch
        return F.cross_entropy(self(images), labels, label_smoothing=0.1)

    def validation_step(self, batch: tuple[Tensor, Tensor], _: int) -> None:
        images, labels = batch
        self.log("accuracy", (self(images).argmax(1) == labels).float().mean())

    def configure_optimizers(self) -> torch.optim.Optimizer:
        learning = [parameter for parameter in self.head.parameters() if parameter.requires_grad]
        return torch.optim.AdamW(learning, lr=self.rate, weight_decay=0.01)

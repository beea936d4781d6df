"""The three families whose weights come with the course: small enough for 48 pixels and two cores.

Each is built of torchvision's own classes, takes images of shape (N, 3, 48, 48), of other sizes too, and gives a score
for each of `classes` classes. `lib.pretraining` trains them, and `lib.backbones.load_backbone` gives them trained.
"""

from collections.abc import Callable

from torch import nn
from torchvision.models.convnext import CNBlockConfig, ConvNeXt
from torchvision.models.efficientnet import EfficientNet, FusedMBConvConfig, MBConvConfig
from torchvision.models.resnet import BasicBlock, ResNet


def _resnet10(classes: int) -> nn.Module:
    return ResNet(BasicBlock, [1, 1, 1, 1], num_classes=classes)


def _efficientnet_mini(classes: int) -> nn.Module:
    """In the order of EfficientNetV2 (Tan and Le, 2021): fused blocks first, then depthwise ones with gates.

    A picture of 48 px is 24, 12, 6 and 3 px wide on its way.
    """
    blocks = [
        FusedMBConvConfig(1, 3, 1, 24, 24, 1),  # expansion, kernel, stride, channels in and out, layers
        FusedMBConvConfig(4, 3, 2, 24, 48, 1),
        MBConvConfig(4, 3, 2, 48, 96, 2),
        MBConvConfig(4, 3, 2, 96, 192, 2),
    ]
    return EfficientNet(blocks, dropout=0.0, stochastic_depth_prob=0.0, num_classes=classes, last_channel=768)


def _convnext_mini(classes: int) -> nn.Module:
    """Three stages where ConvNeXt (Liu et al., 2022) has four, for a picture of 48 px is 12, 6 and 3 px wide.

    Its branches count from the first step: their scale begins at 1, not at 1e-6, and the variance of weights at
    1/fan-in, where torchvision's 0.02² would make branches of so few channels next to nothing.
    """
    blocks = [CNBlockConfig(64, 128, 1), CNBlockConfig(128, 256, 2), CNBlockConfig(256, None, 2)]
    model = ConvNeXt(blocks, layer_scale=1.0, num_classes=classes)
    for layer in model.features.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="linear")
    return model


ARCHITECTURES: dict[str, Callable[[int], nn.Module]] = {
    "resnet10": _resnet10,
    "efficientnet_mini": _efficientnet_mini,
    "convnext_mini": _convnext_mini,
}

"""Four networks that changed what was thought possible on ImageNet, and what their famous error rates are rates of."""

from dataclasses import dataclass

from lib.architectures import Classifier


@dataclass(frozen=True)
class ErrorRate:
    """A published top-5 error: the share of images, in [0, 1], whose class is not among the five first guesses.

    network: torchvision's name. networks: how many were averaged to reach it. said: what else there is to know.
    """

    network: str
    year: int
    error: float
    networks: int
    said: str


PUBLISHED = (
    ErrorRate("alexnet", 2012, 0.153, 7, "Krizhevsky et al. (2012); two of the seven had seen more of ImageNet"),
    ErrorRate("alexnet", 2012, 0.164, 5, "Krizhevsky et al. (2012), table 2"),
    ErrorRate("alexnet", 2012, 0.182, 1, "Krizhevsky et al. (2012), table 2, on validation images"),
    ErrorRate("vgg16", 2014, 0.073, 7, "Simonyan and Zisserman (2015), the entry to the contest"),
    ErrorRate("resnet50", 2015, 0.0357, 6, "He et al. (2016); the six differ in depth"),
    ErrorRate("resnet50", 2015, 0.0525, 1, "He et al. (2016), table 4, each image at several sizes"),
    ErrorRate("efficientnet_b7", 2019, 0.029, 1, "Tan and Le (2019), table 2"),
)
"""Of the ImageNet challenge: 1,000 classes, 1.28 million images to learn from."""

TITLES = {"alexnet": "AlexNet", "vgg16": "VGG-16", "resnet50": "ResNet-50", "efficientnet_b7": "EfficientNet-B7"}


def error_rates(table: list[Classifier]) -> dict[str, dict[str, list[float]]]:
    """Network → kind of number → top-5 errors, in [0, 1]: published, and of torchvision's weights in `table`.

    The kinds are "several networks", "one network, as published" and "one network, torchvision's weights".

    Example:
        >>> error_rates([])["resnet50"]  # no weights of torchvision's
        {'several networks': [0.0357], 'one network, as published': [0.0525]}
    """
    found: dict[str, dict[str, list[float]]] = {name: {} for name in TITLES}
    for one in PUBLISHED:
        kind = "several networks" if one.networks > 1 else "one network, as published"
        found[one.network].setdefault(kind, []).append(one.error)
    for row in table:
        if row.name in found:
            kind = "one network, torchvision's weights"
            found[row.name].setdefault(kind, []).append(round(1 - row.top5_accuracy, 5))
    return found

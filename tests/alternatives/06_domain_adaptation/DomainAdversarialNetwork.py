"""Right answers in other styles than the reference's."""

import copy
from collections import OrderedDict

import torch
from torch import nn

from lib.backbones import remove_head
from lib.gradient_reversal import GradientReversal
from lib.stages import output_layers


class DomainAdversarialNetwork_step_by_step(nn.Module):
    def __init__(self, backbone, classes, hidden=256):
        super().__init__()
        p = next(backbone.parameters())
        d = remove_head(backbone)
        self.features = backbone
        self.classifier = nn.Linear(d, classes, device=p.device, dtype=p.dtype)
        self.reversal = GradientReversal()
        self.discriminator = nn.Sequential(
            nn.Linear(d, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 1)
        )
        self.discriminator.to(device=p.device, dtype=p.dtype)
        if backbone.training == False:
            self.eval()

    def forward(self, x):
        f = self.features(x)
        c = self.classifier(f)
        r = self.reversal(f)
        d = self.discriminator(r)
        return c, d[:, 0]

    def predictor(self):
        return nn.Sequential(self.features, self.classifier)


class DomainAdversarialNetwork_by_names(nn.Module):
    """The width from the old head's weight, parts with names, and a predictor of its own."""

    class Predictor(nn.Module):
        def __init__(self, network):
            super().__init__()
            self.body, self.head = network.features, network.classifier

        def forward(self, images):
            return self.head(self.body(images))

    def __init__(self, backbone: nn.Module, classes: int, hidden: int = 256):
        super().__init__()
        weight = list(output_layers(backbone).values())[-1].weight
        options = {"device": weight.device, "dtype": weight.dtype}
        remove_head(backbone)
        width = weight.shape[1]
        self.discriminator = nn.Sequential(
            OrderedDict(
                first=nn.Linear(width, hidden, **options),
                relu1=nn.ReLU(inplace=True),
                second=nn.Linear(hidden, hidden, **options),
                relu2=nn.ReLU(inplace=True),
                last=nn.Linear(hidden, 1, **options),
            )
        )
        self.reversal = GradientReversal(1.0)
        self.classifier = nn.Linear(width, classes, **options)
        mode = backbone.training
        self.features = backbone
        self.train(mode)

    def forward(self, images):
        phi = torch.flatten(self.features(images), 1)
        return self.classifier(phi), self.discriminator(self.reversal(phi)).flatten()

    def predictor(self):
        return self.Predictor(self)


class DomainAdversarialNetwork_with_a_module(nn.Module):
    class Discriminator(nn.Module):
        def __init__(self, width, hidden):
            super().__init__()
            self.layers = nn.ModuleList([nn.Linear(width, hidden), nn.Linear(hidden, hidden), nn.Linear(hidden, 1)])

        def forward(self, x):
            for layer in self.layers[:-1]:
                x = torch.relu(layer(x))
            return self.layers[-1](x)

    def __init__(self, backbone, classes, hidden=256):
        super().__init__()
        old = copy.deepcopy([*output_layers(backbone).values()][-1])
        width = remove_head(backbone)
        self.features, self.classifier = backbone, nn.Linear(width, classes)
        self.reversal, self.discriminator = GradientReversal(), self.Discriminator(width, hidden)
        for part in (self.classifier, self.discriminator):
            part.to(old.weight.device, old.weight.dtype)
        training = backbone.training
        for module in [self, self.classifier, self.reversal, *self.discriminator.modules()]:
            module.training = training

    def forward(self, images):
        features = self.features(images)
        return self.classifier(features), self.discriminator(self.reversal(features)).squeeze(-1)

    def predictor(self):
        return nn.Sequential(*[self.features, self.classifier])

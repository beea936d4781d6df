"""Right answers in other styles than the reference's."""

import torch
from torch.utils.data import DataLoader, TensorDataset


def extract_features_by_loop(backbone, images, batch_size=256):
    was = {}
    for name, layer in backbone.named_modules():
        was[name] = layer.training
    backbone.eval()
    out = []
    start = 0
    with torch.no_grad():
        while start < images.shape[0]:
            out.append(backbone(images[start : start + batch_size]))
            start += batch_size
    for name, layer in backbone.named_modules():
        layer.train(was[name]) if not list(layer.children()) else setattr(layer, "training", was[name])
    return torch.cat(out, dim=0)


def extract_features_by_loader(backbone, images, batch_size=256):
    modes = [m.training for m in backbone.modules()]
    backbone.train(False)
    loader = DataLoader(TensorDataset(images), batch_size=batch_size, shuffle=False)
    chunks = [backbone(batch).detach() for (batch,) in loader]
    for m, mode in zip(backbone.modules(), modes, strict=True):
        m.training = mode
    return torch.vstack(chunks)


@torch.no_grad()
def extract_features_into_place(backbone, images, batch_size=256):
    """Writes into one tensor that is made when the first batch shows how wide the features are."""
    training = {m: m.training for m in backbone.modules()}
    try:
        backbone.eval()
        features = None
        for first in range(0, len(images), batch_size):
            part = backbone(images[first : first + batch_size])
            if features is None:
                features = part.new_empty(len(images), part.shape[1])
            features[first : first + len(part)] = part
    finally:
        for m, mode in training.items():
            m.training = mode
    return features

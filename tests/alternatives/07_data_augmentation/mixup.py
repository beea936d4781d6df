"""Right answers in other styles than the reference's."""

import torch
import torch.nn.functional as F

from lib.mixing import symmetric_beta


def mixup_by_a_loop(images, labels, classes, alpha=0.2, *, per_sample=False, generator):
    """Image by image, in Python's own numbers."""
    count = len(images)
    lams = symmetric_beta(alpha, count if per_sample else 1, generator).tolist()
    perm = torch.randperm(count, generator=generator).tolist()
    dtype = torch.float64 if images.dtype == torch.float64 else torch.float32
    mixed = torch.zeros_like(images)
    targets = torch.zeros(count, classes, dtype=dtype, device=images.device)
    for i in range(count):
        lam = lams[i] if per_sample == True else lams[0]
        mixed[i] = lam * images[i] + (1 - lam) * images[perm[i]]
        targets[i, labels[i]] += lam
        targets[i, labels[perm[i]]] += 1 - lam
    return mixed, targets


def mixup_by_einsum(images, labels, classes, alpha=0.2, *, per_sample=False, generator):
    """A matrix that mixes rows, for the images and for the labels."""
    n = images.shape[0]
    lam = symmetric_beta(alpha, n if per_sample else 1, generator).expand(n)
    perm = torch.randperm(n, generator=generator)
    eye = torch.eye(n, dtype=torch.float64)
    matrix = (lam.unsqueeze(1) * eye + (1 - lam).unsqueeze(1) * eye[perm]).to(images.device)
    hot = F.one_hot(labels, classes).double()
    mixed = torch.einsum("ij,j...->i...", matrix, images.double())
    return mixed.to(images.dtype), (matrix @ hot).to(torch.float64 if images.dtype == torch.float64 else torch.float32)


def mixup_in_place_on_copies(images, labels, classes, alpha=0.2, *, per_sample=False, generator):
    """Copies first, which are then changed."""
    lam = symmetric_beta(alpha, len(images), generator) if per_sample else symmetric_beta(alpha, 1, generator)
    index = torch.randperm(images.size(0), generator=generator).to(images.device)
    lam = lam.to(images.device, images.dtype)
    y = torch.zeros(len(labels), classes, device=images.device)
    if images.dtype == torch.float64:
        y = y.double()
    y.scatter_(1, labels.unsqueeze(1), 1.0)
    for_images = lam.reshape((len(lam),) + (1,) * (images.dim() - 1))
    for_labels = lam.reshape(-1, 1).to(y.dtype)
    x = images.clone()
    x.mul_(for_images).add_(images[index] * (1 - for_images))
    return x, y.mul(for_labels) + y[index].mul(1 - for_labels)

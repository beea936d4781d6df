"""Right answers in other styles than the reference's."""

import torch
import torch.nn.functional as F

from lib import mixing


def cutmix_by_a_loop(images, labels, classes, alpha=1.0, *, per_sample=False, generator):
    """Slice by slice, as a beginner writes it."""
    n, _, height, width = images.shape
    k = n if per_sample else 1
    lam = mixing.symmetric_beta(alpha, k, generator)
    perm = torch.randperm(n, generator=generator)
    rows = torch.randint(height, (k,), generator=generator)
    columns = torch.randint(width, (k,), generator=generator)
    boxes, kept = mixing.cutmix_box(height, width, lam, torch.stack([rows, columns], dim=1))
    mixed = images.clone()
    dtype = torch.float64 if images.dtype == torch.float64 else torch.float32
    targets = torch.zeros(n, classes, dtype=dtype, device=images.device)
    for i in range(n):
        b = i if per_sample else 0
        top, left, bottom, right = boxes[b].tolist()
        j = perm[i].item()
        mixed[i, :, top:bottom, left:right] = images[j, :, top:bottom, left:right]
        targets[i, labels[i]] += kept[b].item()
        targets[i, labels[j]] += 1 - kept[b].item()
    return mixed, targets


def cutmix_by_masks(images, labels, classes, alpha=1.0, *, per_sample=False, generator):
    """M ⊙ x + (1 − M) ⊙ x[partners], with a mask of numbers."""
    n, _, height, width = images.shape
    k = n if per_sample else 1
    lam = mixing.symmetric_beta(alpha, k, generator)
    perm = torch.randperm(n, generator=generator).to(images.device)
    centre = torch.empty(k, 2, dtype=torch.int64)
    centre[:, 0] = torch.randint(0, height, (k,), generator=generator)
    centre[:, 1] = torch.randint(0, width, (k,), generator=generator)
    boxes, kept = mixing.cutmix_box(height, width, lam, centre)
    mask = torch.ones(k, 1, height, width, dtype=images.dtype)
    for m, (top, left, bottom, right) in zip(mask, boxes, strict=True):
        m[:, top:bottom, left:right] = 0
    mask = mask.to(images.device)
    hot = F.one_hot(labels, classes)
    hot = hot.double() if images.dtype == torch.float64 else hot.float()
    share = kept.to(images.device).to(hot.dtype)[:, None]
    return mask * images + (1 - mask) * images[perm], share * hot + (1 - share) * hot[perm]


def cutmix_by_counting(images, labels, classes, alpha=1.0, *, per_sample=False, generator):
    """The targets are counted in a mask, whatever cutmix_box says."""
    n, height, width = len(images), images.size(2), images.size(3)
    k = n if per_sample else 1
    lam = mixing.symmetric_beta(alpha, k, generator)
    partners = torch.randperm(n, generator=generator)
    y, x = torch.randint(height, (k,), generator=generator), torch.randint(width, (k,), generator=generator)
    found = mixing.cutmix_box(height, width, lam, torch.stack((y, x), 1))[0]
    inside = torch.zeros(k, 1, height, width, dtype=torch.bool)
    for i, (t, l, b, r) in enumerate(found.tolist()):
        inside[i, 0, t:b, l:r] = True
    mixed = torch.where(inside.to(images.device), images[partners], images)
    dtype = torch.float64 if images.dtype == torch.float64 else torch.float32
    share = inside.to(dtype).mean(dim=(1, 2, 3)).to(images.device).unsqueeze(1)
    one_hot = torch.eye(classes, dtype=dtype, device=images.device)[labels]
    return mixed, torch.lerp(one_hot, one_hot[partners], share.expand_as(one_hot))

"""Right answers in other styles than the reference's."""

import math

import numpy as np
import torch


def cutmix_box_by_a_loop(height, width, lam, centre):
    """One box after the other, in Python's own numbers."""
    boxes, kept = [], []
    for share, (row, column) in zip(lam.tolist(), centre.tolist(), strict=True):
        half_height = int(0.5 * math.sqrt(1 - share) * height)
        half_width = int(0.5 * math.sqrt(1 - share) * width)
        top, bottom = max(row - half_height, 0), min(row + half_height, height)
        left, right = max(column - half_width, 0), min(column + half_width, width)
        boxes.append([top, left, bottom, right])
        kept.append(1 - (bottom - top) * (right - left) / (height * width))
    return torch.tensor(boxes, device=lam.device), torch.tensor(kept, dtype=torch.float64, device=lam.device)


def cutmix_box_by_columns(height, width, lam, centre):
    """The four edges by clamp, stacked; the area at the end."""
    root = torch.sqrt(1.0 - lam.to(torch.float64))
    rh = (root * height / 2).floor().to(torch.int64)
    rw = (root * width / 2).floor().to(torch.int64)
    y, x = centre[:, 0], centre[:, 1]
    top = torch.clamp(y - rh, 0, height)
    bottom = torch.clamp(y + rh, 0, height)
    left = torch.clamp(x - rw, 0, width)
    right = torch.clamp(x + rw, 0, width)
    area = (bottom - top) * (right - left)
    return torch.stack((top, left, bottom, right), dim=1), 1.0 - area.double() / float(height * width)


def cutmix_box_counted(height, width, lam, centre):
    """Counts the pixels that are left, in NumPy."""
    lam_list, centres = lam.cpu().numpy().astype(np.float64), centre.cpu().numpy()
    found, kept = [], []
    for k in range(len(lam_list)):
        r = np.floor(0.5 * np.sqrt(1 - lam_list[k]) * np.array([height, width])).astype(int)
        first = np.maximum(centres[k] - r, 0)
        last = np.minimum(centres[k] + r, [height, width])
        mask = np.ones((height, width))
        mask[first[0] : last[0], first[1] : last[1]] = 0
        found.append(np.concatenate([first, last]))
        kept.append(mask.mean())
    return torch.tensor(np.array(found)).to(lam.device), torch.tensor(np.array(kept)).to(lam.device)

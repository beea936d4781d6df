"""Pictures of augmentation: what they say is what was measured."""

import pytest
import torch

from lib.augmentation_picture import gains_picture, mixed_picture
from lib.results import Recorded


def table(*rows):
    names = ("kind", "seed", "accuracy")
    return Recorded("", "", "", tuple(dict(zip(names, row, strict=True)) for row in rows))


def test_gains_picture_says_gains_within_seeds():
    measured = table(("plain", 0, 0.5), ("mirror", 0, 0.4), ("plain", 1, 0.7), ("mirror", 1, 0.6))
    picture = gains_picture(measured, "What?", live={"mirror": -0.05})
    assert "mirror -10.0 ± 0.0" in picture.alt and "just now: mirror -5.0" in picture.alt
    assert picture.png()
    with pytest.raises(ValueError, match="expected two seeds"):
        gains_picture(table(("plain", 0, 0.5)), "What?")


def test_gains_picture_takes_another_column_and_another_base():
    rows = [("all", 0, 0.5), ("less", 0, 0.6), ("all", 1, 0.7), ("less", 1, 0.8)]
    measured = Recorded("", "", "", tuple({"part": p, "seed": s, "accuracy": a} for p, s, a in rows))
    picture = gains_picture(measured, "What?", column="part", over="all")
    assert "gained over all: less +10.0 ± 0.0" in picture.alt
    assert picture.figure.axes[0].get_xlabel() == "gain over all (points of accuracy)"
    with pytest.raises(ValueError, match="another part than all"):
        gains_picture(Recorded("", "", "", measured.rows[::2]), "What?", column="part", over="all")


def test_mixed_picture_says_the_target():
    images = [torch.rand(3, 4, 4, generator=torch.Generator().manual_seed(n)) for n in range(3)]
    picture = mixed_picture(images, torch.tensor([0.7, 0.0, 0.3]), ("a", "b", "c"), "What?")
    assert "0.70 of class a, 0.30 of class c" in picture.alt
    with pytest.raises(ValueError, match="expected three and 2 shares"):
        mixed_picture(images, torch.tensor([1.0]), ("a", "b"), "What?")

"""GlyphNet: what is in it, what is not, and that a seed decides everything."""

import unicodedata

import pytest
import torch
from PIL import ImageFont

from lib.datasets import glyph_bank as bank_of_glyphs
from lib.datasets import glyphnet
from lib.datasets.glyph_bank import CLASSES, FACES, font_folder, glyph_bank
from lib.datasets.glyphnet import draw_glyphs


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_bank_has_a_thousand_characters_in_twelve_faces_each_with_ink():
    bank = glyph_bank()
    assert len(set(bank.characters)) == len(bank.characters) == CLASSES == 1000
    assert bank.masks.shape == (CLASSES, 12, 64, 64)
    assert bank.masks.dtype == torch.uint8
    assert bool((bank.masks.flatten(2).amax(2) > 100).all())


def test_bank_draws_what_is_asked_for_and_no_more_and_the_rest_later(monkeypatch):
    drawn, draw = [], bank_of_glyphs._draw_mask
    monkeypatch.setattr(bank_of_glyphs, "_draw_mask", lambda *a: drawn.append(a[0]) or draw(*a))
    bank = bank_of_glyphs.GlyphBank("AbÆ")
    classes, faces = torch.tensor([2, 0, 2, 2]), torch.tensor([1, 11, 1, 0])
    some = bank.of(classes, faces)
    assert sorted(drawn) == ["A", "Æ", "Æ"]
    assert torch.equal(bank.masks[classes, faces], some)
    assert len(drawn) == 36 and torch.equal(bank.of(classes, faces), some) and len(drawn) == 36


def test_distinct_indices_are_those_of_a_comparison_of_all_points():
    noise = torch.rand(60, 64, 64, generator=torch.Generator().manual_seed(0))
    masks = (255 * noise).byte()
    for near, share in ((7, 0.1), (20, 0.14), (31, 0.2), (40, 0.3)):  # of the points another's, in place of its own
        masks[near] = torch.where(noise[near + 1] < share, masks[near + 1], masks[near - 1])
    masks[50] = 0
    flat = torch.nn.functional.avg_pool2d(masks.unsqueeze(1).float() / 255, 2).flatten(1)
    kept = []
    for i, ink in enumerate(flat.sum(1)):
        if ink > 0 and all((flat[i] - flat[j]).abs().sum() > 0.15 * (ink + flat[j].sum()) for j in kept):
            kept.append(i)
    assert bank_of_glyphs._distinct_indices(masks) == kept and len(kept) not in (59, 60)


def test_bank_holds_no_digit_and_nothing_that_stands_for_a_number():
    characters = glyph_bank().characters
    assert [c for c in characters if unicodedata.numeric(c, None) is not None] == []
    assert [c for c in characters if unicodedata.category(c)[0] not in "LSP"] == []


def test_bank_no_two_classes_look_the_same():
    small = torch.nn.functional.avg_pool2d(glyph_bank().masks[:, :1].float(), 2).flatten(1)
    gaps = torch.cdist(small, small, p=1) / (small.sum(1, keepdim=True) + small.sum(1))
    assert float(gaps.fill_diagonal_(1).min()) > 0.15


def test_draw_mask_is_what_pillow_draws_scaled_to_48_pixels():
    face = font_folder() / FACES[0]
    mask = bank_of_glyphs._draw_mask("H", ImageFont.truetype(str(face), size=64))
    rows, columns = (mask > 40).nonzero().amin(0), (mask > 40).nonzero().amax(0)
    assert int(columns[0] - rows[0]) + 1 == pytest.approx(48, abs=1)
    assert int(rows[0]) == pytest.approx(8, abs=1)
    assert torch.allclose(mask.float(), mask.flip(1).float(), atol=64)  # an H is its own mirror image


def test_draw_glyphs_gives_images_in_range_and_labels_of_all_classes():
    images, labels = draw_glyphs(300, generator=generator())
    assert images.shape == (300, 3, 48, 48)
    assert images.dtype == torch.float32
    assert 0 <= float(images.min()) < 0.1 < 0.9 < float(images.max()) <= 1
    assert labels.dtype == torch.int64
    assert 0 <= int(labels.min()) < 100 < 900 < int(labels.max()) < CLASSES


def test_draw_glyphs_same_seed_same_images_and_no_global_randomness():
    torch.manual_seed(1)
    first, labels = draw_glyphs(8, generator=generator(5))
    state = torch.get_rng_state()
    again, same = draw_glyphs(8, generator=generator(5))
    other, _ = draw_glyphs(8, generator=generator(6))
    assert torch.equal(first, again)
    assert torch.equal(labels, same)
    assert not torch.equal(first, other)
    assert torch.equal(torch.get_rng_state(), state)


def test_draw_glyphs_draws_any_size_and_refuses_none():
    assert draw_glyphs(2, generator=generator(), size=32)[0].shape == (2, 3, 32, 32)
    with pytest.raises(ValueError, match="count: expected at least 1 image, got 0"):
        draw_glyphs(0, generator=generator())


def test_blur_is_gaussian_of_the_sigma_it_says():
    point = torch.zeros(1, 1, 31, 31)
    point[0, 0, 15, 15] = 1
    blurred = glyphnet._blur(point, 2.0)[0, 0]
    offsets = torch.arange(31.0) - 15
    assert float(blurred.sum()) == pytest.approx(1, abs=1e-5)
    assert float((blurred.sum(0) * offsets**2).sum()) == pytest.approx(4, rel=0.06)  # cut off at 2.5 σ

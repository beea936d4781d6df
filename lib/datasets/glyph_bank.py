"""The bank of glyphs: 1,000 Unicode characters in twelve faces, as masks. What GlyphNet's drawings are made from."""

import importlib.util
import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
import torch.nn.functional as F
from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

CLASSES = 1000
FACES = tuple(
    f"DejaVu{family}{style}.ttf"
    for family, italic in (("Sans", "Oblique"), ("SansMono", "Oblique"), ("Serif", "Italic"))
    for style in ("", "-Bold", f"-{italic}", f"-Bold{italic}")
)
MASK_SIZE = 64  # side of a stored mask, in pixels
GLYPH_SIZE = 48  # longer side of the glyph within it
_DISTINCT = 0.15  # two glyphs are one class if their masks differ by less than this share of their ink


@dataclass(frozen=True)
class GlyphBank:
    """Every class in every face, as coverage masks.

    masks: uint8, shape (classes, faces, 64, 64), 0 = ground, 255 = ink.
    characters: the Unicode character of each class.
    """

    masks: Tensor
    characters: tuple[str, ...]


@lru_cache(maxsize=1)
def glyph_bank() -> GlyphBank:
    """Draw the masks of all classes once (about two seconds), and keep them.

    Candidates are the letters, symbols and punctuation marks that all twelve faces hold and that stand for no number;
    of those that look alike (Latin A, Greek Α, Cyrillic А) the first stays; of the rest, 1,000 spread evenly over the
    code points become the classes.
    """
    folder = font_folder()
    characters = _common_characters([folder / face for face in FACES])
    plain = draw_masks(characters, folder / FACES[0])
    distinct = _distinct_indices(plain)
    chosen = [characters[distinct[i * len(distinct) // CLASSES]] for i in range(CLASSES)]
    masks = torch.stack([draw_masks(chosen, folder / face) for face in FACES], dim=1)
    return GlyphBank(masks, tuple(chosen))


def draw_masks(characters: Sequence[str], face: Path) -> Tensor:
    """Each character in that face, uint8, shape (characters, 64, 64): its longer side 48 pixels, centred, 255 = ink.

    Example:
        >>> mask = draw_masks("l", font_folder() / FACES[0])[0]
        >>> rows, columns = (mask.amax(side).nonzero() for side in (1, 0))
        >>> len(rows), len(columns) < 10  # tall and thin
        (48, True)
    """
    font = ImageFont.truetype(str(face), size=MASK_SIZE)
    return torch.stack([_draw_mask(character, font) for character in characters])


def font_folder() -> Path:
    """Where matplotlib keeps the DejaVu fonts. Raises ModuleNotFoundError where it is not installed.

    Example:
        >>> (font_folder() / "DejaVuSans.ttf").is_file()
        True
    """
    package = importlib.util.find_spec("matplotlib")
    if package is None or package.submodule_search_locations is None:
        raise ModuleNotFoundError("GlyphNet draws with the DejaVu fonts that matplotlib ships: install matplotlib")
    return Path(package.submodule_search_locations[0]) / "mpl-data" / "fonts" / "ttf"


# ---- helpers ------------------------------------------------------------------------------------------------------


def _common_characters(faces: list[Path]) -> list[str]:
    common = set.intersection(*map(_characters_of, faces))
    characters = (chr(point) for point in sorted(common))
    return [c for c in characters if unicodedata.category(c)[0] in "LSP" and unicodedata.numeric(c, None) is None]


def _characters_of(face: Path) -> set[int]:
    with TTFont(face, lazy=True) as font:
        return set(font.getBestCmap())


def _draw_mask(character: str, font: ImageFont.FreeTypeFont) -> Tensor:
    left, top, right, bottom = font.getbbox(character)
    mask = Image.new("L", (MASK_SIZE, MASK_SIZE))
    if right > left and bottom > top:
        glyph = Image.new("L", (math.ceil(right - left), math.ceil(bottom - top)))
        ImageDraw.Draw(glyph).text((-left, -top), character, fill=255, font=font)
        ratio = GLYPH_SIZE / max(glyph.size)
        width, height = (max(1, round(side * ratio)) for side in glyph.size)
        glyph = glyph.resize((width, height), Image.Resampling.BICUBIC)
        mask.paste(glyph, ((MASK_SIZE - width) // 2, (MASK_SIZE - height) // 2))
    return torch.frombuffer(bytearray(mask.tobytes()), dtype=torch.uint8).view(MASK_SIZE, MASK_SIZE)


def _distinct_indices(masks: Tensor) -> list[int]:
    """Indices of the masks that hold ink and differ from every one kept before, compared at half resolution."""
    flat = F.avg_pool2d(masks.unsqueeze(1).float() / 255, 2).flatten(1)
    different = torch.cdist(flat, flat, p=1) > _DISTINCT * (flat.sum(1, keepdim=True) + flat.sum(1))
    kept: list[int] = []
    for i in range(len(flat)):
        if flat[i].sum() > 0 and different[i, kept].all():
            kept.append(i)
    return kept

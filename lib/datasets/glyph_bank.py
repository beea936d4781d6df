"""The bank of glyphs: 1,000 Unicode characters in twelve faces, as masks. What GlyphNet's drawings are made from.

A mask is drawn when somebody wants it: a lesson that shows ten drawings waits for ten masks, not for twelve thousand.
"""

import importlib.util
import math
import unicodedata
from collections.abc import Sequence
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


class GlyphBank:
    """Every class in every face, as coverage masks: uint8, 64 × 64, 0 = ground, 255 = ink.

    characters: the Unicode character of each class.
    """

    def __init__(self, characters: Sequence[str]) -> None:
        self.characters = tuple(characters)
        self._masks = torch.zeros(len(characters), len(FACES), MASK_SIZE, MASK_SIZE, dtype=torch.uint8)
        self._drawn = torch.zeros(len(characters), len(FACES), dtype=torch.bool)

    @property
    def masks(self) -> Tensor:
        """All of them, shape (classes, faces, 64, 64)."""
        self._draw((~self._drawn).nonzero())
        return self._masks

    def of(self, classes: Tensor, faces: Tensor) -> Tensor:
        """The masks of these classes in these faces; both int64, on the CPU, shape (N,) → (N, 64, 64).

        Example:
            >>> bank, first = glyph_bank(), torch.tensor([7])
            >>> torch.equal(bank.of(first, first), bank.masks[first, first])
            True
        """
        wanted = torch.stack([classes, faces], dim=1)[~self._drawn[classes, faces]]
        self._draw(wanted.unique(dim=0))
        return self._masks[classes, faces]

    def _draw(self, wanted: Tensor) -> None:
        """Draw these, rows of class and face."""
        for face in wanted[:, 1].unique().tolist():
            classes = wanted[wanted[:, 1] == face, 0]
            characters = [self.characters[row] for row in classes.tolist()]
            self._masks[classes, face] = draw_masks(characters, font_folder() / FACES[face])
            self._drawn[classes, face] = True


@lru_cache(maxsize=1)
def glyph_bank() -> GlyphBank:
    """The bank of all classes, made once.

    Candidates are the letters, symbols and punctuation marks that all twelve faces hold and that stand for no number;
    of those that look alike (Latin A, Greek Α, Cyrillic А) the first stays; of the rest, 1,000 spread evenly over the
    code points become the classes.
    """
    folder = font_folder()
    characters = _common_characters([folder / face for face in FACES])
    plain = draw_masks(characters, folder / FACES[0])
    distinct = _distinct_indices(plain)
    chosen = [characters[distinct[i * len(distinct) // CLASSES]] for i in range(CLASSES)]
    return GlyphBank(chosen)


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
    """Indices of the masks that hold ink and differ from every one kept before, compared at half resolution.

    The ink of their rows, and that of their columns, never differs by more than they do: where it is too much already,
    which it nearly always is, the two are not compared point by point.
    """
    small = F.avg_pool2d(masks.unsqueeze(1).float() / 255, 2).squeeze(1)
    ink = small.sum(dim=(1, 2))
    allowed = _DISTINCT * (ink.unsqueeze(1) + ink)
    least = torch.maximum(*(torch.cdist(shadow, shadow, p=1) for shadow in (small.sum(2), small.sum(1))))
    close = least <= allowed * (1 + 1e-5)  # and what rounding may have added
    kept: list[int] = []
    for i in ink.nonzero().flatten().tolist():
        rivals = [j for j in close[i, :i].nonzero().flatten().tolist() if j in kept]
        if bool(((small[rivals] - small[i]).abs().sum(dim=(1, 2)) > allowed[i, rivals]).all()):
            kept.append(i)
    return kept

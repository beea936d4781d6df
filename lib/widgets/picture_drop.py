"""A picture of the reader's own, put in front of a network: what it sees of it, and what it says."""

import base64
import html
import io
from collections.abc import Callable
from typing import Any

import ipywidgets
from PIL import Image, ImageOps
from torch import Tensor
from torchvision.transforms.v2.functional import to_pil_image

from lib.widgets.shown import WIDE, Shown

Classify = Callable[[Image.Image], list[tuple[str, float]]]
_ENLARGED = 192  # CSS pixels


def picture_drop(classify: Classify, example: Tensor) -> "PictureDrop":
    """A button that takes a picture file, and what `classify` says of it; until there is one, of `example`.

    classify: from an RGB picture to its (class, confidence), a list of one pair, as from `lib.export.predict_onnx` with
    its file filled in. example: uint8, shape (3, height, width); a reader's picture is cropped in the middle and
    resized to this size. What holds no picture gets a sentence, and so does a ValueError of `classify`.

    Example:
        >>> import torch
        >>> drop = picture_drop(lambda picture: [(f"{picture.width} wide", 0.9)], torch.zeros(3, 8, 8).byte())
        >>> drop
        The bundled picture: 8 wide, with a confidence of 90.0 %.
    """
    return PictureDrop(classify, to_pil_image(example))


class PictureDrop(Shown):
    """A picture and its verdict, as `picture_drop` makes it: `take` is what the button calls."""

    def __init__(self, classify: Classify, example: Image.Image) -> None:
        self._classify, self._size = classify, example.size
        self.said, self._seen = "", example
        self._judge("The bundled picture", example)
        self.upload = ipywidgets.FileUpload(
            accept="image/*", multiple=False, description="a picture of your own", layout=WIDE
        )
        self._shown = ipywidgets.HTML(self.still())
        self.widget = ipywidgets.VBox([self.upload, self._shown])
        self.widget.children += (self._beside_live(),)
        self.upload.observe(self._uploaded, names="value")

    def take(self, name: str, content: bytes) -> None:
        """Show the picture in a file, and what is said of it; where there is none in it, say that and keep the last."""
        try:
            with Image.open(io.BytesIO(content)) as image:
                picture = ImageOps.exif_transpose(image).convert("RGBA")
        except (OSError, ValueError, Image.DecompressionBombError):
            self.said = f"{name} holds no picture that can be read here. A PNG or a JPEG file will do."
        else:
            white = Image.new("RGBA", picture.size, "white")
            fitted = ImageOps.fit(Image.alpha_composite(white, picture).convert("RGB"), self._size)
            self._judge(name, fitted)
        self._shown.value = self.still()

    def still(self) -> str:
        """The picture as the network gets it, enlarged, and what is said, as HTML."""
        buffer = io.BytesIO()
        self._seen.save(buffer, format="png")
        data = base64.b64encode(buffer.getvalue()).decode("ascii")
        size = f"{self._size[0]} × {self._size[1]}"
        style = f"width: {_ENLARGED}px; max-width: 100%; image-rendering: pixelated"
        image = f'<img alt="The picture, as the network gets it: {size} pixels" style="{style}" '
        words = f'<p role="status" aria-live="polite">{html.escape(self.said)}</p>'
        return f'{image}src="data:image/png;base64,{data}">{words}'

    def __repr__(self) -> str:
        return self.said

    def _judge(self, name: str, picture: Image.Image) -> None:
        try:
            [(word, confidence)] = self._classify(picture)
        except ValueError as error:
            self.said = f"{name} cannot be classified: {error}"
            return
        self.said, self._seen = f"{name}: {word}, with a confidence of {100 * confidence:.1f} %.", picture

    def _uploaded(self, change: Any) -> None:
        for file in change["new"]:
            self.take(file["name"], bytes(file["content"]))

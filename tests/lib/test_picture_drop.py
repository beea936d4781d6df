"""A picture put in front of a network: what is shown is what the network got, and no file stops it."""

import base64
import datetime
import html
import io
import re

import numpy as np
import pytest
import torch
from PIL import Image

from lib.widgets.picture_drop import picture_drop

EXAMPLE = torch.arange(3 * 8 * 8).reshape(3, 8, 8).to(torch.uint8)


def brightness(picture):
    """A stand-in for a network: dark or bright, by the mean of all pixels."""
    mean = float(np.asarray(picture).mean()) / 255
    return [("bright" if mean > 0.5 else "dark", max(mean, 1 - mean))]


def file_of(image, form="png", **options):
    buffer = io.BytesIO()
    image.save(buffer, format=form, **options)
    return buffer.getvalue()


def shown(drop):
    """The picture in the widget's page."""
    data = re.search(r'base64,([^"]*)"', drop.widget.children[1].value)[1]
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))


def upload(drop, name, content):
    then = datetime.datetime(2026, 1, 31, tzinfo=datetime.UTC)
    file = {"name": name, "type": "", "size": len(content), "content": memoryview(content), "last_modified": then}
    drop.upload.value = (file,)


def test_picture_drop_begins_with_the_bundled_picture_and_shows_it_where_there_is_no_kernel():
    drop = picture_drop(brightness, EXAMPLE)
    assert repr(drop) == "The bundled picture: dark, with a confidence of 62.5 %."
    assert np.array_equal(shown(drop), EXAMPLE.permute(1, 2, 0).numpy())
    bundle = drop._repr_mimebundle_()
    assert (
        repr(drop) in html.unescape(bundle["text/html"]) and 'alt="The picture, as the network' in bundle["text/html"]
    )
    assert f".still-{drop.widget.model_id} {{ display: none }}" in drop.widget.children[-1].value


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P", "1", "CMYK"])
def test_picture_drop_takes_a_picture_of_any_mode_and_fits_it(mode):
    drop = picture_drop(brightness, EXAMPLE)
    form = "tiff" if mode == "CMYK" else "png"
    upload(drop, "mine.png", file_of(Image.new("RGB", (40, 20), "white").convert(mode), form))
    assert repr(drop) == "mine.png: bright, with a confidence of 100.0 %."
    assert shown(drop).shape == (8, 8, 3) and shown(drop).min() == 255


def test_picture_drop_crops_the_middle_and_lays_what_is_transparent_on_white():
    wide = Image.new("RGBA", (24, 8), (0, 0, 0, 255))
    wide.paste((0, 0, 0, 0), (8, 0, 16, 8))
    drop = picture_drop(brightness, EXAMPLE)
    drop.take("wide.png", file_of(wide))
    assert shown(drop).min() == 255


def test_picture_drop_turns_a_picture_as_its_exif_data_say():
    picture, exif = Image.new("RGB", (8, 8), "black"), Image.Exif()
    picture.paste("white", (0, 0, 8, 4))
    exif[0x0112] = 6  # to be turned by 90° clockwise: what is above comes to the right
    drop = picture_drop(brightness, EXAMPLE)
    drop.take("turned.png", file_of(picture, exif=exif))
    assert shown(drop)[:, 4:].min() == 255 and shown(drop)[:, :4].max() == 0


def test_picture_drop_says_what_holds_no_picture_and_keeps_the_last():
    drop = picture_drop(brightness, EXAMPLE)
    before, whole = shown(drop), file_of(Image.new("RGB", (40, 40), "white"))
    for name, content in {
        "notes.txt": b"no picture",
        "empty.png": b"",
        "half.png": whole[:60],
        "<b>.png": b"x",
    }.items():
        upload(drop, name, content)
        assert repr(drop) == f"{name} holds no picture that can be read here. A PNG or a JPEG file will do."
        assert html.escape(repr(drop)) in drop.widget.children[1].value
        assert np.array_equal(shown(drop), before)
    upload(drop, "mine.png", whole)
    assert repr(drop).startswith("mine.png: bright")


def test_picture_drop_says_why_a_picture_cannot_be_classified():
    def refuse(picture):
        if picture.getpixel((0, 0)) == (255, 255, 255):
            raise ValueError("too white")
        return [("fine", 1.0)]

    drop = picture_drop(refuse, EXAMPLE)
    drop.take("mine.png", file_of(Image.new("RGB", (9, 9), "white")))
    assert repr(drop) == "mine.png cannot be classified: too white"


def test_picture_drop_takes_nothing_from_an_upload_that_was_cleared():
    drop = picture_drop(brightness, EXAMPLE)
    said = repr(drop)
    upload(drop, "notes.txt", b"x")
    drop.upload.value = ()
    assert repr(drop) != said and "notes.txt" in repr(drop)

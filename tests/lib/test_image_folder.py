"""A folder of pictures is looked over: whatever people keep in one is left out by name, and nothing crashes."""

import os

import numpy as np
import pytest
import torch
from PIL import Image

from lib.image_folder import LEAST, read_picture, survey


def drawn(seed: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (12, 10, 3), dtype=np.uint8))


@pytest.fixture
def folder(tmp_path):
    """Two classes of six pictures."""
    for number in range(12):
        path = tmp_path / "own" / ("cat" if number < 6 else "dog") / f"{number:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        drawn(number).save(path)
    return tmp_path / "own"


def test_survey_of_a_sound_folder_finds_every_picture_and_nothing_amiss(folder):
    found = survey(folder)
    assert found.classes == ("cat", "dog") and found.findings == ()
    assert [path.name for path in found.files] == [f"{number:02}.png" for number in range(12)]
    assert found.labels.tolist() == [0] * 6 + [1] * 6


def test_survey_reads_pictures_in_folders_below_and_names_that_are_not_latin(folder):
    (folder / "cat").rename(folder / "кошка <b>")
    (folder / "кошка <b>" / "more").mkdir()
    drawn(99).save(folder / "кошка <b>" / "more" / "x.bmp")
    found = survey(folder)
    assert found.classes == ("dog", "кошка <b>")
    assert found.labels.tolist().count(1) == 7


def halved(cat):
    data = (cat / "00.png").read_bytes()
    (cat / "x.png").write_bytes(data[: len(data) // 2])


def alone(cat):
    (cat.parent / "eel").mkdir()
    drawn(50).save(cat.parent / "eel" / "one.png")


FLAWS = {
    "truncated": halved,
    "no picture": lambda cat: (cat / "x.png").write_text("hello"),
    "empty file": lambda cat: (cat / "x.jpg").touch(),
    "sixteen bits": lambda cat: Image.fromarray(np.full((9, 9), 40_000, dtype=np.uint16)).save(cat / "x.png"),
    "the same again": lambda cat: drawn(3).save(cat / "x.bmp"),
    "in both": lambda cat: drawn(3).save(cat.parent / "dog" / "x.png"),
    "an empty class": lambda cat: (cat.parent / "eel").mkdir(),
    "a small class": alone,
    "beside": lambda cat: (cat.parent / "notes.txt").write_text("x"),
    "bomb": lambda cat: Image.new("1", (30_000, 6_500)).save(cat / "x.png"),
}


@pytest.mark.parametrize(
    ("flaw", "sentence"),
    [
        ("truncated", "No picture of 8 bits a channel that can be read, so left out: 1 file: cat/x.png."),
        ("no picture", "No picture of 8 bits a channel that can be read, so left out: 1 file: cat/x.png."),
        ("empty file", "No picture of 8 bits a channel that can be read, so left out: 1 file: cat/x.jpg."),
        ("sixteen bits", "No picture of 8 bits a channel that can be read, so left out: 1 file: cat/x.png."),
        ("bomb", "No picture of 8 bits a channel that can be read, so left out: 1 file: cat/x.png."),
        ("the same again", "Shown before in the same class, so left out: 1 file: cat/x.bmp."),
        ("in both", "In several classes at once, so all left out: 2 files: cat/03.png, dog/x.png."),
        ("an empty class", "Empty, so left out: eel."),
        ("a small class", "Fewer than 5 pictures, so left out: 1 class: eel (1)."),
        ("beside", "Beside the classes' folders, so left out: 1 file: notes.txt."),
    ],
)
def test_survey_leaves_out_what_is_amiss_and_says_so(folder, flaw, sentence):
    FLAWS[flaw](folder / "cat")
    found = survey(folder)
    assert found.findings == (sentence,)
    assert found.classes == ("cat", "dog")
    assert len(found.files) == (11 if flaw == "in both" else 12)


def test_survey_passes_over_hidden_files_and_follows_no_link(folder):
    (folder / "cat" / ".DS_Store").write_text("x")
    (folder / ".git").mkdir()
    os.symlink(folder / "dog", folder / "linked")
    os.symlink(folder / "dog" / "06.png", folder / "cat" / "linked.png")
    found = survey(folder)
    assert found.findings == () and len(found.files) == 12


def test_survey_tells_of_a_class_that_is_much_larger(folder):
    for number in range(100, 130):
        drawn(number).save(folder / "cat" / f"{number}.png")
    (sentence,) = survey(folder).findings
    assert sentence.startswith("cat has 36 pictures and dog 6: accuracy alone")


def test_survey_names_the_first_few_of_many(folder):
    for number in range(9):
        (folder / "cat" / f"x{number}.txt").write_text("x")
    (sentence,) = survey(folder).findings
    assert sentence.endswith("9 files: cat/x0.txt, cat/x1.txt, cat/x2.txt, cat/x3.txt, cat/x4.txt and 4 more.")


def test_survey_refuses_a_folder_that_leaves_nothing_to_tell_apart(folder, tmp_path):
    for number in range(2, 6):
        (folder / "cat" / f"{number:02}.png").unlink()
    with pytest.raises(ValueError, match=rf"at least two subfolders with {LEAST} pictures each.*has 1\. .*cat \(2\)"):
        survey(folder)
    (tmp_path / "nothing").mkdir()
    with pytest.raises(ValueError, match="has 0"):
        survey(tmp_path / "nothing")
    with pytest.raises(NotADirectoryError, match="expected a folder"):
        survey(folder / "cat" / "00.png")


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr"])
def test_read_picture_gives_three_channels_whatever_the_mode(tmp_path, mode):
    drawn(0).convert(mode).save(tmp_path / "a.tiff")
    picture = read_picture(tmp_path / "a.tiff")
    assert picture.shape == (3, 12, 10) and picture.dtype == torch.uint8


def test_read_picture_turns_it_the_right_way_up(tmp_path):
    picture, exif = drawn(0), Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    picture.save(tmp_path / "a.png", exif=exif)
    turned = np.rot90(np.asarray(picture), -1)
    assert np.array_equal(read_picture(tmp_path / "a.png").permute(1, 2, 0).numpy(), turned)

"""A folder goes in; a model that works without PyTorch, and a page that tells the truth about it, come out."""

import json
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from lib.datasets.task import Split, Task
from lib.export import predict_onnx
from lib.own_images import FACTS, Fitted, fine_tune_folder
from lib.own_images_report import page
from lib.plan import Plan, two_phases

pytestmark = pytest.mark.slow

SHORT = Plan(two_phases(first=3, second=1, rate=3e-3), batch_size=8)
CLASSES = ("dark", "light & <i>")


def folder_of(place: Path, count: int = 15) -> Path:
    """Dark pictures and light ones, of different shapes."""
    draw = np.random.default_rng(0)
    for number in range(2 * count):
        low = 0 if number < count else 150
        pixels = draw.integers(low, low + 100, (30 + number % 7, 40, 3), dtype=np.uint8)
        path = place / CLASSES[number >= count] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)
    return place


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = folder_of(tmp_path_factory.mktemp("mine") / "pictures")
    (folder / CLASSES[0] / "broken.jpg").write_text("<script>alert(1)</script>")
    return folder, fine_tune_folder(folder, plan=SHORT, size=32)


class Page(HTMLParser):
    """Tags and attributes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_what_is_easy_is_learnt_and_the_numbers_agree_with_each_other(done):
    _, result = done
    assert result.classes == CLASSES
    assert result.confusion.sum(1).tolist() == [3, 3]
    assert result.accuracy == result.balanced == float(result.confusion.diagonal().sum()) / 6 >= 5 / 6
    assert result.interval[0] < result.accuracy <= result.interval[1]
    assert 0 <= result.calibration_error <= 1 and result.temperature > 0
    assert [epoch.phase for epoch in result.history.epochs] == [0, 0, 0, 1]


def test_the_file_alone_names_new_pictures_of_any_size(done, tmp_path):
    folder, result = done
    Image.new("RGB", (90, 50), (20, 30, 20)).save(tmp_path / "new.png")
    Image.new("RGBA", (50, 300), (220, 230, 220, 255)).save(tmp_path / "other.png")
    named = predict_onnx(result.model, [tmp_path / "new.png", tmp_path / "other.png"])
    assert [name for name, _ in named] == list(CLASSES)
    assert result.model.parent == folder.with_name("pictures-model")
    facts = json.loads((result.model.parent / FACTS).read_text("utf-8"))
    assert facts["classes"] == list(CLASSES) and facts["crop"] == 32 and facts["temperature"] == result.temperature


def test_the_page_has_no_script_and_nothing_from_elsewhere_and_every_picture_has_words(done):
    _, result = done
    text = result.report.read_text("utf-8")
    tags = Page(text).tags
    assert {"script", "iframe", "link", "form", "object"}.isdisjoint(tag for tag, _ in tags)
    for tag, attributes in tags:
        assert not any(name.startswith("on") for name in attributes)
        assert all((value or "").startswith("data:") for name, value in attributes.items() if name in ("src", "href"))
        assert tag != "img" or attributes.get("alt")
    assert "light &amp; &lt;i&gt;" in text and "<i>" not in text
    assert "broken.jpg" in text and f"{100 * result.accuracy:.1f} % right" in text
    assert "default-src 'none'" in text


def test_the_lines_on_the_page_run(done, tmp_path):
    folder, result = done
    code = result.report.read_text("utf-8").split("<pre>")[1].split("</pre>")[0]
    where = code.replace("a picture.jpg", str(folder / CLASSES[0] / "0.png"))
    told = subprocess.run(
        [sys.executable, "-c", where], cwd=result.model.parent, capture_output=True, text=True, check=True,
        env={"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": ""},
    )  # fmt: skip
    assert told.stdout.startswith("[('dark', ")


def test_the_same_seed_gives_the_same_and_an_earlier_result_is_replaced(done, capsys):
    folder, result = done
    state = torch.get_rng_state()
    again = fine_tune_folder(folder, plan=SHORT, size=32)
    assert torch.equal(torch.get_rng_state(), state)
    assert "phase 2, epoch 1 · loss" in capsys.readouterr().out
    assert torch.equal(again.confusion, result.confusion)
    assert (again.accuracy, again.temperature) == (result.accuracy, result.temperature)
    assert [e.validation_loss for e in again.history.epochs] == [e.validation_loss for e in result.history.epochs]
    assert [path.name for path in folder.parent.iterdir() if path.name.startswith(".")] == []


def test_the_page_shows_the_surest_mistakes_first_and_says_where_nothing_was_amiss(done):
    _, result = done
    images = torch.zeros(6, 3, 8, 8, dtype=torch.uint8)
    split = Split(images, torch.tensor([0, 0, 0, 1, 1, 1]))
    scores = torch.tensor([[9.0, 0], [0, 1], [0, 5], [0, 9], [0, 9], [3, 0]])  # rows 1, 2 and 5 are wrong
    text = page(replace(result, findings=()), Task("mine", CLASSES, split, split, split), scores)
    told = [text.index(f"with a confidence of {percent} %") for percent in (99, 95, 73)]
    assert told == sorted(told) and "3 in all; the surest first." in text
    assert text.count("dark, taken for light &amp; &lt;i&gt;, with") == 2
    assert "Nothing was amiss." in text


def test_no_folder_that_holds_something_else_is_written_to(tmp_path):
    folder = folder_of(tmp_path / "pictures", 5)
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "thesis.txt").write_text("years of work")
    with pytest.raises(ValueError, match="holds something else"):
        fine_tune_folder(folder, out=tmp_path / "taken", plan=SHORT)
    with pytest.raises(ValueError, match="size: expected at least 8 pixels, got 4"):
        fine_tune_folder(folder, plan=SHORT, size=4)
    assert (tmp_path / "taken" / "thesis.txt").read_text() == "years of work"


def test_fitted_is_what_the_exported_file_does():
    fitted = Fitted((0.5, 0.4, 0.3), (0.2, 0.2, 0.2), [16], [12])
    picture = torch.arange(3 * 20 * 30, dtype=torch.uint8).view(1, 3, 20, 30)
    assert fitted.cut(picture).shape == (1, 3, 12, 12) and fitted.cut(picture).dtype == torch.uint8
    expected = (fitted.cut(picture) / 255 - torch.tensor([0.5, 0.4, 0.3]).view(3, 1, 1)) / 0.2
    assert torch.allclose(fitted(picture), expected, atol=1e-6)


def test_torchvisions_networks_bring_their_own_sizes():
    from lib.own_images import _fitted

    fitted = _fitted("resnet18", 64)
    assert (fitted.resize_size, fitted.crop_size) == ([256], [224])
    assert _fitted("resnet10", 40).crop_size == [40]

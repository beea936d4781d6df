"""The pictures of gradient flow: what they say in words, what they draw, and what they refuse."""

import math

import pytest

from lib.gradient_picture import gradient_rows, unfreezing_picture

FULL = {"stem": 0.268, "layer1": 1.5, "head": 3.0}
PARTIAL = {"stem": 0.0, "layer1": 1.5, "head": 3.0}
HEAD = {"stem": 0.0, "layer1": 0.0, "head": 3.0}


def test_gradient_rows_alt_says_every_norm_and_what_is_frozen():
    alt = gradient_rows({"full": FULL, "extraction": HEAD}, "Who gets a gradient?").alt
    assert alt.startswith("Who gets a gradient?")
    assert "full: stem 0.27, layer1 1.5, head 3" in alt
    assert "extraction: stem frozen, layer1 frozen, head 3" in alt


def test_gradient_rows_are_drawn_at_one_scale():
    figure = gradient_rows({"full": FULL, "a tenth": {n: v / 10 for n, v in FULL.items()}}, "?").figure
    tallest = [max(bar.get_height() for bar in axes.patches) for axes in figure.axes]
    assert tallest == pytest.approx([3.0, 0.3])
    assert len({axes.get_ylim() for axes in figure.axes}) == 1


def test_gradient_rows_write_each_norm_over_its_bar():
    (axes,) = gradient_rows({"partial": PARTIAL}, "?").figure.axes
    assert [text.get_text() for text in axes.texts] == ["0", "1.5", "3"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["stem", "layer1", "head"]


@pytest.mark.parametrize(("epoch", "learns"), [(1, "1 of 3"), (2, "2 of 3"), (3, "3 of 3")])
def test_unfreezing_picture_counts_the_stages_that_learn(epoch, learns):
    picture = unfreezing_picture([HEAD, PARTIAL, FULL], epoch)
    assert f"Epoch {epoch}: {learns} stages learn" in picture.alt
    assert ("Frozen: nothing" in picture.alt) == (epoch == 3)


def test_unfreezing_picture_frames_its_own_epoch():
    below = unfreezing_picture([HEAD, PARTIAL, FULL], 2).figure.axes[1]
    (frame,) = [bar for bar in below.patches if not bar.get_fill()]
    assert (frame.get_y(), frame.get_height()) == (1.5, 1)
    assert below.yaxis_inverted()  # the first epoch is on top


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ({}, "rows: expected at least one"),
        ({"full": FULL, "other": {"stem": 1.0}}, "rows: expected the stages"),
        ({"full": {"stem": math.nan}}, "rows: expected norms"),
        ({"full": {"stem": -1.0}}, "rows: expected norms"),
    ],
    ids=["none", "other stages", "no number", "negative"],
)
def test_gradient_rows_refuses_what_it_cannot_draw(rows, words):
    with pytest.raises(ValueError, match=words):
        gradient_rows(rows, "?")


def test_unfreezing_picture_refuses_an_epoch_that_there_is_not():
    with pytest.raises(ValueError, match="epoch: expected 1 to 2, got 3"):
        unfreezing_picture([HEAD, FULL], 3)

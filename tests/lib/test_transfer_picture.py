"""Pictures of transfer: positions and words, against tables made by hand."""

import pytest
import torch

from lib.results import Recorded
from lib.transfer_picture import gains_picture, likeness_picture, stage_picture, stages_picture


def row(stage, seed, accuracy, task="made", network="pre-trained"):
    return {"network": network, "task": task, "stage": stage, "seed": seed, "accuracy": accuracy}


TABLE = Recorded(
    "",
    "",
    "",
    (
        row("stem", 0, 0.2),
        row("stem", 1, 0.4),
        row("head", 0, 0.7),
        row("head", 1, 0.9),
        row("stem", 0, 0.0, network="never trained"),
    ),
)


def test_stages_picture_goes_through_the_means_and_stars_what_is_live():
    picture = stages_picture(
        TABLE, "Where?", {"made": "blood cells"}, live={"blood cells": {"stem": 0.25, "head": 0.5}}
    )
    line, stars = picture.figure.axes[0].lines
    assert list(line.get_ydata()) == pytest.approx([30, 80])
    assert list(stars.get_ydata()) == pytest.approx([25, 50])
    assert "blood cells 30 % at stem, 80 % at head" in picture.alt


def test_gains_picture_puts_each_gain_at_its_size_with_its_interval():
    picture = gains_picture({"granites": {20: (-50.0, 5.0), 5: (-17.0, 9.0)}}, "Does it help?")
    (zero, line, *_) = picture.figure.axes[0].lines
    assert list(zero.get_ydata()) == [0, 0]
    assert (list(line.get_xdata()), list(line.get_ydata())) == ([5, 20], [-17, -50])
    assert "granites -17 ± 9 at 5, -50 ± 5 at 20" in picture.alt


def test_likeness_picture_writes_every_number_into_its_cell():
    table = torch.tensor([[1.0, 0.25], [0.04, 0.9]])
    picture = likeness_picture({"two networks": table}, ["stem", "head"], "Alike?")
    texts = {text.get_position(): text.get_text() for text in picture.figure.axes[0].texts}
    assert texts == {(0, 0): "1.0", (1, 0): ".2", (0, 1): ".0", (1, 1): ".9"}
    assert "two networks: stem 1.00, head 0.90" in picture.alt


def test_stage_picture_draws_a_mark_for_each_image_and_the_middle_of_each_class():
    points, labels = torch.tensor([[0.0, 0.0], [2.0, 0.0], [1.0, 5.0]]), torch.tensor([0, 0, 1])
    picture = stage_picture("stem", "granites", points, labels, "rg", {"granites": 0.75, "blood cells": 0.5})
    plane, bars = picture.figure.axes
    assert [text.get_text() for text in plane.texts] == ["r", "r", "g"]
    assert [(line.get_xdata()[0], line.get_ydata()[0]) for line in plane.lines] == [(1, 0), (1, 5)]
    assert [patch.get_width() for patch in bars.patches] == [75, 50]
    assert "granites 75 %, blood cells 50 %" in picture.alt


@pytest.mark.parametrize(
    ("draw", "named"),
    [
        (lambda: stages_picture(TABLE, "None", {"other": "granites"}), "tasks"),
        (lambda: gains_picture({}, "None"), "gains"),
        (lambda: gains_picture({"granites": {}}, "None"), "gains"),
        (lambda: likeness_picture({"pair": torch.zeros(2, 3)}, ["stem", "head"], "Wide"), "tables"),
    ],
    ids=["not measured", "no target", "no size", "another shape"],
)
def test_transfer_pictures_refuse_what_cannot_be_drawn(draw, named):
    with pytest.raises(ValueError, match=f"{named}: expected"):
        draw()

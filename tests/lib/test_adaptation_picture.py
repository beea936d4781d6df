"""Pictures of adaptation: positions and words, against points and a table made by hand."""

import pytest
import torch

from lib.adaptation_picture import (
    METHODS,
    clouds_picture,
    estimates_picture,
    methods_picture,
    picked_by_agreement,
    shares_closed,
)
from lib.results import Recorded

SCORES = {name: 0.5 + 0.05 * step for step, name in enumerate(METHODS)}  # source only 0.5, on target 0.8


def table(pairs=("a → b",)):
    rows = [
        {"pair": pair, "method": name, "seed": seed, "accuracy": score + 0.02 * seed}
        for pair in pairs
        for seed in (0, 1)
        for name, score in SCORES.items()
    ]
    return Recorded("", "", "", tuple(rows))


def cloud(shift):
    points = torch.tensor([[-3.0, 0.0, 0.0], [3.0, 0.0, 0.0], [-3.0, 1.0, 0.0], [3.0, 1.0, 0.0]])
    return points + torch.tensor([0.0, shift, 0.0]), torch.tensor([0, 1, 0, 1])


def test_clouds_picture_keeps_a_plane_as_it_is_and_writes_each_class_at_its_mean():
    picture = clouds_picture(cloud(0.0), cloud(2.0), "Apart?", note="a note")
    (axes,) = picture.figure.axes
    source, target = axes.lines
    assert source.get_xdata() == pytest.approx([-3, 3, -3, 3])
    assert target.get_ydata() == pytest.approx([0.5, 0.5, 1.5, 1.5])  # the pooled mean, 1.5, is taken away
    assert [text.get_text() for text in axes.texts] == ["0", "1", "0", "1"]
    assert [text.get_position()[1] for text in axes.texts] == pytest.approx([-1, -1, 1, 1])
    assert "hold 100% of the variance" in picture.alt and picture.alt.endswith("a note")


def test_clouds_picture_measures_how_far_the_classes_are_apart():
    spread = torch.cat([cloud(0.0)[0], cloud(2.0)[0]])[:, 1].std()
    assert f"are {2 / spread:.1f} standard deviations" in clouds_picture(cloud(0.0), cloud(2.0), "Apart?").alt
    assert "are 0.0 standard deviations" in clouds_picture(cloud(1.0), cloud(1.0), "Apart?").alt


def test_estimates_picture_draws_the_means_and_says_what_lies_below_zero():
    picture = estimates_picture({"one": [-1.0, 1.0, 3.0], "other": [0.5, 1.5]}, "Where?", "value", marks={"here": 2.0})
    dots = [line for line in picture.figure.axes[0].lines if line.get_marker() == "o"]
    assert [dot.get_xdata()[0] for dot in dots] == pytest.approx([1.0, 1.0])
    assert "one: mean 1.0000, 33% of 3 below zero; other: mean 1.0000, 0% of 2 below zero; here 2.0000" in picture.alt


def test_methods_picture_has_a_panel_a_pair_and_a_row_a_method():
    picture = methods_picture(table(("a → b", "c → d")), "How far?")
    assert [axes.get_title(loc="left") for axes in picture.figure.axes] == ["a → b", "c → d"]
    written = [text.get_text().split() for text in picture.figure.axes[0].texts]
    assert written[0] == ["51.0", "%", "0", "%"] and written[-1] == ["81.0", "%", "100", "%"]
    assert "c → d: source only 51.0 ± 12.7 %" in picture.alt  # t(1) = 12.7, s / √2 = 1 point


def test_picked_by_agreement_looks_at_agreement_among_methods_alone():
    columns = ("pair", "method", "seed", "agreement", "accuracy")
    found = [
        ("p", "source only", 0, 9.0, 0.1), ("p", "CORAL", 0, 0.7, 0.5), ("p", "MMD", 0, 0.6, 0.8),
        ("p", "trained on target", 1, 9.0, 0.9), ("p", "MMD", 1, 0.3, 0.6), ("p", "CORAL", 1, 0.2, 0.7),
        ("q", "MMD", 0, 0.9, 0.2),
    ]  # fmt: skip
    recording = Recorded("", "", "", tuple(dict(zip(columns, row, strict=True)) for row in found))
    assert picked_by_agreement(recording, "p") == [0.5, 0.6]


def test_shares_closed_are_of_the_gap_seed_by_seed():
    assert shares_closed(table(), "a → b", "CORAL") == pytest.approx([0.5, 0.5])


@pytest.mark.parametrize(
    ("draw", "named"),
    [
        (lambda: clouds_picture((torch.zeros(0, 3), torch.zeros(0)), cloud(0.0), ""), "source"),
        (
            lambda: clouds_picture((torch.zeros(2, 1), torch.zeros(2)), (torch.zeros(2, 1), torch.zeros(2)), ""),
            "columns",
        ),
        (lambda: estimates_picture({}, "", ""), "values"),
        (lambda: estimates_picture({"one": []}, "", ""), "values"),
        (lambda: methods_picture(Recorded("", "", "", ()), ""), "table"),
    ],
    ids=["no rows", "one column", "no kind", "no values", "no table"],
)
def test_pictures_say_what_they_cannot_draw(draw, named):
    with pytest.raises(ValueError, match=named):
        draw()

"""Pictures of measured rates: positions and words, against a table made by hand."""

import pytest

from lib.range_test import RangeTest
from lib.rates_picture import base_rate_picture, range_picture, schedule_comparison_picture
from lib.results import Recorded


def row(schedule, decay, base, seed, accuracy):
    return {"schedule": schedule, "decay": decay, "base": base, "seed": seed, "accuracy": accuracy}


TABLE = Recorded(
    "",
    "",
    "",
    (
        row("cosine", 1.0, 1e-3, 0, 0.5),
        row("cosine", 1.0, 1e-3, 1, 0.7),
        row("cosine", 1.0, 1e-2, 0, 0.2),
        row("cosine", 0.5, 1e-3, 0, 0.8),
        row("cosine", 0.5, 1e-2, 0, 0.6),
        row("constant", 1.0, 1e-3, 0, 0.4),
        row("constant", 1.0, 1e-3, 1, 0.6),
    ),
)


def test_range_picture_marks_the_lowest_loss_and_a_tenth_of_its_rate():
    found = RangeTest((1e-3, 1e-2, 1e-1), (2.0, 1.0, 3.0))
    picture = range_picture(found, "Where?")
    (axes,) = picture.figure.axes
    curve, lowest, tenth = axes.lines
    assert (tuple(curve.get_xdata()), tuple(curve.get_ydata())) == (found.rates, found.losses)
    assert [line.get_xdata()[0] for line in (lowest, tenth)] == pytest.approx([1e-2, 1e-3])
    assert "lowest, 1.00, at 0.01, and 3.00 at the last rate, 0.1" in picture.alt


def test_base_rate_picture_averages_the_seeds_that_every_rate_has():
    picture = base_rate_picture(TABLE, "Which?", suggestion=2e-3)
    (axes,) = picture.figure.axes
    means = [line for line in axes.lines if len(line.get_xdata()) == 2 and line.get_linewidth() == 2]
    assert [list(line.get_ydata()) for line in means] == [pytest.approx([50, 20]), pytest.approx([80, 60])]
    assert "α = 1: 50 % at 0.001, 20 % at 0.01; α = 0.5: 80 % at 0.001, 60 % at 0.01" in picture.alt
    assert "suggests 0.002" in picture.alt
    assert "suggests" not in base_rate_picture(TABLE, "Which?").alt


def test_schedule_comparison_picture_draws_mean_and_interval_of_each_schedule():
    picture = schedule_comparison_picture(TABLE, {1.0: 1e-3}, "What?", live={(1.0, "cosine"): 0.65})
    assert "α = 1, constant 50.0 ± 127.1 %; α = 1, cosine 60.0 ± 127.1 %" in picture.alt  # t(1) = 12.7, s / √2 = 10
    stars = [line for line in picture.figure.axes[0].lines if line.get_marker() == "*"]
    assert [list(star.get_xdata()) for star in stars] == [[65.0]]
    assert "one-cycle" not in picture.alt


@pytest.mark.parametrize(
    ("draw", "named"),
    [
        (lambda: range_picture(RangeTest((0.1,), (1.0,)), "One"), "found"),
        (lambda: base_rate_picture(Recorded("", "", "", ()), "None"), "measured"),
        (lambda: schedule_comparison_picture(TABLE, {}, "None"), "bases"),
        (lambda: schedule_comparison_picture(TABLE, {0.5: 1e-3}, "One seed"), "bases"),
    ],
    ids=["one rate", "nothing measured", "no rows", "a single seed"],
)
def test_rates_pictures_refuse_what_cannot_be_drawn(draw, named):
    with pytest.raises(ValueError, match=f"{named}: .*expected"):
        draw()

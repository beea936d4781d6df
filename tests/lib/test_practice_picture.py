"""One's own runs over the reference's: positions and words."""

import pytest

from lib.practice_picture import beside_reference
from lib.results import mean_and_interval

REFERENCE = {"extraction": [80.0, 82.0, 84.0], "full": [90.0]}


def test_beside_reference_draws_both_and_says_both():
    picture = beside_reference({"extraction": [70.0, 72.0]}, REFERENCE, "How near?", x="accuracy (%)", unit=" %")
    half = mean_and_interval(REFERENCE["extraction"])[1]
    assert picture.alt == (
        f"How near? extraction: reference 82.0 ± {half:.1f} %, yours 71.0 %; full: reference 90.0 %, yours not run."
    )
    bar, strokes, mean, yours, *rest = picture.figure.axes[0].lines
    assert list(bar.get_xdata()) == pytest.approx([82 - half, 82 + half])
    assert (list(strokes.get_xdata()), list(mean.get_xdata())) == ([80, 82, 84], [82])
    assert list(yours.get_xdata()) == [70, 72] and len(rest) == 3
    assert picture.figure.axes[0].get_xlabel() == "accuracy (%)"


@pytest.mark.parametrize(
    ("yours", "reference", "words"),
    [
        ({}, {}, "reference: expected at least one name"),
        ({}, {"full": []}, "reference: expected at least one name"),
        ({"fulll": [1.0]}, REFERENCE, "yours: expected names among extraction, full, got 'fulll'"),
    ],
)
def test_beside_reference_refuses_what_it_cannot_compare(yours, reference, words):
    with pytest.raises(ValueError, match=words):
        beside_reference(yours, reference, "How near?", x="accuracy (%)")

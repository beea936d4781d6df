"""Pictures of pitfalls: positions and words, against tables made by hand."""

import pytest

from lib.pitfalls_picture import candidates_picture, forgetting_picture, norms_picture
from lib.results import Recorded


def table(names, *rows):
    return Recorded("", "", "", tuple(dict(zip(names.split(), row, strict=True)) for row in rows))


FORGOTTEN = table(
    "method strength norms seed accuracy source_accuracy",
    ("nothing", 0.0, "frozen", 0, 0.7, 0.3),
    ("nothing", 0.0, "moving", 0, 0.1, 0.1),
    ("EWC", 10.0, "frozen", 0, 0.7, 0.5),
    ("EWC", 10.0, "frozen", 1, 0.8, 0.6),
    ("EWC", 100.0, "frozen", 0, 0.6, 0.62),
    ("L2-SP", 1.0, "frozen", 0, 0.65, 0.55),
)
NORMS = table(
    "pair norm seed images home_accuracy accuracy",
    ("a → b", "moving", 0, 0, 0.9, 0.5),
    ("a → b", "moving", 0, 8, 0.8, 0.7),
    ("a → b", "frozen", 0, 0, 0.85, 0.6),
    ("a → b", "group", 0, 0, 0.7, 0.65),
    ("a → b", "layer", 0, 0, 0.75, 0.62),
)


def test_forgetting_picture_has_a_mark_at_each_mean_and_says_it():
    picture = forgetting_picture(FORGOTTEN, 0.63, "What is kept?", live={"EWC": (0.71, 0.61)})
    assert "EWC, λ = 10: target 75.0 %, source 55.0 %" in picture.alt
    assert "not held: target 70.0 %, source 30.0 %" in picture.alt and "10.0 %" not in picture.alt
    lines = picture.figure.axes[0].lines
    assert any(list(line.get_xdata()) == pytest.approx([55, 62]) for line in lines if len(line.get_xdata()) == 2)
    stars = [line for line in lines if line.get_marker() == "*"]
    assert [(line.get_xdata()[0], line.get_ydata()[0]) for line in stars] == [pytest.approx((61, 71))]


def test_forgetting_picture_rings_what_is_chosen_and_refuses_what_was_not_measured():
    picture = forgetting_picture(FORGOTTEN, 0.63, "What is kept?", chosen=("L2-SP", 1.0))
    (ring,) = [line for line in picture.figure.axes[0].lines if line.get_fillstyle() == "none"]
    assert (ring.get_xdata()[0], ring.get_ydata()[0]) == pytest.approx((55, 65))
    assert picture.alt.endswith("Then L2-SP, α = 1: target 65.0 %, source 55.0 %.")
    with pytest.raises(ValueError, match="chosen: expected one of"):
        forgetting_picture(FORGOTTEN, 0.63, "What is kept?", chosen=("EWC", 3.0))


def test_candidates_picture_draws_score_against_accuracy():
    found = table(
        "candidate target seed s accuracy",
        ("x", "t", 0, 1.0, 0.5),
        ("x, never trained", "t", 0, 0.0, 0.2),
        ("x, then y", "t", 0, 2.0, 0.4),
    )
    picture = candidates_picture(found, "s", "t", "Which?", name="S")
    marks = sorted((line.get_xdata()[0], line.get_ydata()[0]) for line in picture.figure.axes[0].lines)
    assert marks == [pytest.approx(point) for point in ((0, 20), (1, 50), (2, 40))]
    assert "x, never trained 0.00 and 20 %" in picture.alt and "τ is 0.33" in picture.alt


def test_norms_picture_takes_what_was_measured_anew_where_there_is_something():
    anew, trained = (norms_picture(NORMS, "a → b", images, "Which?").alt for images in (8, 0))
    assert "batch norm, the other domain: 70.0 %" in anew and "batch norm, the other domain: 50.0 %" in trained
    assert "group norm, the other domain: 65.0 %" in anew
    assert "anew, on 8 images" in anew and "as trained" in trained
    with pytest.raises(ValueError, match="pair: expected one of"):
        norms_picture(NORMS, "b → a", 0, "Which?")

"""The pictures of a decision guide say what it recommends, what was measured, and what it costs."""

from statistics import fmean

import pytest

from lib.decision import nearest, recorded_evidence
from lib.decision_picture import decision_picture, regrets_picture
from lib.results import mean_and_interval, recorded

EVIDENCE = recorded_evidence()


def test_decision_picture_says_the_recommendation_the_evidence_and_the_lesson():
    picture = decision_picture(nearest(EVIDENCE, "blood cells", 20), 20, "plenty")
    mean, half = mean_and_interval(recorded("strategies").values("accuracy", strategy="gradual", images_per_class=20))
    assert picture.alt.startswith("Blood cells, 160 images, plenty of compute: the guide says gradual.")
    assert f"gradual {100 * mean:.0f} ± {100 * half:.0f} %" in picture.alt and "guessing 12 %" in picture.alt
    took = {
        name: fmean(recorded("strategies").values("seconds", strategy=name, images_per_class=20))
        for name in ("gradual", "full")
    }
    said = "Measured at 20 a class (lesson 9). One run: gradual {gradual:.1f} s, full {full:.1f} s."
    assert said.format(**took) in picture.alt


def test_decision_picture_colours_what_is_recommended_alone():
    picture = decision_picture(nearest(EVIDENCE, "digits on photographs", 50), 50, "plenty")
    colours = {bar.get_facecolor() for bar in picture.figure.axes[0].patches}
    assert len(colours) == 2
    assert picture.figure.axes[0].get_yticklabels()[0].get_text() == "extraction"


@pytest.mark.parametrize(("size", "compute", "said"), [
    (5, "plenty", "30 images, plenty of compute: the guide says gradual."),
    (5, "little", "30 images, little compute: the guide says extraction."),
    (20_000, "plenty", "120,000 images, plenty of compute: the guide says from scratch."),
])  # fmt: skip
def test_decision_picture_follows_the_guide(size, compute, said):
    picture = decision_picture(nearest(EVIDENCE, "granites", size), size, compute)
    assert said in picture.alt


def test_decision_picture_says_what_was_not_measured():
    picture = decision_picture(nearest(EVIDENCE, "granites", 200), 200, "plenty")
    assert "gradual not yet measured" in picture.alt
    assert "Measured at 20 a class (lesson 1), the nearest: nothing was measured at 200." in picture.alt


def test_regrets_picture_marks_each_case_and_each_mean():
    regrets = {"rule": {"a": 1.0, "b": -3.0}, "full": {"a": 0.0, "b": 4.0}}
    picture = regrets_picture(regrets, "What does it cost?")
    assert "rule -1.0 on average (a +1.0, b -3.0); full +2.0 on average (a +0.0, b +4.0)" in picture.alt
    lines = picture.figure.axes[0].lines
    assert [list(line.get_xdata()) for line in lines if line.get_linestyle() == "None"] == [[1, -3], [0, 4]]
    assert [line.get_xdata()[0] for line in lines if line.get_linestyle() == "--"] == [-1, 2]


@pytest.mark.parametrize("regrets", [{}, {"rule": {}}, {"rule": {"a": 1.0}, "full": {"b": 1.0}}])
def test_regrets_picture_refuses_guides_without_the_same_cases(regrets):
    with pytest.raises(ValueError, match="regrets: expected guides with the same cases"):
        regrets_picture(regrets, "What does it cost?")

"""Pictures of planned rates: what is drawn is what was given, and the words say the same."""

import pytest

from lib.learning_rates import cosine_with_warmup, layer_learning_rates
from lib.schedule_picture import schedules_picture, stage_rates_picture

COSINE = [cosine_with_warmup(step, steps=20, warmup=5) for step in range(20)]
RATES = layer_learning_rates(["stem", "layer1", "head"], 1e-2, 0.1)


def test_schedules_picture_draws_each_factor_and_says_what_its_steps_sum_up_to():
    picture = schedules_picture({"constant": [1.0, 1.0, 1.0], "cosine": COSINE}, "Two ways")
    first, second = picture.figure.axes
    assert list(first.lines[0].get_ydata()) == [1.0, 1.0, 1.0]
    assert list(second.lines[0].get_ydata()) == COSINE
    assert "constant: 3 steps worth 3 at the full rate" in picture.alt
    assert f"worth {sum(COSINE):.3g} at the full rate; the highest at step 5" in picture.alt


def test_stage_rates_picture_draws_the_factor_and_a_bar_a_stage():
    picture = stage_rates_picture(RATES, COSINE)
    above, below = picture.figure.axes
    assert list(above.lines[0].get_ydata()) == COSINE
    assert [bar.get_width() for bar in below.patches] == pytest.approx([1e-4, 1e-3, 1e-2])
    assert [label.get_text() for label in below.get_yticklabels()] == ["stem", "layer1", "head"]
    assert below.get_xscale() == "log"


def test_stage_rates_picture_says_the_first_stage_s_share_of_the_last_one_s_rate():
    assert (
        "The stem learns at 1 % of the head's rate. Highest rates: stem 1.0e-04"
        in stage_rates_picture(RATES, COSINE).alt
    )
    flat = stage_rates_picture(layer_learning_rates(["stem", "head"], 1e-2, 1.0), COSINE)
    assert flat.alt.startswith("The stem learns at 100 % of the head's rate")


@pytest.mark.parametrize(
    ("draw", "named"),
    [
        (lambda: schedules_picture({}, "None"), "schedules"),
        (lambda: schedules_picture({"cosine": [1.0]}, "One step"), "schedules"),
        (lambda: stage_rates_picture({}, COSINE), "rates"),
        (lambda: stage_rates_picture(RATES, [1.0]), "rates"),
    ],
    ids=["no schedule", "one step", "no stage", "a single factor"],
)
def test_schedule_pictures_refuse_what_cannot_be_drawn(draw, named):
    with pytest.raises(ValueError, match=f"{named}: expected at least one"):
        draw()

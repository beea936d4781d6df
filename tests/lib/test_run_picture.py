"""A run seen from an epoch: what is drawn and said is what was known by then."""

import pytest

from lib.run_picture import run_picture

ROWS = [(0, 2.0, 0.5), (0, 1.8, 0.7), (1, 1.5, 0.7), (1, 1.0, 0.6), (1, 0.9, 0.8)]


def star_of(picture):
    star = next(line for line in picture.figure.axes[0].lines if line.get_marker() == "*")
    return list(star.get_xdata()), list(star.get_ydata())


@pytest.mark.parametrize(("epoch", "best"), [(1, (1, 50.0)), (3, (2, 70.0)), (4, (2, 70.0)), (5, (5, 80.0))])
def test_run_picture_stars_the_first_of_the_best_epochs_so_far(epoch, best):
    picture = run_picture(ROWS, epoch)
    assert star_of(picture) == ([best[0]], [pytest.approx(best[1])])
    assert f"The best so far is epoch {best[0]}, {best[1]:.1f} %." in picture.alt


def test_run_picture_draws_each_phase_up_to_the_epoch_and_the_whole_run_behind_it():
    accuracy, loss = run_picture(ROWS, 4).figure.axes
    behind, first, second = accuracy.lines[:3]
    assert [list(line.get_xdata()) for line in (behind, first, second)] == [[1, 2, 3, 4, 5], [1, 2], [3, 4]]
    assert list(loss.lines[2].get_ydata()) == [1.5, 1.0]
    assert [text.get_text() for text in accuracy.texts] == ["phase 1", "phase 2"]
    assert [line.get_xdata()[0] for line in loss.lines if line.get_linestyle() == ":"] == [2.5]
    assert len(run_picture(ROWS, 2).figure.axes[0].lines) == len(accuracy.lines) - 1


def test_run_picture_says_where_it_stands_and_draws_the_rate_where_it_is_given():
    picture = run_picture(ROWS, 4, rate=[1e-3, 0.0, 1e-4, 5e-5, 0.0])
    assert picture.alt.startswith("Epoch 4 of 5, phase 2: which weights are kept? Training loss 1.000, validation ")
    assert "accuracy 60.0 %, the head's rate 5e-05." in picture.alt and len(picture.figure.axes) == 3
    assert list(picture.figure.axes[2].lines[0].get_ydata()) == [1e-3, 0.0, 1e-4, 5e-5, 0.0]
    assert run_picture(ROWS, 1, title="Where?").alt.startswith("Where? Training loss 2.000")


@pytest.mark.parametrize(
    ("rows", "epoch", "rate", "sentence"),
    [
        ([], 1, [], "epoch: expected one of 1 to 0, got 1"),
        (ROWS, 0, [], "epoch: expected one of 1 to 5, got 0"),
        (ROWS, 6, [], "epoch: expected one of 1 to 5, got 6"),
        (ROWS, 1, [0.1], "rate: expected one for each of 5 epochs, got 1"),
    ],
)
def test_run_picture_names_what_is_amiss(rows, epoch, rate, sentence):
    with pytest.raises(ValueError, match=sentence):
        run_picture(rows, epoch, rate=rate)

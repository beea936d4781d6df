"""The pictures of lesson 9: bars, pairs and resamples are what the table says, and so are the words."""

import pytest

from lib.plot_style import TECHNIQUES
from lib.results import mean_and_interval, recorded
from lib.strategy_picture import ORDERS, drawn_picture, pairs_picture, strategy_bars

PAIR = {"partial": [0.6, 0.62, 0.59], "full": [0.63, 0.66, 0.6]}


def names_in(picture):
    return [label.get_text() for label in picture.figure.axes[0].get_yticklabels()]


@pytest.mark.parametrize(("order", "column", "sign"), [
    ("accuracy", "accuracy", -1), ("seconds", "seconds", 1), ("trainable share", "trainable_share", 1),
])  # fmt: skip
def test_strategy_bars_are_sorted_by_the_means_of_the_measure(order, column, sign):
    table = recorded("strategies")
    means = {
        TECHNIQUES[str(name)].label: sum(table.values(column, strategy=name, images_per_class=50)) / 5
        for name in table.distinct("strategy")
    }
    assert names_in(strategy_bars(table, 50, order)) == sorted(means, key=lambda name: sign * means[name])


def test_strategy_bars_have_a_panel_for_each_measure_with_the_means_as_widths():
    table = recorded("strategies")
    picture = strategy_bars(table, 5, "gap")
    found = [[bar.get_width() for bar in axes.patches] for axes in picture.figure.axes]
    assert len(found) == len(ORDERS)
    train, validation = (
        {name: sum(table.values(column, strategy=name, images_per_class=5)) / 5 for name in table.distinct("strategy")}
        for column in ("train_accuracy", "validation_accuracy")
    )
    assert found[3] == pytest.approx(sorted(100 * (train[name] - validation[name]) for name in train))
    accuracy = mean_and_interval(table.values("accuracy", strategy="full", images_per_class=5))
    assert f"full: {100 * accuracy[0]:.1f} ± {100 * accuracy[1]:.1f} %" in picture.alt


@pytest.mark.parametrize(("size", "order"), [(7, "accuracy"), (5, "beauty")], ids=["size", "order"])
def test_strategy_bars_refuse_what_the_table_has_not(size, order):
    with pytest.raises(ValueError, match="order, images_per_class") as refused:
        strategy_bars(recorded("strategies"), size, order)
    assert "measured" in str(refused.value)


def test_pairs_picture_draws_a_line_a_seed_and_says_the_differences():
    picture = pairs_picture(PAIR, "Which is better?")
    left, right = picture.figure.axes
    lines = [list(line.get_ydata()) for line in left.lines if len(line.get_xdata()) == 2 and line.get_marker() == "o"]
    assert lines == [pytest.approx([100 * a, 100 * b]) for a, b in zip(*PAIR.values(), strict=True)]
    mean, half = mean_and_interval([3, 4, 1])
    assert f"+3.0, +4.0, +1.0 points; mean {mean:+.1f} ± {half:.1f}" in picture.alt
    assert right.get_ylabel() == "difference (points)"


@pytest.mark.parametrize("runs", [{"full": [0.5, 0.6]}, PAIR | {"full": [0.5]}], ids=["one", "unequal"])
def test_pairs_picture_refuses_what_is_no_pair(runs):
    with pytest.raises(ValueError, match="two names") as refused:
        pairs_picture(runs, "Which?")
    assert "runs" in str(refused.value)


def test_drawn_picture_holds_every_resample_and_colours_the_shaded():
    drawn = [float(n) for n in range(100)]
    picture = drawn_picture(drawn, "How far?", x="mean", marks={"end": 20.0}, shaded=lambda v: v < 20, note="")
    heights = [bar.get_height() for bar in picture.figure.axes[0].patches]
    assert sum(heights) == pytest.approx(100)
    assert "20 % in colour; end 20" in picture.alt
    with pytest.raises(ValueError, match="at least one number"):
        drawn_picture([], "How far?", x="mean", marks={}, shaded=bool, note="")

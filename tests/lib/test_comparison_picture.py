"""The pictures of a grid: what is drawn is what the table says, and so are the words."""

import dataclasses
import itertools

import pytest

from lib.comparison_picture import ablation_picture, seconds_picture, sizes_picture
from lib.plot_style import TECHNIQUES
from lib.results import Recorded, mean_and_interval
from lib.strategies import STRATEGIES

SIZES, SEEDS = (5, 20), 3


def row(strategy, size, seed, **others):
    accuracy = 0.3 + 0.1 * list(STRATEGIES).index(strategy) + size / 200 + seed / 100
    return {
        "task": "stones", "backbone": "resnet10", "strategy": strategy, "augmentation": "none", "schedule": "cosine",
        "images_per_class": size, "seed": seed, "accuracy": accuracy, "validation_accuracy": 0.5,
        "train_accuracy": 1.0, "seconds": 2.0 * size, "memory_bytes": 3e6, "trainable_share": 0.25, "epochs": 12,
        "recipe": "r1",
    } | others  # fmt: skip


def table(machine="cpu, 1 threads, torch"):
    runs = itertools.product(("extraction", "full"), SIZES, range(SEEDS))
    return Recorded("a command", "2026-01-31", machine, tuple(itertools.starmap(row, runs)))


def test_sizes_picture_has_a_line_of_means_for_each_strategy():
    picture = sizes_picture(table())
    [axes] = picture.figure.axes
    for line, name in zip(axes.lines, ("extraction", "full"), strict=True):
        means = [
            100 * mean_and_interval(table().values("accuracy", strategy=name, images_per_class=z))[0] for z in SIZES
        ]
        assert (list(line.get_xdata()), list(line.get_ydata())) == (list(SIZES), pytest.approx(means))
        assert line.get_color() == TECHNIQUES[name].colour
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("images per class", "test accuracy (%)")
    assert "extraction 34 ± 2 % at 5, 41 ± 2 % at 20; full 74 ± 2 % at 5" in picture.alt


def test_seconds_picture_puts_means_over_the_time_they_took():
    picture = seconds_picture(table())
    [axes] = picture.figure.axes
    drawn = [line for line in axes.lines if len(line.get_xdata()) == 2]
    assert [list(line.get_xdata()) for line in drawn] == [[10.0, 40.0]] * 2
    assert list(drawn[0].get_ydata()) == pytest.approx([33.5, 41.0])
    half = 100 * mean_and_interval([0.0, 0.01, 0.02])[1]
    ends = [[y for _, y in whisker] for bars in axes.collections for whisker in bars.get_segments()]
    assert [high - low for low, high in ends] == pytest.approx([2 * half] * 4)
    assert axes.get_xlabel() == "seconds of the processor for one run"
    assert seconds_picture(table("cuda, 8 threads")).figure.axes[0].get_xlabel() == "seconds for one run"
    assert "extraction 34 ± 2 % in 10 s; 41 ± 2 % in 40 s" in picture.alt


def test_ablation_picture_has_a_panel_for_each_factor_that_varies():
    scores = {
        ("cosine", "none"): 0.5,
        ("cosine", "basic"): 0.52,
        ("constant", "none"): 0.6,
        ("constant", "basic"): 0.62,
    }
    runs = [row("full", 5, 0, schedule=s, augmentation=a, accuracy=score) for (s, a), score in scores.items()]
    picture = ablation_picture(Recorded("c", "d", "m", tuple(runs)))
    panels = picture.figure.axes
    assert [axes.get_title(loc="left") for axes in panels] == ["augmentation", "schedule"]
    assert [tick.get_text() for tick in panels[1].get_yticklabels()] == ["cosine", "constant"]
    large = [line for line in panels[1].lines if line.get_marker() in ("o", "D")]
    assert [(line.get_marker(), float(line.get_xdata()[0])) for line in large] == [
        ("o", pytest.approx(51)), ("D", pytest.approx(61)),
    ]  # fmt: skip
    assert sorted(panels[1].lines[0].get_xdata()) == pytest.approx([50, 52])
    assert panels[-1].get_xlabel() == "test accuracy (%)"
    assert "augmentation: none 55.0 %, basic 57.0 %; schedule: cosine 51.0 %, constant 61.0 %" in picture.alt


def test_every_strategy_has_a_look_of_its_own():
    assert set(STRATEGIES) <= set(TECHNIQUES)
    assert len({(TECHNIQUES[name].colour, TECHNIQUES[name].marker) for name in STRATEGIES}) == len(STRATEGIES)
    assert len({TECHNIQUES[name].colour for name in STRATEGIES}) == len(STRATEGIES)


NONE = dataclasses.replace(table(), rows=())
OPEN = dataclasses.replace(table(), rows=(*table().rows, row("full", 5, 0, schedule="constant")))


@pytest.mark.parametrize(
    ("draw", "sentence"),
    [
        (lambda: sizes_picture(NONE), "table: expected at least one run"),
        (lambda: sizes_picture(table(), backbone="vgg"), "table: expected at least one run of .*vgg"),
        (lambda: seconds_picture(OPEN), "where: expected one value of schedule, got"),
        (
            lambda: ablation_picture(Recorded("c", "d", "m", (row("full", 5, 0),))),
            "table: expected at least one factor",
        ),
    ],
    ids=["nothing", "nothing left", "open", "no factor"],
)
def test_pictures_refuse(draw, sentence):
    with pytest.raises(ValueError, match=sentence):
        draw()


def test_pictures_take_the_rows_that_are_asked_for():
    chosen, whole = seconds_picture(OPEN, schedule="cosine"), seconds_picture(table())
    assert chosen.alt == whole.alt

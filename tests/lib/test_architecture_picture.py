"""Pictures of networks and of choices among them: that their words hold the numbers, and nothing is cut off."""

import math

import pytest
from matplotlib.text import Text

from lib.architecture_picture import depth_picture, error_rates_picture, stage_costs_picture
from lib.architectures import Classifier, choose_backbone, pareto_front
from lib.choice_picture import budget_picture, seconds_picture
from lib.depth import KINDS
from lib.network_costs import StageCost
from lib.results import Recorded


def row(name: str, parameters: float, gflops: float, accuracy: float) -> Classifier:
    return Classifier(name, "V1", int(parameters), accuracy, accuracy + 0.1, gflops, 1.0, 224, "https://x")


TABLE = [
    row("small", 2e6, 0.1, 0.6), row("fat", 90e6, 0.2, 0.7), row("middle", 9e6, 1.0, 0.75), row("waste", 9e6, 2.0, 0.7),
    row("large", 600e6, 1100.0, 0.885),
]  # fmt: skip
DEPTH = Recorded("python -m x", "2026-01-31", "a machine", tuple(
    {"kind": kind, "layers": layers, "seed": seed, "gradient": size**layers * (1 + seed), "loss": 2.0 / layers}
    for kind, size in zip(KINDS, (0.4, 1.2, 1.05), strict=True)
    for layers in (2.0, 10.0, 40.0) for seed in (0.0, 1.0, 2.0)
))  # fmt: skip
SECONDS = Recorded("python -m x", "2026-01-31", "a machine", tuple(
    {"name": str(gflops), "depthwise": depthwise, "gflops": gflops, "seconds": gflops / (50 - 40 * depthwise)}
    for depthwise in (0.0, 1.0) for gflops in (0.05, 0.5, 15.0)
))  # fmt: skip
RATES = {
    "AlexNet": {"several networks": [0.164, 0.153], "one network, torchvision's weights": [0.209]},
    "ResNet-50": {"several networks": [0.0357], "one network, as published": [0.0525]},
}
COSTS = [StageCost("stem", 100, 0.02), StageCost("classifier", 9000, 0.08), StageCost("head", 900, 0.0)]
PICTURES = {
    "rates": lambda: error_rates_picture(RATES, "One name, several numbers"),
    "costs": lambda: stage_costs_picture(COSTS, "Where are its numbers, in a network with a name as long as this?"),
    "depth": lambda: depth_picture(DEPTH, "Depth?", live={"residual": (40, 7.0, 0.31)}),
    "budget": lambda: budget_picture(TABLE, 12e6, 5),
    "any budget": lambda: budget_picture(TABLE),
    "seconds": lambda: seconds_picture(SECONDS, "Do operations tell the time?", live={"now": (1.0, 0.04)}),
}


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_keep_every_word_inside_the_figure_and_are_the_same_again(name):
    picture = PICTURES[name]()
    data = picture.png()
    width, height = picture.figure.bbox.size
    drawn = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Text, "draw", lambda text, renderer: drawn.append(text))
        picture.figure.draw_without_rendering()
    for text in drawn:
        if text.get_text().strip():
            box = text.get_window_extent()
            assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height, text.get_text()
    assert PICTURES[name]().png() == data


def test_error_rates_picture_says_every_number_and_its_kind():
    alt = PICTURES["rates"]().alt
    assert "AlexNet: several networks 16.4 and 15.3, one network, torchvision's weights 20.9" in alt
    assert "ResNet-50: several networks 3.57, one network, as published 5.25" in alt


def test_stage_costs_picture_gives_shares_of_the_whole():
    assert "Shares of parameters and of operations in per cent: stem 1 and 20, classifier 90 and 80, head 9 and 0" in (
        PICTURES["costs"]().alt
    )


def test_depth_picture_says_the_median_at_the_deepest_and_what_was_measured_now():
    alt = PICTURES["depth"]().alt
    assert f"plain, 40 layers: gradient at the first {2 * 0.4**40:.2g} times" in alt
    assert (
        f"residual, 40 layers: gradient at the first {2 * 1.05**40:.2g} times that at the last, training loss 0.05"
        in alt
    )
    assert "measured just now, batch norm and residual, 40 layers: 7 and 0.31" in alt


@pytest.mark.parametrize(
    "limits", [(12e6, 5), (math.inf, 5), (3e6, math.inf)], ids=["both", "operations", "parameters"]
)
def test_budget_picture_names_the_choice_and_the_front_of_what_fits(limits):
    picture = budget_picture(TABLE, *limits)
    fits = [one for one in TABLE if one.parameters <= limits[0] and one.gflops <= limits[1]]
    front = pareto_front([one.gflops for one in fits], [one.accuracy for one in fits])
    assert f": {choose_backbone(TABLE, *limits).name}. {len(fits)} of 5 networks fit." in picture.alt
    told = picture.alt.split("front: ")[1]
    assert [one.name for one in TABLE if one.name in told] == [fits[i].name for i in sorted(front)]


def test_seconds_picture_gives_the_median_speed_of_both_kinds():
    alt = PICTURES["seconds"]().alt
    assert "3 without depthwise convolutions, median 50; 3 with depthwise convolutions, median 10" in alt
    assert "measured just now: now 0.04 s for 1 GFLOP" in alt


EMPTY = Recorded("", "", "", ())


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: error_rates_picture({}, "?"), "rates: expected kinds among several networks"),
        (lambda: error_rates_picture({"a": {"guessed": [0.1]}}, "?"), "rates: expected kinds among"),
        (lambda: stage_costs_picture([], "?"), "costs: expected at least one stage"),
        (lambda: stage_costs_picture([StageCost("head", 0, 0.0)], "?"), "costs: expected at least one stage"),
        (lambda: depth_picture(EMPTY, "?"), "recorded: expected at least one row, got none"),
        (lambda: seconds_picture(EMPTY, "?"), "recorded: expected networks without depthwise convolutions, got none"),
        (lambda: budget_picture(TABLE, 1e3), "candidates: expected one of at most 1000 parameters"),
    ],
    ids=["no rates", "unknown kind", "no stages", "nothing to share", "no depths", "no seconds", "no network"],
)
def test_pictures_refuse_what_cannot_be_drawn(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()

"""Figures: what they say in words, and that nothing of them is cut off, covered, or different the next time."""

import itertools
import subprocess
import sys

import matplotlib
import pytest
import torch
from matplotlib.text import Text

from lib import plot_style
from lib.plot_style import DECAYS, SCHEDULES, TECHNIQUES, _apart, contrast, legible, look, tint, wrapped
from lib.plots import accuracy_curve, bars, image_rows, lines, where_we_are
from lib.results import Recorded

LONG = "A long question that goes on for more than a line: how far are we with ten images a class?"
RESULTS = {"scratch": (0.238, 0.031), "frozen": (0.97, 0.05), "fine-tuned": (1.0, 0.01), "adapted": None}


def table(ends: dict[str, float]) -> Recorded:
    rows = [
        {"technique": name, "images": float(at), "seed": float(seed), "accuracy": end * at / 140 + seed / 100}
        for name, end in ends.items() for at in (10, 50, 140) for seed in (0, 1)
    ]  # fmt: skip
    return Recorded("python -m x", "2026-01-31", "a machine", tuple(rows))


CLOSE = {"scratch": 0.981, "random": 0.982, "frozen": 0.983, "fine-tuned": 0.985}
PICTURES = {
    "where": lambda: where_we_are(RESULTS, LONG, new=["frozen", "fine-tuned"], chance=0.1),
    "curve": lambda: accuracy_curve(
        table(CLOSE), LONG, x="images", label="labelled images a class",
        live={"frozen": (50, 0.31)}, guesses={"frozen": (50, 0.62)},
    ),
    "low curve": lambda: accuracy_curve(table(dict.fromkeys(CLOSE, 0.01)), "Low?", x="images", label="images"),
    "lines": lambda: lines(
        {f"series {i} with a long name": ([0, 1, 2], [0, 1, 2 + i / 50]) for i in range(5)}, LONG, x="epoch", y="drift"
    ),
    "flat": lambda: lines({"one": ([0, 1], [0, 0]), "two": ([0, 1], [0, 0])}, "Flat?", x="epoch", y="seconds"),
    "bars": lambda: bars({"layer4.0.downsample.1": 0.5, "b": 0.0, "c": 12345.6}, LONG, x="seconds", form=".1f"),
    "zero": lambda: bars({"a": 0.0, "b": 0.0}, "None?", x="drift"),
    "negative": lambda: bars({"a": -3.0, "b": 2.0}, "Signs?", x="change", form="+.1f"),
    "rows": lambda: image_rows({"photographs": torch.zeros(8, 3, 12, 12), LONG: torch.ones(8, 3, 12, 12)}, LONG),
}  # fmt: skip


@pytest.fixture(scope="module", params=PICTURES)
def picture(request):
    made = PICTURES[request.param]()
    made.png()  # lays the figure out
    return made


def drawn_texts(figure) -> list[Text]:
    """Ticks outside the axes have labels too, which are never drawn: so ask who draws."""
    drawn = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Text, "draw", lambda text, renderer: drawn.append(text))
        figure.draw_without_rendering()
    return [text for text in dict.fromkeys(drawn) if text.get_text().strip()]


# ---- every figure -------------------------------------------------------------------------------------------------


def test_picture_png_is_the_same_every_time(picture):
    again = next(make for make in PICTURES.values() if repr(made := make()) == repr(picture) and made)()
    assert picture.png() == picture.png() == again.png()


def test_picture_keeps_every_word_inside_the_figure(picture):
    width, height = picture.figure.bbox.size
    for text in drawn_texts(picture.figure):
        box = text.get_window_extent()
        assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height, text.get_text()


def test_picture_covers_no_word_with_another(picture):
    boxes = {text: Text.get_window_extent(text) for text in drawn_texts(picture.figure)}
    for (one, a), (other, b) in itertools.combinations(boxes.items(), 2):
        covered = min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and min(a.y1, b.y1) - max(a.y0, b.y0) > 1
        assert not covered, (one.get_text(), other.get_text())


def test_picture_has_no_letters_too_small_for_a_phone(picture):
    """At 340 CSS pixels a point of our 5.6 inches is 340 / 5.6 / 72 pixels; 8.5 pixels is a footnote in print."""
    assert all(
        text.get_fontsize() * 340 / picture.figure.get_figwidth() / 72 >= 8.5 for text in drawn_texts(picture.figure)
    )


def test_picture_shows_its_words_as_alt_text_escaped():
    html = bars({"a < b": 1.0}, 'Is "a" <small>?', x="size")._repr_html_()
    assert 'alt="Is &quot;a&quot; &lt;small&gt;? Size: a &lt; b 1."' in html
    assert "max-width: 100%" in html


def test_picture_keeps_its_style_where_the_reader_has_another(picture):
    make = next(make for make in PICTURES.values() if repr(make()) == repr(picture))
    with matplotlib.rc_context({"font.size": 30, "figure.facecolor": "black", "axes.facecolor": "black"}):
        assert make().png() == picture.png()
        assert matplotlib.rcParams["font.size"] == 30


def test_save_writes_the_png(tmp_path, picture):
    picture.save(tmp_path / "figure.png")
    assert (tmp_path / "figure.png").read_bytes() == picture.png()


def test_plots_leave_pyplot_alone():
    """No window, no global figure: whoever imports pyplot afterwards finds nothing open and nothing changed."""
    code = (
        "import matplotlib; before = dict(matplotlib.rcParams)\n"
        "from lib.plots import bars; bars({'a': 1.0}, 'A?', x='a').png()\n"
        "assert dict(matplotlib.rcParams) == before\n"
        "from matplotlib import pyplot; assert pyplot.get_fignums() == []"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# ---- the numbers --------------------------------------------------------------------------------------------------


def test_where_we_are_says_every_number_in_words():
    said = where_we_are(RESULTS, "Where?", chance=0.1).alt
    assert said == (
        "Where? Test accuracy: from scratch 24 ± 3 %; frozen backbone 97 ± 5 %; fine-tuned 100 ± 1 %; "
        "adapted not yet measured; guessing 10 %."
    )


def test_where_we_are_draws_the_mean_and_keeps_its_whiskers_between_0_and_100():
    [axes] = where_we_are({"frozen": (0.97, 0.05), "scratch": (0.02, 0.05)}, "Where?").figure.axes
    assert [bar.get_width() for bar in axes.patches] == pytest.approx([97, 2])
    whiskers = [segment[:, 0] for lines in axes.collections for segment in lines.get_segments()]
    assert [tuple(ends) for ends in whiskers] == [pytest.approx((92, 100)), pytest.approx((0, 7))]


def test_where_we_are_colours_the_new_alone():
    [axes] = where_we_are({"frozen": (0.5, 0.1), "scratch": (0.2, 0.1)}, "Where?", new=["frozen"]).figure.axes
    assert [matplotlib.colors.to_hex(bar.get_facecolor()) for bar in axes.patches] == ["#0072b2", "#d9d9d9"]


def test_accuracy_curve_says_recorded_live_and_guessed():
    said = PICTURES["curve"]().alt
    assert "frozen backbone 8 ± 6 % at 10, 36 ± 6 % at 50, 99 ± 6 % at 140" in said
    assert "measured just now: frozen backbone 31 % at 50; your guess: frozen backbone 62 % at 50" in said


def test_accuracy_curve_draws_each_technique_where_it_was_measured():
    where = [("frozen", 50.0), ("frozen", 10.0), ("scratch", 10.0)]
    rows = [{"technique": t, "images": at, "seed": s, "accuracy": 0.5} for t, at in where for s in (0.0, 1.0)]
    [axes] = accuracy_curve(Recorded("c", "d", "m", tuple(rows)), "When?", x="images", label="images").figure.axes
    assert [list(line.get_xdata()) for line in axes.lines] == [[10, 50], [10]]
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["10", "50"]


def test_lines_and_bars_say_their_numbers():
    assert "one goes from 1 at 0 to 2.5 at 3" in lines({"one": ([0, 3], [1, 2.5])}, "Up?", x="epoch", y="seconds").alt
    assert (
        bars({"a": 1.234, "b": -2.0}, "How much?", x="seconds", form=".1f").alt == "How much? Seconds: a 1.2, b -2.0."
    )


@pytest.mark.parametrize("name", ["bars", "negative", "zero"])
def test_bars_are_clipped_nowhere(name):
    [axes] = PICTURES[name]().figure.axes
    (left, right), ends = axes.get_xlim(), [bar.get_width() for bar in axes.patches]
    assert left <= min(ends) and max(ends) < right


def test_image_rows_shows_the_pixels():
    images = torch.randint(0, 256, (2, 3, 4, 4), dtype=torch.uint8)
    [axes] = image_rows({"two": images}, "Which?").figure.axes
    shown = torch.as_tensor(axes.images[0].get_array().data)
    assert shown.shape == (4, 11, 3)  # 4 + a gap of 3 + 4
    assert torch.allclose(shown[:, 7:], images[1].permute(1, 2, 0) / 255)


@pytest.mark.parametrize(
    ("draw", "sentence"),
    [
        (lambda: bars({}, "t", x="x"), "values: expected at least one"),
        (lambda: bars({"a": float("nan")}, "t", x="x"), "values: expected finite numbers, got nan"),
        (lambda: lines({}, "t", x="x", y="y"), "series: expected at least one"),
        (lambda: lines({"a": ([0, 1], [0])}, "t", x="x", y="y"), r"as many xs as ys.*\(2, 1\)"),
        (lambda: lines({"a": ([], [])}, "t", x="x", y="y"), "at least one; got"),
        (lambda: where_we_are({"a": (float("inf"), 0.1)}, "t"), "results: expected finite numbers, got inf"),
        (lambda: where_we_are({}, "t"), "results: expected at least one"),
        (lambda: accuracy_curve(Recorded("c", "d", "m", ()), "t", x="x", label="l"), "recorded: expected at least one"),
        (lambda: image_rows({}, "t"), "rows: expected images of shape"),
        (lambda: image_rows({"a": torch.rand(2, 1, 4, 4)}, "t"), r"\(2, 1, 4, 4\)"),
        (lambda: image_rows({"a": torch.rand(2, 3, 4, 4), "b": torch.rand(3, 3, 4, 4)}, "t"), "the same N"),
    ],
)
def test_figures_refuse_what_cannot_be_drawn(draw, sentence):
    with pytest.raises(ValueError, match=sentence):
        draw()


# ---- the style ----------------------------------------------------------------------------------------------------


def test_techniques_differ_in_grey_by_marker_and_by_hatch():
    assert len({style.marker for style in TECHNIQUES.values()}) == len(TECHNIQUES)
    assert len({style.hatch for style in TECHNIQUES.values()}) == len(TECHNIQUES)


@pytest.mark.parametrize("looks", [DECAYS, SCHEDULES], ids=["decays", "schedules"])
def test_what_is_drawn_as_lines_alone_differs_in_grey_by_marker(looks):
    assert len({style.marker for style in looks.values()}) == len(looks)
    assert len({look("", position).marker for position in range(5)}) == 5


@pytest.mark.parametrize("colour", ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#a6a6a6", "#ffffff", "#000000"])
def test_legible_reaches_the_contrast_of_wcag(colour):
    assert contrast(legible(colour), "white") >= 4.5


def test_contrast_is_wcags_at_its_ends_and_at_a_published_grey():
    """#767676 on white is the best-known pair that just reaches 4.5 : 1 (4.54)."""
    assert contrast("black", "white") == pytest.approx(21)
    assert contrast("white", "white") == 1
    assert contrast("#767676", "white") == pytest.approx(4.54, abs=0.005)


def test_tint_goes_from_white_to_the_colour():
    assert (tint("#0072b2", 0), tint("#0072b2", 1), tint("#000000", 0.5)) == ("#ffffff", "#0072b2", "#808080")


def test_wrapped_is_balanced_and_keeps_every_word():
    assert (
        wrapped("How much time does computing features once save?", 45)
        == "How much time does computing\nfeatures once save?"
    )
    assert wrapped("layer2.0.downsample.1.bn", 10) == "layer2.0.downsample.1.bn"
    assert (wrapped("short", 10), wrapped("", 10)) == ("short", "")


@pytest.mark.parametrize("wanted", [[0.5] * 4, [0, 0, 0], [1, 1, 1, 1], [0.9, 0.1, 0.88], [0.2, 0.21, 0.8]])
def test_apart_keeps_the_order_the_distance_and_the_bounds(wanted):
    room = [0.1] * len(wanted)
    placed = _apart(wanted, room)
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    gaps = [placed[b] - placed[a] for a, b in itertools.pairwise(order)]
    assert min(gaps) >= 0.1 - 1e-9 and min(placed) >= 0 and max(placed) <= 1 + 1e-9


def test_note_stands_below_and_the_figure_grows_for_it():
    plain, noted = plot_style.new_figure(2, "A?"), plot_style.new_figure(2, "A?", "one\ntwo")
    assert noted.get_figheight() > plain.get_figheight()
    assert plot_style.new_figure(2, LONG).get_figheight() > plain.get_figheight()


def test_where_we_are_says_its_note_below_the_marks_and_in_words():
    picture = where_we_are({"frozen": (0.8, 0.02)}, "Where?", note="Five runs each.")
    assert picture.alt.endswith("frozen backbone 80 ± 2 %. Five runs each.")
    assert picture.figure.get_supxlabel().endswith("interval\nFive runs each.")

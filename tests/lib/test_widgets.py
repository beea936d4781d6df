"""The explorer and the predictions, moved as a reader moves them: by setting the control's value."""

import copy
import html
import itertools
import json
import re

import nbformat
import pytest
import torch
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from torch import nn

from lib.freezing_costs import freezing_costs
from lib.freezing_picture import freezing_picture
from lib.plots import bars
from lib.widgets import explore, freezing_explorer, predict


@pytest.fixture(scope="module")
def network():
    return nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.Linear(6, 3))


@pytest.fixture(scope="module")
def batch():
    return torch.randn(6, 4, generator=torch.Generator().manual_seed(0)), torch.tensor([0, 1, 2] * 2)


@pytest.fixture(scope="module")
def explorer(network, batch):
    return freezing_explorer(network, *batch)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "answers.json"


def alt(page: str) -> str:
    return html.unescape(re.search(r'<img alt="([^"]*)"', page)[1])


# ---- freezing explorer --------------------------------------------------------------------------------------------


def test_explorer_has_a_place_for_every_number_of_frozen_stages_but_all(explorer):
    assert (explorer.sliders[0].min, explorer.sliders[0].max, len(explorer.pictures)) == (0, 2, 3)


def test_explorer_picture_and_words_follow_the_slider(explorer):
    for count, frozen in ((2, "0, 1"), (0, "nothing"), (1, "0")):
        explorer.sliders[0].value = count
        assert f"Frozen: {frozen}. " in repr(explorer)
        assert alt(explorer.widget.children[1].value) == repr(explorer) == explorer.picture.alt


def test_explorer_shows_a_picture_where_there_is_no_kernel(explorer):
    bundle = explorer._repr_mimebundle_()
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"] == explorer.widget.model_id
    assert alt(bundle["text/html"]) == bundle["text/plain"] == repr(explorer)


def test_explorer_slider_is_named_and_where_it_lives_the_still_hides(explorer):
    aside = explorer.widget.children[-1].value
    assert explorer.sliders[0].description == "frozen stages" and 'data-names="[&quot;frozen stages&quot;]"' in aside
    assert f".still-{explorer.widget.model_id} {{ display: none }}" in aside


# ---- explorer with other sliders ----------------------------------------------------------------------------------


def drawn(*keys):
    return {key: bars({"one": 1.0}, f"At {key}", x="metres") for key in keys}


def test_explore_stands_in_the_middle_or_where_it_is_told_to():
    pictures = drawn(0.1, 1.0, 10.0)
    assert explore(pictures, "width").position == (1.0,)
    assert repr(explore(pictures, "width", start=10.0)) == pictures[10.0].alt


def test_explore_with_two_sliders_shows_what_stands_at_both():
    pictures = drawn(*itertools.product((1, 2, 3), ("head", "all")))
    explorer = explore(pictures, "images", "what learns")
    for count, part in pictures:
        explorer.sliders[0].value, explorer.sliders[1].value = count, part
        assert alt(explorer.widget.children[2].value) == repr(explorer) == pictures[count, part].alt
    assert 'data-names="[&quot;images&quot;, &quot;what learns&quot;]"' in explorer.widget.children[-1].value


def test_explore_writes_values_as_they_are_read():
    assert [label for label, _ in explore(drawn(0.001, 0.5, 32.0), "width").sliders[0].options] == [
        "0.001",
        "0.5",
        "32",
    ]


@pytest.mark.parametrize(
    ("keys", "sliders", "start", "sentence"),
    [
        ([1], ["a"], None, "pictures: expected at least two, and a name for each slider, got 1 and"),
        ([1, 2], [], None, "pictures: expected at least two, and a name for each slider, got 2 and"),
        ([(1, 1), (2, 2)], ["a"], None, r"pictures: expected one value for each of \['a'\] in a key, got \(1, 1\)"),
        ([(1, 1), (2, 2)], ["a", "b"], None, r"expected one for every combination, \(1, 2\) has none"),
        ([1, 2], ["a"], 3, "start: expected a key of pictures, got 3"),
    ],
    ids=["one picture", "no slider", "too many values", "a gap", "no such start"],
)
def test_explore_names_what_is_amiss(keys, sliders, start, sentence):
    with pytest.raises(ValueError, match=sentence):
        explore(drawn(*keys), *sliders, start=start)


# ---- what the freezing explorer shows -----------------------------------------------------------------------------


def test_picture_says_what_was_measured(network, batch):
    costs = freezing_costs(network, *batch)
    said = freezing_picture(costs, 1).alt
    assert said.startswith(
        "What does freezing 1 of 3 stages save? Frozen: 0. Trainable: 1, head. Gradient norms: 0 0, 1 "
    )
    assert "Trainable parameters: 33 of 63 (52 %)." in said
    assert f"Memory of a training step: {costs[1].memory} B of {costs[0].memory / 1000:.1f} kB (" in said


@pytest.mark.parametrize("names", [["stem", "layer1", "head"], [f"denseblock{i}" for i in range(7)] + ["head"]])
def test_picture_keeps_every_word_inside(names):
    network = nn.Sequential()
    for name in names:
        network.add_module(name, nn.Linear(2, 2))
    costs = freezing_costs(network, torch.ones(2, 2), torch.tensor([0, 1]))
    picture = freezing_picture(costs, 1)
    picture.png()
    figure = picture.figure
    for text in (text for axes in figure.axes for text in axes.texts):
        box = text.get_window_extent()
        assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1, text.get_text()


# ---- predict ------------------------------------------------------------------------------------------------------


def test_predict_has_no_value_until_the_reader_chooses(file):
    choice, number = (
        predict("Which?", ["a", "b"], file=file),
        predict("How much?", low=0, high=100, unit="%", file=file),
    )
    assert choice.value is None and number.value is None and not file.exists()
    assert "No answer yet." in repr(choice) and "No answer yet." in number.still()
    assert "Either “a” or “b”." in choice.still() and "Between 0 and 100 %." in number.still()
    choice.control.value, number.control.value = "b", 30
    assert (choice.value, number.value) == ("b", 30)
    assert "You say: 30 %." in number.widget.children[2].value


def test_predict_remembers_after_a_restart(file):
    predict("Which?", ["a", "b"], key="which", file=file).control.value = "a"
    predict("How much?", low=0, high=1, step=0.1, key="much", file=file).control.value = 0.3
    assert json.loads(file.read_text(encoding="utf-8")) == {"which": "a", "much": pytest.approx(0.3)}
    again = predict("Which?", ["a", "b"], key="which", file=file)
    assert again.value == again.control.value == "a" and "You say: “a”." in again.still()
    assert predict("How much?", low=0, high=1, step=0.1, key="much", file=file).value == pytest.approx(0.3)
    assert predict("Other?", ["a", "b"], file=file).value is None


@pytest.mark.parametrize("kept", ["c", 7, None, ["a"], True])
def test_predict_forgets_an_answer_that_the_question_no_longer_allows(file, kept):
    file.write_text(json.dumps({"which": kept, "much": kept}), encoding="utf-8")
    assert predict("Which?", ["a", "b"], key="which", file=file).value is None
    assert predict("How much?", low=0, high=5, key="much", file=file).value is None


@pytest.mark.parametrize("damage", [b"", b"{", b"[1]", b"\xff\xfe"])
def test_predict_says_that_a_damaged_file_is_left_aside(file, damage):
    file.write_bytes(damage)
    asked = predict("Which?", ["a", "b"], file=file)
    assert asked.value is None and "answers.json cannot be read and are left aside" in asked.widget.children[2].value
    asked.control.value = "a"
    assert predict("Which?", ["a", "b"], file=file).value == "a"


def test_predict_goes_on_where_nothing_can_be_written(tmp_path):
    (tmp_path / "taken").write_text("a file, not a folder")
    asked = predict("Which?", ["a", "b"], file=tmp_path / "taken" / "answers.json")
    asked.control.value = "b"
    assert asked.value == "b" and "cannot be written here" in asked.widget.children[2].value


def test_predict_names_its_control_and_escapes_its_question(file):
    asked = predict("Is 1 < 2?", ["yes", "no"], file=file)
    assert asked.control.description == "your guess" and asked.control.tooltip == "Is 1 < 2?"
    assert "Is 1 &lt; 2?" in asked.still() and "Is 1 &lt; 2?" in asked.widget.children[0].value
    assert 'data-names="[&quot;Is 1 &lt; 2?&quot;]"' in asked.widget.children[-1].value


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({}, "either choices, or low and high"),
        ({"low": 0}, "either choices, or low and high"),
        ({"choices": ["a", "b"], "low": 0, "high": 1}, "either choices, or low and high"),
        ({"choices": ["a"]}, "two different choices"),
        ({"choices": ["a", "a", "b"]}, "two different choices"),
        ({"low": 1, "high": 1}, "low < high"),
        ({"low": 0, "high": 1, "step": 0}, "step > 0"),
    ],
)
def test_predict_refuses_what_cannot_be_asked(file, arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        predict("Which?", **arguments, file=file)


def test_predict_slider_with_fractions_keeps_its_bounds(file):
    control = predict("How much?", low=0.5, high=2, file=file).control
    assert (control.min, control.max) == (0.5, 2) and 0.5 <= control.value <= 2


# ---- on a page ----------------------------------------------------------------------------------------------------

CELLS = [
    "import torch\nfrom torch import nn\nfrom lib.widgets import freezing_explorer, predict",
    "freezing_explorer(nn.Sequential(nn.Linear(4, 6), nn.Linear(6, 3)), torch.ones(3, 4), torch.tensor([0, 1, 2]))",
    "asked = predict('How much?', low=0, high=100, unit='%')\nasked",
    "asked.beside(62.4)",
]


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("beside")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(folder)}}).execute()
    assert list(folder.iterdir()) == []
    return notebook


def test_executed_notebook_is_silent(executed):
    assert [output for cell in executed.cells for output in cell.outputs if output.output_type == "stream"] == []


@pytest.mark.parametrize("state", [True, False], ids=["with the widgets' state", "without"])
def test_executed_page_shows_picture_and_question_without_kernel_or_network(executed, state):
    notebook = copy.deepcopy(executed)
    if not state:
        del notebook.metadata["widgets"]
    body, _ = HTMLExporter().from_notebook_node(notebook)
    page = re.sub(r"<script.*?</script>", "", body, flags=re.DOTALL)
    assert alt(page).startswith("What does freezing 1 of 2 stages save?") and page.count("<img alt=") == 1
    assert page.count("How much?</p>") == 1 and "No answer yet." in page
    assert "Measured: 62.4 %. You made no guess" in page

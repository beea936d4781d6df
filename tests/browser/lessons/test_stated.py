"""How numbers in prose are found, and what bears them out."""

import nbformat
import pytest

from tests.browser.lessons.stated import Number, numbers_in, sections, stated, unheld


def texts(prose):
    return [one.text for one in stated(prose)]


def lesson(*cells):
    """A notebook of prose, and of pairs: a code cell's source and what it printed."""
    notebook = nbformat.v4.new_notebook()
    for cell in cells:
        if isinstance(cell, str):
            notebook.cells.append(nbformat.v4.new_markdown_cell(cell))
        else:
            source, *outputs = cell
            printed = [nbformat.v4.new_output("stream", text=output) for output in outputs]
            notebook.cells.append(nbformat.v4.new_code_cell(source, outputs=printed))
    return notebook


@pytest.mark.parametrize(
    ("prose", "found"),
    [
        ("It moves by 0.039, gets 22 % and 71 of 600 right.", ["0.039", "22", "71"]),
        ("Of 529,162 numbers, 3 × 48 × 48 for ten images in 12 epochs.", ["529,162"]),
        ("About seven times as much, two points below, Fifty times.", ["seven", "two", "Fifty"]),
        ("## 4 Gates\n\n1. Ten images. See $x = 0.5$, `rate=0.1` and [this](a/0.3.html), lesson 5.", []),
        ("> **At full scale.** They had 7.48 %,\n> then 6.62 %.\n\nHere 3.5 %.", ["3.5"]),
        ("Done in 1.5 seconds.\n\n**Sources**\n\n- A. Author, 97.1 % of all, 2019.", ["1.5"]),
        ("Write it.\n\n*Difficulty ●○○ · about 12 minutes · 4 points:*\n\n- It holds. (1)", []),
    ],
    ids=["units", "commas", "words", "settings", "full scale", "sources", "facts"],
)
def test_stated_finds_what_claims_a_measurement_and_nothing_else(prose, found):
    assert texts(prose) == found


@pytest.mark.parametrize(
    ("prose", "number", "holds"),
    [
        ("22 %", Number(22.4, "%"), True),
        ("22 %", Number(22.6, "%"), False),
        ("22 %", Number(0.2249), True),
        ("22 %", Number(0.22, "%"), False),
        ("22.0 %", Number(22.4, "%"), False),
        ("0.039", Number(0.0392), True),
        ("0.039", Number(0.0396), False),
        ("1,234 of 2,000", Number(1234.0), True),
        ("nineteen times", Number(19.4, "×"), True),
        ("nineteen times", Number(19.4), False),
        ("two points", Number(2.3, "times"), False),
    ],
)
def test_is_one_of_rounds_as_the_text_does(prose, number, holds):
    assert next(stated(prose)).is_one_of([Number(-1.0), number]) == holds


def test_numbers_in_reads_values_and_per_cents_but_no_names():
    found = numbers_in(["layer4: 0.27, 1,024 MB, 3e-4 (62.5 %) or 7%, resnet50"])
    assert found == [Number(0.27), Number(1024.0, "MB"), Number(3e-4), Number(62.5, "%"), Number(7.0, "%")]


def test_sections_end_at_headings_of_the_second_level_and_figures_speak_by_their_alt_text():
    before, after = "# Title\n\nFirst.\n\n## 1 One\n\nOne.\n\n### Deeper", "Still.\n\n## 2 Two\n\nTwo."
    notebook = lesson(before, ("a",), after, ("b",))
    page = '<img alt="scratch 22 %&lt;" src="data:image/png;base64,99">'
    notebook.cells[1].outputs = [nbformat.v4.new_output("display_data", {"text/html": page, "text/plain": "a figure"})]
    first, one, two = sections(notebook)
    assert (first.sources, one.sources, two.sources) == ([], ["a"], ["b"])
    assert one.prose[0].startswith("## 1 One") and one.prose[1] == "Still.\n\n"
    assert numbers_in(one.outputs) == [Number(22.0, "%")] and two.outputs == []


def test_unheld_names_a_number_that_the_section_does_not_bear_out():
    notebook = lesson("## 1\n\nIt gets 81 %, the rate is 0.003.", ("rate = 3e-3", "right: 80.9 %"), "## 2\n\nNot 81 %.")
    assert unheld(notebook, {}) == (["81: … Not 81 %. …"], [])
    notebook.cells[1].outputs[0].text = "right: 80.2 %"
    assert [found[:3] for found in unheld(notebook, {})[0]] == ["81:", "81:"]


def test_unheld_takes_no_setting_for_a_comparison():
    notebook = lesson("Sixteen times as fast, 16 % of 16.0.", ("batch_size = 16", "took 3 s, 16 images"))
    assert [found[:8] for found in unheld(notebook, {})[0]] == ["Sixteen:"]
    notebook.cells[1].outputs[0].text = "16.3 times, 16 images"
    assert unheld(notebook, {}) == ([], [])


def test_unheld_lets_known_words_pass_and_names_those_that_are_not_said():
    notebook = lesson("Photographs: 1.28 million.\n\nThe rate is 0.1.", ("rate = 0.1",))
    known = {"1.28 million": "ILSVRC", "rate is 0.1": "shown as well", "Photographs": "no number", "0.2": "not there"}
    assert unheld(notebook, known) == ([], ["0.2", "Photographs"])

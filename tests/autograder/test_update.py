"""A new release comes in, and what a learner wrote goes along: all of it, to its place, and nothing twice."""

import copy
import json
import random
import shutil
from datetime import datetime

import nbformat
import pytest
from nbgrader.utils import compute_checksum

from autograder import update as module
from autograder.carrying import CHANGED, GONE, PART, carry_over, same
from autograder.lesson import read_lesson, serialise
from autograder.release import COURSE, SOLUTIONS
from autograder.update import pristine, update

LESSON, WRITTEN = "03_feature_extraction_vs_fine_tuning", "12_practice_exercises"
NOW = datetime.fromisoformat("2026-03-04 05:06:07")


def released(lesson=LESSON):
    return nbformat.read(COURSE / lesson / f"{lesson}.ipynb", as_version=4)


def solved(lesson=LESSON):
    """The release with the lesson's own solutions in it, as somebody who is done has it."""
    answers = {cell.id: cell.source for cell in read_lesson(SOLUTIONS / f"{lesson}.py").cells}
    notebook = released(lesson)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = answers[cell.id]
    return notebook


def newer(lesson=LESSON):
    """A release in which words have changed that are nobody's answer."""
    notebook = released(lesson)
    notebook.cells[0].source += "\n\nA typo less."
    return notebook


def cell_of(notebook, name):
    (cell,) = [cell for cell in notebook.cells if cell.id == name]
    return cell


def code(source, name):
    return nbformat.v4.new_code_cell(source, id=name)


def sources(notebook):
    return [cell.source for cell in notebook.cells]


# ---- one notebook -------------------------------------------------------------------------------------------------


def test_answers_go_along_letter_by_letter_and_the_release_is_otherwise_as_handed_out():
    mine = solved()
    mine.cells[3].outputs = []
    carried = carry_over(mine, newer(), released())
    assert carried.answers == ["trainable_fraction", "freeze", "replace_head", "extract_features", "fit_linear_head"]
    assert carried.sentences == []
    expected = newer()
    for name in carried.answers:
        cell_of(expected, name).source = cell_of(mine, name).source
    assert serialise(carried.notebook) == serialise(expected)


def test_who_wrote_nothing_gets_the_release_as_it_is_with_or_without_the_one_before():
    for before in (released(), None):
        carried = carry_over(released(), newer(), before)
        assert carried.answers == [] and carried.sentences == []
        if before:
            assert serialise(carried.notebook) == serialise(newer())


def test_an_untouched_stub_gives_way_to_the_new_one():
    new = newer()
    stub = cell_of(new, "freeze")
    stub.source = stub.source.replace("def freeze(module", "def freeze(network")
    stub.metadata.nbgrader.checksum = compute_checksum(stub)
    for before in (released(), None):
        carried = carry_over(released(), new, before)
        assert cell_of(carried.notebook, "freeze").source == stub.source
        assert carried.sentences == []


def test_an_answer_whose_exercise_changed_goes_along_and_a_sentence_says_so():
    new = newer()
    stub, check = cell_of(new, "freeze"), cell_of(new, "check-freeze")
    stub.source = stub.source.replace("def freeze(module", "def freeze(network")
    stub.metadata.nbgrader.checksum = compute_checksum(stub)
    check.metadata.nbgrader.points = 7
    carried = carry_over(solved(), new, released())
    assert cell_of(carried.notebook, "freeze").source == cell_of(solved(), "freeze").source
    assert [sentence.split(":")[0] for sentence in carried.sentences] == ["freeze", "freeze"]
    assert "signature or contract" in carried.sentences[0]
    assert "it is worth 7 points now, 4 before" in carried.sentences[1]


def test_an_exercise_that_is_gone_leaves_its_answer_in_a_cell_and_a_new_one_is_said():
    new = newer()
    new.cells = [cell for cell in new.cells if cell.id not in ("freeze", "check-freeze", "about-freeze")]
    mine = solved()
    mine.cells = [cell for cell in mine.cells if "replace_head" not in cell.id]
    carried = carry_over(mine, new, released())
    place = sources(carried.notebook).index(cell_of(solved(), "freeze").source)
    assert carried.notebook.cells[place - 1].source == GONE
    assert "nbgrader" not in carried.notebook.cells[place].metadata
    assert carried.sentences == [
        "freeze: it is not asked any more. Your answer stands in a cell of its own.",
        "replace_head: a new exercise.",
    ]


def test_cells_of_the_learners_stay_below_what_they_stood_below_without_outputs():
    mine = solved()
    at = [cell.id for cell in mine.cells].index("freeze")
    mine.cells.insert(at + 1, code("print('does it hold?')", "own-1"))
    mine.cells[at + 1].outputs = [nbformat.v4.new_output("stream", text="yes")]
    mine.cells.insert(at + 2, nbformat.v4.new_markdown_cell("a note of mine", id="own-2"))
    mine.cells.insert(0, nbformat.v4.new_markdown_cell("on top of all", id="own-3"))
    cells = carry_over(mine, newer(), released()).notebook.cells
    names = [cell.id for cell in cells]
    assert names[0] == "own-3"
    assert names[names.index("freeze") :][:3] == ["freeze", "own-1", "own-2"]
    assert cells[names.index("own-1")].outputs == []


def test_a_cell_of_the_lessons_that_was_changed_comes_back_and_the_change_stands_below_it():
    mine = solved()
    setup = cell_of(mine, "setup")
    setup.source += "\nimport antigravity"
    carried = carry_over(mine, newer(), released()).notebook
    at = [cell.id for cell in carried.cells].index("setup")
    assert carried.cells[at].source == cell_of(newer(), "setup").source
    assert sources(carried)[at + 1 : at + 3] == [CHANGED, setup.source]


def test_an_answer_in_words_goes_to_its_place_and_so_do_words_below_it():
    mine = solved(WRITTEN)
    names = [cell.id for cell in mine.cells]
    at = names.index("task-unfreezing_report") + 1
    mine.cells[at].source = "Nothing was faster."
    mine.cells.insert(at + 1, nbformat.v4.new_markdown_cell("And this is why.", id="more"))
    new = newer(WRITTEN)
    carried = carry_over(mine, new, released(WRITTEN)).notebook
    at = [cell.id for cell in carried.cells].index("task-unfreezing_report") + 1
    assert sources(carried)[at : at + 2] == ["Nothing was faster.", "And this is why."]
    assert carried.cells[at].id == new.cells[at].id


@pytest.mark.parametrize("seed", range(12))
def test_nothing_that_somebody_wrote_is_lost_and_a_second_time_changes_nothing(seed):
    draw = random.Random(seed)
    lesson = draw.choice([LESSON, WRITTEN])
    mine = solved(lesson)
    for number in range(6):
        cell = copy.deepcopy(draw.choice(mine.cells))
        cell.source += f"\n# mine {number}"
        cell.id = draw.choice([cell.id, f"own-{number}"])
        mine.cells.insert(draw.randrange(len(mine.cells) + 1), cell)
    for _ in range(3):
        draw.choice(mine.cells).source += "\n# changed by me"
    if draw.random() < 0.5:
        draw.shuffle(mine.cells)
    before = draw.choice([released(lesson), None])
    carried = carry_over(mine, newer(lesson), before).notebook
    nbformat.validate(carried)
    given = {source for one in (released(lesson), newer(lesson)) for source in sources(one)}
    lost = {source for source in sources(mine) if source not in given} - set(sources(carried))
    assert lost == set()
    assert len({cell.id for cell in carried.cells}) == len(carried.cells)
    assert [cell.id for cell in carried.cells if cell.id in {one.id for one in newer(lesson).cells}] == [
        cell.id for cell in newer(lesson).cells
    ]
    assert same(carry_over(carried, newer(lesson), newer(lesson)).notebook, carried)


@pytest.mark.parametrize("kept", [True, False])
def test_an_answer_that_was_pasted_into_another_cell_goes_to_its_exercise(kept):
    mine = solved()
    cell = cell_of(mine, "freeze")
    cell.id = "pasted"
    if not kept:
        del cell.metadata["nbgrader"]
    carried = carry_over(mine, newer(), released())
    assert cell_of(carried.notebook, "freeze").source == cell.source
    assert "freeze" in carried.answers and carried.sentences == []


@pytest.mark.parametrize("asked", [True, False])
def test_both_halves_of_an_answer_that_was_split_stay_and_the_second_says_what_it_is(asked):
    mine, new = solved(), newer()
    if not asked:
        new.cells = [cell for cell in new.cells if cell.id not in ("freeze", "check-freeze", "about-freeze")]
    at = [cell.id for cell in mine.cells].index("freeze")
    mine.cells.insert(at, copy.deepcopy(mine.cells[at]))
    mine.cells[at].source, mine.cells[at].id = "import torch as helper", "first-half"
    carried = carry_over(mine, new, released())
    place = sources(carried.notebook).index("import torch as helper")
    assert carried.notebook.cells[place - 1].source == (PART if asked else GONE)
    gone = "freeze: it is not asked any more. Your answer stands in a cell of its own."
    assert carried.sentences == ([] if asked else [gone])


def test_an_exercise_whose_text_is_another_is_to_be_read_again():
    new = newer()
    cell_of(new, "about-freeze").source += " Buffers too."
    carried = carry_over(solved(), new, released())
    assert carried.sentences == ["freeze: its text is another now; read it again."]
    assert carry_over(solved(), new, None).sentences == []  # nobody knows what it was


def test_answers_in_words_are_counted():
    mine = solved(WRITTEN)
    at = [cell.id for cell in mine.cells].index("task-unfreezing_report") + 1
    mine.cells[at].source = "Nothing was faster."
    assert carry_over(mine, newer(WRITTEN), released(WRITTEN)).written == [mine.cells[at].id]


def test_a_picture_in_an_answer_goes_along():
    mine = solved(WRITTEN)
    at = [cell.id for cell in mine.cells].index("task-unfreezing_report") + 1
    mine.cells[at].source, mine.cells[at].attachments = "![](attachment:a.png)", {"a.png": {"image/png": "AAAA"}}
    carried = carry_over(mine, newer(WRITTEN), released(WRITTEN)).notebook
    assert cell_of(carried, mine.cells[at].id).attachments == {"a.png": {"image/png": "AAAA"}}


# ---- a folder of them ---------------------------------------------------------------------------------------------


@pytest.fixture
def places(tmp_path):
    """A learner's folder with two lessons, one solved, and a course with a newer release of it."""
    work, course = tmp_path / "work", tmp_path / "course"
    for lesson in (LESSON, WRITTEN):
        shutil.copytree(COURSE / lesson, course / lesson)
        shutil.copytree(COURSE / lesson, work / lesson)
        pristine(work, lesson).parent.mkdir(exist_ok=True)
        shutil.copy(COURSE / lesson / f"{lesson}.ipynb", pristine(work, lesson))
    (work / LESSON / f"{LESSON}.ipynb").write_bytes(serialise(solved()))
    (course / LESSON / f"{LESSON}.ipynb").write_bytes(serialise(newer()))
    return work, course


def everything(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_update_keeps_a_dated_copy_first_and_then_finds_nothing_to_do(places):
    work, course = places
    before = (work / LESSON / f"{LESSON}.ipynb").read_bytes()
    said = update(work, course, NOW)
    assert said[0] == f"{LESSON}: the new release; 5 answers went along."
    backup = work / ".backups" / "2026-03-04_050607"
    assert str(backup) in said[-2] and "Reload" in said[-1]
    assert everything(backup) == {f"{LESSON}/{LESSON}.ipynb": before}
    assert pristine(work, LESSON).read_bytes() == serialise(newer())
    after = everything(work)
    assert update(work, course, NOW) == [module._NOTHING]
    assert everything(work) == after


def test_update_never_overwrites_an_earlier_copy(places):
    work, course = places
    update(work, course, NOW)
    (course / WRITTEN / f"{WRITTEN}.ipynb").write_bytes(serialise(newer(WRITTEN)))
    update(work, course, NOW)
    assert sorted(path.name for path in (work / ".backups").iterdir()) == ["2026-03-04_050607", "2026-03-04_050607+"]


@pytest.mark.parametrize(
    "content",
    [
        '{"cells": [',
        '{"cells": [{"cell_type": "code", "id":"a", "metadata":{}}], "nbformat":4, "nbformat_minor":5, "metadata":{}}',
        '{"cells": [{"source": "x", "id": "a", "metadata": {}}], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}',
    ],
)
def test_update_leaves_a_notebook_that_cannot_be_read_and_lays_the_new_one_beside_it(places, content):
    work, course = places
    broken = work / LESSON / f"{LESSON}.ipynb"
    broken.write_text(content)
    said = update(work, course, NOW)
    assert "cannot be read and stays" in said[0] and f"{LESSON}.new.ipynb" in said[0]
    assert broken.read_text() == content
    assert (work / LESSON / f"{LESSON}.new.ipynb").read_bytes() == serialise(newer())
    (work / LESSON / f"{LESSON}.new.ipynb").write_text("worked in")
    assert update(work, course, NOW) == [module._NOTHING]
    assert (work / LESSON / f"{LESSON}.new.ipynb").read_text() == "worked in"


def test_update_renews_a_notebook_that_could_not_be_read_before_as_soon_as_it_can(places):
    work, course = places
    path = work / LESSON / f"{LESSON}.ipynb"
    mine = path.read_bytes()
    path.write_text("half of it")
    update(work, course, NOW)
    assert pristine(work, LESSON).read_bytes() == serialise(released())
    path.write_bytes(mine)
    assert update(work, course, NOW)[0] == f"{LESSON}: the new release; 5 answers went along."
    assert pristine(work, LESSON).read_bytes() == serialise(newer())


def test_update_leaves_a_notebook_of_the_same_release_alone_with_all_that_was_changed_and_put_out(places):
    work, course = places
    (course / LESSON / f"{LESSON}.ipynb").write_bytes(serialise(released()))
    mine = solved()
    setup = cell_of(mine, "setup")
    setup.source += "\nseed = 3"
    setup.outputs = [nbformat.v4.new_output("stream", text="yes")]
    (work / LESSON / f"{LESSON}.ipynb").write_text(nbformat.writes(mine))
    before = everything(work)
    assert update(work, course, NOW) == [module._NOTHING]
    assert everything(work) == before


def test_update_tells_how_many_answers_in_words_went_along(places):
    work, course = places
    mine = solved(WRITTEN)
    at = [cell.id for cell in mine.cells].index("task-unfreezing_report") + 1
    mine.cells[at].source = "Nothing was faster."
    (work / WRITTEN / f"{WRITTEN}.ipynb").write_bytes(serialise(mine))
    (course / WRITTEN / f"{WRITTEN}.ipynb").write_bytes(serialise(newer(WRITTEN)))
    assert any(line.endswith("answers and 1 in words went along.") for line in update(work, course, NOW))


def test_update_reads_a_notebook_that_has_lost_its_ids(places):
    work, course = places
    path = work / LESSON / f"{LESSON}.ipynb"
    content = json.loads(path.read_text("utf-8"))
    content["nbformat_minor"] = 4
    for cell in content["cells"]:
        del cell["id"]
    path.write_text(json.dumps(content))
    said = update(work, course, NOW)
    assert said[0] == f"{LESSON}: the new release; 5 answers went along."
    assert len(nbformat.read(path, as_version=4).cells) == len(newer().cells)


def test_update_says_which_lessons_the_release_does_not_have(places):
    work, course = places
    (work / "99_gone").mkdir()
    assert "99_gone: the new release does not have it; it stays as it is." in update(work, course, NOW)
    assert (work / "99_gone").is_dir()


@pytest.mark.parametrize("step", range(4))
def test_update_killed_at_any_step_is_completed_by_the_next(places, monkeypatch, step, tmp_path):
    work, course = places
    (course / WRITTEN / f"{WRITTEN}.ipynb").write_bytes(serialise(newer(WRITTEN)))
    shutil.copytree(work, tmp_path / "other")
    update(tmp_path / "other", course, NOW)
    left, write = [step], module.write_whole

    def until(path, content):
        if left[0] == 0:
            raise KeyboardInterrupt
        left[0] -= 1
        write(path, content)

    mine = (work / LESSON / f"{LESSON}.ipynb").read_bytes()
    monkeypatch.setattr(module, "write_whole", until)
    with pytest.raises(KeyboardInterrupt):
        update(work, course, NOW)
    monkeypatch.undo()
    assert (work / ".backups" / "2026-03-04_050607" / LESSON / f"{LESSON}.ipynb").read_bytes() == mine
    update(work, course, NOW)
    for lesson in (LESSON, WRITTEN):
        name = f"{lesson}/{lesson}.ipynb"
        assert (work / name).read_bytes() == (tmp_path / "other" / name).read_bytes()
        assert pristine(work, lesson).read_bytes() == (course / name).read_bytes()

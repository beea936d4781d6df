"""What a run shows of itself: the line of progress, the history and its picture."""

import sys
from types import ModuleType, SimpleNamespace

import pytest

from lib.history_picture import history_picture
from lib.plan import Epoch, History, Phase, Plan, gradual, two_phases
from lib.progress import Progress


def history():
    scores = [(0, 0, 0.5), (0, 1, 0.7), (1, 0, 0.9), (1, 1, 0.9), (1, 2, 0.6)]
    return History([Epoch(p, e, 2.0 - s, 2.1 - s, s, 1e-3, 1.0, cached=p == 0) for p, e, s in scores], ["a note"])


def test_history_best_is_the_first_of_the_highest_and_it_comes_back_from_its_state():
    assert (history().best.phase, history().best.epoch) == (1, 0)
    again = History()
    again.load_state_dict(history().state_dict())
    assert again == history()


def test_history_picture_marks_the_best_epoch_and_where_the_second_phase_begins():
    picture = history_picture(history())
    above, below = picture.figure.axes
    star = next(line for line in below.lines if line.get_marker() == "*")
    assert (list(star.get_xdata()), list(star.get_ydata())) == ([3], [90.0])
    assert [line.get_xdata()[0] for line in above.lines if line.get_linestyle() == ":"] == [2.5]
    assert [list(line.get_ydata()) for line in above.lines][:2] == [
        pytest.approx([1.6, 1.4, 1.2, 1.2, 1.5]),
        pytest.approx([1.5, 1.3, 1.1, 1.1, 1.4]),
    ]
    assert above.lines[0].get_color() == below.lines[0].get_color()  # validation, in both
    assert [text.get_text() for text in above.texts if text.get_text().startswith("phase")] == ["phase 1", "phase 2"]
    assert "90.0 %, in epoch 1 of phase 2" in picture.alt
    with pytest.raises(ValueError, match="history: expected at least one epoch"):
        history_picture(History())


def test_history_picture_names_many_phases_by_their_numbers_and_ends_no_question_with_a_full_stop():
    run = History([Epoch(n // 2, n % 2, 1.0, 1.0, 0.5, 1e-3, 1.0, cached=False) for n in range(12)])
    picture = history_picture(run, "What happened?")
    named = [text.get_text() for text in picture.figure.axes[0].texts][2:]
    assert named == ["phase 1", "2", "3", "4", "5", "6"] and picture.alt.startswith("What happened? Over 12 epochs")


def test_progress_line_fills_as_the_epochs_of_the_plan_pass(capsys):
    progress = Progress(Plan((Phase(2, 0.1), Phase(3, 0.1))))
    full = []
    for epoch in history().epochs:
        progress(epoch)
        full.append(progress.line(epoch).count("█"))
    out, err = capsys.readouterr()
    assert full == [round(24 * done / 5) for done in range(1, 6)]
    assert len(out.splitlines()) == 5 and "phase 2, epoch 1 · loss 1.100 · validation 1.200, 90.0 %" in out
    assert err == ""


class Shown:
    """Stands for a notebook's front end: the texts that each of its outputs has had, in turn."""

    def __init__(self):
        self.outputs = []

    def display(self, data, *, raw, display_id):
        assert raw and display_id
        self.outputs.append([data["text/plain"]])
        return SimpleNamespace(update=lambda data, *, raw: self.outputs[-1].append(data["text/plain"]))


def test_progress_rewrites_one_output_in_a_notebook(monkeypatch, capsys):
    shown, progress = Shown(), Progress(Plan((Phase(2, 0.1), Phase(3, 0.1))))
    monkeypatch.setitem(sys.modules, "ipykernel", ModuleType("ipykernel"))
    monkeypatch.setattr("lib.progress.display", shown.display)
    for epoch in history().epochs:
        progress(epoch)
    assert shown.outputs == [[progress.line(epoch) for epoch in history().epochs]]
    assert capsys.readouterr() == ("", "")


def test_plans_of_phases_open_more_and_more():
    assert [phase.stages for phase in gradual(3, 2, 1e-3)] == [1, 2, 3]
    first, second = two_phases(2, 4, rate=0.1)
    assert (first.stages, first.rate, second.stages, second.rate) == (2, 0.1, None, pytest.approx(0.01))

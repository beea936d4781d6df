"""Both sides grade the same honest submissions and give the same points; and the table says what was measured."""

import json
import subprocess
import sys

import pytest

from autograder.exercises import find
from autograder.judge import assess
from autograder.lesson import read_lesson
from benchmarks.grading import memory, points, sides, table
from benchmarks.grading.memory import Usage
from benchmarks.grading.scale import collected, one_graded
from benchmarks.grading.sides import Run
from benchmarks.grading.submissions import EXERCISES, LESSON, TEXT, class_of, hand_in
from lib.freezing import freeze
from tests.submissions.make import EVALUATION_ONCE, RELEASED, released


def run(name, count, seconds, *, processor=1.0, worker=10**9, scores=None):
    return Run(name, count, Usage(seconds, processor, 2 * worker, worker), scores or {})


# ---- the class ----------------------------------------------------------------------------------------------------


def test_class_of_is_the_same_in_every_run_and_no_two_answers_are():
    first, again = list(class_of(60)), list(class_of(60))
    assert first == again and first[:3] == list(class_of(3))
    assert len({student for student, _ in first}) == 60
    written = [source for _, own in first for source in own.values()]
    assert len(set(written)) == len(written)
    assert 0.82 < len(written) / (60 * len(EXERCISES)) < 0.96


def test_hand_in_changes_the_answers_and_nothing_else(tmp_path):
    hand_in(tmp_path, released(RELEASED), class_of(2))
    for student, own in class_of(2):
        found = json.loads((tmp_path / student / LESSON / f"{LESSON}.ipynb").read_text(encoding="utf-8"))
        for cell, handed_out in zip(found["cells"], released(RELEASED)["cells"], strict=True):
            expected = own.get(cell["id"], "".join(handed_out["source"]))
            assert "".join(cell["source"]) == expected
            assert {**cell, "source": ""} == {**handed_out, "source": ""}


def test_right_answers_earn_all_points_and_wrong_ones_some_fewer():
    import torch
    import torch.nn.functional as F
    from torch import Tensor, nn

    from benchmarks.grading.submissions import _solutions, _wrong
    from lib import backbones

    for name in EXERCISES:
        earned = []
        for source in (_solutions()[name], _wrong()[name]):
            namespace = {"torch": torch, "F": F, "nn": nn, "Tensor": Tensor, "backbones": backbones}
            exec(source, namespace)
            earned.append(assess(find(name), namespace[name], 1).points)
        assert earned[0] == find(name).points > earned[1]


# ---- the sides ----------------------------------------------------------------------------------------------------


def test_instructors_keeps_every_cell_or_those_that_grading_needs():
    everything = sides.instructors(read_lesson(TEXT), graded_only=False)
    graded = sides.instructors(read_lesson(TEXT), graded_only=True)
    assert [cell.id for cell in everything.cells] == [cell.id for cell in read_lesson(TEXT).cells]
    assert [cell.id for cell in graded.cells] == ["setup", *(n for e in EXERCISES for n in (e, f"check-{e}"))]
    assert graded.cells[-1].source == f'shown_points("{EXERCISES[-1]}", {EXERCISES[-1]})'
    assert graded.cells[-1].metadata == read_lesson(TEXT).cells[_place(f"check-{EXERCISES[-1]}")].metadata


def _place(name):
    return [cell.id for cell in read_lesson(TEXT).cells].index(name)


def test_shown_points_are_the_verdicts(capsys):
    from torch import nn

    namespace = {"nn": nn}
    exec(EVALUATION_ONCE, namespace)
    assert points.shown_points("freeze", freeze) == 4.0
    assert points.shown_points("freeze", namespace["freeze"]) == 2.0
    assert "(2 of 4 points)" in capsys.readouterr().out


def test_differences_name_every_score_that_is_another_or_none():
    one = {("ada", "check-freeze"): 4.0, ("ada", "check-f"): 1.0, ("bob", "check-freeze"): 0.0}
    assert sides.differences(one, one | {("eve", "check-freeze"): 3.0}) == []
    other = {("ada", "check-freeze"): 3.0, ("ada", "check-f"): 1.0}
    assert sides.differences(one, other) == ["ada, freeze: 4.0 and 3.0", "bob, freeze: 0.0 and None"]


# ---- time and memory ------------------------------------------------------------------------------------------------

HOLD = """
import subprocess, sys, time
held = b"x" * ({own} * 10**6)
hold = "held = b'x' * (int(__import__('sys').argv[1]) * 10**6); input()"
others = [subprocess.Popen([sys.executable, "-c", hold, str(n)], stdin=subprocess.PIPE) for n in {below}]
time.sleep({seconds})
for other in others:
    other.communicate(b"enough")
print("done")
"""


def held_by(tmp_path, own, below, seconds=2.5):
    source = HOLD.format(own=own, below=below, seconds=seconds)
    return memory.measured([sys.executable, "-c", source], folder=tmp_path, environment={})


def test_measured_counts_all_processes_and_the_largest_worker(tmp_path):
    usage = held_by(tmp_path, 50, [100, 200])
    assert 350e6 < usage.peak < 450e6 and 200e6 < usage.worker < 240e6
    assert usage.output == "done\n" and usage.seconds > 2.5


def test_measured_takes_the_whole_for_the_worker_where_one_process_is_below(tmp_path):
    usage = held_by(tmp_path, 50, [100])
    assert usage.worker == usage.peak > 150e6


def test_measured_counts_the_processor_time_of_what_is_below(tmp_path):
    spin = "import time; begun = time.process_time()\nwhile time.process_time() < begun + 1.5: pass\ntime.sleep(1.2)"
    usage = memory.measured([sys.executable, "-c", spin], folder=tmp_path, environment={})
    assert 1.4 < usage.processor < 2.5


def test_measured_says_why_a_command_failed(tmp_path):
    with pytest.raises(RuntimeError, match="ended with 3: no such lesson"):
        memory.measured([sys.executable, "-c", "print('no such lesson'); exit(3)"], folder=tmp_path, environment={})


def test_held_is_nothing_where_the_process_is_gone():
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        pass
    assert memory.held(gone.pid) == (0, []) and memory.used(gone.pid) == 0.0


# ---- the table ----------------------------------------------------------------------------------------------------


def test_verdicts_compare_with_stocks_graded_cells():
    runs = [run("stock, all cells", 1, 600), run("stock, graded cells only", 4, 60, processor=40)]
    runs += [run("ours, 1 worker", 60, 60, processor=30), run("ours, 2 workers", 60, 40, worker=2 * 10**9)]
    one, two, most = table.verdicts(runs)
    assert one.startswith("ours, 1 worker: 15.0 times the submissions a minute") and "asked" not in one
    assert "20.0 times less processor time" in one
    assert two.startswith("ours, 2 workers: 22.5 times") and "20 asked: PASS" in two
    assert most == "one worker: 2000 MB at most, 1500 allowed: short"
    *_, slow, _ = table.verdicts([*runs[:-1], run("ours, 2 workers", 60, 60)])
    assert "20 asked: short" in slow


def test_equality_holds_every_side_to_the_last():
    last = run("ours, 2 workers", 2, 1, scores={("ada", "check-freeze"): 4.0, ("bob", "check-freeze"): 1.0})
    same = run("stock, all cells", 1, 1, scores={("ada", "check-freeze"): 4.0})
    other = run("ours, 1 worker", 1, 1, scores={("bob", "check-freeze"): 2.0})
    assert table.equality([same, last]) == []
    assert table.equality([same, other, last]) == [
        "ours, 1 worker and ours, 2 workers differ: bob, freeze: 2.0 and 1.0"
    ]


def test_comparison_has_a_line_for_each_side():
    lines = table.comparison([run("stock, all cells", 2, 60, processor=30), run("ours, 1 worker", 60, 60)]).splitlines()
    assert lines[2] == "| stock, all cells | 2 | 60.0 | 2.0 | 15.00 | 2000 | 1000 |"
    assert len(lines) == 4 and len({line.count("|") for line in lines}) == 1


def test_growth_tells_whether_memory_stays_level():
    level = {100: Usage(1, 1, 10**8, 0), 1000: Usage(10, 8, 2 * 10**8, 0), 10_000: Usage(90, 80, 2 * 10**8, 0)}
    assert "| 10,000 | 90.0 | 0.0090 | 0.0080 | 200 |" in table.growth(level)
    assert table.growth(level).endswith("+0.0%: PASS")
    assert table.growth(level | {10_000: Usage(90, 80, 3 * 10**8, 0)}).endswith("+50.0%: short")


# ---- for real -----------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_stock_and_ours_give_the_same_points(tmp_path):
    """Three submissions for ours, with one worker and two, and the first of them for stock's graded cells."""
    runs = []
    for name, side in {
        "stock": lambda folder: sides.stock(folder, 1, graded_only=True),
        "one": lambda folder: sides.ours(folder, 3, 1),
        "two": lambda folder: sides.ours(folder, 3, 2),
    }.items():
        (tmp_path / name).mkdir()
        runs.append(side(tmp_path / name))
    assert table.equality(runs) == []
    assert [len(one.scores) for one in runs] == [5, 15, 15]
    assert runs[0].scores.items() <= runs[1].scores.items() == runs[2].scores.items()
    assert len(table.comparison(runs).splitlines()) == 5


@pytest.mark.slow
def test_collected_makes_the_results_of_copies_and_takes_them_away(tmp_path):
    record = one_graded(tmp_path / "submitted")
    assert [result.verdict.points > 0 for result in record.graded.results].count(True) == 1
    usage = collected(tmp_path, record, 3)
    assert "3 submissions of 1 shards" in usage.output and usage.peak > 10**8
    assert not (tmp_path / "shard").exists() and not (tmp_path / "results").exists()

"""load_task: its names, its arguments, and what holds for every bundled task."""

from pathlib import Path

import pytest
import torch

from lib.datasets import PUBLISHED, TASKS, load_task
from lib.datasets.blood_cells import draw_cells
from lib.datasets.drawn_digits import draw_digits
from lib.datasets.granites import draw_granites

SPLITS = ("train", "validation", "test")


@pytest.mark.parametrize("name", TASKS)
def test_bundled_tasks_have_three_splits_of_uint8_images_and_every_label(name):
    task = load_task(name)
    assert task.name == name
    assert load_task(name) is task  # made once a process
    for split in (task.train, task.validation, task.test):
        assert split.images.dtype == torch.uint8
        assert split.images.shape == (len(split), 3, 48, 48)
        assert split.labels.dtype == torch.int64
        assert split.labels.unique().tolist() == list(range(len(task.classes)))
        assert split.labels.tolist() != sorted(split.labels.tolist())


@pytest.mark.parametrize("name", TASKS)
def test_bundled_tasks_have_no_image_in_two_splits_and_none_twice(name):
    task = load_task(name)
    images = [image.numpy().tobytes() for split in SPLITS for image in getattr(task, split).images]
    assert len(set(images)) == len(images)


@pytest.mark.parametrize("name", ["clean-digits", "blood-cells"])
def test_limit_takes_a_few_of_each_class_in_every_split(name):
    task, limited = load_task(name), load_task(name, limit=4)
    for split in SPLITS:
        few = getattr(limited, split)
        assert few.labels.bincount().tolist() == [4] * len(task.classes)
        assert torch.equal(few.images, getattr(task, split).few(4, seed=0).images)


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"name": "minst"}, ValueError, r"name: no task is called 'minst'; the closest: mnist"),
        ({"name": "zzz"}, ValueError, r"no task is called 'zzz'; the closest: digits-on-photographs, .*, mnist-m"),
        ({"seed": -1}, ValueError, "seed: expected an integer of at least 0, got -1"),
        ({"seed": None}, TypeError, "seed: expected an integer of at least 0, got None"),
        ({"seed": 0.5}, TypeError, "seed: expected an integer of at least 0, got 0.5"),
        ({"size": 0}, ValueError, "size: expected an integer of at least 1, got 0"),
        ({"size": 48.0}, TypeError, "size: expected an integer of at least 1, got 48.0"),
        ({"size": 32}, ValueError, "size: clean-digits has images of 48 pixels; expected 48 or None, got 32"),
        ({"limit": 0}, ValueError, "limit: expected an integer of at least 1, got 0"),
        ({"limit": True}, TypeError, "limit: expected an integer of at least 1, got True"),
        ({"photographs": "x"}, ValueError, "photographs: expected None for every task but mnist-m, got 'x'"),
        ({"name": "mnist", "photographs": Path("x")}, ValueError, "photographs: expected None .* got 'x'"),
        ({"name": 3}, TypeError, "name: expected a string or a Path, got 3"),
    ],
)
def test_load_task_refuses_what_makes_no_sense_and_says_what_would(arguments, error, said):
    with pytest.raises(error, match=said):
        load_task(**({"name": "clean-digits"} | arguments))


def test_load_task_takes_what_a_bundled_task_has_anyway():
    assert load_task("clean-digits", size=48, download=True, root="anywhere") is load_task("clean-digits")


def test_names_of_bundled_and_published_tasks_are_all_different():
    assert len({*TASKS, *PUBLISHED, "mnist-m"}) == len(TASKS) + len(PUBLISHED) + 1


# ---- what all drawn tasks share -----------------------------------------------------------------------------------


def zeros(generator):
    return torch.zeros(2, dtype=torch.int64, device=generator.device)


DRAWINGS = {
    "kinds": (lambda rows, generator: draw_cells(rows, zeros(generator), generator=generator), 8),
    "laboratories": (lambda rows, generator: draw_cells(zeros(generator), rows, generator=generator), 1000),
    "colours": (lambda rows, generator: draw_granites(rows, generator=generator), 6),
    "labels": (lambda rows, generator: draw_digits(rows, generator=generator), 10),
}


@pytest.mark.parametrize("argument", DRAWINGS)
def test_draw_refuses_what_names_no_class(argument):
    draw, count = DRAWINGS[argument]
    for rows, error, said in (
        (torch.zeros(2), TypeError, "expected int64, got torch.float32"),
        (torch.zeros(2, 1).long(), ValueError, r"expected the shape \(N,\), N ≥ 1, got \(2, 1\)"),
        (torch.zeros(0).long(), ValueError, r"expected the shape \(N,\), N ≥ 1, got \(0,\)"),
        (torch.zeros(2, device="meta").long(), ValueError, "expected the generator's device, cpu, got meta"),
        (torch.tensor([0, -1]), ValueError, f"expected 0 to {count - 1}, got -1 to 0"),
        (torch.tensor([0, count]), ValueError, f"expected 0 to {count - 1}, got 0 to {count}"),
    ):
        with pytest.raises(error, match=f"{argument}: {said}"):
            draw(rows, torch.Generator())


def test_draw_cells_refuses_laboratories_for_other_cells():
    with pytest.raises(ValueError, match="laboratories: expected one for each of 2 kinds, got 3"):
        draw_cells(torch.zeros(2).long(), torch.zeros(3).long(), generator=torch.Generator())


@pytest.mark.parametrize("argument", DRAWINGS)
def test_draw_is_decided_by_the_generator_alone(argument):
    draw, _ = DRAWINGS[argument]
    rows, state = torch.tensor([0, 1]), torch.get_rng_state()
    first, again, other = (draw(rows, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
    assert first.dtype == torch.float32
    assert first.shape == (2, first.shape[1], 48, 48)
    assert 0 <= float(first.min()) < float(first.max()) <= 1
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("argument", ["kinds", "laboratories", "colours"])
def test_draw_draws_where_the_generator_is(argument):
    images = DRAWINGS[argument][0](torch.zeros(2).long().cuda(), torch.Generator("cuda").manual_seed(0))
    assert images.is_cuda
    assert 0 <= float(images.min()) < float(images.max()) <= 1


def test_drawn_tasks_are_decided_by_their_seed():
    make = TASKS["granites"]
    other = make(1)
    assert torch.equal(other.test.images, make.__wrapped__(1).test.images)
    assert not torch.equal(other.test.images, make(0).test.images)


def test_blood_cells_elsewhere_are_not_the_same_cells_in_other_colours():
    here, elsewhere = load_task("blood-cells"), load_task("blood-cells-elsewhere")
    assert not torch.equal(here.train.labels, elsewhere.train.labels)

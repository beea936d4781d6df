"""Rows drawn class by class, against sets and counts in plain Python."""

from collections import Counter

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.datasets.task import Split, at_most, divide

LABELS = st.lists(st.integers(0, 4), min_size=1, max_size=60)
SHARES = {"test": 0.2, "validation": 0.1}


def split_of(labels: list[int]) -> Split:
    return Split(torch.arange(len(labels)).byte().view(-1, 1, 1, 1).expand(-1, 3, 2, 2), torch.tensor(labels))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(LABELS, st.integers(1, 12), st.integers(0, 5))
def test_at_most_has_as_many_of_each_class_as_there_are_and_no_row_twice(labels, per_class, seed):
    rows = at_most(torch.tensor(labels), per_class, seed).tolist()
    assert len(set(rows)) == len(rows)
    wanted = {label: min(count, per_class) for label, count in Counter(labels).items()}
    assert Counter(labels[row] for row in rows) == wanted


@settings(max_examples=40, deadline=None, derandomize=True)
@given(LABELS, st.integers(1, 12), st.integers(0, 5))
def test_at_most_fewer_rows_are_a_part_of_more_in_the_same_order(labels, per_class, seed):
    few, more = (at_most(torch.tensor(labels), n, seed).tolist() for n in (per_class, per_class + 1))
    assert [row for row in more if row in few] == few


def test_at_most_draws_every_row_as_often_as_any_other():
    drawn = Counter(row for seed in range(600) for row in at_most(torch.tensor([0, 0, 0, 0, 1]), 1, seed).tolist())
    assert drawn.pop(4) == 600
    assert all(abs(count - 150) < 45 for count in drawn.values())  # four standard deviations


@pytest.mark.parametrize("per_class", [0, -3])
def test_at_most_refuses_less_than_one(per_class):
    with pytest.raises(ValueError, match=f"per_class: expected at least 1 image a class, got {per_class}"):
        at_most(torch.tensor([0, 1]), per_class, 0)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(st.integers(3, 40), min_size=1, max_size=5), st.integers(0, 5))
def test_divide_puts_every_row_into_one_split_and_of_each_class_its_share(sizes, seed):
    labels = torch.cat([torch.full((size,), label) for label, size in enumerate(sizes)])
    parts = divide(labels, SHARES, seed)
    assert sorted(torch.cat(list(parts.values())).tolist()) == list(range(len(labels)))
    for split, share in SHARES.items():
        expected = [max(1, round(size * share)) for size in sizes]  # round is half to even, here and there
        assert labels[parts[split]].bincount().tolist() == expected


def test_divide_is_decided_by_the_seed_and_mixes_the_rows():
    labels = torch.zeros(50).long()
    first, again, other = (divide(labels, SHARES, seed)["train"].tolist() for seed in (1, 1, 2))
    assert first == again
    assert first != sorted(first)
    assert sorted(first) != sorted(other)


def test_divide_passes_over_a_label_that_does_not_occur():
    assert len(divide(torch.tensor([0, 0, 0, 2, 2, 2]), SHARES, 0)["train"]) == 2


def test_divide_refuses_a_class_that_is_too_small():
    with pytest.raises(ValueError, match="labels: expected more than 2 images of each class to divide, got 2 of one"):
        divide(torch.tensor([0, 0, 0, 1, 1]), SHARES, 0)


def test_few_is_what_it_always_was():
    """Recorded results hang on these rows: the first of each class in one random order, kept in that order."""
    labels = torch.randint(0, 6, (200,), generator=torch.Generator().manual_seed(3))
    order = torch.randperm(200, generator=torch.Generator().manual_seed(7)).tolist()
    taken: Counter = Counter()
    expected = []
    for row in order:
        taken[int(labels[row])] += 1
        if taken[int(labels[row])] <= 9:
            expected.append(row)
    few = split_of(labels.tolist()).few(9, seed=7)
    assert few.images[:, 0, 0, 0].tolist() == expected
    assert few.labels.tolist() == labels[expected].tolist()


def test_split_at_most_takes_all_of_a_class_that_has_fewer():
    split = split_of([0, 1, 1, 1, 1]).at_most(3, seed=0)
    assert split.labels.bincount().tolist() == [1, 3]
    assert torch.equal(split.images[:, 0, 0, 0] > 0, split.labels > 0)  # image 0 is the only one of class 0

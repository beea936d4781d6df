"""What processes do of a batch: shares that make it up, weights that make its mean, and one process that is as none."""

import pytest
import torch
import torch.distributed as dist
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from lib import distributed

quick = settings(max_examples=50, deadline=None, derandomize=True)


@pytest.fixture
def group_of_one():
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    yield
    dist.destroy_process_group()


def seen_by_all(count, monkeypatch):
    """Calls a function as each of `count` processes would; gives the list of what they get."""

    def ask(function):
        found = []
        for rank in range(count):
            monkeypatch.setattr(distributed, "rank", lambda rank=rank: rank)
            monkeypatch.setattr(distributed, "world", lambda: count)
            found.append(function())
        return found

    return ask


@quick
@given(st.integers(1, 5), st.integers(1, 20))
def test_shares_make_up_the_batch_and_weighted_means_average_to_its_mean(processes, rows):
    losses = torch.rand(rows, generator=torch.Generator().manual_seed(rows), dtype=torch.float64)
    with pytest.MonkeyPatch.context() as monkeypatch:
        ask = seen_by_all(processes, monkeypatch)
        shares = [losses[share] for share in ask(distributed.share)]
        assert sorted(torch.cat(shares).tolist()) == sorted(losses.tolist())
        assert max(map(len, shares)) - min(map(len, shares)) <= 1
        weights = [ask(lambda own=own: distributed.weight(len(own), rows))[0] for own in shares]
    weighted = [weight * float(own.mean()) for weight, own in zip(weights, shares, strict=True) if len(own)]
    assert sum(weighted) / processes == pytest.approx(float(losses.mean()))


def test_a_group_of_one_process_is_as_none(group_of_one):
    network, values = nn.Linear(2, 2), torch.tensor([1.0, 2.0])
    assert (distributed.rank(), distributed.world(), distributed.share()) == (0, 1, slice(0, None, 1))
    assert distributed.parallel(network) is network
    assert torch.equal(distributed.summed(values.clone()), values)
    distributed.wait_for_all()


def test_without_a_group_there_is_one_process_and_nothing_waits():
    assert (distributed.rank(), distributed.world()) == (0, 1)
    assert distributed.summed(torch.tensor([3.0])) == 3.0
    distributed.wait_for_all()

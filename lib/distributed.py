"""Several processes, one run: what each does of a batch, with PyTorch's own DistributedDataParallel between them.

Start a script under `torchrun` that calls `torch.distributed.init_process_group()`; without it there is one process,
which does everything. Each process takes its share of every batch and weighs its loss by it, so that the gradient is
that of the whole batch also where it does not divide evenly.
"""

import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel


def rank() -> int:
    """The number of this process, from 0.

    Example:
        >>> rank()  # without torchrun
        0
    """
    return dist.get_rank() if _running() else 0


def world() -> int:
    """How many processes there are.

    Example:
        >>> world()  # without torchrun
        1
    """
    return dist.get_world_size() if _running() else 1


def parallel(network: nn.Module) -> nn.Module:
    """The network as all processes train it: gradients are averaged over them. Parameters frozen now stay out of it.

    Wrap again after anything is frozen or unfrozen, for what is exchanged is settled here.

    Example:
        >>> network = nn.Linear(2, 1)
        >>> parallel(network) is network  # one process: nothing to exchange
        True
    """
    if world() == 1:
        return network
    return DistributedDataParallel(network, broadcast_buffers=False)


def share() -> slice:
    """Which rows of a batch are this process's: every world()-th, from rank() on.

    Example:
        >>> list(range(5))[share()]
        [0, 1, 2, 3, 4]
    """
    return slice(rank(), None, world())


def weight(of: int, whole: int) -> float:
    """By what a mean loss over `of` of `whole` rows is multiplied, so that the average of gradients is the batch's.

    Example:
        >>> weight(of=6, whole=6)
        1.0
    """
    return of * world() / whole


def summed(values: Tensor) -> Tensor:
    """The sum of all processes' `values`, in place where there are several.

    Example:
        >>> summed(torch.tensor([1.0, 2.0]))  # of one process
        tensor([1., 2.])
    """
    if _running():
        dist.all_reduce(values)
    return values


def wait_for_all() -> None:
    """Go on when every process is here.

    Example:
        >>> wait_for_all()  # one process waits for no one
    """
    if _running():
        dist.barrier()


def _running() -> bool:
    return dist.is_available() and dist.is_initialized()

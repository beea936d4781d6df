"""Names of classes, mistaken for rows of a table."""

from torch import Tensor


def as_rows(labels: Tensor, count: int) -> Tensor:
    """The labels as positions in `count` rows. Raises IndexError, on any device, where one lies outside: on a GPU,
    looking it up would end all work of the process there.
    """
    if (largest := int(labels.max())) >= count:
        raise IndexError(f"index {largest} is out of bounds for dimension 0 with size {count}")
    return labels

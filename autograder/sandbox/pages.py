"""Memory in large pages. A fork copies the list of its parent's pages, and a child's end takes that apart: pages of two
megabytes instead of four kilobytes make it short.
"""

import ctypes
from pathlib import Path

_SIZE = 2 * 2**20
_COLLAPSE = 25  # MADV_COLLAPSE, from Linux 6.1 on


def enlarge() -> None:
    """Put this process's own memory into large pages, which may take a second; what is in memory stays the same.

    Nothing happens where the system cannot.
    """
    maps = Path("/proc/self/maps")
    if not maps.is_file():
        return
    advise = ctypes.CDLL(None).madvise
    for line in maps.read_text(encoding="utf-8").splitlines():
        place, rights, _, _, inode = line.split(maxsplit=5)[:5]
        first, last = (int(part, 16) for part in place.split("-"))
        first, last = -(-first // _SIZE) * _SIZE, last // _SIZE * _SIZE
        if rights == "rw-p" and inode == "0" and first < last:
            advise(ctypes.c_void_p(first), ctypes.c_size_t(last - first), _COLLAPSE)

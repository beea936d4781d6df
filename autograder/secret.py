"""A course's secret. The inputs of every verdict that counts follow from it, so nobody can know them beforehand.

It is made at first use and kept: the same secret gives the same inputs, and a regrade the same grades. It never enters
the repository, and not the sandbox either: there come only the inputs that were drawn from it.
"""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

SIZE = 32  # bytes
_BITS = 31  # of a seed: what every generator takes


def course_secret(path: Path, *, make: bool = True) -> bytes:
    """The secret kept at `path`; made there, readable for its owner alone, where there is none yet.

    Raises ValueError where the file is no secret, or is missing though it is not to be made, and OSError where it can
    be neither read nor made.

    Example:
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     course_secret(Path(folder, "secret")) == course_secret(Path(folder, "secret"))
        True
    """
    if not make and not path.exists():
        raise ValueError(
            f"there is no secret at {path}, and shards need one in common. Make it first: "
            f"(umask 077; head -c {SIZE} /dev/urandom > {path})"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        kept = path.read_bytes()
        if len(kept) != SIZE:
            raise ValueError(
                f"{path}: expected a secret of {SIZE} bytes, got {len(kept)}. Put it back from a copy; "
                "if there is none, delete it: the next run draws new inputs"
            ) from None
        return kept
    made = secrets.token_bytes(SIZE)
    with os.fdopen(handle, "wb") as file:
        file.write(made)
    return made


def seed_of(secret: bytes, exercise: str) -> int:
    """The seed of an exercise's inputs, in [0, 2³¹): by HMAC-SHA256, so one exercise's tells nothing of another's.

    Example:
        >>> seed_of(b"kept", "freeze") == seed_of(b"kept", "freeze") != seed_of(b"another", "freeze")
        True
    """
    digest = hmac.new(secret, exercise.encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:8], "big") >> (64 - _BITS)
